// The AXI read channel: addresses of two requesters, LOAD's before the parameter queue's unless LOAD won the last grant; data in order.
//
// Latency: a transfer requested in cycle t offers its first address in t + 1; data reaches its owner in the cycle in which it arrives.
// Throughput: one address and one data beat a cycle. Stalls: addresses while OutstandingBursts are outstanding; data while the owner of
// the oldest burst is not ready.

module dlp_axi_read #(
  parameter int unsigned AxiBits = 64,
  parameter int unsigned OutstandingBursts = 16,
  parameter int unsigned BeatsBits = 30,
  // of a byte address
  parameter int unsigned AddressBits = 64
) (
  input  logic clk_i,
  input  logic rst_ni,

  // drop the requests, complete the transfers on the bus and discard their data; whether nothing is on the bus
  input  logic flush_i,
  output logic quiet_o,

  // transfers; ready once all addresses of the one before are sent
  input  logic                 load_request_valid_i,
  output logic                 load_request_ready_o,
  input  logic [63:0]          load_request_address_i,
  input  logic [BeatsBits-1:0] load_request_beats_i,
  input  logic                 parameter_request_valid_i,
  output logic                 parameter_request_ready_o,
  input  logic [63:0]          parameter_request_address_i,
  input  logic [BeatsBits-1:0] parameter_request_beats_i,

  // data for one of the two
  output logic               load_beat_valid_o,
  input  logic               load_beat_ready_i,
  output logic               parameter_beat_valid_o,
  input  logic               parameter_beat_ready_i,
  output logic [AxiBits-1:0] beat_data_o,
  output logic               beat_error_o,

  // AXI
  output logic [63:0]        m_axi_araddr,
  output logic [7:0]         m_axi_arlen,
  output logic [2:0]         m_axi_arsize,
  output logic [1:0]         m_axi_arburst,
  output logic               m_axi_arvalid,
  input  logic               m_axi_arready,
  input  logic [AxiBits-1:0] m_axi_rdata,
  input  logic [1:0]         m_axi_rresp,
  input  logic               m_axi_rlast,
  input  logic               m_axi_rvalid,
  output logic               m_axi_rready
);

  localparam int unsigned CountBits = $clog2(OutstandingBursts + 1);

  logic        load_valid, parameter_valid, load_take, parameter_take, load_clear, parameter_clear;
  logic [63:0] load_address, parameter_address;
  logic [8:0]  load_beats, parameter_beats;

  dlp_burst #(
    .AxiBits    (AxiBits),
    .BeatsBits  (BeatsBits),
    .AddressBits(AddressBits)
  ) u_load (
    .clk_i,
    .rst_ni,
    .load_valid_i  (load_request_valid_i && load_request_ready_o),
    .load_address_i(load_request_address_i),
    .load_beats_i  (load_request_beats_i),
    .clear_i       (load_clear),
    .valid_o       (load_valid),
    .address_o     (load_address),
    .beats_o       (load_beats),
    .take_i        (load_take)
  );

  dlp_burst #(
    .AxiBits    (AxiBits),
    .BeatsBits  (BeatsBits),
    .AddressBits(AddressBits)
  ) u_parameter (
    .clk_i,
    .rst_ni,
    .load_valid_i  (parameter_request_valid_i && parameter_request_ready_o),
    .load_address_i(parameter_request_address_i),
    .load_beats_i  (parameter_request_beats_i),
    .clear_i       (parameter_clear),
    .valid_o       (parameter_valid),
    .address_o     (parameter_address),
    .beats_o       (parameter_beats),
    .take_i        (parameter_take)
  );

  // A request while flushing is taken and dropped.
  assign load_request_ready_o = !load_valid;
  assign parameter_request_ready_o = !parameter_valid;

  // Addresses: an offered address is held until it is taken.
  logic held_d, held_q, held_load_d, held_load_q;
  logic load_won_last_d, load_won_last_q;
  logic may_issue, load_wins, taken, ended;
  logic [CountBits-1:0] count_d, count_q;

  assign may_issue = count_q < CountBits'(OutstandingBursts);
  assign load_wins = held_q ? held_load_q : (load_valid && !(parameter_valid && load_won_last_q));
  assign m_axi_arvalid = held_q || ((load_valid || parameter_valid) && may_issue && !flush_i);
  assign taken = m_axi_arvalid && m_axi_arready;
  assign load_take = taken && load_wins;
  assign parameter_take = taken && !load_wins;
  assign load_clear = flush_i && !(held_q && load_wins && !taken);
  assign parameter_clear = flush_i && !(held_q && !load_wins && !taken);

  assign m_axi_araddr = load_wins ? load_address : parameter_address;
  assign m_axi_arlen = 8'((load_wins ? load_beats : parameter_beats) - 9'd1);
  assign m_axi_arsize = 3'($clog2(AxiBits / 8));
  assign m_axi_arburst = 2'b01;

  // Data: the owners of the outstanding bursts, in order.
  logic head_valid, head_load, owners_full, ready;

  dlp_fifo #(
    .Width(1),
    .Depth(OutstandingBursts)
  ) u_owners (
    .clk_i,
    .rst_ni,
    .clear_i     (1'b0),
    .full_o      (owners_full),
    .push_valid_i(taken),
    .push_data_i (load_wins),
    .valid_o     (head_valid),
    .data_o      (head_load),
    .pop_i       (ended)
  );

  assign ready = flush_i || (head_load ? load_beat_ready_i : parameter_beat_ready_i);
  assign m_axi_rready = head_valid && ready;
  assign ended = m_axi_rvalid && m_axi_rready && m_axi_rlast;
  assign load_beat_valid_o = m_axi_rvalid && head_valid && head_load && !flush_i;
  assign parameter_beat_valid_o = m_axi_rvalid && head_valid && !head_load && !flush_i;
  assign beat_data_o = m_axi_rdata;
  assign beat_error_o = m_axi_rresp[1];
  assign quiet_o = count_q == '0 && !m_axi_arvalid;

  always_comb begin
    held_d = m_axi_arvalid && !m_axi_arready;
    held_load_d = load_wins;
    load_won_last_d = taken ? load_wins : load_won_last_q;
    if (flush_i) load_won_last_d = 1'b0;
    count_d = count_q;
    if (taken && !ended) count_d = count_q + CountBits'(1);
    if (!taken && ended) count_d = count_q - CountBits'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q <= 1'b0;
      held_load_q <= 1'b0;
      load_won_last_q <= 1'b0;
      count_q <= '0;
    end else begin
      held_q <= held_d;
      held_load_q <= held_load_d;
      load_won_last_q <= load_won_last_d;
      count_q <= count_d;
    end
  end

  logic unused;
  assign unused = m_axi_rresp[0] ^ owners_full;

`ifndef SYNTHESIS
  // Each burst's last data beat is where its length says.
  logic [8:0] expected, received_q;
  logic       expected_valid, expected_full;
  dlp_fifo #(
    .Width(9),
    .Depth(OutstandingBursts)
  ) u_expected (
    .clk_i,
    .rst_ni,
    .clear_i     (1'b0),
    .full_o      (expected_full),
    .push_valid_i(taken),
    .push_data_i ({1'b0, m_axi_arlen} + 9'd1),
    .valid_o     (expected_valid),
    .data_o      (expected),
    .pop_i       (ended)
  );
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) received_q <= '0;
    else if (m_axi_rvalid && m_axi_rready) received_q <= m_axi_rlast ? '0 : received_q + 9'd1;
  end
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_no_data_unrequested: assert (!m_axi_rvalid || head_valid);
      a_one_list: assert (expected_valid == head_valid && expected_full == owners_full);
      a_last: assert (!(m_axi_rvalid && m_axi_rready) || (m_axi_rlast == (received_q + 9'd1 == expected)));
      a_within_page: assert (!m_axi_arvalid || 32'(m_axi_araddr[11:0]) + (32'(m_axi_arlen) + 1) * (AxiBits / 8) <= dlp_isa_pkg::BurstBytes);
    end
  end
`endif

endmodule
