// The data path of the parameter queue: data beats to beats of weights, rows of parameters, geometries and slots.
//
// Latency: ParameterBeatToWriteCycles from a data beat to the write ports of the memories and to done_o. Throughput: one data beat a cycle, also
// from one transfer to the next. Stalls: never.

module dlp_parameter_unpack #(
  parameter int unsigned AxiBits = 64
) (
  input  logic clk_i,
  input  logic rst_ni,

  // the next transfer
  input  logic                                 transfer_valid_i,
  output logic                                 transfer_ready_o,
  input  dlp_machine_pkg::parameter_transfer_t transfer_i,

  // data beats
  input  logic               beat_valid_i,
  input  logic [AxiBits-1:0] beat_data_i,

  // the transfer that receives data; its last item is written
  output logic [dlp_machine_pkg::ProgramAddressBits-1:0] index_o,
  output logic                                           done_o,

  // the memories
  output dlp_machine_pkg::weight_load_t    weight_load_o,
  output dlp_machine_pkg::parameter_load_t parameter_load_o,
  output dlp_machine_pkg::table_load_t     table_load_o
);

  localparam int unsigned BeatRows = dlp_machine_pkg::BeatRows;
  localparam int unsigned WordRows = dlp_machine_pkg::ParameterWordRows;
  localparam int unsigned GeometriesPerLoad = dlp_machine_pkg::GeometriesPerLoad;
  localparam int unsigned SlotsPerLoad = dlp_machine_pkg::SlotsPerLoad;
  localparam int unsigned WeightAxiBeats = dlp_machine_pkg::WeightAxiBeats;
  localparam int unsigned GeometryAxiBeats = dlp_machine_pkg::GeometryAxiBeats;
  localparam int unsigned RowBits = dlp_isa_pkg::ParameterUsedBits;
  // rows in a group's last beat
  localparam int unsigned TailRows = dlp_machine_pkg::Rows - (dlp_machine_pkg::GroupAxiBeats - 1) * BeatRows;
  // data beats of a parameter memory's word
  localparam int unsigned WordParts = WordRows / BeatRows;
  localparam int unsigned PartBits = (WordParts > 1) ? $clog2(WordParts) : 1;
  // data beats of a geometry
  localparam int unsigned GeometryParts = (AxiBits < 128) ? 128 / AxiBits : 1;
  localparam int unsigned ShiftBeats = (WeightAxiBeats > GeometryParts) ? WeightAxiBeats : GeometryParts;
  localparam int unsigned ShiftBits = ShiftBeats * AxiBits;

  // The transfer that receives data (its fields items and address are those at its start), the items that remain, the next address written, the
  // data beat within the item, the part of a parameter memory's word.
  dlp_machine_pkg::parameter_transfer_t transfer_q;
  logic                active_d, active_q, start, taken, item_ends, last;
  logic [16:0]         items_d, items_q, beat_d, beat_q;
  logic [15:0]         address_d, address_q;
  logic [PartBits-1:0] part_d, part_q;

  assign taken = beat_valid_i && active_q;
  assign item_ends = taken && beat_q + 17'd1 == transfer_q.item_beats;
  assign last = item_ends && items_q == 17'd1;
  assign transfer_ready_o = !active_q || last;
  assign start = transfer_valid_i && transfer_ready_o;
  assign index_o = transfer_q.index;

  always_comb begin
    active_d = active_q && !last;
    items_d = items_q;
    beat_d = beat_q;
    address_d = address_q;
    part_d = part_q;
    if (taken) begin
      beat_d = beat_q + 17'd1;
      // a group begins with a new word
      part_d = (32'(part_q) + 1 == WordParts || item_ends) ? '0 : part_q + PartBits'(1);
      if (item_ends) begin
        beat_d = '0;
        items_d = items_q - 17'd1;
      end
      if (item_ends || (transfer_q.opcode == dlp_isa_pkg::OpLoadp && 32'(part_q) + 1 == WordParts)) address_d = address_q + 16'd1;
    end
    if (start) begin
      active_d = 1'b1;
      items_d = transfer_i.items;
      beat_d = '0;
      address_d = transfer_i.address;
      part_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) active_q <= 1'b0;
    else active_q <= active_d;
  end

  always_ff @(posedge clk_i) begin
    items_q <= items_d;
    beat_q <= beat_d;
    address_q <= address_d;
    part_q <= part_d;
    if (start) transfer_q <= transfer_i;
  end

  // Cycle t + 1: the beat, decoded.
  logic                      taken_1_q, weight_1_q, row_1_q, table_1_q, last_1_q, item_ends_1_q, block_1_q;
  logic [AxiBits-1:0]        data_1_q;
  logic [15:0]               address_1_q;
  logic [PartBits-1:0]       part_1_q;
  logic [7:0]                beat_1_q, slots_1_q;
  logic [2:0]                tap_bits_1_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_1_q <= 1'b0;
      weight_1_q <= 1'b0;
      row_1_q <= 1'b0;
      table_1_q <= 1'b0;
      last_1_q <= 1'b0;
    end else begin
      taken_1_q <= taken;
      weight_1_q <= item_ends && transfer_q.opcode == dlp_isa_pkg::OpLoadw;
      row_1_q <= taken && transfer_q.opcode == dlp_isa_pkg::OpLoadp;
      table_1_q <= taken && transfer_q.opcode == dlp_isa_pkg::OpLoadt;
      last_1_q <= last;
    end
  end

  always_ff @(posedge clk_i) begin
    data_1_q <= beat_data_i;
    item_ends_1_q <= item_ends;
    address_1_q <= address_q;
    part_1_q <= part_q;
    beat_1_q <= beat_q[7:0];
    block_1_q <= transfer_q.block;
    slots_1_q <= transfer_q.slots;
    tap_bits_1_q <= transfer_q.tap_bits;
  end

  // Cycle t + 2: the beat, and what it writes.
  logic                         taken_2_q;
  logic [AxiBits-1:0]           data_2_q;
  logic                         weight_2_q, last_2_q, table_last_2_q, block_2_q;
  logic [WordRows-1:0]          rows_d, rows_2_q;
  logic [GeometriesPerLoad-1:0] geometries_2_q;
  logic [SlotsPerLoad-1:0]      slots_d, slots_2_q;
  logic [15:0]                  address_2_q;
  logic [1:0]                   geometry_index_2_q;
  logic [6:0]                   slot_index_d, slot_index_2_q;
  logic [2:0]                   tap_bits_2_q;
  logic                         geometry;

  assign geometry = 32'(beat_1_q) < GeometryAxiBeats;
  assign slot_index_d = 7'((32'(beat_1_q) - GeometryAxiBeats) * SlotsPerLoad);
  always_comb begin
    for (int unsigned j = 0; j < WordRows; j++) begin
      rows_d[j] = row_1_q && 32'(part_1_q) == j / BeatRows && (!item_ends_1_q || j % BeatRows < TailRows);
    end
    for (int unsigned i = 0; i < SlotsPerLoad; i++) begin
      slots_d[i] = table_1_q && !geometry && 32'(slot_index_d) + i < 32'(slots_1_q);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      taken_2_q <= 1'b0;
      weight_2_q <= 1'b0;
      last_2_q <= 1'b0;
      table_last_2_q <= 1'b0;
      rows_2_q <= '0;
      geometries_2_q <= '0;
      slots_2_q <= '0;
    end else begin
      taken_2_q <= taken_1_q;
      weight_2_q <= weight_1_q;
      last_2_q <= last_1_q;
      table_last_2_q <= table_1_q && last_1_q;
      rows_2_q <= rows_d;
      geometries_2_q <= {GeometriesPerLoad{table_1_q && geometry && 32'(beat_1_q) % GeometryParts == GeometryParts - 1}};
      slots_2_q <= slots_d;
    end
  end

  always_ff @(posedge clk_i) begin
    data_2_q <= data_1_q;
    address_2_q <= address_1_q;
    block_2_q <= block_1_q;
    tap_bits_2_q <= tap_bits_1_q;
    geometry_index_2_q <= 2'(32'(beat_1_q) / GeometryParts * GeometriesPerLoad);
    slot_index_2_q <= slot_index_d;
  end

  // Cycle t + 3: the write ports; the latest beats, the last one highest.
  logic                         weight_3_q, last_3_q, table_last_3_q, block_3_q;
  logic [ShiftBits-1:0]         data_3_q;
  logic [WordRows-1:0]          rows_3_q;
  logic [GeometriesPerLoad-1:0] geometries_3_q;
  logic [SlotsPerLoad-1:0]      slots_3_q;
  logic [15:0]                  address_3_q;
  logic [1:0]                   geometry_index_3_q;
  logic [6:0]                   slot_index_3_q;
  logic [2:0]                   tap_bits_3_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      weight_3_q <= 1'b0;
      last_3_q <= 1'b0;
      table_last_3_q <= 1'b0;
      rows_3_q <= '0;
      geometries_3_q <= '0;
      slots_3_q <= '0;
    end else begin
      weight_3_q <= weight_2_q;
      last_3_q <= last_2_q;
      table_last_3_q <= table_last_2_q;
      rows_3_q <= rows_2_q;
      geometries_3_q <= geometries_2_q;
      slots_3_q <= slots_2_q;
    end
  end

  if (ShiftBeats > 1) begin : gen_shift
    always_ff @(posedge clk_i) begin
      if (taken_2_q) data_3_q <= {data_2_q, data_3_q[ShiftBits-1:AxiBits]};
    end
  end else begin : gen_register
    always_ff @(posedge clk_i) begin
      if (taken_2_q) data_3_q <= data_2_q;
    end
  end

  always_ff @(posedge clk_i) begin
    address_3_q <= address_2_q;
    block_3_q <= block_2_q;
    tap_bits_3_q <= tap_bits_2_q;
    geometry_index_3_q <= geometry_index_2_q;
    slot_index_3_q <= slot_index_2_q;
  end

  assign done_o = last_3_q;
  assign weight_load_o.valid = weight_3_q;
  assign weight_load_o.address = address_3_q[dlp_machine_pkg::BeatAddressBits-1:0];
  assign weight_load_o.beats = data_3_q[ShiftBits-WeightAxiBeats*AxiBits+:dlp_machine_pkg::Clusters*dlp_machine_pkg::ClusterBeatBits];
  assign parameter_load_o.valid = rows_3_q;
  assign parameter_load_o.address = address_3_q[dlp_machine_pkg::ParameterAddressBits-1:0];
  for (genvar j = 0; j < WordRows; j++) begin : gen_row
    assign parameter_load_o.rows[j*RowBits+:RowBits] = data_3_q[ShiftBits-AxiBits+j%BeatRows*dlp_isa_pkg::ParameterBits+:RowBits];
  end
  assign table_load_o.block = block_3_q;
  assign table_load_o.tap_bits_valid = table_last_3_q;
  assign table_load_o.tap_bits = tap_bits_3_q;
  assign table_load_o.geometry_valid = geometries_3_q;
  assign table_load_o.geometry_index = geometry_index_3_q;
  assign table_load_o.geometries = data_3_q[ShiftBits-GeometriesPerLoad*dlp_isa_pkg::GeometryBits+:GeometriesPerLoad*dlp_isa_pkg::GeometryBits];
  assign table_load_o.slot_valid = slots_3_q;
  assign table_load_o.slot_index = slot_index_3_q;
  assign table_load_o.slots = data_3_q[ShiftBits-AxiBits+:AxiBits];

  logic unused;
  assign unused = ^{address_3_q, data_3_q, beat_q, transfer_q};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ParameterBeatToWriteCycles == 3) else $fatal(1, "three registers from beat to memory");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_transfer_active: assert (!beat_valid_i || active_q);
    end
  end
`endif

endmodule
