// The data path of LOAD: data beats to words, words to banks. Every bank takes its own word as the beat with it passes. So start bank, planes
// and repeated channels need no rotation of data: what rotates is only the choice of the word, made once a LOAD.
//
//   cycle t     a data beat
//         t+2   every bank compares the channels of the beat with its own, and takes its word
//         t+3   after a group's last beat: all banks write   (LoadBeatToWriteCycles)
//         t+4   the last write of a LOAD is complete, also through a bank's skid register   (LoadBeatToRetireCycles)
//
// Latency: as drawn. Throughput: one data beat a cycle. Stalls: a group ends LoadGroupCycles after the one before at the earliest.

module dlp_load_unpack #(
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WordBits = 16,
  parameter int unsigned DramWordBits = 16,
  parameter int unsigned AxiBits = 64,
  // derived: leave alone
  parameter int unsigned Words = Clusters * Banks,
  parameter int unsigned WordAddressBits = $clog2(FeatureWords),
  parameter int unsigned IndexBits = dlp_machine_pkg::ProgramAddressBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the next LOAD
  input  logic                 load_valid_i,
  output logic                 load_ready_o,
  input  dlp_isa_pkg::load_t   load_i,
  input  logic [IndexBits-1:0] load_index_i,

  // data beats
  input  logic               beat_valid_i,
  output logic               beat_ready_o,
  input  logic [AxiBits-1:0] beat_data_i,

  // the LOAD that receives data; its word group is outside the memory
  output logic [IndexBits-1:0] index_o,
  output logic                 address_error_o,

  // the last word is written
  output logic done_o,

  output dlp_machine_pkg::feature_load_t feature_load_o
);

  localparam int unsigned WordsPerBeat = (DramWordBits > AxiBits) ? 1 : AxiBits / DramWordBits;
  localparam int unsigned BeatsPerWord = (DramWordBits > AxiBits) ? DramWordBits / AxiBits : 1;
  localparam int unsigned PartBits = AxiBits / WordsPerBeat;
  localparam int unsigned ChannelBits = $clog2(Words + 1);
  localparam int unsigned ChannelIndexBits = $clog2(Words);
  localparam int unsigned BeatBits = $clog2(Words * BeatsPerWord + 1);
  localparam int unsigned BankBits = $clog2(Banks);

  // The LOAD that receives data, and its word group.
  logic                   active_d, active_q, ended_d, ended_q;
  logic [IndexBits-1:0]   index_q;
  logic [BeatBits-1:0]    beat_d, beat_q, last_beat;
  logic [WordAddressBits:0] address;
  logic                   plane, last_group, start, taken, group_ends;
  logic [ChannelBits-1:0] channels;

  dlp_word_groups #(
    .SlotChannels(Words),
    .AddressBits (WordAddressBits)
  ) u_groups (
    .clk_i,
    .start_i       (start),
    .base_i        (load_i.base),
    .positions_i   (load_i.positions),
    .plane_stride_i(load_i.plane_stride),
    .channels_i    (load_i.channels),
    .wide_i        (load_i.wide),
    .address_o     (address),
    .plane_o       (plane),
    .channels_o    (channels),
    .last_o        (last_group),
    .advance_i     (group_ends)
  );

  assign load_ready_o = !active_q;
  assign start = load_valid_i && load_ready_o;
  // A group of a single beat starts a cycle after the end of the group before.
  assign beat_ready_o = active_q && !(ended_q && last_beat == '0);
  assign taken = beat_valid_i && beat_ready_o;
  assign last_beat = BeatBits'((32'(channels) + WordsPerBeat - 1) / WordsPerBeat * BeatsPerWord - 1);
  assign group_ends = taken && beat_q == last_beat;
  assign index_o = index_q;
  assign address_error_o = group_ends && 32'(address) >= FeatureWords;

  always_comb begin
    active_d = active_q;
    beat_d = beat_q;
    if (taken) beat_d = beat_q + BeatBits'(1);
    if (group_ends) begin
      beat_d = '0;
      active_d = !last_group;
    end
    if (start) begin
      beat_d = '0;
      active_d = 1'b1;
    end
    ended_d = group_ends;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      ended_q <= 1'b0;
    end else begin
      active_q <= active_d;
      ended_q <= ended_d;
    end
  end

  always_ff @(posedge clk_i) begin
    beat_q <= beat_d;
    if (start) index_q <= load_index_i;
  end

  // The DRAM channel of each storage channel: q mod (N + pad), or q itself in a full slot; then, for each bank, that of its storage channel
  // in plane 0. A LOAD's first beat is compared three cycles after start at the earliest.
  logic [dlp_isa_pkg::LoadStartBankBits-1:0] start_bank_q;
  logic [Words*ChannelIndexBits-1:0] period_q, channel_of_bank, channel_of_bank_q;

  logic [ChannelBits:0] period;
  assign period = (ChannelBits + 1)'(load_i.channels) + (ChannelBits + 1)'(load_i.pad);

  dlp_load_period #(
    .Words   (Words),
    .ChannelIndexBits(ChannelIndexBits)
  ) u_period (
    .clk_i,
    .valid_i   (start),
    .period_i  ((32'(load_i.channels) < Words && 32'(period) < Words) ? period[ChannelIndexBits-1:0] : '0),
    .channels_o(period_q)
  );

  for (genvar c = 0; c < Clusters; c++) begin : gen_cluster
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      // for each start bank the storage channel of this bank
      logic [Banks*ChannelIndexBits-1:0] choices;
      for (genvar s = 0; s < Banks; s++) begin : gen_start
        assign choices[s*ChannelIndexBits+:ChannelIndexBits] = period_q[((b+Banks-s)%Banks*Clusters+c)*ChannelIndexBits+:ChannelIndexBits];
      end
      dlp_mux #(
        .Width(ChannelIndexBits),
        .Words(Banks)
      ) u_choice (
        .words_i (choices),
        .select_i(start_bank_q[BankBits-1:0]),
        .word_o  (channel_of_bank[(c*Banks+b)*ChannelIndexBits+:ChannelIndexBits])
      );
    end
  end

  always_ff @(posedge clk_i) begin
    if (start) start_bank_q <= load_i.start_bank;
    channel_of_bank_q <= channel_of_bank;
  end

  // Cycle t + 1: the beat and its word group.
  logic                       taken_1_q, ends_1_q, last_1_q, inside_1_q, plane_1_q;
  logic [AxiBits-1:0]         data_1_q;
  logic [BeatBits-1:0]        beat_1_q;
  logic [ChannelBits-1:0]     channels_1_q;
  logic [WordAddressBits-1:0] address_1_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_1_q <= 1'b0;
      ends_1_q <= 1'b0;
      last_1_q <= 1'b0;
    end else begin
      taken_1_q <= taken;
      ends_1_q <= group_ends;
      last_1_q <= group_ends && last_group;
    end
  end

  always_ff @(posedge clk_i) begin
    data_1_q <= beat_data_i;
    beat_1_q <= beat_q;
    plane_1_q <= plane;
    channels_1_q <= channels;
    address_1_q <= address[WordAddressBits-1:0];
    inside_1_q <= 32'(address) < FeatureWords;
  end

  // Cycles t + 2 and t + 3: banks.
  logic                       last_2_q, last_3_q, last_4_q;
  logic [AxiBits-1:0]         data_2_q;
  logic [WordAddressBits-1:0] address_2_q, address_3_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      last_2_q <= 1'b0;
      last_3_q <= 1'b0;
      last_4_q <= 1'b0;
    end else begin
      last_2_q <= last_1_q;
      last_3_q <= last_2_q;
      last_4_q <= last_3_q;
    end
  end

  always_ff @(posedge clk_i) begin
    data_2_q <= data_1_q;
    address_2_q <= address_1_q;
    address_3_q <= address_2_q;
  end

  assign done_o = last_4_q;

  for (genvar c = 0; c < Clusters; c++) begin : gen_take
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      localparam int unsigned Here = c * Banks + b;
      localparam int unsigned Other = c * Banks + (b + Banks / 2) % Banks;
      logic [ChannelIndexBits-1:0] channel;
      assign channel = plane_1_q ? channel_of_bank_q[Other*ChannelIndexBits+:ChannelIndexBits] : channel_of_bank_q[Here*ChannelIndexBits+:ChannelIndexBits];
      dlp_load_word #(
        .WordBits    (WordBits),
        .PartBits    (PartBits),
        .WordsPerBeat(WordsPerBeat),
        .BeatsPerWord(BeatsPerWord),
        .ChannelIndexBits    (ChannelIndexBits),
        .BeatBits    (BeatBits)
      ) u_word (
        .clk_i,
        .rst_ni,
        .taken_i (taken_1_q),
        .beat_i  (beat_1_q),
        .channel_i(channel),
        .write_i (ends_1_q && inside_1_q && ChannelBits'(channel) < channels_1_q),
        .data_i  (data_2_q),
        .valid_o (feature_load_o.valid[Here]),
        .word_o  (feature_load_o.words[Here*WordBits+:WordBits])
      );
      assign feature_load_o.addresses[Here*WordAddressBits+:WordAddressBits] = address_3_q;
    end
  end

  logic unused;
  assign unused = ^{load_i, start_bank_q, address};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::LoadBeatToWriteCycles == 3) else $fatal(1, "three registers from beat to bank");
  initial assert (dlp_isa_pkg::LoadBeatToRetireCycles == 4) else $fatal(1, "one cycle for the skid");
  initial assert (dlp_isa_pkg::LoadGroupCycles == 2) else $fatal(1, "ended_q is one cycle");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_load_active: assert (!beat_valid_i || active_q || ended_q);
      a_every_second_cycle: assert (!(ends_1_q && group_ends));
    end
  end
`endif

endmodule
