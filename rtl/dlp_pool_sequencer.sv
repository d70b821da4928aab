// The sequencer of POOL, MOVE and REPATCH: walks slot, step (two planes take two), position (row-major, as dlp_position.sv), window column and
// window row; REPATCH's window are the lanes that receive, row by row. A word of POOL has a beat for every tap that it reads, and an idle one
// behind a single tap, as every second cycle of the banks' write ports is LOAD's. With `advance` the maximum of the last column stays in
// dlp_pool_pair.sv: at every position but the first of a row the column of the window that it then is has no beats. A word of MOVE has two beats, as the torus has
// registers, for each of its passes.
//
// Latency: an instruction accepted in cycle t has its first beat in t + IssueToBeatCycles.
// Throughput: one beat a cycle, without a gap between words, nor between instructions. Stalls: never.

module dlp_pool_sequencer #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned GeometriesPerLoad = 1
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

  output dlp_pool_pkg::beat_t beat_o
);

  // The fields up to `wide` are the same.
  dlp_isa_pkg::pool_t pool;
  dlp_isa_pkg::move_t move;
  dlp_isa_pkg::repatch_t repatch;
  logic               is_move, is_repatch;
  assign pool = word_i;
  assign move = word_i;
  assign repatch = word_i;
  assign is_move = pool.opcode == dlp_isa_pkg::OpMove;
  assign is_repatch = pool.opcode == dlp_isa_pkg::OpRepatch;

  logic [127:0]           geometries[8];
  dlp_isa_pkg::geometry_t geometry;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < GeometriesPerLoad; i++) begin
      if (geometry_load_valid_i[i]) geometries[{geometry_load_block_i, geometry_load_index_i + 2'(i)}] <= geometry_load_data_i[i*128+:128];
    end
  end
  assign geometry = geometries[{layer_i.block, pool.geometry}];

  dlp_pool_pkg::work_t work_d, work_q;
  logic                active_d, active_q;
  logic [7:0]          row_d, row_q, column_d, column_q, rows_d, rows_q, patch_height_d, patch_height_q;
  // of the first position
  logic [7:0]          row_0_d, row_0_q, rows_0_d, rows_0_q;
  logic [7:0]          slot_d, slot_q;
  logic                step_d, step_q, second_d, second_q;
  // MOVE's passes through the torus
  logic [4:0]          pass_d, pass_q, last_pass_d, last_pass_q;
  // the window: POOL's columns of rows, REPATCH's rows of columns
  logic [3:0]          outer_d, outer_q, inner_d, inner_q;
  logic [4:0]          outer_taps_d, outer_taps_q, inner_taps_d, inner_taps_q;
  // POOL: which window column the last one of the position before is, if any
  logic                keeps_d, keeps_q;
  logic [3:0]          kept_d, kept_q;
  // of the slot
  logic [23:0]         source_d, source_q, result_d, result_q;

  // The tap itself may take one pass more.
  logic [4:0] far_rows, far_columns;
  assign far_rows = move.lane_rows[4] ? -move.lane_rows : move.lane_rows;
  assign far_columns = move.lane_columns[4] ? -move.lane_columns : move.lane_columns;

  logic leaves;
  assign leaves = pool.rows > layer_i.patch_height || pool.first_row >= layer_i.patch_height;

  logic skips, single, last_inner, last_tap, last_of_word, last_column, last_of_plane, last_of_slot;

  // A position that leaves out the window's kept column.
  assign skips = keeps_q && column_q != 8'd0;
  assign single = inner_taps_q == 5'd1 && (outer_taps_q == 5'd1 || (skips && outer_taps_q == 5'd2));
  assign last_inner = 5'(inner_q) + 5'd1 == inner_taps_q;
  assign last_tap = last_inner && 5'(outer_q) + 5'd1 == outer_taps_q;
  assign last_of_word = single ? second_q && pass_q == last_pass_q : last_tap;
  assign last_column = column_q + 8'd1 == work_q.patch_width;
  assign last_of_plane = last_of_word && last_column && rows_q == 8'd1;
  assign last_of_slot = last_of_plane && (step_q || !work_q.wide);

  assign active_o = active_q;
  assign done_o = active_q && last_of_slot && slot_q == 8'd1;

  always_comb begin
    work_d = work_q;
    active_d = active_q && !done_o;
    row_d = row_q;
    column_d = column_q;
    rows_d = rows_q;
    patch_height_d = patch_height_q;
    slot_d = slot_q;
    row_0_d = row_0_q;
    rows_0_d = rows_0_q;
    step_d = step_q;
    second_d = second_q;
    pass_d = pass_q;
    last_pass_d = last_pass_q;
    outer_d = outer_q;
    inner_d = inner_q;
    outer_taps_d = outer_taps_q;
    inner_taps_d = inner_taps_q;
    keeps_d = keeps_q;
    kept_d = kept_q;
    source_d = source_q;
    result_d = result_q;

    if (active_q) begin
      second_d = single && !second_q;
      if (second_q) pass_d = last_of_word ? 5'd0 : pass_q + 5'd1;
      if (!single) begin
        inner_d = last_inner ? 4'd0 : inner_q + 4'd1;
        if (last_inner) outer_d = (skips && outer_q + 4'd1 == kept_q) ? outer_q + 4'd2 : outer_q + 4'd1;
      end
      if (last_of_word) begin
        // The next position may begin with the kept column.
        outer_d = (keeps_q && !last_column && kept_q == 4'd0) ? 4'd1 : 4'd0;
        column_d = last_column ? 8'd0 : column_q + 8'd1;
        if (last_column) begin
          rows_d = rows_q - 8'd1;
          row_d = (row_q + 8'd1 == patch_height_q) ? 8'd0 : row_q + 8'd1;
        end
      end
      if (last_of_plane) begin
        rows_d = rows_0_q;
        row_d = row_0_q;
        step_d = work_q.wide && !step_q;
      end
      if (last_of_slot) begin
        slot_d = slot_q - 8'd1;
        source_d = source_q + (work_q.wide ? {9'b0, work_q.source_stride, 1'b0} : {10'b0, work_q.source_stride});
        result_d = result_q + (work_q.wide ? {9'b0, work_q.result_stride, 1'b0} : {10'b0, work_q.result_stride});
      end
    end

    if (valid_i) begin
      work_d.pitch = geometry.pitch;
      work_d.height = geometry.height;
      work_d.stride_y = geometry.stride_y;
      work_d.stride_x = geometry.stride_x;
      work_d.offset_y = geometry.offset_y;
      work_d.offset_x = geometry.offset_x;
      work_d.reach_y = is_repatch ? geometry.stride_y * 12'(layer_i.patch_height) : 12'(geometry.dilation_y);
      work_d.reach_x = is_repatch ? geometry.stride_x * 12'(layer_i.patch_width) : 12'(geometry.dilation_x);
      work_d.valid_height = geometry.valid_height;
      work_d.valid_width = geometry.valid_width;
      work_d.source_stride = geometry.plane_stride;
      work_d.result_stride = layer_i.plane_stride;
      work_d.patch_width = layer_i.patch_width;
      work_d.wide = pool.wide;
      work_d.move = is_move;
      work_d.repatch = is_repatch;
      work_d.signed_codes = pool.signed_field && !is_move && !is_repatch;
      work_d.lane_rows = is_move ? move.lane_rows : 5'd0;
      work_d.lane_columns = is_move ? move.lane_columns : 5'd0;
      work_d.fill = is_move ? move.fill : is_repatch ? repatch.fill : 8'd0;
      work_d.leaves = leaves;
      work_d.index = index_i;
      active_d = 1'b1;
      row_d = pool.first_row;
      column_d = 8'd0;
      rows_d = pool.rows;
      patch_height_d = layer_i.patch_height;
      slot_d = pool.slots;
      row_0_d = pool.first_row;
      rows_0_d = pool.rows;
      step_d = 1'b0;
      second_d = 1'b0;
      pass_d = 5'd0;
      last_pass_d = 5'd0;
      if (is_move) last_pass_d = (far_rows > far_columns) ? far_rows : far_columns;
      outer_d = 4'd0;
      inner_d = 4'd0;
      outer_taps_d = is_repatch ? 5'(GridHeight) : is_move ? 5'd1 : {1'b0, pool.window_width};
      inner_taps_d = is_repatch ? 5'(GridWidth) : is_move ? 5'd1 : {1'b0, pool.window_height};
      keeps_d = !is_move && !is_repatch && pool.advance != 3'd0;
      kept_d = pool.window_width - {1'b0, pool.advance} - 4'd1;
      source_d = {8'b0, pool.source};
      result_d = {8'b0, pool.output_field};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) active_q <= 1'b0;
    else active_q <= active_d;
  end

  always_ff @(posedge clk_i) begin
    work_q <= work_d;
    row_q <= row_d;
    column_q <= column_d;
    rows_q <= rows_d;
    patch_height_q <= patch_height_d;
    slot_q <= slot_d;
    row_0_q <= row_0_d;
    rows_0_q <= rows_0_d;
    step_q <= step_d;
    second_q <= second_d;
    pass_q <= pass_d;
    last_pass_q <= last_pass_d;
    outer_q <= outer_d;
    inner_q <= inner_d;
    outer_taps_q <= outer_taps_d;
    inner_taps_q <= inner_taps_d;
    keeps_q <= keeps_d;
    kept_q <= kept_d;
    source_q <= source_d;
    result_q <= result_d;
  end

  always_comb begin
    beat_o.valid = active_q;
    beat_o.tap = active_q && !second_q && pass_q == 5'd0;
    beat_o.again = active_q && !second_q && pass_q != 5'd0;
    beat_o.take = active_q && !second_q && pass_q == last_pass_q;
    beat_o.first = inner_q == 4'd0 && (outer_q == 4'd0 || !work_q.repatch);
    beat_o.fresh = work_q.repatch || (outer_q == 4'd0 && !skips);
    beat_o.column_last = active_q && (last_of_word || (last_inner && !single && !work_q.repatch));
    beat_o.last = last_of_word;
    beat_o.pass = pass_q;
    beat_o.step = step_q;
    beat_o.row = row_q;
    beat_o.column = column_q;
    beat_o.tap_row = work_q.repatch ? outer_q : inner_q;
    beat_o.tap_column = work_q.repatch ? inner_q : outer_q;
    beat_o.source = source_q;
    beat_o.result = result_q;
    beat_o.work = work_q;
  end

  logic unused;
  assign unused = ^{geometry.reserved, geometry.column_bits, layer_i, pool, move, repatch};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToBeatCycles == 1) else $fatal(1, "an instruction's fields are registered once");
  initial assert (dlp_isa_pkg::LeastWordBeats == 2) else $fatal(1, "one idle beat behind a single tap");
  initial assert (dlp_isa_pkg::TorusCycles == 2) else $fatal(1, "two beats for a pass");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_free: assert (!valid_i || !active_q || done_o);
      a_not_empty: assert (!valid_i || (pool.rows != 0 && pool.slots != 0 && (leaves || layer_i.patch_width != 0)));
      a_row_in_patch: assert (!active_q || work_q.leaves || row_q < patch_height_q);
    end
  end
`endif

endmodule
