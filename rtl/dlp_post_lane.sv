// Post of one value: clamp(((total + bias) · m + 2^(s−1) >> s) + zero point, low, high); the sum modulo 2^32, everything else exact. With even_i halves
// are rounded to the even neighbour instead of up.
//
//   cycle 0    total, bias                      int32
//   cycle 1    biased, multiplier               dlp_post_product.sv
//   cycle 3    product, shift by 16s            26 of 49 bits
//   cycle 4    shift by 4s, by ones             11 bits
//   cycle 5    shifted, zero point              saturated to 10 bits first: outside them low or high applies in any case
//   cycle 6    low, high                        clamp
//   cycle 7    code_o
//
// Rounding needs no adder: (x + 2^(s−1)) >> s is (x >> s) + bit s−1 of x, and that bit is the carry of the zero point's addition. It is bit 0 below the
// value in the pipeline (a zero below the product, for s = 0). Ten bits of the value are kept in the end, and at every stage of the shift the bits that later
// stages can need; each stage reports whether bits that it drops at the top differ from the sign.
//
// A half with an even value below it cancels the carry. It is a half if all bits below the carry's are zero: bits 13 to 0 of the product for s = 15, 28 to
// 0 for s = 30; even_i comes with no other shift (isa/model/formats.ts), so that no stage of the shift has to collect the bits that it drops.
//
// Latency: PostCycles. Throughput: one value a cycle. Stalls: never.

module dlp_post_lane (
  input  logic        clk_i,

  input  logic [31:0] total_i,
  input  logic [31:0] bias_i,        // cycle 0
  input  logic [15:0] multiplier_i,  // cycle 1
  input  logic [17:0] triple_i,      // cycle 1: 3 · multiplier
  input  logic [1:0]  sixteens_i,    // cycle 3: shift[5:4]
  input  logic [3:0]  ones_i,        // cycle 4: shift[3:0]
  input  logic        even_i,        // cycle 5
  input  logic [8:0]  zero_point_i,  // cycle 5
  input  logic [8:0]  low_i,         // cycle 6
  input  logic [8:0]  high_i,        // cycle 6

  output logic [7:0]  code_o
);

  // Cycle 0.
  logic [31:0] biased_d, biased_q;
  dlp_add #(
    .Width(32)
  ) u_bias (
    .a_i    (total_i),
    .b_i    (bias_i),
    .carry_i(1'b0),
    .sum_o  (biased_d)
  );
  always_ff @(posedge clk_i) biased_q <= biased_d;

  // Cycle 1.
  logic [47:0] product_3;
  logic        middle_zero_3;
  dlp_post_product u_product (
    .clk_i,
    .biased_i     (biased_q),
    .multiplier_i,
    .triple_i,
    .product_o    (product_3),
    .middle_zero_o(middle_zero_3)
  );

  // Cycle 3: bits 25 to 0 of (2 · product) >> 16 · sixteens.
  logic [48:0] doubled;
  logic [25:0] coarse_d, coarse_q;
  logic        upper_8_equal, upper_24_equal, exceeds_d, exceeds_q, negative_4_q;
  assign doubled = {product_3, 1'b0};
  assign upper_8_equal = doubled[48:41] == {8{doubled[48]}};
  assign upper_24_equal = upper_8_equal && doubled[40:25] == {16{doubled[48]}};
  always_comb begin
    unique case (sixteens_i)
      2'd0: begin
        coarse_d = doubled[25:0];
        exceeds_d = !upper_24_equal;
      end
      2'd1: begin
        coarse_d = doubled[41:16];
        exceeds_d = !upper_8_equal;
      end
      2'd2: begin
        coarse_d = 26'($signed(doubled[48:32]));
        exceeds_d = 1'b0;
      end
      default: begin
        coarse_d = {26{doubled[48]}};
        exceeds_d = 1'b0;
      end
    endcase
  end

  logic discarded_zero_d, discarded_zero_4_q, discarded_zero_5_q;
  assign discarded_zero_d = product_3[13:0] == '0 && (!sixteens_i[0] || middle_zero_3);

  // Cycle 4: bits 13 to 0 of that >> 4 · fours, then bits 10 to 0 of that >> ones.
  logic [13:0] window;
  logic [10:0] shifted_d, shifted_q;
  logic        exceeds_fours, exceeds_ones, fits_q, negative_5_q;
  always_comb begin
    unique case (ones_i[3:2])
      2'd0: begin
        window = coarse_q[13:0];
        exceeds_fours = coarse_q[25:13] != {13{coarse_q[25]}};
      end
      2'd1: begin
        window = coarse_q[17:4];
        exceeds_fours = coarse_q[25:17] != {9{coarse_q[25]}};
      end
      2'd2: begin
        window = coarse_q[21:8];
        exceeds_fours = coarse_q[25:21] != {5{coarse_q[25]}};
      end
      default: begin
        window = coarse_q[25:12];
        exceeds_fours = 1'b0;
      end
    endcase
    unique case (ones_i[1:0])
      2'd0: begin
        shifted_d = window[10:0];
        exceeds_ones = window[13:10] != {4{window[13]}};
      end
      2'd1: begin
        shifted_d = window[11:1];
        exceeds_ones = window[13:11] != {3{window[13]}};
      end
      2'd2: begin
        shifted_d = window[12:2];
        exceeds_ones = window[13:12] != {2{window[13]}};
      end
      default: begin
        shifted_d = window[13:3];
        exceeds_ones = 1'b0;
      end
    endcase
  end

  // Cycle 5.
  logic [9:0]  saturated;
  logic [10:0] value_d, value_q;
  logic        rounds_up;
  assign saturated = fits_q ? shifted_q[10:1] : {negative_5_q, {9{!negative_5_q}}};
  assign rounds_up = shifted_q[0] && (shifted_q[1] || !discarded_zero_5_q || !even_i);
  dlp_add #(
    .Width(11)
  ) u_zero_point (
    .a_i    (11'($signed(zero_point_i))),
    .b_i    (11'($signed(saturated))),
    .carry_i(rounds_up),
    .sum_o  (value_d)
  );

  // Cycle 6: a value of more than nine bits is below low or above high.
  logic       in_range, below, above;
  logic [7:0] code_q;
  assign in_range = value_q[10:8] == {3{value_q[10]}};
  assign below = in_range ? $signed(value_q[8:0]) < $signed(low_i) : value_q[10];
  assign above = in_range ? $signed(value_q[8:0]) > $signed(high_i) : !value_q[10];

  always_ff @(posedge clk_i) begin
    coarse_q <= coarse_d;
    exceeds_q <= exceeds_d;
    negative_4_q <= doubled[48];
    shifted_q <= shifted_d;
    fits_q <= !(exceeds_q || exceeds_fours || exceeds_ones);
    negative_5_q <= negative_4_q;
    discarded_zero_4_q <= discarded_zero_d;
    discarded_zero_5_q <= discarded_zero_4_q;
    value_q <= value_d;
    code_q <= below ? low_i[7:0] : above ? high_i[7:0] : value_q[7:0];
  end

  assign code_o = code_q;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::PostCycles == 7) else $fatal(1, "seven registers from total to code");
`endif

endmodule
