// One PE row of a cluster: takes one non-zero a cycle, selects its bank's vector, multiplies all lanes and accumulates.
//
//   cycle 0    vectors, entry          choice of bank
//   cycle 1    activations             product
//   cycle 2    product, flags          acc = (clear ? 0 : shift ? acc << 4 : acc) + product
//   cycle 3    sums_o
//
// With PackedPairs two lanes share a multiplier and an accumulator (cells/dlp_packed_mac.sv), except UnpackedPairs of them, which are spread evenly over the
// pairs so that the lanes of every die have their share of DSPs. The negative low lane of a packed pair has borrowed one from its high lane: sums_o is not
// corrected, borrows_o marks the lane.
//
// Latency: ProcessingElementCycles. Throughput: one non-zero a cycle. Stalls: never; without valid the accumulators hold.

module dlp_pe_row #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Banks = 4,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit PackedPairs = 1'b0,
  parameter int unsigned UnpackedPairs = 0,
  // the unpacked pairs are the last ones of equal stretches of pairs, or the first ones
  parameter bit UnpackedFirst = 1'b0,
  parameter int unsigned SelectBits = $clog2(Banks)
) (
  input  logic clk_i,

  // cycle 0: offset nibbles, and the banks whose nibbles are signed (the value is nibble − 8 · signed)
  input  logic [Banks*Lanes*4-1:0] vectors_i,
  input  logic [Banks-1:0]         signed_i,
  input  logic [3:0]               weight_i,
  input  logic [SelectBits-1:0]    select_i,

  // cycle 2
  input  logic valid_i,
  input  logic clear_i,
  input  logic shift_i,

  output logic [Lanes*AccumulatorBits-1:0] sums_o,
  // lanes whose sum is one too small if the lane below is negative: constants
  output logic [Lanes-1:0]                 borrows_o
);

  logic [Lanes*4-1:0] activations;
  logic               signed_0;

  dlp_mux #(
    .Width(Lanes * 4),
    .Words(Banks)
  ) u_bank (
    .words_i (vectors_i),
    .select_i,
    .word_o  (activations)
  );
  dlp_mux #(
    .Width(1),
    .Words(Banks)
  ) u_signed (
    .words_i (signed_i),
    .select_i,
    .word_o  (signed_0)
  );

  logic [3:0] weight_q;
  logic       signed_q;
  always_ff @(posedge clk_i) begin
    weight_q <= weight_i;
    signed_q <= signed_0;
  end

  localparam int unsigned Pairs = (Lanes > 1) ? Lanes / 2 : 1;

  for (genvar p = 0; p < (Lanes + 1) / 2; p++) begin : gen_pair
    localparam bit Unpacked = UnpackedFirst ? (p * UnpackedPairs % Pairs < UnpackedPairs) :
        ((p + 1) * UnpackedPairs / Pairs != p * UnpackedPairs / Pairs);
    if (PackedPairs && !Unpacked && 2 * p + 1 < Lanes) begin : gen_packed
      dlp_packed_mac #(
        .AccumulatorBits(AccumulatorBits)
      ) u_mac (
        .clk_i,
        .low_i   (activations[p*8+:4]),
        .high_i  (activations[p*8+4+:4]),
        .signed_i(signed_0),
        .weight_i,
        .valid_i,
        .keep_i  (!clear_i),
        .shift_i (shift_i && !clear_i),
        .sum_o   (sums_o[2*p*AccumulatorBits+:2*AccumulatorBits])
      );
      assign borrows_o[2*p+:2] = 2'b10;
    end else begin : gen_unpacked
      for (genvar l = 2 * p; l < 2 * p + 2 && l < Lanes; l++) begin : gen_lane
        dlp_pe_lane #(
          .AccumulatorBits(AccumulatorBits)
        ) u_lane (
          .clk_i,
          .activation_i(activations[l*4+:4]),
          .weight_i    (weight_q),
          .signed_i    (signed_q),
          .valid_i,
          .clear_i,
          .shift_i,
          .sum_o       (sums_o[l*AccumulatorBits+:AccumulatorBits])
        );
        assign borrows_o[l] = 1'b0;
      end
    end
  end

  // with every lane in a packed pair
  logic unused;
  assign unused = ^{weight_q, signed_q};

endmodule
