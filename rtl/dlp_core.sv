// The DLP behind its registers: instruction unit, the units of the three queues, and the channels to DRAM.
//
//   instruction unit ─┬─ load ──────────┬─ axi_read, axi_write
//                     ├─ parameter ─────┤
//                     └─ compute queue ─┼─ compute path with POOL, MOVE and REPATCH
//                                       └─ store
//
// Latency, throughput, stalls: those of the units. Every run finds the units as after power-on but for the memories: they are reset in the
// cycle after start_i. The channels are flushed instead, so that no transfer on the bus is cut off; rst_ni, which resets dispatch, comes
// while flush_i, and m_axi_rst_ni resets the channels when DRAM is reset too.

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

  // a run, as dlp_control sees it
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

  // debug: what happens in this cycle, and to which instruction; issue: load, parameter, compute queue (lowest first);
  // retire: load, parameter, LAYER, COMPUTE or POOL or MOVE or REPATCH, STORE
  output logic                            trace_dispatch_valid_o,
  output logic [ProgramAddressBits-1:0]   trace_dispatch_index_o,
  output logic [2:0]                      trace_issue_valid_o,
  output logic [3*ProgramAddressBits-1:0] trace_issue_index_o,
  output logic [4:0]                      trace_retire_valid_o,
  output logic [5*ProgramAddressBits-1:0] trace_retire_index_o
);

  // Reset of everything that a run leaves behind: after power-on, in the cycle after start_i, and while flush_i, but for a cycle at least
  // and as long as a data beat stands on the bus (dlp_axi_write.sv).
  logic run_rst_n;

  localparam int unsigned MaskBits = dlp_isa_pkg::Semaphores;

  // The queues' heads: load, parameter, compute.
  logic [2:0]                      issue_valid, issue_ready;
  logic [3*128-1:0]                issue_word;
  logic [3*ProgramAddressBits-1:0] issue_index;
  // Retirements: load, parameter, LAYER, COMPUTE or POOL or MOVE or REPATCH, STORE.
  logic [4:0]                      retire_valid;
  logic [5*MaskBits-1:0]           retire_signal;
  logic [5*ProgramAddressBits-1:0] retire_index;
  logic [2:0]                      error_valid;
  logic [3*4-1:0]                  error_code;
  logic [3*ProgramAddressBits-1:0] error_index;
  logic                            units_idle, moves;

  dlp_instruction_unit #(
    .InstructionWords  (InstructionWords),
    .ProgramAddressBits(ProgramAddressBits),
    .QueueDepth        (QueueDepth)
  ) u_instruction_unit (
    .clk_i,
    .rst_ni,
    .run_rst_ni      (run_rst_n),
    .program_valid_i,
    .program_address_i,
    .program_word_i,
    .start_i,
    .clear_i         (flush_i),
    .entry_i,
    .watchdog_i,
    .done_o,
    .aborted_o,
    .status_o,
    .status_index_o,
    .issue_valid_o   (issue_valid),
    .issue_word_o    (issue_word),
    .issue_index_o   (issue_index),
    .issue_ready_i   (issue_ready),
    .retire_valid_i  (retire_valid),
    .retire_signal_i (retire_signal),
    .retire_index_i  (retire_index),
    .idle_i          (units_idle),
    .progress_i      (moves),
    .error_valid_i   (error_valid),
    .error_code_i    (error_code),
    .error_index_i   (error_index),
    .trace_dispatch_valid_o,
    .trace_dispatch_index_o
  );

  assign trace_issue_valid_o = issue_valid & issue_ready;
  assign trace_issue_index_o = issue_index;
  assign trace_retire_valid_o = retire_valid;
  assign trace_retire_index_o = retire_index;

  // Sizes of the units' ports.
  localparam int unsigned Words = Clusters * Banks;
  localparam int unsigned WordBits = GridHeight * GridWidth * 4;
  localparam int unsigned WordAddressBits = $clog2(FeatureWords);
  localparam int unsigned BeatBits = Rows * (4 + $clog2(Banks)) + Banks * 8 + 8;
  localparam int unsigned BeatAddressBits = $clog2(WeightBeats);
  localparam int unsigned LogitsAddressBits = $clog2((dlp_machine_pkg::LogitsWords + DrainRows - 1) / DrainRows);
  // data beats of a transfer: no more than DRAM has
  localparam int unsigned DramBeatsBits = dlp_machine_pkg::DramAddressBits - $clog2(AxiBits / 8) + 1;
  localparam int unsigned BeatsBits = (DramBeatsBits < 30) ? DramBeatsBits : 30;
  // rows of parameters in a data beat, and in a memory word: their least common multiple with R (see dlp_parameter.sv)
  localparam int unsigned BeatRows = AxiBits / 64;
  localparam int unsigned WordRows = (DrainRows % BeatRows == 0) ? DrainRows
      : (DrainRows * 2 % BeatRows == 0) ? DrainRows * 2
      : (DrainRows * 4 % BeatRows == 0) ? DrainRows * 4 : DrainRows * 8;
  localparam int unsigned ParameterAddressBits = $clog2(ParameterGroups * ((Rows + WordRows - 1) / WordRows));
  localparam int unsigned GeometriesPerLoad = (AxiBits > 128) ? AxiBits / 128 : 1;
  localparam int unsigned SlotsPerLoad = AxiBits / 32;

  // The load queue.
  logic                               load_idle;
  logic                               load_request_valid, load_request_ready, load_beat_valid, load_beat_ready;
  logic [63:0]                        load_request_address;
  logic [BeatsBits-1:0]               load_request_beats;
  logic [AxiBits-1:0]                 read_data;
  logic                               read_error;
  logic                               logits_request_valid, logits_beat_valid, logits_beat_ready, logits_done, logits_error;
  logic [63:0]                        logits_request_address;
  logic [BeatsBits-1:0]               logits_request_beats;
  logic [AxiBits-1:0]                 logits_beat_data;
  logic [AxiBits/8-1:0]               logits_beat_strobe;
  logic [Words-1:0]                   word_load_valid;
  logic [Words*WordAddressBits-1:0]   word_load_address;
  logic [Words*WordBits-1:0]          word_load_data;
  logic                               logits_read_valid;
  logic [LogitsAddressBits-1:0]       logits_read_address;
  logic [DrainRows*32-1:0]            logits_read_data;

  dlp_load #(
    .Clusters          (Clusters),
    .Banks             (Banks),
    .DrainRows         (DrainRows),
    .FeatureWords      (FeatureWords),
    .WordBits          (WordBits),
    .DramWordBits      (DramWordBits),
    .AxiBits           (AxiBits),
    .ProgramAddressBits(ProgramAddressBits),
    .BeatsBits         (BeatsBits)
  ) u_load (
    .clk_i,
    .rst_ni                 (run_rst_n),
    .region_bases_i         (regions_i),
    .load_valid_i           (issue_valid[0]),
    .load_ready_o           (issue_ready[0]),
    .load_word_i            (issue_word[127:0]),
    .load_index_i           (issue_index[ProgramAddressBits-1:0]),
    .idle_o                 (load_idle),
    .retire_valid_o         (retire_valid[0]),
    .retire_signal_o        (retire_signal[MaskBits-1:0]),
    .retire_index_o         (retire_index[ProgramAddressBits-1:0]),
    .error_valid_o          (error_valid[0]),
    .error_code_o           (error_code[3:0]),
    .error_index_o          (error_index[ProgramAddressBits-1:0]),
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
    .word_load_valid_o      (word_load_valid),
    .word_load_address_o    (word_load_address),
    .word_load_data_o       (word_load_data),
    .logits_read_valid_o    (logits_read_valid),
    .logits_read_address_o  (logits_read_address),
    .logits_read_data_i     (logits_read_data)
  );

  // The parameter queue.
  logic                             parameter_idle;
  logic                             parameter_request_valid, parameter_request_ready, parameter_beat_valid, parameter_beat_ready;
  logic [63:0]                      parameter_request_address;
  logic [BeatsBits-1:0]             parameter_request_beats;
  logic                             beat_load_valid;
  logic [BeatAddressBits-1:0]       beat_load_address;
  logic [Clusters*BeatBits-1:0]     beat_load_data;
  logic [WordRows-1:0]              parameter_load_valid;
  logic [ParameterAddressBits-1:0]  parameter_load_address;
  logic [WordRows*dlp_isa_pkg::ParameterUsedBits-1:0]           parameter_load_data;
  logic                             table_load_block, tap_bits_load_valid;
  logic [2:0]                       tap_bits_load_data;
  logic [GeometriesPerLoad-1:0]     geometry_load_valid;
  logic [1:0]                       geometry_load_index;
  logic [GeometriesPerLoad*128-1:0] geometry_load_data;
  logic [SlotsPerLoad-1:0]          slot_load_valid;
  logic [6:0]                       slot_load_index;
  logic [SlotsPerLoad*32-1:0]       slot_load_data;

  dlp_parameter #(
    .Rows              (Rows),
    .Clusters          (Clusters),
    .Banks             (Banks),
    .DrainRows         (DrainRows),
    .WeightBeats       (WeightBeats),
    .ParameterGroups   (ParameterGroups),
    .AxiBits           (AxiBits),
    .ProgramAddressBits(ProgramAddressBits),
    .BeatsBits         (BeatsBits)
  ) u_parameter (
    .clk_i,
    .rst_ni                  (run_rst_n),
    .region_bases_i          (regions_i),
    .parameter_valid_i       (issue_valid[1]),
    .parameter_ready_o       (issue_ready[1]),
    .parameter_word_i        (issue_word[128+:128]),
    .parameter_index_i       (issue_index[ProgramAddressBits+:ProgramAddressBits]),
    .idle_o                  (parameter_idle),
    .retire_valid_o          (retire_valid[1]),
    .retire_signal_o         (retire_signal[MaskBits+:MaskBits]),
    .retire_index_o          (retire_index[ProgramAddressBits+:ProgramAddressBits]),
    .error_valid_o           (error_valid[1]),
    .error_code_o            (error_code[4+:4]),
    .error_index_o           (error_index[ProgramAddressBits+:ProgramAddressBits]),
    .read_request_valid_o    (parameter_request_valid),
    .read_request_ready_i    (parameter_request_ready),
    .read_request_address_o  (parameter_request_address),
    .read_request_beats_o    (parameter_request_beats),
    .read_beat_valid_i       (parameter_beat_valid),
    .read_beat_ready_o       (parameter_beat_ready),
    .read_beat_data_i        (read_data),
    .read_beat_error_i       (read_error),
    .beat_load_valid_o       (beat_load_valid),
    .beat_load_address_o     (beat_load_address),
    .beat_load_data_o        (beat_load_data),
    .parameter_load_valid_o  (parameter_load_valid),
    .parameter_load_address_o(parameter_load_address),
    .parameter_load_data_o   (parameter_load_data),
    .table_load_block_o      (table_load_block),
    .tap_bits_load_valid_o   (tap_bits_load_valid),
    .tap_bits_load_data_o    (tap_bits_load_data),
    .geometry_load_valid_o   (geometry_load_valid),
    .geometry_load_index_o   (geometry_load_index),
    .geometry_load_data_o    (geometry_load_data),
    .slot_load_valid_o       (slot_load_valid),
    .slot_load_index_o       (slot_load_index),
    .slot_load_data_o        (slot_load_data)
  );

  // The compute queue.
  logic                          queue_idle, store_idle, layer_valid, columns_valid, compute_valid, pool_valid, store_valid;
  logic                          compute_active, compute_done, pool_active, pool_done, store_reading, store_read_done, store_sending;
  logic [127:0]                  compute_word;
  logic [ProgramAddressBits-1:0] compute_index;
  assign compute_word = issue_word[2*128+:128];
  assign compute_index = issue_index[2*ProgramAddressBits+:ProgramAddressBits];

  dlp_compute_queue #(
    .Rows     (Rows),
    .DrainRows(DrainRows),
    .IndexBits(ProgramAddressBits)
  ) u_compute_queue (
    .clk_i,
    .rst_ni               (run_rst_n),
    .instruction_valid_i  (issue_valid[2]),
    .instruction_ready_o  (issue_ready[2]),
    .instruction_word_i   (compute_word),
    .instruction_index_i  (compute_index),
    .layer_valid_o        (layer_valid),
    .columns_valid_o      (columns_valid),
    .compute_valid_o      (compute_valid),
    .pool_valid_o         (pool_valid),
    .store_valid_o        (store_valid),
    .compute_active_i     (compute_active),
    .compute_done_i       (compute_done),
    .pool_active_i        (pool_active),
    .pool_done_i          (pool_done),
    .store_reading_i      (store_reading),
    .store_read_done_i    (store_read_done),
    .store_sending_i      (store_sending),
    .layer_retire_valid_o (retire_valid[2]),
    .layer_retire_signal_o(retire_signal[2*MaskBits+:MaskBits]),
    .layer_retire_index_o (retire_index[2*ProgramAddressBits+:ProgramAddressBits]),
    .retire_valid_o       (retire_valid[3]),
    .retire_signal_o      (retire_signal[3*MaskBits+:MaskBits]),
    .retire_index_o       (retire_index[3*ProgramAddressBits+:ProgramAddressBits]),
    .idle_o               (queue_idle)
  );

  // A STORE whose data is on the way is older than what computes.
  logic                          path_error_valid, store_error_valid;
  logic [15:0]                   path_error_index;
  logic [3:0]                    store_error_code;
  logic [ProgramAddressBits-1:0] store_error_index;
  assign error_valid[2] = store_error_valid || path_error_valid;
  assign error_code[8+:4] = store_error_valid ? store_error_code : dlp_isa_pkg::StatusAddress;
  assign error_index[2*ProgramAddressBits+:ProgramAddressBits] =
      store_error_valid ? store_error_index : ProgramAddressBits'(path_error_index);

  logic                       store_read_valid;
  logic [WordAddressBits-1:0] store_read_address;
  logic [Words*WordBits-1:0]  store_read_data;

  dlp_compute #(
    .GridHeight       (GridHeight),
    .GridWidth        (GridWidth),
    .Rows             (Rows),
    .Clusters         (Clusters),
    .Banks            (Banks),
    .DrainRows        (DrainRows),
    .FeatureWords     (FeatureWords),
    .WeightBeats      (WeightBeats),
    .ParameterGroups  (ParameterGroups),
    .AccumulatorBits  (AccumulatorBits),
    .PackedPairs      (PackedPairs),
    .UnpackedPairs    (UnpackedPairs),
    .WordRows         (WordRows),
    .GeometriesPerLoad(GeometriesPerLoad),
    .SlotsPerLoad     (SlotsPerLoad)
  ) u_compute (
    .clk_i,
    .rst_ni                  (run_rst_n),
    .index_i                 (16'(compute_index)),
    .error_valid_o           (path_error_valid),
    .error_index_o           (path_error_index),
    .layer_valid_i           (layer_valid),
    .layer_i                 (compute_word),
    .columns_valid_i         (columns_valid),
    .columns_i               (compute_word),
    .compute_valid_i         (compute_valid),
    .compute_i               (compute_word),
    .compute_active_o        (compute_active),
    .compute_done_o          (compute_done),
    .pool_valid_i            (pool_valid),
    .pool_word_i             (compute_word),
    .pool_active_o           (pool_active),
    .pool_done_o             (pool_done),
    .store_read_valid_i      (store_read_valid),
    .store_read_address_i    (store_read_address),
    .store_read_data_o       (store_read_data),
    .beat_load_valid_i       (beat_load_valid),
    .beat_load_address_i     (beat_load_address),
    .beat_load_data_i        (beat_load_data),
    .parameter_load_valid_i  (parameter_load_valid),
    .parameter_load_address_i(parameter_load_address),
    .parameter_load_data_i   (parameter_load_data),
    .table_load_block_i      (table_load_block),
    .tap_bits_load_valid_i   (tap_bits_load_valid),
    .tap_bits_load_data_i    (tap_bits_load_data),
    .geometry_load_valid_i   (geometry_load_valid),
    .geometry_load_index_i   (geometry_load_index),
    .geometry_load_data_i    (geometry_load_data),
    .slot_load_valid_i       (slot_load_valid),
    .slot_load_index_i       (slot_load_index),
    .slot_load_data_i        (slot_load_data),
    .word_load_valid_i       (word_load_valid),
    .word_load_address_i     (word_load_address),
    .word_load_data_i        (word_load_data),
    .logits_read_valid_i     (logits_read_valid),
    .logits_read_address_i   (logits_read_address),
    .logits_read_data_o      (logits_read_data)
  );

  // STORE.
  logic                 store_request_valid, store_request_ready, store_beat_valid, store_beat_ready, store_done, store_error;
  logic [63:0]          store_request_address;
  logic [BeatsBits-1:0] store_request_beats;
  logic [AxiBits-1:0]   store_beat_data;

  dlp_store #(
    .Clusters          (Clusters),
    .Banks             (Banks),
    .FeatureWords      (FeatureWords),
    .WordBits          (WordBits),
    .DramWordBits      (DramWordBits),
    .AxiBits           (AxiBits),
    .OutstandingBursts (OutstandingBursts),
    .ProgramAddressBits(ProgramAddressBits),
    .BeatsBits         (BeatsBits)
  ) u_store (
    .clk_i,
    .rst_ni                 (run_rst_n),
    .region_bases_i         (regions_i),
    .store_valid_i          (store_valid),
    .store_word_i           (compute_word),
    .store_index_i          (compute_index),
    .busy_o                 (store_sending),
    .reading_o              (store_reading),
    .last_read_o            (store_read_done),
    .idle_o                 (store_idle),
    .retire_valid_o         (retire_valid[4]),
    .retire_signal_o        (retire_signal[4*MaskBits+:MaskBits]),
    .retire_index_o         (retire_index[4*ProgramAddressBits+:ProgramAddressBits]),
    .error_valid_o          (store_error_valid),
    .error_code_o           (store_error_code),
    .error_index_o          (store_error_index),
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
    .write_error_i          (store_error)
  );

  // The channels to DRAM: what a reset of the units leaves on the bus is ended properly.
  logic flush, read_quiet, write_quiet, logits_request_ready;
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
    .store_error_o           (store_error),
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

  assign units_idle = load_idle && parameter_idle && queue_idle && store_idle;
  assign moves = (m_axi_rvalid && m_axi_rready) || (m_axi_wvalid && m_axi_wready) || (m_axi_bvalid && m_axi_bready) || compute_active
      || pool_active;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && run_rst_n) begin
      a_store_request_taken: assert (flush || !store_request_valid || store_request_ready);
      a_logits_request_taken: assert (flush || !logits_request_valid || logits_request_ready);
      a_quiet_at_start: assert (!start_i || quiet_o);
    end
  end
`endif

  logic unused;
  assign unused = ^{store_request_ready, logits_request_ready, path_error_index};

endmodule
