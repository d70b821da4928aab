// One place of STORE's data beat: the word of its channel, zero where the group has none; and the bank from which the next beat's comes.
// Channels go round the clusters, then up the banks.
//
// Latency: 0. Throughput: one beat a cycle. Stalls: never.

module dlp_store_place #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned WordBits = 16,
  parameter int unsigned PartWidth = 16,
  parameter int unsigned WordsPerBeat = 4,
  parameter int unsigned BeatsPerWord = 1,
  // channel in a group's first beat
  parameter int unsigned Place = 0,
  parameter int unsigned NameBits = 3,
  parameter int unsigned PartBits = 1,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned BankBits = $clog2(Banks)
) (
  // a group's first beat, from its own buffer; whether the group has this channel
  input  logic                first_i,
  input  logic                present_i,
  // the bank of cluster 0's first channel; for later beats the cluster and bank of this one's
  input  logic [BankBits-1:0] bank_i,
  input  logic [NameBits-1:0] name_i,
  input  logic [PartBits-1:0] part_i,

  // the words of this place's cluster in the first beat; all words
  input  logic [Banks*WordBits-1:0] first_words_i,
  input  logic [Words*WordBits-1:0] words_i,

  output logic [NameBits-1:0]  name_o,
  output logic [PartWidth-1:0] part_o
);

  // a name is cluster + C · bank
  localparam int unsigned FirstCluster = Place % Clusters;
  localparam int unsigned Across = Place / Clusters % Banks;
  localparam int unsigned Step = WordsPerBeat % Words;
  localparam int unsigned PaddedBits = (BeatsPerWord * PartWidth > WordBits) ? BeatsPerWord * PartWidth : WordBits;

  // The first beat's word: of one cluster.
  logic [BankBits:0]     bank;
  logic [WordBits-1:0]   first_word, later_word;
  logic [PaddedBits-1:0] word;
  always_comb begin
    bank = {1'b0, bank_i} + (BankBits + 1)'(Across);
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

  // Later beats': of any bank.
  logic [Words*WordBits-1:0] named;
  for (genvar n = 0; n < Words; n++) begin : gen_named
    assign named[n*WordBits+:WordBits] = words_i[(n%Clusters*Banks+n/Clusters)*WordBits+:WordBits];
  end
  dlp_mux #(
    .Width     (WordBits),
    .Words     (Words),
    .SelectBits(NameBits)
  ) u_later (
    .words_i (named),
    .select_i(name_i),
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

  // The next beat's name, once the word is complete.
  logic [NameBits:0] name, next;
  always_comb begin
    name = first_i ? (NameBits + 1)'(32'(bank) * Clusters + FirstCluster) : {1'b0, name_i};
    next = name;
    if (32'(part_i) == BeatsPerWord - 1) begin
      next = name + (NameBits + 1)'(Step);
      if (32'(next) >= Words) next = next - (NameBits + 1)'(Words);
    end
    name_o = next[NameBits-1:0];
  end

  logic unused_bits;
  assign unused_bits = ^{next[NameBits], bank[BankBits]};

endmodule
