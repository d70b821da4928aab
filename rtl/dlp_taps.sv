// The tap offsets of the machine: all taps of a position in every cycle, or one after the other on a machine that waits at each position in any case.
//
// Latency, throughput: dlp_tap_offsets.sv, or dlp_serial_taps.sv where PostInterval > 1. Stalls: never.

module dlp_taps #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned AddressBits = 9,
  // derived: leave alone
  parameter int unsigned Geometries = dlp_machine_pkg::Geometries,
  parameter int unsigned Taps = dlp_machine_pkg::Taps,
  parameter int unsigned LeadBits = $clog2(2 * Taps + 1)
) (
  input  logic clk_i,

  // LOADT
  input  dlp_machine_pkg::table_load_t table_load_i,

  input  logic       block_i,
  input  logic [7:0] row_i,
  input  logic [7:0] column_i,
  // cycles until the position's first beat, for serial taps
  input  logic [LeadBits-1:0] lead_i,

  output dlp_machine_pkg::tap_offsets_t tap_offsets_o
);

  localparam int unsigned GeometriesPerLoad = dlp_machine_pkg::GeometriesPerLoad;

  if (dlp_machine_pkg::PostInterval > 1) begin : gen_serial_taps
    dlp_serial_taps #(
      .GridHeight       (GridHeight),
      .GridWidth        (GridWidth),
      .AddressBits      (AddressBits),
      .GeometriesPerLoad(GeometriesPerLoad),
      .Taps             (Taps),
      .ExtentBits       (dlp_machine_pkg::ExtentBits),
      .ReachBits        (dlp_machine_pkg::TapReachBits)
    ) u_taps (
      .clk_i,
      .load_valid_i   (table_load_i.geometry_valid),
      .load_block_i   (table_load_i.block),
      .load_index_i   (table_load_i.geometry_index),
      .load_data_i    (table_load_i.geometries),
      .block_i,
      .row_i,
      .column_i,
      .lead_i,
      .column_bits_o  (tap_offsets_o.column_bits),
      .row_offset_o   (tap_offsets_o.row_offsets),
      .row_shift_o    (tap_offsets_o.row_shifts),
      .row_mask_o     (tap_offsets_o.row_masks),
      .column_offset_o(tap_offsets_o.column_offsets),
      .column_shift_o (tap_offsets_o.column_shifts),
      .column_mask_o  (tap_offsets_o.column_masks)
    );
  end else begin : gen_taps
    dlp_tap_offsets #(
      .GridHeight       (GridHeight),
      .GridWidth        (GridWidth),
      .AddressBits      (AddressBits),
      .GeometriesPerLoad(GeometriesPerLoad),
      .Geometries       (Geometries),
      .Taps             (Taps),
      .ExtentBits       (dlp_machine_pkg::ExtentBits)
    ) u_tap_offsets (
      .clk_i,
      .load_valid_i   (table_load_i.geometry_valid),
      .load_block_i   (table_load_i.block),
      .load_index_i   (table_load_i.geometry_index),
      .load_data_i    (table_load_i.geometries),
      .block_i,
      .row_i,
      .column_i,
      .column_bits_o  (tap_offsets_o.column_bits),
      .row_offset_o   (tap_offsets_o.row_offsets),
      .row_shift_o    (tap_offsets_o.row_shifts),
      .row_mask_o     (tap_offsets_o.row_masks),
      .column_offset_o(tap_offsets_o.column_offsets),
      .column_shift_o (tap_offsets_o.column_shifts),
      .column_mask_o  (tap_offsets_o.column_masks)
    );
    logic unused_lead;
    assign unused_lead = ^lead_i;
  end

  logic unused;
  assign unused = ^table_load_i;

endmodule
