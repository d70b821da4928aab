// One PE row of a cluster: takes one non-zero a cycle, chooses its bank's vector, multiplies all lanes and accumulates.
//
//   cycle 0    vectors, entry          choice of bank
//   cycle 1    activations             product
//   cycle 2    product, flags          acc = (clear ? 0 : shift ? acc << 4 : acc) + product
//   cycle 3    sums_o
//
// With PackedPairs two lanes share a multiplier and an accumulator: V += w · (a0 + a1 · 2^A), A accumulator bits; low = the signed low A
// bits of V, high = (V − low) >> A; exact while no lane overflows A bits.
//
// Latency: ProcessingElementCycles. Throughput: one non-zero a cycle. Stalls: never; without valid the accumulators hold.

module dlp_pe_row #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Banks = 4,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit PackedPairs = 1'b0,
  parameter int unsigned SelectBits = $clog2(Banks)
) (
  input  logic clk_i,

  // cycle 0
  input  logic [Banks*Lanes*5-1:0] vectors_i,
  input  logic [3:0]               weight_i,
  input  logic [SelectBits-1:0]    select_i,

  // cycle 2
  input  logic valid_i,
  input  logic clear_i,
  input  logic shift_i,

  output logic [Lanes*AccumulatorBits-1:0] sums_o
);

  localparam int unsigned Pairs = PackedPairs ? Lanes / 2 : 0;
  localparam int unsigned Singles = Lanes - 2 * Pairs;

  logic signed [3:0]  weight_q;
  logic [Lanes*5-1:0] activations_d, activations_q;

  dlp_mux #(
    .Width(Lanes * 5),
    .Words(Banks)
  ) u_bank (
    .words_i (vectors_i),
    .select_i,
    .word_o  (activations_d)
  );

  always_ff @(posedge clk_i) begin
    weight_q <= $signed(weight_i);
    activations_q <= activations_d;
  end

  if (Pairs > 0) begin : gen_pairs
    localparam int unsigned SumBits = 2 * AccumulatorBits;
    localparam int unsigned ProductBits = AccumulatorBits + 8;

    logic signed [ProductBits-1:0] low, high;
    logic [Pairs*ProductBits-1:0]  products_d, products_q;
    logic [SumBits-1:0]            sum;
    logic [Pairs*SumBits-1:0]      packed_d, packed_q;

    always_comb begin
      products_d = '0;
      low = '0;
      high = '0;
      for (int unsigned p = 0; p < Pairs; p++) begin
        low = ProductBits'($signed(activations_q[p*10+:5]));
        high = ProductBits'($signed(activations_q[p*10+5+:5]));
        products_d[p*ProductBits+:ProductBits] = ((high <<< AccumulatorBits) + low) * ProductBits'(weight_q);
      end
    end

    always_comb begin
      packed_d = '0;
      sum = '0;
      for (int unsigned p = 0; p < Pairs; p++) begin
        sum = packed_q[p*SumBits+:SumBits];
        sum = clear_i ? '0 : shift_i ? sum << 4 : sum;
        packed_d[p*SumBits+:SumBits] = sum + SumBits'($signed(products_q[p*ProductBits+:ProductBits]));
      end
    end

    always_ff @(posedge clk_i) begin
      products_q <= products_d;
      if (valid_i) packed_q <= packed_d;
    end

    // A negative low lane has borrowed one from the high lane.
    for (genvar p = 0; p < Pairs; p++) begin : gen_pair
      assign sums_o[2*p*AccumulatorBits+:AccumulatorBits] = packed_q[p*SumBits+:AccumulatorBits];
      assign sums_o[(2*p+1)*AccumulatorBits+:AccumulatorBits] =
          packed_q[p*SumBits+AccumulatorBits+:AccumulatorBits] + AccumulatorBits'(packed_q[p*SumBits+AccumulatorBits-1]);
    end
  end

  if (Singles > 0) begin : gen_singles
    localparam int unsigned First = 2 * Pairs;

    logic [Singles*8-1:0]               products_d, products_q;
    logic [AccumulatorBits-1:0]         sum;
    logic [Singles*AccumulatorBits-1:0] sums_d, sums_q;

    always_comb begin
      products_d = '0;
      for (int unsigned s = 0; s < Singles; s++) begin
        products_d[s*8+:8] = 8'($signed(activations_q[(First+s)*5+:5])) * 8'(weight_q);
      end
    end

    always_comb begin
      sums_d = '0;
      sum = '0;
      for (int unsigned s = 0; s < Singles; s++) begin
        sum = sums_q[s*AccumulatorBits+:AccumulatorBits];
        sum = clear_i ? '0 : shift_i ? sum << 4 : sum;
        sums_d[s*AccumulatorBits+:AccumulatorBits] = sum + AccumulatorBits'($signed(products_q[s*8+:8]));
      end
    end

    always_ff @(posedge clk_i) begin
      products_q <= products_d;
      if (valid_i) sums_q <= sums_d;
    end

    assign sums_o[First*AccumulatorBits+:Singles*AccumulatorBits] = sums_q;
  end

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ProcessingElementCycles == 3) else $fatal(1, "bank, product, sum");
`endif

endmodule
