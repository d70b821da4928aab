// How the column ids of each table block split into slot and tap: the number of low bits that name the tap.
//
// Latency: 1 from load to tap_bits_o, 0 from block_i. Throughput: one load a cycle. Stalls: never.

module dlp_tap_bits (
  input  logic clk_i,

  // LOADT
  input  dlp_machine_pkg::table_load_t table_load_i,

  input  logic                                      block_i,
  output logic [dlp_isa_pkg::LoadtTapBitsBits-1:0] tap_bits_o
);

  logic [dlp_isa_pkg::LoadtTapBitsBits-1:0] tap_bits_0_q, tap_bits_1_q;

  always_ff @(posedge clk_i) begin
    if (table_load_i.tap_bits_valid && !table_load_i.block) tap_bits_0_q <= table_load_i.tap_bits;
    if (table_load_i.tap_bits_valid && table_load_i.block) tap_bits_1_q <= table_load_i.tap_bits;
  end

  assign tap_bits_o = block_i ? tap_bits_1_q : tap_bits_0_q;

  logic unused;
  assign unused = ^table_load_i;

endmodule
