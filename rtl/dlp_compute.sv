// The compute path: COMPUTE from the position sequencer to the feature memory and the logits memory, with POOL, MOVE and REPATCH
// (dlp_bank_op.sv) and the reads of STORE at the same banks. rtl/README.md draws the pipeline; names end in the cycle, counted from the one in
// which a beat's address is presented. The issue rules (dlp_compute_queue.sv) keep two units from using the banks in one cycle. Wiring only.
//
// Latency: a position's last beat in cycle e writes drain group k's codes in e + BeatToWriteCycles + k; logits of a COMPUTE in
// e + BeatToLogitsCycles + k; requantised lane sums in e + BeatToLaneSumWriteCycles + k.
// Throughput: one beat a cycle, C · U · P products each. Stalls: never.

module dlp_compute #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned Rows = 8,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WeightBeats = 1024,
  parameter int unsigned ParameterGroups = 64,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit PackedPairs = 1'b0,
  parameter int unsigned UnpackedPairs = 0,
  // derived: leave alone
  parameter int unsigned Lanes = GridHeight * GridWidth,
  parameter int unsigned WordBits = Lanes * dlp_isa_pkg::WeightBits,
  parameter int unsigned WordAddressBits = $clog2(FeatureWords)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the instruction that one of the units below takes in this cycle
  input  dlp_machine_pkg::instruction_t instruction_i,

  // LAYER, COLUMNS: in force for what is accepted in later cycles
  input  logic layer_valid_i,
  input  logic columns_valid_i,

  // COMPUTE: taken at once; active; with the last beat
  input  logic compute_valid_i,
  output logic compute_active_o,
  output logic compute_done_o,

  // POOL, MOVE and REPATCH: likewise
  input  logic bank_op_valid_i,
  output logic bank_op_active_o,
  output logic bank_op_done_o,

  // an access out of range, in program order
  output dlp_machine_pkg::unit_error_t error_o,

  // STORE: the words of all banks at an address, cluster 0's lowest, MemoryReadCycles later
  input  logic                               store_read_valid_i,
  input  logic [WordAddressBits-1:0]         store_read_address_i,
  output logic [Clusters*Banks*WordBits-1:0] store_read_data_o,

  // LOADW, LOADP, LOADT, LOAD
  input  dlp_machine_pkg::weight_load_t    weight_load_i,
  input  dlp_machine_pkg::parameter_load_t parameter_load_i,
  input  dlp_machine_pkg::table_load_t     table_load_i,
  input  dlp_machine_pkg::feature_load_t   feature_load_i,

  // STOREL
  input  logic                                          logits_read_valid_i,
  input  logic [dlp_machine_pkg::LogitsAddressBits-1:0] logits_read_address_i,
  output logic [DrainRows*32-1:0]                       logits_read_data_o
);

  localparam int unsigned Values = DrainRows * Lanes;
  localparam int unsigned Groups = Rows / DrainRows;
  localparam int unsigned BeatBits = dlp_machine_pkg::ClusterBeatBits;
  localparam int unsigned BeatAddressBits = $clog2(WeightBeats);
  // post works bit by bit: behind the PE array is dlp_serial_post.sv alone
  localparam bit Serial = dlp_machine_pkg::PostInterval > 1;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  logic                 serial_written;
  logic [GroupBits-1:0] serial_group;

  // LAYER, COLUMNS, and what the machine keeps of a table block.
  dlp_machine_pkg::active_layer_t layer, next_layer;
  dlp_machine_pkg::table_load_t   table_load;
  logic [dlp_isa_pkg::LayerPatchWidthBits-1:0] first_column, last_column;
  logic                           columns_exceed_patch;

  dlp_active_layer u_layer (
    .clk_i,
    .rst_ni,
    .layer_valid_i,
    .layer_word_i(instruction_i.word),
    .layer_o     (layer),
    .next_layer_o(next_layer)
  );

  dlp_columns u_columns (
    .clk_i,
    .rst_ni,
    .layer_valid_i,
    .layer_i        (next_layer),
    .columns_valid_i,
    .columns_i      (instruction_i.word & dlp_machine_pkg::ColumnsMask),
    .first_column_o (first_column),
    .last_column_o  (last_column),
    .exceeds_patch_o(columns_exceed_patch)
  );

  dlp_table_fields #(
    .FeatureWords(FeatureWords)
  ) u_table_fields (
    .table_load_i,
    .table_load_o(table_load)
  );

  // Cycle 0: a beat's address and position.
  localparam int unsigned LeadBits = $clog2(2 * dlp_machine_pkg::Taps + 1);
  dlp_machine_pkg::compute_beat_t              beat_0;
  logic [dlp_isa_pkg::ComputeBeatBits-1:0]     address_0;
  logic [LeadBits-1:0]                         lead_0;
  logic                                        valid_2, block_2;
  logic [dlp_isa_pkg::LoadtTapBitsBits-1:0]    tap_bits_2;

  dlp_position u_position (
    .clk_i,
    .rst_ni,
    .layer_i                (layer),
    .first_column_i         (first_column),
    .last_column_i          (last_column),
    .columns_exceed_patch_i (columns_exceed_patch),
    .compute_valid_i,
    .compute_i              (instruction_i.word & dlp_machine_pkg::ComputeMask),
    .index_i                (instruction_i.index),
    .active_o               (compute_active_o),
    .done_o                 (compute_done_o),
    .written_i              (serial_written),
    .address_o              (address_0),
    .beat_o                 (beat_0),
    .lead_o                 (lead_0)
  );

  // Beats outside the memory are an error of the program that is not checked.
  if (BeatAddressBits < dlp_isa_pkg::ComputeBeatBits) begin : gen_unused
    logic unused;
    assign unused = ^address_0[dlp_isa_pkg::ComputeBeatBits-1:BeatAddressBits];
  end

  // Cycle 2: the table block of the beat.
  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles)) u_block_2 (
    .clk_i, .rst_ni, .data_i(beat_0.op.layer.block), .data_o(block_2)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles), .Reset(1'b1)) u_valid_2 (
    .clk_i, .rst_ni, .data_i(beat_0.valid), .data_o(valid_2)
  );
  dlp_tap_bits u_tap_bits (
    .clk_i,
    .table_load_i(table_load),
    .block_i     (block_2),
    .tap_bits_o  (tap_bits_2)
  );

  // Cycle 5: the tap offsets of the position.
  dlp_machine_pkg::tap_offsets_t tap_offsets_5;

  dlp_taps #(
    .GridHeight (GridHeight),
    .GridWidth  (GridWidth),
    .AddressBits(WordAddressBits)
  ) u_taps (
    .clk_i,
    .table_load_i (table_load),
    .block_i      (beat_0.op.layer.block),
    .row_i        (beat_0.row),
    .column_i     (beat_0.column),
    .lead_i       (lead_0),
    .tap_offsets_o(tap_offsets_5)
  );

  // Cycle 7: accesses of a bank operation or of STORE to all banks.
  dlp_machine_pkg::bank_access_t      bank_op_access, bank_access;
  dlp_machine_pkg::bank_write_t       bank_op_write;
  dlp_machine_pkg::unit_error_t       bank_op_error;
  logic [Clusters*Banks*WordBits-1:0] shifted_words;

  if (dlp_machine_pkg::BankOperations) begin : gen_bank_op
    dlp_bank_op #(
      .GridHeight  (GridHeight),
      .GridWidth   (GridWidth),
      .Clusters    (Clusters),
      .Banks       (Banks),
      .FeatureWords(FeatureWords)
    ) u_bank_op (
      .clk_i,
      .rst_ni,
      .table_load_i (table_load),
      .layer_i      (layer),
      .valid_i      (bank_op_valid_i),
      .instruction_i,
      .active_o     (bank_op_active_o),
      .done_o       (bank_op_done_o),
      .access_o     (bank_op_access),
      .error_o      (bank_op_error),
      .words_i      (shifted_words),
      .write_o      (bank_op_write)
    );
  end else begin : gen_no_bank_op
    assign bank_op_active_o = 1'b0;
    assign bank_op_done_o = 1'b0;
    assign bank_op_access = '0;
    assign bank_op_write = '0;
    assign bank_op_error = '0;
    logic unused_bank_op;
    assign unused_bank_op = ^{bank_op_valid_i, shifted_words};
  end

  dlp_bank_access #(
    .FeatureWords(FeatureWords)
  ) u_bank_access (
    .bank_op_i           (bank_op_access),
    .store_read_valid_i,
    .store_read_address_i,
    .access_o            (bank_access)
  );

  // Cycle 2 to 15: the clusters. All of them agree on end and keep.
  logic [Clusters-1:0]                        end_2, keep_2, read_error_8;
  logic                                       clear_2;
  logic [Clusters*Values*AccumulatorBits-1:0] sums_15;
  logic [Clusters*Values-1:0]                 carries_15;
  logic [Clusters*Banks-1:0]                  codes_write_valid;
  logic [Clusters*Banks*WordAddressBits-1:0]  codes_write_address;
  logic [Clusters*Banks*WordBits-1:0]         codes_write_data;

  for (genvar c = 0; c < Clusters; c++) begin : gen_cluster
    dlp_cluster #(
      .GridHeight     (GridHeight),
      .GridWidth      (GridWidth),
      .Rows           (Rows),
      .Banks          (Banks),
      .DrainRows      (DrainRows),
      .FeatureWords   (FeatureWords),
      .WeightBeats    (WeightBeats),
      .AccumulatorBits(AccumulatorBits),
      .PackedPairs    (PackedPairs),
      .UnpackedPairs  (UnpackedPairs),
      .Serial         (Serial)
    ) u_cluster (
      .clk_i,
      .rst_ni,
      .beat_load_valid_i   (weight_load_i.valid),
      .beat_load_address_i (weight_load_i.address),
      .beat_load_data_i    (weight_load_i.beats[c*BeatBits+:BeatBits]),
      .table_load_i        (table_load),
      .word_load_valid_i   (feature_load_i.valid[c*Banks+:Banks]),
      .word_load_address_i (feature_load_i.addresses[c*Banks*WordAddressBits+:Banks*WordAddressBits]),
      .word_load_data_i    (feature_load_i.words[c*Banks*WordBits+:Banks*WordBits]),
      .valid_i             (beat_0.valid),
      .address_i           (address_0[BeatAddressBits-1:0]),
      .block_i             (block_2),
      .tap_bits_i          (tap_bits_2),
      .clear_i             (clear_2),
      .end_o               (end_2[c]),
      .keep_o              (keep_2[c]),
      .tap_offsets_i       (tap_offsets_5),
      .bank_access_i       (bank_access),
      .error_o             (read_error_8[c]),
      .words_o             (store_read_data_o[c*Banks*WordBits+:Banks*WordBits]),
      .shifted_words_o     (shifted_words[c*Banks*WordBits+:Banks*WordBits]),
      .group_i             (serial_group),
      .sums_o              (sums_15[c*Values*AccumulatorBits+:Values*AccumulatorBits]),
      .carries_o           (carries_15[c*Values+:Values]),
      .write_valid_i       (codes_write_valid[c*Banks+:Banks]),
      .write_address_i     (codes_write_address[c*Banks*WordAddressBits+:Banks*WordAddressBits]),
      .write_data_i        (codes_write_data[c*Banks*WordBits+:Banks*WordBits]),
      .bank_write_valid_i  (bank_op_write.valid),
      .bank_write_address_i(bank_op_write.addresses),
      .bank_write_data_i   (bank_op_write.words[c*Banks*WordBits+:Banks*WordBits])
    );
  end

  // Cycle 2 to 8: errors of a COMPUTE, and of bank operations, which occur while no COMPUTE is active.
  dlp_machine_pkg::compute_beat_t                 beat_2;
  dlp_machine_pkg::unit_error_t                   output_error_8;
  logic [dlp_machine_pkg::MapAddressBits-1:0]     output_address_4;

  // with a serial post the beat is held
  dlp_delay #(.Width($bits(beat_0)), .Cycles(Serial ? 0 : dlp_isa_pkg::MemoryReadCycles)) u_beat_2 (
    .clk_i, .rst_ni, .data_i(beat_0), .data_o(beat_2)
  );

  dlp_output_check #(
    .Rows        (Rows),
    .SlotChannels(Clusters * Banks),
    .FeatureWords(FeatureWords)
  ) u_output_check (
    .clk_i,
    .rst_ni,
    .valid_i     (valid_2),
    .beat_i      (beat_2),
    .end_i       (end_2[0]),
    .keep_i      (keep_2[0]),
    .read_error_i(read_error_8 != '0),
    .error_o     (output_error_8),
    .address_o   (output_address_4)
  );
  assign error_o = bank_op_error.valid ? bank_op_error : output_error_8;

  // Cycle 15: what drains.
  dlp_machine_pkg::drain_t drain_15;

  dlp_drain #(
    .Groups(Groups)
  ) u_drain (
    .clk_i,
    .rst_ni,
    .beat_i (beat_0),
    .valid_i(valid_2),
    .end_i  (end_2[0]),
    .keep_i (keep_2[0]),
    .clear_o(clear_2),
    .drain_o(drain_15)
  );

  // Cycle 18: parameters.
  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_18;

  dlp_parameter_memory #(
    .DrainRows      (DrainRows),
    .Groups         (Groups),
    .ParameterGroups(ParameterGroups),
    .Serial         (Serial)
  ) u_parameters (
    .clk_i,
    .load_i       (parameter_load_i),
    .read_valid_i (drain_15.valid),
    .group_i      (Serial ? beat_0.op.group : drain_15.op.group),
    .drain_group_i(Serial ? 8'(serial_group) : drain_15.drain_group),
    .parameters_o (parameters_18)
  );

  // Cycle 15 to 30: from the sums to the write ports, R rows a cycle, or bit by bit on a machine with a serial post.
  logic logits_write;
  if (Serial) begin : gen_serial
    dlp_serial_post #(
      .Lanes          (Lanes),
      .Banks          (Banks),
      .DrainRows      (DrainRows),
      .Groups         (Groups),
      .FeatureWords   (FeatureWords),
      .AccumulatorBits(AccumulatorBits)
    ) u_post (
      .clk_i,
      .rst_ni,
      .last_i          (beat_0.valid && beat_0.last),
      .written_o       (serial_written),
      .layer_i         (beat_0.op.layer),
      .output_address_i(output_address_4),
      .group_o         (serial_group),
      .sums_i          (sums_15),
      .parameters_i    (parameters_18),
      .write_valid_o   (codes_write_valid),
      .write_address_o (codes_write_address),
      .write_data_o    (codes_write_data)
    );
    assign logits_write = 1'b0;
    assign logits_read_data_o = '0;
    logic unused_sums;
    assign unused_sums = ^{drain_15, carries_15, logits_read_valid_i, logits_read_address_i};
  end else begin : gen_output
    assign serial_written = 1'b0;
    assign serial_group = '0;
    dlp_output_path #(
      .GridHeight     (GridHeight),
      .GridWidth      (GridWidth),
      .Rows           (Rows),
      .Clusters       (Clusters),
      .Banks          (Banks),
      .DrainRows      (DrainRows),
      .FeatureWords   (FeatureWords),
      .AccumulatorBits(AccumulatorBits)
    ) u_output (
      .clk_i,
      .rst_ni,
      .drain_i        (drain_15),
      .sums_i         (sums_15),
      .carries_i      (carries_15),
      .parameters_i   (parameters_18),
      .write_valid_o  (codes_write_valid),
      .write_address_o(codes_write_address),
      .write_data_o   (codes_write_data),
      .logits_write_o (logits_write),
      .logits_read_valid_i,
      .logits_read_address_i,
      .logits_read_data_o
    );
    logic unused_address;
    assign unused_address = ^output_address_4;
  end

`ifndef SYNTHESIS
  dlp_compute_timing #(
    .Serial(Serial)
  ) u_timing (
    .clk_i,
    .rst_ni,
    .beat_i        (beat_2),
    .valid_i       (valid_2),
    .end_i         (end_2[0]),
    .keep_i        (keep_2[0]),
    .codes_write_i (codes_write_valid != '0),
    .logits_write_i(logits_write),
    .error_i       (error_o.valid)
  );
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_clusters_agree: assert (!valid_2 || ((&end_2 || end_2 == '0) && (&keep_2 || keep_2 == '0)));
      a_one_reads: assert (!bank_op_access.read || !store_read_valid_i);
      a_one_writes: assert (bank_op_write.valid == '0 || Serial || codes_write_valid == '0);
    end
  end
`endif

endmodule
