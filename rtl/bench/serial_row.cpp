// Drives dlp_serial_row of one lane with sums of 32 bits through the steps of dlp_serial_post.sv: reads lines "total bias multiplier shift
// even zero-point low high", prints their codes in order.
#include "Vdlp_serial_row.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>

int main() {
  Vdlp_serial_row row;
  const auto tick = [&] {
    row.clk_i = 0;
    row.eval();
    row.clk_i = 1;
    row.eval();
  };
  int64_t total, bias, multiplier, shift, even, zero_point, low, high;
  while (scanf("%ld %ld %ld %ld %ld %ld %ld %ld", &total, &bias, &multiplier, &shift, &even, &zero_point, &low, &high) == 8) {
    row.sums_i = uint32_t(total);
    row.parameter_i = uint32_t(bias) | (uint64_t(multiplier & 0xffff) << 32) | (uint64_t(shift) << 48) | (uint64_t(even) << 54);
    row.zero_point_i = zero_point & 0x1ff;
    row.low_i = low & 0x1ff;
    row.high_i = high & 0x1ff;
    row.multiply_i = row.shifts_i = 0;
    row.load_i = 1;
    tick();
    row.load_i = 0;
    row.multiply_i = 1;
    for (int bit = 0; bit < 16; bit++) tick();
    row.multiply_i = 0;
    row.shifts_i = 1;
    for (int step = 0; step < 15; step++) {
      row.step_i = step;
      tick();
    }
    row.shifts_i = 0;
    row.eval();
    printf("%d\n", int(row.codes_o));
  }
  return 0;
}
