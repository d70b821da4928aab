// The DLP: registers on AXI4-Lite, the core behind them, DRAM on AXI4. Sizes are those of dlp_machine_pkg, which the build selects.
//
// Bus ports have the names of the AXI standard without a suffix, so that integration tools recognise them. There are no ids: reads and writes are answered in
// order. Bursts increment, at most 4 KB, never across a 4 KB boundary.
//
// Each bus has one reset, shared with its other side. rst_ni resets the processor with the host's bus, at any time and for at least two cycles: transfers on the
// bus to DRAM continue and are completed as AXI requires, and STATUS is busy until then. m_axi_rst_ni resets the processor's record of that bus, together with
// DRAM, as after power-on; it resets the processor too. Both are synchronous to clk_i except for the fall of m_axi_rst_ni.
//
//   cycle 0     rst_ni falls
//         1     the channels are flushed, dispatch stops; registers can no longer be accessed
//         2     registers and dispatch are in reset; the units once none of their write data is offered on the bus
//
// Latency: the cycle of the doorbell (a write of CONTROL with bit 0 is taken) is 0; the interrupt rises in the cycle that CYCLES then holds.
// Stalls: only if DRAM is slower than the machine's constants state.

module dlp #(
  // packed pairs of the machine for which the device has no DSP (dlp_pe_array.sv)
  parameter int unsigned UnpackedPairs = 0,
  parameter int unsigned AxiBits = dlp_machine_pkg::AxiBits,
  parameter int unsigned ProgramAddressBits = dlp_machine_pkg::ProgramAddressBits
) (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic m_axi_rst_ni,

  // raised by the end of a program, while CONTROL enables it, until STATUS is cleared
  output logic irq_o,

  // the host's registers: AXI4-Lite
  input  logic [15:0] s_axil_awaddr,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [15:0] s_axil_araddr,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

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

  // The flush comes first: when the registers are cleared, the channels no longer depend on them.
  logic [1:0] reset_nq;
  logic       rst_n, awake;
  always_ff @(posedge clk_i or negedge m_axi_rst_ni) begin
    if (!m_axi_rst_ni) reset_nq <= 2'b00;
    else reset_nq <= {reset_nq[0], rst_ni};
  end
  assign rst_n = reset_nq[1];
  assign awake = reset_nq == 2'b11;

  logic                          program_valid, start, flush, control_flush, quiet, done, aborted;
  logic [ProgramAddressBits-1:0] program_address, entry, status_index;
  logic [127:0]                  program_word;
  logic [31:0]                   watchdog;
  logic [4*64-1:0]               regions;
  logic [3:0]                    status;

  dlp_control #(
    .InstructionWords  (dlp_machine_pkg::InstructionWords),
    .ProgramAddressBits(ProgramAddressBits),
    .MachineHash       (dlp_machine_pkg::MachineHash)
  ) u_control (
    .clk_i,
    .rst_ni           (rst_n),
    .awake_i          (awake),
    .irq_o,
    .s_axil_awaddr,
    .s_axil_awvalid,
    .s_axil_awready,
    .s_axil_wdata,
    .s_axil_wstrb,
    .s_axil_wvalid,
    .s_axil_wready,
    .s_axil_bresp,
    .s_axil_bvalid,
    .s_axil_bready,
    .s_axil_araddr,
    .s_axil_arvalid,
    .s_axil_arready,
    .s_axil_rdata,
    .s_axil_rresp,
    .s_axil_rvalid,
    .s_axil_rready,
    .program_valid_o  (program_valid),
    .program_address_o(program_address),
    .program_word_o   (program_word),
    .start_o          (start),
    .flush_o          (control_flush),
    .quiet_i          (quiet),
    .entry_o          (entry),
    .watchdog_o       (watchdog),
    .regions_o        (regions),
    .done_i           (done),
    .aborted_i        (aborted),
    .status_i         (status),
    .status_index_i   (status_index)
  );

  assign flush = control_flush || !awake;

  dlp_core #(
    .GridHeight        (dlp_machine_pkg::GridHeight),
    .GridWidth         (dlp_machine_pkg::GridWidth),
    .Rows              (dlp_machine_pkg::Rows),
    .Clusters          (dlp_machine_pkg::Clusters),
    .Banks             (dlp_machine_pkg::Banks),
    .DrainRows         (dlp_machine_pkg::DrainRows),
    .FeatureWords      (dlp_machine_pkg::FeatureWords),
    .WeightBeats       (dlp_machine_pkg::WeightBeats),
    .ParameterGroups   (dlp_machine_pkg::ParameterGroups),
    .AccumulatorBits   (dlp_machine_pkg::AccumulatorBits),
    .AxiBits           (AxiBits),
    .InstructionWords  (dlp_machine_pkg::InstructionWords),
    .QueueDepth        (dlp_machine_pkg::QueueDepth),
    .OutstandingBursts (dlp_machine_pkg::OutstandingBursts),
    .PackedPairs       (dlp_machine_pkg::PackedPairs),
    .UnpackedPairs     (UnpackedPairs),
    .DramWordBits      (dlp_machine_pkg::DramWordBits)
  ) u_core (
    .clk_i,
    .rst_ni           (rst_n),
    .m_axi_rst_ni,
    .program_valid_i  (program_valid),
    .program_address_i(program_address),
    .program_word_i   (program_word),
    .start_i          (start),
    .flush_i          (flush),
    .quiet_o          (quiet),
    .entry_i          (entry),
    .watchdog_i       (watchdog),
    .regions_i        (regions),
    .done_o           (done),
    .aborted_o        (aborted),
    .status_o         (status),
    .status_index_o   (status_index),
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
    .m_axi_rready,
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
    .m_axi_bready,
    .trace_dispatch_valid_o,
    .trace_dispatch_index_o,
    .trace_issue_valid_o,
    .trace_issue_index_o,
    .trace_retire_valid_o,
    .trace_retire_index_o
  );

endmodule
