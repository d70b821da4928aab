// Whether a COMPUTE writes beyond the banks or its rows leave LAYER's patch, found beside its beats and not where codes are written: so the
// errors of the compute queue come in program order. The position that a beat ends is checked at the last slot and plane of its row group.
//
//   cycle 0    a beat, as the weight memory delivers it         row · patch width, last plane · plane stride
//   cycle 1                                                     output + local position
//   cycle 2                                                     + last plane
//   cycle 3    compared
//   cycle 6    error_o                                          (beside the errors of the beat's reads)
//
// Latency: 6. Throughput: one beat a cycle. Stalls: never.

module dlp_output_check #(
  parameter int unsigned Rows = 8,
  parameter int unsigned SlotChannels = 8,
  parameter int unsigned FeatureWords = 512
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                   valid_i,
  input  dlp_compute_pkg::beat_t beat_i,
  input  logic                   end_i,
  input  logic                   keep_i,

  output logic        error_o,
  output logic [15:0] index_o,

  // output + local position, two cycles behind the beat
  output logic [23:0] place_o
);

  localparam int unsigned LastSlot = Rows / SlotChannels - 1;
  localparam int unsigned Cycles = 6;

  // Lane sums are written once, at local position 0; logits have a memory of their own.
  dlp_compute_pkg::pass_t pass;
  logic                   writes_0;
  assign pass = beat_i.pass;
  assign writes_0 = end_i && !keep_i && (!pass.lane_sum || (beat_i.last && beat_i.last_position && !pass.logits));

  logic [15:0] local_1_q, result_1_q;
  logic [7:0]  column_1_q;
  logic [23:0] plane_1_q, plane_2_q, address_2_q, address_3_q;
  always_ff @(posedge clk_i) begin
    local_1_q <= pass.lane_sum ? 16'd0 : beat_i.row * 16'(pass.layer.patch_width);
    column_1_q <= pass.lane_sum ? 8'd0 : beat_i.column;
    result_1_q <= pass.result;
    plane_1_q <= (pass.layer.wide ? 24'(2 * LastSlot + 1) : 24'(LastSlot)) * 24'(pass.layer.plane_stride);
    address_2_q <= 24'(result_1_q) + 24'(local_1_q) + 24'(column_1_q);
    plane_2_q <= plane_1_q;
    address_3_q <= address_2_q + plane_2_q;
  end

  assign place_o = address_2_q;

  logic writes_3, leaves_3, error_3;
  dlp_delay #(.Width(2), .Cycles(3), .Reset(1'b1)) u_writes (
    .clk_i, .rst_ni, .data_i({valid_i && writes_0, valid_i && beat_i.leaves}), .data_o({writes_3, leaves_3})
  );
  assign error_3 = leaves_3 || (writes_3 && 32'(address_3_q) >= FeatureWords);
  dlp_delay #(.Cycles(Cycles - 3), .Reset(1'b1)) u_error (.clk_i, .rst_ni, .data_i(error_3), .data_o(error_o));
  // with a serial post the COMPUTE is at work still
  dlp_delay #(.Width(16), .Cycles(dlp_machine_pkg::PostInterval > 1 ? 0 : Cycles)) u_index (.clk_i, .rst_ni, .data_i(beat_i.index), .data_o(index_o));

  logic unused;
  assign unused = ^{beat_i, pass};

endmodule
