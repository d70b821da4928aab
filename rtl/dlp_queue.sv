// A queue of dispatched instructions, each with its index in the program.
//
// Latency: an instruction pushed in cycle t is at the head in t + DispatchToIssueCycles at the earliest.
// Throughput: one push and one pop a cycle. Stalls: full_o; a pop makes room from the next cycle on.

module dlp_queue #(
  parameter int unsigned Depth = 2,
  parameter int unsigned ProgramAddressBits = 9
) (
  input  logic clk_i,
  input  logic rst_ni,

  // forget everything
  input  logic clear_i,

  // dispatch
  output logic                          full_o,
  input  logic                          push_valid_i,
  input  logic [127:0]                  push_word_i,
  input  logic [ProgramAddressBits-1:0] push_index_i,

  // the unit
  output logic                          valid_o,
  output logic [127:0]                  word_o,
  output logic [ProgramAddressBits-1:0] index_o,
  input  logic                          pop_i
);

  localparam int unsigned PointerBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned CountBits = $clog2(Depth + 1);
  localparam logic [PointerBits-1:0] LastPointer = PointerBits'(Depth - 1);

  logic [ProgramAddressBits+127:0] entries[Depth];
  logic [PointerBits-1:0] read_d, read_q, write_d, write_q;
  logic [CountBits-1:0] count_d, count_q;

  always_comb begin
    read_d = read_q;
    write_d = write_q;
    count_d = count_q;
    if (push_valid_i) write_d = (write_q == LastPointer) ? '0 : write_q + PointerBits'(1);
    if (pop_i) read_d = (read_q == LastPointer) ? '0 : read_q + PointerBits'(1);
    if (push_valid_i && !pop_i) count_d = count_q + CountBits'(1);
    if (!push_valid_i && pop_i) count_d = count_q - CountBits'(1);
    if (clear_i) begin
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
    if (push_valid_i) entries[write_q] <= {push_index_i, push_word_i};
  end

  assign full_o = count_q == CountBits'(Depth);
  assign valid_o = count_q != '0;
  assign {index_o, word_o} = entries[read_q];

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::DispatchToIssueCycles == 1) else $fatal(1, "an entry is registered once");
  initial assert (Depth >= 1) else $fatal(1, "Depth");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_no_overflow: assert (!push_valid_i || !full_o);
      a_no_underflow: assert (!pop_i || valid_o);
      a_count: assert (count_q <= CountBits'(Depth));
    end
  end
`endif

endmodule
