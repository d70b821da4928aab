// A model of the vendor's CARRY8 as one chain of eight bits, for simulation alone.
module CARRY8 (
  input  logic       CI,
  input  logic       CI_TOP,
  input  logic [7:0] DI,
  input  logic [7:0] S,
  output logic [7:0] O,
  output logic [7:0] CO
);
  logic [8:0] carry;
  always_comb begin
    carry = 9'(CI);
    for (int unsigned i = 0; i < 8; i++) carry[i+1] = S[i] ? carry[i] : DI[i];
  end
  assign O = S ^ carry[7:0];
  assign CO = carry[8:1];

  logic unused;
  assign unused = CI_TOP;
endmodule
