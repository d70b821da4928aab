// A model of the vendor's MUXF7, for simulation alone.
module MUXF7 (
  input  logic I0,
  input  logic I1,
  input  logic S,
  output logic O
);
  assign O = S ? I1 : I0;
endmodule
