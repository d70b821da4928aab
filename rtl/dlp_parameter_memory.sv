// Parameter memory: bias, multiplier, shift and rounding of every row. A word holds R rows, so that a drain reads what it needs, or a multiple of R
// where a data beat of LOADP brings more; a row group begins with a new word.
//
// Latency: 1 + MemoryReadCycles from drain_group_i to parameters_o; with Serial, where drain_group_i is held, 1. Throughput: R rows a cycle.
// Stalls: never.

module dlp_parameter_memory #(
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Groups = 4,
  parameter int unsigned ParameterGroups = 64,
  parameter bit Serial = 1'b0,
  // derived: leave alone
  parameter int unsigned AddressBits = dlp_machine_pkg::ParameterAddressBits
) (
  input  logic clk_i,

  // LOADP: word = row group · ParameterGroupWords + index, and which of its rows
  input  dlp_machine_pkg::parameter_load_t load_i,

  // the row group of the COMPUTE, and which R of its rows drain
  input  logic                                                read_valid_i,
  input  logic [dlp_isa_pkg::ComputeGroupBits-1:0]            group_i,
  input  logic [7:0]                                          drain_group_i,
  output logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_o
);

  localparam int unsigned RowBits = dlp_isa_pkg::ParameterUsedBits;
  localparam int unsigned WordRows = dlp_machine_pkg::ParameterWordRows;
  localparam int unsigned GroupWords = dlp_machine_pkg::ParameterGroupWords;
  localparam int unsigned Parts = WordRows / DrainRows;
  localparam int unsigned PartBits = (Parts > 1) ? $clog2(Parts) : 1;

  logic [AddressBits-1:0]  address_d, address_q;
  logic                    valid_q;
  logic [WordRows*RowBits-1:0] word;
  logic [PartBits-1:0]     part, part_3;

  assign address_d = AddressBits'(group_i * GroupWords) + AddressBits'(32'(drain_group_i) / Parts);
  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    valid_q <= read_valid_i;
  end

  for (genvar j = 0; j < WordRows; j++) begin : gen_row
    dlp_ram #(
      .Width(RowBits),
      .Depth(ParameterGroups * GroupWords),
      .OutputRegister(!Serial)
    ) u_ram (
      .clk_i,
      .write_valid_i  (load_i.valid[j]),
      .write_address_i(load_i.address),
      .write_data_i   (load_i.rows[j*RowBits+:RowBits]),
      .read_valid_i   (Serial || valid_q),
      .read_address_i (Serial ? address_d : address_q),
      .output_valid_i (1'b1),
      .read_data_o    (word[j*RowBits+:RowBits])
    );
  end

  // Which R rows of the word.
  assign part = PartBits'(32'(drain_group_i) % Parts);
  dlp_delay #(
    .Width (PartBits),
    .Cycles(Serial ? 1 : 1 + dlp_isa_pkg::MemoryReadCycles)
  ) u_part (
    .clk_i,
    .rst_ni(1'b1),
    .data_i(part),
    .data_o(part_3)
  );
  dlp_mux #(
    .Width     (DrainRows * RowBits),
    .Words     (Parts),
    .SelectBits(PartBits)
  ) u_rows (
    .words_i (word),
    .select_i(part_3),
    .word_o  (parameters_o)
  );

`ifndef SYNTHESIS
  initial assert (WordRows % DrainRows == 0 && 2 ** $clog2(Parts) == Parts) else $fatal(1, "ParameterWordRows");
  initial assert (GroupWords == (Groups + Parts - 1) / Parts) else $fatal(1, "ParameterGroupWords");
`endif

endmodule
