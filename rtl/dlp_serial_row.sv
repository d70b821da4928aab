// Serial post of one row: distributes its parameters to its lanes, and decides in which steps they shift.
//
// Latency, throughput: those of dlp_serial_post.sv. Stalls: never.

module dlp_serial_row #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  // one at a time: load, multiply, or step step_i of the shift, by four in the first twelve
  input  logic       load_i,
  input  logic       multiply_i,
  input  logic       shifts_i,
  input  logic [3:0] step_i,

  // held while the row is computed
  input  logic [Lanes*AccumulatorBits-1:0]          sums_i,
  input  logic [dlp_isa_pkg::ParameterUsedBits-1:0] parameter_i,
  input  logic [8:0]                       zero_point_i,
  input  logic [8:0]                       low_i,
  input  logic [8:0]                       high_i,

  output logic [Lanes*8-1:0] codes_o
);

  dlp_isa_pkg::parameter_t row_parameter;
  assign row_parameter = dlp_isa_pkg::ParameterBits'(parameter_i);

  logic fours, shift;
  assign fours = shifts_i && step_i < row_parameter.shift[5:2];
  assign shift = shifts_i && step_i[3:2] == 2'd3 && step_i[1:0] < row_parameter.shift[1:0];

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    dlp_serial_lane #(
      .AccumulatorBits(AccumulatorBits)
    ) u_lane (
      .clk_i,
      .sum_i       (sums_i[l*AccumulatorBits+:AccumulatorBits]),
      .bias_i      (row_parameter.bias),
      .multiplier_i(row_parameter.multiplier),
      .even_i      (row_parameter.even),
      .zero_point_i,
      .low_i,
      .high_i,
      .load_i,
      .multiply_i,
      .fours_i     (fours),
      .shift_i     (shift),
      .code_o      (codes_o[l*8+:8])
    );
  end

  logic unused;
  assign unused = ^row_parameter.reserved;

endmodule
