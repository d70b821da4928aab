// The position sequencer: runs over a COMPUTE's positions (`rows` rows from first_row, wrapping at the patch height; the columns in force likewise)
// and presents the same beats at each. With a serial post (dlp_serial_post.sv) it waits before each position until the position's taps are
// computed (dlp_serial_taps.sv), and after it until its codes are written.
//
// Latency: a COMPUTE accepted in cycle t has its first beat in t + IssueToBeatCycles.
// Throughput: one beat a cycle, without a gap between positions, nor between COMPUTEs. Stalls: never.

module dlp_position #(
  // derived: leave alone
  parameter int unsigned LeadBits = $clog2(2 * dlp_machine_pkg::Taps + 1)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the layer in force (with a serial post it is held while the COMPUTE is active) and a COMPUTE, taken at once: dlp_compute_queue.sv issues it
  input  dlp_machine_pkg::active_layer_t                 layer_i,
  // the first and the last column in force, and whether those of COLUMNS exceed the patch; unused on a machine without COLUMNS
  input  logic [dlp_isa_pkg::LayerPatchWidthBits-1:0]    first_column_i,
  input  logic [dlp_isa_pkg::LayerPatchWidthBits-1:0]    last_column_i,
  input  logic                                           columns_exceed_patch_i,
  input  logic                                           compute_valid_i,
  input  dlp_isa_pkg::compute_t                          compute_i,
  input  logic [dlp_machine_pkg::ProgramAddressBits-1:0] index_i,

  // active; with the last beat, or in the cycle in which a serial post has written the last position
  output logic active_o,
  output logic done_o,
  input  logic written_i,

  // one beat: its address in the weight memory and its fields
  output logic [dlp_isa_pkg::ComputeBeatBits-1:0] address_o,
  output dlp_machine_pkg::compute_beat_t          beat_o,

  // with a serial post: cycles until the position's first beat
  output logic [LeadBits-1:0] lead_o
);

  localparam int unsigned BeatBits = dlp_isa_pkg::ComputeBeatBits;
  localparam int unsigned BeatsBits = dlp_isa_pkg::ComputeBeatsBits;
  localparam int unsigned ExtentBits = dlp_isa_pkg::LayerPatchHeightBits;
  logic                  active_d, active_q;
  logic [BeatBits-1:0]   start_d, start_q, address_d, address_q;
  logic [BeatsBits-1:0]  beats_d, beats_q, remaining_d, remaining_q;
  logic [ExtentBits-1:0] row_d, row_q, column_d, column_q, rows_d, rows_q;
  logic [ExtentBits-1:0] first_column_d, first_column_q, last_column_d, last_column_q, next_column;
  logic                  first_d, first_q, first_position_d, first_position_q;
  logic                  exceeds_patch_d, exceeds_patch_q, writing_d, writing_q;
  logic [dlp_machine_pkg::ProgramAddressBits-1:0] index_d, index_q;
  dlp_machine_pkg::compute_op_t op_d, op_q;

  // The bits of the fields that this machine has.
  dlp_isa_pkg::compute_t compute_mask;
  dlp_isa_pkg::layer_t   layer_mask;
  assign compute_mask = dlp_machine_pkg::ComputeMask;
  assign layer_mask = dlp_machine_pkg::LayerMask;

  localparam bit Serial = dlp_machine_pkg::PostInterval > 1;
  localparam logic [LeadBits-1:0] Lead = Serial ? LeadBits'(2 * dlp_machine_pkg::Taps) : '0;
  logic [LeadBits-1:0] lead_d, lead_q;
  dlp_machine_pkg::compute_op_t op;
  always_comb begin
    op = op_q;
    if (Serial) op.layer = layer_i;
  end

  logic last_beat, position_ends, last_column, last_position, done, exceeds_patch;

  assign exceeds_patch = compute_i.rows > layer_i.patch_height || compute_i.first_row >= layer_i.patch_height || columns_exceed_patch_i;
  assign last_beat = remaining_q == BeatsBits'(1);
  assign position_ends = Serial ? writing_q && written_i : last_beat;
  assign next_column = column_q + ExtentBits'(1);
  assign last_column = dlp_machine_pkg::ColumnRanges ? column_q == last_column_q : next_column == op.layer.patch_width;
  assign last_position = last_column && rows_q == ExtentBits'(1);
  assign done = active_q && position_ends && last_position;

  assign active_o = active_q;
  assign done_o = done;

  always_comb begin
    active_d = active_q && !done;
    start_d = start_q;
    address_d = address_q;
    beats_d = beats_q;
    remaining_d = remaining_q;
    row_d = row_q;
    column_d = column_q;
    rows_d = rows_q;
    first_column_d = first_column_q;
    last_column_d = last_column_q;
    first_d = first_q;
    first_position_d = first_position_q;
    exceeds_patch_d = exceeds_patch_q;
    writing_d = writing_q;
    lead_d = lead_q;
    index_d = index_q;
    op_d = op_q;

    if (lead_q != '0) lead_d = lead_q - LeadBits'(1);
    if (active_q && (!Serial || lead_q == '0)) writing_d = Serial && last_beat && !position_ends;
    if (active_q && (!Serial || lead_q == '0) && (!last_beat || position_ends)) begin
      first_d = last_beat;
      address_d = last_beat ? start_q : address_q + BeatBits'(1);
      remaining_d = last_beat ? beats_q : remaining_q - BeatsBits'(1);
      if (last_beat) begin
        first_position_d = 1'b0;
        lead_d = Lead;
        column_d = (next_column == op.layer.patch_width) ? ExtentBits'(0) : next_column;
        if (last_column) column_d = first_column_q;
        if (last_column) begin
          rows_d = rows_q - ExtentBits'(1);
          row_d = (row_q + ExtentBits'(1) == op.layer.patch_height) ? ExtentBits'(0) : row_q + ExtentBits'(1);
        end
      end
    end

    address_d = address_d & BeatBits'(2 ** dlp_machine_pkg::BeatAddressBits - 1);
    remaining_d = remaining_d & compute_mask.beats;
    row_d = row_d & layer_mask.patch_height;
    column_d = column_d & layer_mask.patch_width;
    rows_d = rows_d & compute_mask.rows;

    if (compute_valid_i) begin
      active_d = 1'b1;
      start_d = compute_i.beat;
      address_d = compute_i.beat;
      beats_d = compute_i.beats;
      remaining_d = compute_i.beats;
      row_d = compute_i.first_row;
      column_d = first_column_i;
      rows_d = compute_i.rows;
      first_column_d = first_column_i;
      last_column_d = last_column_i;
      first_d = 1'b1;
      first_position_d = 1'b1;
      exceeds_patch_d = exceeds_patch;
      writing_d = 1'b0;
      lead_d = Lead;
      index_d = index_i;
      op_d.layer = layer_i;
      op_d.group = compute_i.group;
      op_d.output_base = compute_i.output_field;
      op_d.lane_sum = compute_i.lane_sum;
      op_d.accumulate = compute_i.accumulate;
      op_d.logits = compute_i.logits;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      op_q <= '0;
    end else begin
      active_q <= active_d;
      op_q <= op_d;
    end
  end

  always_ff @(posedge clk_i) begin
    start_q <= start_d;
    address_q <= address_d;
    beats_q <= beats_d;
    remaining_q <= remaining_d;
    row_q <= row_d;
    column_q <= column_d;
    rows_q <= rows_d;
    first_column_q <= dlp_machine_pkg::ColumnRanges ? first_column_d & layer_mask.patch_width : ExtentBits'(0);
    last_column_q <= dlp_machine_pkg::ColumnRanges ? last_column_d & layer_mask.patch_width : ExtentBits'(0);
    exceeds_patch_q <= exceeds_patch_d;
    writing_q <= writing_d;
    lead_q <= lead_d;
    index_q <= index_d;
    first_q <= first_d;
    first_position_q <= first_position_d;
  end

  assign lead_o = Serial ? lead_q : '0;
  assign address_o = address_q;
  always_comb begin
    beat_o.valid = active_q && !(Serial && writing_q) && (!Serial || lead_q == '0);
    beat_o.first = first_q;
    beat_o.last = last_beat;
    beat_o.first_position = first_position_q;
    beat_o.last_position = last_position;
    beat_o.exceeds_patch = exceeds_patch_q;
    beat_o.index = index_q;
    beat_o.row = row_q;
    beat_o.column = column_q;
    beat_o.op = op;
  end

  logic unused;
  assign unused = ^{written_i, writing_q, compute_i.reserved, compute_i.gap, compute_i.wait_field, compute_i.signal, compute_i.opcode, compute_mask, layer_mask};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToBeatCycles == 1) else $fatal(1, "a COMPUTE's fields are registered once");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_free: assert (!compute_valid_i || !active_q || done);
      a_not_empty: assert (!compute_valid_i || (compute_i.beats != 0 && compute_i.rows != 0 && (exceeds_patch || layer_i.patch_width != 0)));
      a_row_in_patch: assert (!active_q || exceeds_patch_q || (row_q < op.layer.patch_height));
    end
  end
`endif

endmodule
