// The words of two banks, b and b + B/2, behind their torus reads: POOL's running maximum, MOVE's word, or REPATCH's, lane by lane. Codes of one plane are each bank's
// own; codes of two planes have their upper nibble in the one bank and their lower nibble in the other. POOL's windows come column by column: first the maximum
// of a column, then that of the columns. What the last column of a window gave stays where the next window begins.
//
//   cycle 0    words                      maximum of the taps of a column
//   cycle 1                               maximum of the columns; lanes without a pixel
//   cycle 2                               on the way to the banks
//   cycle 3    words_o
//
// Latency: 3 from the last tap. Throughput: one tap a cycle. Stalls: never; between taps the word stays.

module dlp_pool_pair #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned WordBits = Lanes * 4
) (
  input  logic clk_i,

  // cycle 0: a tap, and which lanes take it; which nibbles are signed, and where the upper nibble of two planes is
  input  logic [Lanes-1:0]    take_i,
  input  logic                first_i,
  input  logic                wide_i,
  input  logic                top_is_upper_i,
  input  logic                lower_signed_i,
  input  logic                upper_signed_i,
  input  logic [WordBits-1:0] lower_i,
  input  logic [WordBits-1:0] upper_i,

  // cycle 1: whether no column counts before this one; the column's last beat, the word's; lanes with a pixel, and what the others get
  input  logic             fresh_i,
  input  logic             column_last_i,
  input  logic             last_i,
  input  logic [Lanes-1:0] inside_i,
  input  logic [3:0]       lower_fill_i,
  input  logic [3:0]       upper_fill_i,

  output logic [WordBits-1:0] lower_o,
  output logic [WordBits-1:0] upper_o
);

  logic [WordBits-1:0] lower_1_q, upper_1_q, lower_2_q, upper_2_q, lower_3_q, upper_3_q;
  // the maximum of the columns before
  logic [WordBits-1:0] lower_most_q, upper_most_q;
  logic                wide_1_q, top_is_upper_1_q, lower_signed_1_q, upper_signed_1_q;

  always_ff @(posedge clk_i) begin
    wide_1_q <= wide_i;
    top_is_upper_1_q <= top_is_upper_i;
    lower_signed_1_q <= lower_signed_i;
    upper_signed_1_q <= upper_signed_i;
  end

  // Whether the upper two bits of a nibble are above those of another; signed ones are ordered as unsigned ones with the sign inverted.
  function automatic logic above(input logic signed_bits, input logic [1:0] bits, input logic [1:0] others);
    above = (bits[1] != others[1]) ? bits[1] ^ signed_bits : bits[0] && !others[0];
  endfunction

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    // Cycle 0. Nibbles are compared two bits at a time, five inputs each.
    logic [3:0] lower, upper, lower_1, upper_1;
    logic       lower_above, upper_above, lower_equal, upper_equal, both_above;
    assign lower = lower_i[l*4+:4];
    assign upper = upper_i[l*4+:4];
    assign lower_1 = lower_1_q[l*4+:4];
    assign upper_1 = upper_1_q[l*4+:4];
    assign lower_above = above(lower_signed_i, lower[3:2], lower_1[3:2])
        || (lower[3:2] == lower_1[3:2] && above(1'b0, lower[1:0], lower_1[1:0]));
    assign upper_above = above(upper_signed_i, upper[3:2], upper_1[3:2])
        || (upper[3:2] == upper_1[3:2] && above(1'b0, upper[1:0], upper_1[1:0]));
    assign lower_equal = lower[3:2] == lower_1[3:2] && lower[1:0] == lower_1[1:0];
    assign upper_equal = upper[3:2] == upper_1[3:2] && upper[1:0] == upper_1[1:0];
    assign both_above = top_is_upper_i ? upper_above || (upper_equal && lower_above) : lower_above || (lower_equal && upper_above);
    always_ff @(posedge clk_i) begin
      if (take_i[l] && (first_i || (wide_i ? both_above : lower_above))) lower_1_q[l*4+:4] <= lower;
      if (take_i[l] && (first_i || (wide_i ? both_above : upper_above))) upper_1_q[l*4+:4] <= upper;
    end

    // Cycle 1.
    logic [3:0] lower_most, upper_most;
    logic       lower_above_1, upper_above_1, lower_equal_1, upper_equal_1, both_above_1, lower_new_1, upper_new_1;
    assign lower_most = lower_most_q[l*4+:4];
    assign upper_most = upper_most_q[l*4+:4];
    assign lower_above_1 = above(lower_signed_1_q, lower_1[3:2], lower_most[3:2])
        || (lower_1[3:2] == lower_most[3:2] && above(1'b0, lower_1[1:0], lower_most[1:0]));
    assign upper_above_1 = above(upper_signed_1_q, upper_1[3:2], upper_most[3:2])
        || (upper_1[3:2] == upper_most[3:2] && above(1'b0, upper_1[1:0], upper_most[1:0]));
    assign lower_equal_1 = lower_1[3:2] == lower_most[3:2] && lower_1[1:0] == lower_most[1:0];
    assign upper_equal_1 = upper_1[3:2] == upper_most[3:2] && upper_1[1:0] == upper_most[1:0];
    assign both_above_1 = top_is_upper_1_q ? upper_above_1 || (upper_equal_1 && lower_above_1)
                                           : lower_above_1 || (lower_equal_1 && upper_above_1);
    assign lower_new_1 = fresh_i || (wide_1_q ? both_above_1 : lower_above_1);
    assign upper_new_1 = fresh_i || (wide_1_q ? both_above_1 : upper_above_1);
    always_ff @(posedge clk_i) begin
      if (column_last_i && (last_i || lower_new_1)) lower_most_q[l*4+:4] <= lower_1;
      if (column_last_i && (last_i || upper_new_1)) upper_most_q[l*4+:4] <= upper_1;
      lower_2_q[l*4+:4] <= !inside_i[l] ? lower_fill_i : lower_new_1 ? lower_1 : lower_most;
      upper_2_q[l*4+:4] <= !inside_i[l] ? upper_fill_i : upper_new_1 ? upper_1 : upper_most;
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
