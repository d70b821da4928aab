// A model of the modes of the vendor's DSP48E2 that dlp_packed_mac and dlp_post_product use (user guide UG579), for simulation alone: registers
// M and P, with the pre-adder A, B and D, without it C; Z from 0, P or C; X and Y from M; the pattern detector beside P.
/* verilator lint_off UNUSEDPARAM */
/* verilator lint_off UNUSEDSIGNAL */
module DSP48E2 #(
  parameter AMULTSEL = "A",
  parameter int AREG = 1, parameter int ACASCREG = 1, parameter int BREG = 1, parameter int BCASCREG = 1, parameter int DREG = 1,
  parameter int ADREG = 1, parameter int CREG = 1, parameter int MREG = 1, parameter int PREG = 1, parameter int INMODEREG = 1,
  parameter int OPMODEREG = 1, parameter int ALUMODEREG = 1, parameter int CARRYINREG = 1, parameter int CARRYINSELREG = 1,
  parameter USE_PATTERN_DETECT = "NO_PATDET", parameter SEL_PATTERN = "PATTERN", parameter SEL_MASK = "MASK",
  parameter logic [47:0] PATTERN = '0, parameter logic [47:0] MASK = 48'h3fff_ffff_ffff
) (
  input logic CLK,
  input logic [29:0] A, input logic [17:0] B, input logic [47:0] C, input logic [26:0] D,
  input logic [4:0] INMODE, input logic [8:0] OPMODE, input logic [3:0] ALUMODE, input logic CARRYIN, input logic [2:0] CARRYINSEL,
  input logic CEA1, CEA2, CEAD, CEB1, CEB2, CEC, CED, CEM, CEP, CEALUMODE, CECARRYIN, CECTRL, CEINMODE,
  input logic RSTA, RSTB, RSTC, RSTD, RSTM, RSTP, RSTALLCARRYIN, RSTALUMODE, RSTCTRL, RSTINMODE,
  output logic [47:0] P,
  output logic PATTERNDETECT
);

  logic signed [26:0] a_q, d_q, a, ad;
  logic signed [17:0] b_q, b;
  logic signed [44:0] m_q;
  logic [47:0]        z, c_q, c, p_d, p_q;
  logic               detect_q;

  assign ad = d_q + a_q;
  assign a = (AMULTSEL == "AD") ? ad : $signed(A[26:0]);
  assign b = (BREG == 1) ? b_q : $signed(B);
  assign c = (CREG == 1) ? c_q : C;
  assign z = (OPMODE[6:4] == 3'b000) ? '0 : (OPMODE[6:4] == 3'b010) ? p_q : c;
  assign p_d = z + 48'(m_q);
  assign P = p_q;
  assign PATTERNDETECT = (USE_PATTERN_DETECT == "PATDET") && detect_q;

  always_ff @(posedge CLK) begin
    if (CEA2) a_q <= $signed(A[26:0]);
    if (CEB2) b_q <= $signed(B);
    if (CEC) c_q <= C;
    if (CED) d_q <= $signed(D);
    if (CEM) m_q <= 45'(a) * 45'(b);
    if (CEP) p_q <= p_d;
    if (CEP) detect_q <= ((p_d ^ PATTERN) & ~MASK) == '0;
  end

  localparam bit PreAdder = AMULTSEL == "AD";
  initial begin
    used_modes: assert ((PreAdder || AMULTSEL == "A") && ADREG == 0 && MREG == 1 && PREG == 1 && INMODEREG == 0 && OPMODEREG == 0);
    used_registers: assert (AREG == 32'(PreAdder) && BREG == 32'(PreAdder) && DREG == 32'(PreAdder) && CREG == 32'(!PreAdder));
    used_pattern: assert (SEL_PATTERN == "PATTERN" && SEL_MASK == "MASK");
  end
  always_ff @(posedge CLK) begin
    driven_modes: assert (INMODE == (PreAdder ? 5'b00100 : 5'b00000) && OPMODE[8:7] == 2'b00 && OPMODE[3:0] == 4'b0101 && ALUMODE == '0 && !CARRYIN);
  end

endmodule
