// The machine 'edge': 512 processing elements, 16 lanes.
// Generated from isa/ by `npm run generate`; not edited by hand.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
package dlp_machine_pkg;

  // The machine
  localparam int unsigned GridHeight = 4;
  localparam int unsigned GridWidth = 4;
  localparam int unsigned Rows = 16;
  localparam int unsigned Clusters = 2;
  localparam int unsigned Banks = 8;
  localparam int unsigned DrainRows = 2;
  localparam int unsigned FeatureWords = 4096;
  localparam int unsigned WeightBeats = 65536;
  localparam int unsigned ParameterGroups = 512;
  localparam int unsigned AccumulatorBits = 32;
  localparam int unsigned AxiBits = 128;
  localparam int unsigned InstructionWords = 4096;
  localparam int unsigned DramLatencyCycles = 40;
  localparam int unsigned QueueDepth = 8;
  localparam int unsigned ClockMHz = 200;
  localparam int unsigned OutstandingBursts = 16;
  localparam bit PackedPairs = 1'b0;

  // Derived sizes
  localparam int unsigned Lanes = 16;
  localparam int unsigned SlotChannels = 16;
  localparam int unsigned DrainCyclesPerPart = 8;
  localparam int unsigned FeatureWordBits = 64;
  localparam int unsigned FeatureAddressBits = 12;
  localparam int unsigned BankBits = 3;
  localparam int unsigned ClusterBits = 1;
  localparam int unsigned RowBits = 4;
  localparam int unsigned BeatAddressBits = 16;
  localparam int unsigned GroupBits = 9;
  localparam int unsigned ProgramAddressBits = 12;
  localparam int unsigned SelectBits = 3;
  localparam int unsigned ClusterBeatBits = 184;
  localparam int unsigned BeatBytes = 48;
  localparam int unsigned GroupBytes = 128;
  localparam int unsigned DramWordBits = 64;
  localparam int unsigned AxiBytes = 16;
  localparam int unsigned ExtentBits = 8;
  localparam int unsigned TapReachBits = 13;
  localparam int unsigned AxiBeatsPerAddressUnit = 4;
  localparam int unsigned TransferBeatsBits = 30;
  localparam int unsigned LogitsAddressBits = 11;
  localparam int unsigned WeightAxiBeats = 3;
  localparam int unsigned GroupAxiBeats = 8;
  localparam int unsigned GeometryAxiBeats = 4;
  localparam int unsigned BeatRows = 2;
  localparam int unsigned ParameterWordRows = 2;
  localparam int unsigned ParameterGroupWords = 8;
  localparam int unsigned ParameterAddressBits = 12;
  localparam int unsigned GeometriesPerLoad = 1;
  localparam int unsigned SlotsPerLoad = 4;
  localparam int unsigned MapAddressBits = 24;

  // Implementation limits: less than the ISA allows
  localparam int unsigned Geometries = 4;
  localparam int unsigned Taps = 8;
  localparam int unsigned LogitsWords = 4096;
  localparam int unsigned TransfersInFlight = 8;
  localparam int unsigned DramAddressBits = 64;
  localparam int unsigned PostInterval = 1;
  localparam bit BankOperations = 1'b1;
  localparam bit ColumnRanges = 1'b1;
  localparam bit LaneSums = 1'b1;

  // Bits that its instructions, geometries and slots may set
  localparam logic [127:0] HaltMask = 128'h3fffffffff;
  localparam logic [127:0] LoadMask = 128'hffffffffffffffffffffffffffffffff;
  localparam logic [127:0] StorelMask = 128'h1ffffffffffffffffffffff;
  localparam logic [127:0] LoadwMask = 128'h1ffffffffffffffffffffffff;
  localparam logic [127:0] LoadpMask = 128'h1ffffffffffffffffffffff;
  localparam logic [127:0] LoadtMask = 128'hfffffffffffffffffff;
  localparam logic [127:0] LayerMask = 128'h3fffffffffffffffffffffffffffffff;
  localparam logic [127:0] ColumnsMask = 128'h3fffffffffffff;
  localparam logic [127:0] ComputeMask = 128'h7ffffffffffffffffffffffffffffff;
  localparam logic [127:0] PoolMask = 128'h1fffffffffffffffffffffffffffff;
  localparam logic [127:0] MoveMask = 128'h7ffffffffffffffffffffffffffffff;
  localparam logic [127:0] RepatchMask = 128'h1ffffffffffffffffffffffffffff;
  localparam logic [127:0] StoreMask = 128'h3fffffffffffffffffffffffffffffff;
  localparam logic [127:0] WordMask = 128'hffffffffffffffffffffffffffffffff;
  localparam logic [127:0] GeometryMask = 128'hffffffffffffffffffffff;
  localparam logic [31:0] SlotMask = 32'h7fffff;
  localparam logic [63:0] DramAddressMask = 64'hffffffffffffffff;

  // Structs: what the units exchange, and what accompanies the data in the pipelines
  // A dispatched instruction.
  typedef struct packed {
    logic [127:0] word;
    logic [11:0] index;  // of the instruction in the program
  } instruction_t;
  // An instruction that retires in this cycle.
  typedef struct packed {
    logic valid;
    logic [15:0] signal;  // semaphores to increment
    logic [11:0] index;  // of the instruction in the program
  } retirement_t;
  // An error that a unit reports in this cycle.
  typedef struct packed {
    logic valid;
    logic [3:0] code;  // dlp_isa_pkg::status_e
    logic [11:0] index;  // of the instruction in the program
  } unit_error_t;
  // A LOADW, LOADP or LOADT whose addresses are sent, as its data path needs it; an item is a beat, a row group or a table block.
  typedef struct packed {
    logic [5:0] opcode;
    logic [16:0] items;
    logic [16:0] item_beats;  // data beats of an item
    logic [15:0] address;  // first word written of weight or parameter memory
    logic block;
    logic [7:0] slots;
    logic [2:0] tap_bits;
    logic [11:0] index;  // of the instruction in the program
  } parameter_transfer_t;
  // LOAD to the feature memory: a word of each bank, bank 0 of cluster 0 lowest.
  typedef struct packed {
    logic [15:0] valid;
    logic [191:0] addresses;
    logic [1023:0] words;
  } feature_load_t;
  // LOADW to the weight memory: a beat of all clusters, cluster 0 lowest.
  typedef struct packed {
    logic valid;
    logic [15:0] address;
    logic [367:0] beats;
  } weight_load_t;
  // LOADP to the parameter memory: rows of one word, each as in dlp_isa_pkg::parameter_t without its reserved bits.
  typedef struct packed {
    logic [1:0] valid;  // per row
    logic [11:0] address;
    logic [109:0] rows;
  } parameter_load_t;
  // LOADT to a table block: geometries and slots from an index upward, a multiple of how many a data beat holds.
  typedef struct packed {
    logic block;
    logic tap_bits_valid;
    logic [2:0] tap_bits;
    logic [0:0] geometry_valid;
    logic [1:0] geometry_index;
    logic [127:0] geometries;
    logic [3:0] slot_valid;
    logic [6:0] slot_index;
    logic [127:0] slots;
  } table_load_t;
  // One cluster’s part of a beat in the weight memory.
  typedef struct packed {
    logic [7:0] flags;  // dlp_isa_pkg::flags_t
    logic [63:0] column_ids;  // of each bank, bank 0 lowest
    logic [111:0] entries;  // of each row, row 0 lowest: {bank select, weight}
  } cluster_beat_t;
  // What every tap reads at a position: per geometry and tap row or tap column, geometry 0 lowest.
  typedef struct packed {
    logic [15:0] column_bits;  // of each geometry of both blocks: registers
    logic [511:0] row_offsets;  // words
    logic [63:0] row_shifts;  // bit 0: from the lane before, bit 1: from the lane after; both: out of range
    logic [127:0] row_masks;  // lanes that receive a pixel of the map
    logic [255:0] column_offsets;
    logic [63:0] column_shifts;
    logic [127:0] column_masks;
  } tap_offsets_t;
  // An access of a bank operation or of STORE to all banks at once; addresses of the lower and the upper half of the banks of each cluster.
  typedef struct packed {
    logic read;
    logic recirculate;  // MOVE: no read, the words of before pass the torus once more
    logic [23:0] addresses;
    logic [1:0] row_shift;  // as in dlp_torus.sv
    logic [3:0] row_mask;
    logic [1:0] column_shift;
    logic [3:0] column_mask;
    logic [7:0] fills;
    logic broadcast;  // REPATCH: the nibble of one lane is the fill of all lanes
    logic [3:0] broadcast_row;
    logic [3:0] broadcast_column;
  } bank_access_t;
  // A write of a bank operation: of the lower and the upper half of the banks of each cluster.
  typedef struct packed {
    logic [1:0] valid;
    logic [23:0] addresses;
    logic [1023:0] words;  // of each bank, bank 0 of cluster 0 lowest
  } bank_write_t;
  // The LAYER in force.
  typedef struct packed {
    logic block;
    logic [7:0] patch_height;
    logic [7:0] patch_width;
    logic [13:0] plane_stride;
    logic wide;
    logic [4:0] start_bank;
    logic [8:0] zero_point;
    logic [8:0] low;
    logic [8:0] high;
    logic [11:0] valid_height;
    logic [11:0] valid_width;
  } active_layer_t;
  // What every beat of a COMPUTE carries, so that no later LAYER changes what it means.
  typedef struct packed {
    active_layer_t layer;
    logic [11:0] group;
    logic [15:0] output_base;  // the field `output`
    logic lane_sum;
    logic accumulate;
    logic logits;
  } compute_op_t;
  // A beat of a COMPUTE, as the position sequencer presents it.
  typedef struct packed {
    logic valid;
    logic first;  // of its position
    logic last;  // of its position
    logic first_position;
    logic last_position;
    logic exceeds_patch;  // the positions of the COMPUTE exceed the patch of LAYER
    logic [11:0] index;  // of the instruction in the program
    logic [7:0] row;
    logic [7:0] column;
    compute_op_t op;
  } compute_beat_t;
  // R rows that drain in one cycle.
  typedef struct packed {
    logic valid;
    logic [7:0] drain_group;  // which R of the U rows
    logic keep;
    logic overwrite;  // the first part of a position, unless the COMPUTE accumulates
    logic finish;  // the end of the COMPUTE’s last beat
    logic first_position;
    logic [7:0] row;
    logic [7:0] column;
    compute_op_t op;
  } drain_t;
  // What is the same for every beat of a POOL, MOVE or REPATCH: source geometry, output side of LAYER, own fields.
  typedef struct packed {
    logic [7:0] pitch;
    logic [7:0] height;
    logic [3:0] stride_y;
    logic [3:0] stride_x;
    logic [7:0] offset_y;  // two’s complement
    logic [7:0] offset_x;  // two’s complement
    logic [11:0] reach_y;  // source rows per tap row: the dilation; of REPATCH per lane
    logic [11:0] reach_x;
    logic [11:0] valid_height;
    logic [11:0] valid_width;
    logic [13:0] source_stride;
    logic [13:0] output_stride;
    logic [7:0] patch_width;
    logic wide;
    logic move;
    logic repatch;
    logic signed_codes;
    logic [4:0] lane_rows;  // two’s complement, as lane_columns; both 0 but for MOVE
    logic [4:0] lane_columns;
    logic [7:0] fill;  // 0 for POOL
    logic exceeds_patch;  // the rows exceed the patch of LAYER
    logic [11:0] index;  // of the instruction in the program
  } bank_op_t;
  // A beat of a POOL, MOVE or REPATCH, as its sequencer presents it.
  typedef struct packed {
    logic valid;
    logic read;  // the banks are read
    logic recirculate;  // MOVE: the words pass the torus once more
    logic take;  // the words that arrive are a tap of the window of POOL, the result of MOVE, or hold the pixel of a lane of REPATCH
    logic column_first;  // first tap of a column of the window of POOL, or of another word
    logic first_column;  // no column counts before this one: the first of a window that reuses none
    logic column_last;  // last beat of the column; for MOVE and REPATCH of the word
    logic word_last;  // last beat of the word
    logic [4:0] torus_pass;  // MOVE: how often the words have passed the torus
    logic step;  // of two planes: 0 where plane 0 lies in the lower half of the banks
    logic [7:0] row;
    logic [7:0] column;
    logic [3:0] tap_row;  // of the window of POOL; REPATCH: the lane that receives
    logic [3:0] tap_column;
    logic [23:0] source;  // plane 0 of the slot; may be outside the banks
    logic [23:0] target;
    bank_op_t op;
  } bank_beat_t;

  // SHA-256 of the machine's text, its first byte lowest
  localparam logic [255:0] MachineHash = 256'hc1db54aaf57ebab69e971a226d6c14fa5e2379f44d551d1b0ab7a37851f46f19;

  // Whether the machine accepts a word: legal on every machine, and within the rules of this one.
  function automatic logic accepts(input logic [127:0] word);
    accepts = dlp_isa_pkg::legal(word) && dlp_machine_pkg::fits(word);
  endfunction

  // Whether a word keeps the rules that depend on the machine.
  function automatic logic fits(input logic [127:0] word);
    fits = 1'b0;
    case (word[5:0])
      6'd1: begin  // HALT
        fits = word[127:38] == 90'd0;
      end
      6'd2: begin  // LOAD
        fits = 1'b1;
        // startBank is below banks
        if (!(word[125:124] == 2'd0)) fits = 1'b0;
        // base is below featureWords
        if (!(word[79:76] == 4'd0)) fits = 1'b0;
      end
      6'd3: begin  // STOREL
        fits = word[127:89] == 39'd0;
      end
      6'd4: begin  // LOADW
        fits = word[127:97] == 31'd0;
        // beat + beats is at most weightBeats
        if (!(($signed({16'd0, word[79:64]}) + $signed({15'd0, word[96:80]})) <= 32'sd65536)) fits = 1'b0;
      end
      6'd5: begin  // LOADP
        fits = word[127:89] == 39'd0;
        // group + groups is at most parameterGroups
        if (!(($signed({20'd0, word[75:64]}) + $signed({19'd0, word[88:76]})) <= 32'sd512)) fits = 1'b0;
      end
      6'd6: begin  // LOADT
        fits = word[127:76] == 52'd0;
      end
      6'd7: begin  // LAYER
        fits = word[127:126] == 2'd0;
        // startBank is below banks
        if (!(word[74:73] == 2'd0)) fits = 1'b0;
      end
      6'd13: begin  // COLUMNS
        fits = word[127:54] == 74'd0;
      end
      6'd8: begin  // COMPUTE
        fits = word[127:123] == 5'd0;
        // beat + beats is at most weightBeats
        if (!(($signed({16'd0, word[53:38]}) + $signed({18'd0, word[67:54]})) <= 32'sd65536)) fits = 1'b0;
        // group is below parameterGroups
        if (!(word[79:77] == 3'd0)) fits = 1'b0;
        // beats is at least rows ÷ drainRows
        if (!(32'sd8 <= $signed({18'd0, word[67:54]}))) fits = 1'b0;
        // output is below featureWords without logits
        if (word[122:122] == 1'd0 && !(word[95:92] == 4'd0)) fits = 1'b0;
        // output + rows is at most 4096 with logits
        if (word[122:122] != 1'd0 && !(($signed({16'd0, word[95:80]}) + 32'sd16) <= 32'sd4096)) fits = 1'b0;
      end
      6'd9: begin  // POOL
        fits = word[127:117] == 11'd0;
        // source is below featureWords
        if (!(word[53:50] == 4'd0)) fits = 1'b0;
        // output is below featureWords
        if (!(word[69:66] == 4'd0)) fits = 1'b0;
      end
      6'd10: begin  // MOVE
        fits = word[127:123] == 5'd0;
        // source is below featureWords
        if (!(word[53:50] == 4'd0)) fits = 1'b0;
        // output is below featureWords
        if (!(word[69:66] == 4'd0)) fits = 1'b0;
      end
      6'd12: begin  // REPATCH
        fits = word[127:113] == 15'd0;
        // source is below featureWords
        if (!(word[53:50] == 4'd0)) fits = 1'b0;
        // output is below featureWords
        if (!(word[69:66] == 4'd0)) fits = 1'b0;
      end
      6'd11: begin  // STORE
        fits = word[127:126] == 2'd0;
        // startBank is below banks
        if (!(word[125:124] == 2'd0)) fits = 1'b0;
        // base is below featureWords
        if (!(word[79:76] == 4'd0)) fits = 1'b0;
      end
      default: fits = 1'b0;
    endcase
  endfunction
endpackage
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on UNUSEDPARAM */
