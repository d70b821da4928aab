// DRAM behind an AXI4 master, as simulator/dlp_axi_read.ts and dlp_axi_write.ts model it: an address taken in cycle a has its first data beat
// in cycle max(previous beat + 1, a + latency), in order; a burst's response comes `latency` cycles after its last data beat.
//
// On request latencies are random, ready and valid signals pause at random, and single bursts are answered with an error. Reads see memory as
// it is when their address is taken, writes change it with their response: a program that does not wait for a write reads the old data.

#ifndef DLP_BENCH_DRAM_H_
#define DLP_BENCH_DRAM_H_

#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

// A small generator (splitmix64), so that a seed gives the same numbers on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t limit) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % limit;
  }

 private:
  uint64_t state_;
};

// The signals that the master drives in a cycle.
struct MasterSignals {
  uint64_t ar_address, aw_address;
  unsigned ar_length, ar_size, ar_burst, aw_length, aw_size, aw_burst;
  bool ar_valid, r_ready, aw_valid, w_valid, w_last, b_ready;
  std::vector<uint8_t> w_data, w_strobe;
};

// The signals that the memory drives in a cycle.
struct SlaveSignals {
  bool ar_ready = false, r_valid = false, r_last = false, aw_ready = false, w_ready = false, b_valid = false;
  unsigned r_response = 0, b_response = 0;
  std::vector<uint8_t> r_data;
};

class Dram {
 public:
  static constexpr int kRegions = 4;

  explicit Dram(unsigned beat_bytes) : beat_bytes_(beat_bytes) { out_.r_data.resize(beat_bytes); }

  long latency = 1;
  std::optional<Random> random_latency, back_pressure;
  // Bursts, counted from 0 since the last run began, that are answered with an error; −1: none.
  long failing_read = -1, failing_write = -1;
  // A beat of write data, counted in the same way, that is taken only after so many cycles; −1: none.
  long stalled_beat = -1, stall_cycles = 0;
  // Cycles for which it has been offered.
  long stood() const { return stood_; }

  void place(int region, uint64_t base, size_t bytes) { regions_[region] = {base, std::vector<uint8_t>(bytes, 0)}; }
  std::vector<uint8_t>& bytes(int region) { return regions_[region].bytes; }

  // Drops outstanding transfers, as a reset of the whole system does.
  void reset() {
    reads_.clear();
    writes_.clear();
    read_offered_ = response_offered_ = false;
    held_ar_ = held_aw_ = held_w_ = false;
    stalled_beat = -1;
  }

  void begin_run() { read_bursts_ = write_bursts_ = write_beats_ = stood_ = 0; }

  // The memory's signals in `cycle`; to be called once a cycle, before `sample`.
  const SlaveSignals& present(long cycle) {
    if (!read_offered_ && !reads_.empty() && reads_.front().arrival <= cycle && !pause()) read_offered_ = true;
    const Write* oldest = writes_.empty() ? nullptr : &writes_.front();
    if (!response_offered_ && oldest != nullptr && oldest->complete && oldest->response <= cycle && !pause()) response_offered_ = true;
    out_.ar_ready = !pause();
    out_.aw_ready = !pause();
    out_.w_ready = !pause() && !stalls();
    out_.r_valid = read_offered_;
    out_.r_last = false;
    out_.r_response = 0;
    if (read_offered_) {
      const Read& read = reads_.front();
      std::memcpy(out_.r_data.data(), &read.data[read.next * beat_bytes_], beat_bytes_);
      out_.r_last = read.next + 1 == read.beats;
      out_.r_response = read.error ? 2 : 0;
    }
    out_.b_valid = response_offered_;
    out_.b_response = response_offered_ && writes_.front().error ? 2 : 0;
    return out_;
  }

  // The master's signals in the same cycle. Throws std::runtime_error if it violates a rule of AXI or leaves its regions.
  void sample(long cycle, const MasterSignals& in) {
    held("read address", held_ar_, in.ar_valid, in.ar_address * 256 + in.ar_length, held_ar_payload_, out_.ar_ready);
    held("write address", held_aw_, in.aw_valid, in.aw_address * 256 + in.aw_length, held_aw_payload_, out_.aw_ready);
    held_data(in);
    if (out_.r_valid && in.r_ready) {
      read_offered_ = false;
      if (++reads_.front().next == reads_.front().beats) reads_.pop_front();
    }
    if (out_.b_valid && in.b_ready) {
      response_offered_ = false;
      finish(writes_.front());
      writes_.pop_front();
    }
    if (in.ar_valid && out_.ar_ready) {
      check("read", in.ar_address, in.ar_length, in.ar_size, in.ar_burst);
      Read read;
      read.beats = in.ar_length + 1;
      read.arrival = cycle + delay();
      read.error = read_bursts_++ == failing_read;
      const uint8_t* from = find("read", in.ar_address, read.beats * beat_bytes_);
      read.data.assign(from, from + read.beats * beat_bytes_);
      reads_.push_back(std::move(read));
    }
    if (in.w_valid && stalls()) stood_++;
    if (in.w_valid && out_.w_ready) {
      write_beats_++;
      Write* open = nullptr;
      for (Write& write : writes_)
        if (open == nullptr && !write.complete) open = &write;
      if (open == nullptr) throw std::runtime_error("write data without an address in an earlier cycle");
      open->data.insert(open->data.end(), in.w_data.begin(), in.w_data.end());
      open->strobe.insert(open->strobe.end(), in.w_strobe.begin(), in.w_strobe.end());
      const bool last = open->data.size() == open->beats * beat_bytes_;
      if (last != in.w_last) throw std::runtime_error("wlast is not at the last beat of its burst");
      if (last) {
        open->complete = true;
        open->response = cycle + delay();
      }
    }
    if (in.aw_valid && out_.aw_ready) {
      check("write", in.aw_address, in.aw_length, in.aw_size, in.aw_burst);
      Write write;
      write.address = in.aw_address;
      write.beats = in.aw_length + 1;
      write.error = write_bursts_++ == failing_write;
      find("write", write.address, write.beats * beat_bytes_);
      writes_.push_back(std::move(write));
    }
  }

 private:
  struct Region {
    uint64_t base = 0;
    std::vector<uint8_t> bytes;
  };
  struct Read {
    std::vector<uint8_t> data;
    size_t next = 0, beats = 0;
    long arrival = 0;
    bool error = false;
  };
  struct Write {
    uint64_t address = 0;
    size_t beats = 0;
    std::vector<uint8_t> data;
    std::vector<bool> strobe;
    long response = 0;
    bool complete = false, error = false;
  };

  bool stalls() const { return write_beats_ == stalled_beat && stood_ < stall_cycles; }
  bool pause() { return back_pressure && back_pressure->below(3) == 0; }
  long delay() { return latency + (random_latency ? static_cast<long>(random_latency->below(3 * latency + 20)) : 0); }

  // A valid address is held until it is taken.
  static void held(const char* what, bool& waiting, bool valid, uint64_t payload, uint64_t& before, bool ready) {
    if (waiting && (!valid || payload != before)) throw std::runtime_error(std::string(what) + " changed before it was taken");
    waiting = valid && !ready;
    before = payload;
  }

  // Likewise a beat of write data: all its bytes, with strobes or without.
  void held_data(const MasterSignals& in) {
    if (held_w_) {
      if (!in.w_valid) throw std::runtime_error("write data was withdrawn before it was taken");
      if (in.w_last != held_last_) throw std::runtime_error("wlast changed before its beat was taken");
      if (in.w_strobe != held_strobe_) throw std::runtime_error("write strobes changed before they were taken");
      if (in.w_data != held_data_) throw std::runtime_error("write data changed before it was taken");
    }
    held_w_ = in.w_valid && !out_.w_ready;
    if (!held_w_) return;
    held_last_ = in.w_last;
    held_strobe_ = in.w_strobe;
    held_data_ = in.w_data;
  }

  void check(const char* what, uint64_t address, unsigned length, unsigned size, unsigned burst) const {
    const std::string name = what;
    if (burst != 1) throw std::runtime_error(name + " burst is not incrementing");
    if ((1u << size) != beat_bytes_) throw std::runtime_error(name + " burst has beats of another size than the bus");
    if (address % beat_bytes_ != 0) throw std::runtime_error(name + " address is not aligned to a beat");
    if (address / 4096 != (address + (length + 1) * beat_bytes_ - 1) / 4096) throw std::runtime_error(name + " burst crosses 4 KB");
  }

  // The last beat of a region may reach past its last byte; regions have that much spare room.
  uint8_t* find(const char* what, uint64_t address, size_t count) {
    for (Region& region : regions_) {
      if (address < region.base || address >= region.base + region.bytes.size()) continue;
      if (address + count > region.base + region.bytes.size()) break;
      return &region.bytes[address - region.base];
    }
    char text[80];
    std::snprintf(text, sizeof(text), "%s of %zu bytes at %llx leaves its region", what, count, static_cast<unsigned long long>(address));
    throw std::runtime_error(text);
  }

  void finish(const Write& write) {
    uint8_t* to = find("write", write.address, write.data.size());
    for (size_t i = 0; i < write.data.size(); i++)
      if (write.strobe[i] && !write.error) to[i] = write.data[i];
  }

  unsigned beat_bytes_;
  Region regions_[kRegions];
  std::deque<Read> reads_;
  std::deque<Write> writes_;
  SlaveSignals out_;
  bool read_offered_ = false, response_offered_ = false;
  bool held_ar_ = false, held_aw_ = false, held_w_ = false, held_last_ = false;
  std::vector<uint8_t> held_strobe_, held_data_;
  uint64_t held_ar_payload_ = 0, held_aw_payload_ = 0;
  long read_bursts_ = 0, write_bursts_ = 0, write_beats_ = 0, stood_ = 0;
};

#endif  // DLP_BENCH_DRAM_H_
