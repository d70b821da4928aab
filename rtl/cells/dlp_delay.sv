// A word some cycles later: a shift register without reset, so that an FPGA keeps it in LUTs, unless Reset asks for one.
//
// Latency: Cycles (0: a wire). Throughput: one word a cycle. Stalls: never.

module dlp_delay #(
  parameter int unsigned Width = 1,
  parameter int unsigned Cycles = 1,
  parameter bit Reset = 1'b0
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic [Width-1:0] data_i,
  output logic [Width-1:0] data_o
);

  if (Cycles == 0) begin : gen_wire
    logic unused;
    assign unused = clk_i ^ rst_ni;
    assign data_o = data_i;
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
