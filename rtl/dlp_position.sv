// The position sequencer: walks a COMPUTE's positions (`rows` rows from first_row, wrapping at the patch height; the columns in force likewise) and
// presents the same beats at each. With a serial post (dlp_serial_post.sv) it waits before each position until its taps are found
// (dlp_serial_taps.sv), and behind it until it is written.
//
// Latency: a COMPUTE accepted in cycle t has its first beat in t + IssueToBeatCycles.
// Throughput: one beat a cycle, without a gap between positions, nor between COMPUTEs. Stalls: never.

module dlp_position #(
  // derived: leave alone
  parameter int unsigned LeadBits = $clog2(2 * dlp_machine_pkg::Taps + 1)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the layer in force (with a serial post also while the COMPUTE is at work) and a COMPUTE, taken at once: dlp_compute_queue.sv knows when
  input  dlp_compute_pkg::layer_t layer_i,
  // the first and the last column in force, and whether those asked for leave the patch; unused on a machine without COLUMNS
  input  logic [7:0]              first_column_i,
  input  logic [7:0]              last_column_i,
  input  logic                    columns_leave_i,
  input  logic                    compute_valid_i,
  input  dlp_isa_pkg::compute_t   compute_i,
  input  logic [15:0]             index_i,

  // at work; with the last beat, or with the cycle in which a serial post has written the last position
  output logic active_o,
  output logic done_o,
  input  logic written_i,

  // one beat: its address in the weight memory and what travels with it
  output logic [15:0]            address_o,
  output dlp_compute_pkg::beat_t beat_o,

  // with a serial post: cycles until the position's first beat
  output logic [LeadBits-1:0] lead_o
);

  logic                   active_d, active_q;
  logic [15:0]            start_d, start_q, address_d, address_q;
  logic [13:0]            beats_d, beats_q, remaining_d, remaining_q;
  logic [7:0]             row_d, row_q, column_d, column_q, rows_d, rows_q;
  logic [7:0]             first_column_d, first_column_q, last_column_d, last_column_q, next_column;
  logic                   first_d, first_q, first_position_d, first_position_q;
  logic                   leaves_d, leaves_q, waits_d, waits_q;
  logic [15:0]            index_d, index_q;
  dlp_compute_pkg::pass_t pass_d, pass_q;

  // As far as this machine's fields reach.
  dlp_isa_pkg::compute_t most;
  dlp_isa_pkg::layer_t   most_layer;
  assign most = dlp_machine_pkg::ComputeMask;
  assign most_layer = dlp_machine_pkg::LayerMask;

  localparam bit Serial = dlp_machine_pkg::PostInterval > 1;
  localparam logic [LeadBits-1:0] Lead = Serial ? LeadBits'(2 * dlp_machine_pkg::Taps) : '0;
  logic [LeadBits-1:0] lead_d, lead_q;
  dlp_compute_pkg::pass_t pass;
  always_comb begin
    pass = pass_q;
    if (Serial) pass.layer = layer_i;
  end

  logic last_beat, ends, last_column, last_position, done, leaves;

  assign leaves = compute_i.rows > layer_i.patch_height || compute_i.first_row >= layer_i.patch_height || columns_leave_i;
  assign last_beat = remaining_q == 14'd1;
  assign ends = Serial ? waits_q && written_i : last_beat;
  assign next_column = column_q + 8'd1;
  assign last_column = dlp_machine_pkg::ColumnRanges ? column_q == last_column_q : next_column == pass.layer.patch_width;
  assign last_position = last_column && rows_q == 8'd1;
  assign done = active_q && ends && last_position;

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
    leaves_d = leaves_q;
    waits_d = waits_q;
    lead_d = lead_q;
    index_d = index_q;
    pass_d = pass_q;

    if (lead_q != '0) lead_d = lead_q - LeadBits'(1);
    if (active_q && (!Serial || lead_q == '0)) waits_d = Serial && last_beat && !ends;
    if (active_q && (!Serial || lead_q == '0) && (!last_beat || ends)) begin
      first_d = last_beat;
      address_d = last_beat ? start_q : address_q + 16'd1;
      remaining_d = last_beat ? beats_q : remaining_q - 14'd1;
      if (last_beat) begin
        first_position_d = 1'b0;
        lead_d = Lead;
        column_d = (next_column == pass.layer.patch_width) ? 8'd0 : next_column;
        if (last_column) column_d = first_column_q;
        if (last_column) begin
          rows_d = rows_q - 8'd1;
          row_d = (row_q + 8'd1 == pass.layer.patch_height) ? 8'd0 : row_q + 8'd1;
        end
      end
    end

    address_d = address_d & 16'(2 ** dlp_machine_pkg::BeatAddressBits - 1);
    remaining_d = remaining_d & most.beats;
    row_d = row_d & most_layer.patch_height;
    column_d = column_d & most_layer.patch_width;
    rows_d = rows_d & most.rows;

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
      leaves_d = leaves;
      waits_d = 1'b0;
      lead_d = Lead;
      index_d = index_i;
      pass_d.layer = layer_i;
      pass_d.group = compute_i.group;
      pass_d.result = compute_i.output_field;
      pass_d.lane_sum = compute_i.lane_sum;
      pass_d.accumulate = compute_i.accumulate;
      pass_d.logits = compute_i.logits;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      pass_q <= '0;
    end else begin
      active_q <= active_d;
      pass_q <= pass_d;
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
    first_column_q <= dlp_machine_pkg::ColumnRanges ? first_column_d & most_layer.patch_width : 8'd0;
    last_column_q <= dlp_machine_pkg::ColumnRanges ? last_column_d & most_layer.patch_width : 8'd0;
    leaves_q <= leaves_d;
    waits_q <= waits_d;
    lead_q <= lead_d;
    index_q <= index_d;
    first_q <= first_d;
    first_position_q <= first_position_d;
  end

  assign lead_o = Serial ? lead_q : '0;
  assign address_o = address_q;
  always_comb begin
    beat_o.valid = active_q && !(Serial && waits_q) && (!Serial || lead_q == '0);
    beat_o.first = first_q;
    beat_o.last = last_beat;
    beat_o.first_position = first_position_q;
    beat_o.last_position = last_position;
    beat_o.leaves = leaves_q;
    beat_o.index = index_q;
    beat_o.row = row_q;
    beat_o.column = column_q;
    beat_o.pass = pass;
  end

  logic unused;
  assign unused = ^{written_i, waits_q, compute_i.reserved, compute_i.gap, compute_i.wait_field, compute_i.signal, compute_i.opcode, most, most_layer};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::IssueToBeatCycles == 1) else $fatal(1, "a COMPUTE's fields are registered once");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_free: assert (!compute_valid_i || !active_q || done);
      a_not_empty: assert (!compute_valid_i || (compute_i.beats != 0 && compute_i.rows != 0 && (leaves || layer_i.patch_width != 0)));
      a_row_in_patch: assert (!active_q || leaves_q || (row_q < pass.layer.patch_height));
    end
  end
`endif

endmodule
