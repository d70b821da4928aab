// The parameter queue's data side: data beats to beats of weights, rows of parameters, geometries and slots.
//
// Latency: ParameterBeatToWriteCycles from a data beat to the memories' write ports and to done_o. Throughput: one data beat a cycle, also
// from one transfer to the next. Stalls: never.

module dlp_parameter_unpack #(
  parameter int unsigned Rows = 8,
  parameter int unsigned Clusters = 2,
  parameter int unsigned BeatBits = 88,
  parameter int unsigned WeightBeats = 1024,
  parameter int unsigned ParameterGroups = 64,
  parameter int unsigned AxiBits = 64,
  parameter int unsigned WordRows = 2,
  parameter int unsigned IndexBits = 9,
  // derived: leave alone
  parameter int unsigned BeatAddressBits = $clog2(WeightBeats),
  parameter int unsigned ParameterAddressBits = $clog2(ParameterGroups * ((Rows + WordRows - 1) / WordRows)),
  parameter int unsigned GeometriesPerLoad = (AxiBits > 128) ? AxiBits / 128 : 1,
  parameter int unsigned SlotsPerLoad = AxiBits / 32,
  parameter int unsigned TransferBits = 6 + 17 + 17 + 16 + 1 + 8 + 3 + IndexBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  // a transfer whose addresses are on their way: opcode, items, data beats of an item, first address written, block, slots, tap bits, index
  input  logic                    transfer_valid_i,
  output logic                    transfer_ready_o,
  input  logic [TransferBits-1:0] transfer_i,

  // data beats
  input  logic               beat_valid_i,
  input  logic [AxiBits-1:0] beat_data_i,

  // the transfer that is served; the last item is written
  output logic [IndexBits-1:0] index_o,
  output logic                 done_o,

  // as in dlp_parameter.sv
  output logic                             beat_load_valid_o,
  output logic [BeatAddressBits-1:0]       beat_load_address_o,
  output logic [Clusters*BeatBits-1:0]     beat_load_data_o,
  output logic [WordRows-1:0]              parameter_load_valid_o,
  output logic [ParameterAddressBits-1:0]  parameter_load_address_o,
  output logic [WordRows*dlp_isa_pkg::ParameterUsedBits-1:0]           parameter_load_data_o,
  output logic                             table_load_block_o,
  output logic                             tap_bits_load_valid_o,
  output logic [2:0]                       tap_bits_load_data_o,
  output logic [GeometriesPerLoad-1:0]     geometry_load_valid_o,
  output logic [1:0]                       geometry_load_index_o,
  output logic [GeometriesPerLoad*128-1:0] geometry_load_data_o,
  output logic [SlotsPerLoad-1:0]          slot_load_valid_o,
  output logic [6:0]                       slot_load_index_o,
  output logic [SlotsPerLoad*32-1:0]       slot_load_data_o
);

  localparam int unsigned BeatRows = AxiBits / 64;
  localparam int unsigned WeightAxiBeats = (Clusters * BeatBits + AxiBits - 1) / AxiBits;
  localparam int unsigned GroupAxiBeats = (Rows + BeatRows - 1) / BeatRows;
  // rows in a group's last beat
  localparam int unsigned TailRows = Rows - (GroupAxiBeats - 1) * BeatRows;
  // data beats of a parameter memory's word
  localparam int unsigned WordParts = WordRows / BeatRows;
  localparam int unsigned PartBits = (WordParts > 1) ? $clog2(WordParts) : 1;
  // data beats of a geometry, and of all
  localparam int unsigned GeometryParts = (AxiBits < 128) ? 128 / AxiBits : 1;
  localparam int unsigned GeometryAxiBeats = dlp_isa_pkg::GeometriesPerBlock * 128 / AxiBits;
  localparam int unsigned ShiftBeats = (WeightAxiBeats > GeometryParts) ? WeightAxiBeats : GeometryParts;
  localparam int unsigned ShiftBits = ShiftBeats * AxiBits;

  // The transfer that is served: what is left of it, the next address written, the place within the item.
  logic                 active_d, active_q, start, taken, item_ends, last;
  logic [5:0]           opcode_q, next_opcode;
  logic [16:0]          items_d, items_q, next_items, item_beats_q, next_item_beats, beat_d, beat_q;
  logic [15:0]          target_d, target_q, next_target;
  logic [PartBits-1:0]  part_d, part_q;
  logic                 block_q, next_block;
  logic [7:0]           slots_q, next_slots;
  logic [2:0]           tap_bits_q, next_tap_bits;
  logic [IndexBits-1:0] index_q, next_index;

  assign {next_opcode, next_items, next_item_beats, next_target, next_block, next_slots, next_tap_bits, next_index} = transfer_i;

  assign taken = beat_valid_i && active_q;
  assign item_ends = taken && beat_q + 17'd1 == item_beats_q;
  assign last = item_ends && items_q == 17'd1;
  assign transfer_ready_o = !active_q || last;
  assign start = transfer_valid_i && transfer_ready_o;
  assign index_o = index_q;

  always_comb begin
    active_d = active_q && !last;
    items_d = items_q;
    beat_d = beat_q;
    target_d = target_q;
    part_d = part_q;
    if (taken) begin
      beat_d = beat_q + 17'd1;
      // A group begins with a word of its own.
      part_d = (32'(part_q) + 1 == WordParts || item_ends) ? '0 : part_q + PartBits'(1);
      if (item_ends) begin
        beat_d = '0;
        items_d = items_q - 17'd1;
      end
      if (item_ends || (opcode_q == dlp_isa_pkg::OpLoadp && 32'(part_q) + 1 == WordParts)) target_d = target_q + 16'd1;
    end
    if (start) begin
      active_d = 1'b1;
      items_d = next_items;
      beat_d = '0;
      target_d = next_target;
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
    target_q <= target_d;
    part_q <= part_d;
    if (start) begin
      opcode_q <= next_opcode;
      item_beats_q <= next_item_beats;
      block_q <= next_block;
      slots_q <= next_slots;
      tap_bits_q <= next_tap_bits;
      index_q <= next_index;
    end
  end

  // Cycle t + 1: the beat, and what it is.
  logic                      taken_1_q, weight_1_q, row_1_q, table_1_q, last_1_q, item_ends_1_q, block_1_q;
  logic [AxiBits-1:0]        data_1_q;
  logic [15:0]               target_1_q;
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
      weight_1_q <= item_ends && opcode_q == dlp_isa_pkg::OpLoadw;
      row_1_q <= taken && opcode_q == dlp_isa_pkg::OpLoadp;
      table_1_q <= taken && opcode_q == dlp_isa_pkg::OpLoadt;
      last_1_q <= last;
    end
  end

  always_ff @(posedge clk_i) begin
    data_1_q <= beat_data_i;
    item_ends_1_q <= item_ends;
    target_1_q <= target_q;
    part_1_q <= part_q;
    beat_1_q <= beat_q[7:0];
    block_1_q <= block_q;
    slots_1_q <= slots_q;
    tap_bits_1_q <= tap_bits_q;
  end

  // Cycle t + 2: the beat still, and what is to be written.
  logic                         taken_2_q;
  logic [AxiBits-1:0]           data_2_q;
  logic                         weight_2_q, last_2_q, table_last_2_q, block_2_q;
  logic [WordRows-1:0]          rows_d, rows_2_q;
  logic [GeometriesPerLoad-1:0] geometries_2_q;
  logic [SlotsPerLoad-1:0]      slots_d, slots_2_q;
  logic [15:0]                  target_2_q;
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
    target_2_q <= target_1_q;
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
  logic [15:0]                  target_3_q;
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
    target_3_q <= target_2_q;
    block_3_q <= block_2_q;
    tap_bits_3_q <= tap_bits_2_q;
    geometry_index_3_q <= geometry_index_2_q;
    slot_index_3_q <= slot_index_2_q;
  end

  assign done_o = last_3_q;
  assign beat_load_valid_o = weight_3_q;
  assign beat_load_address_o = target_3_q[BeatAddressBits-1:0];
  assign beat_load_data_o = data_3_q[ShiftBits-WeightAxiBeats*AxiBits+:Clusters*BeatBits];
  assign parameter_load_valid_o = rows_3_q;
  assign parameter_load_address_o = target_3_q[ParameterAddressBits-1:0];
  for (genvar j = 0; j < WordRows; j++) begin : gen_row
    assign parameter_load_data_o[j*dlp_isa_pkg::ParameterUsedBits+:dlp_isa_pkg::ParameterUsedBits] =
        data_3_q[ShiftBits-AxiBits+j%BeatRows*64+:dlp_isa_pkg::ParameterUsedBits];
  end
  assign table_load_block_o = block_3_q;
  assign tap_bits_load_valid_o = table_last_3_q;
  assign tap_bits_load_data_o = tap_bits_3_q;
  assign geometry_load_valid_o = geometries_3_q;
  assign geometry_load_index_o = geometry_index_3_q;
  assign geometry_load_data_o = data_3_q[ShiftBits-GeometriesPerLoad*128+:GeometriesPerLoad*128];
  assign slot_load_valid_o = slots_3_q;
  assign slot_load_index_o = slot_index_3_q;
  assign slot_load_data_o = data_3_q[ShiftBits-AxiBits+:AxiBits];

  logic unused;
  assign unused = ^{target_3_q, data_3_q, beat_q};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::ParameterBeatToWriteCycles == 3) else $fatal(1, "three registers from beat to memory");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_someone_waits: assert (!beat_valid_i || active_q);
    end
  end
`endif

endmodule
