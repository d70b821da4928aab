// Sums the clusters' accumulators of R rows into int32: pairs of clusters, then the pairs. Every value has a carry, the borrow of a packed pair's high lane:
// one enters each addition, and the one that remains is passed on to the next (dlp_psum.sv).
//
// Latency: ClusterSumCycles. Throughput: R rows a cycle. Stalls: never.

module dlp_cluster_sum #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Values = 8,  // R · P
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  input  logic [Clusters*Values*AccumulatorBits-1:0] sums_i,
  input  logic [Clusters*Values-1:0]                 carries_i,
  output logic [Values*32-1:0]                       sums_o,
  output logic [Values-1:0]                          carries_o
);

  for (genvar v = 0; v < Values; v++) begin : gen_value
    logic [Clusters*AccumulatorBits-1:0] sums;
    logic [Clusters-1:0]                 carries;
    for (genvar c = 0; c < Clusters; c++) begin : gen_cluster
      assign sums[c*AccumulatorBits+:AccumulatorBits] = sums_i[(c*Values+v)*AccumulatorBits+:AccumulatorBits];
      assign carries[c] = carries_i[c*Values+v];
    end
    dlp_value_sum #(
      .Clusters       (Clusters),
      .AccumulatorBits(AccumulatorBits)
    ) u_sum (
      .clk_i,
      .sums_i   (sums),
      .carries_i(carries),
      .sum_o    (sums_o[v*32+:32]),
      .carry_o  (carries_o[v])
    );
  end

endmodule
