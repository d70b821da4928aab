// Selects one of several words; a select past the last gives zeros in hardware and is an error of the program.
//
// Latency: 0. Written three times: as a part select for simulation, which is many times faster; bit by bit for synthesis, as an indexed part select costs Yosys
// three times the LUTs; and with DLP_MUXF7 a 16:1 choice is four LUTs that select one of four, two MUXF7 and a MUXF8, an 8:1 choice half of that.
// test/rtl/forms.test.ts runs all three.

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
  localparam int unsigned Choices = 2 ** SelectBits;

  for (genvar i = 0; i < Width; i++) begin : gen_bit
    logic [Choices-1:0] choices;
    for (genvar w = 0; w < Choices; w++) begin : gen_word
      if (w < Words) assign choices[w] = words_i[w*Width+i];
      else assign choices[w] = 1'b0;
    end
`ifdef DLP_MUXF7
    if (SelectBits < 3) begin : gen_lut
      assign word_o[i] = choices[select_i];
    end else begin : gen_wide
      logic [Choices/4-1:0] fours;
      logic [Choices/8-1:0] eights;
      for (genvar f = 0; f < Choices / 4; f++) begin : gen_four
        logic [3:0] four;
        assign four = choices[f*4+:4];
        assign fours[f] = four[select_i[1:0]];
      end
      for (genvar e = 0; e < Choices / 8; e++) begin : gen_eight
        MUXF7 u_eight (
          .I0(fours[2*e]),
          .I1(fours[2*e+1]),
          .S (select_i[2]),
          .O (eights[e])
        );
      end
      if (SelectBits == 3) begin : gen_one
        assign word_o[i] = eights[0];
      end else begin : gen_more
        logic [Choices/16-1:0] sixteens;
        for (genvar s = 0; s < Choices / 16; s++) begin : gen_sixteen
          MUXF8 u_sixteen (
            .I0(eights[2*s]),
            .I1(eights[2*s+1]),
            .S (select_i[3]),
            .O (sixteens[s])
          );
        end
        if (SelectBits == 4) begin : gen_last
          assign word_o[i] = sixteens[0];
        end else begin : gen_outside
          assign word_o[i] = sixteens[select_i[SelectBits-1:4]];
        end
      end
    end
`else
    assign word_o[i] = choices[select_i];
`endif
  end
`else
  assign word_o = words_i[32'(select_i)*Width+:Width];
`endif

endmodule
