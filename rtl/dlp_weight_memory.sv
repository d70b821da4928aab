// The weight memory of one cluster: its part of every beat.
//
// Latency: MemoryReadCycles from address to beat. Throughput: one beat a cycle. Stalls: never.

module dlp_weight_memory #(
  parameter int unsigned BeatBits = 88,
  parameter int unsigned WeightBeats = 1024,
  parameter int unsigned AddressBits = $clog2(WeightBeats)
) (
  input  logic                   clk_i,

  // LOADW
  input  logic                   load_valid_i,
  input  logic [AddressBits-1:0] load_address_i,
  input  logic [BeatBits-1:0]    load_data_i,

  input  logic                   read_valid_i,
  input  logic [AddressBits-1:0] read_address_i,
  output logic [BeatBits-1:0]    read_data_o
);

  dlp_ram #(
    .Width(BeatBits),
    .Depth(WeightBeats)
  ) u_ram (
    .clk_i,
    .write_valid_i  (load_valid_i),
    .write_address_i(load_address_i),
    .write_data_i   (load_data_i),
    .read_valid_i,
    .read_address_i,
    .output_valid_i (1'b1),
    .read_data_o
  );

endmodule
