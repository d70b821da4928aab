// Post: requantises R rows of P totals a cycle with their rows' parameters and their LAYER's zero point and clamp.
//
// Latency: PostCycles. Throughput: R · P totals a cycle. Stalls: never.

module dlp_post #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned DrainRows = 2
) (
  input  logic clk_i,

  input  dlp_machine_pkg::drain_t       drain_i,
  input  logic [DrainRows*Lanes*32-1:0] totals_i,
  input  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_i,

  output logic [DrainRows*Lanes*8-1:0] codes_o
);

  logic [8:0] zero_point_5, low_6, high_6;
  dlp_delay #(.Width(dlp_isa_pkg::LayerZeroPointBits), .Cycles(5)) u_zero_point (
    .clk_i, .rst_ni(1'b1), .data_i(drain_i.op.layer.zero_point), .data_o(zero_point_5)
  );
  dlp_delay #(.Width(dlp_isa_pkg::LayerLowBits + dlp_isa_pkg::LayerHighBits), .Cycles(6)) u_clamp (
    .clk_i, .rst_ni(1'b1), .data_i({drain_i.op.layer.low, drain_i.op.layer.high}), .data_o({low_6, high_6})
  );

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    dlp_post_row #(
      .Lanes(Lanes)
    ) u_row (
      .clk_i,
      .totals_i    (totals_i[j*Lanes*32+:Lanes*32]),
      .parameter_i (parameters_i[j*dlp_isa_pkg::ParameterUsedBits+:dlp_isa_pkg::ParameterUsedBits]),
      .zero_point_i(zero_point_5),
      .low_i       (low_6),
      .high_i      (high_6),
      .codes_o     (codes_o[j*Lanes*8+:Lanes*8])
    );
  end

  logic unused;
  assign unused = ^drain_i;

endmodule
