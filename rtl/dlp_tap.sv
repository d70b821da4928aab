// One tap along one axis for one geometry: the coordinate in the patch that it reads, whether the vector shifts by a lane, which lanes receive a pixel.
//
//   cycle 2    origin, distance
//   cycle 3    extent                 wrap into the patch, lane shift
//   cycle 4    coordinate_o, limits   mask
//   cycle 5    shift_o, mask_o
//
// Latency: 2 (coordinate_o) and 3 (shift_o, mask_o) from origin_i. Throughput: one position a cycle. Stalls: never.

module dlp_tap #(
  parameter int unsigned Lanes = 2,
  // of a patch's height or width
  parameter int unsigned ExtentBits = 8
) (
  input  logic clk_i,

  // cycle 2: tap 0 of the position, and the distance of this tap from it
  input  logic signed [13:0] origin_i,
  input  logic [6:0]         distance_i,

  // cycle 3, cycle 4: the patch's extent; cycle 4: each lane's first invalid pixel
  input  logic [7:0]          extent_i,
  input  logic [7:0]          extent_4_i,
  input  logic [Lanes*14-1:0] limits_i,

  output logic [7:0]       coordinate_o,
  // bit 0: from the lane before, bit 1: from the lane after, both: out of range
  output logic [1:0]       shift_o,
  output logic [Lanes-1:0] mask_o
);

  logic signed [13:0] tap_q, wrapped_q, extent_signed;
  logic [7:0]         coordinate;
  logic [1:0]         shift_q, shift_last_q;
  logic               out_of_range;
  logic [Lanes-1:0]   valid_lane, mask_d, mask_q;

  assign extent_signed = $signed({6'b0, extent_i});
  always_ff @(posedge clk_i) begin
    tap_q <= origin_i + $signed(14'(distance_i));
    if (tap_q < 0) begin
      wrapped_q <= tap_q + extent_signed;
      shift_q <= 2'b01;
    end else if (tap_q >= extent_signed) begin
      wrapped_q <= tap_q - extent_signed;
      shift_q <= 2'b10;
    end else begin
      wrapped_q <= tap_q;
      shift_q <= 2'b00;
    end
  end

  assign out_of_range = wrapped_q[13:8] != '0 || wrapped_q[7:0] >= extent_4_i;
  // A coordinate within the patch fits the bits of its extent.
  assign coordinate = wrapped_q[7:0] & 8'(2 ** ExtentBits - 1);

  // Whether a source lane has a pixel of the map at the coordinate; then the same for the lane that receives it.
  for (genvar l = 0; l < Lanes; l++) begin : gen_inside
    assign valid_lane[l] = $signed({6'b0, coordinate}) < $signed(limits_i[l*14+:14]);
  end
  for (genvar l = 0; l < Lanes; l++) begin : gen_mask
    logic lane_before, lane_after;
    if (l == 0) assign lane_before = 1'b0;
    else assign lane_before = valid_lane[l-1];
    if (l == Lanes - 1) assign lane_after = 1'b0;
    else assign lane_after = valid_lane[l+1];
    assign mask_d[l] = shift_q[0] ? lane_before : shift_q[1] ? lane_after : valid_lane[l];
  end
  always_ff @(posedge clk_i) begin
    mask_q <= mask_d;
    // outside the patch after the wrap: more than one lane away
    shift_last_q <= out_of_range ? 2'b11 : shift_q;
  end

  assign coordinate_o = coordinate;
  assign shift_o = shift_last_q;
  assign mask_o = mask_q;

endmodule
