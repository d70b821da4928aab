// The torus read behind one bank: shifts a word by at most one lane in each direction, puts the fill where no pixel of the map arrives,
// and gives every nibble its sign (signed −8 to 7, else 0 to 15, in five bits).
//
// Latency: TorusCycles (rows, then columns and fill). Throughput: one word a cycle. Stalls: never.

module dlp_torus #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2
) (
  input  logic clk_i,

  input  logic [GridHeight*GridWidth*4-1:0] word_i,
  // bit 0: from the lane before, bit 1: from the lane after
  input  logic [1:0]                        row_shift_i,
  input  logic [GridHeight-1:0]             row_mask_i,
  input  logic [1:0]                        column_shift_i,
  input  logic [GridWidth-1:0]              column_mask_i,
  input  logic                              signed_i,
  input  logic [3:0]                        fill_i,

  output logic [GridHeight*GridWidth*5-1:0] vector_o
);

  localparam int unsigned LineBits = GridWidth * 4;

  logic [GridHeight*LineBits-1:0] rows_q;
  logic [GridHeight-1:0]          row_mask_q;
  logic [GridWidth-1:0]           column_mask_q;
  logic [1:0]                     column_shift_q;
  logic                           signed_q;
  logic [3:0]                     fill_q;

  for (genvar y = 0; y < GridHeight; y++) begin : gen_line
    logic [LineBits-1:0] lane_before, lane_after;
    if (y == 0) assign lane_before = '0;
    else assign lane_before = word_i[(y-1)*LineBits+:LineBits];
    if (y == GridHeight - 1) assign lane_after = '0;
    else assign lane_after = word_i[(y+1)*LineBits+:LineBits];
    always_ff @(posedge clk_i) begin
      rows_q[y*LineBits+:LineBits] <= row_shift_i[0] ? lane_before : row_shift_i[1] ? lane_after : word_i[y*LineBits+:LineBits];
    end
  end

  always_ff @(posedge clk_i) begin
    row_mask_q <= row_mask_i;
    column_mask_q <= column_mask_i;
    column_shift_q <= column_shift_i;
    signed_q <= signed_i;
    fill_q <= fill_i;
  end

  for (genvar y = 0; y < GridHeight; y++) begin : gen_row
    for (genvar x = 0; x < GridWidth; x++) begin : gen_lane
      localparam int unsigned Lane = y * GridWidth + x;
      logic [3:0] lane_before, lane_after, nibble;
      logic [4:0] vector_q;
      if (x == 0) assign lane_before = '0;
      else assign lane_before = rows_q[(Lane-1)*4+:4];
      if (x == GridWidth - 1) assign lane_after = '0;
      else assign lane_after = rows_q[(Lane+1)*4+:4];
      assign nibble = !(row_mask_q[y] && column_mask_q[x]) ? fill_q :
          column_shift_q[0] ? lane_before : column_shift_q[1] ? lane_after : rows_q[Lane*4+:4];
      always_ff @(posedge clk_i) vector_q <= {signed_q & nibble[3], nibble};
      assign vector_o[Lane*5+:5] = vector_q;
    end
  end

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::TorusCycles == 2) else $fatal(1, "two registers from word to vector");
`endif

endmodule
