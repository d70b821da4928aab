// The torus read behind one bank: shifts a word by at most one lane in each direction and puts the fill where no pixel of the map arrives.
// Signed nibbles leave as offset nibbles (+ 8, which is their upper bit inverted), so that no lane carries a sign bit: value = nibble − 8 · signed.
//
// Each stage is one LUT of six inputs a bit: three neighbours and the fill, with an encoded select.
//
// Latency: TorusCycles (rows, then columns). Throughput: one word a cycle. Stalls: never.

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

  output logic [GridHeight*GridWidth*4-1:0] vector_o,
  output logic                              signed_o
);

  localparam int unsigned LineBits = GridWidth * 4;
  localparam int unsigned WordBits = GridHeight * LineBits;

  logic [WordBits-1:0]    word, rows_q, vector_q;
  logic [GridHeight-1:0]  row_mask_q;
  logic [2*GridWidth-1:0] choices_d, choices_q;
  logic [1:0]             signed_q;
  logic [3:0]             fill, fill_q;

  // Offset nibbles.
  assign word = word_i ^ {(GridHeight * GridWidth) {signed_i, 3'b000}};
  assign fill = fill_i ^ {signed_i, 3'b000};

  // Select: 0 the lane itself, 1 the one before, 2 the one after, 3 the fill.
  logic [1:0] row_shift, column_shift;
  assign row_shift = row_shift_i[0] ? 2'd1 : row_shift_i;
  assign column_shift = column_shift_i[0] ? 2'd1 : column_shift_i;

  for (genvar y = 0; y < GridHeight; y++) begin : gen_row
    logic [LineBits-1:0] lane_before, lane_after;
    logic [1:0]          choice;
    // lanes outside the grid are zero, signed or not
    if (y == 0) assign lane_before = {GridWidth{signed_i, 3'b000}};
    else assign lane_before = word[(y-1)*LineBits+:LineBits];
    if (y == GridHeight - 1) assign lane_after = {GridWidth{signed_i, 3'b000}};
    else assign lane_after = word[(y+1)*LineBits+:LineBits];
    assign choice = row_mask_i[y] ? row_shift : 2'd3;
    always_ff @(posedge clk_i) begin
      unique case (choice)
        2'd0: rows_q[y*LineBits+:LineBits] <= word[y*LineBits+:LineBits];
        2'd1: rows_q[y*LineBits+:LineBits] <= lane_before;
        2'd2: rows_q[y*LineBits+:LineBits] <= lane_after;
        default: rows_q[y*LineBits+:LineBits] <= {GridWidth{fill}};
      endcase
    end
  end

  for (genvar x = 0; x < GridWidth; x++) begin : gen_choice
    assign choices_d[2*x+:2] = column_mask_i[x] ? column_shift : 2'd3;
  end

  always_ff @(posedge clk_i) begin
    row_mask_q <= row_mask_i;
    choices_q <= choices_d;
    signed_q <= {signed_q[0], signed_i};
    fill_q <= fill;
  end

  for (genvar y = 0; y < GridHeight; y++) begin : gen_line
    for (genvar x = 0; x < GridWidth; x++) begin : gen_lane
      localparam int unsigned Lane = y * GridWidth + x;
      logic [3:0] lane_before, lane_after;
      // lanes outside the grid are zero again, but in a row of fill they are the fill
      if (x == 0) assign lane_before = row_mask_q[y] ? {signed_q[0], 3'b000} : rows_q[Lane*4+:4];
      else assign lane_before = rows_q[(Lane-1)*4+:4];
      if (x == GridWidth - 1) assign lane_after = row_mask_q[y] ? {signed_q[0], 3'b000} : rows_q[Lane*4+:4];
      else assign lane_after = rows_q[(Lane+1)*4+:4];
      always_ff @(posedge clk_i) begin
        unique case (choices_q[2*x+:2])
          2'd0: vector_q[Lane*4+:4] <= rows_q[Lane*4+:4];
          2'd1: vector_q[Lane*4+:4] <= lane_before;
          2'd2: vector_q[Lane*4+:4] <= lane_after;
          default: vector_q[Lane*4+:4] <= fill_q;
        endcase
      end
    end
  end

  assign vector_o = vector_q;
  assign signed_o = signed_q[1];

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::TorusCycles == 2) else $fatal(1, "two registers from word to vector");
`endif

endmodule
