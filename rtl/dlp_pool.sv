// POOL, MOVE and REPATCH: reads every bank of every cluster, one tap a beat, and writes one word of every bank per window. With two planes,
// step 0 pairs plane 0 of the lower half of a cluster's banks with plane 1 in the upper half, step 1 the other way round. MOVE sends the
// words through the torus again for every lane that they shift. REPATCH takes a beat for each lane that receives: of every bank's word one
// nibble is chosen, the torus gives it to all lanes as their fill, and the receiving lane takes it.
//
// A read or a write beyond the banks, a tap beyond the neighbouring lane and rows that leave LAYER's patch are told with the instruction's
// index; a word beyond the banks is not written.
//
//   cycle 0    beat                            (see dlp_pool_axis.sv, also for the sum of addresses)
//         4    read_o, again_o, error_o        (BankBeatToReadCycles)
//         8    words_i                         (memory, torus)
//        11    write_o                         (dlp_pool_pair.sv, BankBeatToWriteCycles)
//
// Latency: as drawn, writes from a word's last beat. Throughput: one tap a cycle. Stalls: never.

module dlp_pool #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned GeometriesPerLoad = 1,
  // derived: leave alone
  parameter int unsigned WordBits = GridHeight * GridWidth * 4,
  parameter int unsigned AddressBits = $clog2(FeatureWords)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // LOADT: the source geometries of both blocks
  input  logic [GeometriesPerLoad-1:0]     geometry_load_valid_i,
  input  logic                             geometry_load_block_i,
  input  logic [1:0]                       geometry_load_index_i,
  input  logic [GeometriesPerLoad*128-1:0] geometry_load_data_i,

  // the layer in force and an instruction, taken at once: the compute queue knows when
  input  dlp_compute_pkg::layer_t layer_i,
  input  logic                    valid_i,
  input  logic [127:0]            word_i,
  input  logic [15:0]             index_i,

  // at work; with the last beat
  output logic active_o,
  output logic done_o,

  // cycle 4: the addresses of the lower and the upper half of every cluster's banks, and how their words shift (see dlp_torus.sv); or no
  // read, and words_i as they are two cycles later pass the torus again
  output logic                     read_valid_o,
  output logic                     again_valid_o,
  output logic [2*AddressBits-1:0] read_address_o,
  output logic [1:0]               row_shift_o,
  output logic [GridHeight-1:0]    row_mask_o,
  output logic [1:0]               column_shift_o,
  output logic [GridWidth-1:0]     column_mask_o,
  output logic [2*4-1:0]           fill_o,
  // every lane gets this lane's nibble instead of the fill
  output logic                     choose_valid_o,
  output logic [3:0]               choose_row_o,
  output logic [3:0]               choose_column_o,
  output logic                     error_valid_o,
  output logic [15:0]              error_index_o,

  // cycle 8: shifted words, cluster 0's banks lowest
  input  logic [Clusters*Banks*WordBits-1:0] words_i,

  // cycle 11; lower and upper half of the banks
  output logic [1:0]                         write_valid_o,
  output logic [2*AddressBits-1:0]           write_address_o,
  output logic [Clusters*Banks*WordBits-1:0] write_data_o
);

  localparam int unsigned Lanes = GridHeight * GridWidth;
  localparam int unsigned Half = Banks / 2;
  localparam int unsigned ReadCycles = dlp_isa_pkg::BankBeatToReadCycles;
  localparam int unsigned WriteCycles = dlp_isa_pkg::BankBeatToWriteCycles;
  // words_i
  localparam int unsigned TakeCycles = ReadCycles + dlp_isa_pkg::MemoryReadCycles + dlp_isa_pkg::TorusCycles;

  dlp_pool_pkg::beat_t beat_0, beat_1, beat_2, beat_3, beat_4;
  dlp_pool_pkg::work_t work_0, work_1, work_2, work_3, work_4;

  dlp_pool_sequencer #(
    .GridHeight       (GridHeight),
    .GridWidth        (GridWidth),
    .GeometriesPerLoad(GeometriesPerLoad)
  ) u_sequencer (
    .clk_i,
    .rst_ni,
    .geometry_load_valid_i,
    .geometry_load_block_i,
    .geometry_load_index_i,
    .geometry_load_data_i,
    .layer_i,
    .valid_i,
    .word_i,
    .index_i,
    .active_o,
    .done_o,
    .beat_o(beat_0)
  );

  dlp_delay #(.Width(dlp_pool_pkg::BeatBits)) u_beat_1 (.clk_i, .rst_ni, .data_i(beat_0), .data_o(beat_1));
  dlp_delay #(.Width(dlp_pool_pkg::BeatBits)) u_beat_2 (.clk_i, .rst_ni, .data_i(beat_1), .data_o(beat_2));
  dlp_delay #(.Width(dlp_pool_pkg::BeatBits)) u_beat_3 (.clk_i, .rst_ni, .data_i(beat_2), .data_o(beat_3));
  dlp_delay #(.Width(dlp_pool_pkg::BeatBits)) u_beat_4 (.clk_i, .rst_ni, .data_i(beat_3), .data_o(beat_4));
  assign work_0 = beat_0.work;
  assign work_1 = beat_1.work;
  assign work_2 = beat_2.work;
  assign work_3 = beat_3.work;
  assign work_4 = beat_4.work;

  // Cycle 0 to 5: the tap.
  logic [7:0]            row_3, column_3;
  logic [3:0]            lane_row_3, lane_column_3;
  logic                  row_beyond_4, column_beyond_4, row_pixel_4, column_pixel_4;
  logic [GridHeight-1:0] rows_inside_5;
  logic [GridWidth-1:0]  columns_inside_5;

  dlp_pool_axis #(
    .Lanes(GridHeight)
  ) u_rows (
    .clk_i,
    .extent_i      (work_0.height),
    .stride_i      (work_0.stride_y),
    .offset_i      (work_0.offset_y),
    .reach_i       (work_0.reach_y),
    .valid_i       (work_0.valid_height),
    .move_i        (work_0.move),
    .repatch_i     (work_0.repatch),
    .lanes_i       (work_0.lane_rows),
    .position_i    (beat_0.row),
    .tap_i         (beat_0.tap_row),
    .pass_i        (beat_0.pass),
    .coordinate_3_o(row_3),
    .lane_3_o      (lane_row_3),
    .shift_4_o     (row_shift_o),
    .mask_4_o      (row_mask_o),
    .beyond_4_o    (row_beyond_4),
    .pixel_4_o     (row_pixel_4),
    .inside_5_o    (rows_inside_5)
  );

  dlp_pool_axis #(
    .Lanes(GridWidth)
  ) u_columns (
    .clk_i,
    .extent_i      (work_0.pitch),
    .stride_i      (work_0.stride_x),
    .offset_i      (work_0.offset_x),
    .reach_i       (work_0.reach_x),
    .valid_i       (work_0.valid_width),
    .move_i        (work_0.move),
    .repatch_i     (work_0.repatch),
    .lanes_i       (work_0.lane_columns),
    .position_i    (beat_0.column),
    .tap_i         (beat_0.tap_column),
    .pass_i        (beat_0.pass),
    .coordinate_3_o(column_3),
    .lane_3_o      (lane_column_3),
    .shift_4_o     (column_shift_o),
    .mask_4_o      (column_mask_o),
    .beyond_4_o    (column_beyond_4),
    .pixel_4_o     (column_pixel_4),
    .inside_5_o    (columns_inside_5)
  );

  // Cycle 2 and 3: plane 1 lies in the lower half in step 1, in the upper half in step 0. Sums are wide enough not to wrap.
  logic                lower_is_plane_1, upper_is_plane_1;
  logic [24:0]         lower_base_3_q, upper_base_3_q, inner_3, lower_read_4_q, upper_read_4_q;
  logic [3:0]          lane_row_4_q, lane_column_4_q;
  logic                lower_signed_4, upper_signed_4;
  assign lower_is_plane_1 = work_2.wide && beat_2.step;
  assign upper_is_plane_1 = work_2.wide && !beat_2.step;
  assign inner_3 = 25'(row_3 * 16'(work_3.pitch)) + 25'(column_3);
  always_ff @(posedge clk_i) begin
    lower_base_3_q <= 25'(beat_2.source) + (lower_is_plane_1 ? 25'(work_2.source_stride) : 25'd0);
    upper_base_3_q <= 25'(beat_2.source) + (upper_is_plane_1 ? 25'(work_2.source_stride) : 25'd0);
    lower_read_4_q <= lower_base_3_q + inner_3;
    upper_read_4_q <= upper_base_3_q + inner_3;
    lane_row_4_q <= lane_row_3;
    lane_column_4_q <= lane_column_3;
  end
  assign read_address_o = {upper_read_4_q[AddressBits-1:0], lower_read_4_q[AddressBits-1:0]};
  assign choose_valid_o = work_4.repatch;
  assign choose_row_o = lane_row_4_q;
  assign choose_column_o = lane_column_4_q;

  // Only the top plane is signed. What POOL reads outside the map is never above what it reads inside.
  assign lower_signed_4 = work_4.signed_codes && (beat_4.step || !work_4.wide);
  assign upper_signed_4 = work_4.signed_codes && !(beat_4.step && work_4.wide);
  assign fill_o = {upper_signed_4, 3'b0, lower_signed_4, 3'b0};

  // Cycle 1 to 3: where the word goes.
  logic [15:0] local_1_q;
  logic [24:0] word_2_q, lower_write_3_q, upper_write_3_q;
  logic        lower_write_beyond_3, upper_write_beyond_3, write_11, lower_write_beyond_11, upper_write_beyond_11;
  always_ff @(posedge clk_i) begin
    local_1_q <= beat_0.row * 16'(work_0.patch_width);
    word_2_q <= 25'(beat_1.result) + 25'(local_1_q) + 25'(beat_1.column);
    lower_write_3_q <= word_2_q + (lower_is_plane_1 ? 25'(work_2.result_stride) : 25'd0);
    upper_write_3_q <= word_2_q + (upper_is_plane_1 ? 25'(work_2.result_stride) : 25'd0);
  end
  assign lower_write_beyond_3 = 32'(lower_write_3_q) >= FeatureWords;
  assign upper_write_beyond_3 = 32'(upper_write_3_q) >= FeatureWords;
  dlp_delay #(.Width(2 + 2 * AddressBits), .Cycles(WriteCycles - 3)) u_write_address (
    .clk_i,
    .rst_ni,
    .data_i({upper_write_beyond_3, lower_write_beyond_3, upper_write_3_q[AddressBits-1:0], lower_write_3_q[AddressBits-1:0]}),
    .data_o({upper_write_beyond_11, lower_write_beyond_11, write_address_o})
  );
  assign write_valid_o = {write_11 && !upper_write_beyond_11, write_11 && !lower_write_beyond_11};

  // Which beats read, pass again, give a word, write one. A lane of REPATCH without a pixel reads nothing.
  logic             tap_4, tap_5, take_7, repatch_7;
  logic [3:0]       target_row_7, target_column_7;
  logic [Lanes-1:0] take_7_lanes, take_8;
  dlp_delay #(.Cycles(ReadCycles), .Reset(1'b1)) u_read (.clk_i, .rst_ni, .data_i(beat_0.tap), .data_o(tap_4));
  dlp_delay #(.Cycles(ReadCycles), .Reset(1'b1)) u_again (.clk_i, .rst_ni, .data_i(beat_0.again), .data_o(again_valid_o));
  dlp_delay #(.Reset(1'b1)) u_tap_5 (.clk_i, .rst_ni, .data_i(tap_4), .data_o(tap_5));
  dlp_delay #(.Cycles(TakeCycles - 1), .Reset(1'b1)) u_take (.clk_i, .rst_ni, .data_i(beat_0.take), .data_o(take_7));
  dlp_delay #(.Width(9), .Cycles(TakeCycles - 1 - 4)) u_target (
    .clk_i,
    .rst_ni,
    .data_i({work_4.repatch, beat_4.tap_row, beat_4.tap_column}),
    .data_o({repatch_7, target_row_7, target_column_7})
  );
  for (genvar l = 0; l < Lanes; l++) begin : gen_take
    assign take_7_lanes[l] = take_7 && (!repatch_7 || (target_row_7 == 4'(l / GridWidth) && target_column_7 == 4'(l % GridWidth)));
  end
  dlp_delay #(.Width(Lanes), .Reset(1'b1)) u_take_8 (.clk_i, .rst_ni, .data_i(take_7_lanes), .data_o(take_8));
  dlp_delay #(.Cycles(WriteCycles), .Reset(1'b1)) u_write (
    .clk_i, .rst_ni, .data_i(beat_0.valid && beat_0.last), .data_o(write_11)
  );
  assign read_valid_o = tap_4 && (!work_4.repatch || (row_pixel_4 && column_pixel_4));

  // Cycle 4: errors.
  logic valid_4, write_4, write_beyond_4, read_beyond_4;
  dlp_delay #(.Width(2), .Cycles(ReadCycles), .Reset(1'b1)) u_valid_4 (
    .clk_i, .rst_ni, .data_i({beat_0.valid, beat_0.valid && beat_0.last}), .data_o({valid_4, write_4})
  );
  dlp_delay u_beyond_4 (.clk_i, .rst_ni, .data_i(lower_write_beyond_3 || upper_write_beyond_3), .data_o(write_beyond_4));
  assign read_beyond_4 = row_beyond_4 || column_beyond_4 || 32'(lower_read_4_q) >= FeatureWords || 32'(upper_read_4_q) >= FeatureWords;
  assign error_valid_o = (valid_4 && work_4.leaves) || (read_valid_o && read_beyond_4) || (write_4 && write_beyond_4);
  assign error_index_o = work_4.index;

  // Cycle 5 and 6: lanes that have received a pixel of the column so far, and of the word.
  logic             first_5, fresh_6, column_last_6, last_6, fresh_9, column_last_9, last_9;
  logic [Lanes-1:0] tap_inside_5, column_6_d, column_6_q, word_7_d, word_7_q, inside_7_q, inside_9;
  dlp_delay u_first_5 (.clk_i, .rst_ni, .data_i(beat_4.first), .data_o(first_5));
  dlp_delay #(.Width(3), .Cycles(2), .Reset(1'b1)) u_column_6 (
    .clk_i, .rst_ni, .data_i({beat_4.fresh, beat_4.column_last, beat_4.last}), .data_o({fresh_6, column_last_6, last_6})
  );
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    assign tap_inside_5[l] = rows_inside_5[l/GridWidth] && columns_inside_5[l%GridWidth];
  end
  assign column_6_d = tap_inside_5 | (first_5 ? '0 : column_6_q);
  assign word_7_d = column_6_q | (fresh_6 ? '0 : word_7_q);
  always_ff @(posedge clk_i) begin
    if (tap_5) column_6_q <= column_6_d;
    // As the maximum does: the last column is where the next window begins.
    if (column_last_6) word_7_q <= last_6 ? column_6_q : word_7_d;
    inside_7_q <= word_7_d;
  end
  dlp_delay #(.Width(Lanes), .Cycles(TakeCycles + 1 - 7)) u_inside (
    .clk_i, .rst_ni, .data_i(inside_7_q), .data_o(inside_9)
  );

  // Cycle 8 and 9: what the pairs of banks need.
  logic       first_8, wide_8, top_is_upper_8, lower_signed_8, upper_signed_8;
  logic [3:0] lower_fill_4, upper_fill_4, lower_fill_9, upper_fill_9;
  dlp_delay #(.Width(5), .Cycles(TakeCycles - 4)) u_modes (
    .clk_i,
    .rst_ni,
    .data_i({beat_4.first || work_4.repatch, work_4.wide, !beat_4.step, lower_signed_4, upper_signed_4}),
    .data_o({first_8, wide_8, top_is_upper_8, lower_signed_8, upper_signed_8})
  );
  dlp_delay #(.Width(3), .Cycles(TakeCycles + 1 - 6)) u_column_9 (
    .clk_i, .rst_ni, .data_i({fresh_6, column_last_6, last_6}), .data_o({fresh_9, column_last_9, last_9})
  );
  assign lower_fill_4 = (work_4.wide && beat_4.step) ? work_4.fill[7:4] : work_4.fill[3:0];
  assign upper_fill_4 = (work_4.wide && !beat_4.step) ? work_4.fill[7:4] : work_4.fill[3:0];
  dlp_delay #(.Width(8), .Cycles(TakeCycles + 1 - 4)) u_fill (
    .clk_i, .rst_ni, .data_i({upper_fill_4, lower_fill_4}), .data_o({upper_fill_9, lower_fill_9})
  );

  for (genvar c = 0; c < Clusters; c++) begin : gen_cluster
    for (genvar b = 0; b < Half; b++) begin : gen_pair
      localparam int unsigned Lower = (c * Banks + b) * WordBits;
      localparam int unsigned Upper = (c * Banks + b + Half) * WordBits;
      dlp_pool_pair #(
        .Lanes(Lanes)
      ) u_pair (
        .clk_i,
        .take_i        (take_8),
        .first_i       (first_8),
        .wide_i        (wide_8),
        .top_is_upper_i(top_is_upper_8),
        .lower_signed_i(lower_signed_8),
        .upper_signed_i(upper_signed_8),
        .lower_i       (words_i[Lower+:WordBits]),
        .upper_i       (words_i[Upper+:WordBits]),
        .fresh_i       (fresh_9),
        .column_last_i (column_last_9),
        .last_i        (last_9),
        .inside_i      (inside_9),
        .lower_fill_i  (lower_fill_9),
        .upper_fill_i  (upper_fill_9),
        .lower_o       (write_data_o[Lower+:WordBits]),
        .upper_o       (write_data_o[Upper+:WordBits])
      );
    end
  end

  logic unused;
  assign unused = ^{beat_1, beat_2, beat_3, beat_4, work_0, work_1, work_2, work_3, work_4};

`ifndef SYNTHESIS
  initial assert ($bits(dlp_pool_pkg::beat_t) == dlp_pool_pkg::BeatBits) else $fatal(1, "BeatBits");
  initial assert (ReadCycles == 4) else $fatal(1, "four registers from beat to address");
  initial assert (WriteCycles == TakeCycles + 3) else $fatal(1, "three registers behind the torus");
`endif

endmodule
