// The AXI write channel: one transfer at a time, STORE's before STOREL's; each burst its address, then its data.
//
// Latency: a transfer requested in cycle t requests the channel in t + 1 and offers its first address in the cycle in which it is granted; the
// first data beat is sent a cycle after its address at the earliest. done: the cycle of the last response.
// Throughput: one data beat a cycle, one cycle for each address. Stalls: addresses while OutstandingBursts wait for their responses.
//
// A flush drops the requests, sends the rest of a burst without strobes and waits for the responses. AXI requires an offered data beat to be held until it is
// taken, and the beat is in the registers of its unit: so this module decides when the units are reset.
//
//   cycle t     flush_i; a data beat is offered, or none
//         u     the beat is taken (u = t if none is offered)
//         u+1   the units are in reset, the rest of the burst is sent without strobes

module dlp_axi_write #(
  parameter int unsigned AxiBits = 64,
  parameter int unsigned OutstandingBursts = 16,
  parameter int unsigned BeatsBits = 30,
  // of a byte address
  parameter int unsigned AddressBits = 64,
  // whether there is a second requester
  parameter bit HasLogits = 1'b1
) (
  input  logic clk_i,
  input  logic rst_ni,

  // drop the requests, complete the transfers on the bus; whether nothing is on the bus
  input  logic flush_i,
  output logic quiet_o,
  // reset of the units while flush_i, as drawn; while it is low they must hold their data
  output logic units_rst_no,

  // transfers
  input  logic                 store_request_valid_i,
  output logic                 store_request_ready_o,
  input  logic [63:0]          store_request_address_i,
  input  logic [BeatsBits-1:0] store_request_beats_i,
  input  logic                 logits_request_valid_i,
  output logic                 logits_request_ready_o,
  input  logic [63:0]          logits_request_address_i,
  input  logic [BeatsBits-1:0] logits_request_beats_i,

  // their data
  input  logic                 store_beat_valid_i,
  output logic                 store_beat_ready_o,
  input  logic [AxiBits-1:0]   store_beat_data_i,
  input  logic                 logits_beat_valid_i,
  output logic                 logits_beat_ready_o,
  input  logic [AxiBits-1:0]   logits_beat_data_i,
  input  logic [AxiBits/8-1:0] logits_beat_strobe_i,

  // the response to a transfer's last burst; a response with an error
  output logic store_done_o,
  output logic store_error_o,
  output logic logits_done_o,
  output logic logits_error_o,

  // AXI
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
  output logic                 m_axi_bready
);

  localparam int unsigned CountBits = $clog2(OutstandingBursts + 1);

  logic        store_valid, logits_valid, store_take, logits_take, store_clear, logits_clear;
  logic [63:0] store_address, logits_address;
  logic [8:0]  store_beats, logits_beats;

  dlp_burst #(
    .AxiBits    (AxiBits),
    .BeatsBits  (BeatsBits),
    .AddressBits(AddressBits)
  ) u_store (
    .clk_i,
    .rst_ni,
    .load_valid_i  (store_request_valid_i && store_request_ready_o),
    .load_address_i(store_request_address_i),
    .load_beats_i  (store_request_beats_i),
    .clear_i       (store_clear),
    .valid_o       (store_valid),
    .address_o     (store_address),
    .beats_o       (store_beats),
    .take_i        (store_take)
  );

  if (HasLogits) begin : gen_logits
    dlp_burst #(
      .AxiBits    (AxiBits),
      .BeatsBits  (BeatsBits),
      .AddressBits(AddressBits)
    ) u_logits (
      .clk_i,
      .rst_ni,
      .load_valid_i  (logits_request_valid_i && logits_request_ready_o),
      .load_address_i(logits_request_address_i),
      .load_beats_i  (logits_request_beats_i),
      .clear_i       (logits_clear),
      .valid_o       (logits_valid),
      .address_o     (logits_address),
      .beats_o       (logits_beats),
      .take_i        (logits_take)
    );
  end else begin : gen_no_logits
    assign logits_valid = 1'b0;
    assign logits_address = '0;
    assign logits_beats = '0;
    logic unused_logits;
    assign unused_logits = ^{logits_request_address_i, logits_request_beats_i, logits_request_valid_i, logits_clear, logits_take};
  end

  // The transfer that owns the channel.
  logic owned_d, owned_q, is_store_d, is_store_q, is_store;
  // data beats that remain of the burst whose address was sent; 0: the next is an address
  logic [8:0] remaining_d, remaining_q;
  logic held_d, held_q;
  // bursts whose responses are outstanding
  logic [CountBits-1:0] count_d, count_q;
  logic requested, address_taken, beat_taken, burst_ends, transfer_ends;
  logic units_rst_nd, units_rst_nq;

  assign is_store = owned_q ? is_store_q : store_valid;
  assign requested = is_store ? store_valid : logits_valid;
  assign m_axi_awvalid = held_q || (requested && remaining_q == '0 && count_q < CountBits'(OutstandingBursts) && !flush_i);
  assign address_taken = m_axi_awvalid && m_axi_awready;
  assign store_take = address_taken && is_store;
  assign logits_take = address_taken && !is_store;
  assign store_clear = flush_i && !(held_q && is_store && !address_taken);
  assign logits_clear = flush_i && !(held_q && !is_store && !address_taken);

  // A request while flushing is taken and dropped.
  assign store_request_ready_o = !store_valid && !(owned_q && is_store_q);
  assign logits_request_ready_o = !logits_valid && !(owned_q && !is_store_q);

  assign m_axi_awaddr = is_store ? store_address : logits_address;
  assign m_axi_awlen = 8'((is_store ? store_beats : logits_beats) - 9'd1);
  assign m_axi_awsize = 3'($clog2(AxiBits / 8));
  assign m_axi_awburst = 2'b01;

  assign m_axi_wvalid = remaining_q != '0 && (!units_rst_nq || (is_store ? store_beat_valid_i : logits_beat_valid_i));
  assign m_axi_wdata = is_store ? store_beat_data_i : logits_beat_data_i;
  assign m_axi_wlast = remaining_q == 9'd1;
  always_comb begin
    m_axi_wstrb = is_store ? '1 : logits_beat_strobe_i;
    if (!units_rst_nq) m_axi_wstrb = '0;
  end
  assign units_rst_nd = !flush_i || (units_rst_nq && m_axi_wvalid && !m_axi_wready);
  assign units_rst_no = units_rst_nq;
  assign beat_taken = m_axi_wvalid && m_axi_wready;
  assign store_beat_ready_o = remaining_q != '0 && is_store && m_axi_wready;
  assign logits_beat_ready_o = remaining_q != '0 && !is_store && m_axi_wready;
  assign burst_ends = beat_taken && m_axi_wlast;
  // All addresses are sent: the burst is the transfer's last.
  assign transfer_ends = burst_ends && !requested;

  // Responses, in order: the requester, and whether the burst was a transfer's last.
  logic head_store, head_last, responded, responses_full;

  dlp_fifo #(
    .Width(2),
    .Depth(OutstandingBursts)
  ) u_responses (
    .clk_i,
    .rst_ni,
    .clear_i     (1'b0),
    .full_o      (responses_full),
    .push_valid_i(burst_ends),
    .push_data_i ({is_store, transfer_ends}),
    .valid_o     (m_axi_bready),
    .data_o      ({head_store, head_last}),
    .pop_i       (responded)
  );

  assign responded = m_axi_bvalid && m_axi_bready;
  assign store_done_o = responded && head_store && head_last && !flush_i;
  assign logits_done_o = responded && !head_store && head_last && !flush_i;
  assign store_error_o = responded && head_store && m_axi_bresp[1] && !flush_i;
  assign logits_error_o = responded && !head_store && m_axi_bresp[1] && !flush_i;
  assign quiet_o = count_q == '0 && remaining_q == '0 && !m_axi_awvalid;

  always_comb begin
    owned_d = (owned_q || store_valid || logits_valid) && !transfer_ends;
    is_store_d = is_store;
    if (flush_i && (remaining_q == '0 || burst_ends) && !m_axi_awvalid) owned_d = 1'b0;
    held_d = m_axi_awvalid && !m_axi_awready;
    remaining_d = remaining_q;
    if (address_taken) remaining_d = {1'b0, m_axi_awlen} + 9'd1;
    else if (beat_taken) remaining_d = remaining_q - 9'd1;
    count_d = count_q;
    if (burst_ends && !responded) count_d = count_q + CountBits'(1);
    if (!burst_ends && responded) count_d = count_q - CountBits'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      owned_q <= 1'b0;
      is_store_q <= 1'b0;
      held_q <= 1'b0;
      remaining_q <= '0;
      count_q <= '0;
      units_rst_nq <= 1'b0;
    end else begin
      owned_q <= owned_d;
      is_store_q <= is_store_d;
      held_q <= held_d;
      remaining_q <= remaining_d;
      count_q <= count_d;
      units_rst_nq <= units_rst_nd;
    end
  end

  logic unused;
  assign unused = m_axi_bresp[0] ^ responses_full;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_response_due: assert (!m_axi_bvalid || m_axi_bready);
      a_address_or_data: assert (!(m_axi_awvalid && m_axi_wvalid));
      a_within_page: assert (!m_axi_awvalid || 32'(m_axi_awaddr[11:0]) + (32'(m_axi_awlen) + 1) * (AxiBits / 8) <= dlp_isa_pkg::BurstBytes);
    end
  end
`endif

endmodule
