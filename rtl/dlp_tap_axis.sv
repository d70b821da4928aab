// Taps along one axis (rows or columns) at one output position, for the geometries of the block in use: the row or column of the patch that each tap
// reads, whether the vector shifts by a lane, and which lanes receive a pixel of the map.
//
//   cycle 0    position, block                     stride · position
//   cycle 1    + offset
//   cycle 2    + dilation · tap
//   cycle 3    wrap into the patch, lane shift     lane's first invalid pixel
//   cycle 4    coordinate_o, shift                 mask
//   cycle 5    shift_o, mask_o
//
// A tap more than one lane away is out of range: both bits of its shift are set.
//
// Latency: 4 (coordinate_o) and 5 (shift_o, mask_o) from position_i. Throughput: one position a cycle; every tap changes in the cycle of a position
// change. Stalls: never.

module dlp_tap_axis #(
  parameter int unsigned Lanes = 2,
  parameter int unsigned Geometries = 4,
  parameter int unsigned Taps = 8,
  // of a patch's height or width
  parameter int unsigned ExtentBits = 8
) (
  input  logic clk_i,

  // per block and geometry, geometry 0 of block 0 lowest; held while in use
  input  logic [2*Geometries*8-1:0]  extent_i,
  input  logic [2*Geometries*4-1:0]  stride_i,
  input  logic [2*Geometries*8-1:0]  offset_i,
  input  logic [2*Geometries*4-1:0]  dilation_i,
  input  logic [2*Geometries*12-1:0] valid_i,

  input  logic       block_i,
  input  logic [7:0] position_i,

  // per geometry and tap; shift: bit 0 from the lane before, bit 1 from the lane after, both: out of range
  output logic [Geometries*Taps*8-1:0]     coordinate_o,
  output logic [Geometries*Taps*2-1:0]     shift_o,
  output logic [Geometries*Taps*Lanes-1:0] mask_o
);

  // The block accompanies the position through the pipeline.
  logic [3:0] block_q;
  always_ff @(posedge clk_i) block_q <= {block_q[2:0], block_i};

  for (genvar g = 0; g < Geometries; g++) begin : gen_geometry
    // the same geometry of block 1
    localparam int unsigned Other = Geometries + g;
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

    for (genvar t = 0; t < Taps; t++) begin : gen_tap
      localparam int unsigned Index = g * Taps + t;
      // dilation · t without a DSP
      logic [6:0] distance;
      assign distance = ((t & 1) != 0 ? 7'(dilation) : 7'd0) + ((t & 2) != 0 ? 7'(dilation) << 1 : 7'd0) +
          ((t & 4) != 0 ? 7'(dilation) << 2 : 7'd0);
      dlp_tap #(
        .Lanes     (Lanes),
        .ExtentBits(ExtentBits)
      ) u_tap (
        .clk_i,
        .origin_i    (origin_q),
        .distance_i  (distance),
        .extent_i    (extent),
        .extent_4_i  (extent_4),
        .limits_i    (limit_q),
        .coordinate_o(coordinate_o[Index*8+:8]),
        .shift_o     (shift_o[Index*2+:2]),
        .mask_o      (mask_o[Index*Lanes+:Lanes])
      );
    end
  end

endmodule
