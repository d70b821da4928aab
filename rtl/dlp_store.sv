// STORE: reads word groups of the feature memory and sends them, one group ahead. The words of a group wait in buffer A, bank by bank. When its
// first data beat is sent they move to buffer B, from which the other beats are sent, and the next group is read.
//
//   cycle t     issue
//         t+2   first read, request for the write channel     (StoreIssueToReadCycles)
//   read  r+3   first data beat of the group                  (StoreReadToBeatCycles)
//
// Latency: as drawn; retirement in the cycle of the last response. Throughput: one data beat a cycle within a group.
// Stalls: sending_o, until all data beats are sent.

module dlp_store #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WordBits = 16,
  parameter int unsigned DramWordBits = 16,
  parameter int unsigned AxiBits = 64,
  parameter int unsigned OutstandingBursts = 16,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned WordAddressBits = $clog2(FeatureWords),
  parameter int unsigned BeatsBits = dlp_machine_pkg::TransferBeatsBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // bases of the DRAM regions, region 0 lowest; 4 KB aligned
  input  logic [4*64-1:0] region_bases_i,

  // a STORE is issued; never while sending_o
  input  logic                          store_valid_i,
  input  dlp_machine_pkg::instruction_t instruction_i,

  // data beats remain to be sent; words remain to be read (from the cycle after issue to that of the last read); the last read
  output logic sending_o,
  output logic reading_o,
  output logic last_read_o,

  // all retired; a retirement; an error
  output logic                         idle_o,
  output dlp_machine_pkg::retirement_t retirement_o,
  output dlp_machine_pkg::unit_error_t error_o,

  // feature memory: the same address in every bank; words MemoryReadCycles later, cluster 0's lowest
  output logic                       read_valid_o,
  output logic [WordAddressBits-1:0] read_address_o,
  input  logic [Words*WordBits-1:0]  read_data_i,

  // AXI write
  output logic                 write_request_valid_o,
  output logic [63:0]          write_request_address_o,
  output logic [BeatsBits-1:0] write_request_beats_o,
  output logic                 write_beat_valid_o,
  input  logic                 write_beat_ready_i,
  output logic [AxiBits-1:0]   write_beat_data_o,
  input  logic                 write_done_i,
  input  logic                 write_error_i
);

  localparam int unsigned ChannelBits = $clog2(Words + 1);
  localparam int unsigned BankBits = $clog2(Banks);

  dlp_isa_pkg::store_t store, pending_q;
  assign store = instruction_i.word & dlp_machine_pkg::StoreMask;

  // Address and length, a cycle after issue.
  logic pending_valid_q;
  assign write_request_valid_o = pending_valid_q;
  dlp_region_address u_address (
    .region_bases_i,
    .region_i (pending_q.region),
    .offset_i (pending_q.address),
    .address_o(write_request_address_o)
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
    .beats_o    (write_request_beats_o)
  );

  // The word group that is read.
  logic [WordAddressBits:0] address;
  logic                   plane, last_group, read_d, read_q;
  logic [ChannelBits-1:0] channels;

  dlp_word_groups #(
    .SlotChannels(Words),
    .AddressBits (WordAddressBits)
  ) u_groups (
    .clk_i,
    .start_i       (store_valid_i),
    .base_i        (store.base),
    .positions_i   (store.positions),
    .plane_stride_i(store.plane_stride),
    .channels_i    (store.channels),
    .wide_i        (store.wide),
    .address_o     (address),
    .plane_o       (plane),
    .channels_o    (channels),
    .last_o        (last_group),
    .advance_i     (read_q)
  );

  assign read_valid_o = read_q;
  assign read_address_o = address[WordAddressBits-1:0];
  assign last_read_o = read_q && last_group;

  // The bank of cluster 0's first channel, in either plane.
  logic [dlp_isa_pkg::StoreStartBankBits-1:0] opposite;
  assign opposite = (32'(pending_q.start_bank) >= Banks / 2) ? pending_q.start_bank - dlp_isa_pkg::StoreStartBankBits'(Banks / 2) : pending_q.start_bank + dlp_isa_pkg::StoreStartBankBits'(Banks / 2);

  logic                   group_sent, first_sent, last_sent;
  logic                   read_1_q, read_2_q, reading_d, reading_q, sending_d, sending_q;
  logic [BankBits-1:0]    group_bank_q;
  logic [ChannelBits-1:0] group_channels_q;

  dlp_store_pack #(
    .Clusters    (Clusters),
    .Banks       (Banks),
    .WordBits    (WordBits),
    .DramWordBits(DramWordBits),
    .AxiBits     (AxiBits)
  ) u_pack (
    .clk_i,
    .rst_ni,
    .group_valid_i   (read_2_q),
    .group_words_i   (read_data_i),
    .group_bank_i    (group_bank_q),
    .group_channels_i(group_channels_q),
    .beat_valid_o    (write_beat_valid_o),
    .beat_ready_i    (write_beat_ready_i),
    .beat_data_o     (write_beat_data_o),
    .first_sent_o    (first_sent),
    .group_sent_o    (group_sent)
  );

  // A group is read once the first beat of the one before is sent. The STORE ends when its last group has been read and every group that was
  // read has been sent.
  logic [1:0] groups_d, groups_q;
  always_comb begin
    read_d = pending_valid_q || (first_sent && reading_q);
    reading_d = (reading_q && !last_read_o) || store_valid_i;
    // groups that are read in this cycle or were read, and are not sent completely
    groups_d = groups_q;
    if (read_d && !group_sent) groups_d = groups_q + 2'd1;
    if (!read_d && group_sent) groups_d = groups_q - 2'd1;
    last_sent = group_sent && !reading_q && groups_q == 2'd1;
    sending_d = (sending_q && !last_sent) || store_valid_i;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pending_valid_q <= 1'b0;
      read_q <= 1'b0;
      read_1_q <= 1'b0;
      read_2_q <= 1'b0;
      reading_q <= 1'b0;
      sending_q <= 1'b0;
      groups_q <= '0;
    end else begin
      pending_valid_q <= store_valid_i;
      read_q <= read_d;
      read_1_q <= read_q;
      read_2_q <= read_1_q;
      reading_q <= reading_d;
      sending_q <= sending_d;
      groups_q <= groups_d;
    end
  end

  logic [dlp_machine_pkg::ProgramAddressBits-1:0] index_q;
  always_ff @(posedge clk_i) begin
    if (store_valid_i) begin
      pending_q <= store;
      index_q <= instruction_i.index;
    end
    if (read_q) begin
      group_bank_q <= BankBits'(plane ? opposite : pending_q.start_bank);
      group_channels_q <= channels;
    end
  end

  assign sending_o = sending_q;
  assign reading_o = reading_q;

  // STOREs whose last response has not arrived.
  logic issued_valid, issued_full;
  dlp_fifo #(
    .Width(dlp_isa_pkg::Semaphores + dlp_machine_pkg::ProgramAddressBits),
    .Depth(OutstandingBursts + 1)
  ) u_issued (
    .clk_i,
    .rst_ni,
    .clear_i     (1'b0),
    .full_o      (issued_full),
    .push_valid_i(store_valid_i),
    .push_data_i ({store.signal, instruction_i.index}),
    .valid_o     (issued_valid),
    .data_o      ({retirement_o.signal, retirement_o.index}),
    .pop_i       (write_done_i)
  );
  assign retirement_o.valid = write_done_i;
  assign idle_o = !issued_valid;

  // Errors.
  logic address_error;
  assign address_error = read_q && 32'(address) >= FeatureWords;
  always_comb begin
    error_o.valid = address_error || write_error_i;
    error_o.code = write_error_i ? dlp_isa_pkg::StatusAxiWriteError : dlp_isa_pkg::StatusAddress;
    error_o.index = write_error_i ? retirement_o.index : index_q;
  end

  logic unused;
  assign unused = ^{pending_q, store, opposite, issued_full};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::StoreIssueToReadCycles == 2) else $fatal(1, "pending_valid_q, read_q");
  initial assert (dlp_isa_pkg::StoreReadToBeatCycles == 3) else $fatal(1, "read_1_q, read_2_q, buffer A");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_own_instruction: assert (!store_valid_i || store.opcode == dlp_isa_pkg::OpStore);
      a_one_at_a_time: assert (!store_valid_i || !sending_q);
      a_two_groups: assert (groups_q <= 2'd2);
    end
  end
`endif

endmodule
