// The load queue's unit: LOAD reads maps in word groups, STOREL writes logits. LOADs overlap; a STOREL runs alone once the addresses before
// it are out.
//
// Latency: a LOAD issued in cycle t offers its first address in t + IssueToAddressCycles, a STOREL asks for the write channel in
// t + StoreLogitsIssueToRequestCycles. Throughput: see dlp_load_unpack.sv, dlp_store_logits.sv.
// Stalls: load_ready_o while addresses of the LOAD before are to go out, a STOREL runs or TransfersInFlight are not retired.

module dlp_load #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WordBits = 16,
  parameter int unsigned DramWordBits = 16,
  parameter int unsigned AxiBits = 64,
  parameter int unsigned ProgramAddressBits = 9,
  parameter int unsigned BeatsBits = 30,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned WordAddressBits = $clog2(FeatureWords),
  parameter int unsigned LogitsAddressBits = $clog2((dlp_machine_pkg::LogitsWords + DrainRows - 1) / DrainRows)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // bases of the DRAM regions, region 0 lowest; 4 KB aligned
  input  logic [4*64-1:0] region_bases_i,

  // the head of the queue
  input  logic                          load_valid_i,
  output logic                          load_ready_o,
  input  logic [127:0]                  load_word_i,
  input  logic [ProgramAddressBits-1:0] load_index_i,

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

  // feature memory, per bank, cluster 0's lowest
  output logic [Words-1:0]                 word_load_valid_o,
  output logic [Words*WordAddressBits-1:0] word_load_address_o,
  output logic [Words*WordBits-1:0]        word_load_data_o,

  // logits memory
  output logic                         logits_read_valid_o,
  output logic [LogitsAddressBits-1:0] logits_read_address_o,
  input  logic [DrainRows*32-1:0]      logits_read_data_i
);

  dlp_isa_pkg::load_t   load_word, pending_q, served;
  dlp_isa_pkg::storel_t storel_word;
  assign load_word = load_word_i & dlp_machine_pkg::LoadMask;
  assign storel_word = load_word_i & dlp_machine_pkg::StorelMask;

  logic issue, issue_load, issue_storel, full, pending_d, pending_valid_q, storing_d, storing_q;
  assign load_ready_o = read_request_ready_i && !pending_valid_q && !storing_q && !full;
  assign issue = load_valid_i && load_ready_o;
  assign issue_storel = dlp_machine_pkg::LaneSums && issue && load_word.opcode == dlp_isa_pkg::OpStorel;
  assign issue_load = issue && !issue_storel;

  // LOAD: a cycle after its issue, its address and length.
  assign pending_d = issue_load;
  assign read_request_valid_o = pending_valid_q;
  assign read_request_address_o =
      (region_bases_i[32'(pending_q.region)*64+:64] + (64'(pending_q.address) * 64'(dlp_isa_pkg::AddressUnitBytes)))
      & dlp_machine_pkg::DramAddressMask;

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

  // LOADs whose data is to come.
  logic                          served_valid, served_ready, transfer_done, address_error, issued_full;
  logic [ProgramAddressBits-1:0] served_index, unpack_index, storel_index;

  if (dlp_machine_pkg::TransfersInFlight == 1) begin : gen_direct
    // a LOAD is issued when the one before is done
    assign issued_full = 1'b0;
    assign served_valid = issue_load;
    assign {served_index, served} = {load_index_i, load_word};
`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni) a_served_at_once: assert (!issue_load || served_ready);
    end
`endif
  end else begin : gen_issued
    dlp_fifo #(
      .Width(dlp_isa_pkg::InstructionBits + ProgramAddressBits),
      .Depth(dlp_machine_pkg::TransfersInFlight)
    ) u_issued (
      .clk_i,
      .rst_ni,
      .full_o      (issued_full),
      .push_valid_i(issue_load),
      .push_data_i ({load_index_i, load_word}),
      .valid_o     (served_valid),
      .data_o      ({served_index, served}),
      .pop_i       (served_valid && served_ready)
    );
  end

  dlp_load_unpack #(
    .Clusters    (Clusters),
    .Banks       (Banks),
    .FeatureWords(FeatureWords),
    .WordBits    (WordBits),
    .DramWordBits(DramWordBits),
    .AxiBits     (AxiBits),
    .IndexBits   (ProgramAddressBits)
  ) u_unpack (
    .clk_i,
    .rst_ni,
    .load_valid_i       (served_valid),
    .load_ready_o       (served_ready),
    .load_i             (served),
    .load_index_i       (served_index),
    .beat_valid_i       (read_beat_valid_i),
    .beat_ready_o       (read_beat_ready_o),
    .beat_data_i        (read_beat_data_i),
    .index_o            (unpack_index),
    .address_error_o    (address_error),
    .done_o             (transfer_done),
    .word_load_valid_o,
    .word_load_address_o,
    .word_load_data_o
  );

  // STOREL.
  assign write_request_valid_o = issue_storel;
  assign write_request_address_o =
      (region_bases_i[32'(storel_word.region)*64+:64] + (64'(storel_word.address) * 64'(dlp_isa_pkg::AddressUnitBytes)))
      & dlp_machine_pkg::DramAddressMask;
  assign write_request_beats_o = BeatsBits'((32'(storel_word.count) + AxiBits / 32 - 1) / (AxiBits / 32));
  assign storing_d = (storing_q && !write_done_i) || issue_storel;

  if (dlp_machine_pkg::LaneSums) begin : gen_logits
    dlp_store_logits #(
      .DrainRows(DrainRows),
      .AxiBits  (AxiBits)
    ) u_logits (
      .clk_i,
      .rst_ni,
      .start_i       (issue_storel),
      .first_i       (storel_word.first),
      .count_i       (storel_word.count),
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
    assign unused_logits = ^{storel_word, logits_read_data_i, write_beat_ready_i};
  end

  // Retirement.
  dlp_in_flight #(
    .IndexBits(ProgramAddressBits)
  ) u_in_flight (
    .clk_i,
    .rst_ni,
    .full_o         (full),
    .empty_o        (idle_o),
    .push_valid_i   (issue),
    .push_other_i   (issue_storel),
    .push_signal_i  (load_word.signal),
    .push_index_i   (load_index_i),
    .transfer_done_i(transfer_done),
    .other_done_i   (write_done_i),
    .retire_valid_o,
    .retire_signal_o,
    .retire_index_o,
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
    if (issue_load) pending_q <= load_word;
  end

  // Errors.
  logic read_error;
  assign read_error = read_beat_valid_i && read_beat_ready_o && read_beat_error_i;
  always_comb begin
    error_valid_o = read_error || address_error || write_error_i;
    error_code_o = dlp_isa_pkg::StatusAxiWriteError;
    error_index_o = storel_index;
    if (read_error || address_error) begin
      error_code_o = read_error ? dlp_isa_pkg::StatusAxiReadError : dlp_isa_pkg::StatusAddress;
      error_index_o = unpack_index;
    end
  end

  logic unused;
  assign unused = ^{pending_q, served, storel_word, issued_full};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToAddressCycles == 2) else $fatal(1, "pending_q, then the burst's registers");
  initial assert (dlp_isa_pkg::StoreLogitsIssueToRequestCycles == 1) else $fatal(1, "the burst's registers");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_mine: assert (!issue || load_word.opcode == dlp_isa_pkg::OpLoad || load_word.opcode == dlp_isa_pkg::OpStorel);
      a_request_taken: assert (!read_request_valid_o || read_request_ready_i);
    end
  end
`endif

endmodule
