// The slot entries of both table blocks, one copy per feature memory bank so that every bank reads its own each cycle. Entries that one
// data beat of LOADT brings lie side by side and are written at once.
//
// Latency: 1 (LUT RAM, choice and register). Throughput: one entry a cycle. Stalls: never.

module dlp_slot_table #(
  // entries written at once: a power of two
  parameter int unsigned SlotsPerLoad = 1
) (
  input  logic clk_i,

  // LOADT: which of the entries from an index upward, a multiple of SlotsPerLoad
  input  logic [SlotsPerLoad-1:0]    load_valid_i,
  input  logic                       load_block_i,
  input  logic [6:0]                 load_index_i,
  input  logic [SlotsPerLoad*32-1:0] load_data_i,

  input  logic               read_block_i,
  input  logic [6:0]         read_index_i,
  output dlp_isa_pkg::slot_t slot_o
);

  // the bits that the machine's slots may set
  localparam logic [31:0] Used = dlp_machine_pkg::SlotMask;
  localparam int unsigned SlotBits = $countones(Used);
  localparam int unsigned Lines = dlp_isa_pkg::SlotsPerBlock / SlotsPerLoad;
  localparam int unsigned Place = $clog2(SlotsPerLoad);

  logic [SlotsPerLoad*SlotBits-1:0] line;
  logic [SlotBits-1:0]              slot, slot_kept;
  logic [31:0]                      slot_word;

  logic [SlotsPerLoad*SlotBits-1:0] load_line;
  for (genvar b = 0; b < 32; b++) begin : gen_bit
    if (Used[b]) begin : gen_kept
      localparam int unsigned At = $countones(Used & ~(32'hffffffff << b));
      for (genvar i = 0; i < SlotsPerLoad; i++) begin : gen_load
        assign load_line[i*SlotBits+At] = load_data_i[i*32+b];
      end
      assign slot_word[b] = slot_kept[At];
    end else begin : gen_zero
      assign slot_word[b] = 1'b0;
    end
  end
  assign slot_o = slot_word;

  for (genvar i = 0; i < SlotsPerLoad; i++) begin : gen_entry
    // semaphores keep LOADT from a block in use
    (* no_rw_check *) logic [SlotBits-1:0] entries[2*Lines];
    always_ff @(posedge clk_i) begin
      if (load_valid_i[i]) entries[{load_block_i, load_index_i[6:Place]}] <= load_line[i*SlotBits+:SlotBits];
    end
`ifdef DLP_BLOCK_MEMORY
    // where there is no LUT RAM the entry is registered before the choice
    logic [SlotBits-1:0] entry_q;
    always_ff @(posedge clk_i) entry_q <= entries[{read_block_i, read_index_i[6:Place]}];
    assign line[i*SlotBits+:SlotBits] = entry_q;
`else
    assign line[i*SlotBits+:SlotBits] = entries[{read_block_i, read_index_i[6:Place]}];
`endif
  end

  if (SlotsPerLoad > 1) begin : gen_choice
    logic [Place-1:0] select;
`ifdef DLP_BLOCK_MEMORY
    logic [Place-1:0] select_q;
    always_ff @(posedge clk_i) select_q <= read_index_i[Place-1:0];
    assign select = select_q;
`else
    assign select = read_index_i[Place-1:0];
`endif
    dlp_mux #(
      .Width(SlotBits),
      .Words(SlotsPerLoad)
    ) u_slot (
      .words_i (line),
      .select_i(select),
      .word_o  (slot)
    );
  end else begin : gen_one
    assign slot = line;
  end

`ifdef DLP_BLOCK_MEMORY
  assign slot_kept = slot;
`else
  logic [SlotBits-1:0] slot_q;
  always_ff @(posedge clk_i) slot_q <= slot;
  assign slot_kept = slot_q;
`endif

  logic unused;
  assign unused = ^{load_data_i, load_index_i};

endmodule
