// What a beat of POOL, MOVE or REPATCH carries.

// A module by itself need not use every constant.
/* verilator lint_off UNUSEDPARAM */
package dlp_pool_pkg;

  // What is the same for every beat of an instruction: the source geometry, LAYER's output side, the instruction's own fields.
  typedef struct packed {
    logic [7:0]  pitch;
    logic [7:0]  height;
    logic [3:0]  stride_y;
    logic [3:0]  stride_x;
    logic [7:0]  offset_y;  // two's complement
    logic [7:0]  offset_x;
    logic [11:0] reach_y;    // source rows per tap row: the dilation; REPATCH: per lane
    logic [11:0] reach_x;
    logic [11:0] valid_height;
    logic [11:0] valid_width;
    logic [13:0] source_stride;
    logic [13:0] result_stride;
    logic [7:0]  patch_width;
    logic        wide;
    logic        move;
    logic        repatch;
    logic        signed_codes;
    logic [4:0]  lane_rows;  // two's complement, as lane_columns; both 0 for POOL
    logic [4:0]  lane_columns;
    logic [7:0]  fill;       // 0 for POOL
    logic        leaves;     // the rows leave LAYER's patch
    logic [15:0] index;      // in the program
  } work_t;

  // One beat as the sequencer presents it.
  typedef struct packed {
    logic        valid;
    logic        tap;    // banks are read
    logic        again;  // MOVE: the words pass the torus once more
    logic        take;   // the words that come are a tap of POOL's window, MOVE's result, or hold the pixel of one of REPATCH's lanes
    logic        first;  // tap of a column of POOL's window, or of another word
    logic        fresh;  // nothing but this column counts so far: the first one of a window without a kept one
    logic        column_last;  // the column's last beat; MOVE and REPATCH: the word's
    logic        last;   // of the word's beats
    logic [4:0]  pass;   // of MOVE through the torus
    logic        step;   // two planes: 0 where plane 0 lies in the lower half of the banks
    logic [7:0]  row;
    logic [7:0]  column;
    logic [3:0]  tap_row;     // of POOL's window; REPATCH: the lane that receives
    logic [3:0]  tap_column;
    logic [23:0] source;      // plane 0 of the slot; may lie beyond the banks
    logic [23:0] result;
    work_t       work;
  } beat_t;
  localparam int unsigned BeatBits = 249;

endpackage
/* verilator lint_on UNUSEDPARAM */
