// Rotates words: word w of the output is word (w + amount) mod Words of the input. One 2:1 choice for every bit of the amount.
//
// Latency: 0. amount_i is below Words.

module dlp_rotate #(
  parameter int unsigned Width = 4,
  parameter int unsigned Words = 7,
  parameter int unsigned AmountBits = (Words == 1) ? 1 : $clog2(Words)
) (
  input  logic [Words*Width-1:0] words_i,
  input  logic [AmountBits-1:0]  amount_i,
  output logic [Words*Width-1:0] words_o
);

  if (Words == 1) begin : gen_wire
    logic unused;
    assign unused = amount_i[0];
    assign words_o = words_i;
  end else begin : gen_stages
    localparam int unsigned Bits = Words * Width;
    logic [Bits-1:0] rotated;
    always_comb begin
      rotated = words_i;
      for (int unsigned s = 0; s < AmountBits; s++) begin
        if (amount_i[s]) rotated = (rotated >> (2 ** s * Width)) | (rotated << (Bits - 2 ** s * Width));
      end
    end
    assign words_o = rotated;
  end

endmodule
