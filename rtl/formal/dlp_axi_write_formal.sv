// Proof of dlp_axi_write: addresses and data beats that are offered are held until they are taken, also through a flush; a burst has the beats of its address,
// the last of them is marked, and no beat comes without an address; a transfer is offered until all of it is taken; the data of the units is sent once, with
// its strobes, and what a flush sends in its place has none; the channel is quiet exactly when nothing is on the bus.
//
// The units' data is random: four bits, in every nibble of a beat. Assumed: requests come when ready, or while flushing; a unit's beat is held until it is
// taken, or the unit is reset; in reset a unit offers nothing and holds its data; a flush lasts until the channel is quiet; responses only to whole bursts.

module dlp_axi_write_formal #(
  parameter int unsigned AxiBits = 512,
  parameter int unsigned OutstandingBursts = 2,
  parameter int unsigned BeatsBits = 8
) (
  input logic                 clk_i,
  input logic                 flush_i,
  input logic                 store_valid_i,
  input logic [5:0]           store_beat_address_i,
  input logic [BeatsBits-1:0] store_beats_i,
  input logic                 logits_valid_i,
  input logic [5:0]           logits_beat_address_i,
  input logic [BeatsBits-1:0] logits_beats_i,
  input logic                 store_beat_valid_i,
  input logic [3:0]           store_data_i,
  input logic                 logits_beat_valid_i,
  input logic [3:0]           logits_data_i,
  input logic [1:0]           logits_strobe_i,
  input logic                 awready_i,
  input logic                 wready_i,
  input logic                 bvalid_i,
  input logic [1:0]           bresp_i
);

  localparam int unsigned AxiShift = $clog2(AxiBits / 8);

  logic                 rst_ni, quiet, units_rst_n, store_ready, logits_ready, store_beat_ready, logits_beat_ready;
  logic                 store_done, store_error, logits_done, logits_error;
  logic [63:0]          awaddr;
  logic [7:0]           awlen;
  logic [2:0]           awsize;
  logic [1:0]           awburst;
  logic                 awvalid, wlast, wvalid, bready;
  logic [AxiBits-1:0]   wdata;
  logic [AxiBits/8-1:0] wstrb, logits_strobe;
  assign logits_strobe = {{AxiBits / 8 - 1{logits_strobe_i[1]}}, logits_strobe_i[0]};

  dlp_axi_write #(
    .AxiBits          (AxiBits),
    .OutstandingBursts(OutstandingBursts),
    .BeatsBits        (BeatsBits)
  ) u_write (
    .clk_i,
    .rst_ni,
    .flush_i,
    .quiet_o                 (quiet),
    .units_rst_no            (units_rst_n),
    .store_request_valid_i   (store_valid_i),
    .store_request_ready_o   (store_ready),
    .store_request_address_i (64'(store_beat_address_i) << AxiShift),
    .store_request_beats_i   (store_beats_i),
    .logits_request_valid_i  (logits_valid_i),
    .logits_request_ready_o  (logits_ready),
    .logits_request_address_i((64'd1 << 40) | (64'(logits_beat_address_i) << AxiShift)),
    .logits_request_beats_i  (logits_beats_i),
    .store_beat_valid_i,
    .store_beat_ready_o      (store_beat_ready),
    .store_beat_data_i       ({AxiBits / 4{store_data_i}}),
    .logits_beat_valid_i,
    .logits_beat_ready_o     (logits_beat_ready),
    .logits_beat_data_i      ({AxiBits / 4{logits_data_i}}),
    .logits_beat_strobe_i    (logits_strobe),
    .store_done_o            (store_done),
    .store_error_o           (store_error),
    .logits_done_o           (logits_done),
    .logits_error_o          (logits_error),
    .m_axi_awaddr            (awaddr),
    .m_axi_awlen             (awlen),
    .m_axi_awsize            (awsize),
    .m_axi_awburst           (awburst),
    .m_axi_awvalid           (awvalid),
    .m_axi_awready           (awready_i),
    .m_axi_wdata             (wdata),
    .m_axi_wstrb             (wstrb),
    .m_axi_wlast             (wlast),
    .m_axi_wvalid            (wvalid),
    .m_axi_wready            (wready_i),
    .m_axi_bresp             (bresp_i),
    .m_axi_bvalid            (bvalid_i),
    .m_axi_bready            (bready)
  );

  logic        running_q = 1'b0, ran_q = 1'b0;
  // in the cycle before
  logic        address_held_q = 1'b0, data_held_q = 1'b0, last_before_q = 1'b0, flush_before_q = 1'b0, quiet_before_q = 1'b0, dropped_q = 1'b0;
  logic [63:0] address_before_q = '0;
  logic [7:0]  length_before_q = '0;
  logic [3:0]  data_before_q = '0;
  logic [1:0]  strobe_before_q = '0;
  logic        store_held_q = 1'b0, logits_held_q = 1'b0;
  logic [3:0]  store_data_before_q = '0, logits_data_before_q = '0;
  logic [1:0]  logits_strobe_before_q = '0;
  // data beats of the transfers that no address has requested
  logic [BeatsBits-1:0] pending_store_q = '0, pending_logits_q = '0;
  // data beats that remain of the burst whose address was sent, its requester; bursts whose data was sent, and those with a response
  logic [8:0]  remaining_q = '0;
  logic        burst_of_store_q = 1'b0;
  logic [7:0]  sent_q = '0, responded_q = '0, outstanding;
  logic        is_store, store_sends, logits_sends;
  assign rst_ni = running_q;
  assign is_store = !awaddr[40];
  assign outstanding = sent_q - responded_q;
  assign store_sends = store_beat_valid_i && store_beat_ready;
  assign logits_sends = logits_beat_valid_i && logits_beat_ready;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    ran_q <= running_q;
    if (running_q) begin
      address_held_q <= awvalid && !awready_i;
      address_before_q <= awaddr;
      length_before_q <= awlen;
      data_held_q <= wvalid && !wready_i;
      data_before_q <= wdata[3:0];
      strobe_before_q <= wstrb[1:0];
      last_before_q <= wlast;
      flush_before_q <= flush_i;
      quiet_before_q <= quiet;
      dropped_q <= !units_rst_n;
      store_held_q <= store_beat_valid_i && !store_beat_ready;
      store_data_before_q <= store_data_i;
      logits_held_q <= logits_beat_valid_i && !logits_beat_ready;
      logits_data_before_q <= logits_data_i;
      logits_strobe_before_q <= logits_strobe_i;
      if (awvalid && awready_i) begin
        remaining_q <= {1'b0, awlen} + 9'd1;
        burst_of_store_q <= is_store;
      end else if (wvalid && wready_i) begin
        remaining_q <= remaining_q - 9'd1;
        if (remaining_q == 9'd1) sent_q <= sent_q + 8'd1;
      end
      if (awvalid && awready_i && is_store) pending_store_q <= pending_store_q - BeatsBits'(awlen) - BeatsBits'(1);
      if (awvalid && awready_i && !is_store) pending_logits_q <= pending_logits_q - BeatsBits'(awlen) - BeatsBits'(1);
      if (store_valid_i) pending_store_q <= store_beats_i;
      if (logits_valid_i) pending_logits_q <= logits_beats_i;
      if (flush_i) begin
        pending_store_q <= '0;
        pending_logits_q <= '0;
      end
      if (bvalid_i && bready) responded_q <= responded_q + 8'd1;
    end
  end

  always_comb begin
    if (running_q) begin
      m_store: assume (!store_valid_i || ((store_ready || flush_i) && store_beats_i != '0));
      m_logits: assume (!logits_valid_i || ((logits_ready || flush_i) && logits_beats_i != '0));
      m_store_held: assume (!(store_held_q && units_rst_n) || (store_beat_valid_i && store_data_i == store_data_before_q));
      m_logits_held: assume (!(logits_held_q && units_rst_n)
          || (logits_beat_valid_i && logits_data_i == logits_data_before_q && logits_strobe_i == logits_strobe_before_q));
      m_reset: assume (units_rst_n || !(store_valid_i || logits_valid_i || store_beat_valid_i || logits_beat_valid_i));
      m_held_in_reset: assume (units_rst_n || !dropped_q || (store_data_i == store_data_before_q && logits_data_i == logits_data_before_q));
      m_flush_until_quiet: assume (flush_i || !flush_before_q || quiet_before_q);
      m_response: assume (!bvalid_i || outstanding != 8'd0);

      // AXI
      p_address_held: assert (!address_held_q || (awvalid && awaddr == address_before_q && awlen == length_before_q));
      p_data_held: assert (!data_held_q
          || (wvalid && wdata[3:0] == data_before_q && wstrb[1:0] == strobe_before_q && wlast == last_before_q));
      p_every_nibble: assert (wdata == {AxiBits / 4{wdata[3:0]}} && wstrb == {{AxiBits / 8 - 1{wstrb[1]}}, wstrb[0]});
      p_address_first: assert (!wvalid || remaining_q != 9'd0);
      p_whole_bursts: assert (!awvalid || remaining_q == 9'd0);
      p_last: assert (!wvalid || wlast == (remaining_q == 9'd1));
      p_response_taken: assert (bready == (outstanding != 8'd0));
      p_outstanding: assert (outstanding <= 8'(OutstandingBursts));
      p_offered: assert (!(pending_store_q != '0 || pending_logits_q != '0) || remaining_q != 9'd0 || outstanding == 8'(OutstandingBursts)
          || flush_i || awvalid);
      p_requested: assert (!(awvalid && !flush_i) || BeatsBits'(awlen) < (is_store ? pending_store_q : pending_logits_q));

      // the data of the units
      p_once: assert (!units_rst_n || (wvalid && wready_i) == (store_sends || logits_sends));
      p_owner: assert (!(store_sends || logits_sends) || (store_sends != logits_sends && store_sends == burst_of_store_q));
      p_store: assert (!store_sends || (wdata[3:0] == store_data_i && wstrb == '1));
      p_logits: assert (!logits_sends || (wdata[3:0] == logits_data_i && wstrb == logits_strobe));
      p_done: assert (!(store_done || logits_done || store_error || logits_error) || (bvalid_i && !flush_i));

      // the flush
      p_no_start_in_flush: assert (!awvalid || address_held_q || !flush_i);
      p_without_strobes: assert (units_rst_n || wstrb == '0);
      p_reset_in_flush: assert (units_rst_n || flush_before_q || !ran_q);
      p_reset_soon: assert (!flush_before_q || data_held_q || !units_rst_n);
      p_dropped: assert (flush_i || !flush_before_q || (store_ready && logits_ready));
      p_ends: assert (units_rst_n || remaining_q == 9'd0 || wvalid);
      p_quiet: assert (quiet == (outstanding == 8'd0 && remaining_q == 9'd0 && !awvalid));
    end
  end

endmodule
