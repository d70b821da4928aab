// One transfer as AXI bursts: at most BurstBeats data beats each, none across a boundary of BurstBytes.
//
// Latency: 1 from load to the first burst. Throughput: one burst a cycle. Stalls: a burst is held until it is taken.

module dlp_burst #(
  parameter int unsigned AxiBits = 64,
  parameter int unsigned BeatsBits = 30,
  // of a byte address
  parameter int unsigned AddressBits = 64
) (
  input  logic clk_i,
  input  logic rst_ni,

  // a transfer of at least one data beat, from a byte address on a data beat's boundary
  input  logic                 load_valid_i,
  input  logic [63:0]          load_address_i,
  input  logic [BeatsBits-1:0] load_beats_i,
  // drop it
  input  logic                 clear_i,

  // the next burst
  output logic        valid_o,
  output logic [63:0] address_o,
  output logic [8:0]  beats_o,
  input  logic        take_i
);

  localparam int unsigned AxiBytes = AxiBits / 8;
  localparam int unsigned AxiShift = $clog2(AxiBytes);
  localparam int unsigned PageBeats = dlp_isa_pkg::BurstBytes / AxiBytes;
  localparam int unsigned PageBits = $clog2(PageBeats);
  localparam int unsigned UpperBits = AddressBits - AxiShift;

  logic                 valid_d, valid_q;
  logic [UpperBits-1:0] address_d, address_q;
  logic [BeatsBits-1:0] remaining_d, remaining_q;

  // Data beats up to the boundary, 1 to PageBeats.
  logic [PageBits:0] page_rest;
  logic [8:0]        longest;
  assign page_rest = (PageBits + 1)'(PageBeats) - {1'b0, address_q[PageBits-1:0]};
  assign longest = (32'(page_rest) > 32'(dlp_isa_pkg::BurstBeats)) ? 9'(dlp_isa_pkg::BurstBeats) : 9'(page_rest);
  assign beats_o = (remaining_q < BeatsBits'(longest)) ? remaining_q[8:0] : longest;
  assign valid_o = valid_q;
  assign address_o = 64'({address_q, AxiShift'(0)});

  always_comb begin
    valid_d = valid_q;
    address_d = address_q;
    remaining_d = remaining_q;
    if (take_i) begin
      valid_d = remaining_q != BeatsBits'(beats_o);
      address_d = address_q + UpperBits'(beats_o);
      remaining_d = remaining_q - BeatsBits'(beats_o);
    end
    if (load_valid_i) begin
      valid_d = 1'b1;
      address_d = load_address_i[AddressBits-1:AxiShift];
      remaining_d = load_beats_i;
    end
    if (clear_i) valid_d = 1'b0;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= 1'b0;
    else valid_q <= valid_d;
  end

  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    remaining_q <= remaining_d;
  end

  logic unused;
  assign unused = ^load_address_i;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_not_empty: assert (!load_valid_i || load_beats_i != '0);
      a_aligned: assert (!load_valid_i || load_address_i[AxiShift-1:0] == '0);
      a_one_at_a_time: assert (!load_valid_i || !valid_q);
      a_taken: assert (!take_i || valid_q);
      a_length: assert (!valid_q || (beats_o != '0 && beats_o <= 9'(dlp_isa_pkg::BurstBeats)));
    end
  end
`endif

endmodule
