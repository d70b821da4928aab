// What the machine keeps of a LOADT: of geometries and slots the bits that its fields have. A slot's base outside the banks is kept as one bit above
// the address, so that the slot tables need no wider base.
//
// Latency: 0. Throughput: one load a cycle. Stalls: never.

module dlp_table_fields #(
  parameter int unsigned FeatureWords = 512,
  // derived: leave alone
  parameter int unsigned WordAddressBits = $clog2(FeatureWords)
) (
  input  dlp_machine_pkg::table_load_t table_load_i,
  output dlp_machine_pkg::table_load_t table_load_o
);

  localparam int unsigned Slots = dlp_machine_pkg::SlotsPerLoad;
  localparam int unsigned SlotBits = dlp_isa_pkg::SlotBits;
  localparam int unsigned BaseBits = dlp_isa_pkg::SlotBaseBits;

  logic [Slots*SlotBits-1:0] slots;
  always_comb begin
    slots = table_load_i.slots & {Slots{dlp_machine_pkg::SlotMask}};
    for (int unsigned i = 0; i < Slots; i++) begin
      if (WordAddressBits < BaseBits) begin
        slots[i*SlotBits+WordAddressBits] = (BaseBits + 1)'(table_load_i.slots[i*SlotBits+:BaseBits]) >> WordAddressBits != '0;
      end
    end
  end

  always_comb begin
    table_load_o = table_load_i;
    table_load_o.geometries = table_load_i.geometries & {dlp_machine_pkg::GeometriesPerLoad{dlp_machine_pkg::GeometryMask}};
    table_load_o.slots = slots;
  end

endmodule
