// The semaphores: waits are tested and taken in the cycle of the issue, signals count from the cycle after the retirement.
//
// A semaphore has one queue that signals it and one that waits for it. In programs that violate this counts stay between 0 and 255:
// a count that two queues take in one cycle stays at zero.
//
// Latency: a signal in cycle t is visible in t + 1. Throughput: one issue a queue and one retirement a port each cycle. Stalls: never.

module dlp_semaphores #(
  parameter int unsigned Queues = 3,
  parameter int unsigned RetirePorts = 5,
  // the semaphores that the machine's instructions can wait for or signal
  parameter logic [dlp_isa_pkg::Semaphores-1:0] Used = {dlp_isa_pkg::Semaphores{1'b1}}
) (
  input  logic clk_i,
  input  logic rst_ni,

  // each queue's head: the semaphores that it waits for, whether all are above zero, whether it takes them now
  input  logic [Queues*dlp_isa_pkg::Semaphores-1:0] wait_i,
  output logic [Queues-1:0]                         ready_o,
  input  logic [Queues-1:0]                         take_i,

  // retirements
  input  logic [RetirePorts-1:0]                         retire_valid_i,
  input  logic [RetirePorts*dlp_isa_pkg::Semaphores-1:0] retire_signal_i,

  // retirements that raise a semaphore above its maximum in this cycle
  output logic [RetirePorts-1:0] overflow_o,
  output logic                   all_zero_o
);

  localparam int unsigned Number = dlp_isa_pkg::Semaphores;
  localparam int unsigned CountBits = dlp_isa_pkg::SemaphoreBits;
  localparam int unsigned TakeBits = $clog2(Queues + 1);
  localparam int unsigned SignalBits = $clog2(RetirePorts + 1);
  // for every retirement of a cycle, and a sign
  localparam int unsigned SumBits = CountBits + ((SignalBits > TakeBits) ? SignalBits : TakeBits);

  logic [Number-1:0] zero, overflow;
  logic [Number*CountBits-1:0] counts_d, counts_q;

  // Takes and signals of a cycle are counted first, so that a semaphore has one subtractor and one adder.
  for (genvar s = 0; s < Number; s++) begin : gen_semaphore
    if (Used[s]) begin : gen_count
      logic [TakeBits-1:0]   takes;
      logic [SignalBits-1:0] signals;
      logic [SumBits-1:0]    after_take, sum;
      always_comb begin
        takes = '0;
        for (int unsigned q = 0; q < Queues; q++) takes = takes + TakeBits'(take_i[q] && wait_i[q*Number+s]);
        signals = '0;
        for (int unsigned p = 0; p < RetirePorts; p++) signals = signals + SignalBits'(retire_valid_i[p] && retire_signal_i[p*Number+s]);
        after_take = SumBits'(counts_q[s*CountBits+:CountBits]) - SumBits'(takes);
        // below zero only if two queues take the same semaphore
        if (after_take[SumBits-1]) after_take = '0;
        sum = after_take + SumBits'(signals);
      end
      assign zero[s] = counts_q[s*CountBits+:CountBits] == '0;
      assign overflow[s] = sum[SumBits-1:CountBits] != '0;
      assign counts_d[s*CountBits+:CountBits] = sum[CountBits-1:0];
    end else begin : gen_none
      assign zero[s] = 1'b1;
      assign overflow[s] = 1'b0;
      assign counts_d[s*CountBits+:CountBits] = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) counts_q <= '0;
    else counts_q <= counts_d;
  end

  for (genvar q = 0; q < Queues; q++) begin : gen_queue
    assign ready_o[q] = (wait_i[q*Number+:Number] & zero) == '0;
  end
  for (genvar p = 0; p < RetirePorts; p++) begin : gen_port
    assign overflow_o[p] = retire_valid_i[p] && (retire_signal_i[p*Number+:Number] & overflow) != '0;
  end
  assign all_zero_o = &zero;

  logic unused;
  assign unused = ^counts_q;

`ifndef SYNTHESIS
  for (genvar q = 0; q < Queues; q++) begin : gen_assert
    always_ff @(posedge clk_i) begin
      if (rst_ni) a_take_is_ready: assert (!take_i[q] || ready_o[q]);
    end
  end
`endif

endmodule
