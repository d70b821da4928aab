// A word some cycles later: a shift register without reset, so that an FPGA implements it in LUTs, unless Reset requests one. On devices whose LUTs are no shift
// registers (DLP_BLOCK_MEMORY), a long and wide one is a block memory whose words are read after Cycles.
//
// Latency: Cycles (0: a wire). Throughput: one word a cycle. Stalls: never.

module dlp_delay #(
  parameter int unsigned Width = 1,
  parameter int unsigned Cycles = 1,
  parameter bit Reset = 1'b0,
  // bits that are not always zero: a block memory stores no others
  parameter logic [Width-1:0] Used = {Width{1'b1}}
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  output logic [Width-1:0] data_o
);

  logic unused_bits;
  assign unused_bits = ^Used;

  if (Cycles == 0) begin : gen_wire
    logic unused;
    assign unused = clk_i ^ rst_ni;
    assign data_o = data_i;
`ifdef DLP_BLOCK_MEMORY
  end else if (!Reset && Cycles >= 4 && $countones(Used) * (Cycles - 1) >= 120) begin : gen_memory
    localparam int unsigned PositionBits = $clog2(Cycles);
    localparam int unsigned StoredBits = $countones(Used);
    logic [StoredBits-1:0]   stored, word_q;
    // a position is never read and written in one cycle
    (* no_rw_check *) logic [StoredBits-1:0] words[2**PositionBits];
    logic [PositionBits-1:0] position_q = '0;
    logic unused;
    assign unused = rst_ni ^ ^data_i;
    for (genvar i = 0; i < Width; i++) begin : gen_bit
      if (Used[i]) begin : gen_stored
        localparam int unsigned Position = $countones(Used & ~({Width{1'b1}} << i));
        assign stored[Position] = data_i[i];
        assign data_o[i] = word_q[Position];
      end else begin : gen_zero
        assign data_o[i] = 1'b0;
      end
    end
    // written in cycle t at a position, read from it in t + Cycles − 1
    always_ff @(posedge clk_i) begin
      position_q <= position_q + PositionBits'(1);
      words[position_q] <= stored;
      word_q <= words[position_q - PositionBits'(Cycles - 1)];
    end
`endif
  end else begin : gen_registers
    logic [Cycles*Width-1:0] stages_d, stages_q;

    if (Cycles == 1) begin : gen_one
      assign stages_d = data_i;
    end else begin : gen_many
      assign stages_d = {stages_q[(Cycles-1)*Width-1:0], data_i};
    end

    if (Reset) begin : gen_reset
      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) stages_q <= '0;
        else stages_q <= stages_d;
      end
    end else begin : gen_no_reset
      logic unused;
      assign unused = rst_ni;
      always_ff @(posedge clk_i) stages_q <= stages_d;
    end

    assign data_o = stages_q[(Cycles-1)*Width+:Width];
  end

endmodule
