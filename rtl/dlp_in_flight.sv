// Issued DMA instructions in order: each retires once it is complete and all before it have retired, one a cycle. Instructions are of two
// kinds, transfers and others (STOREL; a LOADW without beats); within a kind they complete in order.
//
// Latency: 0 from completion to retirement if none is before it; 1 from push. Throughput: one a cycle. Stalls: full_o.

module dlp_in_flight #(
  // derived: leave alone
  parameter int unsigned IndexBits = dlp_machine_pkg::ProgramAddressBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  output logic                                full_o,
  output logic                                empty_o,
  // an instruction is issued; other: it is no transfer
  input  logic                                push_valid_i,
  input  logic                                push_other_i,
  input  logic [dlp_isa_pkg::Semaphores-1:0]  push_signal_i,
  input  logic [IndexBits-1:0]                push_index_i,

  // the oldest transfer that is not complete completes now; likewise the oldest other
  input  logic transfer_done_i,
  input  logic other_done_i,

  output dlp_machine_pkg::retirement_t retirement_o,
  // index of the other that was issued last
  output logic [IndexBits-1:0]         other_index_o
);

  localparam int unsigned Entries = dlp_machine_pkg::TransfersInFlight;
  localparam int unsigned CountBits = $clog2(Entries + 1);

  logic                 head_valid, head_other;
  logic [CountBits-1:0] transfers_d, transfers_q, others_d, others_q;
  logic                 retire_transfer, retire_other, retire;

  dlp_fifo #(
    .Width(1 + dlp_isa_pkg::Semaphores + IndexBits),
    .Depth(Entries)
  ) u_entries (
    .clk_i,
    .rst_ni,
    .clear_i     (1'b0),
    .full_o,
    .push_valid_i,
    .push_data_i ({push_other_i, push_signal_i, push_index_i}),
    .valid_o     (head_valid),
    .data_o      ({head_other, retirement_o.signal, retirement_o.index}),
    .pop_i       (retire)
  );

  // Completions whose instructions have not retired.
  assign retire_transfer = head_valid && !head_other && (transfer_done_i || transfers_q != '0);
  assign retire_other = head_valid && head_other && (other_done_i || others_q != '0);
  assign retire = retire_transfer || retire_other;
  assign retirement_o.valid = retire;
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
