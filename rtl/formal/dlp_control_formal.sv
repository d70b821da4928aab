// Proof of dlp_control: each access to a register is answered once, and the response is held until it is taken; nothing is taken in reset; a run starts from
// idle only, otherwise the doorbell is refused; a flush lasts until the bus to DRAM is quiet, and one begins with the reset.
//
// Assumed: done_i comes in runs only, after start_o. The assumption of dlp_axi_write's proof about a flush is claimed here.

module dlp_control_formal (
  input logic        clk_i,
  input logic        awake_i,
  input logic [3:0]  register_i,
  input logic        awvalid_i,
  input logic [31:0] wdata_i,
  input logic        wvalid_i,
  input logic [3:0]  wstrb_i,
  input logic        bready_i,
  input logic        arvalid_i,
  input logic        rready_i,
  input logic        quiet_i,
  input logic        done_i,
  input logic        aborted_i
);

  // The registers that a run uses, and addresses without a register.
  logic [15:0] address;
  always_comb begin
    unique case (register_i)
      4'd0: address = dlp_isa_pkg::RegisterControl;
      4'd1: address = dlp_isa_pkg::RegisterStatus;
      4'd2: address = dlp_isa_pkg::RegisterEntry;
      4'd3: address = dlp_isa_pkg::RegisterRegions;
      4'd4: address = dlp_isa_pkg::RegisterProgramData;
      default: address = {12'hfff, register_i};
    endcase
  end

  logic         rst_ni, irq, awready, wready, bvalid, arready, rvalid, program_valid, start, flush;
  logic [1:0]   bresp, rresp, program_address, entry;
  logic [31:0]  rdata, watchdog;
  logic [127:0] program_word;
  logic [255:0] regions;

  dlp_control #(
    .InstructionWords  (4),
    .ProgramAddressBits(2)
  ) u_control (
    .clk_i,
    .rst_ni,
    .awake_i,
    .irq_o            (irq),
    .s_axil_awaddr    (address),
    .s_axil_awvalid   (awvalid_i),
    .s_axil_awready   (awready),
    .s_axil_wdata     (wdata_i),
    .s_axil_wstrb     (wstrb_i),
    .s_axil_wvalid    (wvalid_i),
    .s_axil_wready    (wready),
    .s_axil_bresp     (bresp),
    .s_axil_bvalid    (bvalid),
    .s_axil_bready    (bready_i),
    .s_axil_araddr    (address),
    .s_axil_arvalid   (arvalid_i),
    .s_axil_arready   (arready),
    .s_axil_rdata     (rdata),
    .s_axil_rresp     (rresp),
    .s_axil_rvalid    (rvalid),
    .s_axil_rready    (rready_i),
    .program_valid_o  (program_valid),
    .program_address_o(program_address),
    .program_word_o   (program_word),
    .start_o          (start),
    .flush_o          (flush),
    .quiet_i,
    .entry_o          (entry),
    .watchdog_o       (watchdog),
    .regions_o        (regions),
    .done_i,
    .aborted_i,
    .status_i         ({3'd0, aborted_i}),
    .status_index_i   (2'd0)
  );

  logic        running_q = 1'b0, ran_q = 1'b0;
  // in the cycle before
  logic        flush_before_q = 1'b0, quiet_before_q = 1'b0, accepted_q = 1'b0, refused_q = 1'b0, taken_q = 1'b0, read_q = 1'b0;
  logic        write_response_held_q = 1'b0, read_response_held_q = 1'b0;
  logic [1:0]  write_response_before_q = '0, read_status_before_q = '0;
  logic [31:0] read_data_before_q = '0;
  // cycles of the flush so far, two at most; from the doorbell's cycle to done_i
  logic [1:0]  flushed_q = '0;
  logic        in_run_q = 1'b0;
  logic        doorbell, accepted, resets;
  assign rst_ni = running_q;
  assign doorbell = awready && register_i == 4'd0 && wstrb_i == 4'hf && wdata_i[1:0] == 2'b01;
  assign accepted = doorbell && !in_run_q && !flush;
  assign resets = awready && register_i == 4'd0 && wstrb_i == 4'hf && wdata_i[1];

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    ran_q <= running_q;
    if (running_q) begin
      flush_before_q <= flush;
      quiet_before_q <= quiet_i;
      accepted_q <= accepted;
      refused_q <= doorbell && !accepted;
      taken_q <= awready && awvalid_i;
      read_q <= arready && arvalid_i;
      write_response_held_q <= bvalid && !bready_i;
      write_response_before_q <= bresp;
      read_response_held_q <= rvalid && !rready_i;
      read_status_before_q <= rresp;
      read_data_before_q <= rdata;
      flushed_q <= !flush || resets ? 2'd0 : flushed_q == 2'd2 ? 2'd2 : flushed_q + 2'd1;
      in_run_q <= (in_run_q && !done_i && !resets) || accepted;
    end
  end

  always_comb begin
    if (running_q) begin
      m_done: assume (!done_i || (in_run_q && !start));

      p_one_write: assert (awready == wready && (!awready || (awvalid_i && wvalid_i)));
      p_write_response: assert (bvalid == (taken_q || write_response_held_q) && !(taken_q && write_response_held_q));
      p_write_response_held: assert (!write_response_held_q || bresp == write_response_before_q);
      p_read_response: assert (rvalid == (read_q || read_response_held_q) && !(read_q && read_response_held_q));
      p_read_response_held: assert (!read_response_held_q || (rdata == read_data_before_q && rresp == read_status_before_q));
      p_not_awake: assert (awake_i || !(awready || arready));

      p_reset_flushes: assert (ran_q || flush);
      p_start: assert (start == accepted_q);
      p_busy: assert (!refused_q || bresp == 2'b10);
      p_flush_until_quiet: assert (flush || !flush_before_q || (quiet_before_q && flushed_q == 2'd2));
    end
  end

endmodule
