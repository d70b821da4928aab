// Clocks dlp_dma_bench until it is done.

#include <memory>

#include "Vdlp_dma_bench.h"
#include "verilated.h"

int main(int argc, char** argv) {
  const auto context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  const auto top = std::make_unique<Vdlp_dma_bench>(context.get());
  for (long half = 0; half < 200'000'000 && !top->done_o && !context->gotFinish(); half++) {
    top->rst_ni = half >= 8;
    top->clk_i = half & 1;
    top->eval();
  }
  top->final();
  return top->done_o ? 0 : 1;
}
