// The byte address of a transfer in DRAM: the base of its region plus its offset in address units, as far as the machine's addresses reach.
//
// Latency: 0, a sum. Throughput: one a cycle. Stalls: never.

module dlp_region_address (
  // bases of the DRAM regions, region 0 lowest; 4 KB aligned
  input  logic [4*64-1:0] region_bases_i,

  // fields of the instruction
  input  logic [dlp_isa_pkg::LoadRegionBits-1:0]  region_i,
  input  logic [dlp_isa_pkg::LoadAddressBits-1:0] offset_i,

  output logic [63:0] address_o
);

  assign address_o = (region_bases_i[32'(region_i)*64+:64] + (64'(offset_i) * 64'(dlp_isa_pkg::AddressUnitBytes)))
      & dlp_machine_pkg::DramAddressMask;

endmodule
