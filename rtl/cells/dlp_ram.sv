// A memory with one write and one read port and a registered output; zero at the start. A read in the cycle of a write to the same word
// gives the old value.
//
// Latency: dlp_isa_pkg::MemoryReadCycles from read_address_i to read_data_o; a word written in cycle t is read from t + 1 on.
// Throughput: one read and one write a cycle. Stalls: never; without output_valid_i the output register holds.

module dlp_ram #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 16,
  parameter int unsigned AddressBits = $clog2(Depth),
  // without it the latency is a cycle less
  parameter bit OutputRegister = 1'b1
) (
  input  logic                   clk_i,

  input  logic                   write_valid_i,
  input  logic [AddressBits-1:0] write_address_i,
  input  logic [Width-1:0]       write_data_i,

  input  logic                   read_valid_i,
  input  logic [AddressBits-1:0] read_address_i,
  // the output register takes the word that was read before
  input  logic                   output_valid_i,
  output logic [Width-1:0]       read_data_o
);

  logic [Width-1:0] words[Depth];
  logic [Width-1:0] array_q, read_data_q;

  initial begin
    for (int unsigned i = 0; i < Depth; i++) words[i] = '0;
  end

  always_ff @(posedge clk_i) begin
    if (write_valid_i) words[write_address_i] <= write_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (read_valid_i) array_q <= words[read_address_i];
  end

  if (OutputRegister) begin : gen_output
    always_ff @(posedge clk_i) begin
      if (output_valid_i) read_data_q <= array_q;
    end
  end else begin : gen_array
    logic unused;
    assign unused = output_valid_i;
    assign read_data_q = array_q;
  end

  assign read_data_o = read_data_q;

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::MemoryReadCycles == 2) else $fatal(1, "array and output register");
`endif

endmodule
