// The partial sums of one row of every drain group, and the addition to them.
//
//   cycle 1    read_index_i
//   cycle 2    overwrite_i, sums_i   word + sum
//   cycle 3    total_o               write
//
// Latency: PsumCycles from sums_i. Throughput: one row a cycle. Stalls: never.

module dlp_psum_row #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Groups = 4,
  parameter int unsigned IndexBits = $clog2(Groups)
) (
  input  logic clk_i,

  input  logic [IndexBits-1:0] read_index_i,
  input  logic                 overwrite_i,
  input  logic [Lanes*32-1:0]  sums_i,
  input  logic [Lanes-1:0]     carries_i,
  input  logic                 write_valid_i,
  input  logic [IndexBits-1:0] write_index_i,
  output logic [Lanes*32-1:0]  total_o
);

  logic [Lanes*32-1:0] words[Groups];
  logic [Lanes*32-1:0] word_q, previous, total_d, total_q;

  initial begin
    for (int unsigned i = 0; i < Groups; i++) words[i] = '0;
  end

  assign previous = overwrite_i ? '0 : word_q;
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    dlp_add #(
      .Width(32)
    ) u_total (
      .a_i    (sums_i[l*32+:32]),
      .b_i    (previous[l*32+:32]),
      .carry_i(carries_i[l]),
      .sum_o  (total_d[l*32+:32])
    );
  end

  always_ff @(posedge clk_i) begin
    word_q <= words[read_index_i];
    total_q <= total_d;
    if (write_valid_i) words[write_index_i] <= total_q;
  end
  assign total_o = total_q;

endmodule
