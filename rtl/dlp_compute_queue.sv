// The issue rules of the compute queue. LAYER and COLUMNS issue at once; with a serial post not before the last cycle of the COMPUTE before
// them, which uses the LAYER in force. COMPUTE, POOL, MOVE, REPATCH and STORE issue in order into their sequencers: not before
// the last beat (STORE: read) of the one before plus `gap`, in that very cycle where the gap is 0. After requantised lane sums the gap is
// at least LaneSumCycles, as these reach the post stage so much later than other sums. Where the mnemonic changes, not before the cycle
// after the one before has retired (STORE: has read its last word). STORE also waits for the data beats of the STORE before.
//
// COMPUTE, POOL, MOVE and REPATCH retire here, in order, one a cycle: in the cycle at whose end their last result is written, or in the cycle after
// the retirement before, if that is later. With a serial post that is the last cycle.
//
// Latency: issue in the cycle of valid and ready; a retirement is told in its own cycle. Throughput: one instruction a cycle.
// Stalls: instruction_ready_o only.

module dlp_compute_queue #(
  parameter int unsigned Rows = 8,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned IndexBits = 9
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the head of the queue, valid only while its semaphores are there
  input  logic                 instruction_valid_i,
  output logic                 instruction_ready_o,
  input  logic [127:0]         instruction_word_i,
  input  logic [IndexBits-1:0] instruction_index_i,

  // who takes the instruction in this cycle; POOL, MOVE and REPATCH go to one unit
  output logic layer_valid_o,
  output logic columns_valid_o,
  output logic compute_valid_o,
  output logic pool_valid_o,
  output logic store_valid_o,

  // from the cycle after the instruction is taken to that of its last beat (STORE: read); that last cycle
  input  logic compute_active_i,
  input  logic compute_done_i,
  input  logic pool_active_i,
  input  logic pool_done_i,
  input  logic store_reading_i,
  input  logic store_read_done_i,
  // data beats of a STORE are still to be sent at the start of this cycle
  input  logic store_sending_i,

  // retirements, those of COLUMNS as LAYER's; those of STORE come from its own unit
  output logic                 layer_retire_valid_o,
  output logic [15:0]          layer_retire_signal_o,
  output logic [IndexBits-1:0] layer_retire_index_o,
  output logic                 retire_valid_o,
  output logic [15:0]          retire_signal_o,
  output logic [IndexBits-1:0] retire_index_o,

  // every COMPUTE, POOL, MOVE and REPATCH retired in an earlier cycle
  output logic idle_o
);

  localparam int unsigned Groups = Rows / DrainRows;
  localparam int unsigned CodesCycles = dlp_isa_pkg::BeatToWriteCycles + Groups - 1;
  localparam int unsigned LogitsCycles = dlp_isa_pkg::BeatToLogitsCycles + Groups - 1;
  localparam int unsigned LaneSumsCycles = dlp_isa_pkg::BeatToLaneSumWriteCycles + Groups - 1;
  localparam int unsigned TimeBits = $clog2(LaneSumsCycles + 1) + 2;
  localparam logic [7:0] LongAgo = 8'hff;
  // A COMPUTE has at least Groups beats, what works bank by bank at least two.
  localparam int unsigned Pending = 16;

  // The head.
  dlp_isa_pkg::compute_t head_compute;
  dlp_isa_pkg::pool_t    head_pool;
  logic [5:0]            opcode;
  logic                  is_layer, is_columns, is_compute, is_pool, is_store;
  assign head_compute = instruction_word_i & dlp_machine_pkg::ComputeMask;
  assign head_pool = instruction_word_i & dlp_machine_pkg::PoolMask;
  assign opcode = head_pool.opcode;
  assign is_layer = opcode == dlp_isa_pkg::OpLayer;
  assign is_columns = dlp_machine_pkg::ColumnRanges && opcode == dlp_isa_pkg::OpColumns;
  assign is_compute = opcode == dlp_isa_pkg::OpCompute;
  assign is_pool = dlp_machine_pkg::BankOperations &&
      (opcode == dlp_isa_pkg::OpPool || opcode == dlp_isa_pkg::OpMove || opcode == dlp_isa_pkg::OpRepatch);
  assign is_store = opcode == dlp_isa_pkg::OpStore;

  // The instruction before, and cycles since its last beat, saturating.
  logic [5:0]           opcode_q;
  logic [7:0]           least_gap_q, since_d, since_q;
  logic [TimeBits-1:0]  cycles_d, cycles_q;
  logic [15:0]          signal_q;
  logic [IndexBits-1:0] index_q;

  logic       active, done, none_pending;
  logic [7:0] since, gap;
  logic       settled, free, issue, issue_work;

  assign active = compute_active_i || pool_active_i || store_reading_i;
  assign done = compute_done_i || pool_done_i || store_read_done_i;
  assign since = done ? 8'd0 : since_q;
  assign gap = is_compute ? head_compute.gap : is_pool ? head_pool.gap : 8'd0;
  assign settled = (!active || done) && since >= gap && since >= least_gap_q;
  assign free = (opcode == opcode_q || (!active && none_pending)) && !(is_store && store_sending_i);

  assign instruction_ready_o = is_layer || is_columns ? dlp_machine_pkg::PostInterval == 1 || !compute_active_i || compute_done_i : settled && free;
  assign issue = instruction_valid_i && instruction_ready_o;
  assign issue_work = issue && !is_layer && !is_columns;
  assign layer_valid_o = issue && is_layer;
  assign columns_valid_o = issue && is_columns;
  assign compute_valid_o = issue && is_compute;
  assign pool_valid_o = issue && is_pool;
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
      if (issue_work) begin
        least_gap_q <= (is_compute && head_compute.lane_sum && !head_compute.logits) ? 8'(dlp_isa_pkg::LaneSumCycles) : 8'd0;
        opcode_q <= opcode;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue_work) begin
      cycles_q <= cycles_d;
      signal_q <= head_pool.signal;
      index_q <= instruction_index_i;
    end
  end

  // With a serial post the last result is written in the last cycle.
  if (dlp_machine_pkg::PostInterval > 1) begin : gen_serial
    assign none_pending = 1'b1;
    assign retire_valid_o = compute_done_i;
    assign retire_signal_o = signal_q;
    assign retire_index_o = index_q;
    logic unused_cycles;
    assign unused_cycles = ^cycles_q;
  end else begin : gen_pipeline
    // Those behind their last beat: when they are due, in order.
    // The oldest stands in registers; it is read one cycle after it was written, long before it is due.
    localparam int unsigned EntryBits = TimeBits + 16 + IndexBits;
    // what is read while it is written is not readable yet
    (* no_rw_check *) logic [EntryBits-1:0] entries[Pending];
    logic [EntryBits-1:0] oldest_q;
    logic [TimeBits-1:0]  now_q, due, late;
    logic [3:0]           first_d, first_q, next_q;
    logic [4:0]           count_q, readable_q;
    logic                 push, pop;

    assign none_pending = count_q == 5'd0;
    assign push = compute_done_i || pool_done_i;
    assign {due, retire_signal_o, retire_index_o} = oldest_q;
    assign retire_valid_o = pop;
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

  assign layer_retire_valid_o = layer_valid_o || columns_valid_o;
  assign layer_retire_signal_o = head_pool.signal;
  assign layer_retire_index_o = instruction_index_i;
  assign idle_o = none_pending && !compute_active_i && !pool_active_i;

  logic unused;
  assign unused = ^{head_compute, head_pool};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_own_instruction: assert (!instruction_valid_i || is_layer || is_columns || is_compute || is_pool || is_store);
      a_one_at_work: assert (32'(compute_active_i) + 32'(pool_active_i) + 32'(store_reading_i) <= 1);
      a_done_while_active: assert ((!compute_done_i || compute_active_i) && (!pool_done_i || pool_active_i)
          && (!store_read_done_i || store_reading_i));
    end
  end
`endif

endmodule
