// One source geometry of a table block. Its plane stride is for the bank operations (dlp_bank_op_sequencer.sv).
//
// Latency: 1 from load to fields. Throughput: one load a cycle. Stalls: never.

module dlp_geometry (
  input  logic clk_i,

  // LOADT
  input  logic                   load_valid_i,
  input  dlp_isa_pkg::geometry_t load_data_i,

  output logic [7:0]  pitch_o,
  output logic [7:0]  height_o,
  output logic [3:0]  stride_y_o,
  output logic [3:0]  stride_x_o,
  output logic [7:0]  offset_y_o,
  output logic [7:0]  offset_x_o,
  output logic [3:0]  dilation_y_o,
  output logic [3:0]  dilation_x_o,
  output logic [1:0]  column_bits_o,
  output logic [11:0] valid_height_o,
  output logic [11:0] valid_width_o
);

  dlp_isa_pkg::geometry_t geometry_q;

  always_ff @(posedge clk_i) begin
    if (load_valid_i) geometry_q <= load_data_i;
  end

  assign pitch_o = geometry_q.pitch;
  assign height_o = geometry_q.height;
  assign stride_y_o = geometry_q.stride_y;
  assign stride_x_o = geometry_q.stride_x;
  assign offset_y_o = geometry_q.offset_y;
  assign offset_x_o = geometry_q.offset_x;
  assign dilation_y_o = geometry_q.dilation_y;
  assign dilation_x_o = geometry_q.dilation_x;
  assign column_bits_o = geometry_q.column_bits;
  assign valid_height_o = geometry_q.valid_height;
  assign valid_width_o = geometry_q.valid_width;

  logic unused;
  assign unused = ^{geometry_q.reserved, geometry_q.plane_stride};

endmodule
