// The tap of one beat of POOL or MOVE along one axis (rows or columns): where it reads in the patch, whether the torus shifts the word by a
// lane, and which lanes receive a pixel of the map in the end.
//
//   cycle 0    position, tap                  stride · position, dilation · tap
//   cycle 1                                   + offset
//   cycle 2                                   wrap into the patch, first invalid pixel of each lane
//   cycle 3    coordinate_3_o                 lanes that hold a pixel there, shift of this pass
//   cycle 4    shift_4_o, mask_4_o            pixels seen from the receiving lane
//   cycle 5    inside_5_o
//
// POOL shifts by at most one lane. MOVE shifts by the sum of the tap's and its own shift, one lane in each of the first passes through
// the torus: what comes in at the open ends never reaches a lane that is to receive a pixel.
//
// Latency: as drawn. Throughput: one tap a cycle. Stalls: never.

module dlp_pool_axis #(
  parameter int unsigned Lanes = 2
) (
  input  logic clk_i,

  input  logic [7:0]  extent_i,
  input  logic [3:0]  stride_i,
  input  logic [7:0]  offset_i,
  input  logic [3:0]  dilation_i,
  input  logic [11:0] valid_i,
  input  logic        move_i,
  input  logic [4:0]  lanes_i,
  input  logic [7:0]  position_i,
  input  logic [2:0]  tap_i,
  input  logic [4:0]  pass_i,

  output logic [7:0]       coordinate_3_o,
  // for the torus; bit 0: from the lane before, bit 1: from the lane after
  output logic [1:0]       shift_4_o,
  output logic [Lanes-1:0] mask_4_o,
  output logic [Lanes-1:0] inside_5_o
);

  logic [7:0]  extent_1_q, extent_2_q, offset_1_q;
  logic [11:0] valid_1_q, valid_2_q;
  logic        move_1_q, move_2_q, move_3_q;
  logic [4:0]  lanes_1_q, lanes_2_q, lanes_3_q, pass_1_q, pass_2_q, pass_3_q;

  always_ff @(posedge clk_i) begin
    extent_1_q <= extent_i;
    extent_2_q <= extent_1_q;
    offset_1_q <= offset_i;
    valid_1_q <= valid_i;
    valid_2_q <= valid_1_q;
    move_1_q <= move_i;
    move_2_q <= move_1_q;
    move_3_q <= move_2_q;
    lanes_1_q <= lanes_i;
    lanes_2_q <= lanes_1_q;
    lanes_3_q <= lanes_2_q;
    pass_1_q <= pass_i;
    pass_2_q <= pass_1_q;
    pass_3_q <= pass_2_q;
  end

  // Cycle 0 and 1.
  logic [11:0]        product_1_q;
  logic [6:0]         reach_1_q;
  logic signed [13:0] tap_2_q;
  always_ff @(posedge clk_i) begin
    product_1_q <= stride_i * 12'(position_i);
    reach_1_q <= dilation_i * 7'(tap_i);
    tap_2_q <= $signed({2'b0, product_1_q}) + $signed({{6{offset_1_q[7]}}, offset_1_q}) + $signed({7'b0, reach_1_q});
  end

  // Cycle 2: a tap leaves the patch once at most. A lane's pixels are valid below its limit.
  logic signed [13:0]  extent_2;
  logic [7:0]          coordinate_3_q;
  logic [1:0]          shift_3_q;
  logic [Lanes*14-1:0] limit_3_q;
  assign extent_2 = $signed({6'b0, extent_2_q});
  always_ff @(posedge clk_i) begin
    if (tap_2_q < 0) begin
      coordinate_3_q <= tap_2_q[7:0] + extent_2_q;
      shift_3_q <= 2'b01;
    end else if (tap_2_q >= extent_2) begin
      coordinate_3_q <= tap_2_q[7:0] - extent_2_q;
      shift_3_q <= 2'b10;
    end else begin
      coordinate_3_q <= tap_2_q[7:0];
      shift_3_q <= 2'b00;
    end
  end
  for (genvar l = 0; l < Lanes; l++) begin : gen_limit
    always_ff @(posedge clk_i) limit_3_q[l*14+:14] <= 14'(valid_2_q) - 14'(l * extent_2_q);
  end

  // Cycle 3: lanes that hold a pixel there; the same seen from the receiving lane of the torus; the whole shift, −17 to 16.
  logic [Lanes-1:0]  holds_3, holds_4_q, mask_4_q;
  logic [1:0]        shift_4_q;
  logic signed [5:0] total_3, total_4_q;
  logic              before_3, after_3;
  assign total_3 = $signed({lanes_3_q[4], lanes_3_q}) + $signed({5'b0, shift_3_q[1]}) - $signed({5'b0, shift_3_q[0]});
  assign before_3 = total_3 < -$signed({1'b0, pass_3_q});
  assign after_3 = total_3 > $signed({1'b0, pass_3_q});
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic lane_before, lane_after;
    assign holds_3[l] = $signed({6'b0, coordinate_3_q}) < $signed(limit_3_q[l*14+:14]);
    if (l == 0) assign lane_before = 1'b0;
    else assign lane_before = holds_3[l-1];
    if (l == Lanes - 1) assign lane_after = 1'b0;
    else assign lane_after = holds_3[l+1];
    always_ff @(posedge clk_i) mask_4_q[l] <= move_3_q ? 1'b1 : shift_3_q[0] ? lane_before : shift_3_q[1] ? lane_after : holds_3[l];
  end
  always_ff @(posedge clk_i) begin
    holds_4_q <= holds_3;
    shift_4_q <= {after_3, before_3};
    total_4_q <= total_3;
  end

  // Cycle 4.
  logic [Lanes-1:0] inside_5_q;
  always_ff @(posedge clk_i) begin
    inside_5_q <= (total_4_q < 0) ? holds_4_q << (-total_4_q) : holds_4_q >> total_4_q;
  end

  assign coordinate_3_o = coordinate_3_q;
  assign shift_4_o = shift_4_q;
  assign mask_4_o = mask_4_q;
  assign inside_5_o = inside_5_q;

endmodule
