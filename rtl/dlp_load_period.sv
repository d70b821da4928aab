// The DRAM channel that each storage channel of a slot holds: q mod N for a period N, or q itself in a full slot. A memory of constants, read
// once a LOAD: 64 rests as LUTs take Yosys many minutes.
//
// Latency: 1 from valid_i, held until the next. Throughput: one LOAD a cycle. Stalls: never.

module dlp_load_period #(
  parameter int unsigned Words = 8,
  parameter int unsigned NameBits = $clog2(Words)
) (
  input  logic clk_i,

  input  logic                valid_i,
  // N, or 0 for a full slot
  input  logic [NameBits-1:0] period_i,

  // storage channel 0 lowest
  output logic [Words*NameBits-1:0] names_o
);

  function automatic logic [Words*NameBits-1:0] rests(input int unsigned period);
    rests = '0;
    for (int unsigned q = 0; q < Words; q++) begin
      rests[q*NameBits+:NameBits] = NameBits'((period == 0) ? q : q % period);
    end
  endfunction

  logic [Words*NameBits-1:0] periods[Words];
  logic [Words*NameBits-1:0] names_q;

  initial begin
    for (int unsigned n = 0; n < Words; n++) periods[n] = rests(n);
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) names_q <= periods[period_i];
  end

  assign names_o = names_q;

endmodule
