// The compute path: COMPUTE from the position sequencer to the feature memory and the logits memory, with POOL, MOVE, REPATCH (dlp_pool.sv) and
// STORE's reads at the same banks. rtl/README.md draws the pipeline; names end in the cycle, counted from the one in which a beat's address
// is presented. dlp_compute_queue.sv sees to it that the units of the compute queue do not meet at the banks.
//
// Latency: a position's last beat in cycle e writes row group k's codes in e + BeatToWriteCycles + k; logits of a COMPUTE in
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
  // what a data beat of LOADP and LOADT brings: rows of a parameter memory's word, geometries, slots
  parameter int unsigned WordRows = DrainRows,
  parameter int unsigned GeometriesPerLoad = 1,
  parameter int unsigned SlotsPerLoad = 1,
  // derived: leave alone
  parameter int unsigned Lanes = GridHeight * GridWidth,
  parameter int unsigned Groups = Rows / DrainRows,
  parameter int unsigned WordBits = Lanes * 4,
  parameter int unsigned BeatBits = Rows * (4 + $clog2(Banks)) + Banks * 8 + 8,
  parameter int unsigned BeatAddressBits = $clog2(WeightBeats),
  parameter int unsigned WordAddressBits = $clog2(FeatureWords),
  parameter int unsigned GroupWords = (Rows + WordRows - 1) / WordRows,
  parameter int unsigned ParameterAddressBits = $clog2(ParameterGroups * GroupWords),
  parameter int unsigned LogitsAddressBits = $clog2((dlp_machine_pkg::LogitsWords + DrainRows - 1) / DrainRows)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // index in the program of what is taken in this cycle; who was to read or write beyond the banks, told in program order
  input  logic [15:0] index_i,
  output logic        error_valid_o,
  output logic [15:0] error_index_o,

  // LAYER: in force for what is accepted in later cycles
  input  logic                layer_valid_i,
  input  dlp_isa_pkg::layer_t layer_i,

  // COLUMNS: likewise
  input  logic                  columns_valid_i,
  input  dlp_isa_pkg::columns_t columns_i,

  // COMPUTE: taken at once; at work; with the last beat
  input  logic                  compute_valid_i,
  input  dlp_isa_pkg::compute_t compute_i,
  output logic                  compute_active_o,
  output logic                  compute_done_o,

  // POOL, MOVE and REPATCH: likewise
  input  logic         pool_valid_i,
  input  logic [127:0] pool_word_i,
  output logic         pool_active_o,
  output logic         pool_done_o,

  // STORE: the words of all banks at an address, cluster 0's lowest, MemoryReadCycles later
  input  logic                               store_read_valid_i,
  input  logic [WordAddressBits-1:0]         store_read_address_i,
  output logic [Clusters*Banks*WordBits-1:0] store_read_data_o,

  // LOADW: a beat of all clusters, cluster 0 lowest
  input  logic                         beat_load_valid_i,
  input  logic [BeatAddressBits-1:0]   beat_load_address_i,
  input  logic [Clusters*BeatBits-1:0] beat_load_data_i,

  // LOADP: rows of a word
  input  logic [WordRows-1:0]             parameter_load_valid_i,
  input  logic [ParameterAddressBits-1:0] parameter_load_address_i,
  input  logic [WordRows*dlp_isa_pkg::ParameterUsedBits-1:0]          parameter_load_data_i,

  // LOADT: geometries and slots from an index upward, a multiple of how many come at once
  input  logic                             table_load_block_i,
  input  logic                             tap_bits_load_valid_i,
  input  logic [2:0]                       tap_bits_load_data_i,
  input  logic [GeometriesPerLoad-1:0]     geometry_load_valid_i,
  input  logic [1:0]                       geometry_load_index_i,
  input  logic [GeometriesPerLoad*128-1:0] geometry_load_data_i,
  input  logic [SlotsPerLoad-1:0]          slot_load_valid_i,
  input  logic [6:0]                       slot_load_index_i,
  input  logic [SlotsPerLoad*32-1:0]       slot_load_data_i,

  // LOAD: per bank, cluster 0's lowest
  input  logic [Clusters*Banks-1:0]                 word_load_valid_i,
  input  logic [Clusters*Banks*WordAddressBits-1:0] word_load_address_i,
  input  logic [Clusters*Banks*WordBits-1:0]        word_load_data_i,

  // STOREL
  input  logic                         logits_read_valid_i,
  input  logic [LogitsAddressBits-1:0] logits_read_address_i,
  output logic [DrainRows*32-1:0]      logits_read_data_o
);

  localparam int unsigned Values = DrainRows * Lanes;
  // post works bit by bit: what follows the PE array is dlp_serial_post.sv alone
  localparam bit Serial = dlp_machine_pkg::PostInterval > 1;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  logic                 serial_written;
  logic [GroupBits-1:0] serial_group;

  // LAYER and the ids' split of each table block.
  dlp_compute_pkg::layer_t layer_d, layer_q;
  dlp_isa_pkg::layer_t     layer_word;
  dlp_isa_pkg::compute_t   compute_word;
  assign layer_word = layer_i & dlp_machine_pkg::LayerMask;
  assign compute_word = compute_i & dlp_machine_pkg::ComputeMask;
  logic [2:0] tap_bits_0_q, tap_bits_1_q;
  always_comb begin
    layer_d.block = layer_word.block;
    layer_d.patch_height = layer_word.patch_height;
    layer_d.patch_width = layer_word.patch_width;
    layer_d.plane_stride = layer_word.plane_stride;
    layer_d.wide = layer_word.wide;
    layer_d.start_bank = layer_word.start_bank;
    layer_d.zero_point = layer_word.zero_point;
    layer_d.low = layer_word.low;
    layer_d.high = layer_word.high;
    layer_d.valid_height = layer_word.valid_height;
    layer_d.valid_width = layer_word.valid_width;
  end
  // Without a LAYER in this run the patch is empty.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) layer_q <= '0;
    else if (layer_valid_i) layer_q <= layer_d;
  end
  always_ff @(posedge clk_i) begin
    if (tap_bits_load_valid_i && !table_load_block_i) tap_bits_0_q <= tap_bits_load_data_i;
    if (tap_bits_load_valid_i && table_load_block_i) tap_bits_1_q <= tap_bits_load_data_i;
  end

  // The columns of COMPUTE's positions.
  logic [7:0] first_column, last_column;
  logic       columns_leave;
  if (dlp_machine_pkg::ColumnRanges) begin : gen_columns
    dlp_columns u_columns (
      .clk_i,
      .rst_ni,
      .layer_valid_i,
      .layer_i        (layer_d),
      .columns_valid_i,
      .columns_i      (columns_i & dlp_machine_pkg::ColumnsMask),
      .first_column_o (first_column),
      .last_column_o  (last_column),
      .columns_leave_o(columns_leave)
    );
  end else begin : gen_no_columns
    assign first_column = 8'd0;
    assign last_column = 8'd0;
    assign columns_leave = 1'b0;
    logic unused_columns;
    assign unused_columns = ^{columns_valid_i, columns_i};
  end

  // Cycle 0: a beat's address and position.
  logic [15:0] address_0;
  dlp_compute_pkg::beat_t beat_0;
  logic valid_2, block_2;
  localparam int unsigned LeadBits = $clog2(2 * dlp_machine_pkg::Taps + 1);
  logic [LeadBits-1:0] lead_0;

  dlp_position u_position (
    .clk_i,
    .rst_ni,
    .layer_i  (layer_q),
    .first_column_i (first_column),
    .last_column_i  (last_column),
    .columns_leave_i(columns_leave),
    .compute_valid_i,
    .compute_i(compute_word),
    .index_i,
    .active_o (compute_active_o),
    .done_o   (compute_done_o),
    .written_i(serial_written),
    .address_o(address_0),
    .beat_o   (beat_0),
    .lead_o   (lead_0)
  );

  // Beats beyond the memory are the program's fault.
  if (BeatAddressBits < 16) begin : gen_unused
    logic unused;
    assign unused = ^address_0[15:BeatAddressBits];
  end

  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles)) u_block_2 (
    .clk_i, .rst_ni, .data_i(beat_0.pass.layer.block), .data_o(block_2)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::MemoryReadCycles), .Reset(1'b1)) u_valid_2 (
    .clk_i, .rst_ni, .data_i(beat_0.valid), .data_o(valid_2)
  );

  // Cycle 5: the position's tap offsets.
  localparam int unsigned Geometries = dlp_machine_pkg::Geometries;
  localparam int unsigned Taps = dlp_machine_pkg::Taps;
  logic [2*Geometries*2-1:0]             column_bits;
  logic [Geometries*Taps*16-1:0]         row_offset_5;
  logic [Geometries*Taps*2-1:0]          row_shift_5, column_shift_5;
  logic [Geometries*Taps*GridHeight-1:0] row_mask_5;
  logic [Geometries*Taps*8-1:0]          column_offset_5;
  logic [Geometries*Taps*GridWidth-1:0]  column_mask_5;

  dlp_taps #(
    .GridHeight       (GridHeight),
    .GridWidth        (GridWidth),
    .AddressBits      (WordAddressBits),
    .GeometriesPerLoad(GeometriesPerLoad)
  ) u_taps (
    .clk_i,
    .load_valid_i   (geometry_load_valid_i),
    .load_block_i   (table_load_block_i),
    .load_index_i   (geometry_load_index_i),
    .load_data_i    (geometry_load_data_i & {GeometriesPerLoad{dlp_machine_pkg::GeometryMask}}),
    .block_i        (beat_0.pass.layer.block),
    .row_i          (beat_0.row),
    .column_i       (beat_0.column),
    .lead_i         (lead_0),
    .column_bits_o  (column_bits),
    .row_offset_o   (row_offset_5),
    .row_shift_o    (row_shift_5),
    .row_mask_o     (row_mask_5),
    .column_offset_o(column_offset_5),
    .column_shift_o (column_shift_5),
    .column_mask_o  (column_mask_5)
  );

  // A base beyond the banks is kept as one bit above the address: the tables need no more than that.
  logic [SlotsPerLoad*32-1:0] slot_load_marked;
  always_comb begin
    slot_load_marked = slot_load_data_i & {SlotsPerLoad{dlp_machine_pkg::SlotMask}};
    for (int unsigned i = 0; i < SlotsPerLoad; i++) begin
      if (WordAddressBits < 16) slot_load_marked[i*32+WordAddressBits] = 17'(slot_load_data_i[i*32+:16]) >> WordAddressBits != 17'd0;
    end
  end

  // POOL, MOVE and REPATCH, or STORE, at the banks.
  logic                                pool_read_valid, pool_again_valid, pool_choose_valid, bank_read_valid, pool_error_valid;
  logic [1:0]                          pool_write_valid;
  logic [3:0]                          pool_choose_row, pool_choose_column;
  logic [15:0]                         pool_error_index;
  logic [2*WordAddressBits-1:0]        pool_read_address, bank_read_address, pool_write_address;
  logic [1:0]                          pool_row_shift, pool_column_shift;
  logic [GridHeight-1:0]               pool_row_mask;
  logic [GridWidth-1:0]                pool_column_mask;
  logic [2*4-1:0]                      pool_fill;
  logic [Clusters*Banks*WordBits-1:0]  shifted_words, pool_write_data;

  if (dlp_machine_pkg::BankOperations) begin : gen_pool
    dlp_pool #(
      .GridHeight       (GridHeight),
      .GridWidth        (GridWidth),
      .Clusters         (Clusters),
      .Banks            (Banks),
      .FeatureWords     (FeatureWords),
      .GeometriesPerLoad(GeometriesPerLoad)
    ) u_pool (
      .clk_i,
      .rst_ni,
      .geometry_load_valid_i,
      .geometry_load_block_i(table_load_block_i),
      .geometry_load_index_i,
      .geometry_load_data_i (geometry_load_data_i & {GeometriesPerLoad{dlp_machine_pkg::GeometryMask}}),
      .layer_i              (layer_q),
      .valid_i              (pool_valid_i),
      .word_i               (pool_word_i & (dlp_machine_pkg::PoolMask | dlp_machine_pkg::MoveMask | dlp_machine_pkg::RepatchMask)),
      .index_i,
      .active_o             (pool_active_o),
      .done_o               (pool_done_o),
      .read_valid_o         (pool_read_valid),
      .again_valid_o        (pool_again_valid),
      .read_address_o       (pool_read_address),
      .row_shift_o          (pool_row_shift),
      .row_mask_o           (pool_row_mask),
      .column_shift_o       (pool_column_shift),
      .column_mask_o        (pool_column_mask),
      .fill_o               (pool_fill),
      .choose_valid_o       (pool_choose_valid),
      .choose_row_o         (pool_choose_row),
      .choose_column_o      (pool_choose_column),
      .error_valid_o        (pool_error_valid),
      .error_index_o        (pool_error_index),
      .words_i              (shifted_words),
      .write_valid_o        (pool_write_valid),
      .write_address_o      (pool_write_address),
      .write_data_o         (pool_write_data)
    );
  end else begin : gen_no_pool
    assign pool_active_o = 1'b0;
    assign pool_done_o = 1'b0;
    assign pool_read_valid = 1'b0;
    assign pool_again_valid = 1'b0;
    assign pool_read_address = '0;
    assign pool_row_shift = '0;
    assign pool_row_mask = '0;
    assign pool_column_shift = '0;
    assign pool_column_mask = '0;
    assign pool_fill = '0;
    assign pool_choose_valid = 1'b0;
    assign pool_choose_row = '0;
    assign pool_choose_column = '0;
    assign pool_error_valid = 1'b0;
    assign pool_error_index = '0;
    assign pool_write_valid = '0;
    assign pool_write_address = '0;
    assign pool_write_data = '0;
    logic unused_pool;
    assign unused_pool = ^{pool_valid_i, pool_word_i, shifted_words};
  end

  assign bank_read_valid = pool_read_valid || store_read_valid_i;
  assign bank_read_address = pool_read_valid ? pool_read_address : {2{store_read_address_i}};

  // Cycle 2 to 15: the clusters.
  logic [Clusters-1:0]                               end_2, keep_2;
  logic                                              clear_2;
  logic [Clusters-1:0]                               reads_error_8;
  logic [Clusters*Values*AccumulatorBits-1:0]        sums_15;
  logic [Clusters*Values-1:0]                        carries_15;
  logic [Clusters*Banks-1:0]                         codes_write_valid;
  logic [Clusters*Banks*WordAddressBits-1:0]         codes_write_address;
  logic [Clusters*Banks*WordBits-1:0]                codes_write_data;

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
      .SlotsPerLoad   (SlotsPerLoad),
      .Geometries     (Geometries),
      .Taps           (Taps),
      .Serial         (Serial)
    ) u_cluster (
      .clk_i,
      .rst_ni,
      .beat_load_valid_i,
      .beat_load_address_i,
      .beat_load_data_i   (beat_load_data_i[c*BeatBits+:BeatBits]),
      .slot_load_valid_i,
      .slot_load_block_i  (table_load_block_i),
      .slot_load_index_i,
      .slot_load_data_i   (slot_load_marked),
      .word_load_valid_i  (word_load_valid_i[c*Banks+:Banks]),
      .word_load_address_i(word_load_address_i[c*Banks*WordAddressBits+:Banks*WordAddressBits]),
      .word_load_data_i   (word_load_data_i[c*Banks*WordBits+:Banks*WordBits]),
      .valid_i            (beat_0.valid),
      .address_i          (address_0[BeatAddressBits-1:0]),
      .block_i            (block_2),
      .tap_bits_i         (block_2 ? tap_bits_1_q : tap_bits_0_q),
      .clear_i            (clear_2),
      .end_o              (end_2[c]),
      .keep_o             (keep_2[c]),
      .column_bits_i      (column_bits),
      .row_offset_i       (row_offset_5),
      .row_shift_i        (row_shift_5),
      .row_mask_i         (row_mask_5),
      .column_offset_i    (column_offset_5),
      .column_shift_i     (column_shift_5),
      .column_mask_i      (column_mask_5),
      .bank_read_valid_i  (bank_read_valid),
      .bank_again_valid_i (pool_again_valid),
      .bank_read_address_i(bank_read_address),
      .bank_row_shift_i   (pool_row_shift),
      .bank_row_mask_i    (pool_row_mask),
      .bank_column_shift_i(pool_column_shift),
      .bank_column_mask_i (pool_column_mask),
      .bank_fill_i        (pool_fill),
      .bank_choose_valid_i(pool_choose_valid && pool_read_valid),
      .bank_choose_row_i  (pool_choose_row),
      .bank_choose_column_i(pool_choose_column),
      .error_o            (reads_error_8[c]),
      .words_o            (store_read_data_o[c*Banks*WordBits+:Banks*WordBits]),
      .shifted_words_o    (shifted_words[c*Banks*WordBits+:Banks*WordBits]),
      .group_i            (serial_group),
      .sums_o             (sums_15[c*Values*AccumulatorBits+:Values*AccumulatorBits]),
      .carries_o          (carries_15[c*Values+:Values]),
      .write_valid_i      (codes_write_valid[c*Banks+:Banks]),
      .write_address_i    (codes_write_address[c*Banks*WordAddressBits+:Banks*WordAddressBits]),
      .write_data_i       (codes_write_data[c*Banks*WordBits+:Banks*WordBits]),
      .bank_write_valid_i (pool_write_valid),
      .bank_write_address_i(pool_write_address),
      .bank_write_data_i  (pool_write_data[c*Banks*WordBits+:Banks*WordBits])
    );
  end

  // Cycle 2 to 8: errors of a COMPUTE; those of the others come when no COMPUTE is at work.
  dlp_compute_pkg::beat_t beat_2;
  // with a serial post it stands
  dlp_delay #(.Width(dlp_compute_pkg::BeatBits), .Cycles(Serial ? 0 : dlp_isa_pkg::MemoryReadCycles)) u_beat_2 (
    .clk_i, .rst_ni, .data_i(beat_0), .data_o(beat_2)
  );
  logic        outputs_error_8;
  logic [15:0] index_8;
  logic [23:0] place_4;
  dlp_output_check #(
    .Rows        (Rows),
    .SlotChannels(Clusters * Banks),
    .FeatureWords(FeatureWords)
  ) u_output_check (
    .clk_i,
    .rst_ni,
    .valid_i(valid_2),
    .beat_i (beat_2),
    .end_i  (end_2[0]),
    .keep_i (keep_2[0]),
    .error_o(outputs_error_8),
    .index_o(index_8),
    .place_o(place_4)
  );
  assign error_valid_o = reads_error_8 != '0 || outputs_error_8 || pool_error_valid;
  assign error_index_o = pool_error_valid ? pool_error_index : index_8;

  // Cycle 15: what drains. All clusters agree on end and keep.
  dlp_compute_pkg::drain_t drain_15;

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
  dlp_compute_pkg::drain_t serial_drain;
  always_comb begin
    serial_drain = '0;
    serial_drain.index = 8'(serial_group);
    serial_drain.pass = beat_0.pass;
  end

  dlp_parameter_memory #(
    .DrainRows      (DrainRows),
    .Groups         (Groups),
    .ParameterGroups(ParameterGroups),
    .WordRows       (WordRows),
    .Serial         (Serial)
  ) u_parameters (
    .clk_i,
    .load_valid_i  (parameter_load_valid_i),
    .load_address_i(parameter_load_address_i),
    .load_data_i   (parameter_load_data_i),
    .drain_i       (Serial ? serial_drain : drain_15),
    .parameters_o  (parameters_18)
  );

  // Cycle 15 to 30: from the sums to the write ports, R rows a cycle, or bit by bit where the machine's post is serial.
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
      .last_i         (beat_0.valid && beat_0.last),
      .written_o      (serial_written),
      .pass_i         (beat_0.pass),
      .place_i        (place_4),
      .group_o        (serial_group),
      .sums_i         (sums_15),
      .parameters_i   (parameters_18),
      .write_valid_o  (codes_write_valid),
      .write_address_o(codes_write_address),
      .write_data_o   (codes_write_data)
    );
    assign logits_write = 1'b0;
    assign logits_read_data_o = '0;
    logic unused_sums;
    assign unused_sums = ^{carries_15, logits_read_valid_i, logits_read_address_i};
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
    logic unused_place;
    assign unused_place = ^place_4;
  end

  logic unused;
  assign unused = ^{layer_word.reserved, layer_word.wait_field, layer_word.signal, layer_word.opcode};

`ifndef SYNTHESIS
  initial assert ($bits(dlp_compute_pkg::beat_t) == dlp_compute_pkg::BeatBits) else $fatal(1, "BeatBits");

  // The cycles that isa/timing.ts tells everybody else, from a last beat (seen here two cycles later) to its write.
  logic failed_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) failed_q <= 1'b0;
    else if (error_valid_o) failed_q <= 1'b1;
  end
  logic final_2, codes_2, logits_2, lane_sums_2, codes_due, logits_due, lane_sums_due;
  assign final_2 = valid_2 && end_2[0] && !keep_2[0];
  assign codes_2 = final_2 && !beat_2.pass.lane_sum;
  assign logits_2 = final_2 && beat_2.last && beat_2.last_position && beat_2.pass.lane_sum && beat_2.pass.logits;
  assign lane_sums_2 = final_2 && beat_2.last && beat_2.last_position && beat_2.pass.lane_sum && !beat_2.pass.logits;
  dlp_delay #(.Cycles(dlp_isa_pkg::BeatToWriteCycles - 2), .Reset(1'b1)) u_codes_due (
    .clk_i, .rst_ni, .data_i(codes_2), .data_o(codes_due)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::BeatToLogitsCycles - 2), .Reset(1'b1)) u_logits_due (
    .clk_i, .rst_ni, .data_i(logits_2), .data_o(logits_due)
  );
  dlp_delay #(.Cycles(dlp_isa_pkg::BeatToLaneSumWriteCycles - 2), .Reset(1'b1)) u_lane_sums_due (
    .clk_i, .rst_ni, .data_i(lane_sums_2), .data_o(lane_sums_due)
  );
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_clusters_agree: assert (!valid_2 || ((&end_2 || end_2 == '0) && (&keep_2 || keep_2 == '0)));
      a_codes_in_time: assert (Serial || !codes_due || |codes_write_valid || failed_q);
      a_lane_sums_in_time: assert (!lane_sums_due || |codes_write_valid || failed_q);
      a_logits_in_time: assert (!logits_due || logits_write);
      a_one_reads: assert (!pool_read_valid || !store_read_valid_i);
      a_one_writes: assert (pool_write_valid == '0 || Serial || codes_write_valid == '0);
    end
  end
`endif

endmodule
