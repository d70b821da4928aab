// The machine 'card': 12544 processing elements, 49 lanes.
// Generated from isa/ by `npm run generate`; not edited by hand.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
package dlp_machine_pkg;

  // The machine
  localparam int unsigned GridHeight = 7;
  localparam int unsigned GridWidth = 7;
  localparam int unsigned Rows = 64;
  localparam int unsigned Clusters = 4;
  localparam int unsigned Banks = 16;
  localparam int unsigned DrainRows = 8;
  localparam int unsigned FeatureWords = 4096;
  localparam int unsigned WeightBeats = 32768;
  localparam int unsigned ParameterGroups = 1024;
  localparam int unsigned AccumulatorBits = 22;
  localparam int unsigned AxiBits = 512;
  localparam int unsigned InstructionWords = 4096;
  localparam int unsigned DramLatencyCycles = 60;
  localparam int unsigned QueueDepth = 8;
  localparam int unsigned ClockMHz = 250;
  localparam int unsigned OutstandingBursts = 16;
  localparam bit PackedPairs = 1'b1;

  // Sizes that follow from it
  localparam int unsigned Lanes = 49;
  localparam int unsigned SlotChannels = 64;
  localparam int unsigned DrainCyclesPerPart = 8;
  localparam int unsigned FeatureWordBits = 196;
  localparam int unsigned FeatureAddressBits = 12;
  localparam int unsigned BankBits = 4;
  localparam int unsigned ClusterBits = 2;
  localparam int unsigned RowBits = 6;
  localparam int unsigned BeatAddressBits = 15;
  localparam int unsigned GroupBits = 10;
  localparam int unsigned ProgramAddressBits = 12;
  localparam int unsigned SelectBits = 4;
  localparam int unsigned ClusterBeatBits = 648;
  localparam int unsigned BeatBytes = 384;
  localparam int unsigned GroupBytes = 512;
  localparam int unsigned DramWordBits = 256;
  localparam int unsigned AxiBytes = 64;
  localparam int unsigned ExtentBits = 8;
  localparam int unsigned TapReachBits = 13;
  localparam int unsigned AxiBeatsPerAddressUnit = 1;

  // Implementation limits
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

  // SHA-256 of the machine's text, its first byte lowest
  localparam logic [255:0] MachineHash = 256'h032c8444007d7ea3c9431c127e3c678949a720e162d4b6b7e758feb6afd237f3;

  // Whether the machine runs a word: legal everywhere, and within this machine.
  function automatic logic accepts(input logic [127:0] word);
    accepts = dlp_isa_pkg::legal(word) && dlp_machine_pkg::fits(word);
  endfunction

  // Whether a word keeps the rules that need this machine.
  function automatic logic fits(input logic [127:0] word);
    fits = 1'b0;
    case (word[5:0])
      6'd1: begin  // HALT
        fits = word[127:38] == 90'd0;
      end
      6'd2: begin  // LOAD
        fits = 1'b1;
        // startBank is below banks
        if (!(word[125:125] == 1'd0)) fits = 1'b0;
        // base is below featureWords
        if (!(word[79:76] == 4'd0)) fits = 1'b0;
      end
      6'd3: begin  // STOREL
        fits = word[127:89] == 39'd0;
      end
      6'd4: begin  // LOADW
        fits = word[127:97] == 31'd0;
        // beat + beats is at most weightBeats
        if (!(($signed({16'd0, word[79:64]}) + $signed({15'd0, word[96:80]})) <= 32'sd32768)) fits = 1'b0;
      end
      6'd5: begin  // LOADP
        fits = word[127:89] == 39'd0;
        // group + groups is at most parameterGroups
        if (!(($signed({20'd0, word[75:64]}) + $signed({19'd0, word[88:76]})) <= 32'sd1024)) fits = 1'b0;
      end
      6'd6: begin  // LOADT
        fits = word[127:76] == 52'd0;
      end
      6'd7: begin  // LAYER
        fits = word[127:126] == 2'd0;
        // startBank is below banks
        if (!(word[74:74] == 1'd0)) fits = 1'b0;
      end
      6'd13: begin  // COLUMNS
        fits = word[127:54] == 74'd0;
      end
      6'd8: begin  // COMPUTE
        fits = word[127:123] == 5'd0;
        // beat + beats is at most weightBeats
        if (!(($signed({16'd0, word[53:38]}) + $signed({18'd0, word[67:54]})) <= 32'sd32768)) fits = 1'b0;
        // group is below parameterGroups
        if (!(word[79:78] == 2'd0)) fits = 1'b0;
        // beats is at least rows ÷ drainRows
        if (!(32'sd8 <= $signed({18'd0, word[67:54]}))) fits = 1'b0;
        // output is below featureWords without logits
        if (word[122:122] == 1'd0 && !(word[95:92] == 4'd0)) fits = 1'b0;
        // output + rows is at most 4096 with logits
        if (word[122:122] != 1'd0 && !(($signed({16'd0, word[95:80]}) + 32'sd64) <= 32'sd4096)) fits = 1'b0;
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
        if (!(word[125:125] == 1'd0)) fits = 1'b0;
        // base is below featureWords
        if (!(word[79:76] == 4'd0)) fits = 1'b0;
      end
      default: fits = 1'b0;
    endcase
  endfunction
endpackage
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on UNUSEDPARAM */
