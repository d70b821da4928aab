// A queue of dispatched instructions, each with its index in the program.
//
// Latency: an instruction pushed in cycle t is at the head in t + DispatchToIssueCycles at the earliest.
// Throughput: one push and one pop a cycle. Stalls: full_o; a pop makes room from the next cycle on.

module dlp_queue #(
  parameter int unsigned Depth = 2
) (
  input  logic clk_i,
  input  logic rst_ni,

  // drops all instructions
  input  logic clear_i,

  // dispatch
  output logic                          full_o,
  input  logic                          push_valid_i,
  input  dlp_machine_pkg::instruction_t push_i,

  // the head, and the semaphores that it waits for
  output logic                               valid_o,
  output dlp_machine_pkg::instruction_t      head_o,
  output logic [dlp_isa_pkg::Semaphores-1:0] wait_o,
  input  logic                               pop_i
);

  localparam int unsigned Semaphores = dlp_isa_pkg::Semaphores;

  dlp_machine_pkg::instruction_t head;

  dlp_fifo #(
    .Width    ($bits(head)),
    .Depth    (Depth),
    .Clearable(1'b1)
  ) u_fifo (
    .clk_i,
    .rst_ni,
    .clear_i     (clear_i),
    .full_o,
    .push_valid_i,
    .push_data_i (push_i),
    .valid_o,
    .data_o      (head),
    .pop_i
  );

  assign head_o = head;
  assign wait_o = head.word[dlp_isa_pkg::InstructionWaitAt+:Semaphores]
      & dlp_machine_pkg::HaltMask[dlp_isa_pkg::InstructionWaitAt+:Semaphores];

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::DispatchToIssueCycles == 1) else $fatal(1, "an instruction is registered once");
`endif

endmodule
