// Sums the clusters' accumulators of one value into int32. A carry enters each addition; cluster 1's is passed on with the sum.
//
// Latency: ClusterSumCycles. Throughput: one value a cycle. Stalls: never.

module dlp_value_sum #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  input  logic [Clusters*AccumulatorBits-1:0] sums_i,
  input  logic [Clusters-1:0]                 carries_i,
  output logic [31:0]                         sum_o,
  output logic                                carry_o
);

  localparam int unsigned Pairs = (Clusters + 1) / 2;
  // the sum of a pair in the least number of bits
  localparam int unsigned PairBits = (AccumulatorBits < 32) ? AccumulatorBits + 1 : 32;

  logic [Pairs*32-1:0] pairs;
  logic [Pairs-1:0]    odd_carries;

  for (genvar p = 0; p < Pairs; p++) begin : gen_pair
    logic [PairBits-1:0] even, odd, pair_d, pair_q;
    logic                odd_carry_q;
    assign even = PairBits'($signed(sums_i[2*p*AccumulatorBits+:AccumulatorBits]));
    if (2 * p + 1 < Clusters) begin : gen_odd
      assign odd = PairBits'($signed(sums_i[(2*p+1)*AccumulatorBits+:AccumulatorBits]));
      always_ff @(posedge clk_i) odd_carry_q <= carries_i[2*p+1];
    end else begin : gen_none
      assign odd = '0;
      assign odd_carry_q = 1'b0;
    end
    dlp_add #(
      .Width(PairBits)
    ) u_pair (
      .a_i    (even),
      .b_i    (odd),
      .carry_i(carries_i[2*p]),
      .sum_o  (pair_d)
    );
    always_ff @(posedge clk_i) pair_q <= pair_d;
    assign pairs[p*32+:32] = 32'($signed(pair_q));
    assign odd_carries[p] = odd_carry_q;
  end

  // The sum of pairs 0 to p; as one variable Verilator would evaluate it repeatedly until it is stable.
  logic [Pairs*32-1:0] chain  /*verilator split_var*/;
  assign chain[31:0] = pairs[31:0];
  for (genvar p = 1; p < Pairs; p++) begin : gen_chain
    dlp_add #(
      .Width(32)
    ) u_sum (
      .a_i    (pairs[p*32+:32]),
      .b_i    (chain[(p-1)*32+:32]),
      .carry_i(odd_carries[p]),
      .sum_o  (chain[p*32+:32])
    );
  end

  logic [31:0] sum_q;
  logic        carry_q;
  always_ff @(posedge clk_i) begin
    sum_q <= chain[(Pairs-1)*32+:32];
    carry_q <= odd_carries[0];
  end
  assign sum_o = sum_q;
  assign carry_o = carry_q;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ClusterSumCycles == 2) else $fatal(1, "pairs, then their sum");
`endif

endmodule
