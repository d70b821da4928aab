// One bank of the feature memory: a word is P nibbles, one per lane. The units of the compute queue write and read whenever they like, one
// at a time; a word from DMA waits in a one-word skid while they write. DMA writes a bank at most every second cycle, and so do they: a word
// waits one cycle. Only where the start bank changes from one COMPUTE to the next can they write a bank in two cycles in a row, and a word
// waits two; the next such change leaves a cycle free first, so that no word is lost.
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

  // the drain of COMPUTE, or POOL, MOVE and REPATCH
  input  logic                   drain_valid_i,
  input  logic [AddressBits-1:0] drain_address_i,
  input  logic [WordBits-1:0]    drain_data_i,

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

  always_comb begin
    write_valid = drain_valid_i || skid_valid_q || load_valid_i;
    write_address = load_address_i;
    write_data = load_data_i;
    skid_valid_d = 1'b0;
    if (drain_valid_i) begin
      write_address = drain_address_i;
      write_data = drain_data_i;
      skid_valid_d = skid_valid_q || load_valid_i;
    end else if (skid_valid_q) begin
      write_address = skid_address_q;
      write_data = skid_data_q;
      skid_valid_d = load_valid_i;
    end
  end

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
    waited_q <= drain_valid_i && skid_valid_q && !waited_q;
    if (rst_ni) begin
      a_waits_two_cycles: assert (!(drain_valid_i && skid_valid_q) || !waited_q);
      a_skid_holds: assert (!(drain_valid_i && skid_valid_q) || !load_valid_i);
    end
  end
`endif

endmodule
