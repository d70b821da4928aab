// Runs dlp_compute_bench from a script on standard input and prints events to standard output, word by word and cycle by cycle.
//
//   <command> <address> <hex>    a load (see dlp_compute_bench.sv), one cycle
//   r                            resets the count of cycles to 0
//   i <command> <hex> <delay>    an instruction, presented `delay` cycles after the one before was taken; its index counts from r
//   k <cycles>                   lets cycles pass
//   e <cycles>                   runs to that cycle and prints the memories
//
// Printed: "f c" first and "l c" last beat of a COMPUTE in cycle c, "F c" and "L c" of a bank operation (POOL, MOVE, REPATCH), "a c" the first cycle of
// consecutive bank reads of a COMPUTE, "b c" a read of a bank operation, "w c bank address data" a word written, "s c" a logits write, "u c index signal" the
// retirement of a LAYER, "t c index signal" of another, "x c index" an address outside the banks; after e: "m address words", "p index sums", "g address logits" (unless zero), ".".

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "Vdlp_compute_bench.h"
#include "verilated.h"

namespace {

constexpr int kRows = ROWS, kDrainRows = DRAIN_ROWS, kFeatureWords = FEATURE_WORDS, kWordBits = WORD_BITS, kWords = WORDS;
constexpr int kAddressBits = ADDRESS_BITS;

std::unique_ptr<VerilatedContext> context;
std::unique_ptr<Vdlp_compute_bench> top;
long cycle = 0;
int instructions = 0;
bool counting = false;
bool reading = false;

uint64_t bits(const uint32_t* words, int from, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) {
    const int at = from + i;
    value |= static_cast<uint64_t>((words[at / 32] >> (at % 32)) & 1) << i;
  }
  return value;
}

// Ports of up to 64 bits are plain integers, wider ones arrays.
template <typename T>
uint64_t port_bits(const T& port, int from, int count) {
  if constexpr (std::is_integral_v<T>) {
    return (static_cast<uint64_t>(port) >> from) & ((uint64_t{1} << count) - 1);
  } else {
    return bits(&port[0], from, count);
  }
}

void print_hex(const uint32_t* words, int count) {
  int digit = (count + 3) / 4 - 1;
  while (digit > 0 && bits(words, digit * 4, 4) == 0) digit--;
  for (; digit >= 0; digit--) std::putchar("0123456789abcdef"[bits(words, digit * 4, 4)]);
}

void set_data(const std::string& hex) {
  constexpr size_t size = sizeof(top->data_i) / 4;
  for (size_t i = 0; i < size; i++) top->data_i[i] = 0;
  for (size_t i = 0; i < hex.size(); i++) {
    const char c = hex[hex.size() - 1 - i];
    const uint32_t digit = c <= '9' ? c - '0' : c - 'a' + 10;
    top->data_i[i / 8] |= digit << (4 * (i % 8));
  }
}

void print_events() {
  if (top->first_beat_o) std::printf("f %ld\n", cycle);
  if (top->last_beat_o) std::printf("l %ld\n", cycle);
  if (top->bank_op_first_beat_o) std::printf("F %ld\n", cycle);
  if (top->bank_op_last_beat_o) std::printf("L %ld\n", cycle);
  if (top->read_o && !reading) std::printf("a %ld\n", cycle);
  reading = top->read_o;
  if (top->bank_op_read_o) std::printf("b %ld\n", cycle);
  for (int bank = 0; bank < kWords; bank++) {
    if (bits(&top->write_valid_o[0], bank, 1) == 0) continue;
    std::printf("w %ld %d %llu ", cycle, bank,
                static_cast<unsigned long long>(port_bits(top->write_address_o, bank * kAddressBits, kAddressBits)));
    uint32_t data[64] = {};
    for (int i = 0; i < kWordBits; i++) data[i / 32] |= bits(&top->write_data_o[0], bank * kWordBits + i, 1) << (i % 32);
    print_hex(data, kWordBits);
    std::putchar('\n');
  }
  if (top->logits_write_o) std::printf("s %ld\n", cycle);
  if (top->layer_retire_valid_o) std::printf("u %ld %d %d\n", cycle, top->layer_retire_index_o, top->layer_retire_signal_o);
  if (top->error_o) std::printf("x %ld %d\n", cycle, top->error_index_o);
  if (top->retire_valid_o) std::printf("t %ld %d %d\n", cycle, top->retire_index_o, top->retire_signal_o);
}

// One clock cycle with the inputs as they are; returns ready_o.
bool tick() {
  top->clk_i = 0;
  top->eval();
  const bool ready = top->ready_o;
  if (counting) print_events();
  top->clk_i = 1;
  top->eval();
  top->command_i = 0;
  cycle++;
  return ready;
}

void print_memories() {
  for (int address = 0; address < kFeatureWords; address++) {
    top->address_i = address;
    top->eval();
    std::printf("m %d ", address);
    print_hex(&top->words_o[0], kWords * kWordBits);
    std::putchar('\n');
  }
  for (int index = 0; index < kRows / kDrainRows; index++) {
    top->address_i = index;
    top->eval();
    std::printf("p %d ", index);
    print_hex(&top->sums_o[0], kDrainRows * (kWordBits / 4) * 32);
    std::putchar('\n');
  }
  for (int address = 0; address < 4096 / kDrainRows; address++) {
    top->address_i = address;
    top->eval();
    bool zero = true;
    for (int i = 0; i < kDrainRows; i++) zero = zero && bits(&top->logits_o[0], i * 32, 32) == 0;
    if (zero) continue;
    std::printf("g %d ", address);
    print_hex(&top->logits_o[0], kDrainRows * 32);
    std::putchar('\n');
  }
  std::puts(".");
}

}  // namespace

int main(int argc, char** argv) {
  context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  top = std::make_unique<Vdlp_compute_bench>(context.get());
  top->rst_ni = 0;
  for (int i = 0; i < 4; i++) tick();
  top->rst_ni = 1;

  static char line[1 << 20], text[1 << 20];
  while (std::fgets(line, sizeof(line), stdin) != nullptr) {
    int command = 0;
    long number = 0;
    if (line[0] == 'r') {
      counting = true;
      cycle = 0;
      instructions = 0;
    } else if (line[0] == 'i' && std::sscanf(line, "i %d %s %ld", &command, text, &number) == 3) {
      for (long i = 0; i < number; i++) tick();
      for (bool taken = false; !taken;) {
        top->command_i = command;
        top->address_i = instructions;
        set_data(text);
        taken = tick();
      }
      instructions++;
    } else if (line[0] == 'k' && std::sscanf(line, "k %ld", &number) == 1) {
      for (long i = 0; i < number; i++) tick();
    } else if (line[0] == 'e' && std::sscanf(line, "e %ld", &number) == 1) {
      while (cycle < number) tick();
      counting = false;
      print_memories();
    } else if (std::sscanf(line, "%d %ld %s", &command, &number, text) == 3) {
      top->command_i = command;
      top->address_i = number;
      set_data(text);
      tick();
    } else {
      std::fprintf(stderr, "not a command: %s", line);
      return 2;
    }
  }
  top->final();
  return 0;
}
