// From a column id to the access of its bank: word address, lane shifts, lane masks, sign and fill; and whether slot entry, tap or word is out of range.
//
//   cycle 0    id, page                      slot index, tap
//   cycle 1    slot table
//   cycle 2    slot                          tap row, tap column
//   cycle 3    tap offsets of the position   choice of row and column entry
//   cycle 4    base + row offset + column offset
//   cycle 5    address_o …
//
// Latency: ColumnAddressCycles. Throughput: one id a cycle. Stalls: never.

module dlp_column_address #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned FeatureWords = 512,
  // derived: leave alone
  parameter int unsigned AddressBits = $clog2(FeatureWords)
) (
  input  logic clk_i,

  // LOADT; a base outside the bank has the bit above the address set (dlp_table_fields.sv)
  input  dlp_machine_pkg::table_load_t table_load_i,

  // a column id, its beat's page, the block in use and that block's split of ids
  input  logic [dlp_isa_pkg::ColumnIdBits-1:0]     id_i,
  input  logic [dlp_isa_pkg::FlagsPageBits-1:0]    page_i,
  input  logic                                     block_i,
  input  logic [dlp_isa_pkg::LoadtTapBitsBits-1:0] tap_bits_i,

  // the tap offsets: column_bits are registers; the others belong to the id that entered three cycles before
  input  dlp_machine_pkg::tap_offsets_t tap_offsets_i,

  output logic [AddressBits-1:0]               address_o,
  output logic                                 out_of_range_o,
  output logic [1:0]                           row_shift_o,
  output logic [GridHeight-1:0]                row_mask_o,
  output logic [1:0]                           column_shift_o,
  output logic [GridWidth-1:0]                 column_mask_o,
  output logic                                 signed_o,
  output logic [dlp_isa_pkg::SlotFillBits-1:0] fill_o
);

  localparam int unsigned Geometries = dlp_machine_pkg::Geometries;
  localparam int unsigned Taps = dlp_machine_pkg::Taps;

  // The members as vectors of their own: Yosys maps an indexed part select of a struct member to several times the LUTs.
  logic [2*Geometries*2-1:0]             column_bits_of_geometry;
  logic [Geometries*Taps*16-1:0]         row_offsets;
  logic [Geometries*Taps*2-1:0]          row_shifts, column_shifts;
  logic [Geometries*Taps*GridHeight-1:0] row_masks;
  logic [Geometries*Taps*8-1:0]          column_offsets;
  logic [Geometries*Taps*GridWidth-1:0]  column_masks;
  assign column_bits_of_geometry = tap_offsets_i.column_bits;
  assign row_offsets = tap_offsets_i.row_offsets;
  assign row_shifts = tap_offsets_i.row_shifts;
  assign row_masks = tap_offsets_i.row_masks;
  assign column_offsets = tap_offsets_i.column_offsets;
  assign column_shifts = tap_offsets_i.column_shifts;
  assign column_masks = tap_offsets_i.column_masks;

  // Cycle 0: entry = page · 2^(8 − tap bits) + (id >> tap bits).
  logic [6:0] index_d, index_q;
  logic [5:0] tap_d, tap_1_q, tap_2_q;
  logic       block_1_q, block_2_q;
  logic [7:0] slot_of_id;
  logic [10:0] page_base;
  logic        out_of_range_1_q, out_of_range_2_q, out_of_range_3_q, out_of_range_4_q;
  assign slot_of_id = id_i >> tap_bits_i;
  assign page_base = {page_i, 8'b0} >> tap_bits_i;
  assign index_d = page_base[6:0] + slot_of_id[6:0];
  assign tap_d = id_i[5:0] & ~(6'h3f << tap_bits_i);
  always_ff @(posedge clk_i) begin
    index_q <= index_d;
    tap_1_q <= tap_d;
    tap_2_q <= tap_1_q;
    block_1_q <= block_i;
    block_2_q <= block_1_q;
    out_of_range_1_q <= page_base[10:7] != '0 || slot_of_id[7];
    out_of_range_2_q <= out_of_range_1_q;
  end

  // Cycle 1.
  dlp_isa_pkg::slot_t slot_2;
  dlp_slot_table u_slots (
    .clk_i,
    .load_valid_i(table_load_i.slot_valid),
    .load_block_i(table_load_i.block),
    .load_index_i(table_load_i.slot_index),
    .load_data_i (table_load_i.slots),
    .read_block_i(block_1_q),
    .read_index_i(index_q),
    .slot_o      (slot_2)
  );

  // Cycle 2: tap = tap row · 2^column_bits + tap column.
  localparam int unsigned TapBits = $clog2(Taps);
  localparam int unsigned EntryBits = $clog2(Geometries * Taps);
  logic [1:0]           column_bits;
  logic [2:0]           tap_row_d, tap_column_d;
  logic [5:0]           tap_row_2;
  logic [EntryBits-1:0] row_entry_q, column_entry_q;
  dlp_isa_pkg::slot_t slot_3_q, slot_4_q;
  assign column_bits = column_bits_of_geometry[(32'(block_2_q)*Geometries+32'(slot_2.geometry)%Geometries)*2+:2];
  assign tap_row_2 = tap_2_q >> column_bits;
  assign tap_row_d = tap_row_2[2:0];
  assign tap_column_d = tap_2_q[2:0] & ~(3'h7 << column_bits);
  always_ff @(posedge clk_i) begin
    row_entry_q <= EntryBits'({slot_2.geometry, tap_row_d[TapBits-1:0]});
    column_entry_q <= EntryBits'({slot_2.geometry, tap_column_d[TapBits-1:0]});
    slot_3_q <= slot_2;
    out_of_range_3_q <= out_of_range_2_q || (tap_row_2 >> TapBits) != '0 || (tap_column_d >> TapBits) != '0;
    out_of_range_4_q <= out_of_range_3_q;
  end

  // Cycle 3.
  logic [AddressBits-1:0] row_offset_q;
  logic [7:0]            column_offset_q;
  logic [1:0]            row_shift_4_q, column_shift_4_q, row_shift_q, column_shift_q;
  logic [GridHeight-1:0] row_mask_4_q, row_mask_q;
  logic [GridWidth-1:0]  column_mask_4_q, column_mask_q;
  always_ff @(posedge clk_i) begin
    row_offset_q <= row_offsets[32'(row_entry_q)*16+:AddressBits];
    row_shift_4_q <= row_shifts[32'(row_entry_q)*2+:2];
    row_mask_4_q <= row_masks[32'(row_entry_q)*GridHeight+:GridHeight];
    column_offset_q <= column_offsets[32'(column_entry_q)*8+:8];
    column_shift_4_q <= column_shifts[32'(column_entry_q)*2+:2];
    column_mask_4_q <= column_masks[32'(column_entry_q)*GridWidth+:GridWidth];
    slot_4_q <= slot_3_q;
  end

  // Cycle 4.
  logic base_out_of_range_4;
  if (AddressBits < 16) assign base_out_of_range_4 = slot_4_q.base[AddressBits];
  else assign base_out_of_range_4 = 1'b0;
  // wide enough not to wrap
  logic [AddressBits+1:0] address_q;
  logic        signed_q, out_of_range_q;
  logic [3:0]  fill_q;
  always_ff @(posedge clk_i) begin
    address_q <= (AddressBits + 2)'(slot_4_q.base[AddressBits-1:0]) + (AddressBits + 2)'(row_offset_q) + (AddressBits + 2)'(column_offset_q);
    out_of_range_q <= out_of_range_4_q || base_out_of_range_4 || row_shift_4_q == 2'b11 || column_shift_4_q == 2'b11;
    row_shift_q <= row_shift_4_q;
    row_mask_q <= row_mask_4_q;
    column_shift_q <= column_shift_4_q;
    column_mask_q <= column_mask_4_q;
    signed_q <= slot_4_q.signed_field;
    fill_q <= slot_4_q.fill;
  end

  assign address_o = address_q[AddressBits-1:0];
  assign out_of_range_o = out_of_range_q || 32'(address_q) >= FeatureWords;
  assign row_shift_o = row_shift_q;
  assign row_mask_o = row_mask_q;
  assign column_shift_o = column_shift_q;
  assign column_mask_o = column_mask_q;
  assign signed_o = signed_q;
  assign fill_o = fill_q;

  logic unused;
  assign unused = ^{table_load_i, tap_row_d, tap_column_d, page_base[10:7], slot_of_id[7], slot_4_q.geometry, slot_4_q.reserved};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ColumnAddressCycles == 5) else $fatal(1, "five registers from id to address");
`endif

endmodule
