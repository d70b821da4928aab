// Proof of dlp_axi_write: addresses and data beats that are offered stay until they are taken, through a flush too; a burst has the beats of its
// address, the last of them says so, and no beat comes without an address; a transfer is asked for
// until it is; what the units send goes out once, with its strobes, and what a flush sends in their place has none; the channel is quiet exactly when nothing is on the bus.
//
// The units' data is random: four bits, in every nibble of a beat. Assumed: requests come when ready, or while flushing; a unit's beat stays until
// it is taken, or the unit is reset; in reset a unit offers nothing and its data stands; a flush lasts until the channel is quiet; responses only to
// whole bursts.

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
  // as it was in the cycle before
  logic        address_stood_q = 1'b0, data_stood_q = 1'b0, last_was_q = 1'b0, flush_was_q = 1'b0, quiet_was_q = 1'b0, dropped_q = 1'b0;
  logic [63:0] address_was_q = '0;
  logic [7:0]  length_was_q = '0;
  logic [3:0]  data_was_q = '0;
  logic [1:0]  strobe_was_q = '0;
  logic        store_stood_q = 1'b0, logits_stood_q = 1'b0;
  logic [3:0]  store_data_was_q = '0, logits_data_was_q = '0;
  logic [1:0]  logits_strobe_was_q = '0;
  // beats of the transfers that no address has asked for
  logic [BeatsBits-1:0] asked_by_store_q = '0, asked_by_logits_q = '0;
  // data beats that the burst's address still asks for, whose; bursts whose data is out, and those answered
  logic [8:0]  owed_q = '0;
  logic        owed_by_store_q = 1'b0;
  logic [7:0]  sent_q = '0, answered_q = '0, unanswered;
  logic        is_store, store_sends, logits_sends;
  assign rst_ni = running_q;
  assign is_store = !awaddr[40];
  assign unanswered = sent_q - answered_q;
  assign store_sends = store_beat_valid_i && store_beat_ready;
  assign logits_sends = logits_beat_valid_i && logits_beat_ready;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    ran_q <= running_q;
    if (running_q) begin
      address_stood_q <= awvalid && !awready_i;
      address_was_q <= awaddr;
      length_was_q <= awlen;
      data_stood_q <= wvalid && !wready_i;
      data_was_q <= wdata[3:0];
      strobe_was_q <= wstrb[1:0];
      last_was_q <= wlast;
      flush_was_q <= flush_i;
      quiet_was_q <= quiet;
      dropped_q <= !units_rst_n;
      store_stood_q <= store_beat_valid_i && !store_beat_ready;
      store_data_was_q <= store_data_i;
      logits_stood_q <= logits_beat_valid_i && !logits_beat_ready;
      logits_data_was_q <= logits_data_i;
      logits_strobe_was_q <= logits_strobe_i;
      if (awvalid && awready_i) begin
        owed_q <= {1'b0, awlen} + 9'd1;
        owed_by_store_q <= is_store;
      end else if (wvalid && wready_i) begin
        owed_q <= owed_q - 9'd1;
        if (owed_q == 9'd1) sent_q <= sent_q + 8'd1;
      end
      if (awvalid && awready_i && is_store) asked_by_store_q <= asked_by_store_q - BeatsBits'(awlen) - BeatsBits'(1);
      if (awvalid && awready_i && !is_store) asked_by_logits_q <= asked_by_logits_q - BeatsBits'(awlen) - BeatsBits'(1);
      if (store_valid_i) asked_by_store_q <= store_beats_i;
      if (logits_valid_i) asked_by_logits_q <= logits_beats_i;
      if (flush_i) begin
        asked_by_store_q <= '0;
        asked_by_logits_q <= '0;
      end
      if (bvalid_i && bready) answered_q <= answered_q + 8'd1;
    end
  end

  always_comb begin
    if (running_q) begin
      m_store: assume (!store_valid_i || ((store_ready || flush_i) && store_beats_i != '0));
      m_logits: assume (!logits_valid_i || ((logits_ready || flush_i) && logits_beats_i != '0));
      m_store_stays: assume (!(store_stood_q && units_rst_n) || (store_beat_valid_i && store_data_i == store_data_was_q));
      m_logits_stay: assume (!(logits_stood_q && units_rst_n)
          || (logits_beat_valid_i && logits_data_i == logits_data_was_q && logits_strobe_i == logits_strobe_was_q));
      m_reset: assume (units_rst_n || !(store_valid_i || logits_valid_i || store_beat_valid_i || logits_beat_valid_i));
      m_reset_stands: assume (units_rst_n || !dropped_q || (store_data_i == store_data_was_q && logits_data_i == logits_data_was_q));
      m_flush_until_quiet: assume (flush_i || !flush_was_q || quiet_was_q);
      m_response: assume (!bvalid_i || unanswered != 8'd0);

      // AXI
      p_address_stays: assert (!address_stood_q || (awvalid && awaddr == address_was_q && awlen == length_was_q));
      p_data_stays: assert (!data_stood_q
          || (wvalid && wdata[3:0] == data_was_q && wstrb[1:0] == strobe_was_q && wlast == last_was_q));
      p_every_nibble: assert (wdata == {AxiBits / 4{wdata[3:0]}} && wstrb == {{AxiBits / 8 - 1{wstrb[1]}}, wstrb[0]});
      p_address_first: assert (!wvalid || owed_q != 9'd0);
      p_whole_bursts: assert (!awvalid || owed_q == 9'd0);
      p_last: assert (!wvalid || wlast == (owed_q == 9'd1));
      p_response_taken: assert (bready == (unanswered != 8'd0));
      p_outstanding: assert (unanswered <= 8'(OutstandingBursts));
      p_offered: assert (!(asked_by_store_q != '0 || asked_by_logits_q != '0) || owed_q != 9'd0 || unanswered == 8'(OutstandingBursts)
          || flush_i || awvalid);
      p_asked: assert (!(awvalid && !flush_i) || BeatsBits'(awlen) < (is_store ? asked_by_store_q : asked_by_logits_q));

      // what the units send
      p_once: assert (!units_rst_n || (wvalid && wready_i) == (store_sends || logits_sends));
      p_owner: assert (!(store_sends || logits_sends) || (store_sends != logits_sends && store_sends == owed_by_store_q));
      p_store: assert (!store_sends || (wdata[3:0] == store_data_i && wstrb == '1));
      p_logits: assert (!logits_sends || (wdata[3:0] == logits_data_i && wstrb == logits_strobe));
      p_done: assert (!(store_done || logits_done || store_error || logits_error) || (bvalid_i && !flush_i));

      // the flush
      p_no_start_in_flush: assert (!awvalid || address_stood_q || !flush_i);
      p_without_strobes: assert (units_rst_n || wstrb == '0);
      p_reset_in_flush: assert (units_rst_n || flush_was_q || !ran_q);
      p_reset_soon: assert (!flush_was_q || data_stood_q || !units_rst_n);
      p_forgotten: assert (flush_i || !flush_was_q || (store_ready && logits_ready));
      p_ends: assert (units_rst_n || owed_q == 9'd0 || wvalid);
      p_quiet: assert (quiet == (unanswered == 8'd0 && owed_q == 9'd0 && !awvalid));
    end
  end

endmodule
