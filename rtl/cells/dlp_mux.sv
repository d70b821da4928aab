// Chooses one of several words; a choice beyond the last gives zeros in hardware and is a program's fault.
//
// Latency: 0. For synthesis it is written bit by bit, as a 16:1 choice written with an indexed part select costs Yosys three times the
// LUTs; simulation takes the part select, which runs many times faster. test/rtl runs both.

module dlp_mux #(
  parameter int unsigned Width = 20,
  parameter int unsigned Words = 4,
  parameter int unsigned SelectBits = $clog2(Words)
) (
  input  logic [Words*Width-1:0] words_i,
  input  logic [SelectBits-1:0]  select_i,
  output logic [Width-1:0]       word_o
);

`ifdef SYNTHESIS
  for (genvar i = 0; i < Width; i++) begin : gen_bit
    logic [2**SelectBits-1:0] choices;
    for (genvar w = 0; w < 2 ** SelectBits; w++) begin : gen_word
      if (w < Words) assign choices[w] = words_i[w*Width+i];
      else assign choices[w] = 1'b0;
    end
    assign word_o[i] = choices[select_i];
  end
`else
  assign word_o = words_i[32'(select_i)*Width+:Width];
`endif

endmodule
