// The slot entries of both table blocks, one copy per feature memory bank so that every bank reads its own each cycle.
//
// Latency: 1 (LUT RAM and register). Throughput: one entry a cycle. Stalls: never.

module dlp_slot_table (
  input  logic                   clk_i,

  // LOADT
  input  logic                   load_valid_i,
  input  logic                   load_block_i,
  input  logic [6:0]             load_index_i,
  input  dlp_isa_pkg::slot_t load_data_i,

  input  logic                   read_block_i,
  input  logic [6:0]             read_index_i,
  output dlp_isa_pkg::slot_t slot_o
);

  // without the zeros above the fields
  localparam int unsigned SlotBits = dlp_isa_pkg::SlotFillAt + dlp_isa_pkg::SlotFillBits;

  logic [SlotBits-1:0] entries[2*dlp_isa_pkg::SlotsPerBlock];
  logic [SlotBits-1:0] slot_q;

  always_ff @(posedge clk_i) begin
    if (load_valid_i) entries[{load_block_i, load_index_i}] <= load_data_i[SlotBits-1:0];
    slot_q <= entries[{read_block_i, read_index_i}];
  end

  assign slot_o = 32'(slot_q);

  logic unused;
  assign unused = ^load_data_i.reserved;

endmodule
