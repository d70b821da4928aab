// PSUM: U × P partial sums; every part of a position adds to them, the first overwrites (unless the COMPUTE accumulates).
//
//   cycle 0    drain_i
//   cycle 1    read
//   cycle 2    word, sums_i          word + sum
//   cycle 3    total_o               write
//
// Latency: 3 from drain_i, PsumCycles from sums_i. Throughput: R rows a cycle. Stalls: never; a word is read PsumLoopCycles after the
// read of the previous part at the earliest, as a part has at least U/R beats and the machine's law is PsumLoopCycles <= U/R.

module dlp_psum #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Groups = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  dlp_compute_pkg::drain_t       drain_i,
  input  logic [DrainRows*Lanes*32-1:0] sums_i,
  output logic [DrainRows*Lanes*32-1:0] total_o
);

  localparam int unsigned IndexBits = $clog2(Groups);

  localparam int unsigned WordBits = Lanes * 32;
  logic [IndexBits-1:0] index_1, index_3;
  logic                 overwrite_2, valid_3;

  dlp_delay #(.Width(IndexBits)) u_index_1 (
    .clk_i, .rst_ni, .data_i(drain_i.index[IndexBits-1:0]), .data_o(index_1)
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
    logic [WordBits-1:0] words[Groups];
    logic [WordBits-1:0] word_q, kept, total_d, total_q;

    initial begin
      for (int unsigned i = 0; i < Groups; i++) words[i] = '0;
    end

    assign kept = overwrite_2 ? '0 : word_q;
    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      assign total_d[l*32+:32] = kept[l*32+:32] + sums_i[j*WordBits+l*32+:32];
    end

    always_ff @(posedge clk_i) begin
      word_q <= words[index_1];
      total_q <= total_d;
      if (valid_3) words[index_3] <= total_q;
    end
    assign total_o[j*WordBits+:WordBits] = total_q;
  end

  logic unused;
  assign unused = ^{drain_i.index, drain_i.keep, drain_i.finish, drain_i.first_position, drain_i.row, drain_i.column, drain_i.pass};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::PsumCycles == 1) else $fatal(1, "one addition");
  initial assert (dlp_isa_pkg::PsumLoopCycles == 3 && Groups >= 3) else $fatal(1, "a part shorter than the PSUM loop");
`endif

endmodule
