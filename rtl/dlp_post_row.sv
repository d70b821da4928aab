// Post of one row: delays the row's parameters to the stages of its lanes.
//
// Latency: PostCycles. Throughput: P totals a cycle. Stalls: never.

module dlp_post_row #(
  parameter int unsigned Lanes = 4
) (
  input  logic clk_i,

  // cycle 0
  input  logic [Lanes*32-1:0]                       totals_i,
  input  logic [dlp_isa_pkg::ParameterUsedBits-1:0] parameter_i,
  // cycle 5, cycle 6
  input  logic [8:0]          zero_point_i,
  input  logic [8:0]          low_i,
  input  logic [8:0]          high_i,

  output logic [Lanes*8-1:0] codes_o
);

  dlp_isa_pkg::parameter_t row_parameter;
  assign row_parameter = dlp_isa_pkg::ParameterBits'(parameter_i);

  logic [15:0] multiplier_1_q;
  logic [17:0] triple_1_q;
  logic [5:0]  shift_1_q, shift_2_q, shift_3_q;
  logic [3:0]  ones_4_q;
  logic        even_1_q, even_2_q, even_3_q, even_4_q, even_5_q;

  always_ff @(posedge clk_i) begin
    multiplier_1_q <= row_parameter.multiplier;
    triple_1_q <= 18'($signed(row_parameter.multiplier)) + {row_parameter.multiplier[15], row_parameter.multiplier, 1'b0};
    shift_1_q <= row_parameter.shift;
    shift_2_q <= shift_1_q;
    shift_3_q <= shift_2_q;
    ones_4_q <= shift_3_q[3:0];
    even_1_q <= row_parameter.even;
    even_2_q <= even_1_q;
    even_3_q <= even_2_q;
    even_4_q <= even_3_q;
    even_5_q <= even_4_q;
  end

  logic unused;
  assign unused = ^row_parameter.reserved;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    dlp_post_lane u_lane (
      .clk_i,
      .total_i     (totals_i[l*32+:32]),
      .bias_i      (row_parameter.bias),
      .multiplier_i(multiplier_1_q),
      .triple_i    (triple_1_q),
      .sixteens_i  (shift_3_q[5:4]),
      .ones_i      (ones_4_q),
      .even_i      (even_5_q),
      .zero_point_i,
      .low_i,
      .high_i,
      .code_o      (codes_o[l*8+:8])
    );
  end

endmodule
