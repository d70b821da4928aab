// The sums of the drain group that drains, in one row of every group.
//
// Latency: DrainCycles, with Serial 0. Throughput: one row a cycle. Stalls: never.

module dlp_pe_drain #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Groups = 4,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit Serial = 1'b0,
  parameter int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1,
  parameter int unsigned RowBits = Lanes * AccumulatorBits
) (
  input  logic clk_i,

  input  logic [Groups*RowBits-1:0] sums_i,
  input  logic [GroupBits-1:0]      group_i,
  // lanes whose sum is one too small if the lane below is negative
  input  logic [Lanes-1:0]          borrows_i,

  output logic [RowBits-1:0] sums_o,
  output logic [Lanes-1:0]   carries_o
);

  logic [RowBits-1:0] sums_d, sums_q;

  dlp_mux #(
    .Width     (RowBits),
    .Words     (Groups),
    .SelectBits(GroupBits)
  ) u_group (
    .words_i (sums_i),
    .select_i(group_i),
    .word_o  (sums_d)
  );

  if (Serial) begin : gen_choice
    logic unused_clock;
    assign unused_clock = clk_i;
    assign sums_q = sums_d;
  end else begin : gen_register
    always_ff @(posedge clk_i) sums_q <= sums_d;
  end
  assign sums_o = sums_q;

  for (genvar l = 0; l < Lanes; l++) begin : gen_carry
    if (l % 2 == 1) assign carries_o[l] = borrows_i[l] && sums_q[l*AccumulatorBits-1];
    else assign carries_o[l] = 1'b0;
  end

  logic unused;
  assign unused = ^borrows_i;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::DrainCycles == 1) else $fatal(1, "one register behind the choice of drain group");
`endif

endmodule
