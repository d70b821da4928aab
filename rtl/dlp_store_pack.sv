// The data path of STORE: a word group, bank by bank, to data beats.
//
// Latency: 1 from the group to its first beat. Throughput: one beat a cycle. Stalls: a beat is held until it is taken; a group arrives no
// sooner than the first beat of the one before is sent.

module dlp_store_pack #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned WordBits = 16,
  parameter int unsigned DramWordBits = 16,
  parameter int unsigned AxiBits = 64,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned ChannelBits = $clog2(Words + 1),
  parameter int unsigned BankBits = $clog2(Banks)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // a group: its words by bank, the bank of cluster 0's first channel, its number of channels in DRAM
  input  logic                      group_valid_i,
  input  logic [Words*WordBits-1:0] group_words_i,
  input  logic [BankBits-1:0]       group_bank_i,
  input  logic [ChannelBits-1:0]    group_channels_i,

  // data beats
  output logic               beat_valid_o,
  input  logic               beat_ready_i,
  output logic [AxiBits-1:0] beat_data_o,

  // the first beat of a group is sent; the last one
  output logic first_sent_o,
  output logic group_sent_o
);

  localparam int unsigned WordsPerBeat = (DramWordBits > AxiBits) ? 1 : AxiBits / DramWordBits;
  localparam int unsigned BeatsPerWord = (DramWordBits > AxiBits) ? DramWordBits / AxiBits : 1;
  localparam int unsigned PartBits = (BeatsPerWord > 1) ? $clog2(BeatsPerWord) : 1;
  localparam int unsigned WordIndexBits = (Words > 1) ? $clog2(Words) : 1;
  // a full slot has more than one data beat
  localparam bit SeveralBeats = (Words + WordsPerBeat - 1) / WordsPerBeat * BeatsPerWord > 1;

  // Buffer A: a group of which no beat is sent; buffer B: one of which the first beat is sent. Channels that remain; the next part of a word.
  logic                      a_valid_d, a_valid_q, b_valid_d, b_valid_q;
  logic [Words*WordBits-1:0] a_words_q, b_words_q;
  logic [BankBits-1:0]       a_bank_q;
  logic [ChannelBits-1:0]    a_channels_q, b_channels_d, b_channels_q, channels;
  logic [PartBits-1:0]       b_part_d, b_part_q, part;
  logic                      sent, last;

  // For each channel of a beat: the word in buffer B that it takes next.
  logic [WordsPerBeat*WordIndexBits-1:0] b_indices_q, next_indices;

  assign beat_valid_o = a_valid_q || b_valid_q;
  assign sent = beat_valid_o && beat_ready_i;
  assign channels = b_valid_q ? b_channels_q : a_channels_q;
  assign part = b_valid_q ? b_part_q : '0;
  assign last = 32'(channels) <= WordsPerBeat && 32'(part) == BeatsPerWord - 1;
  assign first_sent_o = sent && !b_valid_q;
  assign group_sent_o = sent && last;

  always_comb begin
    a_valid_d = (a_valid_q && !first_sent_o) || group_valid_i;
    b_valid_d = (b_valid_q || first_sent_o) && !group_sent_o;
    b_channels_d = b_channels_q;
    b_part_d = b_part_q;
    if (sent) begin
      b_part_d = (32'(part) == BeatsPerWord - 1) ? '0 : part + PartBits'(1);
      b_channels_d = (32'(part) == BeatsPerWord - 1) ? channels - ChannelBits'(WordsPerBeat) : channels;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      a_valid_q <= a_valid_d;
      b_valid_q <= b_valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (group_valid_i) begin
      a_words_q <= group_words_i;
      a_bank_q <= group_bank_i;
      a_channels_q <= group_channels_i;
    end
    b_channels_q <= b_channels_d;
    b_part_q <= b_part_d;
  end

  if (SeveralBeats) begin : gen_b
    always_ff @(posedge clk_i) begin
      if (first_sent_o) b_words_q <= a_words_q;
      if (sent) b_indices_q <= next_indices;
    end
  end else begin : gen_no_b
    assign b_words_q = '0;
    assign b_indices_q = '0;
    logic unused;
    assign unused = ^{next_indices, b_indices_q, b_words_q};
  end

  for (genvar j = 0; j < WordsPerBeat; j++) begin : gen_channel
    logic [Banks*WordBits-1:0] cluster_words;
    assign cluster_words = a_words_q[j%Clusters*Banks*WordBits+:Banks*WordBits];
    dlp_store_channel #(
      .Clusters    (Clusters),
      .Banks       (Banks),
      .WordBits    (WordBits),
      .PartWidth   (AxiBits / WordsPerBeat),
      .WordsPerBeat(WordsPerBeat),
      .BeatsPerWord(BeatsPerWord),
      .Channel     (j),
      .WordIndexBits    (WordIndexBits),
      .PartBits    (PartBits)
    ) u_channel (
      .first_i      (!b_valid_q),
      .present_i    (32'(channels) > j),
      .bank_i       (a_bank_q),
      .word_index_i (b_indices_q[j*WordIndexBits+:WordIndexBits]),
      .part_i       (part),
      .first_words_i(cluster_words),
      .words_i      (b_words_q),
      .word_index_o (next_indices[j*WordIndexBits+:WordIndexBits]),
      .part_o       (beat_data_o[j*(AxiBits/WordsPerBeat)+:AxiBits/WordsPerBeat])
    );
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_room: assert (!group_valid_i || !a_valid_q || first_sent_o);
    end
  end
`endif

endmodule
