// The compute path behind the compute queue's issue rules, with ports for a C++ bench: one command a cycle loads a memory or offers an instruction; probes
// show events and the contents of the memories. Not for synthesis.

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

  // events of this cycle
  output logic                         first_beat_o,
  output logic                         last_beat_o,
  output logic                         read_o,
  output logic                         bank_op_read_o,
  output logic                         bank_op_first_beat_o,
  output logic                         bank_op_last_beat_o,
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

  // the contents of the memories at address_i
  output logic [95+Words*WordBits:0]                  words_o,
  output logic [95+SumsBits:0]                        sums_o,
  output logic [95+32*dlp_machine_pkg::DrainRows:0]   logits_o
);

  logic layer_valid, columns_valid, compute_valid, bank_op_valid, compute_active, compute_done, bank_op_active, bank_op_done;

  dlp_machine_pkg::instruction_t    instruction;
  dlp_machine_pkg::retirement_t     layer_retirement, retirement;
  dlp_machine_pkg::unit_error_t     error;
  dlp_machine_pkg::feature_load_t   feature_load;
  dlp_machine_pkg::weight_load_t    weight_load;
  dlp_machine_pkg::parameter_load_t parameter_load;
  dlp_machine_pkg::table_load_t     table_load;

  assign instruction.word = data_i[127:0];
  assign instruction.index = address_i[dlp_machine_pkg::ProgramAddressBits-1:0];
  assign layer_retire_valid_o = layer_retirement.valid;
  assign layer_retire_signal_o = layer_retirement.signal;
  assign layer_retire_index_o = 16'(layer_retirement.index);
  assign retire_valid_o = retirement.valid;
  assign retire_signal_o = retirement.signal;
  assign retire_index_o = 16'(retirement.index);
  assign error_o = error.valid;
  assign error_index_o = 16'(error.index);

  // A load of R rows, a geometry or a slot: one of those that a data beat brings.
  localparam int unsigned Groups = dlp_machine_pkg::DrainCyclesPerPart;
  localparam int unsigned Parts = dlp_machine_pkg::ParameterWordRows / dlp_machine_pkg::DrainRows;
  localparam int unsigned RowsBits = dlp_machine_pkg::DrainRows * dlp_isa_pkg::ParameterUsedBits;
  localparam int unsigned GeometriesPerLoad = dlp_machine_pkg::GeometriesPerLoad;
  localparam int unsigned SlotsPerLoad = dlp_machine_pkg::SlotsPerLoad;
  always_comb begin
    feature_load.valid = {Words{command_i == 4'd1}};
    feature_load.addresses = {Words{address_i[AddressBits-1:0]}};
    feature_load.words = data_i[Words*WordBits-1:0];
    weight_load.valid = command_i == 4'd2;
    weight_load.address = address_i[dlp_machine_pkg::BeatAddressBits-1:0];
    weight_load.beats = data_i[BeatsBits-1:0];
    parameter_load.valid = '0;
    parameter_load.valid[32'(address_i)%Groups%Parts*dlp_machine_pkg::DrainRows+:dlp_machine_pkg::DrainRows] =
        {dlp_machine_pkg::DrainRows{command_i == 4'd3}};
    parameter_load.address = dlp_machine_pkg::ParameterAddressBits'(
        32'(address_i) / Groups * dlp_machine_pkg::ParameterGroupWords + 32'(address_i) % Groups / Parts);
    parameter_load.rows = {Parts{data_i[RowsBits-1:0]}};
    table_load.block = address_i[7];
    table_load.tap_bits_valid = command_i == 4'd6;
    table_load.tap_bits = data_i[2:0];
    table_load.geometry_valid = GeometriesPerLoad'(command_i == 4'd4) << (32'(address_i[1:0]) % GeometriesPerLoad);
    table_load.geometry_index = 2'(32'(address_i[1:0]) / GeometriesPerLoad * GeometriesPerLoad);
    table_load.geometries = {GeometriesPerLoad{data_i[127:0]}};
    table_load.slot_valid = SlotsPerLoad'(command_i == 4'd5) << (32'(address_i[6:0]) % SlotsPerLoad);
    table_load.slot_index = 7'(32'(address_i[6:0]) / SlotsPerLoad * SlotsPerLoad);
    table_load.slots = {SlotsPerLoad{data_i[31:0]}};
  end

  dlp_compute_queue #(
    .Rows     (dlp_machine_pkg::Rows),
    .DrainRows(dlp_machine_pkg::DrainRows)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .instruction_valid_i(command_i == 4'd7),
    .instruction_ready_o(ready_o),
    .instruction_i      (instruction),
    .layer_valid_o      (layer_valid),
    .columns_valid_o    (columns_valid),
    .compute_valid_o    (compute_valid),
    .bank_op_valid_o    (bank_op_valid),
    .store_valid_o      (),
    .compute_active_i   (compute_active),
    .compute_done_i     (compute_done),
    .bank_op_active_i   (bank_op_active),
    .bank_op_done_i     (bank_op_done),
    .store_reading_i    (1'b0),
    .store_read_done_i  (1'b0),
    .store_sending_i    (1'b0),
    .layer_retirement_o (layer_retirement),
    .retirement_o       (retirement),
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
    .instruction_i        (instruction),
    .layer_valid_i        (layer_valid),
    .columns_valid_i      (columns_valid),
    .compute_valid_i      (compute_valid),
    .compute_active_o     (compute_active),
    .compute_done_o       (compute_done),
    .bank_op_valid_i      (bank_op_valid),
    .bank_op_active_o     (bank_op_active),
    .bank_op_done_o       (bank_op_done),
    .error_o              (error),
    .store_read_valid_i   (1'b0),
    .store_read_address_i ('0),
    .store_read_data_o    (),
    .weight_load_i        (weight_load),
    .parameter_load_i     (parameter_load),
    .table_load_i         (table_load),
    .feature_load_i       (feature_load),
    .logits_read_valid_i  (1'b0),
    .logits_read_address_i('0),
    .logits_read_data_o   ()
  );

  assign first_beat_o = u_dut.beat_0.valid && u_dut.beat_0.first && u_dut.beat_0.first_position;
  assign last_beat_o = u_dut.beat_0.valid && u_dut.beat_0.last && u_dut.beat_0.last_position;
  logic bank_op_active_q, bank_op_done_q;
  always_ff @(posedge clk_i) begin
    bank_op_active_q <= bank_op_active;
    bank_op_done_q <= bank_op_done;
  end
  assign bank_op_first_beat_o = bank_op_active && (bank_op_done_q || !bank_op_active_q);
  assign bank_op_last_beat_o = bank_op_done;
  assign bank_op_read_o = u_dut.bank_op_access.read;
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
