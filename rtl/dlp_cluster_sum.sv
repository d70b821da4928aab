// Sums the clusters' accumulators of R rows into int32: pairs of clusters, then the pairs.
//
// Latency: ClusterSumCycles. Throughput: R rows a cycle. Stalls: never.

module dlp_cluster_sum #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Values = 8,  // R · P
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  input  logic [Clusters*Values*AccumulatorBits-1:0] sums_i,
  output logic [Values*32-1:0]                       sums_o
);

  localparam int unsigned Pairs = (Clusters + 1) / 2;

  for (genvar v = 0; v < Values; v++) begin : gen_value
    logic [Pairs*32-1:0] pairs_q;
    logic [31:0]         sum_d, sum_q;

    for (genvar p = 0; p < Pairs; p++) begin : gen_pair
      logic signed [AccumulatorBits-1:0] even, odd;
      assign even = $signed(sums_i[(2*p*Values+v)*AccumulatorBits+:AccumulatorBits]);
      if (2 * p + 1 < Clusters) begin : gen_odd
        assign odd = $signed(sums_i[((2*p+1)*Values+v)*AccumulatorBits+:AccumulatorBits]);
      end else begin : gen_none
        assign odd = '0;
      end
      always_ff @(posedge clk_i) pairs_q[p*32+:32] <= 32'(even) + 32'(odd);
    end

    always_comb begin
      sum_d = '0;
      for (int unsigned p = 0; p < Pairs; p++) sum_d = sum_d + pairs_q[p*32+:32];
    end
    always_ff @(posedge clk_i) sum_q <= sum_d;
    assign sums_o[v*32+:32] = sum_q;
  end

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ClusterSumCycles == 2) else $fatal(1, "pairs, then their sum");
`endif

endmodule
