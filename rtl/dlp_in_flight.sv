// Issued DMA instructions in order: each retires once it is complete and its predecessors have retired, one a cycle. Instructions of two
// kinds complete in order within their kind: transfers, and others (STOREL; a LOADW without beats).
//
// Latency: 0 from completion to retirement where nothing stands before it; 1 from push. Throughput: one a cycle. Stalls: full_o.

module dlp_in_flight #(
  parameter int unsigned IndexBits = 9
) (
  input  logic clk_i,
  input  logic rst_ni,

  output logic                 full_o,
  output logic                 empty_o,
  input  logic                 push_valid_i,
  input  logic                 push_other_i,
  input  logic [15:0]          push_signal_i,
  input  logic [IndexBits-1:0] push_index_i,

  // the oldest transfer, the oldest other that is not yet complete is complete now
  input  logic transfer_done_i,
  input  logic other_done_i,

  output logic                 retire_valid_o,
  output logic [15:0]          retire_signal_o,
  output logic [IndexBits-1:0] retire_index_o,
  // the other issued last
  output logic [IndexBits-1:0] other_index_o
);

  localparam int unsigned Entries = dlp_machine_pkg::TransfersInFlight;
  localparam int unsigned CountBits = $clog2(Entries + 1);

  logic                 head_valid, head_other;
  logic [CountBits-1:0] transfers_d, transfers_q, others_d, others_q;
  logic                 retire_transfer, retire_other;

  dlp_fifo #(
    .Width(1 + 16 + IndexBits),
    .Depth(Entries)
  ) u_entries (
    .clk_i,
    .rst_ni,
    .full_o,
    .push_valid_i,
    .push_data_i ({push_other_i, push_signal_i, push_index_i}),
    .valid_o     (head_valid),
    .data_o      ({head_other, retire_signal_o, retire_index_o}),
    .pop_i       (retire_valid_o)
  );

  // Completions not yet retired.
  assign retire_transfer = head_valid && !head_other && (transfer_done_i || transfers_q != '0);
  assign retire_other = head_valid && head_other && (other_done_i || others_q != '0);
  assign retire_valid_o = retire_transfer || retire_other;
  assign empty_o = !head_valid;

  always_comb begin
    transfers_d = transfers_q;
    others_d = others_q;
    if (transfer_done_i && !retire_transfer) transfers_d = transfers_q + CountBits'(1);
    if (!transfer_done_i && retire_transfer) transfers_d = transfers_q - CountBits'(1);
    if (other_done_i && !retire_other) others_d = others_q + CountBits'(1);
    if (!other_done_i && retire_other) others_d = others_q - CountBits'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      transfers_q <= '0;
      others_q <= '0;
    end else begin
      transfers_q <= transfers_d;
      others_q <= others_d;
    end
  end

  logic [IndexBits-1:0] other_index_q;
  always_ff @(posedge clk_i) begin
    if (push_valid_i && push_other_i) other_index_q <= push_index_i;
  end
  assign other_index_o = other_index_q;

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_counts: assert (32'(transfers_q) + 32'(others_q) <= Entries);
    end
  end
`endif

endmodule
