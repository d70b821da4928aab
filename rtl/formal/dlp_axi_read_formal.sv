// Proof of dlp_axi_read: an offered address is held until it is taken; LOAD's is first unless LOAD won the last grant, so each requester waits for at most one
// burst of the other; at most OutstandingBursts are outstanding; data goes to the owner of the oldest burst, in order.
//
// One burst is watched, its number chosen by the solver. LOAD's addresses have bit 40 clear, the parameter queue's set, so that each address identifies its
// requester. Assumed: requests come when ready and as dlp_burst requires, data only for outstanding bursts, no request while flushing.

module dlp_axi_read_formal #(
  parameter int unsigned AxiBits = 512,
  parameter int unsigned OutstandingBursts = 2,
  parameter int unsigned BeatsBits = 8
) (
  input logic                 clk_i,
  input logic                 flush_i,
  input logic                 load_valid_i,
  input logic [9:0]           load_beat_address_i,
  input logic [BeatsBits-1:0] load_beats_i,
  input logic                 parameter_valid_i,
  input logic [9:0]           parameter_beat_address_i,
  input logic [BeatsBits-1:0] parameter_beats_i,
  input logic                 load_beat_ready_i,
  input logic                 parameter_beat_ready_i,
  input logic                 arready_i,
  input logic                 rvalid_i,
  input logic                 rlast_i
);

  localparam int unsigned AxiShift = $clog2(AxiBits / 8);

  logic               rst_ni, quiet, load_ready, parameter_ready, load_beat, parameter_beat, beat_error;
  logic [AxiBits-1:0] beat_data;
  logic [63:0]        araddr;
  logic [7:0]         arlen;
  logic [2:0]         arsize;
  logic [1:0]         arburst;
  logic               arvalid, rready;

  dlp_axi_read #(
    .AxiBits          (AxiBits),
    .OutstandingBursts(OutstandingBursts),
    .BeatsBits        (BeatsBits)
  ) u_read (
    .clk_i,
    .rst_ni,
    .flush_i,
    .quiet_o                    (quiet),
    .load_request_valid_i       (load_valid_i),
    .load_request_ready_o       (load_ready),
    .load_request_address_i     (64'(load_beat_address_i) << AxiShift),
    .load_request_beats_i       (load_beats_i),
    .parameter_request_valid_i  (parameter_valid_i),
    .parameter_request_ready_o  (parameter_ready),
    .parameter_request_address_i((64'd1 << 40) | (64'(parameter_beat_address_i) << AxiShift)),
    .parameter_request_beats_i  (parameter_beats_i),
    .load_beat_valid_o          (load_beat),
    .load_beat_ready_i,
    .parameter_beat_valid_o     (parameter_beat),
    .parameter_beat_ready_i,
    .beat_data_o                (beat_data),
    .beat_error_o               (beat_error),
    .m_axi_araddr               (araddr),
    .m_axi_arlen                (arlen),
    .m_axi_arsize               (arsize),
    .m_axi_arburst              (arburst),
    .m_axi_arvalid              (arvalid),
    .m_axi_arready              (arready_i),
    .m_axi_rdata                ('0),
    .m_axi_rresp                (2'b00),
    .m_axi_rlast                (rlast_i),
    .m_axi_rvalid               (rvalid_i),
    .m_axi_rready               (rready)
  );

  (* anyconst *) logic [7:0] watched;
  logic        running_q = 1'b0;
  logic [7:0]  taken_q = '0, ended_q = '0, outstanding;
  logic        owner_is_load_q = 1'b0, load_won_last_q = 1'b0, held_q = 1'b0;
  logic [63:0] held_address_q = '0;
  logic [7:0]  held_length_q = '0;
  logic        is_load, load_pending, parameter_pending;
  assign rst_ni = running_q;
  assign is_load = !araddr[40];
  assign outstanding = taken_q - ended_q;
  assign load_pending = !load_ready && !flush_i;
  assign parameter_pending = !parameter_ready && !flush_i;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q) begin
      held_q <= arvalid && !arready_i;
      held_address_q <= araddr;
      held_length_q <= arlen;
      if (arvalid && arready_i) begin
        taken_q <= taken_q + 8'd1;
        load_won_last_q <= is_load;
        if (taken_q == watched) owner_is_load_q <= is_load;
      end
      if (flush_i) load_won_last_q <= 1'b0;
      if (rvalid_i && rready && rlast_i) ended_q <= ended_q + 8'd1;
    end
  end

  always_comb begin
    if (running_q) begin
      m_load: assume (!load_valid_i || (load_ready && load_beats_i != '0));
      m_parameter: assume (!parameter_valid_i || (parameter_ready && parameter_beats_i != '0));
      m_data: assume (!rvalid_i || outstanding != 8'd0);

      p_held: assert (!held_q || (arvalid && araddr == held_address_q && arlen == held_length_q));
      p_outstanding: assert (outstanding <= 8'(OutstandingBursts) && (!arvalid || held_q || outstanding < 8'(OutstandingBursts)));
      p_offered: assert (!(outstanding < 8'(OutstandingBursts) && (load_pending || parameter_pending)) || arvalid);
      if (arvalid && !held_q) begin
        p_load_first: assert (!(load_pending && !(parameter_pending && load_won_last_q)) || is_load);
        p_turns: assert (!(parameter_pending && load_won_last_q) || !is_load);
        p_no_start_in_flush: assert (!flush_i);
      end
      p_one_owner: assert ((load_beat || parameter_beat) == (rvalid_i && !flush_i) && !(load_beat && parameter_beat));
      p_owner: assert (!((load_beat || parameter_beat) && ended_q == watched) || load_beat == owner_is_load_q);
      p_stall: assert (!(rvalid_i && rready) || flush_i || (load_beat ? load_beat_ready_i : parameter_beat_ready_i));
      p_quiet: assert (quiet == (outstanding == 8'd0 && !arvalid));
    end
  end

endmodule
