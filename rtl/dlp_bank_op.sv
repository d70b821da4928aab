// The bank operations POOL, MOVE and REPATCH: reads every bank of every cluster, one tap a beat, and writes one word of every bank per window. With two
// planes, step 0 pairs plane 0 of the lower half of a cluster's banks with plane 1 in the upper half, step 1 the other way round. MOVE sends the words
// through the torus once more for every lane by which they shift. REPATCH takes a beat for each lane that receives: of every bank's word one nibble is
// selected, the torus gives it to all lanes as their fill, and the receiving lane takes it.
//
// A read or a write outside the banks, a tap more than one lane away and rows that exceed LAYER's patch are reported with the instruction's index; a
// word outside the banks is not written.
//
//   cycle 0    beat                            (see dlp_bank_op_axis.sv, also for the sum of addresses)
//         4    access_o, error_o               (BankBeatToReadCycles)
//         8    words_i                         (memory, torus)
//        11    write_o                         (dlp_bank_op_pair.sv, BankBeatToWriteCycles)
//
// Latency: as drawn, writes from a word's last beat. Throughput: one tap a cycle. Stalls: never.

module dlp_bank_op #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned FeatureWords = 512,
  // derived: leave alone
  parameter int unsigned WordBits = GridHeight * GridWidth * 4,
  parameter int unsigned AddressBits = $clog2(FeatureWords)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // LOADT: the source geometries of both blocks
  input  dlp_machine_pkg::table_load_t table_load_i,

  // the layer in force and an instruction, taken at once: dlp_compute_queue.sv issues it
  input  dlp_machine_pkg::active_layer_t layer_i,
  input  logic                           valid_i,
  input  dlp_machine_pkg::instruction_t  instruction_i,

  // active; with the last beat
  output logic active_o,
  output logic done_o,

  // cycle 4; with recirculate, words_i as they are two cycles later pass the torus again
  output dlp_machine_pkg::bank_access_t access_o,
  output dlp_machine_pkg::unit_error_t  error_o,

  // cycle 8: shifted words, cluster 0's banks lowest
  input  logic [Clusters*Banks*WordBits-1:0] words_i,

  // cycle 11
  output dlp_machine_pkg::bank_write_t write_o
);

  localparam int unsigned Lanes = GridHeight * GridWidth;
  localparam int unsigned Half = Banks / 2;
  localparam int unsigned ReadCycles = dlp_isa_pkg::BankBeatToReadCycles;
  localparam int unsigned WriteCycles = dlp_isa_pkg::BankBeatToWriteCycles;
  // from a beat to words_i
  localparam int unsigned TakeCycles = ReadCycles + dlp_isa_pkg::MemoryReadCycles + dlp_isa_pkg::TorusCycles;

  dlp_machine_pkg::bank_beat_t beat_0, beat_1, beat_2, beat_3, beat_4;
  dlp_machine_pkg::bank_op_t   op_0, op_1, op_2, op_3, op_4;

  dlp_bank_op_sequencer #(
    .GridHeight(GridHeight),
    .GridWidth (GridWidth)
  ) u_sequencer (
    .clk_i,
    .rst_ni,
    .table_load_i,
    .layer_i,
    .valid_i,
    .instruction_i,
    .active_o,
    .done_o,
    .beat_o(beat_0)
  );

  dlp_delay #(.Width($bits(beat_0))) u_beat_1 (.clk_i, .rst_ni, .data_i(beat_0), .data_o(beat_1));
  dlp_delay #(.Width($bits(beat_0))) u_beat_2 (.clk_i, .rst_ni, .data_i(beat_1), .data_o(beat_2));
  dlp_delay #(.Width($bits(beat_0))) u_beat_3 (.clk_i, .rst_ni, .data_i(beat_2), .data_o(beat_3));
  dlp_delay #(.Width($bits(beat_0))) u_beat_4 (.clk_i, .rst_ni, .data_i(beat_3), .data_o(beat_4));
  assign op_0 = beat_0.op;
  assign op_1 = beat_1.op;
  assign op_2 = beat_2.op;
  assign op_3 = beat_3.op;
  assign op_4 = beat_4.op;

  // Cycle 0 to 5: the tap.
  logic [7:0]            row_3, column_3;
  logic [3:0]            lane_row_3, lane_column_3;
  logic                  row_out_of_range_4, column_out_of_range_4, row_pixel_4, column_pixel_4;
  logic [GridHeight-1:0] rows_covered_5;
  logic [GridWidth-1:0]  columns_covered_5;

  dlp_bank_op_axis #(
    .Lanes(GridHeight)
  ) u_rows (
    .clk_i,
    .extent_i      (op_0.height),
    .stride_i      (op_0.stride_y),
    .offset_i      (op_0.offset_y),
    .reach_i       (op_0.reach_y),
    .valid_i       (op_0.valid_height),
    .move_i        (op_0.move),
    .repatch_i     (op_0.repatch),
    .lanes_i       (op_0.lane_rows),
    .position_i    (beat_0.row),
    .tap_i         (beat_0.tap_row),
    .torus_pass_i  (beat_0.torus_pass),
    .coordinate_3_o(row_3),
    .lane_3_o      (lane_row_3),
    .shift_4_o     (access_o.row_shift),
    .mask_4_o      (access_o.row_mask),
    .out_of_range_4_o(row_out_of_range_4),
    .pixel_4_o     (row_pixel_4),
    .covered_5_o   (rows_covered_5)
  );

  dlp_bank_op_axis #(
    .Lanes(GridWidth)
  ) u_columns (
    .clk_i,
    .extent_i      (op_0.pitch),
    .stride_i      (op_0.stride_x),
    .offset_i      (op_0.offset_x),
    .reach_i       (op_0.reach_x),
    .valid_i       (op_0.valid_width),
    .move_i        (op_0.move),
    .repatch_i     (op_0.repatch),
    .lanes_i       (op_0.lane_columns),
    .position_i    (beat_0.column),
    .tap_i         (beat_0.tap_column),
    .torus_pass_i  (beat_0.torus_pass),
    .coordinate_3_o(column_3),
    .lane_3_o      (lane_column_3),
    .shift_4_o     (access_o.column_shift),
    .mask_4_o      (access_o.column_mask),
    .out_of_range_4_o(column_out_of_range_4),
    .pixel_4_o     (column_pixel_4),
    .covered_5_o   (columns_covered_5)
  );

  // Cycle 2 and 3: plane 1 lies in the lower half in step 1, in the upper half in step 0. Sums are wide enough not to wrap.
  logic                lower_is_plane_1, upper_is_plane_1;
  logic [24:0]         lower_base_3_q, upper_base_3_q, inner_3, lower_read_4_q, upper_read_4_q;
  logic [3:0]          lane_row_4_q, lane_column_4_q;
  logic                lower_signed_4, upper_signed_4;
  assign lower_is_plane_1 = op_2.wide && beat_2.step;
  assign upper_is_plane_1 = op_2.wide && !beat_2.step;
  assign inner_3 = 25'(row_3 * 16'(op_3.pitch)) + 25'(column_3);
  always_ff @(posedge clk_i) begin
    lower_base_3_q <= 25'(beat_2.source) + (lower_is_plane_1 ? 25'(op_2.source_stride) : 25'd0);
    upper_base_3_q <= 25'(beat_2.source) + (upper_is_plane_1 ? 25'(op_2.source_stride) : 25'd0);
    lower_read_4_q <= lower_base_3_q + inner_3;
    upper_read_4_q <= upper_base_3_q + inner_3;
    lane_row_4_q <= lane_row_3;
    lane_column_4_q <= lane_column_3;
  end
  assign access_o.addresses = {upper_read_4_q[AddressBits-1:0], lower_read_4_q[AddressBits-1:0]};
  assign access_o.broadcast = op_4.repatch;
  assign access_o.broadcast_row = lane_row_4_q;
  assign access_o.broadcast_column = lane_column_4_q;

  // Only the top plane is signed. A value that POOL reads outside the map is never greater than one within it.
  assign lower_signed_4 = op_4.signed_codes && (beat_4.step || !op_4.wide);
  assign upper_signed_4 = op_4.signed_codes && !(beat_4.step && op_4.wide);
  assign access_o.fills = {upper_signed_4, 3'b0, lower_signed_4, 3'b0};

  // Cycle 1 to 3: the address of the word that is written.
  logic [15:0] local_1_q;
  logic [24:0] word_2_q, lower_write_3_q, upper_write_3_q;
  logic        lower_write_out_of_range_3, upper_write_out_of_range_3, write_11, lower_write_out_of_range_11, upper_write_out_of_range_11;
  always_ff @(posedge clk_i) begin
    local_1_q <= beat_0.row * 16'(op_0.patch_width);
    word_2_q <= 25'(beat_1.target) + 25'(local_1_q) + 25'(beat_1.column);
    lower_write_3_q <= word_2_q + (lower_is_plane_1 ? 25'(op_2.output_stride) : 25'd0);
    upper_write_3_q <= word_2_q + (upper_is_plane_1 ? 25'(op_2.output_stride) : 25'd0);
  end
  assign lower_write_out_of_range_3 = 32'(lower_write_3_q) >= FeatureWords;
  assign upper_write_out_of_range_3 = 32'(upper_write_3_q) >= FeatureWords;
  dlp_delay #(.Width(2 + 2 * AddressBits), .Cycles(WriteCycles - 3)) u_write_address (
    .clk_i,
    .rst_ni,
    .data_i({upper_write_out_of_range_3, lower_write_out_of_range_3, upper_write_3_q[AddressBits-1:0], lower_write_3_q[AddressBits-1:0]}),
    .data_o({upper_write_out_of_range_11, lower_write_out_of_range_11, write_o.addresses})
  );
  assign write_o.valid = {write_11 && !upper_write_out_of_range_11, write_11 && !lower_write_out_of_range_11};

  // Which beats read, recirculate, take a word, write one. A lane of REPATCH without a pixel reads nothing.
  logic             read_4, read_5, take_7, repatch_7;
  logic [3:0]       target_row_7, target_column_7;
  logic [Lanes-1:0] take_7_lanes, take_8;
  dlp_delay #(.Cycles(ReadCycles), .Reset(1'b1)) u_read (.clk_i, .rst_ni, .data_i(beat_0.read), .data_o(read_4));
  dlp_delay #(.Cycles(ReadCycles), .Reset(1'b1)) u_recirculate (
    .clk_i, .rst_ni, .data_i(beat_0.recirculate), .data_o(access_o.recirculate)
  );
  dlp_delay #(.Reset(1'b1)) u_read_5 (.clk_i, .rst_ni, .data_i(read_4), .data_o(read_5));
  dlp_delay #(.Cycles(TakeCycles - 1), .Reset(1'b1)) u_take (.clk_i, .rst_ni, .data_i(beat_0.take), .data_o(take_7));
  dlp_delay #(.Width(9), .Cycles(TakeCycles - 1 - 4)) u_target (
    .clk_i,
    .rst_ni,
    .data_i({op_4.repatch, beat_4.tap_row, beat_4.tap_column}),
    .data_o({repatch_7, target_row_7, target_column_7})
  );
  for (genvar l = 0; l < Lanes; l++) begin : gen_take
    assign take_7_lanes[l] = take_7 && (!repatch_7 || (target_row_7 == 4'(l / GridWidth) && target_column_7 == 4'(l % GridWidth)));
  end
  dlp_delay #(.Width(Lanes), .Reset(1'b1)) u_take_8 (.clk_i, .rst_ni, .data_i(take_7_lanes), .data_o(take_8));
  dlp_delay #(.Cycles(WriteCycles), .Reset(1'b1)) u_write (
    .clk_i, .rst_ni, .data_i(beat_0.valid && beat_0.word_last), .data_o(write_11)
  );
  assign access_o.read = read_4 && (!op_4.repatch || (row_pixel_4 && column_pixel_4));

  // Cycle 4: errors.
  logic valid_4, write_4, write_out_of_range_4, read_out_of_range_4;
  dlp_delay #(.Width(2), .Cycles(ReadCycles), .Reset(1'b1)) u_valid_4 (
    .clk_i, .rst_ni, .data_i({beat_0.valid, beat_0.valid && beat_0.word_last}), .data_o({valid_4, write_4})
  );
  dlp_delay u_write_out_of_range_4 (.clk_i, .rst_ni, .data_i(lower_write_out_of_range_3 || upper_write_out_of_range_3), .data_o(write_out_of_range_4));
  assign read_out_of_range_4 = row_out_of_range_4 || column_out_of_range_4 || 32'(lower_read_4_q) >= FeatureWords || 32'(upper_read_4_q) >= FeatureWords;
  assign error_o.valid = (valid_4 && op_4.exceeds_patch) || (access_o.read && read_out_of_range_4) || (write_4 && write_out_of_range_4);
  assign error_o.code = dlp_isa_pkg::StatusAddress;
  assign error_o.index = op_4.index;

  // Cycle 5 and 6: lanes that have received a pixel in the column so far, and in the word so far.
  logic             column_first_5, first_column_6, column_last_6, word_last_6, first_column_9, column_last_9, word_last_9;
  logic [Lanes-1:0] covered_5, column_6_d, column_6_q, word_7_d, word_7_q, covered_7_q, covered_9;
  dlp_delay u_column_first_5 (.clk_i, .rst_ni, .data_i(beat_4.column_first), .data_o(column_first_5));
  dlp_delay #(.Width(3), .Cycles(2), .Reset(1'b1)) u_column_6 (
    .clk_i, .rst_ni, .data_i({beat_4.first_column, beat_4.column_last, beat_4.word_last}), .data_o({first_column_6, column_last_6, word_last_6})
  );
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    assign covered_5[l] = rows_covered_5[l/GridWidth] && columns_covered_5[l%GridWidth];
  end
  assign column_6_d = covered_5 | (column_first_5 ? '0 : column_6_q);
  assign word_7_d = column_6_q | (first_column_6 ? '0 : word_7_q);
  always_ff @(posedge clk_i) begin
    if (read_5) column_6_q <= column_6_d;
    // As in dlp_bank_op_pair.sv: the next window may begin with the last column.
    if (column_last_6) word_7_q <= word_last_6 ? column_6_q : word_7_d;
    covered_7_q <= word_7_d;
  end
  dlp_delay #(.Width(Lanes), .Cycles(TakeCycles + 1 - 7)) u_covered (
    .clk_i, .rst_ni, .data_i(covered_7_q), .data_o(covered_9)
  );

  // Cycle 8 and 9: inputs of the pairs of banks.
  logic       column_first_8, wide_8, top_is_upper_8, lower_signed_8, upper_signed_8;
  logic [3:0] lower_fill_4, upper_fill_4, lower_fill_9, upper_fill_9;
  dlp_delay #(.Width(5), .Cycles(TakeCycles - 4)) u_modes (
    .clk_i,
    .rst_ni,
    .data_i({beat_4.column_first || op_4.repatch, op_4.wide, !beat_4.step, lower_signed_4, upper_signed_4}),
    .data_o({column_first_8, wide_8, top_is_upper_8, lower_signed_8, upper_signed_8})
  );
  dlp_delay #(.Width(3), .Cycles(TakeCycles + 1 - 6)) u_column_9 (
    .clk_i, .rst_ni, .data_i({first_column_6, column_last_6, word_last_6}), .data_o({first_column_9, column_last_9, word_last_9})
  );
  assign lower_fill_4 = (op_4.wide && beat_4.step) ? op_4.fill[7:4] : op_4.fill[3:0];
  assign upper_fill_4 = (op_4.wide && !beat_4.step) ? op_4.fill[7:4] : op_4.fill[3:0];
  dlp_delay #(.Width(8), .Cycles(TakeCycles + 1 - 4)) u_fill (
    .clk_i, .rst_ni, .data_i({upper_fill_4, lower_fill_4}), .data_o({upper_fill_9, lower_fill_9})
  );

  for (genvar c = 0; c < Clusters; c++) begin : gen_cluster
    for (genvar b = 0; b < Half; b++) begin : gen_pair
      localparam int unsigned Lower = (c * Banks + b) * WordBits;
      localparam int unsigned Upper = (c * Banks + b + Half) * WordBits;
      dlp_bank_op_pair #(
        .Lanes(Lanes)
      ) u_pair (
        .clk_i,
        .take_i        (take_8),
        .column_first_i(column_first_8),
        .wide_i        (wide_8),
        .top_is_upper_i(top_is_upper_8),
        .lower_signed_i(lower_signed_8),
        .upper_signed_i(upper_signed_8),
        .lower_i       (words_i[Lower+:WordBits]),
        .upper_i       (words_i[Upper+:WordBits]),
        .first_column_i(first_column_9),
        .column_last_i (column_last_9),
        .word_last_i   (word_last_9),
        .covered_i     (covered_9),
        .lower_fill_i  (lower_fill_9),
        .upper_fill_i  (upper_fill_9),
        .lower_o       (write_o.words[Lower+:WordBits]),
        .upper_o       (write_o.words[Upper+:WordBits])
      );
    end
  end

  logic unused;
  assign unused = ^{beat_1, beat_2, beat_3, beat_4, op_0, op_1, op_2, op_3, op_4};

`ifndef SYNTHESIS
  initial assert (ReadCycles == 4) else $fatal(1, "four registers from beat to address");
  initial assert (WriteCycles == TakeCycles + 3) else $fatal(1, "three registers after the torus");
`endif

endmodule
