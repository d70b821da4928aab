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

  // without the zeros above the fields
  localparam int unsigned SlotBits = dlp_isa_pkg::SlotFillAt + dlp_isa_pkg::SlotFillBits;
  localparam int unsigned Lines = dlp_isa_pkg::SlotsPerBlock / SlotsPerLoad;
  localparam int unsigned Place = $clog2(SlotsPerLoad);

  logic [SlotsPerLoad*SlotBits-1:0] line;
  logic [SlotBits-1:0]              slot, slot_q;

  for (genvar i = 0; i < SlotsPerLoad; i++) begin : gen_entry
    logic [SlotBits-1:0] entries[2*Lines];
    always_ff @(posedge clk_i) begin
      if (load_valid_i[i]) entries[{load_block_i, load_index_i[6:Place]}] <= load_data_i[i*32+:SlotBits];
    end
    assign line[i*SlotBits+:SlotBits] = entries[{read_block_i, read_index_i[6:Place]}];
  end

  if (SlotsPerLoad > 1) begin : gen_choice
    dlp_mux #(
      .Width(SlotBits),
      .Words(SlotsPerLoad)
    ) u_slot (
      .words_i (line),
      .select_i(read_index_i[Place-1:0]),
      .word_o  (slot)
    );
  end else begin : gen_one
    assign slot = line;
  end

  always_ff @(posedge clk_i) slot_q <= slot;
  assign slot_o = 32'(slot_q);

  logic unused;
  assign unused = ^{load_data_i, load_index_i};

endmodule
