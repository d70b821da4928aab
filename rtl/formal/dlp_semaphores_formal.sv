// Proof of dlp_semaphores against a count without bounds: waits are ready exactly if every count is above zero, a signal counts from the next cycle on, no
// count falls below zero, and each that exceeds its bits is reported at the retirement that causes it.
//
// One semaphore is watched, chosen by the solver. Assumed: a queue takes only what is ready, and at most one queue takes the watched semaphore (a rule for
// programs). Run with four semaphores of two bits, so that an overflow lies within the depth.

module dlp_semaphores_formal #(
  parameter int unsigned Queues = 2,
  parameter int unsigned RetirePorts = 3
) (
  input logic                                            clk_i,
  input logic [Queues*dlp_isa_pkg::Semaphores-1:0]       wait_i,
  input logic [Queues-1:0]                               take_i,
  input logic [RetirePorts-1:0]                          retire_valid_i,
  input logic [RetirePorts*dlp_isa_pkg::Semaphores-1:0]  retire_signal_i
);

  localparam int unsigned Number = dlp_isa_pkg::Semaphores;
  localparam logic [7:0] Largest = 8'((1 << dlp_isa_pkg::SemaphoreBits) - 1);

  logic                   rst_ni, all_zero;
  logic [Queues-1:0]      ready;
  logic [RetirePorts-1:0] overflow;

  dlp_semaphores #(
    .Queues     (Queues),
    .RetirePorts(RetirePorts)
  ) u_semaphores (
    .clk_i,
    .rst_ni,
    .wait_i,
    .ready_o   (ready),
    .take_i,
    .retire_valid_i,
    .retire_signal_i,
    .overflow_o(overflow),
    .all_zero_o(all_zero)
  );

  (* anyconst *) logic [$clog2(Number)-1:0] watched;
  logic       running_q = 1'b0, overflown_q = 1'b0;
  logic [7:0] count_q = '0, taken, signals, next;
  logic [Number-1:0] alone;
  assign rst_ni = running_q;
  assign alone = Number'(1) << watched;

  always_comb begin
    taken = '0;
    for (int unsigned q = 0; q < Queues; q++) begin
      if (take_i[q] && (wait_i[q*Number+:Number] & alone) != '0) taken = taken + 8'd1;
    end
    signals = '0;
    for (int unsigned p = 0; p < RetirePorts; p++) begin
      if (retire_valid_i[p] && (retire_signal_i[p*Number+:Number] & alone) != '0) signals = signals + 8'd1;
    end
    next = count_q - taken + signals;
  end

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q) begin
      count_q <= next;
      // the machine stops at the first overflow, and so does the claim
      if (next > Largest) overflown_q <= 1'b1;
    end
  end

  for (genvar q = 0; q < Queues; q++) begin : gen_queue
    always_comb begin
      if (running_q && !overflown_q) begin
        // Yosys accepts no assertion names in generate blocks
        assume (!take_i[q] || ready[q]);
        // not ready while a count is zero; ready if all are above zero
        assert (!((wait_i[q*Number+:Number] & alone) != '0 && count_q == 8'd0) || !ready[q]);
        assert (!(wait_i[q*Number+:Number] == alone && count_q != 8'd0) || ready[q]);
        assert (wait_i[q*Number+:Number] != '0 || ready[q]);
      end
    end
  end
  for (genvar p = 0; p < RetirePorts; p++) begin : gen_port
    always_comb begin
      if (running_q && !overflown_q) begin
        // an overflow is reported; nothing else is reported
        assert (!(retire_valid_i[p] && (retire_signal_i[p*Number+:Number] & alone) != '0 && next > Largest) || overflow[p]);
        assert (!(retire_signal_i[p*Number+:Number] == alone && next <= Largest) || !overflow[p]);
      end
    end
  end
  always_comb begin
    if (running_q && !overflown_q) begin
      m_one_consumer: assume (taken <= 8'd1);
      p_not_negative: assert (taken <= count_q);
      p_all_zero: assert (!all_zero || count_q == 8'd0);
    end
  end

endmodule
