// A short first-in first-out buffer whose oldest word is at its output.
//
// Latency: 1 from push to output. Throughput: one push and one pop a cycle. Stalls: full_o; a pop makes room from the next cycle on.

module dlp_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 8,
  // whether clear_i is used
  parameter bit Clearable = 1'b0
) (
  input  logic clk_i,
  input  logic rst_ni,

  // drops all words, also one that is pushed in the same cycle
  input  logic clear_i,

  output logic             full_o,
  input  logic             push_valid_i,
  input  logic [Width-1:0] push_data_i,

  output logic             valid_o,
  output logic [Width-1:0] data_o,
  input  logic             pop_i
);

  localparam int unsigned PointerBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned CountBits = $clog2(Depth + 1);
  localparam logic [PointerBits-1:0] LastPointer = PointerBits'(Depth - 1);

  logic [Width-1:0]       words[Depth];
  logic [PointerBits-1:0] read_d, read_q, write_d, write_q;
  logic [CountBits-1:0]   count_d, count_q;

  always_comb begin
    read_d = read_q;
    write_d = write_q;
    count_d = count_q;
    if (push_valid_i) write_d = (write_q == LastPointer) ? '0 : write_q + PointerBits'(1);
    if (pop_i) read_d = (read_q == LastPointer) ? '0 : read_q + PointerBits'(1);
    if (push_valid_i && !pop_i) count_d = count_q + CountBits'(1);
    if (!push_valid_i && pop_i) count_d = count_q - CountBits'(1);
    if (Clearable && clear_i) begin
      read_d = '0;
      write_d = '0;
      count_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_q <= '0;
      write_q <= '0;
      count_q <= '0;
    end else begin
      read_q <= read_d;
      write_q <= write_d;
      count_q <= count_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_valid_i) words[write_q] <= push_data_i;
  end

  assign full_o = count_q == CountBits'(Depth);
  assign valid_o = count_q != '0;
  assign data_o = words[read_q];

`ifndef SYNTHESIS
  initial assert (Depth >= 1) else $fatal(1, "Depth");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_no_overflow: assert (!push_valid_i || !full_o);
      a_no_underflow: assert (!pop_i || valid_o);
      a_count: assert (count_q <= CountBits'(Depth));
      a_not_cleared: assert (Clearable || !clear_i);
    end
  end
`endif

endmodule
