// The unit that reads all banks at once: a bank operation, or STORE, which reads one address in every bank and shifts nothing.
//
// Latency: 0. Throughput: one access a cycle. Stalls: never; the issue rules keep the two apart.

module dlp_bank_access #(
  parameter int unsigned FeatureWords = 512,
  // derived: leave alone
  parameter int unsigned WordAddressBits = $clog2(FeatureWords)
) (
  input  dlp_machine_pkg::bank_access_t bank_op_i,
  input  logic                          store_read_valid_i,
  input  logic [WordAddressBits-1:0]    store_read_address_i,
  output dlp_machine_pkg::bank_access_t access_o
);

  always_comb begin
    access_o = bank_op_i;
    access_o.read = bank_op_i.read || store_read_valid_i;
    if (!bank_op_i.read) access_o.addresses = {2{store_read_address_i}};
    access_o.broadcast = bank_op_i.broadcast && bank_op_i.read;
  end

endmodule
