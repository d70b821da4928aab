// The words of two banks, b and b + B/2, behind their torus reads: the running maximum of POOL, the word of MOVE, or that of REPATCH, lane by lane. Codes of
// one plane are each bank's own; codes of two planes have their upper nibble in the one bank and their lower nibble in the other. The windows of POOL come
// column by column: first the maximum of a column, then that of the columns. The maximum of the last column of a window is kept: the next window may
// begin with it.
//
//   cycle 0    words                      maximum of the taps of a column
//   cycle 1                               maximum of the columns; lanes without a pixel
//   cycle 2                               on the way to the banks
//   cycle 3    words_o
//
// Latency: 3 from the last tap. Throughput: one tap a cycle. Stalls: never; between taps the word is held.

module dlp_bank_op_pair #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned WordBits = Lanes * 4
) (
  input  logic clk_i,

  // cycle 0: a tap, the lanes that take it, whether it is the first of its column; which nibbles are signed; where the upper nibble of two planes is
  input  logic [Lanes-1:0]    take_i,
  input  logic                column_first_i,
  input  logic                wide_i,
  input  logic                top_is_upper_i,
  input  logic                lower_signed_i,
  input  logic                upper_signed_i,
  input  logic [WordBits-1:0] lower_i,
  input  logic [WordBits-1:0] upper_i,

  // cycle 1: whether no column counts before this one; the last beat of the column, of the word; lanes with a pixel, and the fill of the others
  input  logic             first_column_i,
  input  logic             column_last_i,
  input  logic             word_last_i,
  input  logic [Lanes-1:0] covered_i,
  input  logic [3:0]       lower_fill_i,
  input  logic [3:0]       upper_fill_i,

  output logic [WordBits-1:0] lower_o,
  output logic [WordBits-1:0] upper_o
);

  logic [WordBits-1:0] lower_1_q, upper_1_q, lower_2_q, upper_2_q, lower_3_q, upper_3_q;
  // the maximum of the columns so far
  logic [WordBits-1:0] lower_maximum_q, upper_maximum_q;
  logic                wide_1_q, top_is_upper_1_q, lower_signed_1_q, upper_signed_1_q;

  always_ff @(posedge clk_i) begin
    wide_1_q <= wide_i;
    top_is_upper_1_q <= top_is_upper_i;
    lower_signed_1_q <= lower_signed_i;
    upper_signed_1_q <= upper_signed_i;
  end

  // Whether two bits of a nibble are greater than those of another; signed nibbles are ordered as unsigned ones with the sign inverted.
  function automatic logic greater(input logic signed_bits, input logic [1:0] bits, input logic [1:0] others);
    greater = (bits[1] != others[1]) ? bits[1] ^ signed_bits : bits[0] && !others[0];
  endfunction

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    // Cycle 0. Nibbles are compared two bits at a time: five inputs a LUT.
    logic [3:0] lower, upper, lower_1, upper_1;
    logic       lower_greater, upper_greater, lower_equal, upper_equal, both_greater;
    assign lower = lower_i[l*4+:4];
    assign upper = upper_i[l*4+:4];
    assign lower_1 = lower_1_q[l*4+:4];
    assign upper_1 = upper_1_q[l*4+:4];
    assign lower_greater = greater(lower_signed_i, lower[3:2], lower_1[3:2])
        || (lower[3:2] == lower_1[3:2] && greater(1'b0, lower[1:0], lower_1[1:0]));
    assign upper_greater = greater(upper_signed_i, upper[3:2], upper_1[3:2])
        || (upper[3:2] == upper_1[3:2] && greater(1'b0, upper[1:0], upper_1[1:0]));
    assign lower_equal = lower[3:2] == lower_1[3:2] && lower[1:0] == lower_1[1:0];
    assign upper_equal = upper[3:2] == upper_1[3:2] && upper[1:0] == upper_1[1:0];
    assign both_greater = top_is_upper_i ? upper_greater || (upper_equal && lower_greater) : lower_greater || (lower_equal && upper_greater);
    always_ff @(posedge clk_i) begin
      if (take_i[l] && (column_first_i || (wide_i ? both_greater : lower_greater))) lower_1_q[l*4+:4] <= lower;
      if (take_i[l] && (column_first_i || (wide_i ? both_greater : upper_greater))) upper_1_q[l*4+:4] <= upper;
    end

    // Cycle 1.
    logic [3:0] lower_maximum, upper_maximum;
    logic       lower_greater_1, upper_greater_1, lower_equal_1, upper_equal_1, both_greater_1, lower_replaced_1, upper_replaced_1;
    assign lower_maximum = lower_maximum_q[l*4+:4];
    assign upper_maximum = upper_maximum_q[l*4+:4];
    assign lower_greater_1 = greater(lower_signed_1_q, lower_1[3:2], lower_maximum[3:2])
        || (lower_1[3:2] == lower_maximum[3:2] && greater(1'b0, lower_1[1:0], lower_maximum[1:0]));
    assign upper_greater_1 = greater(upper_signed_1_q, upper_1[3:2], upper_maximum[3:2])
        || (upper_1[3:2] == upper_maximum[3:2] && greater(1'b0, upper_1[1:0], upper_maximum[1:0]));
    assign lower_equal_1 = lower_1[3:2] == lower_maximum[3:2] && lower_1[1:0] == lower_maximum[1:0];
    assign upper_equal_1 = upper_1[3:2] == upper_maximum[3:2] && upper_1[1:0] == upper_maximum[1:0];
    assign both_greater_1 = top_is_upper_1_q ? upper_greater_1 || (upper_equal_1 && lower_greater_1)
                                             : lower_greater_1 || (lower_equal_1 && upper_greater_1);
    assign lower_replaced_1 = first_column_i || (wide_1_q ? both_greater_1 : lower_greater_1);
    assign upper_replaced_1 = first_column_i || (wide_1_q ? both_greater_1 : upper_greater_1);
    always_ff @(posedge clk_i) begin
      if (column_last_i && (word_last_i || lower_replaced_1)) lower_maximum_q[l*4+:4] <= lower_1;
      if (column_last_i && (word_last_i || upper_replaced_1)) upper_maximum_q[l*4+:4] <= upper_1;
      lower_2_q[l*4+:4] <= !covered_i[l] ? lower_fill_i : lower_replaced_1 ? lower_1 : lower_maximum;
      upper_2_q[l*4+:4] <= !covered_i[l] ? upper_fill_i : upper_replaced_1 ? upper_1 : upper_maximum;
    end
  end

  // Cycle 2.
  always_ff @(posedge clk_i) begin
    lower_3_q <= lower_2_q;
    upper_3_q <= upper_2_q;
  end

  assign lower_o = lower_3_q;
  assign upper_o = upper_3_q;

endmodule
