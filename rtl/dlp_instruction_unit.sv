// Dispatch, the queues behind it, and the semaphores that their heads wait for. Three-part ports: load, parameter, compute, lowest first.
// Retire ports: load, parameter, LAYER, COMPUTE or POOL or MOVE or REPATCH, STORE.
//
// Latency: dispatch to issue one cycle; a signal counts in the cycle after the retirement. Throughput: one dispatch a cycle, one issue a
// queue and cycle. Stalls: full queues; heads whose semaphores are missing or whose unit is not ready.

module dlp_instruction_unit #(
  parameter int unsigned InstructionWords = 512,
  parameter int unsigned ProgramAddressBits = 9,
  parameter int unsigned QueueDepth = 2,
  parameter int unsigned Queues = 3,
  parameter int unsigned RetirePorts = 5
) (
  input  logic clk_i,
  input  logic rst_ni,

  // reset of queues and semaphores: each run begins with it
  input  logic run_rst_ni,

  // the program
  input  logic                          program_valid_i,
  input  logic [ProgramAddressBits-1:0] program_address_i,
  input  logic [127:0]                  program_word_i,

  // a run
  input  logic                          start_i,
  input  logic                          clear_i,
  input  logic [ProgramAddressBits-1:0] entry_i,
  input  logic [31:0]                   watchdog_i,
  output logic                          done_o,
  output logic                          aborted_o,
  output logic [3:0]                    status_o,
  output logic [ProgramAddressBits-1:0] status_index_o,

  // the heads of the queues
  output logic [Queues-1:0]                    issue_valid_o,
  output logic [Queues*128-1:0]                issue_word_o,
  output logic [Queues*ProgramAddressBits-1:0] issue_index_o,
  input  logic [Queues-1:0]                    issue_ready_i,

  // retirements
  input  logic [RetirePorts-1:0]                         retire_valid_i,
  input  logic [RetirePorts*dlp_isa_pkg::Semaphores-1:0] retire_signal_i,
  input  logic [RetirePorts*ProgramAddressBits-1:0]      retire_index_i,

  // the units: nothing issued and not retired; something moved in this cycle; what went wrong, by queue
  input  logic                                 idle_i,
  input  logic                                 progress_i,
  input  logic [Queues-1:0]                    error_valid_i,
  input  logic [Queues*4-1:0]                  error_code_i,
  input  logic [Queues*ProgramAddressBits-1:0] error_index_i,

  // debug
  output logic                          trace_dispatch_valid_o,
  output logic [ProgramAddressBits-1:0] trace_dispatch_index_o
);

  localparam int unsigned Masks = dlp_isa_pkg::Semaphores;
  localparam int unsigned ErrorSources = Queues + RetirePorts;
  localparam logic [127:0] Halt = dlp_machine_pkg::HaltMask;

  logic [Queues-1:0]             push_valid, full, valid, ready, issue;
  logic [127:0]                  push_word;
  logic [ProgramAddressBits-1:0] push_index;
  logic                          clear;
  logic [Queues*Masks-1:0]       waits;
  logic [RetirePorts-1:0]        overflow;
  logic                          all_zero;

  for (genvar q = 0; q < Queues; q++) begin : gen_queue
    dlp_queue #(
      .Depth             (QueueDepth),
      .ProgramAddressBits(ProgramAddressBits)
    ) u_queue (
      .clk_i,
      .rst_ni      (run_rst_ni),
      .clear_i     (clear),
      .full_o      (full[q]),
      .push_valid_i(push_valid[q]),
      .push_word_i (push_word),
      .push_index_i(push_index),
      .valid_o     (valid[q]),
      .word_o      (issue_word_o[q*128+:128]),
      .index_o     (issue_index_o[q*ProgramAddressBits+:ProgramAddressBits]),
      .pop_i       (issue[q])
    );
    assign waits[q*Masks+:Masks] = issue_word_o[q*128+dlp_isa_pkg::InstructionWaitAt+:Masks]
        & dlp_machine_pkg::HaltMask[dlp_isa_pkg::InstructionWaitAt+:Masks];
  end

  assign issue_valid_o = valid & ready;
  assign issue = issue_valid_o & issue_ready_i;

  dlp_semaphores #(
    .Queues     (Queues),
    .RetirePorts(RetirePorts),
    .Used       (Halt[dlp_isa_pkg::InstructionWaitAt+:Masks] | Halt[dlp_isa_pkg::InstructionSignalAt+:Masks])
  ) u_semaphores (
    .clk_i,
    .rst_ni    (run_rst_ni),
    .wait_i    (waits),
    .ready_o   (ready),
    .take_i    (issue),
    .retire_valid_i,
    .retire_signal_i,
    .overflow_o(overflow),
    .all_zero_o(all_zero)
  );

  // Ties go to the lower queue: its unit's error, then its overflowing signals.
  logic [ErrorSources-1:0]                    error_valid;
  logic [ErrorSources*4-1:0]                  error_code;
  logic [ErrorSources*ProgramAddressBits-1:0] error_index;
  localparam logic [3:0] Overflow = dlp_isa_pkg::StatusSemaphoreOverflow;

  assign error_valid = {overflow[4:2], error_valid_i[2], overflow[1], error_valid_i[1], overflow[0], error_valid_i[0]};
  assign error_code = {{3{Overflow}}, error_code_i[8+:4], Overflow, error_code_i[4+:4], Overflow, error_code_i[0+:4]};
  assign error_index = {
    retire_index_i[2*ProgramAddressBits+:3*ProgramAddressBits],
    error_index_i[2*ProgramAddressBits+:ProgramAddressBits],
    retire_index_i[ProgramAddressBits+:ProgramAddressBits],
    error_index_i[ProgramAddressBits+:ProgramAddressBits],
    retire_index_i[0+:ProgramAddressBits],
    error_index_i[0+:ProgramAddressBits]
  };

  dlp_dispatch #(
    .InstructionWords  (InstructionWords),
    .ProgramAddressBits(ProgramAddressBits),
    .ErrorSources      (ErrorSources)
  ) u_dispatch (
    .clk_i,
    .rst_ni,
    .program_valid_i,
    .program_address_i,
    .program_word_i,
    .start_i,
    .clear_i,
    .entry_i,
    .watchdog_i,
    .done_o,
    .aborted_o,
    .status_o,
    .status_index_o,
    .queue_full_i     (full),
    .queue_valid_o    (push_valid),
    .queue_word_o     (push_word),
    .queue_index_o    (push_index),
    .queue_clear_o    (clear),
    .idle_i           (idle_i && valid == '0),
    .semaphores_zero_i(all_zero),
    .progress_i       (progress_i || trace_dispatch_valid_o || issue != '0 || retire_valid_i != '0),
    .error_valid_i    (error_valid),
    .error_code_i     (error_code),
    .error_index_i    (error_index),
    .trace_valid_o    (trace_dispatch_valid_o),
    .trace_index_o    (trace_dispatch_index_o)
  );

`ifndef SYNTHESIS
  initial assert (Queues == 3 && RetirePorts == 5) else $fatal(1, "the order of errors names each port");
`endif

endmodule
