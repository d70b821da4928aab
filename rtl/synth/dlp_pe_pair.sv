// For synthesis alone: two lanes of a PE row on a DSP, the choice of bank included; dlp_pe_row has the same function over vectors of lanes.
module dlp_pe_pair #(
  parameter int unsigned Banks = 16,
  parameter int unsigned AccumulatorBits = 22,
  parameter int unsigned SelectBits = $clog2(Banks)
) (
  input  logic                         clk_i,
  input  logic [Banks*10-1:0]          vectors_i,
  input  logic [3:0]                   weight_i,
  input  logic [SelectBits-1:0]        select_i,
  input  logic                         valid_i,
  input  logic                         clear_i,
  input  logic                         shift_i,
  output logic [2*AccumulatorBits-1:0] sum_o
);

  logic [9:0] activations;

  dlp_mux #(
    .Width(10),
    .Words(Banks)
  ) u_bank (
    .words_i (vectors_i),
    .select_i,
    .word_o  (activations)
  );

  // A negative low lane has borrowed one from the high lane; it is given back once per drain, behind the choice of row group.
  dlp_packed_mac #(
    .AccumulatorBits(AccumulatorBits)
  ) u_mac (
    .clk_i,
    .low_i (activations[4:0]),
    .high_i(activations[9:5]),
    .weight_i,
    .valid_i,
    .clear_i,
    .shift_i,
    .sum_o
  );

endmodule
