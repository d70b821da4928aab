// Drives dlp_pe_lane with seeded random inputs and prints its sums: argument 1 the seed, 2 the cycles.
#include "Vdlp_pe_lane.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  uint64_t state = strtoull(argv[1], nullptr, 10) * 2654435761u + 1;
  auto next = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return uint32_t(state >> 33);
  };
  Vdlp_pe_lane lane;
  for (long cycle = 0, cycles = atol(argv[2]); cycle < cycles; cycle++) {
    uint32_t flags = next();
    lane.activation_i = next() & 15;
    lane.weight_i = next() & 15;
    lane.signed_i = next() & 1;
    lane.valid_i = cycle < 8 || (flags & 7) != 0;
    lane.clear_i = cycle < 8 || (flags >> 3 & 31) == 0;
    lane.shift_i = (flags >> 8 & 7) == 0;
    lane.clk_i = 0;
    lane.eval();
    lane.clk_i = 1;
    lane.eval();
    if (cycle >= 8) printf("%x\n", (unsigned)lane.sum_o);
  }
  return 0;
}
