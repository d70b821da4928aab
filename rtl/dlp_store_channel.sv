// One channel of STORE's data beats: its word, zero where the group has no such channel, and the index of its word in the next beat.
// Consecutive channels lie in consecutive clusters, then in the next bank.
//
// Latency: 0. Throughput: one beat a cycle. Stalls: never.

module dlp_store_channel #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned WordBits = 16,
  parameter int unsigned PartWidth = 16,
  parameter int unsigned WordsPerBeat = 4,
  parameter int unsigned BeatsPerWord = 1,
  // number of the channel in a beat
  parameter int unsigned Channel = 0,
  parameter int unsigned WordIndexBits = 3,
  parameter int unsigned PartBits = 1,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned BankBits = $clog2(Banks)
) (
  // a group's first beat, from its own buffer; whether the group has this channel
  input  logic                first_i,
  input  logic                present_i,
  // first beat: the bank of cluster 0's first channel; later beats: the word's index, cluster + C · bank
  input  logic [BankBits-1:0] bank_i,
  input  logic [WordIndexBits-1:0] word_index_i,
  input  logic [PartBits-1:0] part_i,

  // first beat: the words of this channel's cluster; later beats: all words
  input  logic [Banks*WordBits-1:0] first_words_i,
  input  logic [Words*WordBits-1:0] words_i,

  output logic [WordIndexBits-1:0]  word_index_o,
  output logic [PartWidth-1:0] part_o
);

  localparam int unsigned FirstCluster = Channel % Clusters;
  localparam int unsigned BankOffset = Channel / Clusters % Banks;
  localparam int unsigned Step = WordsPerBeat % Words;
  localparam int unsigned PaddedBits = (BeatsPerWord * PartWidth > WordBits) ? BeatsPerWord * PartWidth : WordBits;

  // The word of the first beat: of one cluster.
  logic [BankBits:0]     bank;
  logic [WordBits-1:0]   first_word, later_word;
  logic [PaddedBits-1:0] word;
  always_comb begin
    bank = {1'b0, bank_i} + (BankBits + 1)'(BankOffset);
    if (32'(bank) >= Banks) bank = bank - (BankBits + 1)'(Banks);
  end
  dlp_mux #(
    .Width(WordBits),
    .Words(Banks)
  ) u_first (
    .words_i (first_words_i),
    .select_i(bank[BankBits-1:0]),
    .word_o  (first_word)
  );

  // The word of a later beat: of any bank.
  logic [Words*WordBits-1:0] indexed;
  for (genvar n = 0; n < Words; n++) begin : gen_word
    assign indexed[n*WordBits+:WordBits] = words_i[(n%Clusters*Banks+n/Clusters)*WordBits+:WordBits];
  end
  dlp_mux #(
    .Width     (WordBits),
    .Words     (Words),
    .SelectBits(WordIndexBits)
  ) u_later (
    .words_i (indexed),
    .select_i(word_index_i),
    .word_o  (later_word)
  );

  always_comb begin
    word = '0;
    if (present_i) word[WordBits-1:0] = first_i ? first_word : later_word;
  end
  if (BeatsPerWord > 1) begin : gen_parts
    assign part_o = word[32'(part_i)*PartWidth+:PartWidth];
  end else begin : gen_whole
    assign part_o = word[PartWidth-1:0];
    logic unused;
    assign unused = ^part_i;
  end

  // The word of the next beat, once this one is complete.
  logic [WordIndexBits:0] word_index, next;
  always_comb begin
    word_index = first_i ? (WordIndexBits + 1)'(32'(bank) * Clusters + FirstCluster) : {1'b0, word_index_i};
    next = word_index;
    if (32'(part_i) == BeatsPerWord - 1) begin
      next = word_index + (WordIndexBits + 1)'(Step);
      if (32'(next) >= Words) next = next - (WordIndexBits + 1)'(Words);
    end
    word_index_o = next[WordIndexBits-1:0];
  end

  logic unused_bits;
  assign unused_bits = ^{next[WordIndexBits], bank[BankBits]};

endmodule
