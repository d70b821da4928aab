// The compute path of the machine `hx8k` behind a serial port, small enough for an iCE40 HX8K: LAYER and COMPUTE, their weight, parameter,
// slot and feature memories. Not the processor: no dispatch, no DMA, no DRAM.
//
// A frame is shifted in through data_i, its last bit first, while shift_i; apply_i then presents it to the path for one cycle. In every
// cycle in which neither is set, data_o gives the next bit of the words that were read last, lowest first.
//
// Latency: that of dlp_compute behind apply_i. Throughput: a frame in FrameBits + 1 cycles. Stalls: never.

module dlp_hx8k_compute (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic shift_i,
  input  logic apply_i,
  input  logic data_i,

  output logic active_o,
  output logic done_o,
  output logic data_o
);

  localparam int unsigned Banks = dlp_machine_pkg::Banks;
  localparam int unsigned BeatBits = dlp_machine_pkg::ClusterBeatBits;
  localparam int unsigned WordBits = dlp_machine_pkg::FeatureWordBits;
  localparam int unsigned WordAddressBits = dlp_machine_pkg::FeatureAddressBits;
  localparam int unsigned BeatAddressBits = dlp_machine_pkg::BeatAddressBits;
  localparam int unsigned ParameterAddressBits = $clog2(dlp_machine_pkg::ParameterGroups * dlp_machine_pkg::Rows);

  // What a frame does; its instruction, table entries, weights or parameters share the data.
  typedef struct packed {
    logic                       layer;
    logic                       compute;
    logic                       beat;
    logic                       parameter_row;
    logic                       geometry;
    logic [1:0]                 slots;
    logic                       tap_bits;
    logic [Banks-1:0]           words;
    logic                       read;
    logic                       block;
    logic [7:0]                 address;
    logic [127:0]               data;
  } frame_t;
  localparam int unsigned FrameBits = 18 + Banks + 128;

  logic [FrameBits-1:0] frame_q;
  frame_t               frame;
  logic [Banks*WordBits-1:0] words, words_q;
  logic [1:0]                read_q;

  always_ff @(posedge clk_i) begin
    if (shift_i) frame_q <= {data_i, frame_q[FrameBits-1:1]};
    read_q <= {read_q[0], apply_i && frame.read};
    if (read_q[1]) words_q <= words;
    else if (!shift_i && !apply_i) words_q <= {1'b0, words_q[Banks*WordBits-1:1]};
  end
  assign frame = frame_q;
  assign data_o = words_q[0];

  logic        unused_pool_active, unused_pool_done;
  logic        unused_error;
  logic [15:0] unused_error_index;
  logic [31:0] unused_logits;

  dlp_compute #(
    .GridHeight       (dlp_machine_pkg::GridHeight),
    .GridWidth        (dlp_machine_pkg::GridWidth),
    .Rows             (dlp_machine_pkg::Rows),
    .Clusters         (dlp_machine_pkg::Clusters),
    .Banks            (Banks),
    .DrainRows        (dlp_machine_pkg::DrainRows),
    .FeatureWords     (dlp_machine_pkg::FeatureWords),
    .WeightBeats      (dlp_machine_pkg::WeightBeats),
    .ParameterGroups  (dlp_machine_pkg::ParameterGroups),
    .AccumulatorBits  (dlp_machine_pkg::AccumulatorBits),
    .PackedPairs      (dlp_machine_pkg::PackedPairs),
    .WordRows         (1),
    .GeometriesPerLoad(1),
    .SlotsPerLoad     (2)
  ) u_compute (
    .clk_i,
    .rst_ni,
    .index_i                 (16'b0),
    .error_valid_o           (unused_error),
    .error_index_o           (unused_error_index),
    .layer_valid_i           (apply_i && frame.layer),
    .layer_i                 (frame.data),
    .compute_valid_i         (apply_i && frame.compute),
    .compute_i               (frame.data),
    .compute_active_o        (active_o),
    .compute_done_o          (done_o),
    .pool_valid_i            (1'b0),
    .pool_word_i             (128'b0),
    .pool_active_o           (unused_pool_active),
    .pool_done_o             (unused_pool_done),
    .store_read_valid_i      (apply_i && frame.read),
    .store_read_address_i    (frame.address[WordAddressBits-1:0]),
    .store_read_data_o       (words),
    .beat_load_valid_i       (apply_i && frame.beat),
    .beat_load_address_i     (frame.address[BeatAddressBits-1:0]),
    .beat_load_data_i        (frame.data[BeatBits-1:0]),
    .parameter_load_valid_i  (apply_i && frame.parameter_row),
    .parameter_load_address_i(frame.address[ParameterAddressBits-1:0]),
    .parameter_load_data_i   (frame.data[53:0]),
    .table_load_block_i      (frame.block),
    .tap_bits_load_valid_i   (apply_i && frame.tap_bits),
    .tap_bits_load_data_i    (frame.data[2:0]),
    .geometry_load_valid_i   (apply_i && frame.geometry),
    .geometry_load_index_i   (frame.address[1:0]),
    .geometry_load_data_i    (frame.data),
    .slot_load_valid_i       (frame.slots & {2{apply_i}}),
    .slot_load_index_i       (frame.address[6:0]),
    .slot_load_data_i        (frame.data[63:0]),
    .word_load_valid_i       (frame.words & {Banks{apply_i}}),
    .word_load_address_i     ({Banks{frame.address[WordAddressBits-1:0]}}),
    .word_load_data_i        (frame.data[Banks*WordBits-1:0]),
    .logits_read_valid_i     (1'b0),
    .logits_read_address_i   ('0),
    .logits_read_data_o      (unused_logits)
  );

  logic unused;
  assign unused = ^{unused_pool_active, unused_pool_done, unused_error, unused_error_index, unused_logits};

`ifndef SYNTHESIS
  initial assert ($bits(frame_t) == FrameBits && dlp_machine_pkg::Clusters == 1) else $fatal(1, "FrameBits");
`endif

endmodule
