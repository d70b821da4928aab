// Dispatch, the queues behind it, and the semaphores that the heads of the queues wait for.
//
// Latency: dispatch to issue one cycle; a signal counts in the cycle after the retirement. Throughput: one dispatch a cycle, one issue a
// queue and cycle. Stalls: full queues; heads whose semaphores are zero or whose unit is not ready.

module dlp_instruction_unit #(
  parameter int unsigned InstructionWords = 512,
  parameter int unsigned QueueDepth = 2,
  // derived: leave alone
  parameter int unsigned ProgramAddressBits = $clog2(InstructionWords)
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

  // the heads of the queues, valid once their semaphores are above zero
  output logic                          load_valid_o,
  input  logic                          load_ready_i,
  output dlp_machine_pkg::instruction_t load_o,
  output logic                          parameter_valid_o,
  input  logic                          parameter_ready_i,
  output dlp_machine_pkg::instruction_t parameter_o,
  output logic                          compute_valid_o,
  input  logic                          compute_ready_i,
  output dlp_machine_pkg::instruction_t compute_o,

  // retirements: of the load queue; of the parameter queue; of LAYER and COLUMNS; of COMPUTE, POOL, MOVE and REPATCH; of STORE
  input  dlp_machine_pkg::retirement_t load_retirement_i,
  input  dlp_machine_pkg::retirement_t parameter_retirement_i,
  input  dlp_machine_pkg::retirement_t layer_retirement_i,
  input  dlp_machine_pkg::retirement_t compute_retirement_i,
  input  dlp_machine_pkg::retirement_t store_retirement_i,

  // errors; a STORE that is sending is older than what computes
  input  dlp_machine_pkg::unit_error_t load_error_i,
  input  dlp_machine_pkg::unit_error_t parameter_error_i,
  input  dlp_machine_pkg::unit_error_t compute_error_i,
  input  dlp_machine_pkg::unit_error_t store_error_i,

  // the units: every instruction that was issued has retired; there was progress in this cycle
  input  logic idle_i,
  input  logic progress_i,

  // debug: what happens in this cycle, and to which instruction; issue: load, parameter, compute queue (lowest first);
  // retirement: in the order of the ports above (lowest first)
  output logic                            trace_dispatch_valid_o,
  output logic [ProgramAddressBits-1:0]   trace_dispatch_index_o,
  output logic [2:0]                      trace_issue_valid_o,
  output logic [3*ProgramAddressBits-1:0] trace_issue_index_o,
  output logic [4:0]                      trace_retire_valid_o,
  output logic [5*ProgramAddressBits-1:0] trace_retire_index_o
);

  localparam int unsigned Semaphores = dlp_isa_pkg::Semaphores;
  localparam logic [127:0] Halt = dlp_machine_pkg::HaltMask;

  // Vectors over the queues are indexed by dlp_isa_pkg::queue_e.
  logic [dlp_isa_pkg::QueueCompute:dlp_isa_pkg::QueueLoad] push_valid, full, head_valid, ready, valid, issue;
  logic [Semaphores-1:0]         load_wait, parameter_wait, compute_wait;
  dlp_machine_pkg::instruction_t push;
  logic                          clear;

  dlp_queue #(
    .Depth(QueueDepth)
  ) u_load_queue (
    .clk_i,
    .rst_ni      (run_rst_ni),
    .clear_i     (clear),
    .full_o      (full[dlp_isa_pkg::QueueLoad]),
    .push_valid_i(push_valid[dlp_isa_pkg::QueueLoad]),
    .push_i      (push),
    .valid_o     (head_valid[dlp_isa_pkg::QueueLoad]),
    .head_o      (load_o),
    .wait_o      (load_wait),
    .pop_i       (issue[dlp_isa_pkg::QueueLoad])
  );

  dlp_queue #(
    .Depth(QueueDepth)
  ) u_parameter_queue (
    .clk_i,
    .rst_ni      (run_rst_ni),
    .clear_i     (clear),
    .full_o      (full[dlp_isa_pkg::QueueParameter]),
    .push_valid_i(push_valid[dlp_isa_pkg::QueueParameter]),
    .push_i      (push),
    .valid_o     (head_valid[dlp_isa_pkg::QueueParameter]),
    .head_o      (parameter_o),
    .wait_o      (parameter_wait),
    .pop_i       (issue[dlp_isa_pkg::QueueParameter])
  );

  dlp_queue #(
    .Depth(QueueDepth)
  ) u_compute_queue (
    .clk_i,
    .rst_ni      (run_rst_ni),
    .clear_i     (clear),
    .full_o      (full[dlp_isa_pkg::QueueCompute]),
    .push_valid_i(push_valid[dlp_isa_pkg::QueueCompute]),
    .push_i      (push),
    .valid_o     (head_valid[dlp_isa_pkg::QueueCompute]),
    .head_o      (compute_o),
    .wait_o      (compute_wait),
    .pop_i       (issue[dlp_isa_pkg::QueueCompute])
  );

  assign valid = head_valid & ready;
  assign issue = valid & {compute_ready_i, parameter_ready_i, load_ready_i};
  assign {compute_valid_o, parameter_valid_o, load_valid_o} = valid;

  // The order of the retirement ports.
  localparam int unsigned RetirePorts = 5;
  localparam int unsigned LoadPort = 0;
  localparam int unsigned ParameterPort = 1;
  localparam int unsigned LayerPort = 2;
  localparam int unsigned ComputePort = 3;
  localparam int unsigned StorePort = 4;
  logic [RetirePorts-1:0] retire_valid, overflow;
  logic                   all_zero;
  assign retire_valid = {
    store_retirement_i.valid, compute_retirement_i.valid, layer_retirement_i.valid, parameter_retirement_i.valid, load_retirement_i.valid
  };

  dlp_semaphores #(
    .Queues     (3),
    .RetirePorts(RetirePorts),
    .Used       (Halt[dlp_isa_pkg::InstructionWaitAt+:Semaphores] | Halt[dlp_isa_pkg::InstructionSignalAt+:Semaphores])
  ) u_semaphores (
    .clk_i,
    .rst_ni         (run_rst_ni),
    .wait_i         ({compute_wait, parameter_wait, load_wait}),
    .ready_o        (ready),
    .take_i         (issue),
    .retire_valid_i (retire_valid),
    .retire_signal_i({
      store_retirement_i.signal, compute_retirement_i.signal, layer_retirement_i.signal, parameter_retirement_i.signal,
      load_retirement_i.signal
    }),
    .overflow_o     (overflow),
    .all_zero_o     (all_zero)
  );

  // Of several errors in one cycle the lowest queue's is reported: its unit's, then its overflow; the later assignment has priority.
  localparam logic [3:0] Overflow = dlp_isa_pkg::StatusSemaphoreOverflow;
  dlp_machine_pkg::unit_error_t error;
  always_comb begin
    error = '0;
    if (overflow[StorePort]) error = {1'b1, Overflow, store_retirement_i.index};
    if (overflow[ComputePort]) error = {1'b1, Overflow, compute_retirement_i.index};
    if (overflow[LayerPort]) error = {1'b1, Overflow, layer_retirement_i.index};
    if (compute_error_i.valid) error = compute_error_i;
    if (store_error_i.valid) error = store_error_i;
    if (overflow[ParameterPort]) error = {1'b1, Overflow, parameter_retirement_i.index};
    if (parameter_error_i.valid) error = parameter_error_i;
    if (overflow[LoadPort]) error = {1'b1, Overflow, load_retirement_i.index};
    if (load_error_i.valid) error = load_error_i;
  end

  dlp_dispatch #(
    .InstructionWords(InstructionWords)
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
    .queue_o          (push),
    .queue_clear_o    (clear),
    .idle_i           (idle_i && head_valid == '0),
    .semaphores_zero_i(all_zero),
    .progress_i       (progress_i || trace_dispatch_valid_o || issue != '0 || retire_valid != '0),
    .error_i          (error),
    .trace_valid_o    (trace_dispatch_valid_o),
    .trace_index_o    (trace_dispatch_index_o)
  );

  assign trace_issue_valid_o = issue;
  assign trace_issue_index_o = {compute_o.index, parameter_o.index, load_o.index};
  assign trace_retire_valid_o = retire_valid;
  assign trace_retire_index_o = {
    store_retirement_i.index, compute_retirement_i.index, layer_retirement_i.index, parameter_retirement_i.index, load_retirement_i.index
  };

endmodule
