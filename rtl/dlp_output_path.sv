// From the sums of a drain group to the write ports: sums over clusters, partial sums, lane sums and logits, post, write-back. R rows a cycle.
// Names end in the cycle, counted from the one in which a beat's address is presented (dlp_compute.sv).
//
// Latency: sums of cycle 15 are written in cycle 26, requantised lane sums in cycle 30, logits in cycle 22.
// Throughput: a drain group a cycle. Stalls: never.

module dlp_output_path #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned Rows = 8,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned AccumulatorBits = 32,
  // derived: leave alone
  parameter int unsigned Lanes = GridHeight * GridWidth,
  parameter int unsigned Groups = Rows / DrainRows,
  parameter int unsigned Values = DrainRows * Lanes,
  parameter int unsigned WordBits = Lanes * 4,
  parameter int unsigned WordAddressBits = $clog2(FeatureWords),
  parameter int unsigned LogitsAddressBits = dlp_machine_pkg::LogitsAddressBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // cycle 15: what drains, and its sums of every cluster
  input  dlp_machine_pkg::drain_t                    drain_i,
  input  logic [Clusters*Values*AccumulatorBits-1:0] sums_i,
  input  logic [Clusters*Values-1:0]                 carries_i,

  // cycle 18: its rows' parameters
  input  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_i,

  // cycle 26 or 30: the banks' write ports, cluster 0's lowest
  output logic [Clusters*Banks-1:0]                 write_valid_o,
  output logic [Clusters*Banks*WordAddressBits-1:0] write_address_o,
  output logic [Clusters*Banks*WordBits-1:0]        write_data_o,

  // cycle 22: logits are written
  output logic logits_write_o,

  // STOREL
  input  logic                         logits_read_valid_i,
  input  logic [LogitsAddressBits-1:0] logits_read_address_i,
  output logic [DrainRows*32-1:0]      logits_read_data_o
);

  // Cycle 18: what drains.
  dlp_machine_pkg::drain_t drain_18, drain_22;
  logic valid_18;

  // The fields of a part are constant for as many cycles as it has drain groups, three at least: they are registered once, three cycles later.
  logic       start_17;
  logic [7:0] drain_group_18;
  dlp_machine_pkg::drain_t drain_18_q;
  dlp_delay #(.Cycles(2), .Reset(1'b1)) u_start_17 (
    .clk_i, .rst_ni, .data_i(drain_i.valid && drain_i.drain_group == 8'd0), .data_o(start_17)
  );
  dlp_delay #(.Width(8), .Cycles(3)) u_drain_group_18 (
    .clk_i, .rst_ni, .data_i(drain_i.drain_group), .data_o(drain_group_18)
  );
  always_ff @(posedge clk_i) begin
    if (start_17) drain_18_q <= drain_i;
  end
  always_comb begin
    drain_18 = drain_18_q;
    drain_18.drain_group = drain_group_18;
  end
  dlp_delay #(.Cycles(3), .Reset(1'b1)) u_valid_18 (
    .clk_i, .rst_ni, .data_i(drain_i.valid), .data_o(valid_18)
  );

  // Cycle 17 and 18: sums and totals, parameters, valid lanes.
  logic [Values*32-1:0]    sums_17, totals_18;
  logic [Values-1:0]       carries_17;
  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_22;
  logic [Lanes-1:0]        mask_18;
  logic [DrainRows*32-1:0] lane_sums_22;

  dlp_cluster_sum #(
    .Clusters       (Clusters),
    .Values         (Values),
    .AccumulatorBits(AccumulatorBits)
  ) u_cluster_sum (
    .clk_i,
    .sums_i   (sums_i),
    .carries_i(carries_i),
    .sums_o   (sums_17),
    .carries_o(carries_17)
  );

  dlp_psum #(
    .Lanes    (Lanes),
    .DrainRows(DrainRows),
    .Groups   (Groups)
  ) u_psum (
    .clk_i,
    .rst_ni,
    .drain_i  (drain_i),
    .sums_i   (sums_17),
    .carries_i(carries_17),
    .total_o  (totals_18)
  );

  dlp_lane_mask #(
    .GridHeight(GridHeight),
    .GridWidth (GridWidth)
  ) u_lane_mask (
    .clk_i,
    .drain_i(drain_i),
    .mask_o (mask_18)
  );

  // Cycle 22: lane sums, and the logits memory.
  dlp_machine_pkg::drain_t total_18;
  always_comb begin
    total_18 = drain_18;
    total_18.valid = valid_18;
  end

  if (dlp_machine_pkg::LaneSums) begin : gen_lane_sums
    dlp_lane_sum #(
      .Lanes    (Lanes),
      .DrainRows(DrainRows),
      .Groups   (Groups)
    ) u_lane_sum (
      .clk_i,
      .rst_ni,
      .drain_i     (total_18),
      .totals_i    (totals_18),
      .mask_i      (mask_18),
      .parameters_i(parameters_i),
      .drain_o     (drain_22),
      .sums_o      (lane_sums_22)
    );

    dlp_delay #(.Width(DrainRows * dlp_isa_pkg::ParameterUsedBits), .Cycles(dlp_isa_pkg::LaneSumCycles)) u_parameters_22 (
      .clk_i, .rst_ni, .data_i(parameters_i), .data_o(parameters_22)
    );

    assign logits_write_o = drain_22.valid && drain_22.finish && drain_22.op.logits;

    dlp_logits_memory #(
      .DrainRows(DrainRows)
    ) u_logits (
      .clk_i,
      .write_valid_i (logits_write_o),
      .drain_i       (drain_22),
      .sums_i        (lane_sums_22),
      .read_valid_i  (logits_read_valid_i),
      .read_address_i(logits_read_address_i),
      .read_data_o   (logits_read_data_o)
    );
  end else begin : gen_no_lane_sums
    assign drain_22 = '0;
    assign lane_sums_22 = '0;
    assign parameters_22 = '0;
    assign logits_write_o = 1'b0;
    assign logits_read_data_o = '0;
    logic unused_sums;
    assign unused_sums = ^{total_18, mask_18, logits_read_valid_i, logits_read_address_i};
  end

  // Cycle 18 (totals) or 22 (lane sums, their bias added already) enters post, 25 or 29 leaves it, 26 or 30 writes.
  logic total_valid, lane_sum_valid;
  dlp_machine_pkg::drain_t post_drain;
  logic [Values*32-1:0]    post_totals;
  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] post_parameters;
  logic [Values*8-1:0]     codes;

  assign total_valid = total_18.valid && !total_18.keep && !total_18.op.lane_sum;
  assign lane_sum_valid = drain_22.valid && drain_22.finish && !drain_22.op.logits;

  always_comb begin
    post_drain = lane_sum_valid ? drain_22 : drain_18;
    post_drain.valid = total_valid || lane_sum_valid;
    post_totals = totals_18;
    post_parameters = parameters_i;
    if (lane_sum_valid) begin
      post_parameters = parameters_22;
      for (int unsigned j = 0; j < DrainRows; j++) begin
        post_totals[j*Lanes*32+:32] = lane_sums_22[j*32+:32];
        post_parameters[j*dlp_isa_pkg::ParameterUsedBits+:32] = '0;
      end
    end
  end

  dlp_post #(
    .Lanes    (Lanes),
    .DrainRows(DrainRows)
  ) u_post (
    .clk_i,
    .drain_i     (post_drain),
    .totals_i    (post_totals),
    .parameters_i(post_parameters),
    .codes_o     (codes)
  );

  dlp_write_back #(
    .Lanes       (Lanes),
    .Rows        (Rows),
    .Clusters    (Clusters),
    .Banks       (Banks),
    .DrainRows   (DrainRows),
    .FeatureWords(FeatureWords)
  ) u_write_back (
    .clk_i,
    .rst_ni,
    .drain_i        (post_drain),
    .codes_i        (codes),
    .write_valid_o  (write_valid_o),
    .write_address_o(write_address_o),
    .write_data_o   (write_data_o)
  );

  logic unused;
  assign unused = drain_18.valid;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_lane_sum_alone: assert (!(total_valid && lane_sum_valid));
    end
  end
`endif

endmodule
