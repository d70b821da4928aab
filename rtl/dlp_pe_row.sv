// One PE row of a cluster: takes one non-zero a cycle, chooses its bank's vector, multiplies all lanes and accumulates.
//
//   cycle 0    vectors, entry          choice of bank
//   cycle 1    activations             product
//   cycle 2    product, flags          acc = (clear ? 0 : shift ? acc << 4 : acc) + product
//   cycle 3    sums_o
//
// With PackedPairs two lanes share a multiplier and an accumulator (cells/dlp_packed_mac.sv).
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

  logic [Lanes*5-1:0] activations;

  dlp_mux #(
    .Width(Lanes * 5),
    .Words(Banks)
  ) u_bank (
    .words_i (vectors_i),
    .select_i,
    .word_o  (activations)
  );

  for (genvar p = 0; p < Pairs; p++) begin : gen_pair
    logic [2*AccumulatorBits-1:0] sum;

    dlp_packed_mac #(
      .AccumulatorBits(AccumulatorBits)
    ) u_mac (
      .clk_i,
      .low_i   (activations[p*10+:5]),
      .high_i  (activations[p*10+5+:5]),
      .weight_i,
      .valid_i,
      .clear_i,
      .shift_i,
      .sum_o   (sum)
    );

    // A negative low lane has borrowed one from the high lane.
    assign sums_o[2*p*AccumulatorBits+:AccumulatorBits] = sum[AccumulatorBits-1:0];
    assign sums_o[(2*p+1)*AccumulatorBits+:AccumulatorBits] =
        sum[AccumulatorBits+:AccumulatorBits] + AccumulatorBits'(sum[AccumulatorBits-1]);
  end

  if (Singles > 0) begin : gen_singles
    localparam int unsigned First = 2 * Pairs;

    logic signed [3:0]                  weight_q;
    logic [Singles*5-1:0]               activations_q;
    logic [Singles*8-1:0]               products_d, products_q;
    logic [AccumulatorBits-1:0]         sum;
    logic [Singles*AccumulatorBits-1:0] sums_d, sums_q;

    always_comb begin
      products_d = '0;
      for (int unsigned s = 0; s < Singles; s++) begin
        products_d[s*8+:8] = 8'($signed(activations_q[s*5+:5])) * 8'(weight_q);
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
      weight_q <= $signed(weight_i);
      activations_q <= activations[First*5+:Singles*5];
      products_q <= products_d;
      if (valid_i) sums_q <= sums_d;
    end

    assign sums_o[First*AccumulatorBits+:Singles*AccumulatorBits] = sums_q;
  end

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ProcessingElementCycles == 3) else $fatal(1, "bank, product, sum");
`endif

endmodule
