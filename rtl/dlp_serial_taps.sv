// What every tap of the block in use reads at one output position, as in dlp_tap_offsets.sv, on a machine that waits at each position in any case
// (PostInterval > 1) and has one geometry: one tap a cycle, rows first, each a dilation after the one before.
//
//   lead_i     2 · Taps … 1: tap 0 of the rows … the last of the columns    stride · position + offset, or + dilation
//              a cycle later                                               wrap into the patch, lane shift, mask; held
//
// A tap more than one lane away, or in a row past the end of the banks, is out of range: both bits of a shift are set.
//
// Latency: 2 · Taps + 1 from the first lead_i to all outputs but column_bits_o, which are the registers; they are held while lead_i is 0.
// Throughput: one position in as many cycles. Stalls: never.

module dlp_serial_taps #(
  parameter int unsigned GridHeight = 1,
  parameter int unsigned GridWidth = 1,
  parameter int unsigned AddressBits = 8,
  parameter int unsigned GeometriesPerLoad = 1,
  parameter int unsigned Taps = 4,
  // of a patch's height or width
  parameter int unsigned ExtentBits = 8,
  // of stride · position + offset + dilation · tap, signed
  parameter int unsigned ReachBits = 14,
  parameter int unsigned LeadBits = $clog2(2 * Taps + 1)
) (
  input  logic clk_i,

  // LOADT, as in dlp_tap_offsets.sv
  input  logic [GeometriesPerLoad-1:0]     load_valid_i,
  input  logic                             load_block_i,
  input  logic [1:0]                       load_index_i,
  input  logic [GeometriesPerLoad*dlp_isa_pkg::GeometryBits-1:0] load_data_i,

  // held from the first lead_i to the position's last beat
  input  logic                block_i,
  input  logic [7:0]          row_i,
  input  logic [7:0]          column_i,
  input  logic [LeadBits-1:0] lead_i,

  output logic [2*2-1:0]             column_bits_o,
  output logic [Taps*16-1:0]         row_offset_o,
  output logic [Taps*2-1:0]          row_shift_o,
  output logic [Taps*GridHeight-1:0] row_mask_o,
  output logic [Taps*8-1:0]          column_offset_o,
  output logic [Taps*2-1:0]          column_shift_o,
  output logic [Taps*GridWidth-1:0]  column_mask_o
);

  logic [2*8-1:0]  pitch, height, offset_y, offset_x;
  logic [2*4-1:0]  stride_y, stride_x, dilation_y, dilation_x;
  logic [2*12-1:0] valid_height, valid_width;

  for (genvar i = 0; i < 2; i++) begin : gen_geometry
    dlp_geometry u_geometry (
      .clk_i,
      .load_valid_i  (load_valid_i[0] && load_block_i == 1'(i) && load_index_i == 2'd0),
      .load_data_i   (load_data_i[dlp_isa_pkg::GeometryBits-1:0]),
      .pitch_o       (pitch[i*8+:8]),
      .height_o      (height[i*8+:8]),
      .stride_y_o    (stride_y[i*4+:4]),
      .stride_x_o    (stride_x[i*4+:4]),
      .offset_y_o    (offset_y[i*8+:8]),
      .offset_x_o    (offset_x[i*8+:8]),
      .dilation_y_o  (dilation_y[i*4+:4]),
      .dilation_x_o  (dilation_x[i*4+:4]),
      .column_bits_o (column_bits_o[i*2+:2]),
      .valid_height_o(valid_height[i*12+:12]),
      .valid_width_o (valid_width[i*12+:12])
    );
  end

  // The axis whose tap is computed; rows_q: the same a cycle later.
  logic        first, rows, rows_q;
  logic [3:0]  stride, dilation;
  logic [7:0]  offset, position;
  assign rows = lead_i > LeadBits'(Taps);
  assign first = lead_i == LeadBits'(2 * Taps) || lead_i == LeadBits'(Taps);
  assign stride = rows ? stride_y[block_i*4+:4] : stride_x[block_i*4+:4];
  assign dilation = rows ? dilation_y[block_i*4+:4] : dilation_x[block_i*4+:4];
  assign offset = rows ? offset_y[block_i*8+:8] : offset_x[block_i*8+:8];
  assign position = rows ? row_i : column_i;

  logic signed [ReachBits-1:0] tap_d, tap_q, extent_signed, wrapped, from, step;
  assign from = first ? ReachBits'($signed(offset)) : tap_q;
  assign step = first ? ReachBits'(stride * 12'(position)) : ReachBits'(dilation);
  assign tap_d = from + step;
  always_ff @(posedge clk_i) begin
    if (lead_i != '0) begin
      tap_q <= tap_d;
      rows_q <= rows;
    end
  end

  // The tap that was computed in the cycle before.
  localparam int unsigned Lanes = (GridHeight > GridWidth) ? GridHeight : GridWidth;
  logic [7:0]           extent, coordinate;
  logic [11:0]          valid;
  logic                 below, above, out_of_range;
  logic [1:0]           neighbour, shift;
  logic [Lanes-1:0]     valid_lane, mask;
  logic [15:0]          row_offset;
  assign extent = rows_q ? height[block_i*8+:8] : pitch[block_i*8+:8];
  assign valid = rows_q ? valid_height[block_i*12+:12] : valid_width[block_i*12+:12];
  assign extent_signed = ReachBits'(extent);
  assign below = tap_q < 0;
  assign above = !below && tap_q >= extent_signed;
  assign neighbour = {above, below};
  assign wrapped = tap_q + ((extent_signed & {ReachBits{below || above}}) ^ {ReachBits{above}}) + $signed(ReachBits'(above));
  assign out_of_range = wrapped[ReachBits-1:ExtentBits] != '0 || wrapped[ExtentBits-1:0] >= extent[ExtentBits-1:0];
  assign coordinate = 8'(wrapped[ExtentBits-1:0]);
  assign row_offset = coordinate * 16'(pitch[block_i*8+:8]);
  assign shift = out_of_range || (rows_q && 17'(row_offset) >> AddressBits != 17'd0) ? 2'b11 : neighbour;

  // Whether a source lane has a pixel of the map at the coordinate; then the same for the lane that receives it.
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic lane_before, lane_after;
    assign valid_lane[l] = $signed(14'(coordinate)) < $signed(14'(valid) - 14'(l * extent));
    if (l == 0) assign lane_before = 1'b0;
    else assign lane_before = valid_lane[l-1];
    // the last lane of the rows or of the columns has none after it
    if (l == Lanes - 1) assign lane_after = 1'b0;
    else assign lane_after = valid_lane[l+1] && !(l == (32'(rows_q) != 0 ? GridHeight : GridWidth) - 1);
    assign mask[l] = below ? lane_before : above ? lane_after : valid_lane[l];
  end

  for (genvar t = 0; t < Taps; t++) begin : gen_tap
    logic [15:0]           row_offset_q;
    logic [7:0]            column_offset_q;
    logic [1:0]            row_shift_q, column_shift_q;
    logic [GridHeight-1:0] row_mask_q;
    logic [GridWidth-1:0]  column_mask_q;
    always_ff @(posedge clk_i) begin
      if (lead_i == LeadBits'(2 * Taps - 1 - t)) begin
        row_offset_q <= row_offset;
        row_shift_q <= shift;
        row_mask_q <= mask[GridHeight-1:0];
      end
      if (lead_i == LeadBits'(Taps - 1 - t)) begin
        column_offset_q <= coordinate;
        column_shift_q <= shift;
        column_mask_q <= mask[GridWidth-1:0];
      end
    end
    assign row_offset_o[t*16+:16] = row_offset_q;
    assign row_shift_o[t*2+:2] = row_shift_q;
    assign row_mask_o[t*GridHeight+:GridHeight] = row_mask_q;
    assign column_offset_o[t*8+:8] = column_offset_q;
    assign column_shift_o[t*2+:2] = column_shift_q;
    assign column_mask_o[t*GridWidth+:GridWidth] = column_mask_q;
  end

  logic unused;
  assign unused = ^{load_data_i, load_valid_i};

endmodule
