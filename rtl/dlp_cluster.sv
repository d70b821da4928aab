// One cluster: its weight memory, its feature memory banks with their addresses and torus reads, and its PE array. The banks' read ports are
// used by COMPUTE, or in other cycles by a bank operation or STORE, which read all banks at once.
//
//   cycle 0    weight memory address
//         2    beat: ids, entries, flags
//         7    feature memory addresses         (BeatToReadCycles)
//         8    error_o
//         9    words
//        11    vectors, entries, flags
//        14    accumulators of drain group 0      (ReadToAccumulateCycles after 7)
//        15    sums_o
//
// Latency: as drawn. Throughput: one beat a cycle. Stalls: never.

module dlp_cluster #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned Rows = 8,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WeightBeats = 1024,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit PackedPairs = 1'b0,
  parameter int unsigned UnpackedPairs = 0,
  // see dlp_pe_array.sv
  parameter bit Serial = 1'b0,
  // derived: leave alone
  parameter int unsigned GroupBits = (Rows / DrainRows > 1) ? $clog2(Rows / DrainRows) : 1,
  parameter int unsigned Lanes = GridHeight * GridWidth,
  parameter int unsigned WordBits = Lanes * 4,
  parameter int unsigned BeatBits = dlp_machine_pkg::ClusterBeatBits,
  parameter int unsigned BeatAddressBits = $clog2(WeightBeats),
  parameter int unsigned WordAddressBits = $clog2(FeatureWords)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // LOADW, LOADT, LOAD
  input  logic                             beat_load_valid_i,
  input  logic [BeatAddressBits-1:0]       beat_load_address_i,
  input  logic [BeatBits-1:0]              beat_load_data_i,
  input  dlp_machine_pkg::table_load_t     table_load_i,
  input  logic [Banks-1:0]                 word_load_valid_i,
  input  logic [Banks*WordAddressBits-1:0] word_load_address_i,
  input  logic [Banks*WordBits-1:0]        word_load_data_i,

  // cycle 0: a beat
  input  logic                       valid_i,
  input  logic [BeatAddressBits-1:0] address_i,

  // cycle 2: the block in use and its split of ids; whether the beat is the first of its part; this cluster's flags
  input  logic                                     block_i,
  input  logic [dlp_isa_pkg::LoadtTapBitsBits-1:0] tap_bits_i,
  input  logic                                     clear_i,
  output logic                                     end_o,
  output logic                                     keep_o,

  // cycle 5: tap offsets of the beat's position
  input  dlp_machine_pkg::tap_offsets_t tap_offsets_i,

  // cycle 7: an access of a bank operation or of STORE
  input  dlp_machine_pkg::bank_access_t bank_access_i,
  // cycle 8: a bank was to read out of range
  output logic                          error_o,
  // the words in cycle 9, and shifted in cycle 11
  output logic [Banks*WordBits-1:0]     words_o,
  output logic [Banks*WordBits-1:0]     shifted_words_o,

  // cycle 15: R rows' accumulators; with Serial those of a drain group, from cycle 14 on
  input  logic [GroupBits-1:0]                       group_i,
  output logic [DrainRows*Lanes*AccumulatorBits-1:0] sums_o,
  output logic [DrainRows*Lanes-1:0]                 carries_o,

  // writes of COMPUTE
  input  logic [Banks-1:0]                 write_valid_i,
  input  logic [Banks*WordAddressBits-1:0] write_address_i,
  input  logic [Banks*WordBits-1:0]        write_data_i,
  // writes of bank operations: to the lower and the upper half of the banks
  input  logic [1:0]                       bank_write_valid_i,
  input  logic [2*WordAddressBits-1:0]     bank_write_address_i,
  input  logic [Banks*WordBits-1:0]        bank_write_data_i
);

  localparam int unsigned RowBits = (GridHeight > 1) ? $clog2(GridHeight) : 1;
  localparam int unsigned ColumnBits = (GridWidth > 1) ? $clog2(GridWidth) : 1;
  localparam int unsigned EntriesBits = Rows * (dlp_isa_pkg::WeightBits + $clog2(Banks));
  // {row shift, row mask, column shift, column mask, signed, fill} of a bank's word
  localparam int unsigned ShiftBits = 2 + GridHeight + 2 + GridWidth + 1 + 4;
  // from a beat to its vectors
  localparam int unsigned BeatToVectorCycles =
      dlp_isa_pkg::ColumnAddressCycles + dlp_isa_pkg::MemoryReadCycles + dlp_isa_pkg::TorusCycles;

  dlp_machine_pkg::cluster_beat_t beat;
  dlp_isa_pkg::flags_t            flags;
  logic                           valid_2, valid_7, valid_11;

  dlp_weight_memory #(
    .BeatBits   (BeatBits),
    .WeightBeats(WeightBeats)
  ) u_weights (
    .clk_i,
    .load_valid_i  (beat_load_valid_i),
    .load_address_i(beat_load_address_i),
    .load_data_i   (beat_load_data_i),
    .read_valid_i  (valid_i),
    .read_address_i(address_i),
    .read_data_o   (beat)
  );

  assign flags = beat.flags;
  assign end_o = flags.end_field;
  assign keep_o = flags.keep;

  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles), .Reset(1'b1)) u_valid_2 (
    .clk_i, .rst_ni, .data_i(valid_i), .data_o(valid_2)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::ColumnAddressCycles), .Reset(1'b1)) u_valid_7 (
    .clk_i, .rst_ni, .data_i(valid_2), .data_o(valid_7)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles + dlp_isa_pkg::TorusCycles), .Reset(1'b1)) u_valid_11 (
    .clk_i, .rst_ni, .data_i(valid_7), .data_o(valid_11)
  );

  logic recirculate_9;
  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles), .Reset(1'b1)) u_recirculate_9 (
    .clk_i, .rst_ni, .data_i(bank_access_i.recirculate), .data_o(recirculate_9)
  );

  logic       broadcast_9;
  logic [3:0] broadcast_row_9, broadcast_column_9;
  dlp_delay #(.Width(9), .Cycles(dlp_isa_pkg::MemoryReadCycles)) u_broadcast_9 (
    .clk_i,
    .rst_ni,
    .data_i({bank_access_i.broadcast, bank_access_i.broadcast_row, bank_access_i.broadcast_column}),
    .data_o({broadcast_9, broadcast_row_9, broadcast_column_9})
  );

  logic [Banks*WordBits-1:0] vectors;
  logic [Banks-1:0]          signed_11, out_of_range_7;
  logic                      error_8_q;

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    logic [WordAddressBits-1:0] address_7;
    logic [1:0]                 row_shift_7, column_shift_7, row_shift_9, column_shift_9;
    logic [GridHeight-1:0] row_mask_7, row_mask_9;
    logic [GridWidth-1:0]  column_mask_7, column_mask_9;
    logic                  signed_7, signed_9;
    logic [3:0]            fill_7, fill_9;
    localparam int unsigned Half = (b < Banks / 2) ? 0 : 1;
    logic [WordAddressBits-1:0] read_address_7;
    logic [ShiftBits-1:0]        shift_7;
    logic [WordBits-1:0]        word_9;

    dlp_column_address #(
      .GridHeight  (GridHeight),
      .GridWidth   (GridWidth),
      .FeatureWords(FeatureWords)
    ) u_address (
      .clk_i,
      .table_load_i,
      .id_i          (beat.column_ids[b*dlp_isa_pkg::ColumnIdBits+:dlp_isa_pkg::ColumnIdBits]),
      .page_i        (flags.page),
      .block_i,
      .tap_bits_i,
      .tap_offsets_i,
      .address_o     (address_7),
      .out_of_range_o(out_of_range_7[b]),
      .row_shift_o   (row_shift_7),
      .row_mask_o    (row_mask_7),
      .column_shift_o(column_shift_7),
      .column_mask_o (column_mask_7),
      .signed_o      (signed_7),
      .fill_o        (fill_7)
    );

    assign read_address_7 = bank_access_i.read ? bank_access_i.addresses[Half*WordAddressBits+:WordAddressBits]
                                              : address_7;
    assign shift_7 = (bank_access_i.read || bank_access_i.recirculate) ?
        {
          bank_access_i.row_shift, bank_access_i.row_mask, bank_access_i.column_shift, bank_access_i.column_mask, 1'b0, bank_access_i.fills[Half*4+:4]
        } :
        {row_shift_7, row_mask_7, column_shift_7, column_mask_7, signed_7, fill_7};

    dlp_feature_bank #(
      .WordBits    (WordBits),
      .FeatureWords(FeatureWords)
    ) u_bank (
      .clk_i,
      .rst_ni,
      .drain_valid_i  (write_valid_i[b]),
      .drain_address_i(write_address_i[b*WordAddressBits+:WordAddressBits]),
      .drain_data_i   (write_data_i[b*WordBits+:WordBits]),
      .bank_op_valid_i  (bank_write_valid_i[Half]),
      .bank_op_address_i(bank_write_address_i[Half*WordAddressBits+:WordAddressBits]),
      .bank_op_data_i   (bank_write_data_i[b*WordBits+:WordBits]),
      .load_valid_i   (word_load_valid_i[b]),
      .load_address_i (word_load_address_i[b*WordAddressBits+:WordAddressBits]),
      .load_data_i    (word_load_data_i[b*WordBits+:WordBits]),
      .read_valid_i   (valid_7 || bank_access_i.read),
      .read_address_i (read_address_7),
      .read_data_o    (word_9)
    );

    dlp_delay #(
      .Width (ShiftBits),
      .Cycles(dlp_isa_pkg::MemoryReadCycles)
    ) u_shift (
      .clk_i,
      .rst_ni,
      .data_i(shift_7),
      .data_o({row_shift_9, row_mask_9, column_shift_9, column_mask_9, signed_9, fill_9})
    );

    logic [GridWidth*4-1:0] broadcast_word_row_9;
    logic [3:0]             broadcast_nibble_9;
    dlp_mux #(
      .Width     (GridWidth * 4),
      .Words     (GridHeight),
      .SelectBits(RowBits)
    ) u_broadcast_row (
      .words_i (word_9),
      .select_i(broadcast_row_9[RowBits-1:0]),
      .word_o  (broadcast_word_row_9)
    );
    dlp_mux #(
      .Width     (4),
      .Words     (GridWidth),
      .SelectBits(ColumnBits)
    ) u_broadcast (
      .words_i (broadcast_word_row_9),
      .select_i(broadcast_column_9[ColumnBits-1:0]),
      .word_o  (broadcast_nibble_9)
    );

    dlp_torus #(
      .GridHeight(GridHeight),
      .GridWidth (GridWidth)
    ) u_torus (
      .clk_i,
      .word_i        (recirculate_9 ? shifted_words_o[b*WordBits+:WordBits] : word_9),
      .row_shift_i   (row_shift_9),
      .row_mask_i    (row_mask_9),
      .column_shift_i(column_shift_9),
      .column_mask_i (column_mask_9),
      .signed_i      (signed_9),
      .fill_i        (broadcast_9 ? broadcast_nibble_9 : fill_9),
      .vector_o      (vectors[b*WordBits+:WordBits]),
      .signed_o      (signed_11[b])
    );

    assign words_o[b*WordBits+:WordBits] = word_9;
    // of a bank operation, whose nibbles are never offset
    assign shifted_words_o[b*WordBits+:WordBits] = vectors[b*WordBits+:WordBits];
  end

  // A beat reads all banks, also those that no row selects.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) error_8_q <= 1'b0;
    else error_8_q <= valid_7 && out_of_range_7 != '0;
  end
  assign error_o = error_8_q;

  logic [EntriesBits-1:0] entries_11;
  logic                   clear_11, shift_11, end_11;

  dlp_delay #(
    .Width (EntriesBits + 3),
    .Cycles(BeatToVectorCycles)
  ) u_beat_11 (
    .clk_i,
    .rst_ni,
    .data_i({beat.entries, clear_i, flags.shift, flags.end_field}),
    .data_o({entries_11, clear_11, shift_11, end_11})
  );

  dlp_pe_array #(
    .Lanes          (Lanes),
    .Rows           (Rows),
    .DrainRows      (DrainRows),
    .Banks          (Banks),
    .AccumulatorBits(AccumulatorBits),
    .PackedPairs    (PackedPairs),
    .UnpackedPairs  (UnpackedPairs),
    .Serial         (Serial)
  ) u_array (
    .clk_i,
    .rst_ni,
    .vectors_i(vectors),
    .signed_i (signed_11),
    .entries_i(entries_11),
    .valid_i  (valid_11),
    .clear_i  (clear_11),
    .shift_i  (shift_11),
    .end_i    (end_11),
    .group_i,
    .sums_o,
    .carries_o
  );

  logic unused;
  assign unused = ^{flags.reserved, broadcast_row_9, broadcast_column_9};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_one_reads: assert (32'(valid_7) + 32'(bank_access_i.read) + 32'(bank_access_i.recirculate) <= 1);
    end
  end
`endif

endmodule
