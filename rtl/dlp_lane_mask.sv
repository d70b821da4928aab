// The lanes that hold a pixel of the output map at the position that drains; lane sums leave out the others.
//
// Latency: 3. Throughput: one position a cycle. Stalls: never.

module dlp_lane_mask #(
  parameter int unsigned GridHeight = 2,
  parameter int unsigned GridWidth = 2
) (
  input  logic clk_i,

  input  dlp_machine_pkg::drain_t          drain_i,
  output logic [GridHeight*GridWidth-1:0]  mask_o
);

  logic [GridHeight-1:0]           rows_q;
  logic [GridWidth-1:0]            columns_q;
  logic [GridHeight*GridWidth-1:0] mask_q;

  for (genvar y = 0; y < GridHeight; y++) begin : gen_row
    logic [12:0] pixel_q;
    logic [11:0] valid_q;
    always_ff @(posedge clk_i) begin
      pixel_q <= 13'(y * drain_i.op.layer.patch_height) + 13'(drain_i.row);
      valid_q <= drain_i.op.layer.valid_height;
      rows_q[y] <= pixel_q < 13'(valid_q);
    end
  end
  for (genvar x = 0; x < GridWidth; x++) begin : gen_column
    logic [12:0] pixel_q;
    logic [11:0] valid_q;
    always_ff @(posedge clk_i) begin
      pixel_q <= 13'(x * drain_i.op.layer.patch_width) + 13'(drain_i.column);
      valid_q <= drain_i.op.layer.valid_width;
      columns_q[x] <= pixel_q < 13'(valid_q);
    end
  end

  for (genvar y = 0; y < GridHeight; y++) begin : gen_mask
    always_ff @(posedge clk_i) mask_q[y*GridWidth+:GridWidth] <= columns_q & {GridWidth{rows_q[y]}};
  end
  assign mask_o = mask_q;

  logic unused;
  assign unused = ^drain_i;

endmodule
