// Drives dlp_packed_mac with seeded random inputs and prints its sums: argument 1 the seed, 2 the cycles.
#include "Vdlp_packed_mac.h"
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
  Vdlp_packed_mac mac;
  for (long cycle = 0, cycles = atol(argv[2]); cycle < cycles; cycle++) {
    uint32_t flags = next();
    mac.low_i = next() & 15;
    mac.high_i = next() & 15;
    mac.signed_i = next() & 1;
    mac.weight_i = next() & 15;
    mac.valid_i = cycle < 8 || (flags & 7) != 0;
    mac.keep_i = cycle >= 8 && (flags >> 3 & 31) != 0;
    mac.shift_i = mac.keep_i && (flags >> 8 & 7) == 0;
    mac.clk_i = 0;
    mac.eval();
    mac.clk_i = 1;
    mac.eval();
    if (cycle >= 8) printf("%llx\n", (unsigned long long)mac.sum_o);
  }
  return 0;
}
