// The source geometries of both table blocks, and what every tap of the block in use reads at one output position: word offsets, lane shifts and lane
// masks, for every tap row and tap column of each geometry. A tap's word is the slot's base + row offset + column offset: no multiplier per bank,
// one per tap row here. A tap more than one lane away, or in a row past the end of the banks, is out of range: both bits of a shift are set.
//
// Latency: 5 from position_i to all outputs but column_bits_o, which are the registers. Throughput: one position a cycle. Stalls: never.

module dlp_tap_offsets #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned AddressBits = 9,
  // geometries written at once: 1, 2 or 4
  parameter int unsigned GeometriesPerLoad = 1,
  // that exist: the first ones
  parameter int unsigned Geometries = 4,
  parameter int unsigned Taps = 8,
  // of a patch's height or width
  parameter int unsigned ExtentBits = 8
) (
  input  logic clk_i,

  // LOADT: geometries from an index upward, a multiple of GeometriesPerLoad
  input  logic [GeometriesPerLoad-1:0]     load_valid_i,
  input  logic                             load_block_i,
  input  logic [1:0]                       load_index_i,
  input  logic [GeometriesPerLoad*dlp_isa_pkg::GeometryBits-1:0] load_data_i,

  input  logic       block_i,
  input  logic [7:0] row_i,
  input  logic [7:0] column_i,

  output logic [2*Geometries*2-1:0]             column_bits_o,
  output logic [Geometries*Taps*16-1:0]         row_offset_o,
  output logic [Geometries*Taps*2-1:0]          row_shift_o,
  output logic [Geometries*Taps*GridHeight-1:0] row_mask_o,
  output logic [Geometries*Taps*8-1:0]          column_offset_o,
  output logic [Geometries*Taps*2-1:0]          column_shift_o,
  output logic [Geometries*Taps*GridWidth-1:0]  column_mask_o
);

  logic [2*Geometries*8-1:0]  pitch, height, offset_y, offset_x;
  logic [2*Geometries*4-1:0]  stride_y, stride_x, dilation_y, dilation_x;
  logic [2*Geometries*12-1:0] valid_height, valid_width;

  for (genvar i = 0; i < 2 * Geometries; i++) begin : gen_geometry
    // among the geometries of both table blocks
    localparam int unsigned Number = i / Geometries * dlp_isa_pkg::GeometriesPerBlock + i % Geometries;
    dlp_geometry u_geometry (
      .clk_i,
      .load_valid_i  (load_valid_i[Number%GeometriesPerLoad] && {load_block_i, load_index_i} == 3'(Number / GeometriesPerLoad * GeometriesPerLoad)),
      .load_data_i   (load_data_i[Number%GeometriesPerLoad*dlp_isa_pkg::GeometryBits+:dlp_isa_pkg::GeometryBits]),
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

  logic [Geometries*Taps*8-1:0] row_coordinate, column_coordinate;
  logic [Geometries*Taps*2-1:0] row_shift;

  dlp_tap_axis #(
    .Lanes     (GridHeight),
    .Geometries(Geometries),
    .Taps      (Taps),
    .ExtentBits(ExtentBits)
  ) u_rows (
    .clk_i,
    .extent_i    (height),
    .stride_i    (stride_y),
    .offset_i    (offset_y),
    .dilation_i  (dilation_y),
    .valid_i     (valid_height),
    .block_i,
    .position_i  (row_i),
    .coordinate_o(row_coordinate),
    .shift_o     (row_shift),
    .mask_o      (row_mask_o)
  );

  dlp_tap_axis #(
    .Lanes     (GridWidth),
    .Geometries(Geometries),
    .Taps      (Taps),
    .ExtentBits(ExtentBits)
  ) u_columns (
    .clk_i,
    .extent_i    (pitch),
    .stride_i    (stride_x),
    .offset_i    (offset_x),
    .dilation_i  (dilation_x),
    .valid_i     (valid_width),
    .block_i,
    .position_i  (column_i),
    .coordinate_o(column_coordinate),
    .shift_o     (column_shift_o),
    .mask_o      (column_mask_o)
  );

  // Cycle 4: rows to words.
  logic block_4;
  dlp_delay #(
    .Width (1),
    .Cycles(4)
  ) u_block (
    .clk_i,
    .rst_ni(1'b1),
    .data_i(block_i),
    .data_o(block_4)
  );

  for (genvar g = 0; g < Geometries; g++) begin : gen_word
    logic [7:0] pitch_4;
    assign pitch_4 = block_4 ? pitch[(Geometries+g)*8+:8] : pitch[g*8+:8];
    for (genvar t = 0; t < Taps; t++) begin : gen_tap
      localparam int unsigned Index = g * Taps + t;
      logic [15:0] row_offset_q;
      logic [7:0]  column_offset_q;
      always_ff @(posedge clk_i) begin
        row_offset_q <= row_coordinate[Index*8+:8] * 16'(pitch_4);
        column_offset_q <= column_coordinate[Index*8+:8];
      end
      assign row_offset_o[Index*16+:16] = row_offset_q;
      assign row_shift_o[Index*2+:2] = row_shift[Index*2+:2] | {2{17'(row_offset_q) >> AddressBits != 17'd0}};
      assign column_offset_o[Index*8+:8] = column_offset_q;
    end
  end

endmodule
