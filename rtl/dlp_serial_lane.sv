// Post of one value bit by bit, for devices with few LUTs: clamp(((sum + bias) · m + 2^(s−1) >> s) + zero point, low, high) as in dlp_post_lane.sv.
//
//   load_i       sum + bias in x_q, the multiplier in low_q
//   multiply_i   16 times: acc + x if the multiplier's next bit is set, then a shift right by one; the lower bits of the product enter low_q as the
//                bits of the multiplier leave it. A negative multiplier: −x, held as ~x with the missing carry, times |m|, negated bit by bit
//   fours_i      s div 4 times: a shift right by four; the last bit that is shifted out rounds
//   shift_i      s mod 4 times: a shift right by one; likewise
//   then         code_o; with even_i a half (all bits below the last that was shifted out are zero) is rounded to the even neighbour
//
// Latency, throughput: those of dlp_serial_post.sv. Stalls: never.

module dlp_serial_lane #(
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  // held while the value is computed
  input  logic [AccumulatorBits-1:0] sum_i,
  input  logic [31:0]                bias_i,
  input  logic [15:0]                multiplier_i,
  input  logic                       even_i,
  input  logic [8:0]                 zero_point_i,
  input  logic [8:0]                 low_i,
  input  logic [8:0]                 high_i,

  // one at a time
  input  logic load_i,
  input  logic multiply_i,
  input  logic fours_i,
  input  logic shift_i,

  output logic [7:0] code_o
);

  logic        negative, adds;
  logic [31:0] x_q, acc_d, acc_q;
  logic [32:0] sum;
  logic [15:0] low_d, low_q;
  logic        seen_q, round_q, discarded_q;

  assign negative = multiplier_i[15];
  assign adds = multiply_i && (low_q[0] ^ (negative && seen_q));
  assign sum = {acc_q[31], acc_q} + {x_q[31], x_q} + 33'(negative);
  assign acc_d = fours_i ? {{4{acc_q[31]}}, acc_q[31:4]} : adds ? sum[32:1] : {acc_q[31], acc_q[31:1]};
  assign low_d = fours_i ? {acc_q[3:0], low_q[15:4]} : {adds ? sum[0] : acc_q[0], low_q[15:1]};

  always_ff @(posedge clk_i) begin
    if (load_i) begin
      x_q <= (32'($signed(sum_i)) + bias_i) ^ {32{negative}};
      acc_q <= '0;
      low_q <= multiplier_i;
      seen_q <= 1'b0;
      round_q <= 1'b0;
      discarded_q <= 1'b0;
    end else if (multiply_i || fours_i || shift_i) begin
      acc_q <= acc_d;
      low_q <= low_d;
      seen_q <= seen_q || low_q[0];
      round_q <= fours_i ? low_q[3] : shift_i && low_q[0];
      // bits below the last that was shifted out
      discarded_q <= discarded_q || round_q || (fours_i && low_q[2:0] != '0);
    end
  end

  // A value that does not fit ten bits is below low or above high in any case.
  logic        fits;
  logic [9:0]  saturated;
  logic [10:0] value;
  logic        rounds_up;
  assign fits = {acc_q, low_q[15:9]} == {39{acc_q[31]}};
  assign saturated = fits ? low_q[9:0] : {acc_q[31], {9{!acc_q[31]}}};
  assign rounds_up = round_q && (discarded_q || low_q[0] || !even_i);
  assign value = 11'($signed(zero_point_i)) + 11'($signed(saturated)) + 11'(rounds_up);

  logic below, above;
  assign below = $signed(value) < 11'($signed(low_i));
  assign above = $signed(value) > 11'($signed(high_i));
  assign code_o = below ? low_i[7:0] : above ? high_i[7:0] : value[7:0];

  logic unused;
  assign unused = low_i[8] ^ high_i[8];

endmodule
