// PSUM: U × P partial sums; every part of a position is added to them, the first overwrites them (unless the COMPUTE accumulates).
//
//   cycle 0    drain_i
//   cycle 1    read
//   cycle 2    word, sums_i          word + sum
//   cycle 3    total_o               write
//
// Latency: 3 from drain_i, PsumCycles from sums_i. Throughput: R rows a cycle. Stalls: never; a word is read PsumLoopCycles after the
// read of the previous part at the earliest, as a part has at least U/R beats and every machine has PsumLoopCycles <= U/R.

module dlp_psum #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Groups = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  dlp_machine_pkg::drain_t       drain_i,
  // sums, and what is to be added to each
  input  logic [DrainRows*Lanes*32-1:0] sums_i,
  input  logic [DrainRows*Lanes-1:0]    carries_i,
  output logic [DrainRows*Lanes*32-1:0] total_o
);

  localparam int unsigned IndexBits = $clog2(Groups);

  logic [IndexBits-1:0] index_1, index_3;
  logic                 overwrite_2, valid_3;

  dlp_delay #(.Width(IndexBits)) u_index_1 (
    .clk_i, .rst_ni, .data_i(drain_i.drain_group[IndexBits-1:0]), .data_o(index_1)
  );
  dlp_delay #(.Width(IndexBits), .Cycles(2)) u_index_3 (
    .clk_i, .rst_ni, .data_i(index_1), .data_o(index_3)
  );
  dlp_delay #(.Cycles(2)) u_overwrite_2 (
    .clk_i, .rst_ni, .data_i(drain_i.overwrite), .data_o(overwrite_2)
  );
  dlp_delay #(.Cycles(3), .Reset(1'b1)) u_valid_3 (
    .clk_i, .rst_ni, .data_i(drain_i.valid), .data_o(valid_3)
  );

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    dlp_psum_row #(
      .Lanes (Lanes),
      .Groups(Groups)
    ) u_row (
      .clk_i,
      .read_index_i (index_1),
      .overwrite_i  (overwrite_2),
      .sums_i       (sums_i[j*Lanes*32+:Lanes*32]),
      .carries_i    (carries_i[j*Lanes+:Lanes]),
      .write_valid_i(valid_3),
      .write_index_i(index_3),
      .total_o      (total_o[j*Lanes*32+:Lanes*32])
    );
  end

  logic unused;
  assign unused = ^{drain_i.drain_group, drain_i.keep, drain_i.finish, drain_i.first_position, drain_i.row, drain_i.column, drain_i.op};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::PsumCycles == 1) else $fatal(1, "one addition");
  initial assert (dlp_isa_pkg::PsumLoopCycles == 3 && Groups >= 3) else $fatal(1, "a part is shorter than the PSUM loop");
`endif

endmodule
