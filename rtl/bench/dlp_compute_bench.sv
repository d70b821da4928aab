// The compute path behind the compute queue's issue rules, with ports for a C++ bench: one command a cycle loads a memory or offers an
// instruction, probes show what happens and what the memories hold. Not for synthesis.

module dlp_compute_bench #(
  parameter int unsigned UnpackedPairs = 0,
  parameter int unsigned Words = dlp_machine_pkg::SlotChannels,
  parameter int unsigned WordBits = dlp_machine_pkg::FeatureWordBits,
  parameter int unsigned AddressBits = dlp_machine_pkg::FeatureAddressBits,
  parameter int unsigned BeatsBits = dlp_machine_pkg::Clusters * dlp_machine_pkg::ClusterBeatBits,
  parameter int unsigned RowBits = dlp_machine_pkg::Lanes * 32,
  parameter int unsigned SumsBits = dlp_machine_pkg::DrainRows * RowBits,
  // wide enough for every load
  parameter int unsigned DataBits = 128 + Words * WordBits + BeatsBits + dlp_machine_pkg::DrainRows * dlp_isa_pkg::ParameterUsedBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // 1 words of all banks, 2 beat, 3 parameters of R rows, 4 geometry, 5 slot, 6 tap bits (4 to 6: address = block · 128 + index),
  // 7 an instruction of the compute queue, but no STORE; its index at address_i
  input  logic [3:0]          command_i,
  input  logic [15:0]         address_i,
  input  logic [DataBits-1:0] data_i,
  output logic                ready_o,

  // what happens in this cycle
  output logic                         first_beat_o,
  output logic                         last_beat_o,
  output logic                         read_o,
  output logic                         pool_read_o,
  output logic                         pool_first_beat_o,
  output logic                         pool_last_beat_o,
  output logic                         layer_retire_valid_o,
  output logic [15:0]                  layer_retire_signal_o,
  output logic [15:0]                  layer_retire_index_o,
  output logic                         retire_valid_o,
  output logic [15:0]                  retire_signal_o,
  output logic [15:0]                  retire_index_o,
  output logic                         idle_o,
  output logic                         error_o,
  output logic [15:0]                  error_index_o,
  output logic [95+Words:0]            write_valid_o,
  output logic [Words*AddressBits-1:0] write_address_o,
  output logic [95+Words*WordBits:0]   write_data_o,
  output logic                         logits_write_o,

  // what the memories hold at address_i
  output logic [95+Words*WordBits:0]                  words_o,
  output logic [95+SumsBits:0]                        sums_o,
  output logic [95+32*dlp_machine_pkg::DrainRows:0]   logits_o
);

  logic layer_valid, columns_valid, compute_valid, pool_valid, compute_active, compute_done, pool_active, pool_done;

  dlp_compute_queue #(
    .Rows     (dlp_machine_pkg::Rows),
    .DrainRows(dlp_machine_pkg::DrainRows),
    .IndexBits(16)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .instruction_valid_i  (command_i == 4'd7),
    .instruction_ready_o  (ready_o),
    .instruction_word_i   (data_i[127:0]),
    .instruction_index_i  (address_i),
    .layer_valid_o        (layer_valid),
    .columns_valid_o      (columns_valid),
    .compute_valid_o      (compute_valid),
    .pool_valid_o         (pool_valid),
    .store_valid_o        (),
    .compute_active_i     (compute_active),
    .compute_done_i       (compute_done),
    .pool_active_i        (pool_active),
    .pool_done_i          (pool_done),
    .store_reading_i      (1'b0),
    .store_read_done_i    (1'b0),
    .store_sending_i      (1'b0),
    .layer_retire_valid_o,
    .layer_retire_signal_o,
    .layer_retire_index_o,
    .retire_valid_o,
    .retire_signal_o,
    .retire_index_o,
    .idle_o
  );

  dlp_compute #(
    .GridHeight     (dlp_machine_pkg::GridHeight),
    .GridWidth      (dlp_machine_pkg::GridWidth),
    .Rows           (dlp_machine_pkg::Rows),
    .Clusters       (dlp_machine_pkg::Clusters),
    .Banks          (dlp_machine_pkg::Banks),
    .DrainRows      (dlp_machine_pkg::DrainRows),
    .FeatureWords   (dlp_machine_pkg::FeatureWords),
    .WeightBeats    (dlp_machine_pkg::WeightBeats),
    .ParameterGroups(dlp_machine_pkg::ParameterGroups),
    .AccumulatorBits(dlp_machine_pkg::AccumulatorBits),
    .PackedPairs    (dlp_machine_pkg::PackedPairs),
    .UnpackedPairs  (UnpackedPairs)
  ) u_dut (
    .clk_i,
    .rst_ni,
    .index_i                 (address_i),
    .error_valid_o           (error_o),
    .error_index_o           (error_index_o),
    .layer_valid_i           (layer_valid),
    .layer_i                 (data_i[127:0]),
    .columns_valid_i         (columns_valid),
    .columns_i               (data_i[127:0]),
    .compute_valid_i         (compute_valid),
    .compute_i               (data_i[127:0]),
    .compute_active_o        (compute_active),
    .compute_done_o          (compute_done),
    .pool_valid_i            (pool_valid),
    .pool_word_i             (data_i[127:0]),
    .pool_active_o           (pool_active),
    .pool_done_o             (pool_done),
    .store_read_valid_i      (1'b0),
    .store_read_address_i    ('0),
    .store_read_data_o       (),
    .beat_load_valid_i       (command_i == 4'd2),
    .beat_load_address_i     (address_i[dlp_machine_pkg::BeatAddressBits-1:0]),
    .beat_load_data_i        (data_i[BeatsBits-1:0]),
    .parameter_load_valid_i  ({dlp_machine_pkg::DrainRows{command_i == 4'd3}}),
    .parameter_load_address_i(address_i[$clog2(dlp_machine_pkg::ParameterGroups*dlp_machine_pkg::DrainCyclesPerPart)-1:0]),
    .parameter_load_data_i   (data_i[dlp_machine_pkg::DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0]),
    .table_load_block_i      (address_i[7]),
    .tap_bits_load_valid_i   (command_i == 4'd6),
    .tap_bits_load_data_i    (data_i[2:0]),
    .geometry_load_valid_i   (command_i == 4'd4),
    .geometry_load_index_i   (address_i[1:0]),
    .geometry_load_data_i    (data_i[127:0]),
    .slot_load_valid_i       (command_i == 4'd5),
    .slot_load_index_i       (address_i[6:0]),
    .slot_load_data_i        (data_i[31:0]),
    .word_load_valid_i       ({Words{command_i == 4'd1}}),
    .word_load_address_i     ({Words{address_i[AddressBits-1:0]}}),
    .word_load_data_i        (data_i[Words*WordBits-1:0]),
    .logits_read_valid_i     (1'b0),
    .logits_read_address_i   ('0),
    .logits_read_data_o      ()
  );

  assign first_beat_o = u_dut.beat_0.valid && u_dut.beat_0.first && u_dut.beat_0.first_position;
  assign last_beat_o = u_dut.beat_0.valid && u_dut.beat_0.last && u_dut.beat_0.last_position;
  logic pool_active_q, pool_done_q;
  always_ff @(posedge clk_i) begin
    pool_active_q <= pool_active;
    pool_done_q <= pool_done;
  end
  assign pool_first_beat_o = pool_active && (pool_done_q || !pool_active_q);
  assign pool_last_beat_o = pool_done;
  assign pool_read_o = u_dut.pool_read_valid;
  assign read_o = u_dut.gen_cluster[0].u_cluster.valid_7;
  assign logits_write_o = u_dut.logits_write;

  assign write_valid_o[Words+:96] = '0;
  assign write_data_o[Words*WordBits+:96] = '0;
  for (genvar c = 0; c < dlp_machine_pkg::Clusters; c++) begin : gen_cluster
    for (genvar b = 0; b < dlp_machine_pkg::Banks; b++) begin : gen_bank
      localparam int unsigned Bank = c * dlp_machine_pkg::Banks + b;
      assign write_valid_o[Bank] = u_dut.gen_cluster[c].u_cluster.gen_bank[b].u_bank.unit_valid;
      assign write_address_o[Bank*AddressBits+:AddressBits] = u_dut.gen_cluster[c].u_cluster.gen_bank[b].u_bank.write_address;
      assign write_data_o[Bank*WordBits+:WordBits] = u_dut.gen_cluster[c].u_cluster.gen_bank[b].u_bank.write_data;
      assign words_o[(c*dlp_machine_pkg::Banks+b)*WordBits+:WordBits] =
          u_dut.gen_cluster[c].u_cluster.gen_bank[b].u_bank.u_ram.words[address_i[AddressBits-1:0]];
    end
  end
  for (genvar j = 0; j < dlp_machine_pkg::DrainRows; j++) begin : gen_row
    assign sums_o[j*RowBits+:RowBits] =
        u_dut.gen_output.u_output.u_psum.gen_row[j].u_row.words[address_i[$clog2(dlp_machine_pkg::DrainCyclesPerPart)-1:0]];
  end
  assign logits_o = {96'b0, u_dut.gen_output.u_output.gen_lane_sums.u_logits.u_ram.words[address_i[$bits(u_dut.gen_output.u_output.gen_lane_sums.u_logits.address)-1:0]]};
  assign words_o[Words*WordBits+:96] = '0;
  assign sums_o[SumsBits+:96] = '0;

endmodule
