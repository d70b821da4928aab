// The write of one bank of the feature memory: one of the words of R rows that can lie in it, and its address.
//
// Latency: WriteBackCycles. Throughput: one word a cycle. Stalls: never.

module dlp_write_bank #(
  parameter int unsigned Words = 4,
  parameter int unsigned WordBits = 16,
  parameter int unsigned AddressBits = 9,
  parameter int unsigned SelectBits = $clog2(Words)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                         valid_i,
  input  logic [SelectBits-1:0]        select_i,
  input  logic [Words*AddressBits-1:0] addresses_i,
  input  logic [Words*WordBits-1:0]    words_i,

  output logic                   valid_o,
  output logic [AddressBits-1:0] address_o,
  output logic [WordBits-1:0]    data_o
);

  logic                   valid_q;
  logic [AddressBits-1:0] address_d, address_q;
  logic [WordBits-1:0]    data_d, data_q;

  dlp_mux #(
    .Width(AddressBits),
    .Words(Words)
  ) u_address (
    .words_i (addresses_i),
    .select_i,
    .word_o  (address_d)
  );
  dlp_mux #(
    .Width(WordBits),
    .Words(Words)
  ) u_word (
    .words_i,
    .select_i,
    .word_o (data_d)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else valid_q <= valid_i;
  end
  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    data_q <= data_d;
  end

  assign valid_o = valid_q;
  assign address_o = address_q;
  assign data_o = data_q;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::WriteBackCycles == 1) else $fatal(1, "one register behind the choice of row");
`endif

endmodule
