// STORE's data side: a word group, bank by bank, to data beats.
//
// Latency: 1 from the group to its first beat. Throughput: one beat a cycle. Stalls: a beat stays until it is taken; a group comes only
// after the first beat of the one before.

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

  // a group: its words by bank, the bank of cluster 0's first channel, its channels in DRAM
  input  logic                      group_valid_i,
  input  logic [Words*WordBits-1:0] group_words_i,
  input  logic [BankBits-1:0]       group_bank_i,
  input  logic [ChannelBits-1:0]    group_channels_i,

  // data beats
  output logic               beat_valid_o,
  input  logic               beat_ready_i,
  output logic [AxiBits-1:0] beat_data_o,

  // the first, the last beat of a group is sent
  output logic first_sent_o,
  output logic group_sent_o
);

  localparam int unsigned WordsPerBeat = (DramWordBits > AxiBits) ? 1 : AxiBits / DramWordBits;
  localparam int unsigned BeatsPerWord = (DramWordBits > AxiBits) ? DramWordBits / AxiBits : 1;
  localparam int unsigned PartBits = (BeatsPerWord > 1) ? $clog2(BeatsPerWord) : 1;
  localparam int unsigned NameBits = (Words > 1) ? $clog2(Words) : 1;
  localparam bit Several = (Words + WordsPerBeat - 1) / WordsPerBeat * BeatsPerWord > 1;

  // Buffer A: a group not begun; buffer B: one of which the first beat is out. Channels left, and the part of a word that comes next.
  logic                      a_valid_d, a_valid_q, b_valid_d, b_valid_q;
  logic [Words*WordBits-1:0] a_words_q, b_words_q;
  logic [BankBits-1:0]       a_bank_q;
  logic [ChannelBits-1:0]    a_channels_q, b_channels_d, b_channels_q, channels;
  logic [PartBits-1:0]       b_part_d, b_part_q, part;
  logic                      sent, last;

  // Per place in a beat: the bank in B that it takes next.
  logic [WordsPerBeat*NameBits-1:0] b_names_q, next_names;

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

  if (Several) begin : gen_b
    always_ff @(posedge clk_i) begin
      if (first_sent_o) b_words_q <= a_words_q;
      if (sent) b_names_q <= next_names;
    end
  end else begin : gen_no_b
    assign b_words_q = '0;
    assign b_names_q = '0;
    logic unused;
    assign unused = ^{next_names, b_names_q, b_words_q};
  end

  for (genvar j = 0; j < WordsPerBeat; j++) begin : gen_place
    logic [Banks*WordBits-1:0] cluster_words;
    assign cluster_words = a_words_q[j%Clusters*Banks*WordBits+:Banks*WordBits];
    dlp_store_place #(
      .Clusters    (Clusters),
      .Banks       (Banks),
      .WordBits    (WordBits),
      .PartWidth   (AxiBits / WordsPerBeat),
      .WordsPerBeat(WordsPerBeat),
      .BeatsPerWord(BeatsPerWord),
      .Place       (j),
      .NameBits    (NameBits),
      .PartBits    (PartBits)
    ) u_place (
      .first_i      (!b_valid_q),
      .present_i    (32'(channels) > j),
      .bank_i       (a_bank_q),
      .name_i       (b_names_q[j*NameBits+:NameBits]),
      .part_i       (part),
      .first_words_i(cluster_words),
      .words_i      (b_words_q),
      .name_o       (next_names[j*NameBits+:NameBits]),
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
