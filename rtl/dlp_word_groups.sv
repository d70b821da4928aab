// Walks the word groups of a LOAD or STORE in DRAM's order: position outermost, then slot, then plane. Addresses run, nothing is multiplied.
//
// Latency: 1 from start to the first group, 1 from one group to the next. Throughput: one group a cycle. Stalls: a group stays until advance_i.

module dlp_word_groups #(
  parameter int unsigned SlotChannels = 8,
  parameter int unsigned ChannelBits = $clog2(SlotChannels + 1)
) (
  input  logic clk_i,

  input  logic        start_i,
  input  logic [15:0] base_i,
  input  logic [13:0] positions_i,
  input  logic [13:0] plane_stride_i,
  input  logic [11:0] channels_i,
  input  logic        wide_i,

  // the group: its word in every bank (saturating beyond 16 bits), its plane, its channels in DRAM, whether it is the transfer's last
  output logic [16:0]            address_o,
  output logic                   plane_o,
  output logic [ChannelBits-1:0] channels_o,
  output logic                   last_o,
  input  logic                   advance_i
);

  logic [16:0] position_address_d, position_address_q, address_d, address_q;
  logic [13:0] positions_d, positions_q, stride_d, stride_q;
  logic [11:0] all_d, all_q, remaining_d, remaining_q;
  logic        plane_d, plane_q, wide_d, wide_q;

  logic        last_slot, last_group;
  logic [16:0] next_plane, next_position;

  assign last_slot = 32'(remaining_q) <= SlotChannels;
  assign last_group = last_slot && plane_q == wide_q;
  // bit 16: beyond every memory
  assign next_plane = {address_q[16], 16'b0} | ({1'b0, address_q[15:0]} + {3'b0, stride_q});
  assign next_position = {position_address_q[16], 16'b0} | ({1'b0, position_address_q[15:0]} + 17'd1);

  always_comb begin
    position_address_d = position_address_q;
    address_d = address_q;
    positions_d = positions_q;
    stride_d = stride_q;
    all_d = all_q;
    remaining_d = remaining_q;
    plane_d = plane_q;
    wide_d = wide_q;
    if (advance_i) begin
      if (last_group) begin
        position_address_d = next_position;
        address_d = next_position;
        positions_d = positions_q - 14'd1;
        remaining_d = all_q;
        plane_d = 1'b0;
      end else begin
        address_d = next_plane;
        plane_d = wide_q && !plane_q;
        if (plane_q == wide_q) remaining_d = remaining_q - 12'(SlotChannels);
      end
    end
    if (start_i) begin
      position_address_d = {1'b0, base_i};
      address_d = {1'b0, base_i};
      positions_d = positions_i;
      stride_d = plane_stride_i;
      all_d = channels_i;
      remaining_d = channels_i;
      plane_d = 1'b0;
      wide_d = wide_i;
    end
  end

  always_ff @(posedge clk_i) begin
    position_address_q <= position_address_d;
    address_q <= address_d;
    positions_q <= positions_d;
    stride_q <= stride_d;
    all_q <= all_d;
    remaining_q <= remaining_d;
    plane_q <= plane_d;
    wide_q <= wide_d;
  end

  assign address_o = address_q;
  assign plane_o = plane_q;
  assign channels_o = last_slot ? ChannelBits'(remaining_q) : ChannelBits'(SlotChannels);
  assign last_o = last_group && positions_q == 14'd1;

endmodule
