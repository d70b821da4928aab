// Drives rtl/hx8k/dlp_hx8k_top.sv as its host does: an SPI link and an interrupt; the SRAM is modelled here.
//
// Commands, one a line on standard input; bytes hexadecimal:
//   frame BYTES     sends a frame of the link, its clock an eighth of the device's; answers "frame BYTES", the bytes received
//   wait CYCLES     until the interrupt, so many cycles at most; answers "irq 0" or "irq 1"
// A violated rule of the SRAM is a line "fault ..." and exit code 3.

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "Vdlp_hx8k_top.h"
#include "verilated.h"

namespace {

constexpr int kHalfBit = 4;

class Board {
 public:
  explicit Board(VerilatedContext* context) : context_(context), top_(std::make_unique<Vdlp_hx8k_top>(context)), words_(1 << 16, 0) {
    top_->rst_ni = 1;
    top_->spi_select_ni = 1;
    top_->spi_clock_i = top_->spi_data_i = 0;
    top_->clk_i = 0;
    top_->eval();
    top_->rst_ni = 0;
    top_->eval();
    ticks(4);
    top_->rst_ni = 1;
    ticks(4);
  }
  ~Board() { top_->final(); }

  std::vector<uint8_t> frame(const std::vector<uint8_t>& sent) {
    std::vector<uint8_t> received;
    top_->spi_select_ni = 0;
    ticks(2 * kHalfBit);
    for (const uint8_t byte : sent) {
      unsigned answer = 0;
      for (int bit = 7; bit >= 0; bit--) {
        top_->spi_data_i = (byte >> bit) & 1;
        ticks(kHalfBit);
        answer = answer << 1 | top_->spi_data_o;
        top_->spi_clock_i = 1;
        ticks(kHalfBit);
        top_->spi_clock_i = 0;
      }
      received.push_back(static_cast<uint8_t>(answer));
    }
    ticks(2 * kHalfBit);
    top_->spi_select_ni = 1;
    ticks(4 * kHalfBit);
    return received;
  }

  bool wait(long cycles) {
    while (cycles-- > 0 && !top_->irq_o) tick();
    return top_->irq_o;
  }

 private:
  void ticks(int count) {
    for (int i = 0; i < count; i++) tick();
  }

  void tick() {
    top_->clk_i = 0;
    evaluate();
    const bool writes = !top_->sram_write_no;
    if (writes || wrote_) {
      // Before and after a write, address and data are held.
      if (top_->sram_address_o != address_ || top_->sram_data_o != data_ || !top_->sram_drive_o || !top_->sram_read_no)
        throw std::runtime_error("SRAM: address or data changed around a write");
    }
    if (writes) words_[top_->sram_address_o] = top_->sram_data_o;
    wrote_ = writes;
    address_ = top_->sram_address_o;
    data_ = top_->sram_data_o;
    top_->clk_i = 1;
    top_->eval();
    context_->timeInc(1);
  }

  void evaluate() {
    top_->eval();
    // random bits where the device drives, or nothing does
    top_->sram_data_i = top_->sram_read_no ? 0x5a5a : words_[top_->sram_address_o];
    top_->eval();
  }

  VerilatedContext* context_;
  std::unique_ptr<Vdlp_hx8k_top> top_;
  std::vector<uint16_t> words_;
  bool wrote_ = false;
  unsigned address_ = 0, data_ = 0;
};

std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> bytes(text.size() / 2);
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

int main() {
  VerilatedContext context;
  context.randReset(2);
  context.randSeed(1);
  try {
    Board board(&context);
    std::string line;
    while (std::getline(std::cin, line)) {
      std::istringstream words(line);
      std::string command, text;
      words >> command >> text;
      if (command == "frame") {
        std::fputs("frame ", stdout);
        for (const uint8_t byte : board.frame(from_hex(text))) std::printf("%02x", byte);
        std::putchar('\n');
      } else if (command == "wait") {
        std::printf("irq %d\n", board.wait(std::stol(text)));
      } else {
        throw std::runtime_error("not a command: " + line.substr(0, 80));
      }
    }
  } catch (const std::exception& error) {
    std::printf("fault %s\n", error.what());
    return 3;
  }
  return 0;
}
