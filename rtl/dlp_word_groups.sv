// The word groups of a LOAD or STORE in the order of DRAM: position outermost, then slot, then plane. Each address is the sum of the one before
// and a stride, so no multiplier is needed.
//
// Latency: 1 from start to the first group, 1 from one group to the next. Throughput: one group a cycle. Stalls: a group is held until advance_i.

module dlp_word_groups #(
  parameter int unsigned SlotChannels = 8,
  // of an address within the memory
  parameter int unsigned AddressBits = 16,
  parameter int unsigned ChannelBits = $clog2(SlotChannels + 1)
) (
  input  logic clk_i,

  input  logic                                        start_i,
  input  logic [dlp_isa_pkg::LoadBaseBits-1:0]        base_i,
  input  logic [dlp_isa_pkg::LoadPositionsBits-1:0]   positions_i,
  input  logic [dlp_isa_pkg::LoadPlaneStrideBits-1:0] plane_stride_i,
  input  logic [dlp_isa_pkg::LoadChannelsBits-1:0]    channels_i,
  input  logic                                        wide_i,

  // the group: its word address in every bank (the top bit: outside the memory; once set it stays set), its plane, its number of channels in
  // DRAM, whether it is the last of the transfer
  output logic [AddressBits:0]   address_o,
  output logic                   plane_o,
  output logic [ChannelBits-1:0] channels_o,
  output logic                   last_o,
  input  logic                   advance_i
);

  logic [AddressBits:0] position_address_d, position_address_q, address_d, address_q;
  logic [dlp_isa_pkg::LoadPositionsBits-1:0]   positions_d, positions_q;
  logic [dlp_isa_pkg::LoadPlaneStrideBits-1:0] stride_d, stride_q;
  logic [dlp_isa_pkg::LoadChannelsBits-1:0]    channels_d, channels_q, remaining_d, remaining_q;
  logic        plane_d, plane_q, wide_d, wide_q;

  logic        last_slot, last_group;
  logic [AddressBits:0] next_plane, next_position;
  // the bits of the fields that this machine has
  dlp_isa_pkg::load_t   field_mask;
  assign field_mask = dlp_machine_pkg::LoadMask;

  assign last_slot = 32'(remaining_q) <= SlotChannels;
  assign last_group = last_slot && plane_q == wide_q;
  assign next_plane = {address_q[AddressBits], AddressBits'(0)} | stepped(address_q[AddressBits-1:0], stride_q);
  assign next_position = {position_address_q[AddressBits], AddressBits'(0)} | stepped(position_address_q[AddressBits-1:0], 14'd1);

  // A sum; the top bit: outside the memory.
  function automatic logic [AddressBits:0] stepped(input logic [AddressBits-1:0] from, input logic [dlp_isa_pkg::LoadPlaneStrideBits-1:0] step);
    logic [16:0] sum;
    sum = 17'(from) + 17'(step);
    stepped = {(sum >> AddressBits) != '0, sum[AddressBits-1:0]};
  endfunction

  logic [AddressBits:0] first;
  assign first = {(17'(base_i) >> AddressBits) != '0, base_i[AddressBits-1:0]};

  always_comb begin
    position_address_d = position_address_q;
    address_d = address_q;
    positions_d = positions_q;
    stride_d = stride_q;
    channels_d = channels_q;
    remaining_d = remaining_q;
    plane_d = plane_q;
    wide_d = wide_q;
    if (advance_i) begin
      if (last_group) begin
        position_address_d = next_position;
        address_d = next_position;
        positions_d = (positions_q - 14'd1) & field_mask.positions;
        remaining_d = channels_q;
        plane_d = 1'b0;
      end else begin
        address_d = next_plane;
        plane_d = wide_q && !plane_q;
        if (plane_q == wide_q) remaining_d = (remaining_q - 12'(SlotChannels)) & field_mask.channels;
      end
    end
    if (start_i) begin
      position_address_d = first;
      address_d = first;
      positions_d = positions_i;
      stride_d = plane_stride_i;
      channels_d = channels_i;
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
    channels_q <= channels_d;
    remaining_q <= remaining_d;
    plane_q <= plane_d;
    wide_q <= wide_d;
  end

  assign address_o = address_q;

  logic unused;
  assign unused = ^field_mask;

  assign plane_o = plane_q;
  assign channels_o = last_slot ? ChannelBits'(remaining_q) : ChannelBits'(SlotChannels);
  assign last_o = last_group && positions_q == 14'd1;

endmodule
