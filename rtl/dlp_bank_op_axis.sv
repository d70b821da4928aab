// The tap of one beat of a bank operation along one axis (rows or columns): the coordinate in the patch that it reads, whether the torus shifts the word
// by a lane, and which lanes receive a pixel of the map in the end.
//
//   cycle 0    position, tap                  stride · position, reach · tap
//   cycle 1                                   + offset
//   cycle 2                                   wrap into the patch, first invalid pixel of each lane; REPATCH: lane that holds it
//   cycle 3    coordinate_3_o, lane_3_o       lanes that hold a pixel at the coordinate, shift of this pass of the torus
//   cycle 4    shift_4_o, mask_4_o …          lanes that receive it
//   cycle 5    covered_5_o
//
// POOL shifts by at most one lane. MOVE shifts by the sum of the tap's and its own shift, one lane in each of the first passes of the torus: what enters
// at the open ends never reaches a lane that is to receive a pixel. The tap of REPATCH is the lane that receives, and its reach the source rows from a
// lane's first pixel to the next lane's; the torus gives every lane the one nibble that was selected.
//
// Latency: as drawn. Throughput: one tap a cycle. Stalls: never.

module dlp_bank_op_axis #(
  parameter int unsigned Lanes = 2
) (
  input  logic clk_i,

  input  logic [7:0]  extent_i,
  input  logic [3:0]  stride_i,
  input  logic [7:0]  offset_i,
  input  logic [11:0] reach_i,
  input  logic [11:0] valid_i,
  input  logic        move_i,
  input  logic        repatch_i,
  input  logic [4:0]  lanes_i,
  input  logic [7:0]  position_i,
  input  logic [3:0]  tap_i,
  input  logic [4:0]  torus_pass_i,

  output logic [7:0]       coordinate_3_o,
  // REPATCH: the lane that holds the pixel
  output logic [3:0]       lane_3_o,
  // for the torus; bit 0: from the lane before, bit 1: from the lane after
  output logic [1:0]       shift_4_o,
  output logic [Lanes-1:0] mask_4_o,
  // POOL and MOVE: the tap is more than one lane away; REPATCH: there is a pixel
  output logic             out_of_range_4_o,
  output logic             pixel_4_o,
  output logic [Lanes-1:0] covered_5_o
);

  logic [7:0]  extent_1_q, extent_2_q, extent_3_q, offset_1_q;
  logic [11:0] valid_1_q, valid_2_q;
  logic        move_1_q, move_2_q, move_3_q, repatch_1_q, repatch_2_q, repatch_3_q, repatch_4_q;
  logic [4:0]  lanes_1_q, lanes_2_q, lanes_3_q, torus_pass_1_q, torus_pass_2_q, torus_pass_3_q;
  logic [3:0]  target_1_q, target_2_q, target_3_q, target_4_q;

  always_ff @(posedge clk_i) begin
    extent_1_q <= extent_i;
    extent_2_q <= extent_1_q;
    extent_3_q <= extent_2_q;
    offset_1_q <= offset_i;
    valid_1_q <= valid_i;
    valid_2_q <= valid_1_q;
    move_1_q <= move_i;
    move_2_q <= move_1_q;
    move_3_q <= move_2_q;
    repatch_1_q <= repatch_i;
    repatch_2_q <= repatch_1_q;
    repatch_3_q <= repatch_2_q;
    repatch_4_q <= repatch_3_q;
    lanes_1_q <= lanes_i;
    lanes_2_q <= lanes_1_q;
    lanes_3_q <= lanes_2_q;
    torus_pass_1_q <= torus_pass_i;
    torus_pass_2_q <= torus_pass_1_q;
    torus_pass_3_q <= torus_pass_2_q;
    target_1_q <= tap_i;
    target_2_q <= target_1_q;
    target_3_q <= target_2_q;
    target_4_q <= target_3_q;
  end

  // Cycle 0 and 1.
  logic [11:0]        product_1_q;
  logic [15:0]        reach_1_q;
  logic signed [17:0] tap_2_q;
  always_ff @(posedge clk_i) begin
    product_1_q <= stride_i * 12'(position_i);
    reach_1_q <= tap_i * 16'(reach_i);
    tap_2_q <= $signed({6'b0, product_1_q}) + $signed({{10{offset_1_q[7]}}, offset_1_q}) + $signed({2'b0, reach_1_q});
  end

  // The first row or column of each lane, and the one after the last lane.
  logic [(Lanes+1)*12-1:0] start_2_q;
  for (genvar l = 0; l <= Lanes; l++) begin : gen_start
    always_ff @(posedge clk_i) start_2_q[l*12+:12] <= 12'(l * extent_1_q);
  end

  // Cycle 2: a tap wraps once at most; the pixel of REPATCH lies in the last lane that does not start after it.
  logic signed [17:0] extent_2, wrapped_3_q;
  logic [Lanes:0]     starts_2;
  logic [7:0]         local_2;
  logic [3:0]         lane_2, lane_3_q;
  logic               pixel_3_q;
  logic [1:0]         shift_3_q;
  logic [Lanes*14-1:0] limit_3_q;
  logic [(Lanes+1)*18-1:0] offset_in_lane_2;
  assign extent_2 = $signed({10'b0, extent_2_q});
  for (genvar l = 0; l <= Lanes; l++) begin : gen_lane_offset
    assign offset_in_lane_2[l*18+:18] = tap_2_q - $signed({6'b0, start_2_q[l*12+:12]});
    assign starts_2[l] = !offset_in_lane_2[l*18+17];
  end
  always_comb begin
    lane_2 = 4'd0;
    local_2 = offset_in_lane_2[7:0];
    for (int unsigned l = 1; l < Lanes; l++) begin
      if (starts_2[l]) begin
        lane_2 = 4'(l);
        local_2 = offset_in_lane_2[l*18+:8];
      end
    end
  end
  always_ff @(posedge clk_i) begin
    lane_3_q <= lane_2;
    pixel_3_q <= starts_2[0] && !starts_2[Lanes] && tap_2_q < $signed({6'b0, valid_2_q});
    if (repatch_2_q) begin
      wrapped_3_q <= {10'b0, local_2};
      shift_3_q <= 2'b00;
    end else if (tap_2_q < 0) begin
      wrapped_3_q <= tap_2_q + extent_2;
      shift_3_q <= 2'b01;
    end else if (tap_2_q >= extent_2) begin
      wrapped_3_q <= tap_2_q - extent_2;
      shift_3_q <= 2'b10;
    end else begin
      wrapped_3_q <= tap_2_q;
      shift_3_q <= 2'b00;
    end
  end
  for (genvar l = 0; l < Lanes; l++) begin : gen_limit
    always_ff @(posedge clk_i) limit_3_q[l*14+:14] <= 14'(valid_2_q) - 14'(start_2_q[l*12+:12]);
  end

  // Cycle 3: lanes that hold a pixel at the coordinate; lanes that receive one in the torus; the whole shift, −17 to 16.
  logic [7:0]        coordinate_3;
  logic [Lanes-1:0]  holds_3, holds_4_q, mask_4_q;
  logic [1:0]        shift_4_q;
  logic signed [5:0] total_3, total_4_q;
  logic              before_3, after_3, out_of_range_4_q, pixel_4_q;
  assign coordinate_3 = wrapped_3_q[7:0];
  assign total_3 = $signed({lanes_3_q[4], lanes_3_q}) + $signed({5'b0, shift_3_q[1]}) - $signed({5'b0, shift_3_q[0]});
  assign before_3 = total_3 < -$signed({1'b0, torus_pass_3_q});
  assign after_3 = total_3 > $signed({1'b0, torus_pass_3_q});
  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic lane_before, lane_after, lane_mask;
    assign holds_3[l] = $signed({6'b0, coordinate_3}) < $signed(limit_3_q[l*14+:14]);
    if (l == 0) assign lane_before = 1'b0;
    else assign lane_before = holds_3[l-1];
    if (l == Lanes - 1) assign lane_after = 1'b0;
    else assign lane_after = holds_3[l+1];
    assign lane_mask = move_3_q ? 1'b1 : shift_3_q[0] ? lane_before : shift_3_q[1] ? lane_after : holds_3[l];
    always_ff @(posedge clk_i) mask_4_q[l] <= lane_mask && !repatch_3_q;
  end
  always_ff @(posedge clk_i) begin
    holds_4_q <= holds_3;
    shift_4_q <= {after_3, before_3};
    total_4_q <= total_3;
    out_of_range_4_q <= !repatch_3_q && (wrapped_3_q[17:8] != '0 || coordinate_3 >= extent_3_q);
    pixel_4_q <= pixel_3_q;
  end

  // Cycle 4.
  logic [Lanes-1:0] covered_5_q;
  always_ff @(posedge clk_i) begin
    if (repatch_4_q) covered_5_q <= pixel_4_q ? Lanes'(1) << target_4_q : '0;
    else covered_5_q <= (total_4_q < 0) ? holds_4_q << (-total_4_q) : holds_4_q >> total_4_q;
  end

  assign coordinate_3_o = coordinate_3;
  assign lane_3_o = lane_3_q;
  assign shift_4_o = shift_4_q;
  assign mask_4_o = mask_4_q;
  assign out_of_range_4_o = out_of_range_4_q;
  assign pixel_4_o = pixel_4_q;
  assign covered_5_o = covered_5_q;

endmodule
