// The shell of a PCIe card: the ports of the vendor's PCIe bridge (XDMA) and DDR4 controller, and the DLP between them on one clock.
//
// Ports are those of shells for such cards: AXI4-Lite from the bridge's register window, one 512-bit AXI4 master with ids to the DDR4 controller, which the
// bridge's DMA shares through an interconnect outside of this module; a user interrupt with its acknowledge. A bus and its reset belong together: the bridge's
// may come alone (a host that boots again), the memory's only with the controller's and the interconnect's. Both are synchronous in a shell and are registered
// three times: a tree of its own for each die.
//
// Latency: that of dlp; the interrupt one cycle more. Throughput: that of dlp. Stalls: none of its own.

module dlp_card_top #(
  // at most 80 % of each die's DSPs on a VU9P (../synth/README.md)
  parameter int unsigned UnpackedPairs = 10,
  parameter int unsigned AxiBits = dlp_machine_pkg::AxiBits,
  parameter int unsigned IdBits = 4
) (
  // the shell's main clock, 250 MHz; the reset of the bridge's side, and of DDR4's
  input  logic clk_main_i,
  input  logic rst_main_ni,
  input  logic rst_memory_ni,

  // user interrupt of the bridge: held until acknowledged, raised once a run
  output logic usr_irq_req_o,
  input  logic usr_irq_ack_i,

  // registers, from the bridge's AXI4-Lite window; address bits above 15 are ignored
  input  logic [31:0] s_axil_awaddr,
  input  logic [2:0]  s_axil_awprot,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [31:0] s_axil_araddr,
  input  logic [2:0]  s_axil_arprot,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

  // DDR4 controller
  output logic [IdBits-1:0]    m_axi_arid,
  output logic [63:0]          m_axi_araddr,
  output logic [7:0]           m_axi_arlen,
  output logic [2:0]           m_axi_arsize,
  output logic [1:0]           m_axi_arburst,
  output logic [3:0]           m_axi_arcache,
  output logic [2:0]           m_axi_arprot,
  output logic                 m_axi_arvalid,
  input  logic                 m_axi_arready,
  input  logic [IdBits-1:0]    m_axi_rid,
  input  logic [AxiBits-1:0]   m_axi_rdata,
  input  logic [1:0]           m_axi_rresp,
  input  logic                 m_axi_rlast,
  input  logic                 m_axi_rvalid,
  output logic                 m_axi_rready,
  output logic [IdBits-1:0]    m_axi_awid,
  output logic [63:0]          m_axi_awaddr,
  output logic [7:0]           m_axi_awlen,
  output logic [2:0]           m_axi_awsize,
  output logic [1:0]           m_axi_awburst,
  output logic [3:0]           m_axi_awcache,
  output logic [2:0]           m_axi_awprot,
  output logic                 m_axi_awvalid,
  input  logic                 m_axi_awready,
  output logic [AxiBits-1:0]   m_axi_wdata,
  output logic [AxiBits/8-1:0] m_axi_wstrb,
  output logic                 m_axi_wlast,
  output logic                 m_axi_wvalid,
  input  logic                 m_axi_wready,
  input  logic [IdBits-1:0]    m_axi_bid,
  input  logic [1:0]           m_axi_bresp,
  input  logic                 m_axi_bvalid,
  output logic                 m_axi_bready
);

  localparam int unsigned ProgramAddressBits = dlp_machine_pkg::ProgramAddressBits;

  // One id: responses come in order.
  assign m_axi_arid = '0;
  assign m_axi_awid = '0;
  // normal memory, bufferable
  assign m_axi_arcache = 4'b0011;
  assign m_axi_awcache = 4'b0011;
  assign m_axi_arprot = 3'b000;
  assign m_axi_awprot = 3'b000;

  (* shreg_extract = "no" *) logic [2:0] reset_q;
  (* shreg_extract = "no" *) logic [2:0] memory_reset_q;
  always_ff @(posedge clk_main_i) begin
    reset_q <= {reset_q[1:0], rst_main_ni};
    memory_reset_q <= {memory_reset_q[1:0], rst_memory_ni};
  end

  // The DLP holds its interrupt until STATUS is cleared; the bridge requires a request that is held until it is acknowledged.
  logic irq, seen_q, request_d, request_q;
  always_comb begin
    request_d = request_q;
    if (usr_irq_ack_i) request_d = 1'b0;
    if (irq && !seen_q) request_d = 1'b1;
  end
  always_ff @(posedge clk_main_i) begin
    if (!reset_q[2]) begin
      seen_q <= 1'b0;
      request_q <= 1'b0;
    end else begin
      seen_q <= irq;
      request_q <= request_d;
    end
  end
  assign usr_irq_req_o = request_q;

  logic                            trace_dispatch_valid;
  logic [ProgramAddressBits-1:0]   trace_dispatch_index;
  logic [2:0]                      trace_issue_valid;
  logic [3*ProgramAddressBits-1:0] trace_issue_index;
  logic [4:0]                      trace_retire_valid;
  logic [5*ProgramAddressBits-1:0] trace_retire_index;

  dlp #(
    .UnpackedPairs(UnpackedPairs),
    .AxiBits      (AxiBits)
  ) u_dlp (
    .clk_i                 (clk_main_i),
    .rst_ni                (reset_q[2]),
    .m_axi_rst_ni          (memory_reset_q[2]),
    .irq_o                 (irq),
    .s_axil_awaddr         (s_axil_awaddr[15:0]),
    .s_axil_awvalid,
    .s_axil_awready,
    .s_axil_wdata,
    .s_axil_wstrb,
    .s_axil_wvalid,
    .s_axil_wready,
    .s_axil_bresp,
    .s_axil_bvalid,
    .s_axil_bready,
    .s_axil_araddr         (s_axil_araddr[15:0]),
    .s_axil_arvalid,
    .s_axil_arready,
    .s_axil_rdata,
    .s_axil_rresp,
    .s_axil_rvalid,
    .s_axil_rready,
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
    .trace_dispatch_valid_o(trace_dispatch_valid),
    .trace_dispatch_index_o(trace_dispatch_index),
    .trace_issue_valid_o   (trace_issue_valid),
    .trace_issue_index_o   (trace_issue_index),
    .trace_retire_valid_o  (trace_retire_valid),
    .trace_retire_index_o  (trace_retire_index)
  );

  logic unused;
  assign unused = ^{
    s_axil_awaddr[31:16], s_axil_awprot, s_axil_araddr[31:16], s_axil_arprot, m_axi_rid, m_axi_bid,
    trace_dispatch_valid, trace_dispatch_index, trace_issue_valid, trace_issue_index, trace_retire_valid, trace_retire_index
  };

endmodule
