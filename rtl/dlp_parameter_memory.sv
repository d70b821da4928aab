// Parameter memory: bias, multiplier and shift of every row; R rows a word, so that a drain reads what it needs.
//
// Latency: 1 + MemoryReadCycles from drain_i to parameters_o. Throughput: R rows a cycle. Stalls: never.

module dlp_parameter_memory #(
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Groups = 4,
  parameter int unsigned ParameterGroups = 64,
  parameter int unsigned AddressBits = $clog2(ParameterGroups * Groups)
) (
  input  logic clk_i,

  // LOADP: word = row group · U/R + index, and which of its rows
  input  logic [DrainRows-1:0]        load_valid_i,
  input  logic [AddressBits-1:0]      load_address_i,
  input  logic [DrainRows*54-1:0]     load_data_i,

  input  dlp_compute_pkg::drain_t     drain_i,
  output logic [DrainRows*54-1:0]     parameters_o
);

  logic [AddressBits-1:0] address_q;
  logic                   valid_q;

  always_ff @(posedge clk_i) begin
    address_q <= AddressBits'(drain_i.pass.group * Groups) + AddressBits'(drain_i.index);
    valid_q <= drain_i.valid;
  end

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    dlp_ram #(
      .Width(54),
      .Depth(ParameterGroups * Groups)
    ) u_ram (
      .clk_i,
      .write_valid_i  (load_valid_i[j]),
      .write_address_i(load_address_i),
      .write_data_i   (load_data_i[j*54+:54]),
      .read_valid_i   (valid_q),
      .read_address_i (address_q),
      .read_data_o    (parameters_o[j*54+:54])
    );
  end

  logic unused;
  assign unused = ^{drain_i.keep, drain_i.overwrite, drain_i.finish, drain_i.first_position, drain_i.row, drain_i.column, drain_i.pass};

endmodule
