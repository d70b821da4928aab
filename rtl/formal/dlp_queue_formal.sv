// Proof of dlp_queue: instructions and their indices come out in the order in which they were dispatched, and none survives clear_i.
//
// One instruction is watched, its number chosen by the solver. Assumed: no push while full, no pop while empty (asserted in the module).

module dlp_queue_formal #(
  parameter int unsigned Depth = 2,
  parameter int unsigned ProgramAddressBits = 4
) (
  input logic                          clk_i,
  input logic                          clear_i,
  input logic                          push_valid_i,
  input logic [7:0]                    push_byte_i,
  input logic [ProgramAddressBits-1:0] push_index_i,
  input logic                          pop_i
);

  logic                          rst_ni, full, valid;
  logic [127:0]                  push_word, word;
  // the lowest and the highest bits stand for the rest
  assign push_word = {push_byte_i[7:4], 120'd0, push_byte_i[3:0]};
  logic [ProgramAddressBits-1:0] index;

  dlp_queue #(
    .Depth             (Depth),
    .ProgramAddressBits(ProgramAddressBits)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .clear_i,
    .full_o      (full),
    .push_valid_i,
    .push_word_i (push_word),
    .push_index_i,
    .valid_o     (valid),
    .word_o      (word),
    .index_o     (index),
    .pop_i
  );

  (* anyconst *) logic [7:0] watched;
  logic                          running_q = 1'b0;
  logic [7:0]                    pushes_q = '0, pops_q = '0, inside;
  logic [127:0]                  word_q;
  logic [ProgramAddressBits-1:0] index_q;
  assign rst_ni = running_q;
  assign inside = pushes_q - pops_q;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q) begin
      if (push_valid_i) pushes_q <= pushes_q + 8'd1;
      if (pop_i) pops_q <= pops_q + 8'd1;
      // what is in the queue, and what comes in this cycle, is passed over
      if (clear_i) pops_q <= pushes_q + 8'(push_valid_i);
      if (push_valid_i && pushes_q == watched) begin
        word_q <= push_word;
        index_q <= push_index_i;
      end
    end
  end

  always_comb begin
    if (running_q) begin
      m_no_overflow: assume (!push_valid_i || !full);
      m_no_underflow: assume (!pop_i || valid);
      p_full: assert (full == (inside == 8'(Depth)));
      p_valid: assert (valid == (inside != 8'd0));
      p_order: assert (!(valid && pops_q == watched) || (word == word_q && index == index_q));
    end
  end

endmodule
