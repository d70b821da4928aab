// The number of data beats of a LOAD or STORE: every word group is padded to whole beats.
//
// Latency: 0, a product. Throughput: one a cycle. Stalls: never.

module dlp_map_beats #(
  parameter int unsigned AxiBits = 64,
  parameter int unsigned DramWordBits = 16,
  parameter int unsigned SlotChannels = 8,
  parameter int unsigned BeatsBits = 30
) (
  input  logic [dlp_isa_pkg::LoadPositionsBits-1:0] positions_i,
  input  logic [dlp_isa_pkg::LoadChannelsBits-1:0]  channels_i,
  input  logic                                      wide_i,
  output logic [BeatsBits-1:0]                      beats_o
);

  localparam int unsigned WordsPerBeat = (DramWordBits > AxiBits) ? 1 : AxiBits / DramWordBits;
  localparam int unsigned BeatsPerWord = (DramWordBits > AxiBits) ? DramWordBits / AxiBits : 1;
  // data beats of a full slot
  localparam int unsigned SlotBeats = (SlotChannels + WordsPerBeat - 1) / WordsPerBeat * BeatsPerWord;

  // Data beats of one plane of one position; of one position.
  logic [15:0] plane_beats, position_beats;

  if (SlotChannels % WordsPerBeat == 0) begin : gen_even
    assign plane_beats = (16'(channels_i) + 16'(WordsPerBeat - 1)) / 16'(WordsPerBeat) * 16'(BeatsPerWord);
  end else begin : gen_padded
    logic [dlp_isa_pkg::LoadChannelsBits-1:0] slots, remainder;
    assign slots = channels_i / dlp_isa_pkg::LoadChannelsBits'(SlotChannels);
    assign remainder = channels_i % dlp_isa_pkg::LoadChannelsBits'(SlotChannels);
    assign plane_beats = 16'(slots) * 16'(SlotBeats) + (16'(remainder) + 16'(WordsPerBeat - 1)) / 16'(WordsPerBeat);
  end

  assign position_beats = wide_i ? {plane_beats[14:0], 1'b0} : plane_beats;
  assign beats_o = BeatsBits'(position_beats * BeatsBits'(positions_i));

endmodule
