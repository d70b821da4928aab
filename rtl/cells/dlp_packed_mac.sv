// Two lanes in one multiplier and one accumulator: V = (shift ? V << 4 : keep ? V : 0) + w · (low + high · 2^A), A accumulator bits.
// The lanes' sums are low = the signed low A bits of V, high = (V − low) >> A; exact while no lane overflows A bits. Activations are offset
// nibbles: low = low_i − 8 · signed_i, high likewise, so that the pre-adder extends the sign of both lanes and no LUT does.
//
//   cycle 0    low_i, high_i, signed_i, weight_i
//   cycle 1    registered                   pre-adder and product
//   cycle 2    product, flags               V
//   cycle 3    sum_o
//
// With DLP_DSP48E2 it is one DSP48E2 and no LUT: A = high_i · 2^A + (2^A − 8) · signed_i, D = low_i − 9 · 2^A · signed_i, AD = A + D (27 bits),
// M = AD · B, P = (0, P or C) + M, where C is P << 4 and OPMODE chooses cycle by cycle (Z is 000, 010 or 011). test/rtl/forms.test.ts runs both
// side by side. Its 48 bits hold 2A + 4 bits of V << 4 at A = 22.
//
// Latency: ProcessingElementCycles. Throughput: one product a cycle. Stalls: never; without valid V holds.

module dlp_packed_mac #(
  parameter int unsigned AccumulatorBits = 22
) (
  input  logic clk_i,

  // cycle 0: activations of two lanes (−8 to 15; the pre-adder's 27 bits hold no more), their weight
  input  logic [3:0] low_i,
  input  logic [3:0] high_i,
  input  logic       signed_i,
  input  logic [3:0] weight_i,

  // cycle 2
  input  logic valid_i,
  // shift_i only with keep_i
  input  logic keep_i,
  input  logic shift_i,

  output logic [2*AccumulatorBits-1:0] sum_o
);

  localparam int unsigned SumBits = 2 * AccumulatorBits;

`ifdef DLP_DSP48E2
  logic [47:0] p;
  logic [AccumulatorBits-1:0] extension;
  assign extension = {{(AccumulatorBits - 3) {signed_i}}, 3'b000};
  assign sum_o = p[SumBits-1:0];

  DSP48E2 #(
    .AMULTSEL("AD"),
    .AREG(1),
    .ACASCREG(1),
    .BREG(1),
    .BCASCREG(1),
    .DREG(1),
    .ADREG(0),
    .CREG(0),
    .MREG(1),
    .PREG(1),
    .INMODEREG(0),
    .OPMODEREG(0),
    .ALUMODEREG(0),
    .CARRYINREG(0),
    .CARRYINSELREG(0)
  ) u_dsp (
    .CLK          (clk_i),
    .A            (30'({high_i, extension})),
    .B            (18'($signed(weight_i))),
    .C            ({p[43:0], 4'b0000}),
    .D            (27'($signed({signed_i, 1'b0, {3{signed_i}}, {(AccumulatorBits - 4) {1'b0}}, low_i}))),
    .INMODE       (5'b00100),
    .OPMODE       ({3'b000, keep_i, shift_i, 4'b0101}),
    .ALUMODE      (4'b0000),
    .CARRYIN      (1'b0),
    .CARRYINSEL   (3'b000),
    .CEA1         (1'b0),
    .CEA2         (1'b1),
    .CEAD         (1'b0),
    .CEB1         (1'b0),
    .CEB2         (1'b1),
    .CEC          (1'b0),
    .CED          (1'b1),
    .CEM          (1'b1),
    .CEP          (valid_i),
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
    .P            (p)
  );

  logic unused;
  assign unused = ^p;
`else
  localparam int unsigned ProductBits = AccumulatorBits + 8;

  logic [3:0]                    low_q, high_q;
  logic                          signed_q;
  logic signed [3:0]             weight_q;
  logic signed [4:0]             low, high;
  logic signed [ProductBits-1:0] operand, product_q;
  logic [SumBits-1:0]            sum_d, sum_q;

  assign low = $signed({1'b0, low_q}) - $signed({1'b0, signed_q, 3'b000});
  assign high = $signed({1'b0, high_q}) - $signed({1'b0, signed_q, 3'b000});
  assign operand = (ProductBits'(high) <<< AccumulatorBits) + ProductBits'(low);
  assign sum_d = (shift_i ? sum_q << 4 : keep_i ? sum_q : '0) + SumBits'(product_q);

  always_ff @(posedge clk_i) begin
    low_q <= low_i;
    high_q <= high_i;
    signed_q <= signed_i;
    weight_q <= $signed(weight_i);
    product_q <= operand * ProductBits'(weight_q);
    if (valid_i) sum_q <= sum_d;
  end

  assign sum_o = sum_q;
`endif

`ifndef SYNTHESIS
  initial assert (AccumulatorBits <= 22) else $fatal(1, "27 bits of the pre-adder, 48 of the accumulator");
  initial assert (dlp_isa_pkg::ProcessingElementCycles == 3) else $fatal(1, "operands, product, sum");
`endif

endmodule
