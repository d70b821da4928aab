// Post of one value: clamp(((total + bias) · m + 2^(s−1) >> s) + zero point, low, high); the sum modulo 2^32, all else exact.
//
//   cycle 0    total, bias                      int32
//   cycle 1    biased, multiplier               two products of 16 bits
//   cycle 2                                     their sum: 48 bits
//   cycle 3    product, rounding term           49 bits
//   cycle 4    rounded, shift                   arithmetic shift right
//   cycle 5    shifted, zero point              saturated to 12 bits first: beyond them low or high holds anyhow
//   cycle 6    low, high                        clamp
//   cycle 7    code_o
//
// Latency: PostCycles. Throughput: one value a cycle. Stalls: never.

module dlp_post_lane (
  input  logic        clk_i,

  input  logic [31:0] total_i,
  input  logic [31:0] bias_i,        // cycle 0
  input  logic [15:0] multiplier_i,  // cycle 1
  input  logic [48:0] rounding_i,    // cycle 3
  input  logic [5:0]  shift_i,       // cycle 4
  input  logic [8:0]  zero_point_i,  // cycle 5
  input  logic [8:0]  low_i,         // cycle 6
  input  logic [8:0]  high_i,        // cycle 6

  output logic [7:0]  code_o
);

  logic [31:0]        biased_q;
  logic signed [31:0] high_product_q;
  logic signed [32:0] low_product_q;
  logic signed [47:0] product_q;
  logic signed [48:0] rounded_q, shifted_q;
  logic [11:0]        saturated;
  logic signed [12:0] value_q, clamped, low, high;
  logic [7:0]         code_q;
  logic               fits;

  assign fits = shifted_q[48:11] == {38{shifted_q[48]}};
  assign saturated = fits ? shifted_q[11:0] : {shifted_q[48], {11{!shifted_q[48]}}};
  assign low = $signed({{4{low_i[8]}}, low_i});
  assign high = $signed({{4{high_i[8]}}, high_i});
  assign clamped = value_q < low ? low : value_q > high ? high : value_q;

  always_ff @(posedge clk_i) begin
    biased_q <= total_i + bias_i;
    high_product_q <= 32'($signed(biased_q[31:16])) * 32'($signed(multiplier_i));
    low_product_q <= $signed({17'b0, biased_q[15:0]}) * 33'($signed(multiplier_i));
    product_q <= $signed({high_product_q, 16'b0}) + 48'(low_product_q);
    rounded_q <= 49'(product_q) + $signed(rounding_i);
    shifted_q <= rounded_q >>> shift_i;
    value_q <= $signed({saturated[11], saturated}) + $signed({{4{zero_point_i[8]}}, zero_point_i});
    code_q <= clamped[7:0];
  end

  assign code_o = code_q;

  logic unused;
  assign unused = ^clamped[12:8];

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::PostCycles == 7) else $fatal(1, "seven registers from total to code");
`endif

endmodule
