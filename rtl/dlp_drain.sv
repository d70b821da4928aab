// Drain control: finds the parts in the stream of beats, and when a part's last beat has reached the accumulators, outputs the drain groups in order.
//
//   cycle −2    beat_i as the position sequencer presents it
//         0     its flags                                 clear_o: the beat is the first of its part
//        12     drain group 0's accumulators hold the beat
//        13     drain_o with drain group 0, then 1, 2, …  together with the sums that leave the PE array
//
// Latency: 13 from the last beat of a part to drain_o. Throughput: one part in U/R cycles. Stalls: never.

module dlp_drain #(
  parameter int unsigned Groups = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  // a beat as the position sequencer presents it; its flags MemoryReadCycles later, as the weight memory delivers them
  input  dlp_machine_pkg::compute_beat_t beat_i,
  input  logic                   valid_i,
  input  logic                   end_i,
  input  logic                   keep_i,

  output logic                    clear_o,
  output dlp_machine_pkg::drain_t drain_o
);

  localparam int unsigned Cycles = dlp_isa_pkg::BeatToReadCycles + dlp_isa_pkg::ReadToAccumulateCycles -
      dlp_isa_pkg::MemoryReadCycles;

  dlp_machine_pkg::compute_op_t op;
  assign op = beat_i.op;

  // The part's position and its compute_op_t; of these, in the order of that struct, the bits that this machine uses behind the drain.
  localparam int unsigned PositionBits = dlp_isa_pkg::LayerPatchHeightBits + dlp_isa_pkg::LayerPatchWidthBits + $bits(op);
  localparam logic [127:0] Layer = dlp_machine_pkg::LayerMask;
  localparam logic [127:0] Compute = dlp_machine_pkg::ComputeMask;
  localparam bit LaneSums = dlp_machine_pkg::LaneSums;
  localparam logic [PositionBits-1:0] Used = {
    // row, column
    Layer[dlp_isa_pkg::LayerPatchHeightAt+:dlp_isa_pkg::LayerPatchHeightBits],
    Layer[dlp_isa_pkg::LayerPatchWidthAt+:dlp_isa_pkg::LayerPatchWidthBits],
    // layer: block, patch_height, patch_width, plane_stride, wide, start_bank, zero_point, low, high, valid_height, valid_width
    1'b0,
    Layer[dlp_isa_pkg::LayerPatchHeightAt+:dlp_isa_pkg::LayerPatchHeightBits] & {dlp_isa_pkg::LayerPatchHeightBits{LaneSums}},
    Layer[dlp_isa_pkg::LayerPatchWidthAt+:dlp_isa_pkg::LayerPatchWidthBits],
    Layer[dlp_isa_pkg::LayerPlaneStrideAt+:dlp_isa_pkg::LayerPlaneStrideBits],
    1'b1,
    Layer[dlp_isa_pkg::LayerStartBankAt+:dlp_isa_pkg::LayerStartBankBits],
    {(dlp_isa_pkg::LayerZeroPointBits + dlp_isa_pkg::LayerLowBits + dlp_isa_pkg::LayerHighBits) {1'b1}},
    Layer[dlp_isa_pkg::LayerValidHeightAt+:dlp_isa_pkg::LayerValidHeightBits] & {dlp_isa_pkg::LayerValidHeightBits{LaneSums}},
    Layer[dlp_isa_pkg::LayerValidWidthAt+:dlp_isa_pkg::LayerValidWidthBits] & {dlp_isa_pkg::LayerValidWidthBits{LaneSums}},
    // group, output_base, lane_sum, accumulate, logits
    Compute[dlp_isa_pkg::ComputeGroupAt+:dlp_isa_pkg::ComputeGroupBits],
    Compute[dlp_isa_pkg::ComputeOutputAt+:dlp_isa_pkg::ComputeOutputBits],
    LaneSums,
    1'b0,
    LaneSums
  };

  // the beat before ended a part; the beat is in the first part of its position
  logic ended_d, ended_q, first_part_d, first_part_q;
  logic first_part;

  logic first, finish, first_position, accumulate;
  dlp_delay #(
    .Width (4),
    .Cycles(dlp_isa_pkg::MemoryReadCycles)
  ) u_beat (
    .clk_i,
    .rst_ni,
    .data_i({beat_i.first, beat_i.last && beat_i.last_position, beat_i.first_position, op.accumulate}),
    .data_o({first, finish, first_position, accumulate})
  );

  assign first_part = first || first_part_q;
  assign clear_o = first || ended_q;
  assign ended_d = valid_i ? end_i : ended_q;
  assign first_part_d = valid_i ? first_part && !end_i : first_part_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ended_q <= 1'b1;
      first_part_q <= 1'b0;
    end else begin
      ended_q <= ended_d;
      first_part_q <= first_part_d;
    end
  end

  dlp_machine_pkg::drain_t part_last, part_d, part_q;
  logic                    part_valid, keep, overwrite, last_finish, last_first_position;
  logic [PositionBits-1:0]        position;

  always_comb begin
    part_last.valid = 1'b0;
    part_last.drain_group = '0;
    part_last.keep = keep;
    part_last.overwrite = overwrite;
    part_last.finish = last_finish;
    part_last.first_position = last_first_position;
    {part_last.row, part_last.column, part_last.op} = position;
  end

  dlp_delay #(
    .Cycles(Cycles),
    .Reset (1'b1)
  ) u_valid (
    .clk_i,
    .rst_ni,
    .data_i(valid_i && end_i),
    .data_o(part_valid)
  );
  dlp_delay #(
    .Width (4),
    .Cycles(Cycles)
  ) u_part (
    .clk_i,
    .rst_ni,
    .data_i({keep_i, first_part && !accumulate, finish, first_position}),
    .data_o({keep, overwrite, last_finish, last_first_position})
  );
  dlp_delay #(
    .Width (PositionBits),
    .Cycles(dlp_isa_pkg::MemoryReadCycles + Cycles),
    .Used  (Used)
  ) u_position (
    .clk_i,
    .rst_ni,
    .data_i({beat_i.row, beat_i.column, op}),
    .data_o(position)
  );

  logic more;
  assign more = part_q.valid && part_q.drain_group != 8'(Groups - 1);

  always_comb begin
    part_d = part_q;
    part_d.valid = more;
    part_d.drain_group = (part_q.drain_group + 8'd1) & 8'(2 ** $clog2(Groups) - 1);
    if (part_valid) begin
      part_d = part_last;
      part_d.valid = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) part_q <= '0;
    else part_q <= part_d;
  end

  assign drain_o = part_q;

  logic unused;
  assign unused = ^beat_i;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_part_long_enough: assert (!part_valid || !more);
      a_position_ends: assert (!(valid_i && finish) || end_i);
    end
  end
`endif

endmodule
