// The product of a biased total and its row's multiplier: int32 × int16 in 48 bits.
//
//   cycle 0    biased_i, multiplier_i, triple_i
//   cycle 2    product_o; whether its bits 28 to 14 are zero
//
// With DLP_DSP48E2 it is one DSP48E2: it multiplies the upper 27 bits; LUTs multiply the lower five bits, and their product is added at the C port. Two bits of
// the five select 0, m, 2m or 3m, so the row supplies 3m. The pattern detector of the DSP finds the zeros. test/rtl/forms.test.ts runs both forms.
//
// Latency: 2. Throughput: one product a cycle. Stalls: never.

module dlp_post_product (
  input  logic        clk_i,

  input  logic [31:0] biased_i,
  input  logic [15:0] multiplier_i,
  // 3 · multiplier, signed
  input  logic [17:0] triple_i,

  output logic [47:0] product_o,
  output logic        middle_zero_o
);

`ifdef DLP_DSP48E2
  logic [17:0] once, twice, first, second;
  logic [18:0] second_sum;
  logic [16:0] third_sum;
  logic [20:0] low;
  logic [4:0]  low_1_q, low_2_q;
  logic [47:0] p;

  assign once = 18'($signed(multiplier_i));
  assign twice = once << 1;
  assign first = biased_i[1] ? (biased_i[0] ? triple_i : twice) : (biased_i[0] ? once : '0);
  assign second = biased_i[3] ? (biased_i[2] ? triple_i : twice) : (biased_i[2] ? once : '0);

  assign low[1:0] = first[1:0];
  dlp_add #(
    .Width(19)
  ) u_second (
    .a_i    (19'($signed(first[17:2]))),
    .b_i    (19'($signed(second))),
    .carry_i(1'b0),
    .sum_o  (second_sum)
  );
  assign low[3:2] = second_sum[1:0];
  dlp_add #(
    .Width(17)
  ) u_third (
    .a_i    (second_sum[18:2]),
    .b_i    (17'($signed(multiplier_i & {16{biased_i[4]}}))),
    .carry_i(1'b0),
    .sum_o  (third_sum)
  );
  assign low[20:4] = third_sum;

  always_ff @(posedge clk_i) begin
    low_1_q <= low[4:0];
    low_2_q <= low_1_q;
  end

  DSP48E2 #(
    .AMULTSEL("A"),
    .AREG(0),
    .ACASCREG(0),
    .BREG(0),
    .BCASCREG(0),
    .DREG(0),
    .ADREG(0),
    .CREG(1),
    .MREG(1),
    .PREG(1),
    .INMODEREG(0),
    .OPMODEREG(0),
    .ALUMODEREG(0),
    .CARRYINREG(0),
    .CARRYINSELREG(0),
    .USE_PATTERN_DETECT("PATDET"),
    .SEL_PATTERN("PATTERN"),
    .SEL_MASK("MASK"),
    .PATTERN(48'h0000_0000_0000),
    // bits 23 to 9 of P count
    .MASK(48'hffff_ff00_01ff)
  ) u_dsp (
    .CLK          (clk_i),
    .A            (30'($signed(biased_i[31:5]))),
    .B            (18'($signed(multiplier_i))),
    .C            (48'($signed(low[20:5]))),
    .D            (27'd0),
    .INMODE       (5'b00000),
    .OPMODE       (9'b000110101),
    .ALUMODE      (4'b0000),
    .CARRYIN      (1'b0),
    .CARRYINSEL   (3'b000),
    .CEA1         (1'b0),
    .CEA2         (1'b0),
    .CEAD         (1'b0),
    .CEB1         (1'b0),
    .CEB2         (1'b0),
    .CEC          (1'b1),
    .CED          (1'b0),
    .CEM          (1'b1),
    .CEP          (1'b1),
    .CEALUMODE    (1'b0),
    .CECARRYIN    (1'b0),
    .CECTRL       (1'b0),
    .CEINMODE     (1'b0),
    .RSTA         (1'b0),
    .RSTB         (1'b0),
    .RSTC         (1'b0),
    .RSTD         (1'b0),
    .RSTM         (1'b0),
    .RSTP         (1'b0),
    .RSTALLCARRYIN(1'b0),
    .RSTALUMODE   (1'b0),
    .RSTCTRL      (1'b0),
    .RSTINMODE    (1'b0),
    .P            (p),
    .PATTERNDETECT(middle_zero_o)
  );
  assign product_o = {p[42:0], low_2_q};

  logic unused;
  assign unused = ^p;
`else
  logic [47:0] product_1_q, product_2_q;

  always_ff @(posedge clk_i) begin
    product_1_q <= 48'($signed(biased_i)) * 48'($signed(multiplier_i));
    product_2_q <= product_1_q;
  end
  assign product_o = product_2_q;
  assign middle_zero_o = product_2_q[28:14] == '0;

  logic unused;
  assign unused = ^triple_i;
`endif

endmodule
