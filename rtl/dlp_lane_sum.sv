// Lane sums: the sum of a total's valid lanes, and of these over all positions of a COMPUTE, with the bias added once; one int32 per row.
//
//   cycle 0    drain_i, totals, mask     four lanes each
//   cycle 1                              sixteen
//   cycle 2                              all            read of the row's sum so far
//   cycle 3                              + sum, or + bias at the first position
//   cycle 4    drain_o, sums_o           write
//
// Latency: LaneSumCycles. Throughput: R rows a cycle. Stalls: never; the loop is as long as PSUM's.

module dlp_lane_sum #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned Groups = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  dlp_machine_pkg::drain_t       drain_i,
  input  logic [DrainRows*Lanes*32-1:0] totals_i,
  input  logic [Lanes-1:0]              mask_i,
  input  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_i,

  output dlp_machine_pkg::drain_t  drain_o,
  output logic [DrainRows*32-1:0]  sums_o
);

  localparam int unsigned IndexBits = $clog2(Groups);

  logic [DrainRows*32-1:0] words[Groups];
  logic [DrainRows*32-1:0] word_q, bias_0, bias_3, sums_q;
  logic [IndexBits-1:0]    index_2;
  logic                    first_3, valid_4;
  dlp_machine_pkg::drain_t drain_4;

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    logic [64*32-1:0] masked;
    logic [16*32-1:0] fours_q;
    logic [4*32-1:0]  sixteens_q;
    logic [31:0]      all_q;
    for (genvar l = 0; l < 64; l++) begin : gen_lane
      if (l < Lanes) assign masked[l*32+:32] = mask_i[l] ? totals_i[(j*Lanes+l)*32+:32] : '0;
      else assign masked[l*32+:32] = '0;
    end
    for (genvar i = 0; i < 16; i++) begin : gen_four
      always_ff @(posedge clk_i) begin
        fours_q[i*32+:32] <= (masked[(4*i)*32+:32] + masked[(4*i+1)*32+:32]) + (masked[(4*i+2)*32+:32] + masked[(4*i+3)*32+:32]);
      end
    end
    for (genvar i = 0; i < 4; i++) begin : gen_sixteen
      always_ff @(posedge clk_i) begin
        sixteens_q[i*32+:32] <= (fours_q[(4*i)*32+:32] + fours_q[(4*i+1)*32+:32]) + (fours_q[(4*i+2)*32+:32] + fours_q[(4*i+3)*32+:32]);
      end
    end
    always_ff @(posedge clk_i) begin
      all_q <= (sixteens_q[31:0] + sixteens_q[63:32]) + (sixteens_q[95:64] + sixteens_q[127:96]);
      sums_q[j*32+:32] <= (first_3 ? bias_3[j*32+:32] : word_q[j*32+:32]) + all_q;
    end
    assign bias_0[j*32+:32] = parameters_i[j*dlp_isa_pkg::ParameterUsedBits+:32];

    logic unused;
    assign unused = ^parameters_i[j*dlp_isa_pkg::ParameterUsedBits+32+:dlp_isa_pkg::ParameterUsedBits-32];
  end

  dlp_delay #(.Width(DrainRows * 32), .Cycles(3)) u_bias (.clk_i, .rst_ni, .data_i(bias_0), .data_o(bias_3));
  dlp_delay #(.Width(IndexBits), .Cycles(2)) u_index (.clk_i, .rst_ni, .data_i(drain_i.drain_group[IndexBits-1:0]), .data_o(index_2));
  dlp_delay #(.Cycles(3)) u_first (.clk_i, .rst_ni, .data_i(drain_i.first_position), .data_o(first_3));
  dlp_delay #(.Cycles(4), .Reset(1'b1)) u_valid (
    .clk_i, .rst_ni, .data_i(drain_i.valid && drain_i.op.lane_sum && !drain_i.keep), .data_o(valid_4)
  );
  dlp_delay #(.Width($bits(drain_i)), .Cycles(4)) u_drain (.clk_i, .rst_ni, .data_i(drain_i), .data_o(drain_4));

  initial begin
    for (int unsigned i = 0; i < Groups; i++) words[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    word_q <= words[index_2];
    if (valid_4) words[drain_4.drain_group[IndexBits-1:0]] <= sums_q;
  end

  always_comb begin
    drain_o = drain_4;
    drain_o.valid = valid_4;
  end
  assign sums_o = sums_q;

  logic unused;
  assign unused = drain_4.valid;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::LaneSumCycles == 4 && Lanes <= 64) else $fatal(1, "three levels of four, one addition");
`endif

endmodule
