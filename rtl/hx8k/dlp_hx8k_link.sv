// The host's link: an SPI slave (mode 0, bytes from bit 7) that reads and writes the DLP's registers and the memory.
//
//   a frame, while select_ni is low: 24 bits of header, then items from an address upward
//     bit 23 write, bit 22 memory, bits 15:0 address: a register's byte address, or a 16-bit word of the memory
//     an item has 32 bits (a register) or 16 (a word); each item of a read is preceded by 8 undefined bits
//
// The clock of the link is sampled: it is at most an eighth of clk_i. Responses to register writes are not returned: the host reads STATUS.
//
// Latency: an item is written or read within eight cycles of its last, or its first, bit. Throughput: a bit in eight cycles. Stalls: never.

module dlp_hx8k_link (
  input  logic clk_i,
  input  logic rst_ni,

  // SPI
  input  logic spi_clock_i,
  input  logic spi_select_ni,
  input  logic spi_data_i,
  output logic spi_data_o,

  // AXI4-Lite; the address is that of reads and writes
  output logic [15:0] axil_address_o,
  output logic        axil_write_valid_o,
  input  logic        axil_write_ready_i,
  output logic [31:0] axil_write_data_o,
  output logic        axil_read_valid_o,
  input  logic        axil_read_ready_i,
  input  logic        axil_read_data_valid_i,
  input  logic [31:0] axil_read_data_i,

  // memory: held until done; the word of a read is valid with it
  output logic        memory_valid_o,
  output logic        memory_write_o,
  output logic [15:0] memory_address_o,
  output logic [15:0] memory_data_o,
  input  logic        memory_done_i,
  input  logic [15:0] memory_data_i
);

  localparam logic [5:0] HeaderBits = 6'd24;
  localparam logic [5:0] PauseBits = 6'd8;

  // The link's wires, sampled.
  logic [2:0] clock_q;
  logic [1:0] select_q, data_q;
  logic       rises;
  always_ff @(posedge clk_i) begin
    clock_q <= {clock_q[1:0], spi_clock_i};
    select_q <= {select_q[0], !spi_select_ni};
    data_q <= {data_q[0], spi_data_i};
  end
  assign rises = clock_q[1] && !clock_q[2] && select_q[1];

  logic        header_d, header_q, write_d, write_q, memory_d, memory_q;
  logic        pending_d, pending_q, reading_d, reading_q;
  logic [5:0]  count_d, count_q, item_bits;
  logic [15:0] address_d, address_q;
  logic [31:0] shift_d, shift_q;
  logic        item_ends, taken, ended;

  assign item_bits = (memory_q ? 6'd16 : 6'd32) + (write_q ? 6'd0 : PauseBits);
  assign item_ends = count_q + 6'd1 == (header_q ? HeaderBits : item_bits);

  // An access is taken; the data of a register read comes later.
  assign taken = pending_q && (memory_q ? memory_done_i : write_q ? axil_write_ready_i : axil_read_ready_i);
  assign ended = (taken && (memory_q || write_q)) || (reading_q && axil_read_data_valid_i);

  always_comb begin
    header_d = header_q;
    write_d = write_q;
    memory_d = memory_q;
    count_d = count_q;
    address_d = address_q;
    shift_d = shift_q;
    pending_d = pending_q && !taken;
    reading_d = (reading_q && !axil_read_data_valid_i) || (taken && !memory_q && !write_q);
    if (ended && !write_q) shift_d = memory_q ? {memory_data_i, 16'd0} : axil_read_data_i;
    if (rises) begin
      // data to be sent is shifted from the end of the pause on
      if (header_q || write_q || count_q >= PauseBits) shift_d = {shift_q[30:0], data_q[1]};
      count_d = item_ends ? 6'd0 : count_q + 6'd1;
      if (item_ends) begin
        header_d = 1'b0;
        if (header_q) begin
          write_d = shift_q[22];
          memory_d = shift_q[21];
          address_d = {shift_q[14:0], data_q[1]};
          pending_d = !shift_q[22];
        end else begin
          pending_d = 1'b1;
          if (!write_q) address_d = address_q + (memory_q ? 16'd1 : 16'd4);
        end
      end
    end
    if (ended && write_q) address_d = address_q + (memory_q ? 16'd1 : 16'd4);
    if (!select_q[1]) begin
      header_d = 1'b1;
      count_d = 6'd0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      header_q <= 1'b1;
      pending_q <= 1'b0;
      reading_q <= 1'b0;
    end else begin
      header_q <= header_d;
      pending_q <= pending_d;
      reading_q <= reading_d;
    end
  end
  always_ff @(posedge clk_i) begin
    write_q <= write_d;
    memory_q <= memory_d;
    count_q <= count_d;
    address_q <= address_d;
    shift_q <= shift_d;
  end

  assign spi_data_o = shift_q[31];
  assign axil_address_o = address_q;
  assign axil_write_valid_o = pending_q && !memory_q && write_q;
  assign axil_write_data_o = shift_q;
  assign axil_read_valid_o = pending_q && !memory_q && !write_q;
  assign memory_valid_o = pending_q && memory_q;
  assign memory_write_o = write_q;
  assign memory_address_o = address_q;
  assign memory_data_o = shift_q[15:0];

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) a_in_time: assert (!(rises && item_ends) || !(pending_q || reading_q));
  end
`endif

endmodule
