// Walks the word groups of a LOAD or STORE in DRAM's order: position outermost, then slot, then plane. Addresses run, nothing is multiplied.
//
// Latency: 1 from start to the first group, 1 from one group to the next. Throughput: one group a cycle. Stalls: a group stays until advance_i.

module dlp_word_groups #(
  parameter int unsigned SlotChannels = 8,
  // addresses beyond so many bits lie beyond the memory
  parameter int unsigned AddressBits = 16,
  parameter int unsigned ChannelBits = $clog2(SlotChannels + 1)
) (
  input  logic clk_i,

  input  logic        start_i,
  input  logic [15:0] base_i,
  input  logic [13:0] positions_i,
  input  logic [13:0] plane_stride_i,
  input  logic [11:0] channels_i,
  input  logic        wide_i,

  // the group: its word in every bank (its top bit stays once it is set), its plane, its channels in DRAM, whether it is the transfer's last
  output logic [AddressBits:0]   address_o,
  output logic                   plane_o,
  output logic [ChannelBits-1:0] channels_o,
  output logic                   last_o,
  input  logic                   advance_i
);

  logic [AddressBits:0] position_address_d, position_address_q, address_d, address_q;
  logic [13:0] positions_d, positions_q, stride_d, stride_q;
  logic [11:0] all_d, all_q, remaining_d, remaining_q;
  logic        plane_d, plane_q, wide_d, wide_q;

  logic        last_slot, last_group;
  logic [AddressBits:0] next_plane, next_position;
  dlp_isa_pkg::load_t   most;
  assign most = dlp_machine_pkg::LoadMask;

  assign last_slot = 32'(remaining_q) <= SlotChannels;
  assign last_group = last_slot && plane_q == wide_q;
  // top bit: beyond the memory
  assign next_plane = {address_q[AddressBits], AddressBits'(0)} | stepped(address_q[AddressBits-1:0], stride_q);
  assign next_position = {position_address_q[AddressBits], AddressBits'(0)} | stepped(position_address_q[AddressBits-1:0], 14'd1);

  // A sum with a carry out; beyond 16 bits of address it saturates.
  function automatic logic [AddressBits:0] stepped(input logic [AddressBits-1:0] from, input logic [13:0] step);
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
    all_d = all_q;
    remaining_d = remaining_q;
    plane_d = plane_q;
    wide_d = wide_q;
    if (advance_i) begin
      if (last_group) begin
        position_address_d = next_position;
        address_d = next_position;
        positions_d = (positions_q - 14'd1) & most.positions;
        remaining_d = all_q;
        plane_d = 1'b0;
      end else begin
        address_d = next_plane;
        plane_d = wide_q && !plane_q;
        if (plane_q == wide_q) remaining_d = (remaining_q - 12'(SlotChannels)) & most.channels;
      end
    end
    if (start_i) begin
      position_address_d = first;
      address_d = first;
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

  logic unused;
  assign unused = ^most;

  assign plane_o = plane_q;
  assign channels_o = last_slot ? ChannelBits'(remaining_q) : ChannelBits'(SlotChannels);
  assign last_o = last_group && positions_q == 14'd1;

endmodule
