// The unit of the load queue: LOAD reads maps in word groups, STOREL writes logits. LOADs overlap; a STOREL runs alone, once all addresses
// before it have been sent.
//
// Latency: a LOAD issued in cycle t offers its first address in t + IssueToAddressCycles, a STOREL requests the write channel in
// t + StoreLogitsIssueToRequestCycles. Throughput: see dlp_load_unpack.sv, dlp_store_logits.sv.
// Stalls: instruction_ready_o, until all addresses of the LOAD before are sent, while a STOREL runs, or while TransfersInFlight have not retired.

module dlp_load #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WordBits = 16,
  parameter int unsigned DramWordBits = 16,
  parameter int unsigned AxiBits = 64,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned BeatsBits = dlp_machine_pkg::TransferBeatsBits,
  parameter int unsigned ProgramAddressBits = dlp_machine_pkg::ProgramAddressBits
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

  // AXI write
  output logic                 write_request_valid_o,
  output logic [63:0]          write_request_address_o,
  output logic [BeatsBits-1:0] write_request_beats_o,
  output logic                 write_beat_valid_o,
  input  logic                 write_beat_ready_i,
  output logic [AxiBits-1:0]   write_beat_data_o,
  output logic [AxiBits/8-1:0] write_beat_strobe_o,
  input  logic                 write_done_i,
  input  logic                 write_error_i,

  // feature memory
  output dlp_machine_pkg::feature_load_t feature_load_o,

  // logits memory
  output logic                                          logits_read_valid_o,
  output logic [dlp_machine_pkg::LogitsAddressBits-1:0] logits_read_address_o,
  input  logic [DrainRows*32-1:0]                       logits_read_data_i
);

  dlp_isa_pkg::load_t   load, pending_q, active_load;
  dlp_isa_pkg::storel_t storel;
  assign load = instruction_i.word & dlp_machine_pkg::LoadMask;
  assign storel = instruction_i.word & dlp_machine_pkg::StorelMask;

  logic issue, issue_load, issue_storel, full, pending_d, pending_valid_q, storing_d, storing_q;
  assign instruction_ready_o = read_request_ready_i && !pending_valid_q && !storing_q && !full;
  assign issue = instruction_valid_i && instruction_ready_o;
  assign issue_storel = dlp_machine_pkg::LaneSums && issue && load.opcode == dlp_isa_pkg::OpStorel;
  assign issue_load = issue && !issue_storel;

  // LOAD: address and length, a cycle after its issue.
  assign pending_d = issue_load;
  assign read_request_valid_o = pending_valid_q;
  dlp_region_address u_load_address (
    .region_bases_i,
    .region_i (pending_q.region),
    .offset_i (pending_q.address),
    .address_o(read_request_address_o)
  );

  dlp_map_beats #(
    .AxiBits     (AxiBits),
    .DramWordBits(DramWordBits),
    .SlotChannels(Words),
    .BeatsBits   (BeatsBits)
  ) u_beats (
    .positions_i(pending_q.positions),
    .channels_i (pending_q.channels),
    .wide_i     (pending_q.wide),
    .beats_o    (read_request_beats_o)
  );

  // LOADs whose data has not arrived.
  logic                          active_valid, active_ready, transfer_done, address_error, issued_full;
  logic [ProgramAddressBits-1:0] active_index, unpack_index, storel_index;

  if (dlp_machine_pkg::TransfersInFlight == 1) begin : gen_direct
    // a LOAD issues once the one before is complete
    assign issued_full = 1'b0;
    assign active_valid = issue_load;
    assign {active_index, active_load} = {instruction_i.index, load};
`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni) a_accepted_at_once: assert (!issue_load || active_ready);
    end
`endif
  end else begin : gen_issued
    dlp_fifo #(
      .Width(dlp_isa_pkg::InstructionBits + ProgramAddressBits),
      .Depth(dlp_machine_pkg::TransfersInFlight)
    ) u_issued (
      .clk_i,
      .rst_ni,
      .clear_i     (1'b0),
      .full_o      (issued_full),
      .push_valid_i(issue_load),
      .push_data_i ({instruction_i.index, load}),
      .valid_o     (active_valid),
      .data_o      ({active_index, active_load}),
      .pop_i       (active_valid && active_ready)
    );
  end

  dlp_load_unpack #(
    .Clusters    (Clusters),
    .Banks       (Banks),
    .FeatureWords(FeatureWords),
    .WordBits    (WordBits),
    .DramWordBits(DramWordBits),
    .AxiBits     (AxiBits)
  ) u_unpack (
    .clk_i,
    .rst_ni,
    .load_valid_i   (active_valid),
    .load_ready_o   (active_ready),
    .load_i         (active_load),
    .load_index_i   (active_index),
    .beat_valid_i   (read_beat_valid_i),
    .beat_ready_o   (read_beat_ready_o),
    .beat_data_i    (read_beat_data_i),
    .index_o        (unpack_index),
    .address_error_o(address_error),
    .done_o         (transfer_done),
    .feature_load_o
  );

  // STOREL.
  assign write_request_valid_o = issue_storel;
  dlp_region_address u_storel_address (
    .region_bases_i,
    .region_i (storel.region),
    .offset_i (storel.address),
    .address_o(write_request_address_o)
  );
  assign write_request_beats_o = BeatsBits'((32'(storel.count) + AxiBits / 32 - 1) / (AxiBits / 32));
  assign storing_d = (storing_q && !write_done_i) || issue_storel;

  if (dlp_machine_pkg::LaneSums) begin : gen_logits
    dlp_store_logits #(
      .DrainRows(DrainRows),
      .AxiBits  (AxiBits)
    ) u_logits (
      .clk_i,
      .rst_ni,
      .start_i       (issue_storel),
      .first_i       (storel.first),
      .count_i       (storel.count),
      .read_valid_o  (logits_read_valid_o),
      .read_address_o(logits_read_address_o),
      .read_data_i   (logits_read_data_i),
      .beat_valid_o  (write_beat_valid_o),
      .beat_ready_i  (write_beat_ready_i),
      .beat_data_o   (write_beat_data_o),
      .beat_strobe_o (write_beat_strobe_o)
    );
  end else begin : gen_no_logits
    assign logits_read_valid_o = 1'b0;
    assign logits_read_address_o = '0;
    assign write_beat_valid_o = 1'b0;
    assign write_beat_data_o = '0;
    assign write_beat_strobe_o = '0;
    logic unused_logits;
    assign unused_logits = ^{storel, logits_read_data_i, write_beat_ready_i};
  end

  // Retirement.
  dlp_in_flight u_in_flight (
    .clk_i,
    .rst_ni,
    .full_o         (full),
    .empty_o        (idle_o),
    .push_valid_i   (issue),
    .push_other_i   (issue_storel),
    .push_signal_i  (load.signal),
    .push_index_i   (instruction_i.index),
    .transfer_done_i(transfer_done),
    .other_done_i   (write_done_i),
    .retirement_o,
    .other_index_o  (storel_index)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_valid_q <= 1'b0;
      storing_q <= 1'b0;
    end else begin
      pending_valid_q <= pending_d;
      storing_q <= storing_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue_load) pending_q <= load;
  end

  // Errors.
  logic read_error;
  assign read_error = read_beat_valid_i && read_beat_ready_o && read_beat_error_i;
  always_comb begin
    error_o.valid = read_error || address_error || write_error_i;
    error_o.code = dlp_isa_pkg::StatusAxiWriteError;
    error_o.index = storel_index;
    if (read_error || address_error) begin
      error_o.code = read_error ? dlp_isa_pkg::StatusAxiReadError : dlp_isa_pkg::StatusAddress;
      error_o.index = unpack_index;
    end
  end

  logic unused;
  assign unused = ^{pending_q, active_load, storel, issued_full};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToAddressCycles == 2) else $fatal(1, "pending_q, then the burst's registers");
  initial assert (dlp_isa_pkg::StoreLogitsIssueToRequestCycles == 1) else $fatal(1, "the burst's registers");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_own_instruction: assert (!issue || load.opcode == dlp_isa_pkg::OpLoad || load.opcode == dlp_isa_pkg::OpStorel);
      a_request_taken: assert (!read_request_valid_o || read_request_ready_i);
    end
  end
`endif

endmodule
