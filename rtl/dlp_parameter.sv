// The parameter queue's unit: LOADW, LOADP and LOADT read constants to weight memory, parameter memory and table blocks.
//
//   cycle t     a data beat
//         t+1   where it belongs
//         t+3   it is in the shift register; an item is whole: a beat of weights, rows of parameters, geometries, slots; its memory is
//               written; the last item retires                 (ParameterBeatToWriteCycles)
//
// Latency: as drawn; the first address IssueToAddressCycles after issue. A LOADW without beats retires a cycle after issue.
// Throughput: one data beat a cycle. Stalls: parameter_ready_o while addresses of the one before are to go out or TransfersInFlight are
// not retired; never for data.

module dlp_parameter #(
  parameter int unsigned Rows = 8,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned WeightBeats = 1024,
  parameter int unsigned ParameterGroups = 64,
  parameter int unsigned AxiBits = 64,
  parameter int unsigned ProgramAddressBits = 9,
  parameter int unsigned BeatsBits = 30,
  // derived: leave alone
  parameter int unsigned BeatBits = Rows * (4 + $clog2(Banks)) + Banks * 8 + 8,
  parameter int unsigned BeatAddressBits = $clog2(WeightBeats),
  // rows of parameters in a data beat, and in a memory word: their least common multiple with R
  parameter int unsigned BeatRows = AxiBits / 64,
  parameter int unsigned WordRows = (DrainRows % BeatRows == 0) ? DrainRows
      : (DrainRows * 2 % BeatRows == 0) ? DrainRows * 2
      : (DrainRows * 4 % BeatRows == 0) ? DrainRows * 4 : DrainRows * 8,
  parameter int unsigned GroupWords = (Rows + WordRows - 1) / WordRows,
  parameter int unsigned ParameterAddressBits = $clog2(ParameterGroups * GroupWords),
  parameter int unsigned GeometriesPerLoad = (AxiBits > 128) ? AxiBits / 128 : 1,
  parameter int unsigned SlotsPerLoad = AxiBits / 32
) (
  input  logic clk_i,
  input  logic rst_ni,

  // bases of the DRAM regions, region 0 lowest; 4 KB aligned
  input  logic [4*64-1:0] region_bases_i,

  // the head of the queue
  input  logic                          parameter_valid_i,
  output logic                          parameter_ready_o,
  input  logic [127:0]                  parameter_word_i,
  input  logic [ProgramAddressBits-1:0] parameter_index_i,

  output logic                          idle_o,
  output logic                          retire_valid_o,
  output logic [15:0]                   retire_signal_o,
  output logic [ProgramAddressBits-1:0] retire_index_o,
  output logic                          error_valid_o,
  output logic [3:0]                    error_code_o,
  output logic [ProgramAddressBits-1:0] error_index_o,

  // AXI read
  output logic                 read_request_valid_o,
  input  logic                 read_request_ready_i,
  output logic [63:0]          read_request_address_o,
  output logic [BeatsBits-1:0] read_request_beats_o,
  input  logic                 read_beat_valid_i,
  output logic                 read_beat_ready_o,
  input  logic [AxiBits-1:0]   read_beat_data_i,
  input  logic                 read_beat_error_i,

  // weight memory: a beat of all clusters, cluster 0 lowest
  output logic                         beat_load_valid_o,
  output logic [BeatAddressBits-1:0]   beat_load_address_o,
  output logic [Clusters*BeatBits-1:0] beat_load_data_o,

  // parameter memory: rows of a word
  output logic [WordRows-1:0]             parameter_load_valid_o,
  output logic [ParameterAddressBits-1:0] parameter_load_address_o,
  output logic [WordRows*dlp_isa_pkg::ParameterUsedBits-1:0]          parameter_load_data_o,

  // table blocks: geometries and slots from an index upward
  output logic                             table_load_block_o,
  output logic                             tap_bits_load_valid_o,
  output logic [2:0]                       tap_bits_load_data_o,
  output logic [GeometriesPerLoad-1:0]     geometry_load_valid_o,
  output logic [1:0]                       geometry_load_index_o,
  output logic [GeometriesPerLoad*128-1:0] geometry_load_data_o,
  output logic [SlotsPerLoad-1:0]          slot_load_valid_o,
  output logic [6:0]                       slot_load_index_o,
  output logic [SlotsPerLoad*32-1:0]       slot_load_data_o
);

  // Data beats of the items.
  localparam int unsigned WeightAxiBeats = (Clusters * BeatBits + AxiBits - 1) / AxiBits;
  localparam int unsigned GroupAxiBeats = (Rows + BeatRows - 1) / BeatRows;
  localparam int unsigned GeometryAxiBeats = dlp_isa_pkg::GeometriesPerBlock * 128 / AxiBits;
  localparam int unsigned TransferBits = 6 + 17 + 17 + 16 + 1 + 8 + 3 + ProgramAddressBits;

  dlp_isa_pkg::loadw_t loadw;
  dlp_isa_pkg::loadp_t loadp;
  dlp_isa_pkg::loadt_t loadt;
  assign loadw = parameter_word_i & dlp_machine_pkg::LoadwMask;
  assign loadp = parameter_word_i & dlp_machine_pkg::LoadpMask;
  assign loadt = parameter_word_i & dlp_machine_pkg::LoadtMask;

  logic issue, empty, issue_transfer, full, pending_valid_q;
  assign parameter_ready_o = read_request_ready_i && !pending_valid_q && !full;
  assign issue = parameter_valid_i && parameter_ready_o;
  assign empty = loadw.opcode == dlp_isa_pkg::OpLoadw && loadw.beats == '0;
  assign issue_transfer = issue && !empty;

  // A cycle after issue: address and length.
  logic [1:0]  pending_region_q;
  logic [23:0] pending_address_q;
  logic [16:0] items, item_beats;
  logic [BeatsBits-1:0] beats, pending_beats_q;
  logic [8:0]  table_beats;
  assign table_beats = 9'((32'(loadt.slots) + GeometryAxiBeats * SlotsPerLoad + SlotsPerLoad - 1) / SlotsPerLoad);

  logic [15:0] target;
  always_comb begin
    items = 17'd1;
    item_beats = 17'(table_beats);
    beats = BeatsBits'(table_beats);
    target = '0;
    if (loadw.opcode == dlp_isa_pkg::OpLoadw) begin
      items = loadw.beats;
      item_beats = 17'(WeightAxiBeats);
      beats = BeatsBits'(loadw.beats) * BeatsBits'(WeightAxiBeats);
      target = loadw.beat;
    end
    if (loadw.opcode == dlp_isa_pkg::OpLoadp) begin
      items = 17'(loadp.groups);
      item_beats = 17'(GroupAxiBeats);
      beats = BeatsBits'(loadp.groups) * BeatsBits'(GroupAxiBeats);
      target = 16'(32'(loadp.group) * GroupWords);
    end
  end

  assign read_request_valid_o = pending_valid_q;
  assign read_request_address_o =
      (region_bases_i[32'(pending_region_q)*64+:64] + (64'(pending_address_q) * 64'(dlp_isa_pkg::AddressUnitBytes)))
      & dlp_machine_pkg::DramAddressMask;
  assign read_request_beats_o = pending_beats_q;

  // Transfers whose data is to come.
  logic                          served_valid, served_ready, transfer_done, issued_full;
  logic [TransferBits-1:0]       served;
  logic [ProgramAddressBits-1:0] served_index, empty_index;

  logic [TransferBits-1:0] issued;
  assign issued = {loadw.opcode, items, item_beats, target, loadt.block, loadt.slots, loadt.tap_bits, parameter_index_i};
  if (dlp_machine_pkg::TransfersInFlight == 1) begin : gen_direct
    // a transfer is issued when the one before is done
    assign issued_full = 1'b0;
    assign served_valid = issue_transfer;
    assign served = issued;
`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni) a_served_at_once: assert (!issue_transfer || served_ready);
    end
`endif
  end else begin : gen_issued
    dlp_fifo #(
      .Width(TransferBits),
      .Depth(dlp_machine_pkg::TransfersInFlight)
    ) u_issued (
      .clk_i,
      .rst_ni,
      .full_o      (issued_full),
      .push_valid_i(issue_transfer),
      .push_data_i (issued),
      .valid_o     (served_valid),
      .data_o      (served),
      .pop_i       (served_valid && served_ready)
    );
  end

  dlp_parameter_unpack #(
    .Rows           (Rows),
    .Clusters       (Clusters),
    .BeatBits       (BeatBits),
    .WeightBeats    (WeightBeats),
    .ParameterGroups(ParameterGroups),
    .AxiBits        (AxiBits),
    .WordRows       (WordRows),
    .IndexBits      (ProgramAddressBits)
  ) u_unpack (
    .clk_i,
    .rst_ni,
    .transfer_valid_i(served_valid),
    .transfer_ready_o(served_ready),
    .transfer_i      (served),
    .beat_valid_i    (read_beat_valid_i),
    .beat_data_i     (read_beat_data_i),
    .index_o         (served_index),
    .done_o          (transfer_done),
    .beat_load_valid_o,
    .beat_load_address_o,
    .beat_load_data_o,
    .parameter_load_valid_o,
    .parameter_load_address_o,
    .parameter_load_data_o,
    .table_load_block_o,
    .tap_bits_load_valid_o,
    .tap_bits_load_data_o,
    .geometry_load_valid_o,
    .geometry_load_index_o,
    .geometry_load_data_o,
    .slot_load_valid_o,
    .slot_load_index_o,
    .slot_load_data_o
  );
  assign read_beat_ready_o = 1'b1;

  dlp_in_flight #(
    .IndexBits(ProgramAddressBits)
  ) u_in_flight (
    .clk_i,
    .rst_ni,
    .full_o         (full),
    .empty_o        (idle_o),
    .push_valid_i   (issue),
    .push_other_i   (empty),
    .push_signal_i  (loadw.signal),
    .push_index_i   (parameter_index_i),
    .transfer_done_i(transfer_done),
    .other_done_i   (issue && empty),
    .retire_valid_o,
    .retire_signal_o,
    .retire_index_o,
    .other_index_o  (empty_index)
  );

  assign error_valid_o = read_beat_valid_i && read_beat_error_i;
  assign error_code_o = dlp_isa_pkg::StatusAxiReadError;
  assign error_index_o = served_index;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) pending_valid_q <= 1'b0;
    else pending_valid_q <= issue_transfer;
  end
  always_ff @(posedge clk_i) begin
    if (issue_transfer) begin
      pending_region_q <= loadw.region;
      pending_address_q <= loadw.address;
      pending_beats_q <= beats;
    end
  end

  logic unused;
  assign unused = ^{loadw, loadp, loadt, issued_full, empty_index};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToAddressCycles == 2) else $fatal(1, "pending registers, then the burst's");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_mine: assert (!issue || loadw.opcode == dlp_isa_pkg::OpLoadw || loadw.opcode == dlp_isa_pkg::OpLoadp
          || loadw.opcode == dlp_isa_pkg::OpLoadt);
      a_request_taken: assert (!read_request_valid_o || read_request_ready_i);
    end
  end
`endif

endmodule
