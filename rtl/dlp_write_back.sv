// Write-back: writes the codes of R rows to the feature memory. Row u lies in cluster u mod C, bank ((u div C) + start bank) mod B, its upper nibble
// in the bank B/2 after that; R rows never lie in one bank. Words outside the banks are not written.
//
//   cycle 0    drain_i                       local position, slot of each row, first bank
//   cycle 7    codes_i (PostCycles)          per bank: the row whose word it takes
//   cycle 8    write_*_o
//
// Latency: PostCycles from drain_i to its codes, then WriteBackCycles. Throughput: R rows a cycle. Stalls: never.

module dlp_write_back #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Rows = 8,
  parameter int unsigned Clusters = 2,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 2,
  parameter int unsigned FeatureWords = 512,
  // derived: leave alone
  parameter int unsigned AddressBits = $clog2(FeatureWords)
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  dlp_machine_pkg::drain_t      drain_i,
  input  logic [DrainRows*Lanes*8-1:0] codes_i,

  // cluster 0's banks lowest
  output logic [Clusters*Banks-1:0]             write_valid_o,
  output logic [Clusters*Banks*AddressBits-1:0] write_address_o,
  output logic [Clusters*Banks*Lanes*4-1:0]     write_data_o
);

  localparam int unsigned SlotChannels = Clusters * Banks;
  localparam int unsigned BanksPerCycle = DrainRows / Clusters;
  localparam int unsigned WordBits = Lanes * 4;
  // until the addresses are computed
  localparam int unsigned AddressCycles = 4;

  // Cycle 0 to 3: addresses of plane 0 and plane 1 of each row, and the bank of row 0.
  logic [15:0]             local_1_q;
  logic [24:0]             local_2_q;
  logic [5:0]              bank_1_q, first_bank_2_q;
  dlp_machine_pkg::drain_t drain_1, drain_2, drain_3;

  dlp_delay #(.Width($bits(drain_i))) u_drain_1 (.clk_i, .rst_ni, .data_i(drain_i), .data_o(drain_1));
  dlp_delay #(.Width($bits(drain_i))) u_drain_2 (.clk_i, .rst_ni, .data_i(drain_1), .data_o(drain_2));
  dlp_delay #(.Width($bits(drain_i))) u_drain_3 (.clk_i, .rst_ni, .data_i(drain_2), .data_o(drain_3));

  // The bank of row 0 of the drain, for start bank 0.
  logic [5:0] unrotated;
  assign unrotated = 6'((16'(drain_i.drain_group) * BanksPerCycle) % Banks);

  always_ff @(posedge clk_i) begin
    local_1_q <= drain_i.row * 16'(drain_i.op.layer.patch_width);
    // lane sums are written at local position 0
    local_2_q <= 25'(drain_1.op.output_base) + (drain_1.op.lane_sum ? 25'd0 : 25'(local_1_q) + 25'(drain_1.column));
    bank_1_q <= unrotated + 6'(drain_i.op.layer.start_bank);
    first_bank_2_q <= bank_1_q >= 6'(Banks) ? bank_1_q - 6'(Banks) : bank_1_q;
  end

  logic [DrainRows*AddressBits-1:0] plane_0_7, plane_1_7;
  logic [DrainRows-1:0]             in_range_0_7, in_range_1_7;

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    logic [7:0]  slot_1_q;
    logic [24:0] slot_2_q, plane_0_3_q, plane_0_4_q, plane_1_4_q;
    always_ff @(posedge clk_i) begin
      slot_1_q <= 8'((16'(drain_i.drain_group) * DrainRows + j) / SlotChannels);
      slot_2_q <= slot_1_q * (drain_1.op.layer.wide ? {10'b0, drain_1.op.layer.plane_stride, 1'b0} :
          {11'b0, drain_1.op.layer.plane_stride});
      plane_0_3_q <= local_2_q + slot_2_q;
      plane_0_4_q <= plane_0_3_q;
      plane_1_4_q <= plane_0_3_q + 25'(drain_3.op.layer.plane_stride);
    end
    dlp_delay #(.Width(2 + 2 * AddressBits), .Cycles(dlp_isa_pkg::PostCycles - AddressCycles)) u_address (
      .clk_i,
      .rst_ni,
      .data_i({
        32'(plane_1_4_q) < FeatureWords, 32'(plane_0_4_q) < FeatureWords, plane_1_4_q[AddressBits-1:0], plane_0_4_q[AddressBits-1:0]
      }),
      .data_o({in_range_1_7[j], in_range_0_7[j], plane_1_7[j*AddressBits+:AddressBits], plane_0_7[j*AddressBits+:AddressBits]})
    );
  end

  // Cycle 7.
  logic       valid_7, wide_7, lane_sum_7;
  logic [5:0] first_bank_7;
  dlp_delay #(.Cycles(dlp_isa_pkg::PostCycles), .Reset(1'b1)) u_valid (
    .clk_i, .rst_ni, .data_i(drain_i.valid), .data_o(valid_7)
  );
  dlp_delay #(.Width(2), .Cycles(dlp_isa_pkg::PostCycles)) u_flags (
    .clk_i, .rst_ni, .data_i({drain_i.op.layer.wide, drain_i.op.lane_sum}), .data_o({wide_7, lane_sum_7})
  );
  dlp_delay #(.Width(6), .Cycles(dlp_isa_pkg::PostCycles - 2)) u_first (
    .clk_i, .rst_ni, .data_i(first_bank_2_q), .data_o(first_bank_7)
  );

  // Each row's word for plane 0 and for plane 1; a lane sum is lane 0's code, the other lanes are zero.
  logic [DrainRows*WordBits-1:0] words_0, words_1;
  for (genvar i = 0; i < DrainRows * Lanes; i++) begin : gen_code
    logic [7:0] code;
    if (i % Lanes == 0) assign code = codes_i[i*8+:8];
    else assign code = lane_sum_7 ? 8'd0 : codes_i[i*8+:8];
    assign words_0[i*4+:4] = code[3:0];
    assign words_1[i*4+:4] = code[7:4];
  end

  for (genvar c = 0; c < Clusters; c++) begin : gen_cluster
    for (genvar b = 0; b < Banks; b++) begin : gen_bank
      localparam int unsigned Bank = c * Banks + b;
      // rows i of this cluster, plane 0 of each, then plane 1
      localparam int unsigned Words = 2 * BanksPerCycle;
      localparam int unsigned SelectBits = $clog2(Words);
      logic [5:0]                   distance;
      logic                         valid;
      logic [SelectBits-1:0]        select;
      logic [Words*AddressBits-1:0] addresses;
      logic [Words*WordBits-1:0]    words;

      assign distance = 6'(b) >= first_bank_7 ? 6'(b) - first_bank_7 : 6'(b + Banks) - first_bank_7;

      // At most one row and plane lies in this bank.
      always_comb begin
        valid = 1'b0;
        select = '0;
        for (int unsigned i = 0; i < BanksPerCycle; i++) begin
          if (distance == 6'(i)) begin
            valid = valid_7 && in_range_0_7[i*Clusters+c];
            select = SelectBits'(i);
          end
          if (wide_7 && distance == 6'(i + Banks / 2)) begin
            valid = valid_7 && in_range_1_7[i*Clusters+c];
            select = SelectBits'(BanksPerCycle + i);
          end
        end
      end

      for (genvar i = 0; i < BanksPerCycle; i++) begin : gen_word
        localparam int unsigned Row = i * Clusters + c;
        assign addresses[i*AddressBits+:AddressBits] = plane_0_7[Row*AddressBits+:AddressBits];
        assign addresses[(BanksPerCycle+i)*AddressBits+:AddressBits] = plane_1_7[Row*AddressBits+:AddressBits];
        assign words[i*WordBits+:WordBits] = words_0[Row*WordBits+:WordBits];
        assign words[(BanksPerCycle+i)*WordBits+:WordBits] = words_1[Row*WordBits+:WordBits];
      end

      dlp_write_bank #(
        .Words      (Words),
        .WordBits   (WordBits),
        .AddressBits(AddressBits)
      ) u_bank (
        .clk_i,
        .rst_ni,
        .valid_i    (valid),
        .select_i   (select),
        .addresses_i(addresses),
        .words_i    (words),
        .valid_o    (write_valid_o[Bank]),
        .address_o  (write_address_o[Bank*AddressBits+:AddressBits]),
        .data_o     (write_data_o[Bank*WordBits+:WordBits])
      );
    end
  end

  logic unused;
  assign unused = ^{drain_i, drain_1, drain_2, drain_3, lane_sum_7};

`ifndef SYNTHESIS
  initial assert (DrainRows % Clusters == 0 && Rows % SlotChannels == 0 && 4 * DrainRows <= SlotChannels)
    else $fatal(1, "two rows would lie in one bank");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_start_bank: assert (!drain_i.valid || (6'(drain_i.op.layer.start_bank) < 6'(Banks)));
    end
  end
`endif

endmodule
