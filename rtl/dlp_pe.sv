// Processing elements of one row: one lane, or two that share a multiplier and an accumulator (V += w · (a0 + a1 · 2^A), A accumulator
// bits; low = signed A bits of V, high = (V − low) >> A; exact while no lane overflows A bits).
//
//   cycle 0    activations, weight             product
//   cycle 1    product, clear, shift, valid    acc = (clear ? 0 : shift ? acc << 4 : acc) + product
//   cycle 2    sum_o
//
// Latency: 2. Throughput: one product a cycle. Stalls: never; without valid the accumulator holds.

module dlp_pe #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned AccumulatorBits = 32
) (
  input  logic clk_i,

  // cycle 0
  input  logic [Lanes*5-1:0] activation_i,
  input  logic [3:0]         weight_i,
  // cycle 1
  input  logic               valid_i,
  input  logic               clear_i,
  input  logic               shift_i,

  output logic [Lanes*AccumulatorBits-1:0] sum_o
);

  localparam int unsigned SumBits = Lanes * AccumulatorBits;
  localparam int unsigned ProductBits = (Lanes - 1) * AccumulatorBits + 8;

  logic signed [ProductBits-1:0] factor, product_q;
  logic [SumBits-1:0]            kept, sum_d, sum_q;

  if (Lanes == 1) begin : gen_one
    assign factor = $signed(8'($signed(activation_i)));
    assign sum_o = sum_q;
  end else begin : gen_pair
    assign factor = ($signed(ProductBits'($signed(activation_i[9:5]))) <<< AccumulatorBits) +
        $signed(ProductBits'($signed(activation_i[4:0])));
    // A negative low lane has borrowed one from the high lane.
    assign sum_o = {sum_q[SumBits-1:AccumulatorBits] + AccumulatorBits'(sum_q[AccumulatorBits-1]), sum_q[AccumulatorBits-1:0]};
  end

  assign kept = clear_i ? '0 : shift_i ? {sum_q[SumBits-5:0], 4'b0} : sum_q;
  assign sum_d = kept + SumBits'($signed(product_q));

  always_ff @(posedge clk_i) begin
    product_q <= factor * ProductBits'($signed(weight_i));
    if (valid_i) sum_q <= sum_d;
  end

endmodule
