// One bank's word of a LOAD: takes it from the data beat that holds the bank's channel.
//
// Latency: 2 from taken_i to the word. Throughput: one data beat a cycle. Stalls: never.

module dlp_load_word #(
  parameter int unsigned WordBits = 16,
  parameter int unsigned PartBits = 16,
  parameter int unsigned WordsPerBeat = 4,
  parameter int unsigned BeatsPerWord = 1,
  parameter int unsigned ChannelIndexBits = 3,
  parameter int unsigned BeatBits = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  // cycle 0: a beat, its number in the group, the bank's channel, whether the bank is written after it
  input  logic                taken_i,
  input  logic [BeatBits-1:0] beat_i,
  input  logic [ChannelIndexBits-1:0] channel_i,
  input  logic                write_i,

  // cycle 1: its data
  input  logic [WordsPerBeat*PartBits-1:0] data_i,

  // cycle 2
  output logic                valid_o,
  output logic [WordBits-1:0] word_o
);

  localparam int unsigned Parts = BeatsPerWord;
  localparam int unsigned SelectBits = (WordsPerBeat > 1) ? $clog2(WordsPerBeat) : 1;
  localparam int unsigned PaddedBits = (Parts * PartBits > WordBits) ? Parts * PartBits : WordBits;

  logic                  write_1_q, write_2_q;
  logic [Parts-1:0]      hit, hit_q;
  logic [SelectBits-1:0] select_q;
  logic [PartBits-1:0]   part;
  logic [PaddedBits-1:0] word_d, word_q;

  for (genvar p = 0; p < Parts; p++) begin : gen_hit
    assign hit[p] = taken_i && 32'(beat_i) == 32'(channel_i) / WordsPerBeat * BeatsPerWord + p;
  end

  if (WordsPerBeat > 1) begin : gen_select
    always_ff @(posedge clk_i) select_q <= SelectBits'(32'(channel_i) % WordsPerBeat);
    dlp_mux #(
      .Width(PartBits),
      .Words(WordsPerBeat)
    ) u_part (
      .words_i (data_i),
      .select_i(select_q),
      .word_o  (part)
    );
  end else begin : gen_whole
    assign select_q = '0;
    assign part = data_i;
    logic unused_select;
    assign unused_select = ^select_q;
  end

  always_comb begin
    word_d = word_q;
    for (int unsigned p = 0; p < Parts; p++) begin
      if (hit_q[p]) word_d[p*PartBits+:PartBits] = part;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_1_q <= 1'b0;
      write_2_q <= 1'b0;
    end else begin
      write_1_q <= write_i;
      write_2_q <= write_1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    hit_q <= hit;
    word_q <= word_d;
  end

  assign valid_o = write_2_q;
  assign word_o = word_q[WordBits-1:0];

  if (PaddedBits > WordBits) begin : gen_unused
    logic unused;
    assign unused = ^word_q[PaddedBits-1:WordBits];
  end

endmodule
