// Post of one row: brings the row's parameters to the stages of its lanes.
//
// Latency: PostCycles. Throughput: P totals a cycle. Stalls: never.

module dlp_post_row #(
  parameter int unsigned Lanes = 4
) (
  input  logic clk_i,

  // cycle 0
  input  logic [Lanes*32-1:0] totals_i,
  input  logic [53:0]         parameter_i,
  // cycle 5, cycle 6
  input  logic [8:0]          zero_point_i,
  input  logic [8:0]          low_i,
  input  logic [8:0]          high_i,

  output logic [Lanes*8-1:0] codes_o
);

  dlp_isa_pkg::parameter_t row_parameter;
  assign row_parameter = 64'(parameter_i);

  logic [15:0] multiplier_1_q;
  logic [5:0]  shift_1_q, shift_2_q, shift_3_q, shift_4_q;
  logic [48:0] rounding_3_q;

  always_ff @(posedge clk_i) begin
    multiplier_1_q <= row_parameter.multiplier;
    shift_1_q <= row_parameter.shift;
    shift_2_q <= shift_1_q;
    shift_3_q <= shift_2_q;
    shift_4_q <= shift_3_q;
    // 2^(s−1), nothing for s = 0
    rounding_3_q <= (49'd1 << shift_2_q) >> 1;
  end

  logic unused;
  assign unused = ^row_parameter.reserved;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    dlp_post_lane u_lane (
      .clk_i,
      .total_i     (totals_i[l*32+:32]),
      .bias_i      (row_parameter.bias),
      .multiplier_i(multiplier_1_q),
      .rounding_i  (rounding_3_q),
      .shift_i     (shift_4_q),
      .zero_point_i,
      .low_i,
      .high_i,
      .code_o      (codes_o[l*8+:8])
    );
  end

endmodule
