// The data path of STOREL: reads R logits a cycle from the logits memory and packs them into data beats.
//
// Latency: a STOREL started in cycle t reads in t + 1; the first beat is valid LogitsBeatCycles − 1 + StoreReadToBeatCycles cycles later, the
// next one LogitsBeatCycles after the one before is taken. Throughput: a beat in LogitsBeatCycles. Stalls: a beat is held until it is taken.

module dlp_store_logits #(
  parameter int unsigned DrainRows = 2,
  parameter int unsigned AxiBits = 64,
  // derived: leave alone
  parameter int unsigned LogitsAddressBits = dlp_machine_pkg::LogitsAddressBits
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic                                    start_i,
  input  logic [dlp_isa_pkg::StorelFirstBits-1:0] first_i,
  input  logic [dlp_isa_pkg::StorelCountBits-1:0] count_i,

  // logits memory
  output logic                         read_valid_o,
  output logic [LogitsAddressBits-1:0] read_address_o,
  input  logic [DrainRows*32-1:0]      read_data_i,

  // data beats
  output logic                 beat_valid_o,
  input  logic                 beat_ready_i,
  output logic [AxiBits-1:0]   beat_data_o,
  output logic [AxiBits/8-1:0] beat_strobe_o
);

  localparam int unsigned LogitsCountBits = dlp_isa_pkg::StorelCountBits;
  // Logits of a beat, and of the unit in which words and beats are both whole.
  localparam int unsigned BeatLogits = AxiBits / 32;
  localparam int unsigned UnitLogits = (DrainRows % BeatLogits == 0) ? BeatLogits
      : (DrainRows % (BeatLogits / 2) == 0) ? BeatLogits / 2
      : (DrainRows % ((BeatLogits + 3) / 4) == 0) ? (BeatLogits + 3) / 4
      : (DrainRows % ((BeatLogits + 7) / 8) == 0) ? (BeatLogits + 7) / 8 : 1;
  localparam int unsigned UnitBits = UnitLogits * 32;
  localparam int unsigned WordUnits = DrainRows / UnitLogits;
  localparam int unsigned BeatUnits = BeatLogits / UnitLogits;
  // As in isa/timing.ts.
  localparam int unsigned LogitsBeatCycles = (DrainRows % BeatLogits == 0) ? 1
      : (BeatLogits + DrainRows - 1) / DrainRows + ((BeatLogits % DrainRows == 0) ? 0 : 1);
  // A beat, and the words that are read before it is known to be sent.
  localparam int unsigned BufferUnits = BeatUnits + (dlp_isa_pkg::MemoryReadCycles + 1) * WordUnits;
  localparam int unsigned BufferBits = BufferUnits * UnitBits;
  localparam int unsigned CountBits = $clog2(BufferUnits + WordUnits + 1);
  localparam int unsigned WaitCycles = dlp_isa_pkg::StoreReadToBeatCycles - 1 + LogitsBeatCycles;
  localparam int unsigned WaitBits = $clog2(WaitCycles + 1);

  // Reads.
  logic [LogitsAddressBits-1:0] address_d, address_q;
  logic [LogitsCountBits-1:0]   words_d, words_q;
  logic                         read, read_1_q, read_2_q;
  logic [CountBits-1:0]         in_flight;

  // The buffer, in units; zeros above.
  logic [CountBits-1:0]  count_d, count_q, remaining_units;
  logic [BufferBits-1:0] buffer_d, buffer_q, shifted;

  // Logits that are not sent.
  logic [LogitsCountBits-1:0] remaining_d, remaining_q;
  logic [WaitBits-1:0] wait_d, wait_q;
  logic                sent;

  assign in_flight = (read_1_q ? CountBits'(WordUnits) : '0) + (read_2_q ? CountBits'(WordUnits) : '0);
  assign read = words_q != '0 && 32'(count_q) + 32'(in_flight) + WordUnits <= BufferUnits;
  assign read_valid_o = read;
  assign read_address_o = address_q;

  assign beat_valid_o = wait_q == '0 && remaining_q != '0
      && (32'(count_q) >= BeatUnits || (words_q == '0 && !read_1_q && !read_2_q));
  assign beat_data_o = buffer_q[AxiBits-1:0];
  assign sent = beat_valid_o && beat_ready_i;
  for (genvar i = 0; i < BeatLogits; i++) begin : gen_strobe
    assign beat_strobe_o[i*4+:4] = {4{32'(remaining_q) > i}};
  end

  always_comb begin
    address_d = address_q;
    words_d = words_q;
    remaining_d = remaining_q;
    wait_d = (wait_q == '0) ? '0 : wait_q - WaitBits'(1);
    if (read) begin
      address_d = address_q + LogitsAddressBits'(1);
      words_d = words_q - LogitsCountBits'(1);
    end

    remaining_units = count_q;
    shifted = buffer_q;
    if (sent) begin
      remaining_units = (32'(count_q) > BeatUnits) ? count_q - CountBits'(BeatUnits) : '0;
      shifted = buffer_q >> (BeatUnits * UnitBits);
      remaining_d = (32'(remaining_q) > BeatLogits) ? remaining_q - LogitsCountBits'(BeatLogits) : '0;
      wait_d = WaitBits'(LogitsBeatCycles - 1);
    end
    count_d = remaining_units;
    buffer_d = shifted;
    if (read_2_q) begin
      count_d = remaining_units + CountBits'(WordUnits);
      for (int unsigned i = 0; i + WordUnits <= BufferUnits; i++) begin
        if (32'(remaining_units) == i) buffer_d[i*UnitBits+:DrainRows*32] = read_data_i;
      end
    end

    if (start_i) begin
      address_d = LogitsAddressBits'(32'(first_i) / DrainRows);
      words_d = LogitsCountBits'((32'(count_i) + DrainRows - 1) / DrainRows);
      remaining_d = count_i;
      wait_d = WaitBits'(WaitCycles);
      count_d = '0;
      buffer_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      words_q <= '0;
      remaining_q <= '0;
      read_1_q <= 1'b0;
      read_2_q <= 1'b0;
    end else begin
      words_q <= words_d;
      remaining_q <= remaining_d;
      read_1_q <= read;
      read_2_q <= read_1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    address_q <= address_d;
    count_q <= count_d;
    buffer_q <= buffer_d;
    wait_q <= wait_d;
  end

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::MemoryReadCycles == 2) else $fatal(1, "read_1_q, read_2_q");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_one_at_a_time: assert (!start_i || (remaining_q == '0 && words_q == '0 && !read_1_q && !read_2_q));
      a_in_time: assert (wait_q != '0 || remaining_q == '0 || beat_valid_o);
      a_room: assert (!read_2_q || 32'(remaining_units) + WordUnits <= BufferUnits);
    end
  end
`endif

endmodule
