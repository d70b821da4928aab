// Write-back: sends the codes of R rows to the feature memory. Row u goes to cluster u mod C, bank ((u div C) + start bank) mod B, its
// upper nibble to the bank B/2 further; R rows never meet in a bank.
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
  parameter int unsigned AddressBits = 9
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  dlp_compute_pkg::drain_t      drain_i,
  input  logic [DrainRows*Lanes*8-1:0] codes_i,

  // cluster 0's banks lowest
  output logic [Clusters*Banks-1:0]             write_valid_o,
  output logic [Clusters*Banks*AddressBits-1:0] write_address_o,
  output logic [Clusters*Banks*Lanes*4-1:0]     write_data_o
);

  localparam int unsigned SlotChannels = Clusters * Banks;
  localparam int unsigned BanksPerCycle = DrainRows / Clusters;
  localparam int unsigned WordBits = Lanes * 4;
  localparam int unsigned AddressCycles = 4;  // until the addresses are known

  // Cycle 0 to 3: addresses of plane 0 and plane 1 of each row, and the bank of row 0.
  logic [15:0]             local_1_q, local_2_q;
  logic [5:0]              bank_1_q;
  logic [5:0]              first_2_q;
  dlp_compute_pkg::drain_t drain_1, drain_2, drain_3;

  dlp_delay #(.Width(dlp_compute_pkg::DrainBits)) u_drain_1 (.clk_i, .rst_ni, .data_i(drain_i), .data_o(drain_1));
  dlp_delay #(.Width(dlp_compute_pkg::DrainBits)) u_drain_2 (.clk_i, .rst_ni, .data_i(drain_1), .data_o(drain_2));
  dlp_delay #(.Width(dlp_compute_pkg::DrainBits)) u_drain_3 (.clk_i, .rst_ni, .data_i(drain_2), .data_o(drain_3));

  // Which of a slot's banks row 0 of the drain takes, before rotation.
  logic [5:0] unrotated;
  assign unrotated = 6'((16'(drain_i.index) * BanksPerCycle) % Banks);

  always_ff @(posedge clk_i) begin
    local_1_q <= drain_i.row * 16'(drain_i.pass.layer.patch_width);
    // lane sums are written at local position 0
    local_2_q <= drain_1.pass.result + (drain_1.pass.lane_sum ? 16'd0 : local_1_q + 16'(drain_1.column));
    bank_1_q <= unrotated + 6'(drain_i.pass.layer.start_bank);
    first_2_q <= bank_1_q >= 6'(Banks) ? bank_1_q - 6'(Banks) : bank_1_q;
  end

  logic [DrainRows*AddressBits-1:0] plane_0_7, plane_1_7;

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    logic [7:0]             slot_1_q;
    logic [15:0]            slot_2_q;
    logic [AddressBits-1:0] plane_0_3_q, plane_0_4_q, plane_1_4_q;
    always_ff @(posedge clk_i) begin
      slot_1_q <= 8'((16'(drain_i.index) * DrainRows + j) / SlotChannels);
      slot_2_q <= 16'(slot_1_q * (drain_1.pass.layer.wide ? {1'b0, drain_1.pass.layer.plane_stride, 1'b0} :
          {2'b0, drain_1.pass.layer.plane_stride}));
      plane_0_3_q <= AddressBits'(local_2_q + slot_2_q);
      plane_0_4_q <= plane_0_3_q;
      plane_1_4_q <= plane_0_3_q + AddressBits'(drain_3.pass.layer.plane_stride);
    end
    dlp_delay #(.Width(2 * AddressBits), .Cycles(dlp_isa_pkg::PostCycles - AddressCycles)) u_address (
      .clk_i,
      .rst_ni,
      .data_i({plane_1_4_q, plane_0_4_q}),
      .data_o({plane_1_7[j*AddressBits+:AddressBits], plane_0_7[j*AddressBits+:AddressBits]})
    );
  end

  // Cycle 7.
  logic       valid_7, wide_7, lane_sum_7;
  logic [5:0] first_7;
  dlp_delay #(.Cycles(dlp_isa_pkg::PostCycles), .Reset(1'b1)) u_valid (
    .clk_i, .rst_ni, .data_i(drain_i.valid), .data_o(valid_7)
  );
  dlp_delay #(.Width(2), .Cycles(dlp_isa_pkg::PostCycles)) u_flags (
    .clk_i, .rst_ni, .data_i({drain_i.pass.layer.wide, drain_i.pass.lane_sum}), .data_o({wide_7, lane_sum_7})
  );
  dlp_delay #(.Width(6), .Cycles(dlp_isa_pkg::PostCycles - 2)) u_first (
    .clk_i, .rst_ni, .data_i(first_2_q), .data_o(first_7)
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
      logic [5:0]             distance;
      logic                   valid_d, valid_q;
      logic [AddressBits-1:0] address_d, address_q;
      logic [WordBits-1:0]    data_d, data_q;

      assign distance = 6'(b) >= first_7 ? 6'(b) - first_7 : 6'(b + Banks) - first_7;

      // AND and OR: at most one row and plane fits.
      always_comb begin
        valid_d = 1'b0;
        address_d = '0;
        data_d = '0;
        for (int unsigned i = 0; i < BanksPerCycle; i++) begin
          if (valid_7 && distance == 6'(i)) begin
            valid_d = 1'b1;
            address_d = address_d | plane_0_7[(i*Clusters+c)*AddressBits+:AddressBits];
            data_d = data_d | words_0[(i*Clusters+c)*WordBits+:WordBits];
          end
          if (valid_7 && wide_7 && distance == 6'(i + Banks / 2)) begin
            valid_d = 1'b1;
            address_d = address_d | plane_1_7[(i*Clusters+c)*AddressBits+:AddressBits];
            data_d = data_d | words_1[(i*Clusters+c)*WordBits+:WordBits];
          end
        end
      end

      always_ff @(posedge clk_i or negedge rst_ni) begin
        if (!rst_ni) valid_q <= 1'b0;
        else valid_q <= valid_d;
      end
      always_ff @(posedge clk_i) begin
        address_q <= address_d;
        data_q <= data_d;
      end

      assign write_valid_o[Bank] = valid_q;
      assign write_address_o[Bank*AddressBits+:AddressBits] = address_q;
      assign write_data_o[Bank*WordBits+:WordBits] = data_q;
    end
  end

  logic unused;
  assign unused = ^{drain_i, drain_1, drain_2, drain_3, lane_sum_7};

`ifndef SYNTHESIS
  initial assert (dlp_isa_pkg::WriteBackCycles == 1) else $fatal(1, "one register behind the choice of row");
  initial assert (DrainRows % Clusters == 0 && Rows % SlotChannels == 0 && 4 * DrainRows <= SlotChannels)
    else $fatal(1, "rows would meet in a bank");
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_start_bank: assert (!drain_i.valid || (6'(drain_i.pass.layer.start_bank) < 6'(Banks)));
    end
  end
`endif

endmodule
