// The DRAM channel of each storage channel of a slot: q mod N for a period N, or q itself in a full slot. A memory of constants, read once a
// LOAD: as logic, 64 remainders take Yosys many minutes.
//
// Latency: 1 from valid_i, held until the next. Throughput: one LOAD a cycle. Stalls: never.

module dlp_load_period #(
  parameter int unsigned Words = 8,
  parameter int unsigned ChannelIndexBits = $clog2(Words)
) (
  input  logic clk_i,

  input  logic                valid_i,
  // N, or 0 for a full slot
  input  logic [ChannelIndexBits-1:0] period_i,

  // storage channel 0 lowest
  output logic [Words*ChannelIndexBits-1:0] channels_o
);

  function automatic logic [Words*ChannelIndexBits-1:0] remainders(input int unsigned period);
    remainders = '0;
    for (int unsigned q = 0; q < Words; q++) begin
      remainders[q*ChannelIndexBits+:ChannelIndexBits] = ChannelIndexBits'((period == 0) ? q : q % period);
    end
  endfunction

  logic [Words*ChannelIndexBits-1:0] periods[Words];
  logic [Words*ChannelIndexBits-1:0] channels_q;

  initial begin
    for (int unsigned n = 0; n < Words; n++) periods[n] = remainders(n);
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) channels_q <= periods[period_i];
  end

  assign channels_o = channels_q;

endmodule
