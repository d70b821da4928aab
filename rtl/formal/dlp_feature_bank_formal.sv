// Proof of the skid register of dlp_feature_bank: no word of DMA is lost or overtaken, each is in the memory at most one cycle late, and the units of the
// compute queue never wait.
//
// One address is watched, chosen by the solver. Assumed: DMA writes a bank at most every second cycle (LoadGroupCycles), the units of the compute queue
// likewise (4R is at most C·B: a row has at most two planes), and the two do not write the watched word at the same time (a hazard that the
// simulator reports).

module dlp_feature_bank_formal #(
  parameter int unsigned WordBits = 2,
  parameter int unsigned FeatureWords = 4,
  parameter int unsigned AddressBits = $clog2(FeatureWords)
) (
  input logic                   clk_i,
  input logic                   drain_valid_i,
  input logic [AddressBits-1:0] drain_address_i,
  input logic [WordBits-1:0]    drain_data_i,
  input logic                   bank_op_valid_i,
  input logic [AddressBits-1:0] bank_op_address_i,
  input logic [WordBits-1:0]    bank_op_data_i,
  input logic                   load_valid_i,
  input logic [AddressBits-1:0] load_address_i,
  input logic [WordBits-1:0]    load_data_i
);

  (* anyconst *) logic [AddressBits-1:0] watched;
  logic                rst_ni;
  logic [WordBits-1:0] read_data;

  // The watched word is read in every cycle.
  dlp_feature_bank #(
    .WordBits    (WordBits),
    .FeatureWords(FeatureWords)
  ) u_bank (
    .clk_i,
    .rst_ni,
    .drain_valid_i,
    .drain_address_i,
    .drain_data_i,
    .bank_op_valid_i,
    .bank_op_address_i,
    .bank_op_data_i,
    .load_valid_i,
    .load_address_i,
    .load_data_i,
    .read_valid_i  (1'b1),
    .read_address_i(watched),
    .read_data_o   (read_data)
  );

  logic                running_q = 1'b0;
  logic                drained_q = 1'b0, loaded_q = 1'b0, unit_valid, drain_here, bank_op_here, load_here;
  // the word that a read may return: the last one written, and the one before while a word of DMA may be in the skid register
  logic [WordBits-1:0] word_q = '0, late_q = '0;
  logic                may_be_late_q = 1'b0;
  logic [WordBits-1:0] expected_1_q = '0, other_1_q = '0, expected_2_q = '0, other_2_q = '0;
  logic [1:0]          reads_q = '0;
  assign rst_ni = running_q;
  assign unit_valid = drain_valid_i || bank_op_valid_i;
  assign drain_here = drain_valid_i && drain_address_i == watched;
  assign bank_op_here = bank_op_valid_i && bank_op_address_i == watched;
  assign load_here = load_valid_i && load_address_i == watched;

  always_ff @(posedge clk_i) begin
    running_q <= 1'b1;
    if (running_q) begin
      drained_q <= unit_valid;
      loaded_q <= load_valid_i;
      may_be_late_q <= load_here;
      if (drain_here || bank_op_here || load_here) begin
        word_q <= drain_here ? drain_data_i : bank_op_here ? bank_op_data_i : load_data_i;
        late_q <= word_q;
      end
      // a read in this cycle returns word_q, or the word before if DMA wrote in the last cycle
      expected_1_q <= word_q;
      other_1_q <= may_be_late_q ? late_q : word_q;
      expected_2_q <= expected_1_q;
      other_2_q <= other_1_q;
      if (reads_q != 2'd2) reads_q <= reads_q + 2'd1;
    end
  end

  always_comb begin
    if (running_q) begin
      m_load_every_second_cycle: assume (!load_valid_i || !loaded_q);
      m_unit_every_second_cycle: assume (!unit_valid || !drained_q);
      m_one_unit: assume (!drain_valid_i || !bank_op_valid_i);
      m_no_hazard: assume (!((drain_here || bank_op_here) && (load_here || may_be_late_q)));
      p_no_word_lost: assert (reads_q != 2'd2 || read_data == expected_2_q || read_data == other_2_q);
    end else begin
      m_idle_in_reset: assume (!unit_valid && !load_valid_i);
    end
  end

endmodule
