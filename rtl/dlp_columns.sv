// The columns in force: all of LAYER's patch, or those of the COLUMNS after it, which wrap. Where these leave the patch all are walked and the
// COMPUTEs are told so.
//
// Latency: in force for what is accepted in later cycles. Throughput: one a cycle. Stalls: never.

module dlp_columns (
  input  logic clk_i,
  input  logic rst_ni,

  // LAYER and COLUMNS, in the cycle in which they issue
  input  logic                    layer_valid_i,
  input  dlp_compute_pkg::layer_t layer_i,
  input  logic                    columns_valid_i,
  input  dlp_isa_pkg::columns_t   columns_i,

  output logic [7:0] first_column_o,
  output logic [7:0] last_column_o,
  output logic       columns_leave_o
);

  logic [7:0] width_q, first_q, last_q;
  logic       leave_q;

  // One past the last column, before it wraps.
  logic [8:0] behind;
  logic       leaves;
  assign behind = 9'(columns_i.first_column) + 9'(columns_i.columns);
  assign leaves = columns_i.columns > width_q || columns_i.first_column >= width_q;

  // Without a LAYER in this run the patch is empty.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      width_q <= 8'd0;
      first_q <= 8'd0;
      last_q <= 8'd0;
      leave_q <= 1'b0;
    end else if (layer_valid_i) begin
      width_q <= layer_i.patch_width;
      first_q <= 8'd0;
      last_q <= layer_i.patch_width - 8'd1;
      leave_q <= 1'b0;
    end else if (columns_valid_i) begin
      first_q <= leaves ? 8'd0 : columns_i.first_column;
      last_q <= 8'(leaves ? 9'(width_q) : behind > 9'(width_q) ? behind - 9'(width_q) : behind) - 8'd1;
      leave_q <= leaves;
    end
  end

  assign first_column_o = first_q;
  assign last_column_o = last_q;
  assign columns_leave_o = leave_q;

  logic unused;
  assign unused = ^{layer_i, columns_i};

endmodule
