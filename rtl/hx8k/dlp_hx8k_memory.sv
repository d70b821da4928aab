// The DLP's AXI4 port on an asynchronous SRAM of 16 bits, shared with the host's link. Single words of the link have priority, except over a beat that is
// offered to the DLP.
//
//   a read    one cycle: address, word at its end
//   a write   three: address and data; write enable; address and data held
//
// One burst at a time, reads before writes. Every address is valid: the DLP's addresses have no more bits than the memory.
//
// Latency: a beat of 64 bits is four reads or four writes, a burst's address a cycle more. Throughput: a beat in 4 or 12 cycles, less the link's accesses.
// Stalls: as in AXI4.

module dlp_hx8k_memory (
  input  logic clk_i,
  input  logic rst_ni,

  // AXI4
  input  logic [16:0] axi_araddr_i,
  input  logic [7:0]  axi_arlen_i,
  input  logic        axi_arvalid_i,
  output logic        axi_arready_o,
  output logic [63:0] axi_rdata_o,
  output logic        axi_rlast_o,
  output logic        axi_rvalid_o,
  input  logic        axi_rready_i,
  input  logic [16:0] axi_awaddr_i,
  input  logic [7:0]  axi_awlen_i,
  input  logic        axi_awvalid_i,
  output logic        axi_awready_o,
  input  logic [63:0] axi_wdata_i,
  input  logic [7:0]  axi_wstrb_i,
  input  logic        axi_wvalid_i,
  output logic        axi_wready_o,
  output logic        axi_bvalid_o,
  input  logic        axi_bready_i,

  // the link's word, as in dlp_hx8k_link.sv
  input  logic        link_valid_i,
  input  logic        link_write_i,
  input  logic [15:0] link_address_i,
  input  logic [15:0] link_data_i,
  output logic        link_done_o,

  // SRAM
  output logic [15:0] sram_address_o,
  output logic [15:0] sram_data_o,
  output logic        sram_drive_o,
  output logic        sram_write_no,
  output logic        sram_read_no,
  input  logic [15:0] sram_data_i
);

  typedef enum logic [1:0] {
    // waiting for an address
    StateIdle,
    // beats to the DLP
    StateRead,
    // beats from the DLP
    StateWrite,
    // the response to a write
    StateResponse
  } state_e;

  state_e      state_d, state_q;
  logic [13:0] beat_d, beat_q;
  logic [7:0]  remaining_d, remaining_q;
  logic [1:0]  part_d, part_q, phase_d, phase_q;
  logic [47:0] data_q;
  // the access is the link's; a beat is offered to the DLP
  logic        link_d, link_q, offered_d, offered_q;

  logic link, reads, writes, ends, part_ends, beat_ends;
  assign link = (phase_q == 2'd0) ? link_valid_i && !offered_q : link_q;
  assign reads = !link && state_q == StateRead;
  assign writes = link ? link_write_i : state_q == StateWrite && axi_wvalid_i;
  // the last cycle of an access to the SRAM
  assign ends = !writes || phase_q == 2'd2;
  assign link_done_o = link_valid_i && link && ends;

  assign axi_rvalid_o = reads && part_q == 2'd3;
  assign axi_wready_o = !link && writes && ends && part_q == 2'd3;
  assign part_ends = reads ? part_q != 2'd3 || axi_rready_i : !link && writes && ends;
  assign beat_ends = part_ends && part_q == 2'd3;
  assign axi_rdata_o = {sram_data_i, data_q};
  assign axi_rlast_o = remaining_q == 8'd0;
  assign axi_arready_o = state_q == StateIdle;
  assign axi_awready_o = state_q == StateIdle && !axi_arvalid_i;
  assign axi_bvalid_o = state_q == StateResponse;

  always_comb begin
    state_d = state_q;
    beat_d = beat_q;
    remaining_d = remaining_q;
    part_d = part_q;
    phase_d = ends ? 2'd0 : phase_q + 2'd1;
    link_d = link;
    offered_d = axi_rvalid_o && !axi_rready_i;
    if (part_ends) part_d = part_q + 2'd1;
    if (beat_ends) begin
      beat_d = beat_q + 14'd1;
      remaining_d = remaining_q - 8'd1;
    end
    unique case (state_q)
      StateIdle: begin
        part_d = 2'd0;
        beat_d = axi_arvalid_i ? axi_araddr_i[16:3] : axi_awaddr_i[16:3];
        remaining_d = axi_arvalid_i ? axi_arlen_i : axi_awlen_i;
        if (axi_arvalid_i) state_d = StateRead;
        else if (axi_awvalid_i) state_d = StateWrite;
      end
      StateRead: if (beat_ends && axi_rlast_o) state_d = StateIdle;
      StateWrite: if (beat_ends && axi_rlast_o) state_d = StateResponse;
      StateResponse: if (axi_bready_i) state_d = StateIdle;
      default: state_d = StateIdle;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateIdle;
      phase_q <= 2'd0;
      offered_q <= 1'b0;
    end else begin
      state_q <= state_d;
      phase_q <= phase_d;
      offered_q <= offered_d;
    end
  end
  always_ff @(posedge clk_i) begin
    beat_q <= beat_d;
    remaining_q <= remaining_d;
    part_q <= part_d;
    link_q <= link_d;
    if (reads && part_q != 2'd3) data_q <= {sram_data_i, data_q[47:16]};
  end

  assign sram_address_o = link ? link_address_i : {beat_q, part_q};
  assign sram_data_o = link ? link_data_i : axi_wdata_i[part_q*16+:16];
  assign sram_drive_o = writes;
  assign sram_write_no = !(writes && phase_q == 2'd1 && (link || axi_wstrb_i[part_q*2]));
  assign sram_read_no = writes;

  logic unused;
  assign unused = ^{axi_wstrb_i, axi_araddr_i[2:0], axi_awaddr_i[2:0]};

endmodule
