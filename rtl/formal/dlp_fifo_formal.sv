// Proof of dlp_fifo: words are popped in the order in which they were pushed, none lost, none invented, none kept through clear_i; full and valid are as
// the number of words in it.
//
// One word is watched, its number among all pushes chosen by the solver, so that the claim holds for every word.
// Assumed: nothing is pushed while full, nothing popped while empty (asserted in the module).

module dlp_fifo_formal #(
  parameter int unsigned Width = 4,
  parameter int unsigned Depth = 3
) (
  input logic             clk_i,
  input logic             clear_i,
  input logic             push_valid_i,
  input logic [Width-1:0] push_data_i,
  input logic             pop_i
);

  logic             rst_ni, full, valid;
  logic [Width-1:0] data;

  dlp_fifo #(
    .Width    (Width),
    .Depth    (Depth),
    .Clearable(1'b1)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .clear_i,
    .full_o      (full),
    .push_valid_i,
    .push_data_i,
    .valid_o     (valid),
    .data_o      (data),
    .pop_i
  );

  (* anyconst *) logic [7:0] watched;
  logic             running_q = 1'b0;
  logic [7:0]       pushes_q = '0, pops_q = '0, inside;
  logic [Width-1:0] word_q;
  assign rst_ni = running_q;
  assign inside = pushes_q - pops_q;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q && push_valid_i) pushes_q <= pushes_q + 8'd1;
    if (running_q && pop_i) pops_q <= pops_q + 8'd1;
    // what is in the buffer, and what is pushed in this cycle, is dropped
    if (running_q && clear_i) pops_q <= pushes_q + 8'(push_valid_i);
    if (running_q && push_valid_i && pushes_q == watched) word_q <= push_data_i;
  end

  always_comb begin
    if (running_q) begin
      m_no_overflow: assume (!push_valid_i || !full);
      m_no_underflow: assume (!pop_i || valid);
      p_count: assert (inside <= 8'(Depth));
      p_full: assert (full == (inside == 8'(Depth)));
      p_valid: assert (valid == (inside != 8'd0));
      p_order: assert (!(valid && pops_q == watched) || data == word_q);
    end
  end

endmodule
