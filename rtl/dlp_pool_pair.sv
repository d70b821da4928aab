// The words of two banks, b and b + B/2, behind their torus reads: POOL's running maximum, MOVE's shift by whole lanes. Codes of one plane
// are each bank's own; codes of two planes have their upper nibble in the one bank and their lower nibble in the other.
//
//   cycle 0    words                      maximum of the taps, or rotation of rows
//   cycle 1    first, take … act here     rotation of columns (POOL: by 0)
//   cycle 2                               lanes without a pixel
//   cycle 3    words_o
//
// Latency: 3 from the last tap. Throughput: one tap a cycle. Stalls: never; between taps the word stays.

module dlp_pool_pair #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned WordBits = GridHeight * GridWidth * 4,
  parameter int unsigned RowRotationBits = (GridHeight == 1) ? 1 : $clog2(GridHeight),
  parameter int unsigned ColumnRotationBits = (GridWidth == 1) ? 1 : $clog2(GridWidth)
) (
  input  logic clk_i,

  // cycle 0: a tap; which nibbles are signed, and where the upper nibble of two planes is
  input  logic                       take_i,
  input  logic                       first_i,
  input  logic                       move_i,
  input  logic                       wide_i,
  input  logic                       top_is_upper_i,
  input  logic                       lower_signed_i,
  input  logic                       upper_signed_i,
  input  logic [RowRotationBits-1:0] row_rotation_i,
  input  logic [WordBits-1:0]        lower_i,
  input  logic [WordBits-1:0]        upper_i,

  // cycle 1
  input  logic [ColumnRotationBits-1:0] column_rotation_i,

  // cycle 2: lanes with a pixel, and what the others get
  input  logic [GridHeight*GridWidth-1:0] inside_i,
  input  logic [3:0]                      lower_fill_i,
  input  logic [3:0]                      upper_fill_i,

  output logic [WordBits-1:0] lower_o,
  output logic [WordBits-1:0] upper_o
);

  localparam int unsigned Lanes = GridHeight * GridWidth;
  localparam int unsigned LineBits = GridWidth * 4;

  // Cycle 0. Signed nibbles are ordered as unsigned ones with the sign inverted.
  logic [WordBits-1:0] lower_rotated, upper_rotated;
  logic [WordBits-1:0] lower_1_q, upper_1_q;

  dlp_rotate #(.Width(LineBits), .Words(GridHeight)) u_lower_rows (
    .words_i(lower_i), .amount_i(row_rotation_i), .words_o(lower_rotated)
  );
  dlp_rotate #(.Width(LineBits), .Words(GridHeight)) u_upper_rows (
    .words_i(upper_i), .amount_i(row_rotation_i), .words_o(upper_rotated)
  );

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [3:0] lower, upper, lower_most, upper_most;
    logic       lower_above, upper_above, both_above;
    assign lower = lower_i[l*4+:4] ^ {lower_signed_i, 3'b0};
    assign upper = upper_i[l*4+:4] ^ {upper_signed_i, 3'b0};
    assign lower_most = lower_1_q[l*4+:4] ^ {lower_signed_i, 3'b0};
    assign upper_most = upper_1_q[l*4+:4] ^ {upper_signed_i, 3'b0};
    assign lower_above = lower > lower_most;
    assign upper_above = upper > upper_most;
    assign both_above = top_is_upper_i ? upper_above || (upper == upper_most && lower_above)
                                       : lower_above || (lower == lower_most && upper_above);
    always_ff @(posedge clk_i) begin
      if (take_i && (first_i || (wide_i ? both_above : lower_above))) begin
        lower_1_q[l*4+:4] <= move_i ? lower_rotated[l*4+:4] : lower_i[l*4+:4];
      end
      if (take_i && (first_i || (wide_i ? both_above : upper_above))) begin
        upper_1_q[l*4+:4] <= move_i ? upper_rotated[l*4+:4] : upper_i[l*4+:4];
      end
    end
  end

  // Cycle 1.
  logic [WordBits-1:0] lower_2_d, upper_2_d, lower_2_q, upper_2_q;
  for (genvar y = 0; y < GridHeight; y++) begin : gen_line
    dlp_rotate #(.Width(4), .Words(GridWidth)) u_lower (
      .words_i(lower_1_q[y*LineBits+:LineBits]), .amount_i(column_rotation_i), .words_o(lower_2_d[y*LineBits+:LineBits])
    );
    dlp_rotate #(.Width(4), .Words(GridWidth)) u_upper (
      .words_i(upper_1_q[y*LineBits+:LineBits]), .amount_i(column_rotation_i), .words_o(upper_2_d[y*LineBits+:LineBits])
    );
  end

  // Cycle 2.
  logic [WordBits-1:0] lower_3_d, upper_3_d, lower_3_q, upper_3_q;
  for (genvar l = 0; l < Lanes; l++) begin : gen_inside
    assign lower_3_d[l*4+:4] = inside_i[l] ? lower_2_q[l*4+:4] : lower_fill_i;
    assign upper_3_d[l*4+:4] = inside_i[l] ? upper_2_q[l*4+:4] : upper_fill_i;
  end

  always_ff @(posedge clk_i) begin
    lower_2_q <= lower_2_d;
    upper_2_q <= upper_2_d;
    lower_3_q <= lower_3_d;
    upper_3_q <= upper_3_d;
  end

  assign lower_o = lower_3_q;
  assign upper_o = upper_3_q;

endmodule
