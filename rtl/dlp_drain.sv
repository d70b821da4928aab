// Drain control: marks the parts of the beat stream and, when a part's last beat has reached the accumulators, counts the row groups out.
//
//   cycle 0     a beat with its flags                     clear_o: the beat is the first of its part
//        12     row group 0's accumulators hold the beat
//        13     drain_o with index 0, then 1, 2, …        together with the sums that leave the PE array
//
// Latency: 13 from the last beat of a part to drain_o. Throughput: one part in U/R cycles. Stalls: never.

module dlp_drain #(
  parameter int unsigned Groups = 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  // a beat, as the weight memory delivers it
  input  logic                   valid_i,
  input  dlp_compute_pkg::beat_t beat_i,
  input  logic                   end_i,
  input  logic                   keep_i,

  output logic                    clear_o,
  output dlp_compute_pkg::drain_t drain_o
);

  localparam int unsigned Cycles = dlp_isa_pkg::BeatToReadCycles + dlp_isa_pkg::ReadToAccumulateCycles -
      dlp_isa_pkg::MemoryReadCycles;

  logic ended_d, ended_q;            // the previous beat closed a part
  logic first_part_d, first_part_q;  // still in the first part of the position
  logic first_part;

  assign first_part = beat_i.first || first_part_q;
  assign clear_o = beat_i.first || ended_q;
  assign ended_d = valid_i ? end_i : ended_q;
  assign first_part_d = valid_i ? first_part && !end_i : first_part_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      ended_q <= 1'b1;
      first_part_q <= 1'b0;
    end else begin
      ended_q <= ended_d;
      first_part_q <= first_part_d;
    end
  end

  dlp_compute_pkg::drain_t part, part_last, part_d, part_q;
  logic                    part_valid;

  always_comb begin
    part.valid = 1'b0;
    part.index = '0;
    part.keep = keep_i;
    part.overwrite = first_part && !beat_i.pass.accumulate;
    part.finish = beat_i.last && beat_i.last_position;
    part.first_position = beat_i.first_position;
    part.row = beat_i.row;
    part.column = beat_i.column;
    part.pass = beat_i.pass;
  end

  dlp_delay #(
    .Cycles(Cycles),
    .Reset (1'b1)
  ) u_valid (
    .clk_i,
    .rst_ni,
    .data_i(valid_i && end_i),
    .data_o(part_valid)
  );
  dlp_delay #(
    .Width (dlp_compute_pkg::DrainBits),
    .Cycles(Cycles)
  ) u_part (
    .clk_i,
    .rst_ni,
    .data_i(part),
    .data_o(part_last)
  );

  logic more;
  assign more = part_q.valid && part_q.index != 8'(Groups - 1);

  always_comb begin
    part_d = part_q;
    part_d.valid = more;
    part_d.index = part_q.index + 8'd1;
    if (part_valid) begin
      part_d = part_last;
      part_d.valid = 1'b1;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) part_q <= '0;
    else part_q <= part_d;
  end

  assign drain_o = part_q;

  logic unused;
  assign unused = ^{beat_i.valid, beat_i.leaves, beat_i.index};

`ifndef SYNTHESIS
  initial assert ($bits(dlp_compute_pkg::drain_t) == dlp_compute_pkg::DrainBits) else $fatal(1, "DrainBits");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_part_long_enough: assert (!part_valid || !more);
      a_position_ends: assert (!(valid_i && beat_i.last) || end_i);
    end
  end
`endif

endmodule
