// One PE row of a cluster: takes one non-zero a cycle, chooses its bank's vector and multiplies all lanes.
//
//   cycle 0    vectors, entry     choice of bank
//   cycle 1    activations        product
//   cycle 2    valid … of cycle 0, delayed here    accumulation
//   cycle 3    sums_o
//
// Latency: ProcessingElementCycles. Throughput: one non-zero a cycle. Stalls: never.

module dlp_pe_row #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Banks = 4,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit PackedPairs = 1'b0,
  parameter int unsigned SelectBits = $clog2(Banks)
) (
  input  logic clk_i,

  input  logic [Banks*Lanes*5-1:0] vectors_i,
  input  logic [3:0]               weight_i,
  input  logic [SelectBits-1:0]    select_i,

  // two cycles after their vectors
  input  logic valid_i,
  input  logic clear_i,
  input  logic shift_i,

  output logic [Lanes*AccumulatorBits-1:0] sums_o
);

  logic [3:0]         weight_q;
  logic [Lanes*5-1:0] activations_q;

  always_ff @(posedge clk_i) weight_q <= weight_i;

  // Bit by bit: written as vectors_i[select_i*W+:W], Yosys spends three times the LUTs.
  for (genvar i = 0; i < Lanes * 5; i++) begin : gen_bit
    logic [2**SelectBits-1:0] choices;
    for (genvar b = 0; b < 2 ** SelectBits; b++) begin : gen_bank
      if (b < Banks) assign choices[b] = vectors_i[b*Lanes*5+i];
      else assign choices[b] = 1'b0;
    end
    always_ff @(posedge clk_i) activations_q[i] <= choices[select_i];
  end

  localparam int unsigned Pairs = PackedPairs ? Lanes / 2 : 0;
  localparam int unsigned Singles = Lanes - 2 * Pairs;

  for (genvar p = 0; p < Pairs; p++) begin : gen_pair
    dlp_pe #(
      .Lanes          (2),
      .AccumulatorBits(AccumulatorBits)
    ) u_pe (
      .clk_i,
      .activation_i(activations_q[p*10+:10]),
      .weight_i    (weight_q),
      .valid_i,
      .clear_i,
      .shift_i,
      .sum_o       (sums_o[p*2*AccumulatorBits+:2*AccumulatorBits])
    );
  end

  for (genvar s = 0; s < Singles; s++) begin : gen_single
    dlp_pe #(
      .Lanes          (1),
      .AccumulatorBits(AccumulatorBits)
    ) u_pe (
      .clk_i,
      .activation_i(activations_q[(2*Pairs+s)*5+:5]),
      .weight_i    (weight_q),
      .valid_i,
      .clear_i,
      .shift_i,
      .sum_o       (sums_o[(2*Pairs+s)*AccumulatorBits+:AccumulatorBits])
    );
  end

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ProcessingElementCycles == 3) else $fatal(1, "bank, product, sum");
`endif

endmodule
