// The PE array of one cluster. Rows are skewed: drain group k (R of the U rows) runs k cycles behind group 0, so that R rows finish in each cycle and the next
// part follows without a gap, however short (U/R beats at least); the first beat of the next part clears the accumulators.
//
//   group 0   beat  beat  end   beat  beat  beat …      accumulators of group 0 drain in the cycle after their `end` was added,
//   group 1         beat  beat  end   beat  beat …      those of group 1 one cycle later, …
//
// Two lanes of a packed pair: a negative low lane has borrowed one from its high lane. That lane's carries_o returns it in the additions over clusters,
// so that it costs no adder.
//
// With Serial (PostInterval > 1) no row is skewed, and group_i selects the drain group whose sums are at sums_o: meanwhile the sequencer sends no beats.
//
// Latency: ProcessingElementCycles + DrainCycles from a part's last vectors to drain group 0's sums; group k follows k cycles later.
// Throughput: one beat a cycle. Stalls: never.

module dlp_pe_array #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Rows = 8,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned AccumulatorBits = 32,
  parameter bit PackedPairs = 1'b0,
  // pairs of lanes that are not packed, in every two rows that drain together: for devices with too few DSPs
  parameter int unsigned UnpackedPairs = 0,
  parameter bit Serial = 1'b0,
  parameter int unsigned GroupBits = (Rows / DrainRows > 1) ? $clog2(Rows / DrainRows) : 1,
  parameter int unsigned SelectBits = $clog2(Banks),
  parameter int unsigned EntryBits = 4 + SelectBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // one beat: all banks' vectors (offset nibbles) and which are signed, then its row entries {select, value} and flags
  input  logic [Banks*Lanes*4-1:0]  vectors_i,
  input  logic [Banks-1:0]          signed_i,
  input  logic [Rows*EntryBits-1:0] entries_i,
  input  logic                      valid_i,
  input  logic                      clear_i,
  input  logic                      shift_i,
  input  logic                      end_i,

  // with Serial: the drain group whose sums are output
  input  logic [GroupBits-1:0]      group_i,

  output logic [DrainRows*Lanes*AccumulatorBits-1:0] sums_o,
  output logic [DrainRows*Lanes-1:0]                 carries_o
);

  localparam int unsigned Groups = Rows / DrainRows;
  localparam int unsigned RowBits = Lanes * AccumulatorBits;
  localparam int unsigned VectorsBits = Banks * (Lanes * 4 + 1);
  // valid and end need a reset, clear and shift do not
  localparam int unsigned FlagCycles = dlp_isa_pkg::ProcessingElementCycles - 1;

  // The inputs of each group, group 0 lowest: chains of registers instead of broadcasts.
  logic [Groups*VectorsBits-1:0]     vectors;
  logic [Groups-1:0]                 valid, clear, shift, last;
  logic [Rows*RowBits-1:0]           row_sums;
  logic [Rows*Lanes-1:0]             row_borrows;

  assign vectors[0+:VectorsBits] = {signed_i, vectors_i};

  for (genvar k = 1; k < Groups; k++) begin : gen_chain
    dlp_delay #(
      .Width(VectorsBits)
    ) u_vectors (
      .clk_i,
      .rst_ni,
      .data_i(vectors[(k-1)*VectorsBits+:VectorsBits]),
      .data_o(vectors[k*VectorsBits+:VectorsBits])
    );
  end

  // Flags reach the accumulators two cycles after their vectors.
  for (genvar k = 0; k < Groups; k++) begin : gen_flags
    if (k == 0) begin : gen_first
      dlp_delay #(
        .Width (2),
        .Cycles(FlagCycles),
        .Reset (1'b1)
      ) u_events (
        .clk_i,
        .rst_ni,
        .data_i({valid_i, end_i && valid_i}),
        .data_o({valid[0], last[0]})
      );
      dlp_delay #(
        .Width (2),
        .Cycles(FlagCycles)
      ) u_modes (
        .clk_i,
        .rst_ni,
        .data_i({clear_i, shift_i}),
        .data_o({clear[0], shift[0]})
      );
    end else begin : gen_next
      dlp_delay #(
        .Width(2),
        .Reset(1'b1)
      ) u_events (
        .clk_i,
        .rst_ni,
        .data_i({valid[k-1], last[k-1]}),
        .data_o({valid[k], last[k]})
      );
      dlp_delay #(
        .Width(2)
      ) u_modes (
        .clk_i,
        .rst_ni,
        .data_i({clear[k-1], shift[k-1]}),
        .data_o({clear[k], shift[k]})
      );
    end
  end

  for (genvar u = 0; u < Rows; u++) begin : gen_row
    // the group whose beats it takes
    localparam int unsigned Group = Serial ? 0 : u / DrainRows;
    // the same in every group: the rows of a drain have the same positions in their groups
    localparam bit Odd = u % DrainRows % 2 == 1;
    logic [EntryBits-1:0] entry;
    dlp_delay #(
      .Width (EntryBits),
      .Cycles(Group)
    ) u_entry (
      .clk_i,
      .rst_ni,
      .data_i(entries_i[u*EntryBits+:EntryBits]),
      .data_o(entry)
    );
    dlp_pe_row #(
      .Lanes          (Lanes),
      .Banks          (Banks),
      .AccumulatorBits(AccumulatorBits),
      .PackedPairs    (PackedPairs),
      .UnpackedPairs  (Odd ? UnpackedPairs - UnpackedPairs / 2 : UnpackedPairs / 2),
      .UnpackedFirst  (Odd)
    ) u_row (
      .clk_i,
      .vectors_i(vectors[Group*VectorsBits+:Banks*Lanes*4]),
      .signed_i (vectors[Group*VectorsBits+Banks*Lanes*4+:Banks]),
      .weight_i (entry[3:0]),
      .select_i (entry[EntryBits-1:4]),
      .valid_i  (valid[Group]),
      .clear_i  (clear[Group]),
      .shift_i  (shift[Group]),
      .sums_o   (row_sums[u*RowBits+:RowBits]),
      .borrows_o(row_borrows[u*Lanes+:Lanes])
    );
  end

  // The group that drains; in other cycles the sums are undefined.
  logic [GroupBits-1:0] draining_d, draining_q;
  always_comb begin
    draining_d = '0;
    for (int unsigned k = 0; k < Groups; k++) begin
      if (last[k]) draining_d = draining_d | GroupBits'(k);
    end
  end
  always_ff @(posedge clk_i) draining_q <= draining_d;

  for (genvar j = 0; j < DrainRows; j++) begin : gen_drain
    logic [Groups*RowBits-1:0] groups;
    for (genvar k = 0; k < Groups; k++) begin : gen_group
      assign groups[k*RowBits+:RowBits] = row_sums[(k*DrainRows+j)*RowBits+:RowBits];
    end
    dlp_pe_drain #(
      .Lanes          (Lanes),
      .Groups         (Groups),
      .AccumulatorBits(AccumulatorBits),
      .Serial         (Serial)
    ) u_drain (
      .clk_i,
      .sums_i   (groups),
      .group_i  (Serial ? group_i : draining_q),
      .borrows_i(row_borrows[j*Lanes+:Lanes]),
      .sums_o   (sums_o[j*RowBits+:RowBits]),
      .carries_o(carries_o[j*Lanes+:Lanes])
    );
  end

  logic unused;
  assign unused = ^{row_borrows, group_i, vectors, valid, clear, shift};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_one_group_drains: assert (Serial || (last & (last - 1'b1)) == '0);
    end
  end
`endif

endmodule
