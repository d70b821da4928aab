// The columns in force: all of LAYER's patch, or those of the COLUMNS after it, which wrap. Where these exceed the patch, a COMPUTE runs over all
// columns and reports an error. A machine without COLUMNS (limits.columnRanges) has none of this.
//
// Latency: in force for what is accepted in later cycles. Throughput: one a cycle. Stalls: never.

module dlp_columns (
  input  logic clk_i,
  input  logic rst_ni,

  // LAYER and COLUMNS, in the cycle in which they issue
  input  logic                    layer_valid_i,
  input  dlp_machine_pkg::active_layer_t layer_i,
  input  logic                    columns_valid_i,
  input  dlp_isa_pkg::columns_t   columns_i,

  output logic [dlp_isa_pkg::LayerPatchWidthBits-1:0] first_column_o,
  output logic [dlp_isa_pkg::LayerPatchWidthBits-1:0] last_column_o,
  output logic                                        exceeds_patch_o
);

  if (dlp_machine_pkg::ColumnRanges) begin : gen_columns
    logic [7:0] width_q, first_q, last_q;
    logic       exceeds_patch_q;

    // One past the last column, before it wraps.
    logic [8:0] end_column;
    logic       exceeds_patch;
    assign end_column = 9'(columns_i.first_column) + 9'(columns_i.columns);
    assign exceeds_patch = columns_i.columns > width_q || columns_i.first_column >= width_q;

    // Before the first LAYER of a run the patch is empty.
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        width_q <= 8'd0;
        first_q <= 8'd0;
        last_q <= 8'd0;
        exceeds_patch_q <= 1'b0;
      end else if (layer_valid_i) begin
        width_q <= layer_i.patch_width;
        first_q <= 8'd0;
        last_q <= layer_i.patch_width - 8'd1;
        exceeds_patch_q <= 1'b0;
      end else if (columns_valid_i) begin
        first_q <= exceeds_patch ? 8'd0 : columns_i.first_column;
        last_q <= 8'(exceeds_patch ? 9'(width_q) : end_column > 9'(width_q) ? end_column - 9'(width_q) : end_column) - 8'd1;
        exceeds_patch_q <= exceeds_patch;
      end
    end

    assign first_column_o = first_q;
    assign last_column_o = last_q;
    assign exceeds_patch_o = exceeds_patch_q;
  end else begin : gen_no_columns
    assign first_column_o = 8'd0;
    assign last_column_o = 8'd0;
    assign exceeds_patch_o = 1'b0;
    logic unused_inputs;
    assign unused_inputs = ^{clk_i, rst_ni, layer_valid_i, columns_valid_i};
  end

  logic unused;
  assign unused = ^{layer_i, columns_i};

endmodule
