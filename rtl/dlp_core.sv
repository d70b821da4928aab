// The DLP behind its registers: instruction unit, the units of the three queues, and the channels to DRAM. Wiring only.
//
//   instruction unit ─┬─ load ──────────┬─ axi_read, axi_write
//                     ├─ parameter ─────┤
//                     └─ compute queue ─┼─ compute path with POOL, MOVE and REPATCH
//                                       └─ store
//
// Latency, throughput, stalls: those of the units. At the start of every run the units are as after power-on but for the memories: they are
// reset in the cycle after start_i. The channels are flushed instead, so that no transfer on the bus is cut off. rst_ni, which resets dispatch,
// falls only while flush_i is high; m_axi_rst_ni resets the channels when DRAM is reset too.

module dlp_core #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned Rows = 8,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned WeightBeats = 1024,
  parameter int unsigned ParameterGroups = 64,
  parameter int unsigned AccumulatorBits = 32,
  parameter int unsigned AxiBits = 64,
  parameter int unsigned InstructionWords = 512,
  parameter int unsigned QueueDepth = 2,
  parameter int unsigned OutstandingBursts = 16,
  parameter bit PackedPairs = 1'b0,
  parameter int unsigned UnpackedPairs = 0,
  parameter int unsigned DramWordBits = 16,
  // derived: leave alone
  parameter int unsigned ProgramAddressBits = $clog2(InstructionWords)
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic m_axi_rst_ni,

  // the program
  input  logic                          program_valid_i,
  input  logic [ProgramAddressBits-1:0] program_address_i,
  input  logic [127:0]                  program_word_i,

  // a run, as in dlp_control.sv
  input  logic                          start_i,
  input  logic                          flush_i,
  output logic                          quiet_o,
  input  logic [ProgramAddressBits-1:0] entry_i,
  input  logic [31:0]                   watchdog_i,
  input  logic [4*64-1:0]               regions_i,
  output logic                          done_o,
  output logic                          aborted_o,
  output logic [3:0]                    status_o,
  output logic [ProgramAddressBits-1:0] status_index_o,

  // DRAM: AXI4
  output logic [63:0]          m_axi_araddr,
  output logic [7:0]           m_axi_arlen,
  output logic [2:0]           m_axi_arsize,
  output logic [1:0]           m_axi_arburst,
  output logic                 m_axi_arvalid,
  input  logic                 m_axi_arready,
  input  logic [AxiBits-1:0]   m_axi_rdata,
  input  logic [1:0]           m_axi_rresp,
  input  logic                 m_axi_rlast,
  input  logic                 m_axi_rvalid,
  output logic                 m_axi_rready,
  output logic [63:0]          m_axi_awaddr,
  output logic [7:0]           m_axi_awlen,
  output logic [2:0]           m_axi_awsize,
  output logic [1:0]           m_axi_awburst,
  output logic                 m_axi_awvalid,
  input  logic                 m_axi_awready,
  output logic [AxiBits-1:0]   m_axi_wdata,
  output logic [AxiBits/8-1:0] m_axi_wstrb,
  output logic                 m_axi_wlast,
  output logic                 m_axi_wvalid,
  input  logic                 m_axi_wready,
  input  logic [1:0]           m_axi_bresp,
  input  logic                 m_axi_bvalid,
  output logic                 m_axi_bready,

  // debug: as in dlp_instruction_unit.sv
  output logic                            trace_dispatch_valid_o,
  output logic [ProgramAddressBits-1:0]   trace_dispatch_index_o,
  output logic [2:0]                      trace_issue_valid_o,
  output logic [3*ProgramAddressBits-1:0] trace_issue_index_o,
  output logic [4:0]                      trace_retire_valid_o,
  output logic [5*ProgramAddressBits-1:0] trace_retire_index_o
);

  localparam int unsigned WordBits = GridHeight * GridWidth * dlp_isa_pkg::WeightBits;
  localparam int unsigned Words = Clusters * Banks;
  localparam int unsigned BeatsBits = dlp_machine_pkg::TransferBeatsBits;

  // Reset of all state that a run leaves: after power-on, in the cycle after start_i, and while flush_i is high; then for at least a cycle, and
  // no sooner than a data beat on the bus is taken (dlp_axi_write.sv).
  logic run_rst_n;

  // Instructions to the units; retirements and errors from them; whether all of a unit's instructions have retired.
  logic load_valid, load_ready, parameter_valid, parameter_ready, compute_queue_valid, compute_queue_ready;
  logic load_idle, parameter_idle, compute_idle, store_idle, progress;
  dlp_machine_pkg::instruction_t load, parameter_instruction, compute;
  dlp_machine_pkg::retirement_t  load_retirement, parameter_retirement, layer_retirement, compute_retirement, store_retirement;
  dlp_machine_pkg::unit_error_t  load_error, parameter_error, compute_error, store_error;

  dlp_instruction_unit #(
    .InstructionWords(InstructionWords),
    .QueueDepth      (QueueDepth)
  ) u_instruction_unit (
    .clk_i,
    .rst_ni,
    .run_rst_ni            (run_rst_n),
    .program_valid_i,
    .program_address_i,
    .program_word_i,
    .start_i,
    .clear_i               (flush_i),
    .entry_i,
    .watchdog_i,
    .done_o,
    .aborted_o,
    .status_o,
    .status_index_o,
    .load_valid_o          (load_valid),
    .load_ready_i          (load_ready),
    .load_o                (load),
    .parameter_valid_o     (parameter_valid),
    .parameter_ready_i     (parameter_ready),
    .parameter_o           (parameter_instruction),
    .compute_valid_o       (compute_queue_valid),
    .compute_ready_i       (compute_queue_ready),
    .compute_o             (compute),
    .load_retirement_i     (load_retirement),
    .parameter_retirement_i(parameter_retirement),
    .layer_retirement_i    (layer_retirement),
    .compute_retirement_i  (compute_retirement),
    .store_retirement_i    (store_retirement),
    .load_error_i          (load_error),
    .parameter_error_i     (parameter_error),
    .compute_error_i       (compute_error),
    .store_error_i         (store_error),
    .idle_i                (load_idle && parameter_idle && compute_idle && store_idle),
    .progress_i            (progress),
    .trace_dispatch_valid_o,
    .trace_dispatch_index_o,
    .trace_issue_valid_o,
    .trace_issue_index_o,
    .trace_retire_valid_o,
    .trace_retire_index_o
  );

  // The load queue: LOAD to the feature memory, STOREL from the logits memory.
  logic                                          load_request_valid, load_request_ready, load_beat_valid, load_beat_ready;
  logic [63:0]                                   load_request_address;
  logic [BeatsBits-1:0]                          load_request_beats;
  logic [AxiBits-1:0]                            read_data;
  logic                                          read_error;
  logic                                          logits_request_valid, logits_request_ready, logits_beat_valid, logits_beat_ready;
  logic [63:0]                                   logits_request_address;
  logic [BeatsBits-1:0]                          logits_request_beats;
  logic [AxiBits-1:0]                            logits_beat_data;
  logic [AxiBits/8-1:0]                          logits_beat_strobe;
  logic                                          logits_done, logits_error;
  logic                                          logits_read_valid;
  logic [dlp_machine_pkg::LogitsAddressBits-1:0] logits_read_address;
  logic [DrainRows*32-1:0]                       logits_read_data;
  dlp_machine_pkg::feature_load_t                feature_load;

  dlp_load #(
    .Clusters    (Clusters),
    .Banks       (Banks),
    .DrainRows   (DrainRows),
    .FeatureWords(FeatureWords),
    .WordBits    (WordBits),
    .DramWordBits(DramWordBits),
    .AxiBits     (AxiBits)
  ) u_load (
    .clk_i,
    .rst_ni                 (run_rst_n),
    .region_bases_i         (regions_i),
    .instruction_valid_i    (load_valid),
    .instruction_ready_o    (load_ready),
    .instruction_i          (load),
    .idle_o                 (load_idle),
    .retirement_o           (load_retirement),
    .error_o                (load_error),
    .read_request_valid_o   (load_request_valid),
    .read_request_ready_i   (load_request_ready),
    .read_request_address_o (load_request_address),
    .read_request_beats_o   (load_request_beats),
    .read_beat_valid_i      (load_beat_valid),
    .read_beat_ready_o      (load_beat_ready),
    .read_beat_data_i       (read_data),
    .read_beat_error_i      (read_error),
    .write_request_valid_o  (logits_request_valid),
    .write_request_address_o(logits_request_address),
    .write_request_beats_o  (logits_request_beats),
    .write_beat_valid_o     (logits_beat_valid),
    .write_beat_ready_i     (logits_beat_ready),
    .write_beat_data_o      (logits_beat_data),
    .write_beat_strobe_o    (logits_beat_strobe),
    .write_done_i           (logits_done),
    .write_error_i          (logits_error),
    .feature_load_o         (feature_load),
    .logits_read_valid_o    (logits_read_valid),
    .logits_read_address_o  (logits_read_address),
    .logits_read_data_i     (logits_read_data)
  );

  // The parameter queue: LOADW, LOADP, LOADT to the memories of the compute path.
  logic                             parameter_request_valid, parameter_request_ready, parameter_beat_valid, parameter_beat_ready;
  logic [63:0]                      parameter_request_address;
  logic [BeatsBits-1:0]             parameter_request_beats;
  dlp_machine_pkg::weight_load_t    weight_load;
  dlp_machine_pkg::parameter_load_t parameter_load;
  dlp_machine_pkg::table_load_t     table_load;

  dlp_parameter #(
    .AxiBits(AxiBits)
  ) u_parameter (
    .clk_i,
    .rst_ni                (run_rst_n),
    .region_bases_i        (regions_i),
    .instruction_valid_i   (parameter_valid),
    .instruction_ready_o   (parameter_ready),
    .instruction_i         (parameter_instruction),
    .idle_o                (parameter_idle),
    .retirement_o          (parameter_retirement),
    .error_o               (parameter_error),
    .read_request_valid_o  (parameter_request_valid),
    .read_request_ready_i  (parameter_request_ready),
    .read_request_address_o(parameter_request_address),
    .read_request_beats_o  (parameter_request_beats),
    .read_beat_valid_i     (parameter_beat_valid),
    .read_beat_ready_o     (parameter_beat_ready),
    .read_beat_data_i      (read_data),
    .read_beat_error_i     (read_error),
    .weight_load_o         (weight_load),
    .parameter_load_o      (parameter_load),
    .table_load_o          (table_load)
  );

  // The compute queue.
  logic layer_valid, columns_valid, compute_valid, bank_op_valid, store_valid;
  logic compute_active, compute_done, bank_op_active, bank_op_done, store_reading, store_read_done, store_sending;

  dlp_compute_queue #(
    .Rows     (Rows),
    .DrainRows(DrainRows)
  ) u_compute_queue (
    .clk_i,
    .rst_ni             (run_rst_n),
    .instruction_valid_i(compute_queue_valid),
    .instruction_ready_o(compute_queue_ready),
    .instruction_i      (compute),
    .layer_valid_o      (layer_valid),
    .columns_valid_o    (columns_valid),
    .compute_valid_o    (compute_valid),
    .bank_op_valid_o    (bank_op_valid),
    .store_valid_o      (store_valid),
    .compute_active_i   (compute_active),
    .compute_done_i     (compute_done),
    .bank_op_active_i   (bank_op_active),
    .bank_op_done_i     (bank_op_done),
    .store_reading_i    (store_reading),
    .store_read_done_i  (store_read_done),
    .store_sending_i    (store_sending),
    .layer_retirement_o (layer_retirement),
    .retirement_o       (compute_retirement),
    .idle_o             (compute_idle)
  );

  logic                                           store_read_valid;
  logic [dlp_machine_pkg::FeatureAddressBits-1:0] store_read_address;
  logic [Words*WordBits-1:0]                      store_read_data;

  dlp_compute #(
    .GridHeight     (GridHeight),
    .GridWidth      (GridWidth),
    .Rows           (Rows),
    .Clusters       (Clusters),
    .Banks          (Banks),
    .DrainRows      (DrainRows),
    .FeatureWords   (FeatureWords),
    .WeightBeats    (WeightBeats),
    .ParameterGroups(ParameterGroups),
    .AccumulatorBits(AccumulatorBits),
    .PackedPairs    (PackedPairs),
    .UnpackedPairs  (UnpackedPairs)
  ) u_compute (
    .clk_i,
    .rst_ni               (run_rst_n),
    .instruction_i        (compute),
    .layer_valid_i        (layer_valid),
    .columns_valid_i      (columns_valid),
    .compute_valid_i      (compute_valid),
    .compute_active_o     (compute_active),
    .compute_done_o       (compute_done),
    .bank_op_valid_i      (bank_op_valid),
    .bank_op_active_o     (bank_op_active),
    .bank_op_done_o       (bank_op_done),
    .error_o              (compute_error),
    .store_read_valid_i   (store_read_valid),
    .store_read_address_i (store_read_address),
    .store_read_data_o    (store_read_data),
    .weight_load_i        (weight_load),
    .parameter_load_i     (parameter_load),
    .table_load_i         (table_load),
    .feature_load_i       (feature_load),
    .logits_read_valid_i  (logits_read_valid),
    .logits_read_address_i(logits_read_address),
    .logits_read_data_o   (logits_read_data)
  );

  logic                 store_request_valid, store_request_ready, store_beat_valid, store_beat_ready, store_done, store_write_error;
  logic [63:0]          store_request_address;
  logic [BeatsBits-1:0] store_request_beats;
  logic [AxiBits-1:0]   store_beat_data;

  dlp_store #(
    .Clusters         (Clusters),
    .Banks            (Banks),
    .FeatureWords     (FeatureWords),
    .WordBits         (WordBits),
    .DramWordBits     (DramWordBits),
    .AxiBits          (AxiBits),
    .OutstandingBursts(OutstandingBursts)
  ) u_store (
    .clk_i,
    .rst_ni                 (run_rst_n),
    .region_bases_i         (regions_i),
    .store_valid_i          (store_valid),
    .instruction_i          (compute),
    .sending_o              (store_sending),
    .reading_o              (store_reading),
    .last_read_o            (store_read_done),
    .idle_o                 (store_idle),
    .retirement_o           (store_retirement),
    .error_o                (store_error),
    .read_valid_o           (store_read_valid),
    .read_address_o         (store_read_address),
    .read_data_i            (store_read_data),
    .write_request_valid_o  (store_request_valid),
    .write_request_address_o(store_request_address),
    .write_request_beats_o  (store_request_beats),
    .write_beat_valid_o     (store_beat_valid),
    .write_beat_ready_i     (store_beat_ready),
    .write_beat_data_o      (store_beat_data),
    .write_done_i           (store_done),
    .write_error_i          (store_write_error)
  );

  // The channels to DRAM: transfers that a reset of the units leaves on the bus are completed.
  logic flush, read_quiet, write_quiet;
  assign flush = start_i || flush_i;
  assign quiet_o = read_quiet && write_quiet;

  dlp_axi_read #(
    .AxiBits          (AxiBits),
    .OutstandingBursts(OutstandingBursts),
    .BeatsBits        (BeatsBits),
    .AddressBits      (dlp_machine_pkg::DramAddressBits)
  ) u_axi_read (
    .clk_i,
    .rst_ni                     (m_axi_rst_ni),
    .flush_i                    (flush),
    .quiet_o                    (read_quiet),
    .load_request_valid_i       (load_request_valid),
    .load_request_ready_o       (load_request_ready),
    .load_request_address_i     (load_request_address),
    .load_request_beats_i       (load_request_beats),
    .parameter_request_valid_i  (parameter_request_valid),
    .parameter_request_ready_o  (parameter_request_ready),
    .parameter_request_address_i(parameter_request_address),
    .parameter_request_beats_i  (parameter_request_beats),
    .load_beat_valid_o          (load_beat_valid),
    .load_beat_ready_i          (load_beat_ready),
    .parameter_beat_valid_o     (parameter_beat_valid),
    .parameter_beat_ready_i     (parameter_beat_ready),
    .beat_data_o                (read_data),
    .beat_error_o               (read_error),
    .m_axi_araddr,
    .m_axi_arlen,
    .m_axi_arsize,
    .m_axi_arburst,
    .m_axi_arvalid,
    .m_axi_arready,
    .m_axi_rdata,
    .m_axi_rresp,
    .m_axi_rlast,
    .m_axi_rvalid,
    .m_axi_rready
  );

  dlp_axi_write #(
    .AxiBits          (AxiBits),
    .OutstandingBursts(OutstandingBursts),
    .BeatsBits        (BeatsBits),
    .AddressBits      (dlp_machine_pkg::DramAddressBits),
    .HasLogits        (dlp_machine_pkg::LaneSums)
  ) u_axi_write (
    .clk_i,
    .rst_ni                  (m_axi_rst_ni),
    .flush_i                 (flush),
    .quiet_o                 (write_quiet),
    .units_rst_no            (run_rst_n),
    .store_request_valid_i   (store_request_valid),
    .store_request_ready_o   (store_request_ready),
    .store_request_address_i (store_request_address),
    .store_request_beats_i   (store_request_beats),
    .logits_request_valid_i  (logits_request_valid),
    .logits_request_ready_o  (logits_request_ready),
    .logits_request_address_i(logits_request_address),
    .logits_request_beats_i  (logits_request_beats),
    .store_beat_valid_i      (store_beat_valid),
    .store_beat_ready_o      (store_beat_ready),
    .store_beat_data_i       (store_beat_data),
    .logits_beat_valid_i     (logits_beat_valid),
    .logits_beat_ready_o     (logits_beat_ready),
    .logits_beat_data_i      (logits_beat_data),
    .logits_beat_strobe_i    (logits_beat_strobe),
    .store_done_o            (store_done),
    .store_error_o           (store_write_error),
    .logits_done_o           (logits_done),
    .logits_error_o          (logits_error),
    .m_axi_awaddr,
    .m_axi_awlen,
    .m_axi_awsize,
    .m_axi_awburst,
    .m_axi_awvalid,
    .m_axi_awready,
    .m_axi_wdata,
    .m_axi_wstrb,
    .m_axi_wlast,
    .m_axi_wvalid,
    .m_axi_wready,
    .m_axi_bresp,
    .m_axi_bvalid,
    .m_axi_bready
  );

  // For the watchdog.
  assign progress = (m_axi_rvalid && m_axi_rready) || (m_axi_wvalid && m_axi_wready) || (m_axi_bvalid && m_axi_bready) || compute_active
      || bank_op_active;

  logic unused;
  assign unused = store_request_ready ^ logits_request_ready;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && run_rst_n) begin
      a_store_request_taken: assert (flush || !store_request_valid || store_request_ready);
      a_logits_request_taken: assert (flush || !logits_request_valid || logits_request_ready);
      a_quiet_at_start: assert (!start_i || quiet_o);
    end
  end
`endif

endmodule
