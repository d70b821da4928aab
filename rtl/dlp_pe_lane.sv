// One lane of a PE row without a DSP: product and accumulator.
//
//   cycle 0    activation_i                   an offset nibble: the value is nibble − 8 · signed
//   cycle 1    registered, weight, signed     product
//   cycle 2    product, flags                 acc = (clear ? 0 : shift ? acc << 4 : acc) + product
//   cycle 3    sum_o
//
// With DLP_CARRY8 it is written for LUTs of six inputs: value · (lower two bits of the weight) in nine, the upper two bits' part in the chain that
// adds it, the accumulator's choice in the chain that adds the product: 38 LUTs at 22 bits. test/rtl/forms.test.ts runs both forms.
//
// Latency: ProcessingElementCycles. Throughput: one product a cycle. Stalls: never; without valid the accumulator holds.

module dlp_pe_lane #(
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  // cycle 0
  input  logic [3:0] activation_i,

  // cycle 1: registers of the row
  input  logic [3:0] weight_i,
  input  logic       signed_i,

  // cycle 2
  input  logic valid_i,
  input  logic clear_i,
  input  logic shift_i,

  output logic [AccumulatorBits-1:0] sum_o
);

  logic [3:0]                 offset_q;
  logic [7:0]                 product_d, product_q;
  logic [AccumulatorBits-1:0] sum_d, sum_q;

`ifdef DLP_CARRY8
  // 3 · nibble, a table for each bit
  localparam logic [6*16-1:0] Triples = {16'hf800, 16'h07c0, 16'hc738, 16'hb4b4, 16'h6666, 16'haaaa};

  logic [3:0] nibble;
  logic [4:0] value;
  logic [5:0] unsigned_low, high_once, high;
  logic [2:0] low_top;
  logic [1:0] taken;
  logic       borrow;
  logic [6:0] low;

  // two's complement
  assign nibble = offset_q ^ {signed_i, 3'b000};
  assign value = {nibble[3] & signed_i, nibble};

  // value · weight[1:0]: the unsigned product; of a negative value 16 · weight[1:0] is subtracted from its upper bits.
  always_comb begin
    unique case (weight_i[1:0])
      2'd0: unsigned_low = '0;
      2'd1: unsigned_low = {2'b0, nibble};
      2'd2: unsigned_low = {1'b0, nibble, 1'b0};
      default: for (int unsigned i = 0; i < 6; i++) unsigned_low[i] = Triples[{3'(i), nibble}];
    endcase
    // subtracted bit by bit: an adder would take a carry chain of its own
    taken = weight_i[1:0] & {2{value[4]}};
    borrow = !unsigned_low[4] && taken[0];
    low_top[0] = unsigned_low[4] ^ taken[0];
    low_top[1] = unsigned_low[5] ^ taken[1] ^ borrow;
    low_top[2] = unsigned_low[5] ? taken[1] && borrow : taken[1] || borrow;
  end
  assign low = {low_top, unsigned_low[3:0]};

  // value · (weight[2] − 2 · weight[3]): 1, −2 or −1 times the value; the + 1 of a negation is the chain's carry.
  assign high_once = {value[4], value};
  assign high = (weight_i[2] ? high_once : weight_i[3] ? high_once << 1 : 6'd0) ^ {6{weight_i[3]}};
  assign product_d[1:0] = low[1:0];
  dlp_add #(
    .Width(6)
  ) u_product (
    .a_i    ({low[6], low[6:2]}),
    .b_i    (high),
    .carry_i(weight_i[3]),
    .sum_o  (product_d[7:2])
  );

  logic [AccumulatorBits-1:0] kept;
  assign kept = clear_i ? '0 : shift_i ? sum_q << 4 : sum_q;
  dlp_add #(
    .Width(AccumulatorBits)
  ) u_sum (
    .a_i    (AccumulatorBits'($signed(product_q))),
    .b_i    (kept),
    .carry_i(1'b0),
    .sum_o  (sum_d)
  );
`else
  logic signed [4:0] value;
  assign value = $signed({1'b0, offset_q}) - $signed({1'b0, signed_i, 3'b000});
  assign product_d = 8'(value) * 8'($signed(weight_i));
  assign sum_d = (clear_i ? '0 : shift_i ? sum_q << 4 : sum_q) + AccumulatorBits'($signed(product_q));
`endif

  always_ff @(posedge clk_i) begin
    offset_q <= activation_i;
    product_q <= product_d;
    if (valid_i) sum_q <= sum_d;
  end

  assign sum_o = sum_q;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ProcessingElementCycles == 3) else $fatal(1, "operand, product, sum");
`endif

endmodule
