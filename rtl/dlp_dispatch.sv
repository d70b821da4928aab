// Instruction memory, fetch, dispatch into the queues in program order, HALT, errors and the watchdog.
//
// The decoder is in front of the memory: an instruction's queue, and whether the machine accepts it, are computed when it is written, and
// stored beside it. A memory that was never written holds illegal instructions.
//
//   cycle 1 (start_i)   address of the first word
//         3             the word, and its dispatch       (StartToDispatchCycles)
//
// HALT takes effect in the first cycle in which queues and units are empty. An error stops dispatch and empties the queues; when the
// units are idle, the run ends. The watchdog ends it at once.
//
// Latency: as drawn. Throughput: one instruction a cycle. Stalls: while the queue of the next instruction is full.

module dlp_dispatch #(
  parameter int unsigned InstructionWords = 512,
  // derived: leave alone
  parameter int unsigned ProgramAddressBits = $clog2(InstructionWords)
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the program
  input  logic                          program_valid_i,
  input  logic [ProgramAddressBits-1:0] program_address_i,
  input  logic [127:0]                  program_word_i,

  // a run: begin, abandon
  input  logic                          start_i,
  input  logic                          clear_i,
  input  logic [ProgramAddressBits-1:0] entry_i,
  input  logic [31:0]                   watchdog_i,

  // a run's last cycle: the interrupt rises in the next; aborted: units may still be active
  output logic                          done_o,
  output logic                          aborted_o,
  output logic [3:0]                    status_o,
  output logic [ProgramAddressBits-1:0] status_index_o,

  // the queues
  input  logic [dlp_isa_pkg::QueueCompute:dlp_isa_pkg::QueueLoad] queue_full_i,
  output logic [dlp_isa_pkg::QueueCompute:dlp_isa_pkg::QueueLoad] queue_valid_o,
  output dlp_machine_pkg::instruction_t                           queue_o,
  output logic                                                    queue_clear_o,

  // all queues empty and all units idle; all semaphores zero; there was progress in this cycle
  input  logic idle_i,
  input  logic semaphores_zero_i,
  input  logic progress_i,

  // an error of a unit
  input  dlp_machine_pkg::unit_error_t error_i,

  // debug
  output logic                          trace_valid_o,
  output logic [ProgramAddressBits-1:0] trace_index_o
);

  // an entry of the memory: {kind, queue, word}
  localparam int unsigned EntryBits = dlp_isa_pkg::InstructionBits + 2 + 2;
  localparam int unsigned CounterBits = ProgramAddressBits + 1;

  // Words of the program arrive slowly; each is held for at least two cycles: decode, then write.
  localparam logic [1:0] WordIllegal = 2'd0;
  localparam logic [1:0] WordAccepted = 2'd1;
  localparam logic [1:0] WordRefused = 2'd2;

  logic                          write_valid_q;
  logic [ProgramAddressBits-1:0] write_address_q;
  logic [1:0]                    write_kind, write_queue, write_kind_q, write_queue_q;

  always_comb begin
    write_kind = WordIllegal;
    write_queue = dlp_isa_pkg::queue_of(program_word_i[5:0]);
    if (dlp_machine_pkg::accepts(program_word_i)) write_kind = WordAccepted;
    else if (dlp_isa_pkg::legal(program_word_i)) write_kind = WordRefused;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) write_valid_q <= 1'b0;
    else write_valid_q <= program_valid_i;
  end
  always_ff @(posedge clk_i) begin
    write_address_q <= program_address_i;
    write_kind_q <= write_kind;
    write_queue_q <= write_queue;
  end

  // Fetch: a word in the memory's array register, one in its output register, which is the head; each is held until the next stage is free.
  // Where cycles are long (a serial post) there is no output register: the next word is read in the cycle in which the head is taken.
  localparam bit Direct = dlp_machine_pkg::PostInterval > 1;
  logic                   active_d, active_q, halting_d, halting_q;
  logic [CounterBits-1:0] fetch_d, fetch_q, counter_d, counter_q;
  logic                   read_valid, array_advances;
  logic                   array_valid_d, array_valid_q, head_valid_d, head_valid_q;
  logic [ProgramAddressBits-1:0] read_address;
  logic [EntryBits-1:0]   head_entry;
  logic                   head_valid, head_taken;

  // The bits that instructions of this machine may set.
  localparam logic [EntryBits-1:0] Used = {4'hf, dlp_machine_pkg::WordMask};
  localparam int unsigned StoredBits = $countones(Used);
  logic [EntryBits-1:0] write_entry;
  logic [StoredBits-1:0]  write_stored, head_stored;
  assign write_entry = {write_kind_q, write_queue_q, program_word_i};
  for (genvar i = 0; i < EntryBits; i++) begin : gen_stored
    if (Used[i]) begin : gen_bit
      localparam int unsigned Position = $countones(Used & ~({EntryBits{1'b1}} << i));
      assign write_stored[Position] = write_entry[i];
      assign head_entry[i] = head_stored[Position];
    end else begin : gen_zero
      assign head_entry[i] = 1'b0;
    end
  end

  dlp_ram #(
    .Width(StoredBits),
    .Depth(InstructionWords),
    .AddressBits(ProgramAddressBits),
    .OutputRegister(!Direct)
  ) u_program (
    .clk_i,
    .write_valid_i  (write_valid_q),
    .write_address_i(write_address_q),
    .write_data_i   (write_stored),
    .read_valid_i   (read_valid),
    .read_address_i (read_address),
    .output_valid_i (array_advances),
    .read_data_o    (head_stored)
  );

  // Dispatch.
  logic [1:0]                    head_kind, head_queue;
  logic [127:0]                  head_word;
  logic [ProgramAddressBits-1:0] head_index;
  logic                          fetching, at_end, queue_full, stop, halt, bad_word;

  assign head_valid = head_valid_q;
  assign {head_kind, head_queue, head_word} = head_entry;
  assign fetching = active_q && !halting_q && !stop;
  assign at_end = 32'(counter_q) >= InstructionWords;
  assign bad_word = head_kind != WordAccepted;

  always_comb begin
    queue_full = 1'b0;
    unique case (head_queue)
      dlp_isa_pkg::QueueLoad: queue_full = queue_full_i[dlp_isa_pkg::QueueLoad];
      dlp_isa_pkg::QueueParameter: queue_full = queue_full_i[dlp_isa_pkg::QueueParameter];
      dlp_isa_pkg::QueueCompute: queue_full = queue_full_i[dlp_isa_pkg::QueueCompute];
      default: queue_full = 1'b0;
    endcase
  end

  assign head_taken = fetching && head_valid && !at_end && !bad_word && !queue_full;
  assign halt = head_taken && head_queue == dlp_isa_pkg::QueueControl;
  assign queue_valid_o[dlp_isa_pkg::QueueLoad] = head_taken && head_queue == dlp_isa_pkg::QueueLoad;
  assign queue_valid_o[dlp_isa_pkg::QueueParameter] = head_taken && head_queue == dlp_isa_pkg::QueueParameter;
  assign queue_valid_o[dlp_isa_pkg::QueueCompute] = head_taken && head_queue == dlp_isa_pkg::QueueCompute;
  assign head_index = counter_q[ProgramAddressBits-1:0];
  assign queue_o.word = head_word;
  assign queue_o.index = head_index;
  assign trace_valid_o = head_taken;
  assign trace_index_o = head_index;

  assign array_advances = !head_valid_q || head_taken;
  assign read_valid = start_i || (Direct ? head_taken : fetching && (array_advances || !array_valid_q));
  assign read_address = start_i ? entry_i : fetch_q[ProgramAddressBits-1:0];

  always_comb begin
    array_valid_d = read_valid || (array_valid_q && !array_advances);
    head_valid_d = array_advances ? array_valid_q : head_valid_q;
    if (Direct) begin
      array_valid_d = 1'b0;
      head_valid_d = head_valid_q || array_valid_q;
    end
    fetch_d = fetch_q;
    counter_d = counter_q;
    if (read_valid) fetch_d = fetch_q + CounterBits'(1);
    if (head_taken) counter_d = counter_q + CounterBits'(1);
    if (start_i) begin
      array_valid_d = 1'b1;
      head_valid_d = 1'b0;
      fetch_d = CounterBits'(entry_i) + CounterBits'(1);
      counter_d = CounterBits'(entry_i);
    end
    if (clear_i || done_o) begin
      array_valid_d = 1'b0;
      head_valid_d = 1'b0;
    end
  end

  // Errors: the first is kept; the queues are emptied, and the units finish.
  logic                          failed_d, failed_q, fails, expired;
  logic [3:0]                    status_d, status_q;
  logic [ProgramAddressBits-1:0] status_index_d, status_index_q;
  // cycles without progress
  logic [31:0]                   stalled_d, stalled_q;
  logic                          ends;

  assign stop = failed_q;
  assign ends = halting_q && !failed_q && idle_i;
  assign expired = active_q && watchdog_i != '0 && stalled_q >= watchdog_i;

  always_comb begin
    fails = 1'b0;
    status_d = status_q;
    status_index_d = status_index_q;
    if (active_q && !failed_q) begin
      if (expired) begin
        fails = 1'b1;
        status_d = dlp_isa_pkg::StatusWatchdog;
        status_index_d = head_index;
      end
      // the later assignment has priority
      if (error_i.valid) begin
        fails = 1'b1;
        status_d = error_i.code;
        status_index_d = error_i.index;
      end
      if (fetching && at_end) begin
        fails = 1'b1;
        status_d = dlp_isa_pkg::StatusProgramEnd;
        status_index_d = ProgramAddressBits'(InstructionWords - 1);
      end else if (fetching && head_valid && bad_word) begin
        fails = 1'b1;
        status_d = (head_kind == WordRefused) ? dlp_isa_pkg::StatusMachineRefused : dlp_isa_pkg::StatusIllegalInstruction;
        status_index_d = head_index;
      end else if (ends && !semaphores_zero_i) begin
        fails = 1'b1;
        status_d = dlp_isa_pkg::StatusSemaphoreNotZero;
        status_index_d = status_index_q;
      end
    end
    // the index of HALT, in case a semaphore is above zero; an error in the same cycle keeps its own
    if (halt && !fails) status_index_d = head_index;
    if (start_i) begin
      status_d = dlp_isa_pkg::StatusOk;
      status_index_d = '0;
    end
  end

  assign done_o = active_q && (ends || (failed_q && idle_i) || expired);
  assign aborted_o = active_q && expired;
  assign status_o = status_d;
  assign status_index_o = status_index_d;
  assign queue_clear_o = fails || failed_q;

  always_comb begin
    active_d = active_q;
    halting_d = halting_q || halt;
    failed_d = failed_q || fails;
    stalled_d = progress_i ? 32'd0 : stalled_q + 32'd1;
    if (done_o || clear_i) active_d = 1'b0;
    if (start_i) begin
      active_d = 1'b1;
      halting_d = 1'b0;
      failed_d = 1'b0;
      stalled_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      halting_q <= 1'b0;
      failed_q <= 1'b0;
      array_valid_q <= 1'b0;
      head_valid_q <= 1'b0;
      fetch_q <= '0;
      counter_q <= '0;
      stalled_q <= '0;
      status_q <= '0;
      status_index_q <= '0;
    end else begin
      active_q <= active_d;
      halting_q <= halting_d;
      failed_q <= failed_d;
      array_valid_q <= array_valid_d;
      head_valid_q <= head_valid_d;
      fetch_q <= fetch_d;
      counter_q <= counter_d;
      stalled_q <= stalled_d;
      status_q <= status_d;
      status_index_q <= status_index_d;
    end
  end
  logic unused;
  assign unused = fetch_q[CounterBits-1] ^ ^write_entry;

`ifndef SYNTHESIS
  initial assert (ProgramAddressBits == dlp_machine_pkg::ProgramAddressBits) else $fatal(1, "InstructionWords");
  initial assert (dlp_isa_pkg::StartToDispatchCycles == 1 + dlp_isa_pkg::MemoryReadCycles) else $fatal(1, "start, read, dispatch");
  initial assert (dlp_isa_pkg::HaltToInterruptCycles == 1) else $fatal(1, "done_o is registered once");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_word_held: assert (!write_valid_q || $past(program_word_i) == program_word_i);
      a_no_word_lost: assert (start_i || Direct || !read_valid || !array_valid_q || array_advances);
    end
  end
`endif

endmodule
