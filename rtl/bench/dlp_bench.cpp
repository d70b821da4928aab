// The whole processor in Verilator, driven as a host drives it: registers over AXI4-Lite, DRAM behind AXI4, an interrupt at the end.
//
// Options: --random-latency SEED, --back-pressure SEED (see dram.h), --random-state SEED (random contents of registers and memories before reset;
// otherwise zeros), --fst FILE (a waveform; needs a build with TRACE).
//
// Commands, one a line on standard input; numbers are decimal, bytes and words hexadecimal in the order of their addresses:
//   identify                      answers "identity ID VERSION HASH" (hexadecimal)
//   latency CYCLES                of DRAM
//   region INDEX BASE BYTES       DRAM of zeros for a region (0 constants, 1 input, 2 output, 3 scratch) and its base register
//   write INDEX OFFSET BYTES...   puts bytes there
//   read INDEX OFFSET COUNT       answers "bytes BYTES..."
//   program WORDS...              loads the instruction memory from word 0, 16 bytes an instruction
//   watchdog CYCLES               the register of that name
//   peek ADDRESS                  reads a register: "register DATA RESPONSE IRQ"
//   poke ADDRESS DATA STROBES     writes a register: "response RESPONSE"
//   fail read|write BURST         that burst of the next run (0: the first) is answered with an error
//   stall BEAT CYCLES             DRAM takes that beat of write data of the next run (0: the first) only after so many cycles
//   reset-at CYCLE HOW            the next run is reset in that cycle: soft by CONTROL, alone by its reset while DRAM continues, hard with DRAM
//   reset-stalled CYCLES HOW      the next run is reset once the beat of `stall` has been offered for so many cycles
//   reset                         the whole chip, and DRAM
//   reset-alone CYCLES            the processor's reset for so many cycles, while DRAM continues; does not wait until it is idle
//   run ENTRY LIMIT               rings the doorbell, cycle 0; answers "d CYCLE INDEX" for a dispatch, "i CYCLE QUEUE INDEX" for an issue,
//                                 "r CYCLE PORT INDEX" for a retirement, then
//                                 "end STATUS ERROR INDEX CYCLES IRQ": the registers, and the cycle of the interrupt
//                                 (−1: none came within LIMIT cycles, −2: reset)
// Every answer ends with a line ".". A violated rule of a bus is a line "fault ..." and exit code 3.

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

#include "Vdlp.h"
#include "dram.h"
#include "verilated.h"
#ifdef TRACE
#include "verilated_fst_c.h"
#endif

namespace {

constexpr unsigned kBeatBytes = AXI_BYTES, kIndexBits = PROGRAM_ADDRESS_BITS;

enum Register : unsigned {
  kIdentity = 0x000, kVersion = 0x004, kHash = 0x008, kIsaVersion = 0x028, kTimingVersion = 0x02c, kControl = 0x040, kStatus = 0x044, kError = 0x048, kErrorIndex = 0x04c,
  kEntry = 0x050, kWatchdog = 0x054, kCycles = 0x060, kBases = 0x080, kProgramAddress = 0x0c0, kProgramData = 0x0c4,
};
enum Control : unsigned { kStart = 1, kSoftReset = 2, kInterruptEnable = 4 };
enum Status : unsigned { kBusy = 1, kDone = 2, kFailed = 4 };

// Ports of up to 64 bits are plain integers, wider ones arrays of 32-bit words.
template <typename T>
unsigned port_bits(const T& port, unsigned from, unsigned count) {
  unsigned value = 0;
  for (unsigned i = 0; i < count; i++) {
    const unsigned at = from + i;
    if constexpr (std::is_integral_v<T>) {
      value |= static_cast<unsigned>((port >> at) & 1) << i;
    } else {
      value |= ((port[at / 32] >> (at % 32)) & 1) << i;
    }
  }
  return value;
}

template <typename T>
void get_bytes(const T& port, uint8_t* bytes, size_t count) {
  if constexpr (std::is_integral_v<T>) {
    for (size_t i = 0; i < count; i++) bytes[i] = static_cast<uint8_t>(port >> (8 * i));
  } else {
    for (size_t i = 0; i < count; i++) bytes[i] = static_cast<uint8_t>(port[i / 4] >> (8 * (i % 4)));
  }
}

template <typename T>
void set_bytes(T& port, const uint8_t* bytes, size_t count) {
  if constexpr (std::is_integral_v<T>) {
    port = 0;
    for (size_t i = 0; i < count; i++) port |= static_cast<T>(bytes[i]) << (8 * i);
  } else {
    for (size_t i = 0; i < count; i++) {
      if (i % 4 == 0) port[i / 4] = 0;
      port[i / 4] |= static_cast<uint32_t>(bytes[i]) << (8 * (i % 4));
    }
  }
}

// When the host resets a run: in a cycle, or once a stalled beat has been offered for so many; `at` −1: never.
struct Abort {
  long at = -1;
  bool stalled = false;
  std::string how;
};

class Bench {
 public:
  Bench(VerilatedContext* context, const std::string& waveform) : context_(context), top_(std::make_unique<Vdlp>(context)), dram(kBeatBytes) {
    in_.w_data.resize(kBeatBytes);
    in_.w_strobe.resize(kBeatBytes);
    // Reset falls before the first clock edge, so that registers with an asynchronous reset are reset.
    top_->clk_i = 0;
    top_->rst_ni = top_->m_axi_rst_ni = 1;
    top_->eval();
    if (!waveform.empty()) trace_to(waveform);
    reset();
  }

  ~Bench() {
    top_->final();
#ifdef TRACE
    if (waveform_) waveform_->close();
#endif
  }

  // Processor, host and DRAM. The host's first access comes in the cycle in which the resets end.
  void reset() {
    // With a random state, inputs begin at random too.
    top_->rst_ni = top_->m_axi_rst_ni = 0;
    release_host_bus();
    top_->clk_i = 0;
    top_->eval();
    for (int i = 0; i < 4; i++) tick();
    dram.reset();
    top_->rst_ni = top_->m_axi_rst_ni = 1;
    wait_until_idle();
  }

  // The processor with the host's bus, while DRAM continues; for two cycles at least.
  void reset_alone(long cycles) {
    top_->rst_ni = 0;
    release_host_bus();
    for (long i = 0; i < cycles; i++) tick();
    top_->rst_ni = 1;
  }

  void write(unsigned address, uint32_t data) {
    if (poke(address, data, 15) != 0) throw std::runtime_error("a register write was refused");
  }

  unsigned poke(unsigned address, uint32_t data, unsigned strobes) {
    top_->s_axil_awaddr = address;
    top_->s_axil_wdata = data;
    top_->s_axil_wstrb = strobes;
    top_->s_axil_awvalid = top_->s_axil_wvalid = 1;
    top_->s_axil_bready = 1;
    for (int patience = 0;; patience++) {
      evaluate();
      const bool address_taken = top_->s_axil_awvalid && top_->s_axil_awready;
      const bool data_taken = top_->s_axil_wvalid && top_->s_axil_wready;
      const bool answered = top_->s_axil_bvalid;
      const unsigned response = top_->s_axil_bresp;
      tick();
      if (address_taken) top_->s_axil_awvalid = 0;
      if (data_taken) top_->s_axil_wvalid = 0;
      // The cycle in which the second of the two is taken is the cycle of the write.
      if ((address_taken || data_taken) && !top_->s_axil_awvalid && !top_->s_axil_wvalid) written_ = cycle_ - 1;
      if (answered) {
        top_->s_axil_bready = 0;
        return response;
      }
      if (patience > 1000) throw std::runtime_error("a register write is not answered");
    }
  }

  uint32_t read(unsigned address) { return peek(address).first; }

  // Data and response.
  std::pair<uint32_t, unsigned> peek(unsigned address) {
    top_->s_axil_araddr = address;
    top_->s_axil_arvalid = 1;
    top_->s_axil_rready = 1;
    for (int patience = 0;; patience++) {
      evaluate();
      const bool taken = top_->s_axil_arvalid && top_->s_axil_arready;
      const bool answered = top_->s_axil_rvalid;
      const std::pair<uint32_t, unsigned> answer(top_->s_axil_rdata, top_->s_axil_rresp);
      tick();
      if (taken) top_->s_axil_arvalid = 0;
      if (answered) {
        top_->s_axil_rready = 0;
        return answer;
      }
      if (patience > 1000) throw std::runtime_error("a register read is not answered");
    }
  }

  bool interrupt() {
    evaluate();
    return top_->irq_o;
  }

  void set_region(int index, uint64_t base, size_t bytes) {
    // A beat may reach past the last byte.
    dram.place(index, base, (bytes + kBeatBytes - 1) / kBeatBytes * kBeatBytes);
    write(kBases + 8 * index, static_cast<uint32_t>(base));
    write(kBases + 8 * index + 4, static_cast<uint32_t>(base >> 32));
  }

  void load_program(const std::vector<uint8_t>& bytes) {
    write(kProgramAddress, 0);
    for (size_t i = 0; i + 3 < bytes.size(); i += 4) {
      write(kProgramData, bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | static_cast<uint32_t>(bytes[i + 3]) << 24);
    }
  }

  void run(unsigned entry, long limit, const Abort& abort) {
    write(kEntry, entry);
    dram.begin_run();
    events_.clear();
    running_ = true;
    write(kControl, kStart | kInterruptEnable);
    const long doorbell = written_;
    evaluate();
    bool aborted = false;
    while (!top_->irq_o && cycle_ - doorbell < limit && !aborted) {
      if (abort.at >= 0 && (abort.stalled ? dram.stood() : cycle_ - doorbell) >= abort.at) {
        if (abort.how == "hard") {
          reset();
        } else if (abort.how == "alone") {
          reset_alone(2 + cycle_ % 4);
          wait_until_idle();
        } else {
          write(kControl, kSoftReset);
          wait_until_idle();
        }
        aborted = true;
        break;
      }
      tick();
      evaluate();
    }
    running_ = false;
    const long irq = aborted ? -2 : top_->irq_o ? cycle_ - doorbell : -1;
    for (const Event& event : events_) {
      if (event.kind == 'd') {
        std::printf("d %ld %u\n", event.cycle - doorbell, event.index);
      } else {
        std::printf("%c %ld %u %u\n", event.kind, event.cycle - doorbell, event.port, event.index);
      }
    }
    const unsigned status = read(kStatus);
    const unsigned long long cycles = read(kCycles) | static_cast<unsigned long long>(read(kCycles + 4)) << 32;
    std::printf("end %u %u %u %llu %ld\n", status, read(kError), read(kErrorIndex), cycles, irq);
    if (irq >= 0) {
      write(kStatus, kDone);
      evaluate();
      if (top_->irq_o) throw std::runtime_error("the interrupt stays after STATUS is cleared");
      // After the watchdog the run ends before the transfers on the bus are complete.
      wait_until_idle();
      if (read(kStatus) != 0) throw std::runtime_error("STATUS stays after it is cleared");
    }
  }

 private:
  struct Event {
    char kind;
    long cycle;
    unsigned port, index;
  };

  void release_host_bus() {
    top_->s_axil_awvalid = top_->s_axil_wvalid = top_->s_axil_arvalid = top_->s_axil_bready = top_->s_axil_rready = 0;
  }

  // Busy until the transfers on the bus to DRAM are complete.
  void wait_until_idle() {
    for (int patience = 0; read(kStatus) & kBusy; patience++)
      if (patience > 100000) throw std::runtime_error("busy after a reset");
  }

  // Drives the memory's signals of this cycle; the model's outputs of the cycle are valid afterwards.
  void evaluate() {
    if (!presented_) {
      const SlaveSignals& out = dram.present(cycle_);
      top_->m_axi_arready = out.ar_ready;
      top_->m_axi_awready = out.aw_ready;
      top_->m_axi_wready = out.w_ready;
      top_->m_axi_rvalid = out.r_valid;
      top_->m_axi_rlast = out.r_last;
      top_->m_axi_rresp = out.r_response;
      set_bytes(top_->m_axi_rdata, out.r_data.data(), kBeatBytes);
      top_->m_axi_bvalid = out.b_valid;
      top_->m_axi_bresp = out.b_response;
      presented_ = true;
    }
    top_->clk_i = 0;
    top_->eval();
  }

  // One clock cycle with the inputs as they are.
  void tick() {
    evaluate();
    dump();
    if (top_->m_axi_rst_ni) observe();
    top_->clk_i = 1;
    top_->eval();
    context_->timeInc(1);
    dump();
    context_->timeInc(1);
    presented_ = false;
    cycle_++;
  }

  void observe() {
    in_.ar_valid = top_->m_axi_arvalid;
    in_.ar_address = top_->m_axi_araddr;
    in_.ar_length = top_->m_axi_arlen;
    in_.ar_size = top_->m_axi_arsize;
    in_.ar_burst = top_->m_axi_arburst;
    in_.r_ready = top_->m_axi_rready;
    in_.aw_valid = top_->m_axi_awvalid;
    in_.aw_address = top_->m_axi_awaddr;
    in_.aw_length = top_->m_axi_awlen;
    in_.aw_size = top_->m_axi_awsize;
    in_.aw_burst = top_->m_axi_awburst;
    in_.w_valid = top_->m_axi_wvalid;
    in_.w_last = top_->m_axi_wlast;
    in_.b_ready = top_->m_axi_bready;
    if (in_.w_valid) {
      get_bytes(top_->m_axi_wdata, in_.w_data.data(), kBeatBytes);
      for (unsigned i = 0; i < kBeatBytes; i++) in_.w_strobe[i] = static_cast<uint8_t>(port_bits(top_->m_axi_wstrb, i, 1));
    }
    dram.sample(cycle_, in_);
    if (!running_) return;
    if (top_->trace_dispatch_valid_o) events_.push_back({'d', cycle_, 0, port_bits(top_->trace_dispatch_index_o, 0, kIndexBits)});
    note('i', top_->trace_issue_valid_o, top_->trace_issue_index_o);
    note('r', top_->trace_retire_valid_o, top_->trace_retire_index_o);
  }

  template <typename T>
  void note(char kind, unsigned valid, const T& indices) {
    for (unsigned port = 0; valid != 0; port++, valid >>= 1) {
      if (valid & 1) events_.push_back({kind, cycle_, port, port_bits(indices, port * kIndexBits, kIndexBits)});
    }
  }

#ifdef TRACE
  void trace_to(const std::string& path) {
    context_->traceEverOn(true);
    waveform_ = std::make_unique<VerilatedFstC>();
    top_->trace(waveform_.get(), 99);
    waveform_->open(path.c_str());
  }
  void dump() {
    if (waveform_) waveform_->dump(context_->time());
  }
#else
  void trace_to(const std::string&) { throw std::runtime_error("this build writes no waveforms"); }
  void dump() {}
#endif

  VerilatedContext* context_;
  std::unique_ptr<Vdlp> top_;
#ifdef TRACE
  std::unique_ptr<VerilatedFstC> waveform_;
#endif
  MasterSignals in_;
  std::vector<Event> events_;
  long cycle_ = 0, written_ = 0;
  bool running_ = false, presented_ = false;

 public:
  Dram dram;
};

std::vector<uint8_t> from_hex(const std::string& text) {
  const auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::vector<uint8_t> bytes(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
  return bytes;
}

std::string to_hex(const uint8_t* bytes, size_t count) {
  std::string text;
  text.reserve(2 * count);
  for (size_t i = 0; i < count; i++) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

void identify(Bench& bench) {
  std::printf("identity %08x %08x ", bench.read(kIdentity), bench.read(kVersion));
  for (unsigned i = 0; i < 8; i++) std::printf("%08x", bench.read(kHash + 4 * i));
  std::printf(" %08x %08x\n", bench.read(kIsaVersion), bench.read(kTimingVersion));
}

void check_range(Bench& bench, int region, size_t offset, size_t count) {
  if (region < 0 || region >= Dram::kRegions || offset + count > bench.dram.bytes(region).size())
    throw std::runtime_error("a command leaves its region");
}

void run_commands(Bench& bench) {
  Abort abort;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command, text;
    words >> command;
    int region = 0;
    size_t offset = 0, count = 0;
    uint64_t base = 0;
    if (command == "identify") {
      identify(bench);
    } else if (command == "latency") {
      words >> bench.dram.latency;
    } else if (command == "region") {
      words >> region >> base >> count;
      bench.set_region(region & 3, base, count);
    } else if (command == "write") {
      words >> region >> offset >> text;
      const std::vector<uint8_t> bytes = from_hex(text);
      check_range(bench, region, offset, bytes.size());
      std::copy(bytes.begin(), bytes.end(), bench.dram.bytes(region).begin() + offset);
    } else if (command == "read") {
      words >> region >> offset >> count;
      check_range(bench, region, offset, count);
      std::printf("bytes %s\n", to_hex(bench.dram.bytes(region).data() + offset, count).c_str());
    } else if (command == "program") {
      words >> text;
      bench.load_program(from_hex(text));
    } else if (command == "watchdog") {
      words >> count;
      bench.write(kWatchdog, count);
    } else if (command == "peek") {
      words >> offset;
      const auto [data, response] = bench.peek(offset);
      std::printf("register %u %u %d\n", data, response, bench.interrupt());
    } else if (command == "poke") {
      uint32_t data = 0;
      unsigned strobes = 0;
      words >> offset >> data >> strobes;
      std::printf("response %u\n", bench.poke(offset, data, strobes));
    } else if (command == "fail") {
      long burst = -1;
      words >> text >> burst;
      (text == "read" ? bench.dram.failing_read : bench.dram.failing_write) = burst;
    } else if (command == "stall") {
      words >> bench.dram.stalled_beat >> bench.dram.stall_cycles;
    } else if (command == "reset-at" || command == "reset-stalled") {
      abort.stalled = command == "reset-stalled";
      words >> abort.at >> abort.how;
    } else if (command == "reset") {
      bench.reset();
    } else if (command == "reset-alone") {
      words >> count;
      bench.reset_alone(count);
    } else if (command == "run") {
      unsigned entry = 0;
      long limit = 0;
      words >> entry >> limit;
      bench.run(entry, limit, abort);
      abort = Abort();
      bench.dram.stalled_beat = -1;
      bench.dram.failing_read = bench.dram.failing_write = -1;
    } else {
      throw std::runtime_error("not a command: " + line.substr(0, 80));
    }
    std::puts(".");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  VerilatedContext context;
  std::string waveform;
  std::optional<Random> random_latency, back_pressure;
  context.randReset(0);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    const long value = std::atol(argv[i + 1]);
    if (option == "--random-latency") {
      random_latency.emplace(value);
    } else if (option == "--back-pressure") {
      back_pressure.emplace(value);
    } else if (option == "--random-state") {
      context.randReset(2);
      context.randSeed(static_cast<int>(value) + 1);
    } else if (option == "--fst") {
      waveform = argv[i + 1];
    } else {
      std::fprintf(stderr, "not an option: %s\n", option.c_str());
      return 2;
    }
  }
  try {
    Bench bench(&context, waveform);
    bench.dram.random_latency = random_latency;
    bench.dram.back_pressure = back_pressure;
    run_commands(bench);
  } catch (const std::exception& error) {
    std::printf("fault %s\n.\n", error.what());
    return 3;
  }
  return 0;
}
