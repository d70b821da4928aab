// The machine at every size: opcodes, layouts of instructions and data, timing, static rules.
// Generated from isa/ by `npm run generate`; not edited by hand.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
package dlp_isa_pkg;

  // Sizes
  localparam int unsigned InstructionBits = 128;
  localparam int unsigned OpcodeBits = 6;
  localparam int unsigned Semaphores = 16;
  localparam int unsigned SemaphoreBits = 8;
  localparam int unsigned AddressUnitBytes = 64;
  localparam int unsigned GeometryBits = 128;
  localparam int unsigned SlotBits = 32;
  localparam int unsigned ParameterBits = 64;
  localparam int unsigned GeometriesPerBlock = 4;
  localparam int unsigned SlotsPerBlock = 128;
  localparam int unsigned ColumnIdBits = 8;
  localparam int unsigned MaxTapBits = 6;
  localparam int unsigned WeightBits = 4;
  localparam int unsigned MaxShift = 47;
  localparam int unsigned LogitsWords = 4096;

  // Queues
  typedef enum logic [1:0] {
    QueueControl = 2'd0,
    QueueLoad = 2'd1,
    QueueParameter = 2'd2,
    QueueCompute = 2'd3
  } queue_e;

  // DRAM regions
  typedef enum logic [1:0] {
    RegionConstants = 2'd0,
    RegionInput = 2'd1,
    RegionOutput = 2'd2,
    RegionScratch = 2'd3
  } region_e;

  // Opcodes
  typedef enum logic [5:0] {
    OpHalt = 6'd1,
    OpLoad = 6'd2,
    OpStorel = 6'd3,
    OpLoadw = 6'd4,
    OpLoadp = 6'd5,
    OpLoadt = 6'd6,
    OpLayer = 6'd7,
    OpColumns = 6'd13,
    OpCompute = 6'd8,
    OpPool = 6'd9,
    OpMove = 6'd10,
    OpRepatch = 6'd12,
    OpStore = 6'd11
  } opcode_e;

  // Status codes
  typedef enum logic [3:0] {
    StatusOk = 4'd0,
    StatusIllegalInstruction = 4'd1,
    StatusMachineRefused = 4'd2,
    StatusProgramEnd = 4'd3,
    StatusSemaphoreOverflow = 4'd4,
    StatusSemaphoreNotZero = 4'd5,
    StatusAddress = 4'd6,
    StatusAxiReadError = 4'd7,
    StatusAxiWriteError = 4'd8,
    StatusWatchdog = 4'd9
  } status_e;

  // Registers: byte addresses on AXI4-Lite, and bits
  localparam logic [31:0] Identification = 32'h50504c44;
  localparam logic [31:0] InterfaceVersion = 32'h0002;
  localparam logic [31:0] IsaVersion = 32'h10001;
  localparam logic [31:0] TimingVersion = 32'h0001;
  localparam logic [15:0] RegisterIdentification = 16'h0000;
  localparam logic [15:0] RegisterVersion = 16'h0004;
  localparam logic [15:0] RegisterMachineHash = 16'h0008;
  localparam logic [15:0] RegisterIsaVersion = 16'h0028;
  localparam logic [15:0] RegisterTimingVersion = 16'h002c;
  localparam logic [15:0] RegisterControl = 16'h0040;
  localparam int unsigned ControlStartBit = 0;
  localparam int unsigned ControlResetBit = 1;
  localparam int unsigned ControlInterruptEnableBit = 2;
  localparam logic [15:0] RegisterStatus = 16'h0044;
  localparam int unsigned StatusBusyBit = 0;
  localparam int unsigned StatusDoneBit = 1;
  localparam int unsigned StatusErrorBit = 2;
  localparam logic [15:0] RegisterError = 16'h0048;
  localparam logic [15:0] RegisterErrorIndex = 16'h004c;
  localparam logic [15:0] RegisterEntry = 16'h0050;
  localparam logic [15:0] RegisterWatchdog = 16'h0054;
  localparam logic [15:0] RegisterCycles = 16'h0060;
  localparam logic [15:0] RegisterRegions = 16'h0080;
  localparam logic [15:0] RegisterProgramAddress = 16'h00c0;
  localparam logic [15:0] RegisterProgramData = 16'h00c4;

  // The queue of an opcode; unknown opcodes go to control, where they stop the run
  function automatic queue_e queue_of(input logic [5:0] opcode);
    case (opcode)
      dlp_isa_pkg::OpHalt: queue_of = dlp_isa_pkg::QueueControl;
      dlp_isa_pkg::OpLoad: queue_of = dlp_isa_pkg::QueueLoad;
      dlp_isa_pkg::OpStorel: queue_of = dlp_isa_pkg::QueueLoad;
      dlp_isa_pkg::OpLoadw: queue_of = dlp_isa_pkg::QueueParameter;
      dlp_isa_pkg::OpLoadp: queue_of = dlp_isa_pkg::QueueParameter;
      dlp_isa_pkg::OpLoadt: queue_of = dlp_isa_pkg::QueueParameter;
      dlp_isa_pkg::OpLayer: queue_of = dlp_isa_pkg::QueueCompute;
      dlp_isa_pkg::OpColumns: queue_of = dlp_isa_pkg::QueueCompute;
      dlp_isa_pkg::OpCompute: queue_of = dlp_isa_pkg::QueueCompute;
      dlp_isa_pkg::OpPool: queue_of = dlp_isa_pkg::QueueCompute;
      dlp_isa_pkg::OpMove: queue_of = dlp_isa_pkg::QueueCompute;
      dlp_isa_pkg::OpRepatch: queue_of = dlp_isa_pkg::QueueCompute;
      dlp_isa_pkg::OpStore: queue_of = dlp_isa_pkg::QueueCompute;
      default: queue_of = dlp_isa_pkg::QueueControl;
    endcase
  endfunction

  // The head of every instruction
  localparam int unsigned InstructionOpcodeAt = 0;
  localparam int unsigned InstructionOpcodeBits = 6;
  localparam int unsigned InstructionWaitAt = 6;
  localparam int unsigned InstructionWaitBits = 16;
  localparam int unsigned InstructionSignalAt = 22;
  localparam int unsigned InstructionSignalBits = 16;

  // HALT: Ends the run when every queue is empty and every unit idle; raises the interrupt. A semaphore above zero is an error.
  typedef struct packed {
    logic [89:0] reserved;  // zero
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } halt_t;

  // LOAD: DRAM → feature memory, position outermost, then slot, plane and channel; fewer than C·B channels are repeated as replicas; retires when the last word is written.
  localparam int unsigned LoadRegionAt = 38;
  localparam int unsigned LoadRegionBits = 2;
  localparam int unsigned LoadAddressAt = 40;
  localparam int unsigned LoadAddressBits = 24;
  localparam int unsigned LoadBaseAt = 64;
  localparam int unsigned LoadBaseBits = 16;
  localparam int unsigned LoadPositionsAt = 80;
  localparam int unsigned LoadPositionsBits = 14;
  localparam int unsigned LoadPlaneStrideAt = 94;
  localparam int unsigned LoadPlaneStrideBits = 14;
  localparam int unsigned LoadChannelsAt = 108;
  localparam int unsigned LoadChannelsBits = 12;
  localparam int unsigned LoadWideAt = 120;
  localparam int unsigned LoadWideBits = 1;
  localparam int unsigned LoadStartBankAt = 121;
  localparam int unsigned LoadStartBankBits = 5;
  localparam int unsigned LoadPadAt = 126;
  localparam int unsigned LoadPadBits = 2;
  typedef struct packed {
    logic [1:0] pad;  // with fewer than C·B channels, storage channel q receives channel q mod (N + pad), or nothing where that is N or more
    logic [4:0] start_bank;  // bank of storage channels 0 to C−1
    logic [0:0] wide;  // 0: one plane (4 bits); 1: two planes (8 bits)
    logic [11:0] channels;  // channels N in DRAM
    logic [13:0] plane_stride;  // words from a plane to the next: patch height × width
    logic [13:0] positions;  // positions to transfer, linear in the patch
    logic [15:0] base;  // feature memory address of slot 0, plane 0, at the first position
    logic [23:0] address;  // offset in the region, in units of 64 bytes
    logic [1:0] region;  // DRAM region
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } load_t;

  // STOREL: Logits memory → DRAM as int32; retires at the write response.
  localparam int unsigned StorelRegionAt = 38;
  localparam int unsigned StorelRegionBits = 2;
  localparam int unsigned StorelAddressAt = 40;
  localparam int unsigned StorelAddressBits = 24;
  localparam int unsigned StorelFirstAt = 64;
  localparam int unsigned StorelFirstBits = 12;
  localparam int unsigned StorelCountAt = 76;
  localparam int unsigned StorelCountBits = 13;
  typedef struct packed {
    logic [38:0] reserved;  // zero
    logic [12:0] count;  // logits to store
    logic [11:0] first;  // first logit
    logic [23:0] address;  // offset in the region, in units of 64 bytes
    logic [1:0] region;  // DRAM region
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } storel_t;

  // LOADW: DRAM → weight memory. With zero beats it only waits and signals.
  localparam int unsigned LoadwRegionAt = 38;
  localparam int unsigned LoadwRegionBits = 2;
  localparam int unsigned LoadwAddressAt = 40;
  localparam int unsigned LoadwAddressBits = 24;
  localparam int unsigned LoadwBeatAt = 64;
  localparam int unsigned LoadwBeatBits = 16;
  localparam int unsigned LoadwBeatsAt = 80;
  localparam int unsigned LoadwBeatsBits = 17;
  typedef struct packed {
    logic [30:0] reserved;  // zero
    logic [16:0] beats;  // beats to load
    logic [15:0] beat;  // first beat written
    logic [23:0] address;  // offset in the region, in units of 64 bytes
    logic [1:0] region;  // DRAM region
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } loadw_t;

  // LOADP: DRAM → parameter memory: bias, multiplier, shift and rounding of U rows a group.
  localparam int unsigned LoadpRegionAt = 38;
  localparam int unsigned LoadpRegionBits = 2;
  localparam int unsigned LoadpAddressAt = 40;
  localparam int unsigned LoadpAddressBits = 24;
  localparam int unsigned LoadpGroupAt = 64;
  localparam int unsigned LoadpGroupBits = 12;
  localparam int unsigned LoadpGroupsAt = 76;
  localparam int unsigned LoadpGroupsBits = 13;
  typedef struct packed {
    logic [38:0] reserved;  // zero
    logic [12:0] groups;  // row groups to load
    logic [11:0] group;  // first row group written
    logic [23:0] address;  // offset in the region, in units of 64 bytes
    logic [1:0] region;  // DRAM region
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } loadp_t;

  // LOADT: DRAM → one table block: four source geometries and the slot entries of a layer.
  localparam int unsigned LoadtRegionAt = 38;
  localparam int unsigned LoadtRegionBits = 2;
  localparam int unsigned LoadtAddressAt = 40;
  localparam int unsigned LoadtAddressBits = 24;
  localparam int unsigned LoadtBlockAt = 64;
  localparam int unsigned LoadtBlockBits = 1;
  localparam int unsigned LoadtSlotsAt = 65;
  localparam int unsigned LoadtSlotsBits = 8;
  localparam int unsigned LoadtTapBitsAt = 73;
  localparam int unsigned LoadtTapBitsBits = 3;
  typedef struct packed {
    logic [51:0] reserved;  // zero
    logic [2:0] tap_bits;  // bits of a column id that name the tap (0 to 6); the others name the slot
    logic [7:0] slots;  // slot entries to load, at most 128
    logic [0:0] block;  // table block written
    logic [23:0] address;  // offset in the region, in units of 64 bytes
    logic [1:0] region;  // DRAM region
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } loadt_t;

  // LAYER: Sets the table block and the output map of the following instructions of the compute queue.
  localparam int unsigned LayerBlockAt = 38;
  localparam int unsigned LayerBlockBits = 1;
  localparam int unsigned LayerPatchHeightAt = 39;
  localparam int unsigned LayerPatchHeightBits = 8;
  localparam int unsigned LayerPatchWidthAt = 47;
  localparam int unsigned LayerPatchWidthBits = 8;
  localparam int unsigned LayerPlaneStrideAt = 55;
  localparam int unsigned LayerPlaneStrideBits = 14;
  localparam int unsigned LayerWideAt = 69;
  localparam int unsigned LayerWideBits = 1;
  localparam int unsigned LayerStartBankAt = 70;
  localparam int unsigned LayerStartBankBits = 5;
  localparam int unsigned LayerZeroPointAt = 75;
  localparam int unsigned LayerZeroPointBits = 9;
  localparam int unsigned LayerLowAt = 84;
  localparam int unsigned LayerLowBits = 9;
  localparam int unsigned LayerHighAt = 93;
  localparam int unsigned LayerHighBits = 9;
  localparam int unsigned LayerValidHeightAt = 102;
  localparam int unsigned LayerValidHeightBits = 12;
  localparam int unsigned LayerValidWidthAt = 114;
  localparam int unsigned LayerValidWidthBits = 12;
  typedef struct packed {
    logic [1:0] reserved;  // zero
    logic [11:0] valid_width;  // columns of the map
    logic [11:0] valid_height;  // rows of the map; pixels outside it do not count in lane sums
    logic signed [8:0] high;  // greatest code written
    logic signed [8:0] low;  // least code written
    logic signed [8:0] zero_point;  // added after the shift
    logic [4:0] start_bank;  // bank of output storage channels 0 to C−1
    logic [0:0] wide;  // 0: codes of 4 bits, one plane; 1: codes of 8 bits, two planes
    logic [13:0] plane_stride;  // words from an output plane to the next: patch height × width
    logic [7:0] patch_width;  // columns of the output patch
    logic [7:0] patch_height;  // rows of the output patch
    logic [0:0] block;  // table block read
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } layer_t;

  // COLUMNS: Sets the columns of positions of the following COMPUTEs, until the next LAYER, which sets all columns.
  localparam int unsigned ColumnsFirstColumnAt = 38;
  localparam int unsigned ColumnsFirstColumnBits = 8;
  localparam int unsigned ColumnsColumnsAt = 46;
  localparam int unsigned ColumnsColumnsBits = 8;
  typedef struct packed {
    logic [73:0] reserved;  // zero
    logic [7:0] columns;  // columns of positions
    logic [7:0] first_column;  // first column of positions; columns wrap at the patch width
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } columns_t;

  // COMPUTE: One row group over a range of positions: replays the beats at each position, sums, requantises and writes.
  localparam int unsigned ComputeBeatAt = 38;
  localparam int unsigned ComputeBeatBits = 16;
  localparam int unsigned ComputeBeatsAt = 54;
  localparam int unsigned ComputeBeatsBits = 14;
  localparam int unsigned ComputeGroupAt = 68;
  localparam int unsigned ComputeGroupBits = 12;
  localparam int unsigned ComputeOutputAt = 80;
  localparam int unsigned ComputeOutputBits = 16;
  localparam int unsigned ComputeGapAt = 96;
  localparam int unsigned ComputeGapBits = 8;
  localparam int unsigned ComputeFirstRowAt = 104;
  localparam int unsigned ComputeFirstRowBits = 8;
  localparam int unsigned ComputeRowsAt = 112;
  localparam int unsigned ComputeRowsBits = 8;
  localparam int unsigned ComputeLaneSumAt = 120;
  localparam int unsigned ComputeLaneSumBits = 1;
  localparam int unsigned ComputeAccumulateAt = 121;
  localparam int unsigned ComputeAccumulateBits = 1;
  localparam int unsigned ComputeLogitsAt = 122;
  localparam int unsigned ComputeLogitsBits = 1;
  typedef struct packed {
    logic [4:0] reserved;  // zero
    logic [0:0] logits;  // with laneSum: write sum + bias to the logits memory, without requantising
    logic [0:0] accumulate;  // add the first part to the partial sums instead of overwriting them
    logic [0:0] lane_sum;  // sum over valid lanes and all positions, then one result a row
    logic [7:0] rows;  // rows of positions
    logic [7:0] first_row;  // first row of positions; rows wrap at the patch height
    logic [7:0] gap;  // idle cycles after the last beat or read of the previous compute-queue instruction
    logic [15:0] output_field;  // feature memory address of the group’s first slot; first logit with logits
    logic [11:0] group;  // row group in the parameter memory
    logic [13:0] beats;  // beats of one position
    logic [15:0] beat;  // first beat in the weight memory
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } compute_t;

  // POOL: Maximum over the valid pixels of a window, bank by bank; output in the source’s banks.
  localparam int unsigned PoolSourceAt = 38;
  localparam int unsigned PoolSourceBits = 16;
  localparam int unsigned PoolOutputAt = 54;
  localparam int unsigned PoolOutputBits = 16;
  localparam int unsigned PoolGapAt = 70;
  localparam int unsigned PoolGapBits = 8;
  localparam int unsigned PoolFirstRowAt = 78;
  localparam int unsigned PoolFirstRowBits = 8;
  localparam int unsigned PoolRowsAt = 86;
  localparam int unsigned PoolRowsBits = 8;
  localparam int unsigned PoolSlotsAt = 94;
  localparam int unsigned PoolSlotsBits = 8;
  localparam int unsigned PoolGeometryAt = 102;
  localparam int unsigned PoolGeometryBits = 2;
  localparam int unsigned PoolWideAt = 104;
  localparam int unsigned PoolWideBits = 1;
  localparam int unsigned PoolSignedAt = 105;
  localparam int unsigned PoolSignedBits = 1;
  localparam int unsigned PoolWindowHeightAt = 106;
  localparam int unsigned PoolWindowHeightBits = 4;
  localparam int unsigned PoolWindowWidthAt = 110;
  localparam int unsigned PoolWindowWidthBits = 4;
  localparam int unsigned PoolAdvanceAt = 114;
  localparam int unsigned PoolAdvanceBits = 3;
  typedef struct packed {
    logic [10:0] reserved;  // zero
    logic [2:0] advance;  // columns by which the window advances from a position to the next: the maximum of its last column is reused at the next position of the row; 0: every tap is read
    logic [3:0] window_width;  // columns of the window, 1 to 8
    logic [3:0] window_height;  // rows of the window, 1 to 8
    logic [0:0] signed_field;  // codes are two’s complement
    logic [0:0] wide;  // 0: one plane (4 bits); 1: two planes (8 bits)
    logic [1:0] geometry;  // source geometry of the table block
    logic [7:0] slots;  // slots (C·B storage channels each)
    logic [7:0] rows;  // rows of positions
    logic [7:0] first_row;  // first row of positions; rows wrap at the patch height
    logic [7:0] gap;  // idle cycles after the last beat or read of the previous compute-queue instruction
    logic [15:0] output_field;  // feature memory address of the output map
    logic [15:0] source;  // feature memory address of the source map
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } pool_t;

  // MOVE: Relayout of a map: shifts it by whole lanes; lanes without a valid source pixel receive the fill.
  localparam int unsigned MoveSourceAt = 38;
  localparam int unsigned MoveSourceBits = 16;
  localparam int unsigned MoveOutputAt = 54;
  localparam int unsigned MoveOutputBits = 16;
  localparam int unsigned MoveGapAt = 70;
  localparam int unsigned MoveGapBits = 8;
  localparam int unsigned MoveFirstRowAt = 78;
  localparam int unsigned MoveFirstRowBits = 8;
  localparam int unsigned MoveRowsAt = 86;
  localparam int unsigned MoveRowsBits = 8;
  localparam int unsigned MoveSlotsAt = 94;
  localparam int unsigned MoveSlotsBits = 8;
  localparam int unsigned MoveGeometryAt = 102;
  localparam int unsigned MoveGeometryBits = 2;
  localparam int unsigned MoveWideAt = 104;
  localparam int unsigned MoveWideBits = 1;
  localparam int unsigned MoveLaneRowsAt = 105;
  localparam int unsigned MoveLaneRowsBits = 5;
  localparam int unsigned MoveLaneColumnsAt = 110;
  localparam int unsigned MoveLaneColumnsBits = 5;
  localparam int unsigned MoveFillAt = 115;
  localparam int unsigned MoveFillBits = 8;
  typedef struct packed {
    logic [4:0] reserved;  // zero
    logic [7:0] fill;  // code written where there is no valid pixel
    logic signed [4:0] lane_columns;  // see laneRows
    logic signed [4:0] lane_rows;  // lane (y, x) receives from lane (y + laneRows, x + laneColumns)
    logic [0:0] wide;  // 0: one plane (4 bits); 1: two planes (8 bits)
    logic [1:0] geometry;  // source geometry of the table block
    logic [7:0] slots;  // slots (C·B storage channels each)
    logic [7:0] rows;  // rows of positions
    logic [7:0] first_row;  // first row of positions; rows wrap at the patch height
    logic [7:0] gap;  // idle cycles after the last beat or read of the previous compute-queue instruction
    logic [15:0] output_field;  // feature memory address of the output map
    logic [15:0] source;  // feature memory address of the source map
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } move_t;

  // REPATCH: Relayout of a map between patch layouts: each lane of each position receives the source pixel at its own position in the map, or the fill.
  localparam int unsigned RepatchSourceAt = 38;
  localparam int unsigned RepatchSourceBits = 16;
  localparam int unsigned RepatchOutputAt = 54;
  localparam int unsigned RepatchOutputBits = 16;
  localparam int unsigned RepatchGapAt = 70;
  localparam int unsigned RepatchGapBits = 8;
  localparam int unsigned RepatchFirstRowAt = 78;
  localparam int unsigned RepatchFirstRowBits = 8;
  localparam int unsigned RepatchRowsAt = 86;
  localparam int unsigned RepatchRowsBits = 8;
  localparam int unsigned RepatchSlotsAt = 94;
  localparam int unsigned RepatchSlotsBits = 8;
  localparam int unsigned RepatchGeometryAt = 102;
  localparam int unsigned RepatchGeometryBits = 2;
  localparam int unsigned RepatchWideAt = 104;
  localparam int unsigned RepatchWideBits = 1;
  localparam int unsigned RepatchFillAt = 105;
  localparam int unsigned RepatchFillBits = 8;
  typedef struct packed {
    logic [14:0] reserved;  // zero
    logic [7:0] fill;  // code written where there is no valid pixel
    logic [0:0] wide;  // 0: one plane (4 bits); 1: two planes (8 bits)
    logic [1:0] geometry;  // source geometry of the table block
    logic [7:0] slots;  // slots (C·B storage channels each)
    logic [7:0] rows;  // rows of positions
    logic [7:0] first_row;  // first row of positions; rows wrap at the patch height
    logic [7:0] gap;  // idle cycles after the last beat or read of the previous compute-queue instruction
    logic [15:0] output_field;  // feature memory address of the output map
    logic [15:0] source;  // feature memory address of the source map
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } repatch_t;

  // STORE: Feature memory → DRAM, in LOAD’s order without replicas; retires at the write response.
  localparam int unsigned StoreRegionAt = 38;
  localparam int unsigned StoreRegionBits = 2;
  localparam int unsigned StoreAddressAt = 40;
  localparam int unsigned StoreAddressBits = 24;
  localparam int unsigned StoreBaseAt = 64;
  localparam int unsigned StoreBaseBits = 16;
  localparam int unsigned StorePositionsAt = 80;
  localparam int unsigned StorePositionsBits = 14;
  localparam int unsigned StorePlaneStrideAt = 94;
  localparam int unsigned StorePlaneStrideBits = 14;
  localparam int unsigned StoreChannelsAt = 108;
  localparam int unsigned StoreChannelsBits = 12;
  localparam int unsigned StoreWideAt = 120;
  localparam int unsigned StoreWideBits = 1;
  localparam int unsigned StoreStartBankAt = 121;
  localparam int unsigned StoreStartBankBits = 5;
  typedef struct packed {
    logic [1:0] reserved;  // zero
    logic [4:0] start_bank;  // bank of storage channels 0 to C−1
    logic [0:0] wide;  // 0: one plane (4 bits); 1: two planes (8 bits)
    logic [11:0] channels;  // channels N in DRAM
    logic [13:0] plane_stride;  // words from a plane to the next: patch height × width
    logic [13:0] positions;  // positions to transfer, linear in the patch
    logic [15:0] base;  // feature memory address of slot 0, plane 0, at the first position
    logic [23:0] address;  // offset in the region, in units of 64 bytes
    logic [1:0] region;  // DRAM region
    logic [15:0] signal;  // mask of semaphores that are incremented at retirement
    logic [15:0] wait_field;  // mask of semaphores that must be above zero at issue and are decremented
    logic [5:0] opcode;  // which instruction
  } store_t;

  // A source geometry
  localparam int unsigned GeometryPitchAt = 0;
  localparam int unsigned GeometryPitchBits = 8;
  localparam int unsigned GeometryHeightAt = 8;
  localparam int unsigned GeometryHeightBits = 8;
  localparam int unsigned GeometryStrideYAt = 16;
  localparam int unsigned GeometryStrideYBits = 4;
  localparam int unsigned GeometryStrideXAt = 20;
  localparam int unsigned GeometryStrideXBits = 4;
  localparam int unsigned GeometryOffsetYAt = 24;
  localparam int unsigned GeometryOffsetYBits = 8;
  localparam int unsigned GeometryOffsetXAt = 32;
  localparam int unsigned GeometryOffsetXBits = 8;
  localparam int unsigned GeometryDilationYAt = 40;
  localparam int unsigned GeometryDilationYBits = 4;
  localparam int unsigned GeometryDilationXAt = 44;
  localparam int unsigned GeometryDilationXBits = 4;
  localparam int unsigned GeometryColumnBitsAt = 48;
  localparam int unsigned GeometryColumnBitsBits = 2;
  localparam int unsigned GeometryValidHeightAt = 50;
  localparam int unsigned GeometryValidHeightBits = 12;
  localparam int unsigned GeometryValidWidthAt = 62;
  localparam int unsigned GeometryValidWidthBits = 12;
  localparam int unsigned GeometryPlaneStrideAt = 74;
  localparam int unsigned GeometryPlaneStrideBits = 14;
  typedef struct packed {
    logic [39:0] reserved;  // zero
    logic [13:0] plane_stride;  // words from a source plane to the next, for bank operations
    logic [11:0] valid_width;  // columns of the source map
    logic [11:0] valid_height;  // rows of the source map; outside it the fill is read
    logic [1:0] column_bits;  // low bits of the tap that name its column; the others name its row
    logic [3:0] dilation_x;  // source columns per tap column
    logic [3:0] dilation_y;  // source rows per tap row
    logic signed [7:0] offset_x;  // source column of tap column 0 at output column 0
    logic signed [7:0] offset_y;  // source row of tap row 0 at output row 0: minus the top padding
    logic [3:0] stride_x;  // source columns per output column
    logic [3:0] stride_y;  // source rows per output row
    logic [7:0] height;  // rows of the source patch
    logic [7:0] pitch;  // columns of the source patch
  } geometry_t;

  // A slot entry
  localparam int unsigned SlotBaseAt = 0;
  localparam int unsigned SlotBaseBits = 16;
  localparam int unsigned SlotGeometryAt = 16;
  localparam int unsigned SlotGeometryBits = 2;
  localparam int unsigned SlotSignedAt = 18;
  localparam int unsigned SlotSignedBits = 1;
  localparam int unsigned SlotFillAt = 19;
  localparam int unsigned SlotFillBits = 4;
  typedef struct packed {
    logic [8:0] reserved;  // zero
    logic [3:0] fill;  // nibble read outside the map
    logic [0:0] signed_field;  // the plane’s nibbles are two’s complement
    logic [1:0] geometry;  // source geometry
    logic [15:0] base;  // feature memory address of the plane’s position 0
  } slot_t;

  // Parameters of one row
  localparam int unsigned ParameterBiasAt = 0;
  localparam int unsigned ParameterBiasBits = 32;
  localparam int unsigned ParameterMultiplierAt = 32;
  localparam int unsigned ParameterMultiplierBits = 16;
  localparam int unsigned ParameterShiftAt = 48;
  localparam int unsigned ParameterShiftBits = 6;
  localparam int unsigned ParameterEvenAt = 54;
  localparam int unsigned ParameterEvenBits = 1;
  typedef struct packed {
    logic [8:0] reserved;  // zero
    logic [0:0] even;  // halves round to the even neighbour instead of up; s is 15 or 30 then
    logic [5:0] shift;  // s of the requantiser, 0 to 47
    logic signed [15:0] multiplier;  // m of the requantiser
    logic signed [31:0] bias;  // added to the sum
  } parameter_t;
  localparam int unsigned ParameterUsedBits = 55;

  // Flags of a beat, per cluster
  localparam int unsigned FlagsShiftAt = 0;
  localparam int unsigned FlagsShiftBits = 1;
  localparam int unsigned FlagsEndAt = 1;
  localparam int unsigned FlagsEndBits = 1;
  localparam int unsigned FlagsKeepAt = 2;
  localparam int unsigned FlagsKeepBits = 1;
  localparam int unsigned FlagsPageAt = 3;
  localparam int unsigned FlagsPageBits = 3;
  typedef struct packed {
    logic [1:0] reserved;  // zero
    logic [2:0] page;  // slot page: entry = page · 2^(8 − tapBits) + slot
    logic [0:0] keep;  // with end: the drained sums stay in PSUM, since more parts follow
    logic [0:0] end_field;  // last beat of a part: drain the accumulators and clear them
    logic [0:0] shift;  // shift the accumulators left by 4 before this beat’s products
  } flags_t;

  // Timing, in cycles
  // Read-modify-write loop of the partial sums, in cycles.
  localparam int unsigned PsumLoopCycles = 3;
  // A COMPUTE issued at t (accepted by the position sequencer) has its first beat at t + 1 at the earliest.
  localparam int unsigned IssueToBeatCycles = 1;
  // Every on-chip memory: one cycle for the array, one for its output register.
  localparam int unsigned MemoryReadCycles = 2;
  // Column id to feature memory address: slot index, slot entry, tap row and column, tap offsets, sum.
  localparam int unsigned ColumnAddressCycles = 5;
  // Row shift, then column shift and fill.
  localparam int unsigned TorusCycles = 2;
  // Choice of bank, product, accumulation.
  localparam int unsigned ProcessingElementCycles = 3;
  // Choice of the row group that drains.
  localparam int unsigned DrainCycles = 1;
  // Adder tree over at most eight clusters.
  localparam int unsigned ClusterSumCycles = 2;
  // Addition to the partial sum; its word is written in the cycle in which the total is registered.
  localparam int unsigned PsumCycles = 1;
  // Bias, two of the multiplier, rounding, shift, zero point, clamp.
  localparam int unsigned PostCycles = 7;
  // Choice of bank and plane in front of the feature memory's write port.
  localparam int unsigned WriteBackCycles = 1;
  // Lane sum: adder tree over at most 64 lanes (3), addition to the row's sum (1).
  localparam int unsigned LaneSumCycles = 4;
  // A beat's cycle → the cycle in which its banks are read; of a word written in that same cycle the old value is read.
  localparam int unsigned BeatToReadCycles = 7;
  // The read's cycle → the cycle in which the accumulators of row group 0 hold the beat; row group k follows k cycles later.
  localparam int unsigned ReadToAccumulateCycles = 7;
  // The cycle of a part's last beat → the cycle in which PSUM takes row group 0's sums; row group k follows k cycles later.
  localparam int unsigned BeatToPsumCycles = 18;
  // The cycle of a position's last beat → the cycle at whose end row group 0's codes are written; row group k follows k cycles later.
  localparam int unsigned BeatToWriteCycles = 26;
  // The cycle of a COMPUTE's last beat → the cycle at whose end the logits of row group 0 are written; likewise.
  localparam int unsigned BeatToLogitsCycles = 22;
  // The cycle of a COMPUTE's last beat → the cycle at whose end the requantised lane sums of row group 0 are written; likewise.
  localparam int unsigned BeatToLaneSumWriteCycles = 30;
  // The cycle of a position's last beat → the cycle in which a serial post takes row group 0's sums; the next group follows when it has ended.
  localparam int unsigned BeatToSerialPostCycles = 14;
  // Least cycles of a serial post: parameters and bias (2), 16 bits of the multiplier, the shift by four (12) and by one (3), zero point with clamp.
  localparam int unsigned LeastSerialPostCycles = 34;
  // A beat of a bank operation → the cycle in which its banks are read.
  localparam int unsigned BankBeatToReadCycles = 4;
  // The read of a word's last tap → the cycle at whose end its codes are written: memory, torus, maximum, pairing of planes, write port.
  localparam int unsigned BankReadToWriteCycles = 7;
  // A word's last beat → the cycle at whose end its codes are written.
  localparam int unsigned BankBeatToWriteCycles = 11;
  // Beats that a written word takes at least: every second cycle of a bank's write port stays free for LOAD.
  localparam int unsigned LeastWordBeats = 2;
  // The doorbell's cycle is 0; the first instruction is dispatched in this cycle.
  localparam int unsigned StartToDispatchCycles = 3;
  // An instruction dispatched at t can issue at t + 1.
  localparam int unsigned DispatchToIssueCycles = 1;
  // HALT takes effect one cycle after the last retirement; the interrupt rises so many cycles later.
  localparam int unsigned HaltToInterruptCycles = 1;
  // A LOAD, LOADW, LOADP or LOADT issued at t requests its first read address at t + 2: region base and length take a cycle.
  localparam int unsigned IssueToAddressCycles = 2;
  // LOADs (likewise LOADWs, LOADPs and LOADTs) that may be issued and not yet retired.
  localparam int unsigned TransfersInFlight = 8;
  // The last data beat of a word group → the cycle at whose end its words are written; a cycle later where the drain holds the port.
  localparam int unsigned LoadBeatToWriteCycles = 3;
  // From the last data beat of a LOAD's word group to the last one of its next, at least: so it writes a bank at most every second cycle. Likewise from the last beat of a LOAD to the first one of the next LOAD.
  localparam int unsigned LoadGroupCycles = 2;
  // The last data beat of a LOAD → its retirement: the write, and one cycle in the skid register.
  localparam int unsigned LoadBeatToRetireCycles = 4;
  // A data beat of the parameter queue → the cycle at whose end its memory is written; the last one's is the retirement.
  localparam int unsigned ParameterBeatToWriteCycles = 3;
  // A STORE issued at t reads its first word group at t + 2.
  localparam int unsigned StoreIssueToReadCycles = 2;
  // A STORE's or STOREL's read → the cycle in which its first data beat can be sent.
  localparam int unsigned StoreReadToBeatCycles = 3;
  // A STOREL issued at t requests the write channel at t + 1.
  localparam int unsigned StoreLogitsIssueToRequestCycles = 1;
  // Bytes of a burst at most, and the boundary that it does not cross.
  localparam int unsigned BurstBytes = 4096;
  // Data beats of a burst at most.
  localparam int unsigned BurstBeats = 256;

  // Whether a word is an instruction on every machine; dlp_machine_pkg::accepts adds the rules of one machine.
  function automatic logic legal(input logic [127:0] word);
    legal = 1'b0;
    case (word[5:0])
      6'd1: begin  // HALT
        legal = word[127:38] == 90'd0;
      end
      6'd2: begin  // LOAD
        legal = 1'b1;
        // positions is at least 1
        if (!(word[93:80] != 14'd0)) legal = 1'b0;
        // channels is at least 1
        if (!(word[119:108] != 12'd0)) legal = 1'b0;
      end
      6'd3: begin  // STOREL
        legal = word[127:89] == 39'd0;
        // count is at least 1
        if (!(word[88:76] != 13'd0)) legal = 1'b0;
        // first + count is at most 4096
        if (!(($signed({20'd0, word[75:64]}) + $signed({19'd0, word[88:76]})) <= 32'sd4096)) legal = 1'b0;
      end
      6'd4: begin  // LOADW
        legal = word[127:97] == 31'd0;
      end
      6'd5: begin  // LOADP
        legal = word[127:89] == 39'd0;
        // groups is at least 1
        if (!(word[88:76] != 13'd0)) legal = 1'b0;
      end
      6'd6: begin  // LOADT
        legal = word[127:76] == 52'd0;
        // slots is at most 128
        if (!($signed({24'd0, word[72:65]}) <= 32'sd128)) legal = 1'b0;
        // tapBits is at most 6
        if (!($signed({29'd0, word[75:73]}) <= 32'sd6)) legal = 1'b0;
      end
      6'd7: begin  // LAYER
        legal = word[127:126] == 2'd0;
        // patchHeight is at least 1
        if (!(word[46:39] != 8'd0)) legal = 1'b0;
        // patchWidth is at least 1
        if (!(word[54:47] != 8'd0)) legal = 1'b0;
        // low is at most high
        if (!($signed({{23{word[92]}}, word[92:84]}) <= $signed({{23{word[101]}}, word[101:93]}))) legal = 1'b0;
        // low is at least −8 without wide
        if (word[69:69] == 1'd0 && !(-32'sd8 <= $signed({{23{word[92]}}, word[92:84]}))) legal = 1'b0;
        // high is at most 15 without wide
        if (word[69:69] == 1'd0 && !($signed({{23{word[101]}}, word[101:93]}) <= 32'sd15)) legal = 1'b0;
        // high is at most 7 without wide where low is negative
        if (word[69:69] == 1'd0 && ($signed({{23{word[92]}}, word[92:84]}) + 32'sd1) <= 32'sd0 && !($signed({{23{word[101]}}, word[101:93]}) <= 32'sd7)) legal = 1'b0;
        // low is at least −128
        if (!(-32'sd128 <= $signed({{23{word[92]}}, word[92:84]}))) legal = 1'b0;
        // high is at most 127 where low is negative
        if (($signed({{23{word[92]}}, word[92:84]}) + 32'sd1) <= 32'sd0 && !($signed({{23{word[101]}}, word[101:93]}) <= 32'sd127)) legal = 1'b0;
      end
      6'd13: begin  // COLUMNS
        legal = word[127:54] == 74'd0;
        // columns is at least 1
        if (!(word[53:46] != 8'd0)) legal = 1'b0;
      end
      6'd8: begin  // COMPUTE
        legal = word[127:123] == 5'd0;
        // rows is at least 1
        if (!(word[119:112] != 8'd0)) legal = 1'b0;
        // beats is at least 1
        if (!(word[67:54] != 14'd0)) legal = 1'b0;
        // logits needs laneSum
        if (!($signed({31'd0, word[122:122]}) <= $signed({31'd0, word[120:120]}))) legal = 1'b0;
      end
      6'd9: begin  // POOL
        legal = word[127:117] == 11'd0;
        // rows is at least 1
        if (!(word[93:86] != 8'd0)) legal = 1'b0;
        // slots is at least 1
        if (!(word[101:94] != 8'd0)) legal = 1'b0;
        // windowHeight is at least 1
        if (!(word[109:106] != 4'd0)) legal = 1'b0;
        // windowHeight is at most 8
        if (!($signed({28'd0, word[109:106]}) <= 32'sd8)) legal = 1'b0;
        // windowWidth is at least 1
        if (!(word[113:110] != 4'd0)) legal = 1'b0;
        // windowWidth is at most 8
        if (!($signed({28'd0, word[113:110]}) <= 32'sd8)) legal = 1'b0;
        // advance is below windowWidth
        if (word[116:114] != 3'd0 && !(($signed({29'd0, word[116:114]}) + 32'sd1) <= $signed({28'd0, word[113:110]}))) legal = 1'b0;
      end
      6'd10: begin  // MOVE
        legal = word[127:123] == 5'd0;
        // rows is at least 1
        if (!(word[93:86] != 8'd0)) legal = 1'b0;
        // slots is at least 1
        if (!(word[101:94] != 8'd0)) legal = 1'b0;
        // fill is at most 15 without wide
        if (word[104:104] == 1'd0 && !(word[122:119] == 4'd0)) legal = 1'b0;
      end
      6'd12: begin  // REPATCH
        legal = word[127:113] == 15'd0;
        // rows is at least 1
        if (!(word[93:86] != 8'd0)) legal = 1'b0;
        // slots is at least 1
        if (!(word[101:94] != 8'd0)) legal = 1'b0;
        // fill is at most 15 without wide
        if (word[104:104] == 1'd0 && !(word[112:109] == 4'd0)) legal = 1'b0;
      end
      6'd11: begin  // STORE
        legal = word[127:126] == 2'd0;
        // positions is at least 1
        if (!(word[93:80] != 14'd0)) legal = 1'b0;
        // channels is at least 1
        if (!(word[119:108] != 12'd0)) legal = 1'b0;
      end
      default: legal = 1'b0;
    endcase
  endfunction
endpackage
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on UNUSEDPARAM */
