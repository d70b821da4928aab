// One bank of the feature memory: a word is P nibbles, one per lane. The units of the compute queue write and read in any cycle, one at a time; while they
// write, a word of DMA waits in a one-word skid register. DMA writes a bank at most every second cycle, and so do they: a word waits one cycle. Only if the
// start bank changes from one COMPUTE to the next can they write a bank in two consecutive cycles, and a word waits two; the next such change is preceded by
// a free cycle, so that no word is lost.
//
// Latency: MemoryReadCycles from address to word; a read in the cycle of a write gives the old word.
// Throughput: one read and one write a cycle. Stalls: never.

module dlp_feature_bank #(
  parameter int unsigned WordBits = 16,
  parameter int unsigned FeatureWords = 512,
  parameter int unsigned AddressBits = $clog2(FeatureWords)
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // the drain of COMPUTE
  input  logic                   drain_valid_i,
  input  logic [AddressBits-1:0] drain_address_i,
  input  logic [WordBits-1:0]    drain_data_i,

  // a bank operation, never while COMPUTE writes
  input  logic                   bank_op_valid_i,
  input  logic [AddressBits-1:0] bank_op_address_i,
  input  logic [WordBits-1:0]    bank_op_data_i,

  // DMA
  input  logic                   load_valid_i,
  input  logic [AddressBits-1:0] load_address_i,
  input  logic [WordBits-1:0]    load_data_i,

  input  logic                   read_valid_i,
  input  logic [AddressBits-1:0] read_address_i,
  output logic [WordBits-1:0]    read_data_o
);

  logic                   skid_valid_d, skid_valid_q;
  logic [AddressBits-1:0] skid_address_q;
  logic [WordBits-1:0]    skid_data_q;

  logic                   write_valid;
  logic [AddressBits-1:0] write_address;
  logic [WordBits-1:0]    write_data;

  // One of four writers: one LUT a bit.
  logic       unit_valid;
  logic [1:0] choice;
  assign unit_valid = drain_valid_i || bank_op_valid_i;
  assign write_valid = unit_valid || skid_valid_q || load_valid_i;
  assign choice = bank_op_valid_i ? 2'd3 : drain_valid_i ? 2'd2 : skid_valid_q ? 2'd1 : 2'd0;
  assign skid_valid_d = unit_valid ? skid_valid_q || load_valid_i : skid_valid_q && load_valid_i;
  dlp_mux #(
    .Width(AddressBits + WordBits),
    .Words(4)
  ) u_write (
    .words_i ({
      {bank_op_address_i, bank_op_data_i}, {drain_address_i, drain_data_i}, {skid_address_q, skid_data_q}, {load_address_i, load_data_i}
    }),
    .select_i(choice),
    .word_o  ({write_address, write_data})
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) skid_valid_q <= 1'b0;
    else skid_valid_q <= skid_valid_d;
  end

  always_ff @(posedge clk_i) begin
    if (load_valid_i) begin
      skid_address_q <= load_address_i;
      skid_data_q <= load_data_i;
    end
  end

  dlp_ram #(
    .Width(WordBits),
    .Depth(FeatureWords)
  ) u_ram (
    .clk_i,
    .write_valid_i  (write_valid),
    .write_address_i(write_address),
    .write_data_i   (write_data),
    .read_valid_i,
    .read_address_i,
    .output_valid_i (1'b1),
    .read_data_o
  );

`ifndef SYNTHESIS
  logic waited_q;
  always_ff @(posedge clk_i) begin
    waited_q <= unit_valid && skid_valid_q && !waited_q;
    if (rst_ni) begin
      a_waits_two_cycles: assert (!(unit_valid && skid_valid_q) || !waited_q);
      a_skid_holds: assert (!(unit_valid && skid_valid_q) || !load_valid_i);
      a_one_unit: assert (!drain_valid_i || !bank_op_valid_i);
    end
  end
`endif

endmodule
