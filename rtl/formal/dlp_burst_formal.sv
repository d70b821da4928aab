// Proof of dlp_burst: the bursts of a transfer follow each other without gap or overlap and cover it exactly; each has 1 to 256 data beats, stays within its
// 4 KB, and is as long as these rules allow.
//
// Assumed: transfers have at least one data beat, begin on a data beat's boundary, come one at a time and do not wrap around 2^64.

module dlp_burst_formal #(
  parameter int unsigned AxiBits = 64,
  parameter int unsigned BeatsBits = 30
) (
  input logic                 clk_i,
  input logic                 load_valid_i,
  input logic [63:0]          load_address_i,
  input logic [BeatsBits-1:0] load_beats_i,
  input logic                 clear_i,
  input logic                 take_i
);

  localparam int unsigned AxiBytes = AxiBits / 8;

  logic        rst_ni, valid;
  logic [63:0] address;
  logic [8:0]  beats;

  dlp_burst #(
    .AxiBits  (AxiBits),
    .BeatsBits(BeatsBits)
  ) u_burst (
    .clk_i,
    .rst_ni,
    .load_valid_i,
    .load_address_i,
    .load_beats_i,
    .clear_i,
    .valid_o  (valid),
    .address_o(address),
    .beats_o  (beats),
    .take_i
  );

  // Data beats that remain of the transfer, and the byte after the last burst.
  logic                 running_q = 1'b0;
  logic [BeatsBits-1:0] remaining_q = '0;
  logic [63:0]          next_q = '0;
  logic [12:0]          page_end;
  assign rst_ni = running_q;
  assign page_end = {1'b0, address[11:0]} + 13'(32'(beats) * AxiBytes);

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q) begin
      if (take_i) begin
        remaining_q <= remaining_q - BeatsBits'(beats);
        next_q <= address + 64'(32'(beats) * AxiBytes);
      end
      if (load_valid_i) begin
        remaining_q <= load_beats_i;
        next_q <= load_address_i;
      end
      if (clear_i) remaining_q <= '0;
    end
  end

  always_comb begin
    if (running_q) begin
      m_not_empty: assume (!load_valid_i || load_beats_i != '0);
      m_aligned: assume (!load_valid_i || (load_address_i & 64'(AxiBytes - 1)) == '0);
      m_no_wrap: assume (!load_valid_i || !load_address_i[63]);
      m_one_at_a_time: assume (!load_valid_i || !valid);
      m_taken: assume (!take_i || valid);
      p_covers: assert (valid == (remaining_q != '0));
      if (valid) begin
        p_follows: assert (address == next_q);
        p_length: assert (beats != '0 && beats <= 9'd256 && BeatsBits'(beats) <= remaining_q);
        p_page: assert (page_end <= 13'd4096);
        p_longest: assert (page_end == 13'd4096 || beats == 9'd256 || BeatsBits'(beats) == remaining_q);
      end
    end
  end

endmodule
