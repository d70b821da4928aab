// Drives dlp_post_row of one lane: reads lines "total bias multiplier shift even zero-point low high", prints their codes in order, one a cycle.
#include "Vdlp_post_row.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
  struct Case {
    int64_t total, bias, multiplier, shift, even, zero_point, low, high;
  };
  std::vector<Case> cases;
  Case c;
  while (scanf("%ld %ld %ld %ld %ld %ld %ld %ld", &c.total, &c.bias, &c.multiplier, &c.shift, &c.even, &c.zero_point, &c.low, &c.high) == 8) {
    cases.push_back(c);
  }
  Vdlp_post_row row;
  const long latency = 7, count = long(cases.size());
  for (long cycle = 0; cycle < count + latency; cycle++) {
    // zero point and clamp of a total come in their own cycles
    auto at = [&](long i) -> const Case & { return cases[i < 0 ? 0 : i < count ? i : count - 1]; };
    const Case &now = at(cycle);
    row.totals_i = uint32_t(now.total);
    row.parameter_i = uint32_t(now.bias) | (uint64_t(now.multiplier & 0xffff) << 32) | (uint64_t(now.shift) << 48) | (uint64_t(now.even) << 54);
    row.zero_point_i = at(cycle - 5).zero_point & 0x1ff;
    row.low_i = at(cycle - 6).low & 0x1ff;
    row.high_i = at(cycle - 6).high & 0x1ff;
    row.clk_i = 0;
    row.eval();
    if (cycle >= latency) printf("%d\n", int(row.codes_o));
    row.clk_i = 1;
    row.eval();
  }
  return 0;
}
