// The issue rules of the compute queue. LAYER and COLUMNS issue at once; with a serial post no sooner than the last cycle of the COMPUTE before
// them, which uses the LAYER in force. COMPUTE, the bank operations (POOL, MOVE, REPATCH) and STORE issue in order to their sequencers: no sooner
// than the last beat (STORE: read) of the instruction before plus `gap`, in the cycle of that beat if the gap is 0. After requantised lane sums the
// gap is at least LaneSumCycles, as these reach the post stage so much later than other sums. If the mnemonic changes, no sooner than the cycle
// after the instruction before has retired (STORE: has read its last word). STORE also waits until the data beats of the STORE before are sent.
//
// COMPUTE and the bank operations retire here, in order, one a cycle: in the cycle at whose end their last result is written, or in the cycle after
// the retirement before, if that is later. With a serial post that is the last cycle.
//
// Latency: issue in the cycle of valid and ready; a retirement is reported in its own cycle. Throughput: one instruction a cycle.
// Stalls: instruction_ready_o only.

module dlp_compute_queue #(
  parameter int unsigned Rows = 8,
  parameter int unsigned DrainRows = 2
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the head of the queue, valid only while its semaphores are above zero
  input  logic                          instruction_valid_i,
  output logic                          instruction_ready_o,
  input  dlp_machine_pkg::instruction_t instruction_i,

  // the unit that takes the instruction in this cycle; bank_op: POOL, MOVE, REPATCH
  output logic layer_valid_o,
  output logic columns_valid_o,
  output logic compute_valid_o,
  output logic bank_op_valid_o,
  output logic store_valid_o,

  // from the cycle after the instruction is taken to that of its last beat (STORE: read); that last cycle
  input  logic compute_active_i,
  input  logic compute_done_i,
  input  logic bank_op_active_i,
  input  logic bank_op_done_i,
  input  logic store_reading_i,
  input  logic store_read_done_i,
  // data beats of a STORE remain to be sent at the start of this cycle
  input  logic store_sending_i,

  // retirements: of LAYER and COLUMNS; of COMPUTE and bank operations; those of STORE come from its own unit
  output dlp_machine_pkg::retirement_t layer_retirement_o,
  output dlp_machine_pkg::retirement_t retirement_o,

  // every COMPUTE and bank operation retired in an earlier cycle
  output logic idle_o
);

  localparam int unsigned Groups = Rows / DrainRows;
  localparam int unsigned CodesCycles = dlp_isa_pkg::BeatToWriteCycles + Groups - 1;
  localparam int unsigned LogitsCycles = dlp_isa_pkg::BeatToLogitsCycles + Groups - 1;
  localparam int unsigned LaneSumsCycles = dlp_isa_pkg::BeatToLaneSumWriteCycles + Groups - 1;
  localparam int unsigned TimeBits = $clog2(LaneSumsCycles + 1) + 2;
  localparam int unsigned IndexBits = dlp_machine_pkg::ProgramAddressBits;
  localparam int unsigned Semaphores = dlp_isa_pkg::Semaphores;
  localparam logic [7:0] LongAgo = 8'hff;
  // retirements that are pending at most: a COMPUTE has at least Groups beats, a bank operation at least two
  localparam int unsigned Pending = 16;

  // The head.
  dlp_isa_pkg::compute_t head_compute;
  dlp_isa_pkg::pool_t    head_bank_op;  // the fields up to `wide` are the same in POOL, MOVE and REPATCH
  logic [5:0]            opcode;
  logic                  is_layer, is_columns, is_compute, is_bank_op, is_store;
  assign head_compute = instruction_i.word & dlp_machine_pkg::ComputeMask;
  assign head_bank_op = instruction_i.word & dlp_machine_pkg::PoolMask;
  assign opcode = head_bank_op.opcode;
  assign is_layer = opcode == dlp_isa_pkg::OpLayer;
  assign is_columns = dlp_machine_pkg::ColumnRanges && opcode == dlp_isa_pkg::OpColumns;
  assign is_compute = opcode == dlp_isa_pkg::OpCompute;
  assign is_bank_op = dlp_machine_pkg::BankOperations &&
      (opcode == dlp_isa_pkg::OpPool || opcode == dlp_isa_pkg::OpMove || opcode == dlp_isa_pkg::OpRepatch);
  assign is_store = opcode == dlp_isa_pkg::OpStore;

  // The instruction before, and the cycles since its last beat, which saturate.
  logic [5:0]           opcode_q;
  logic [7:0]           least_gap_q, since_d, since_q;
  logic [TimeBits-1:0]  cycles_d, cycles_q;
  logic [Semaphores-1:0] signal_q;
  logic [IndexBits-1:0] index_q;

  logic       active, done, none_pending;
  logic [7:0] since, gap;
  logic       gap_over, unit_free, issue, issue_to_unit;

  assign active = compute_active_i || bank_op_active_i || store_reading_i;
  assign done = compute_done_i || bank_op_done_i || store_read_done_i;
  assign since = done ? 8'd0 : since_q;
  assign gap = is_compute ? head_compute.gap : is_bank_op ? head_bank_op.gap : 8'd0;
  assign gap_over = (!active || done) && since >= gap && since >= least_gap_q;
  assign unit_free = (opcode == opcode_q || (!active && none_pending)) && !(is_store && store_sending_i);

  assign instruction_ready_o = is_layer || is_columns ? dlp_machine_pkg::PostInterval == 1 || !compute_active_i || compute_done_i : gap_over && unit_free;
  assign issue = instruction_valid_i && instruction_ready_o;
  assign issue_to_unit = issue && !is_layer && !is_columns;
  assign layer_valid_o = issue && is_layer;
  assign columns_valid_o = issue && is_columns;
  assign compute_valid_o = issue && is_compute;
  assign bank_op_valid_o = issue && is_bank_op;
  assign store_valid_o = issue && is_store;

  always_comb begin
    since_d = (since == LongAgo) ? LongAgo : since + 8'd1;
    cycles_d = TimeBits'(dlp_isa_pkg::BankBeatToWriteCycles);
    if (is_compute) cycles_d = TimeBits'(CodesCycles);
    if (is_compute && head_compute.lane_sum) cycles_d = head_compute.logits ? TimeBits'(LogitsCycles) : TimeBits'(LaneSumsCycles);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      since_q <= LongAgo;
      least_gap_q <= 8'd0;
      opcode_q <= 6'd0;
    end else begin
      since_q <= since_d;
      if (issue_to_unit) begin
        least_gap_q <= (is_compute && head_compute.lane_sum && !head_compute.logits) ? 8'(dlp_isa_pkg::LaneSumCycles) : 8'd0;
        opcode_q <= opcode;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue_to_unit) begin
      cycles_q <= cycles_d;
      signal_q <= head_bank_op.signal;
      index_q <= instruction_i.index;
    end
  end

  // With a serial post the last result is written in the last cycle.
  if (dlp_machine_pkg::PostInterval > 1) begin : gen_serial
    assign none_pending = 1'b1;
    assign retirement_o.valid = compute_done_i;
    assign retirement_o.signal = signal_q;
    assign retirement_o.index = index_q;
    logic unused_cycles;
    assign unused_cycles = ^cycles_q;
  end else begin : gen_pipeline
    // Instructions after their last beat, in order, each with the time at which it is due. The oldest is in registers; it is read one cycle after
    // it was written, long before it is due.
    localparam int unsigned EntryBits = TimeBits + Semaphores + IndexBits;
    // an entry that is read while it is written is not used
    (* no_rw_check *) logic [EntryBits-1:0] entries[Pending];
    logic [EntryBits-1:0] oldest_q;
    logic [TimeBits-1:0]  now_q, due, late;
    logic [3:0]           first_d, first_q, next_q;
    logic [4:0]           count_q, readable_q;
    logic                 push, pop;

    assign none_pending = count_q == 5'd0;
    assign push = compute_done_i || bank_op_done_i;
    assign {due, retirement_o.signal, retirement_o.index} = oldest_q;
    assign retirement_o.valid = pop;
    assign late = now_q - due;
    assign pop = readable_q != 5'd0 && !late[TimeBits-1];
    assign first_d = first_q + 4'(pop);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        now_q <= '0;
        first_q <= '0;
        next_q <= '0;
        count_q <= '0;
        readable_q <= '0;
      end else begin
        now_q <= now_q + TimeBits'(1);
        first_q <= first_d;
        next_q <= next_q + 4'(push);
        count_q <= count_q + 5'(push) - 5'(pop);
        readable_q <= count_q - 5'(pop);
      end
    end

    always_ff @(posedge clk_i) begin
      if (push) entries[next_q] <= {now_q + cycles_q, signal_q, index_q};
      oldest_q <= entries[first_d];
    end

`ifndef SYNTHESIS
    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        a_room: assert (!push || pop || count_q != 5'(Pending));
        a_not_due_at_once: assert (!push || 32'(cycles_q) > 2);
      end
    end
`endif

    logic unused_late;
    assign unused_late = ^late;
  end

  assign layer_retirement_o.valid = layer_valid_o || columns_valid_o;
  assign layer_retirement_o.signal = head_bank_op.signal;
  assign layer_retirement_o.index = instruction_i.index;
  assign idle_o = none_pending && !compute_active_i && !bank_op_active_i;

  logic unused;
  assign unused = ^{head_compute, head_bank_op};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_own_instruction: assert (!instruction_valid_i || is_layer || is_columns || is_compute || is_bank_op || is_store);
      a_one_active: assert (32'(compute_active_i) + 32'(bank_op_active_i) + 32'(store_reading_i) <= 1);
      a_done_while_active: assert ((!compute_done_i || compute_active_i) && (!bank_op_done_i || bank_op_active_i)
          && (!store_read_done_i || store_reading_i));
    end
  end
`endif

endmodule
