// Assertions of the compute path: its writes come in the cycles that isa/timing.ts states, counted from a last beat (seen here two cycles later).
// Simulation only.

module dlp_compute_timing #(
  parameter bit Serial = 1'b0
) (
  input  logic clk_i,
  input  logic rst_ni,

  // cycle 2: a beat and its flags
  input  dlp_machine_pkg::compute_beat_t beat_i,
  input  logic                           valid_i,
  input  logic                           end_i,
  input  logic                           keep_i,

  // writes of codes and of logits; an error, after which writes may be missing
  input  logic codes_write_i,
  input  logic logits_write_i,
  input  logic error_i
);

  logic failed_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) failed_q <= 1'b0;
    else if (error_i) failed_q <= 1'b1;
  end

  logic position_ends, compute_ends, codes, logits, lane_sums, codes_due, logits_due, lane_sums_due;
  assign position_ends = valid_i && end_i && !keep_i;
  assign compute_ends = position_ends && beat_i.last && beat_i.last_position;
  assign codes = position_ends && !beat_i.op.lane_sum;
  assign logits = compute_ends && beat_i.op.lane_sum && beat_i.op.logits;
  assign lane_sums = compute_ends && beat_i.op.lane_sum && !beat_i.op.logits;

  dlp_delay #(.Cycles(dlp_isa_pkg::BeatToWriteCycles - 2), .Reset(1'b1)) u_codes_due (
    .clk_i, .rst_ni, .data_i(codes), .data_o(codes_due)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::BeatToLogitsCycles - 2), .Reset(1'b1)) u_logits_due (
    .clk_i, .rst_ni, .data_i(logits), .data_o(logits_due)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::BeatToLaneSumWriteCycles - 2), .Reset(1'b1)) u_lane_sums_due (
    .clk_i, .rst_ni, .data_i(lane_sums), .data_o(lane_sums_due)
  );

  logic unused;
  assign unused = ^{beat_i, codes_write_i, logits_write_i, failed_q, codes_due, logits_due, lane_sums_due};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_codes_in_time: assert (Serial || !codes_due || codes_write_i || failed_q);
      a_lane_sums_in_time: assert (!lane_sums_due || codes_write_i || failed_q);
      a_logits_in_time: assert (!logits_due || logits_write_i);
    end
  end
`endif

endmodule
