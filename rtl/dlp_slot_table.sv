// The slot entries of both table blocks, one replica per feature memory bank so that every bank reads its own each cycle. Entries of one data beat of
// LOADT lie side by side and are written at once.
//
// Latency: 1 (LUT RAM, choice and register). Throughput: one entry a cycle. Stalls: never.

module dlp_slot_table #(
  // entries written at once: a power of two
  parameter int unsigned SlotsPerLoad = dlp_machine_pkg::SlotsPerLoad
) (
  input  logic clk_i,

  // LOADT: which of the entries from an index upward, a multiple of SlotsPerLoad
  input  logic [SlotsPerLoad-1:0]    load_valid_i,
  input  logic                       load_block_i,
  input  logic [6:0]                 load_index_i,
  input  logic [SlotsPerLoad*dlp_isa_pkg::SlotBits-1:0] load_data_i,

  input  logic               read_block_i,
  input  logic [6:0]         read_index_i,
  output dlp_isa_pkg::slot_t slot_o
);

  // the bits that the machine's slots may set
  localparam logic [dlp_isa_pkg::SlotBits-1:0] Used = dlp_machine_pkg::SlotMask;
  localparam int unsigned EntryBits = dlp_isa_pkg::SlotBits;
  localparam int unsigned StoredBits = $countones(Used);
  localparam int unsigned Lines = dlp_isa_pkg::SlotsPerBlock / SlotsPerLoad;
  localparam int unsigned SelectBits = $clog2(SlotsPerLoad);

  logic [SlotsPerLoad*StoredBits-1:0] line;
  logic [StoredBits-1:0]              slot, slot_stored;
  logic [EntryBits-1:0]               slot_word;

  logic [SlotsPerLoad*StoredBits-1:0] load_line;
  for (genvar b = 0; b < EntryBits; b++) begin : gen_bit
    if (Used[b]) begin : gen_stored
      localparam int unsigned Position = $countones(Used & ~({EntryBits{1'b1}} << b));
      for (genvar i = 0; i < SlotsPerLoad; i++) begin : gen_load
        assign load_line[i*StoredBits+Position] = load_data_i[i*EntryBits+b];
      end
      assign slot_word[b] = slot_stored[Position];
    end else begin : gen_zero
      assign slot_word[b] = 1'b0;
    end
  end
  assign slot_o = slot_word;

  for (genvar i = 0; i < SlotsPerLoad; i++) begin : gen_entry
    // not read while it is written: semaphores order LOADT and the use of its block
    (* no_rw_check *) logic [StoredBits-1:0] entries[2*Lines];
    always_ff @(posedge clk_i) begin
      if (load_valid_i[i]) entries[{load_block_i, load_index_i[6:SelectBits]}] <= load_line[i*StoredBits+:StoredBits];
    end
`ifdef DLP_BLOCK_MEMORY
    // without LUT RAM the entry is registered before the choice
    logic [StoredBits-1:0] entry_q;
    always_ff @(posedge clk_i) entry_q <= entries[{read_block_i, read_index_i[6:SelectBits]}];
    assign line[i*StoredBits+:StoredBits] = entry_q;
`else
    assign line[i*StoredBits+:StoredBits] = entries[{read_block_i, read_index_i[6:SelectBits]}];
`endif
  end

  if (SlotsPerLoad > 1) begin : gen_choice
    logic [SelectBits-1:0] select;
`ifdef DLP_BLOCK_MEMORY
    logic [SelectBits-1:0] select_q;
    always_ff @(posedge clk_i) select_q <= read_index_i[SelectBits-1:0];
    assign select = select_q;
`else
    assign select = read_index_i[SelectBits-1:0];
`endif
    dlp_mux #(
      .Width(StoredBits),
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
  assign slot_stored = slot;
`else
  logic [StoredBits-1:0] slot_q;
  always_ff @(posedge clk_i) slot_q <= slot;
  assign slot_stored = slot_q;
`endif

  logic unused;
  assign unused = ^{load_data_i, load_index_i};

endmodule
