// Proof of dlp_queue: instructions and their indices are popped in the order in which they were dispatched, none is kept through clear_i, and the
// semaphores of the head are those of its wait field.
//
// One instruction is watched, its number chosen by the solver. Assumed: no push while full, no pop while empty (asserted in the module).

module dlp_queue_formal #(
  parameter int unsigned Depth = 2,
  parameter int unsigned ProgramAddressBits = dlp_machine_pkg::ProgramAddressBits
) (
  input logic                          clk_i,
  input logic                          clear_i,
  input logic                          push_valid_i,
  input logic [7:0]                    push_byte_i,
  input logic [ProgramAddressBits-1:0] push_index_i,
  input logic                          pop_i
);

  logic                               rst_ni, full, valid;
  dlp_machine_pkg::instruction_t      push, head, head_q;
  logic [dlp_isa_pkg::Semaphores-1:0] head_wait;
  // two bits of the wait field, the lowest and the highest ones of the word represent the others
  assign push.word = {push_byte_i[7:5], 103'd0, push_byte_i[4], 13'd0, push_byte_i[3], 3'd0, push_byte_i[2:0], 1'b0};
  assign push.index = push_index_i;

  dlp_queue #(
    .Depth(Depth)
  ) u_queue (
    .clk_i,
    .rst_ni,
    .clear_i,
    .full_o      (full),
    .push_valid_i,
    .push_i      (push),
    .valid_o     (valid),
    .head_o      (head),
    .wait_o      (head_wait),
    .pop_i
  );

  (* anyconst *) logic [7:0] watched;
  logic                          running_q = 1'b0;
  logic [7:0]                    pushes_q = '0, pops_q = '0, inside;
  assign rst_ni = running_q;
  assign inside = pushes_q - pops_q;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q) begin
      if (push_valid_i) pushes_q <= pushes_q + 8'd1;
      if (pop_i) pops_q <= pops_q + 8'd1;
      // what is in the queue, and what is pushed in this cycle, is dropped
      if (clear_i) pops_q <= pushes_q + 8'(push_valid_i);
      if (push_valid_i && pushes_q == watched) head_q <= push;
    end
  end

  always_comb begin
    if (running_q) begin
      m_no_overflow: assume (!push_valid_i || !full);
      m_no_underflow: assume (!pop_i || valid);
      p_full: assert (full == (inside == 8'(Depth)));
      p_valid: assert (valid == (inside != 8'd0));
      p_order: assert (!(valid && pops_q == watched) || head == head_q);
      p_wait: assert (head_wait == head.word[dlp_isa_pkg::InstructionWaitAt+:dlp_isa_pkg::Semaphores]);
    end
  end

endmodule
