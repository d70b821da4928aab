// The unit of the parameter queue: LOADW, LOADP and LOADT read constants into weight memory, parameter memory and table blocks.
//
//   cycle t     a data beat
//         t+1   it is decoded: its memory and address
//         t+3   it is in the shift register; once an item is complete (a beat of weights, rows of parameters, geometries, slots) its memory
//               is written; the last item retires                 (ParameterBeatToWriteCycles)
//
// Latency: as drawn; the first address IssueToAddressCycles after issue. A LOADW without beats retires a cycle after issue.
// Throughput: one data beat a cycle. Stalls: instruction_ready_o, until all addresses of the instruction before are sent or while
// TransfersInFlight have not retired; never for data.

module dlp_parameter #(
  parameter int unsigned AxiBits = 64,
  // derived: leave alone
  parameter int unsigned BeatsBits = dlp_machine_pkg::TransferBeatsBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // bases of the DRAM regions, region 0 lowest; 4 KB aligned
  input  logic [4*64-1:0] region_bases_i,

  // the head of the queue
  input  logic                          instruction_valid_i,
  output logic                          instruction_ready_o,
  input  dlp_machine_pkg::instruction_t instruction_i,

  // all retired; a retirement; an error
  output logic                         idle_o,
  output dlp_machine_pkg::retirement_t retirement_o,
  output dlp_machine_pkg::unit_error_t error_o,

  // AXI read
  output logic                 read_request_valid_o,
  input  logic                 read_request_ready_i,
  output logic [63:0]          read_request_address_o,
  output logic [BeatsBits-1:0] read_request_beats_o,
  input  logic                 read_beat_valid_i,
  output logic                 read_beat_ready_o,
  input  logic [AxiBits-1:0]   read_beat_data_i,
  input  logic                 read_beat_error_i,

  // weight memory, parameter memory, table blocks
  output dlp_machine_pkg::weight_load_t    weight_load_o,
  output dlp_machine_pkg::parameter_load_t parameter_load_o,
  output dlp_machine_pkg::table_load_t     table_load_o
);

  // Data beats of an item of LOADW, of LOADP, and of the geometries of LOADT.
  localparam int unsigned WeightAxiBeats = dlp_machine_pkg::WeightAxiBeats;
  localparam int unsigned GroupAxiBeats = dlp_machine_pkg::GroupAxiBeats;
  localparam int unsigned GeometryAxiBeats = dlp_machine_pkg::GeometryAxiBeats;
  localparam int unsigned SlotsPerLoad = dlp_machine_pkg::SlotsPerLoad;

  dlp_isa_pkg::loadw_t loadw;
  dlp_isa_pkg::loadp_t loadp;
  dlp_isa_pkg::loadt_t loadt;
  assign loadw = instruction_i.word & dlp_machine_pkg::LoadwMask;
  assign loadp = instruction_i.word & dlp_machine_pkg::LoadpMask;
  assign loadt = instruction_i.word & dlp_machine_pkg::LoadtMask;

  logic issue, empty, issue_transfer, full, pending_valid_q;
  assign instruction_ready_o = read_request_ready_i && !pending_valid_q && !full;
  assign issue = instruction_valid_i && instruction_ready_o;
  assign empty = loadw.opcode == dlp_isa_pkg::OpLoadw && loadw.beats == '0;
  assign issue_transfer = issue && !empty;

  // Address and length, a cycle after issue.
  logic [dlp_isa_pkg::LoadwRegionBits-1:0]  pending_region_q;
  logic [dlp_isa_pkg::LoadwAddressBits-1:0] pending_address_q;
  logic [BeatsBits-1:0] beats, pending_beats_q;
  logic [8:0]  table_beats;
  dlp_machine_pkg::parameter_transfer_t issued, active_transfer;
  assign table_beats = 9'((32'(loadt.slots) + GeometryAxiBeats * SlotsPerLoad + SlotsPerLoad - 1) / SlotsPerLoad);

  always_comb begin
    issued.opcode = loadw.opcode;
    issued.items = 17'd1;
    issued.item_beats = 17'(table_beats);
    issued.address = '0;
    issued.block = loadt.block;
    issued.slots = loadt.slots;
    issued.tap_bits = loadt.tap_bits;
    issued.index = instruction_i.index;
    beats = BeatsBits'(table_beats);
    if (loadw.opcode == dlp_isa_pkg::OpLoadw) begin
      issued.items = loadw.beats;
      issued.item_beats = 17'(WeightAxiBeats);
      issued.address = loadw.beat;
      beats = BeatsBits'(loadw.beats) * BeatsBits'(WeightAxiBeats);
    end
    if (loadw.opcode == dlp_isa_pkg::OpLoadp) begin
      issued.items = 17'(loadp.groups);
      issued.item_beats = 17'(GroupAxiBeats);
      issued.address = 16'(32'(loadp.group) * dlp_machine_pkg::ParameterGroupWords);
      beats = BeatsBits'(loadp.groups) * BeatsBits'(GroupAxiBeats);
    end
  end

  assign read_request_valid_o = pending_valid_q;
  dlp_region_address u_address (
    .region_bases_i,
    .region_i (pending_region_q),
    .offset_i (pending_address_q),
    .address_o(read_request_address_o)
  );
  assign read_request_beats_o = pending_beats_q;

  // Transfers whose data has not arrived.
  logic active_valid, active_ready, transfer_done, issued_full;
  logic [dlp_machine_pkg::ProgramAddressBits-1:0] active_index, empty_index;

  if (dlp_machine_pkg::TransfersInFlight == 1) begin : gen_direct
    // a transfer issues once the one before is complete
    assign issued_full = 1'b0;
    assign active_valid = issue_transfer;
    assign active_transfer = issued;
`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni) a_accepted_at_once: assert (!issue_transfer || active_ready);
    end
`endif
  end else begin : gen_issued
    dlp_fifo #(
      .Width($bits(issued)),
      .Depth(dlp_machine_pkg::TransfersInFlight)
    ) u_issued (
      .clk_i,
      .rst_ni,
      .clear_i     (1'b0),
      .full_o      (issued_full),
      .push_valid_i(issue_transfer),
      .push_data_i (issued),
      .valid_o     (active_valid),
      .data_o      (active_transfer),
      .pop_i       (active_valid && active_ready)
    );
  end

  dlp_parameter_unpack #(
    .AxiBits(AxiBits)
  ) u_unpack (
    .clk_i,
    .rst_ni,
    .transfer_valid_i(active_valid),
    .transfer_ready_o(active_ready),
    .transfer_i      (active_transfer),
    .beat_valid_i    (read_beat_valid_i),
    .beat_data_i     (read_beat_data_i),
    .index_o         (active_index),
    .done_o          (transfer_done),
    .weight_load_o,
    .parameter_load_o,
    .table_load_o
  );
  assign read_beat_ready_o = 1'b1;

  dlp_in_flight u_in_flight (
    .clk_i,
    .rst_ni,
    .full_o         (full),
    .empty_o        (idle_o),
    .push_valid_i   (issue),
    .push_other_i   (empty),
    .push_signal_i  (loadw.signal),
    .push_index_i   (instruction_i.index),
    .transfer_done_i(transfer_done),
    .other_done_i   (issue && empty),
    .retirement_o,
    .other_index_o  (empty_index)
  );

  assign error_o.valid = read_beat_valid_i && read_beat_error_i;
  assign error_o.code = dlp_isa_pkg::StatusAxiReadError;
  assign error_o.index = active_index;

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
      a_own_instruction: assert (!issue || loadw.opcode == dlp_isa_pkg::OpLoadw || loadw.opcode == dlp_isa_pkg::OpLoadp
          || loadw.opcode == dlp_isa_pkg::OpLoadt);
      a_request_taken: assert (!read_request_valid_o || read_request_ready_i);
    end
  end
`endif

endmodule
