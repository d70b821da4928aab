// What travels through the compute path beside the data.

// A module by itself need not use every constant.
/* verilator lint_off UNUSEDPARAM */
package dlp_compute_pkg;

  // LAYER's fields, without the head of the instruction.
  typedef struct packed {
    logic        block;
    logic [7:0]  patch_height;
    logic [7:0]  patch_width;
    logic [13:0] plane_stride;
    logic        wide;
    logic [4:0]  start_bank;
    logic [8:0]  zero_point;
    logic [8:0]  low;
    logic [8:0]  high;
    logic [11:0] valid_height;
    logic [11:0] valid_width;
  } layer_t;

  // What every beat of a COMPUTE carries, so that a LAYER never races a drain.
  typedef struct packed {
    layer_t      layer;
    logic [11:0] group;
    logic [15:0] result;  // the field `output`
    logic        lane_sum;
    logic        accumulate;
    logic        logits;
  } pass_t;
  localparam int unsigned PassBits = 119;

  // One beat as the position sequencer presents it.
  typedef struct packed {
    logic       valid;
    logic       first;  // of its position
    logic       last;   // of its position
    logic       first_position;
    logic       last_position;
    logic        leaves;  // the COMPUTE's rows leave LAYER's patch
    logic [15:0] index;   // of the COMPUTE in the program
    logic [7:0] row;
    logic [7:0] column;
    pass_t      pass;
  } beat_t;
  localparam int unsigned BeatBits = 157;

  // R rows that drain in one cycle.
  typedef struct packed {
    logic       valid;
    logic [7:0] index;      // which R of the U rows
    logic       keep;
    logic       overwrite;  // the first part of a position, unless the COMPUTE accumulates
    logic       finish;     // the end of the COMPUTE's last beat
    logic       first_position;
    logic [7:0] row;
    logic [7:0] column;
    pass_t      pass;
  } drain_t;
  localparam int unsigned DrainBits = 148;

endpackage
/* verilator lint_on UNUSEDPARAM */
