// Taps along one axis (rows or columns) at one output position, for the four geometries of the block in use: where each of eight taps
// reads in the patch, whether the vector shifts by a lane, and which lanes receive a pixel of the map.
//
//   cycle 0    position, block                     stride · position
//   cycle 1    + offset
//   cycle 2    + dilation · tap
//   cycle 3    wrap into the patch, lane shift     lane's first invalid pixel
//   cycle 4    coordinate_o, shift                 mask
//   cycle 5    shift_o, mask_o
//
// A tap beyond the neighbouring lane has both bits of its shift set.
//
// Latency: 4 (coordinate_o) and 5 (shift_o, mask_o) from position_i. Throughput: one position a cycle, so every tap changes in one
// cycle at a position change. Stalls: never.

module dlp_tap_axis #(
  parameter int unsigned Lanes = 2
) (
  input  logic clk_i,

  // per block and geometry, geometry 0 of block 0 lowest; held while in use
  input  logic [2*4*8-1:0]  extent_i,
  input  logic [2*4*4-1:0]  stride_i,
  input  logic [2*4*8-1:0]  offset_i,
  input  logic [2*4*4-1:0]  dilation_i,
  input  logic [2*4*12-1:0] valid_i,

  input  logic       block_i,
  input  logic [7:0] position_i,

  // per geometry and tap; shift: bit 0 from the lane before, bit 1 from the lane after, both: beyond that
  output logic [4*8*8-1:0]     coordinate_o,
  output logic [4*8*2-1:0]     shift_o,
  output logic [4*8*Lanes-1:0] mask_o
);

  // The block travels with the position.
  logic [3:0] block_q;
  always_ff @(posedge clk_i) block_q <= {block_q[2:0], block_i};

  for (genvar g = 0; g < 4; g++) begin : gen_geometry
    localparam int unsigned Other = 4 + g;
    logic [3:0]  stride, dilation;
    logic [7:0]  offset, extent, extent_4;
    logic [11:0] valid;
    assign stride = block_i ? stride_i[Other*4+:4] : stride_i[g*4+:4];
    assign offset = block_q[0] ? offset_i[Other*8+:8] : offset_i[g*8+:8];
    assign dilation = block_q[1] ? dilation_i[Other*4+:4] : dilation_i[g*4+:4];
    assign extent = block_q[2] ? extent_i[Other*8+:8] : extent_i[g*8+:8];
    assign extent_4 = block_q[3] ? extent_i[Other*8+:8] : extent_i[g*8+:8];
    assign valid = block_q[2] ? valid_i[Other*12+:12] : valid_i[g*12+:12];

    logic [11:0]        product_q;
    logic signed [13:0] origin_q;
    always_ff @(posedge clk_i) begin
      product_q <= stride * 12'(position_i);
      origin_q <= $signed({2'b0, product_q}) + $signed({{6{offset[7]}}, offset});
    end

    // A lane's pixels are valid below its limit.
    logic [Lanes*14-1:0] limit_q;
    for (genvar l = 0; l < Lanes; l++) begin : gen_limit
      always_ff @(posedge clk_i) limit_q[l*14+:14] <= 14'(valid) - 14'(l * extent);
    end

    for (genvar t = 0; t < 8; t++) begin : gen_tap
      logic signed [13:0] tap_q, wrapped_q, extent_signed;
      logic [7:0]         coordinate;
      logic [1:0]         shift_q, shift_last_q;
      logic               beyond;
      logic [Lanes-1:0]   valid_lane, mask_d, mask_q;

      assign extent_signed = $signed({6'b0, extent});
      always_ff @(posedge clk_i) begin
        tap_q <= origin_q + $signed(14'(7'(dilation) * 7'(t)));
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

      assign coordinate = wrapped_q[7:0];
      assign beyond = wrapped_q[13:8] != '0 || coordinate >= extent_4;

      // Whether a source lane has a pixel of the map there; then the same seen from the receiving lane.
      for (genvar l = 0; l < Lanes; l++) begin : gen_inside
        assign valid_lane[l] = $signed({6'b0, coordinate}) < $signed(limit_q[l*14+:14]);
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
        shift_last_q <= beyond ? 2'b11 : shift_q;
      end

      localparam int unsigned Index = g * 8 + t;
      assign coordinate_o[Index*8+:8] = coordinate;
      assign shift_o[Index*2+:2] = shift_last_q;
      assign mask_o[Index*Lanes+:Lanes] = mask_q;
    end
  end

endmodule
