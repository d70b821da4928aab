// Choices of several sizes side by side, two bits a word. Not for synthesis.
module dlp_mux_bench (
  input  logic [127:0] words_i,
  input  logic [5:0]   select_i,
  output logic [11:0]  words_o
);
  dlp_mux #(.Width(2), .Words(3)) u_3 (.words_i(words_i[5:0]), .select_i(select_i[1:0]), .word_o(words_o[1:0]));
  dlp_mux #(.Width(2), .Words(6)) u_6 (.words_i(words_i[11:0]), .select_i(select_i[2:0]), .word_o(words_o[3:2]));
  dlp_mux #(.Width(2), .Words(8)) u_8 (.words_i(words_i[15:0]), .select_i(select_i[2:0]), .word_o(words_o[5:4]));
  dlp_mux #(.Width(2), .Words(16)) u_16 (.words_i(words_i[31:0]), .select_i(select_i[3:0]), .word_o(words_o[7:6]));
  dlp_mux #(.Width(2), .Words(24)) u_24 (.words_i(words_i[47:0]), .select_i(select_i[4:0]), .word_o(words_o[9:8]));
  dlp_mux #(.Width(2), .Words(64)) u_64 (.words_i, .select_i, .word_o(words_o[11:10]));
endmodule
