// Whether a COMPUTE writes outside the banks, or its positions exceed LAYER's patch, checked beside its beats and not where codes are written: so the
// errors of the compute queue are reported in program order. The position that a beat ends is checked at the last slot and plane of its row group.
//
//   cycle 0    a beat, as the weight memory delivers it         row · patch width, last plane · plane stride
//   cycle 1                                                     output + local position
//   cycle 2                                                     + last plane
//   cycle 3    compared
//   cycle 6    error_o                                          with read_error_i, the error of the beat's reads
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
  input  dlp_machine_pkg::compute_beat_t beat_i,
  input  logic                   end_i,
  input  logic                   keep_i,

  // cycle 6: a bank was to read out of range
  input  logic read_error_i,
  output dlp_machine_pkg::unit_error_t error_o,

  // output + local position, two cycles after the beat
  output logic [dlp_machine_pkg::MapAddressBits-1:0] address_o
);

  localparam int unsigned LastSlot = Rows / SlotChannels - 1;
  localparam int unsigned Cycles = 6;

  // Lane sums are written once, at local position 0; logits have a memory of their own.
  localparam int unsigned AddressBits = dlp_machine_pkg::MapAddressBits;

  dlp_machine_pkg::compute_op_t op;
  logic                   writes_0;
  assign op = beat_i.op;
  assign writes_0 = end_i && !keep_i && (!op.lane_sum || (beat_i.last && beat_i.last_position && !op.logits));

  logic [15:0] local_1_q, base_1_q;
  logic [7:0]  column_1_q;
  logic [AddressBits-1:0] plane_1_q, plane_2_q, address_2_q, address_3_q;
  always_ff @(posedge clk_i) begin
    local_1_q <= op.lane_sum ? 16'd0 : beat_i.row * 16'(op.layer.patch_width);
    column_1_q <= op.lane_sum ? 8'd0 : beat_i.column;
    base_1_q <= op.output_base;
    plane_1_q <= (op.layer.wide ? AddressBits'(2 * LastSlot + 1) : AddressBits'(LastSlot)) * AddressBits'(op.layer.plane_stride);
    address_2_q <= AddressBits'(base_1_q) + AddressBits'(local_1_q) + AddressBits'(column_1_q);
    plane_2_q <= plane_1_q;
    address_3_q <= address_2_q + plane_2_q;
  end

  assign address_o = address_2_q;

  logic writes_3, exceeds_patch_3, error_3, error_6;
  dlp_delay #(.Width(2), .Cycles(3), .Reset(1'b1)) u_writes (
    .clk_i, .rst_ni, .data_i({valid_i && writes_0, valid_i && beat_i.exceeds_patch}), .data_o({writes_3, exceeds_patch_3})
  );
  assign error_3 = exceeds_patch_3 || (writes_3 && 32'(address_3_q) >= FeatureWords);
  dlp_delay #(.Cycles(Cycles - 3), .Reset(1'b1)) u_error (.clk_i, .rst_ni, .data_i(error_3), .data_o(error_6));
  // with a serial post the COMPUTE is still active
  dlp_delay #(.Width(dlp_machine_pkg::ProgramAddressBits), .Cycles(dlp_machine_pkg::PostInterval > 1 ? 0 : Cycles)) u_index (.clk_i, .rst_ni, .data_i(beat_i.index), .data_o(error_o.index));
  assign error_o.valid = error_6 || read_error_i;
  assign error_o.code = dlp_isa_pkg::StatusAddress;

  logic unused;
  assign unused = ^{beat_i, op};

endmodule
