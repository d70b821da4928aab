// The logits memory: 4,096 int32, written R at a time from a multiple of R on, read by STOREL.
//
// Latency: MemoryReadCycles. Throughput: R logits a cycle. Stalls: never.

module dlp_logits_memory #(
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Words = (dlp_machine_pkg::LogitsWords + DrainRows - 1) / DrainRows,
  parameter int unsigned AddressBits = $clog2(Words)
) (
  input  logic clk_i,

  input  logic                    write_valid_i,
  input  dlp_machine_pkg::drain_t drain_i,
  input  logic [DrainRows*32-1:0] sums_i,

  input  logic                    read_valid_i,
  input  logic [AddressBits-1:0]  read_address_i,
  output logic [DrainRows*32-1:0] read_data_o
);

  logic [AddressBits-1:0] address;
  assign address = AddressBits'(drain_i.op.output_base / 16'(DrainRows)) + AddressBits'(drain_i.drain_group);

  dlp_ram #(
    .Width(DrainRows * 32),
    .Depth(Words)
  ) u_ram (
    .clk_i,
    .write_valid_i,
    .write_address_i(address),
    .write_data_i   (sums_i),
    .read_valid_i,
    .read_address_i,
    .output_valid_i (1'b1),
    .read_data_o
  );

  logic unused;
  assign unused = ^drain_i;

endmodule
