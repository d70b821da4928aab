// Parameter memory: bias, multiplier and shift of every row. A word holds R rows, so that a drain reads what it needs, or a multiple of R
// where a data beat of LOADP brings more; a row group begins with a word of its own.
//
// Latency: 1 + MemoryReadCycles from drain_i to parameters_o; with Serial, where drain_i holds, 1. Throughput: R rows a cycle. Stalls: never.

module dlp_parameter_memory #(
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Groups = 4,
  parameter int unsigned ParameterGroups = 64,
  parameter int unsigned WordRows = DrainRows,
  parameter bit Serial = 1'b0,
  // derived: leave alone
  parameter int unsigned Parts = WordRows / DrainRows,
  parameter int unsigned GroupWords = (Groups + Parts - 1) / Parts,
  parameter int unsigned AddressBits = $clog2(ParameterGroups * GroupWords)
) (
  input  logic clk_i,

  // LOADP: word = row group · GroupWords + index, and which of its rows
  input  logic [WordRows-1:0]         load_valid_i,
  input  logic [AddressBits-1:0]      load_address_i,
  input  logic [WordRows*dlp_isa_pkg::ParameterUsedBits-1:0]      load_data_i,

  input  dlp_compute_pkg::drain_t     drain_i,
  output logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0]     parameters_o
);

  localparam int unsigned PartBits = (Parts > 1) ? $clog2(Parts) : 1;

  logic [AddressBits-1:0]  address_d, address_q;
  logic                    valid_q;
  logic [WordRows*dlp_isa_pkg::ParameterUsedBits-1:0]  word;
  logic [PartBits-1:0]     part, part_3;

  assign address_d = AddressBits'(drain_i.pass.group * GroupWords) + AddressBits'(32'(drain_i.index) / Parts);
  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    valid_q <= drain_i.valid;
  end

  for (genvar j = 0; j < WordRows; j++) begin : gen_row
    dlp_ram #(
      .Width(dlp_isa_pkg::ParameterUsedBits),
      .Depth(ParameterGroups * GroupWords),
      .OutputRegister(!Serial)
    ) u_ram (
      .clk_i,
      .write_valid_i  (load_valid_i[j]),
      .write_address_i(load_address_i),
      .write_data_i   (load_data_i[j*dlp_isa_pkg::ParameterUsedBits+:dlp_isa_pkg::ParameterUsedBits]),
      .read_valid_i   (Serial || valid_q),
      .read_address_i (Serial ? address_d : address_q),
      .output_valid_i (1'b1),
      .read_data_o    (word[j*dlp_isa_pkg::ParameterUsedBits+:dlp_isa_pkg::ParameterUsedBits])
    );
  end

  // Which R rows of the word.
  assign part = PartBits'(32'(drain_i.index) % Parts);
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
    .Width     (DrainRows * dlp_isa_pkg::ParameterUsedBits),
    .Words     (Parts),
    .SelectBits(PartBits)
  ) u_rows (
    .words_i (word),
    .select_i(part_3),
    .word_o  (parameters_o)
  );

  logic unused;
  assign unused = ^{drain_i.keep, drain_i.overwrite, drain_i.finish, drain_i.first_position, drain_i.row, drain_i.column, drain_i.pass};

`ifndef SYNTHESIS
  initial assert (WordRows % DrainRows == 0 && 2 ** $clog2(Parts) == Parts) else $fatal(1, "WordRows");
`endif

endmodule
