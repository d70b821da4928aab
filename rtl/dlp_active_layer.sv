// The LAYER in force: the output side and the table block of the instructions that follow it. Before the first LAYER of a run the patch is empty.
//
// Latency: in force for what is accepted in later cycles. Throughput: one a cycle. Stalls: never.

module dlp_active_layer (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic         layer_valid_i,
  input  logic [127:0] layer_word_i,

  // in force in this cycle; the one that LAYER sets
  output dlp_machine_pkg::active_layer_t layer_o,
  output dlp_machine_pkg::active_layer_t next_layer_o
);

  dlp_isa_pkg::layer_t            word;
  dlp_machine_pkg::active_layer_t layer_d, layer_q;
  assign word = layer_word_i & dlp_machine_pkg::LayerMask;

  always_comb begin
    layer_d.block = word.block;
    layer_d.patch_height = word.patch_height;
    layer_d.patch_width = word.patch_width;
    layer_d.plane_stride = word.plane_stride;
    layer_d.wide = word.wide;
    layer_d.start_bank = word.start_bank;
    layer_d.zero_point = word.zero_point;
    layer_d.low = word.low;
    layer_d.high = word.high;
    layer_d.valid_height = word.valid_height;
    layer_d.valid_width = word.valid_width;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) layer_q <= '0;
    else if (layer_valid_i) layer_q <= layer_d;
  end

  assign layer_o = layer_q;
  assign next_layer_o = layer_d;

  logic unused;
  assign unused = ^word;

endmodule
