// The sequencer of the bank operations POOL, MOVE and REPATCH: runs over slot, step (two planes take two), position (row-major, as dlp_position.sv), window
// column and window row. The window of REPATCH is the lanes that receive, row by row. A word of POOL has a beat for every tap that it reads, and an idle
// one after a single tap, as every second cycle of the banks' write ports is reserved for LOAD. With `advance` the maximum of the last column is kept in
// dlp_bank_op_pair.sv: at every position but the first of a row, the window column that it then is has no beats. A word of MOVE has two beats, as the
// torus has registers, for each of its passes.
//
// Latency: an instruction accepted in cycle t has its first beat in t + IssueToBeatCycles.
// Throughput: one beat a cycle, without a gap between words, nor between instructions. Stalls: never.

module dlp_bank_op_sequencer #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2
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

  output dlp_machine_pkg::bank_beat_t beat_o
);

  // The fields up to `wide` are the same in all three.
  logic [127:0]       word;
  dlp_isa_pkg::pool_t pool;
  dlp_isa_pkg::move_t move;
  dlp_isa_pkg::repatch_t repatch;
  logic               is_move, is_repatch;
  assign word = instruction_i.word & (dlp_machine_pkg::PoolMask | dlp_machine_pkg::MoveMask | dlp_machine_pkg::RepatchMask);
  assign pool = word;
  assign move = word;
  assign repatch = word;
  assign is_move = pool.opcode == dlp_isa_pkg::OpMove;
  assign is_repatch = pool.opcode == dlp_isa_pkg::OpRepatch;

  localparam int unsigned GeometryBits = dlp_isa_pkg::GeometryBits;
  logic [GeometryBits-1:0] geometries[2*dlp_isa_pkg::GeometriesPerBlock];
  dlp_isa_pkg::geometry_t  geometry;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < dlp_machine_pkg::GeometriesPerLoad; i++) begin
      if (table_load_i.geometry_valid[i]) begin
        geometries[{table_load_i.block, table_load_i.geometry_index + 2'(i)}] <= table_load_i.geometries[i*GeometryBits+:GeometryBits];
      end
    end
  end
  assign geometry = geometries[{layer_i.block, pool.geometry}];

  dlp_machine_pkg::bank_op_t op_d, op_q;
  logic                active_d, active_q;
  logic [7:0]          row_d, row_q, column_d, column_q, rows_d, rows_q, patch_height_d, patch_height_q;
  // of the first position
  logic [7:0]          row_0_d, row_0_q, rows_0_d, rows_0_q;
  logic [7:0]          slot_d, slot_q;
  logic                step_d, step_q, idle_d, idle_q;
  // passes of MOVE through the torus
  logic [4:0]          torus_pass_d, torus_pass_q, last_pass_d, last_pass_q;
  // taps of the window: POOL's columns of rows, REPATCH's rows of columns
  logic [3:0]          outer_d, outer_q, inner_d, inner_q;
  logic [4:0]          outer_taps_d, outer_taps_q, inner_taps_d, inner_taps_q;
  // POOL: the window column that is the last one of the position before, if any: its maximum is reused
  logic                reuses_d, reuses_q;
  logic [3:0]          reused_column_d, reused_column_q;
  // of the slot
  logic [dlp_machine_pkg::MapAddressBits-1:0] source_d, source_q, target_d, target_q;

  // Lanes to shift in either direction, besides the lane that the tap itself may shift.
  logic [4:0] distance_rows, distance_columns;
  assign distance_rows = move.lane_rows[4] ? -move.lane_rows : move.lane_rows;
  assign distance_columns = move.lane_columns[4] ? -move.lane_columns : move.lane_columns;

  logic exceeds_patch;
  assign exceeds_patch = pool.rows > layer_i.patch_height || pool.first_row >= layer_i.patch_height;

  logic skips, single, last_inner, last_tap, last_of_word, last_column, last_of_plane, last_of_slot;

  // A position that omits the reused column of its window.
  assign skips = reuses_q && column_q != 8'd0;
  assign single = inner_taps_q == 5'd1 && (outer_taps_q == 5'd1 || (skips && outer_taps_q == 5'd2));
  assign last_inner = 5'(inner_q) + 5'd1 == inner_taps_q;
  assign last_tap = last_inner && 5'(outer_q) + 5'd1 == outer_taps_q;
  assign last_of_word = single ? idle_q && torus_pass_q == last_pass_q : last_tap;
  assign last_column = column_q + 8'd1 == op_q.patch_width;
  assign last_of_plane = last_of_word && last_column && rows_q == 8'd1;
  assign last_of_slot = last_of_plane && (step_q || !op_q.wide);

  assign active_o = active_q;
  assign done_o = active_q && last_of_slot && slot_q == 8'd1;

  always_comb begin
    op_d = op_q;
    active_d = active_q && !done_o;
    row_d = row_q;
    column_d = column_q;
    rows_d = rows_q;
    patch_height_d = patch_height_q;
    slot_d = slot_q;
    row_0_d = row_0_q;
    rows_0_d = rows_0_q;
    step_d = step_q;
    idle_d = idle_q;
    torus_pass_d = torus_pass_q;
    last_pass_d = last_pass_q;
    outer_d = outer_q;
    inner_d = inner_q;
    outer_taps_d = outer_taps_q;
    inner_taps_d = inner_taps_q;
    reuses_d = reuses_q;
    reused_column_d = reused_column_q;
    source_d = source_q;
    target_d = target_q;

    if (active_q) begin
      idle_d = single && !idle_q;
      if (idle_q) torus_pass_d = last_of_word ? 5'd0 : torus_pass_q + 5'd1;
      if (!single) begin
        inner_d = last_inner ? 4'd0 : inner_q + 4'd1;
        if (last_inner) outer_d = (skips && outer_q + 4'd1 == reused_column_q) ? outer_q + 4'd2 : outer_q + 4'd1;
      end
      if (last_of_word) begin
        // The next position may begin with the reused column.
        outer_d = (reuses_q && !last_column && reused_column_q == 4'd0) ? 4'd1 : 4'd0;
        column_d = last_column ? 8'd0 : column_q + 8'd1;
        if (last_column) begin
          rows_d = rows_q - 8'd1;
          row_d = (row_q + 8'd1 == patch_height_q) ? 8'd0 : row_q + 8'd1;
        end
      end
      if (last_of_plane) begin
        rows_d = rows_0_q;
        row_d = row_0_q;
        step_d = op_q.wide && !step_q;
      end
      if (last_of_slot) begin
        slot_d = slot_q - 8'd1;
        source_d = source_q + (op_q.wide ? {9'b0, op_q.source_stride, 1'b0} : {10'b0, op_q.source_stride});
        target_d = target_q + (op_q.wide ? {9'b0, op_q.output_stride, 1'b0} : {10'b0, op_q.output_stride});
      end
    end

    if (valid_i) begin
      op_d.pitch = geometry.pitch;
      op_d.height = geometry.height;
      op_d.stride_y = geometry.stride_y;
      op_d.stride_x = geometry.stride_x;
      op_d.offset_y = geometry.offset_y;
      op_d.offset_x = geometry.offset_x;
      op_d.reach_y = is_repatch ? geometry.stride_y * 12'(layer_i.patch_height) : 12'(geometry.dilation_y);
      op_d.reach_x = is_repatch ? geometry.stride_x * 12'(layer_i.patch_width) : 12'(geometry.dilation_x);
      op_d.valid_height = geometry.valid_height;
      op_d.valid_width = geometry.valid_width;
      op_d.source_stride = geometry.plane_stride;
      op_d.output_stride = layer_i.plane_stride;
      op_d.patch_width = layer_i.patch_width;
      op_d.wide = pool.wide;
      op_d.move = is_move;
      op_d.repatch = is_repatch;
      op_d.signed_codes = pool.signed_field && !is_move && !is_repatch;
      op_d.lane_rows = is_move ? move.lane_rows : 5'd0;
      op_d.lane_columns = is_move ? move.lane_columns : 5'd0;
      op_d.fill = is_move ? move.fill : is_repatch ? repatch.fill : 8'd0;
      op_d.exceeds_patch = exceeds_patch;
      op_d.index = instruction_i.index;
      active_d = 1'b1;
      row_d = pool.first_row;
      column_d = 8'd0;
      rows_d = pool.rows;
      patch_height_d = layer_i.patch_height;
      slot_d = pool.slots;
      row_0_d = pool.first_row;
      rows_0_d = pool.rows;
      step_d = 1'b0;
      idle_d = 1'b0;
      torus_pass_d = 5'd0;
      last_pass_d = 5'd0;
      if (is_move) last_pass_d = (distance_rows > distance_columns) ? distance_rows : distance_columns;
      outer_d = 4'd0;
      inner_d = 4'd0;
      outer_taps_d = is_repatch ? 5'(GridHeight) : is_move ? 5'd1 : {1'b0, pool.window_width};
      inner_taps_d = is_repatch ? 5'(GridWidth) : is_move ? 5'd1 : {1'b0, pool.window_height};
      reuses_d = !is_move && !is_repatch && pool.advance != 3'd0;
      reused_column_d = pool.window_width - {1'b0, pool.advance} - 4'd1;
      source_d = {8'b0, pool.source};
      target_d = {8'b0, pool.output_field};
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) active_q <= 1'b0;
    else active_q <= active_d;
  end

  always_ff @(posedge clk_i) begin
    op_q <= op_d;
    row_q <= row_d;
    column_q <= column_d;
    rows_q <= rows_d;
    patch_height_q <= patch_height_d;
    slot_q <= slot_d;
    row_0_q <= row_0_d;
    rows_0_q <= rows_0_d;
    step_q <= step_d;
    idle_q <= idle_d;
    torus_pass_q <= torus_pass_d;
    last_pass_q <= last_pass_d;
    outer_q <= outer_d;
    inner_q <= inner_d;
    outer_taps_q <= outer_taps_d;
    inner_taps_q <= inner_taps_d;
    reuses_q <= reuses_d;
    reused_column_q <= reused_column_d;
    source_q <= source_d;
    target_q <= target_d;
  end

  always_comb begin
    beat_o.valid = active_q;
    beat_o.read = active_q && !idle_q && torus_pass_q == 5'd0;
    beat_o.recirculate = active_q && !idle_q && torus_pass_q != 5'd0;
    beat_o.take = active_q && !idle_q && torus_pass_q == last_pass_q;
    beat_o.column_first = inner_q == 4'd0 && (outer_q == 4'd0 || !op_q.repatch);
    beat_o.first_column = op_q.repatch || (outer_q == 4'd0 && !skips);
    beat_o.column_last = active_q && (last_of_word || (last_inner && !single && !op_q.repatch));
    beat_o.word_last = last_of_word;
    beat_o.torus_pass = torus_pass_q;
    beat_o.step = step_q;
    beat_o.row = row_q;
    beat_o.column = column_q;
    beat_o.tap_row = op_q.repatch ? outer_q : inner_q;
    beat_o.tap_column = op_q.repatch ? inner_q : outer_q;
    beat_o.source = source_q;
    beat_o.target = target_q;
    beat_o.op = op_q;
  end

  logic unused;
  assign unused = ^{geometry.reserved, geometry.column_bits, table_load_i, layer_i, pool, move, repatch};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToBeatCycles == 1) else $fatal(1, "an instruction's fields are registered once");
  initial assert (dlp_isa_pkg::LeastWordBeats == 2) else $fatal(1, "one idle beat after a single tap");
  initial assert (dlp_isa_pkg::TorusCycles == 2) else $fatal(1, "two beats for a pass");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_free: assert (!valid_i || !active_q || done_o);
      a_not_empty: assert (!valid_i || (pool.rows != 0 && pool.slots != 0 && (exceeds_patch || layer_i.patch_width != 0)));
      a_row_in_patch: assert (!active_q || op_q.exceeds_patch || row_q < patch_height_q);
    end
  end
`endif

endmodule
