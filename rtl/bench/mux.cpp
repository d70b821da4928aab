// Drives dlp_mux_bench with seeded random words and every select that all its sizes have, and prints the selected words.
#include "Vdlp_mux_bench.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  uint64_t state = strtoull(argv[1], nullptr, 10) * 2654435761u + 1;
  auto next = [&state] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return uint32_t(state >> 32);
  };
  Vdlp_mux_bench mux;
  const uint32_t words[] = {3, 6, 8, 16, 24, 64};
  for (long round = 0, rounds = atol(argv[2]); round < rounds; round++) {
    for (int i = 0; i < 4; i++) mux.words_i[i] = next();
    for (uint32_t select = 0; select < 64; select++) {
      mux.select_i = select;
      mux.eval();
      // not compared: a select past the words of a size
      uint32_t mask = 0;
      for (int i = 0; i < 6; i++) {
        uint32_t bits = i == 0 ? 3 : i < 3 ? 7 : i == 3 ? 15 : i == 4 ? 31 : 63;
        if ((select & bits) < words[i]) mask |= 3u << (2 * i);
      }
      printf("%x\n", mux.words_o & mask);
    }
  }
  return 0;
}
