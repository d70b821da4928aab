// a_i + b_i + carry_i on one carry chain. The logic that computes b_i fits into the chain's LUTs as long as one bit of it and of a_i has at most six inputs, so
// a_i should be a register or an input.
//
// Latency: 0. With DLP_CARRY8 the chain is instantiated, as Yosys computes both operands in LUTs of their own and the sum in a third. test/rtl/forms.test.ts
// and compute.test.ts run both.

module dlp_add #(
  parameter int unsigned Width = 32
) (
  input  logic [Width-1:0] a_i,
  input  logic [Width-1:0] b_i,
  input  logic             carry_i,
  output logic [Width-1:0] sum_o
);

`ifdef DLP_CARRY8
  localparam int unsigned Chains = (Width + 7) / 8;

  logic [Chains*8-1:0] a, half, sum, carry;
  assign a = (Chains * 8)'(a_i);
  assign half = (Chains * 8)'(a_i ^ b_i);
  assign sum_o = sum[Width-1:0];

  for (genvar i = 0; i < Chains; i++) begin : gen_chain
    logic into;
    if (i == 0) assign into = carry_i;
    else assign into = carry[i*8-1];
    CARRY8 u_carry (
      .CI    (into),
      .CI_TOP(1'b0),
      .DI    (a[i*8+:8]),
      .S     (half[i*8+:8]),
      .O     (sum[i*8+:8]),
      .CO    (carry[i*8+:8])
    );
  end

  logic unused;
  assign unused = ^{carry, sum};
`else
  assign sum_o = a_i + b_i + Width'(carry_i);
`endif

endmodule
