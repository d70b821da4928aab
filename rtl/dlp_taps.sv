// The tap offsets of the machine: all taps of a position in every cycle, or one after the other where it waits at each position anyhow.
//
// Latency, throughput: dlp_tap_offsets.sv, or dlp_serial_taps.sv where PostInterval > 1. Stalls: never.

module dlp_taps #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2,
  parameter int unsigned AddressBits = 9,
  parameter int unsigned GeometriesPerLoad = 1,
  // derived: leave alone
  parameter int unsigned Geometries = dlp_machine_pkg::Geometries,
  parameter int unsigned Taps = dlp_machine_pkg::Taps,
  parameter int unsigned LeadBits = $clog2(2 * Taps + 1)
) (
  input  logic clk_i,

  // LOADT: geometries from an index upward, a multiple of GeometriesPerLoad
  input  logic [GeometriesPerLoad-1:0]     load_valid_i,
  input  logic                             load_block_i,
  input  logic [1:0]                       load_index_i,
  input  logic [GeometriesPerLoad*128-1:0] load_data_i,

  input  logic       block_i,
  input  logic [7:0] row_i,
  input  logic [7:0] column_i,
  // cycles until the position's first beat, where they are serial
  input  logic [LeadBits-1:0] lead_i,

  output logic [2*Geometries*2-1:0]             column_bits_o,
  output logic [Geometries*Taps*16-1:0]         row_offset_o,
  output logic [Geometries*Taps*2-1:0]          row_shift_o,
  output logic [Geometries*Taps*GridHeight-1:0] row_mask_o,
  output logic [Geometries*Taps*8-1:0]          column_offset_o,
  output logic [Geometries*Taps*2-1:0]          column_shift_o,
  output logic [Geometries*Taps*GridWidth-1:0]  column_mask_o
);

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
      .load_valid_i,
      .load_block_i,
      .load_index_i,
      .load_data_i,
      .block_i,
      .row_i,
      .column_i,
      .lead_i,
      .column_bits_o,
      .row_offset_o,
      .row_shift_o,
      .row_mask_o,
      .column_offset_o,
      .column_shift_o,
      .column_mask_o
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
      .load_valid_i,
      .load_block_i,
      .load_index_i,
      .load_data_i,
      .block_i,
      .row_i,
      .column_i,
      .column_bits_o,
      .row_offset_o,
      .row_shift_o,
      .row_mask_o,
      .column_offset_o,
      .column_shift_o,
      .column_mask_o
    );
    logic unused_lead;
    assign unused_lead = ^lead_i;
  end

endmodule
