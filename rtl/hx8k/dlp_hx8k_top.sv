// The whole processor on a board with an iCE40 HX8K and an SRAM of 64 K words of 16 bits: the DLP, its memory's bridge, the host's link.
//
//   SPI ── dlp_hx8k_link ─┬─ AXI4-Lite ── dlp
//                         └─ dlp_hx8k_memory ── AXI4 ┘
//                                  └── SRAM
//
// The SRAM delivers a 64-bit beat in four cycles, not in one: the cycles of a program differ from the simulator's, its bytes do not.
//
// Latency, throughput, stalls: those of the parts.

module dlp_hx8k_top (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic spi_clock_i,
  input  logic spi_select_ni,
  input  logic spi_data_i,
  output logic spi_data_o,
  output logic irq_o,

  output logic [15:0] sram_address_o,
  output logic [15:0] sram_data_o,
  output logic        sram_drive_o,
  output logic        sram_write_no,
  output logic        sram_read_no,
  input  logic [15:0] sram_data_i
);

  logic [15:0] axil_address;
  logic        axil_write_valid, axil_write_ready, axil_write_taken, axil_read_valid, axil_read_ready, axil_read_data_valid;
  logic [31:0] axil_write_data, axil_read_data;
  logic        link_valid, link_write, link_done;
  logic [15:0] link_address, link_data;

  dlp_hx8k_link u_link (
    .clk_i,
    .rst_ni,
    .spi_clock_i,
    .spi_select_ni,
    .spi_data_i,
    .spi_data_o,
    .axil_address_o        (axil_address),
    .axil_write_valid_o    (axil_write_valid),
    .axil_write_ready_i    (axil_write_ready && axil_write_taken),
    .axil_write_data_o     (axil_write_data),
    .axil_read_valid_o     (axil_read_valid),
    .axil_read_ready_i     (axil_read_ready),
    .axil_read_data_valid_i(axil_read_data_valid),
    .axil_read_data_i      (axil_read_data),
    .memory_valid_o        (link_valid),
    .memory_write_o        (link_write),
    .memory_address_o      (link_address),
    .memory_data_o         (link_data),
    .memory_done_i         (link_done),
    .memory_data_i         (sram_data_i)
  );

  logic [63:0] araddr, awaddr, rdata, wdata;
  logic [7:0]  arlen, awlen, wstrb;
  logic        arvalid, arready, rlast, rvalid, rready, awvalid, awready, wvalid, wready, bvalid, bready;

  dlp_hx8k_memory u_memory (
    .clk_i,
    .rst_ni,
    .axi_araddr_i  (araddr[16:0]),
    .axi_arlen_i   (arlen),
    .axi_arvalid_i (arvalid),
    .axi_arready_o (arready),
    .axi_rdata_o   (rdata),
    .axi_rlast_o   (rlast),
    .axi_rvalid_o  (rvalid),
    .axi_rready_i  (rready),
    .axi_awaddr_i  (awaddr[16:0]),
    .axi_awlen_i   (awlen),
    .axi_awvalid_i (awvalid),
    .axi_awready_o (awready),
    .axi_wdata_i   (wdata),
    .axi_wstrb_i   (wstrb),
    .axi_wvalid_i  (wvalid),
    .axi_wready_o  (wready),
    .axi_bvalid_o  (bvalid),
    .axi_bready_i  (bready),
    .link_valid_i  (link_valid),
    .link_write_i  (link_write),
    .link_address_i(link_address),
    .link_data_i   (link_data),
    .link_done_o   (link_done),
    .sram_address_o,
    .sram_data_o,
    .sram_drive_o,
    .sram_write_no,
    .sram_read_no,
    .sram_data_i
  );

  // Unused: bursts increment by whole beats; the host reads the state of a run from the registers.
  localparam int unsigned IndexBits = dlp_machine_pkg::ProgramAddressBits;
  logic [2:0]             unused_arsize, unused_awsize, unused_issue;
  logic [1:0]             unused_arburst, unused_awburst, unused_bresp, unused_rresp;
  logic                   unused_wlast, unused_bvalid, unused_dispatch;
  logic [IndexBits-1:0]   unused_dispatch_index;
  logic [3*IndexBits-1:0] unused_issue_index;
  logic [4:0]             unused_retire;
  logic [5*IndexBits-1:0] unused_retire_index;

  // One reset for all.
  dlp u_dlp (
    .clk_i,
    .rst_ni,
    .m_axi_rst_ni          (rst_ni),
    .irq_o,
    .s_axil_awaddr         (axil_address),
    .s_axil_awvalid        (axil_write_valid),
    .s_axil_awready        (axil_write_ready),
    .s_axil_wdata          (axil_write_data),
    .s_axil_wstrb          (4'hf),
    .s_axil_wvalid         (axil_write_valid),
    .s_axil_wready         (axil_write_taken),
    .s_axil_bresp          (unused_bresp),
    .s_axil_bvalid         (unused_bvalid),
    .s_axil_bready         (1'b1),
    .s_axil_araddr         (axil_address),
    .s_axil_arvalid        (axil_read_valid),
    .s_axil_arready        (axil_read_ready),
    .s_axil_rdata          (axil_read_data),
    .s_axil_rresp          (unused_rresp),
    .s_axil_rvalid         (axil_read_data_valid),
    .s_axil_rready         (1'b1),
    .m_axi_araddr          (araddr),
    .m_axi_arlen           (arlen),
    .m_axi_arsize          (unused_arsize),
    .m_axi_arburst         (unused_arburst),
    .m_axi_arvalid         (arvalid),
    .m_axi_arready         (arready),
    .m_axi_rdata           (rdata),
    .m_axi_rresp           (2'b00),
    .m_axi_rlast           (rlast),
    .m_axi_rvalid          (rvalid),
    .m_axi_rready          (rready),
    .m_axi_awaddr          (awaddr),
    .m_axi_awlen           (awlen),
    .m_axi_awsize          (unused_awsize),
    .m_axi_awburst         (unused_awburst),
    .m_axi_awvalid         (awvalid),
    .m_axi_awready         (awready),
    .m_axi_wdata           (wdata),
    .m_axi_wstrb           (wstrb),
    .m_axi_wlast           (unused_wlast),
    .m_axi_wvalid          (wvalid),
    .m_axi_wready          (wready),
    .m_axi_bresp           (2'b00),
    .m_axi_bvalid          (bvalid),
    .m_axi_bready          (bready),
    .trace_dispatch_valid_o(unused_dispatch),
    .trace_dispatch_index_o(unused_dispatch_index),
    .trace_issue_valid_o   (unused_issue),
    .trace_issue_index_o   (unused_issue_index),
    .trace_retire_valid_o  (unused_retire),
    .trace_retire_index_o  (unused_retire_index)
  );

  logic unused;
  assign unused = ^{araddr[63:17], awaddr[63:17], unused_arsize, unused_awsize, unused_issue, unused_arburst, unused_awburst, unused_bresp,
      unused_rresp, unused_wlast, unused_bvalid, unused_dispatch, unused_dispatch_index, unused_issue_index, unused_retire, unused_retire_index};

endmodule
