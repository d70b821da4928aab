// Post and write-back of a machine whose post works bit by bit (PostInterval > 1): takes the accumulators' sums one drain group after the other
// while no beat enters the PE array, and writes their codes. Position and LAYER are held until written_o.
//
//   cycle 0                          last_i: a position's last beat
//         14 + k · PostInterval      drain group k's sums, its parameters' address      (BeatToSerialPostCycles)
//            + 1                     parameters; load
//            + 2                     16 bits of the multiplier
//            + 18                    12 steps by four and 3 by one of the shift
//            + PostInterval − 1      write_*_o; of the last drain group with written_o
//
// Row u lies in bank (u + start bank) mod B, its upper nibble in the bank B/2 after that, as in dlp_write_back.sv. Words outside the banks are not
// written.
//
// Latency: as drawn. Throughput: R rows in PostInterval cycles. Stalls: never; the position sequencer waits for written_o.

module dlp_serial_post #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Banks = 4,
  parameter int unsigned DrainRows = 1,
  parameter int unsigned Groups = 4,
  parameter int unsigned FeatureWords = 256,
  parameter int unsigned AccumulatorBits = 22,
  // derived: leave alone
  parameter int unsigned AddressBits = $clog2(FeatureWords),
  parameter int unsigned GroupBits = $clog2(Groups),
  parameter int unsigned WordBits = Lanes * 4
) (
  input  logic clk_i,
  input  logic rst_ni,

  input  logic last_i,
  output logic written_o,

  // held from last_i to written_o: the LAYER in force, and output + local position
  input  dlp_machine_pkg::active_layer_t             layer_i,
  input  logic [dlp_machine_pkg::MapAddressBits-1:0] output_address_i,

  // the drain group that is computed, its sums in the same cycle, its rows' parameters in the next
  output logic [GroupBits-1:0]                       group_o,
  input  logic [DrainRows*Lanes*AccumulatorBits-1:0] sums_i,
  input  logic [DrainRows*dlp_isa_pkg::ParameterUsedBits-1:0] parameters_i,

  output logic [Banks-1:0]             write_valid_o,
  output logic [Banks*AddressBits-1:0] write_address_o,
  output logic [Banks*WordBits-1:0]    write_data_o
);

  // Steps of a drain group: the shift begins with 0, the multiplier with −16.
  localparam logic [7:0] FirstStep = 8'(256 - 18);
  localparam logic [7:0] LastStep = 8'(dlp_machine_pkg::PostInterval - 19);
  localparam logic [7:0] LeadStep = LastStep - 8'(dlp_isa_pkg::BeatToSerialPostCycles - 2);

  logic                 busy_d, busy_q, lead_d, lead_q, ends, writes;
  logic [7:0]           step_d, step_q;
  logic [GroupBits-1:0] group_d, group_q;

  assign ends = step_q == LastStep;
  assign writes = busy_q && !lead_q && ends;
  assign written_o = writes && group_q == GroupBits'(Groups - 1);
  assign group_o = group_q;

  always_comb begin
    busy_d = busy_q && !written_o;
    lead_d = lead_q && !ends;
    step_d = ends ? FirstStep : step_q + 8'd1;
    group_d = writes ? group_q + GroupBits'(1) : group_q;
    if (last_i) begin
      busy_d = 1'b1;
      lead_d = 1'b1;
      step_d = LeadStep;
      group_d = '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) busy_q <= 1'b0;
    else busy_q <= busy_d;
  end
  always_ff @(posedge clk_i) begin
    lead_q <= lead_d;
    step_q <= step_d;
    group_q <= group_d;
  end

  // Codes of R rows.
  logic                         load, multiply;
  logic [DrainRows*Lanes*8-1:0] codes;
  assign load = step_q == FirstStep + 8'd1;
  assign multiply = step_q[7:4] == 4'hf;

  for (genvar j = 0; j < DrainRows; j++) begin : gen_row
    dlp_serial_row #(
      .Lanes          (Lanes),
      .AccumulatorBits(AccumulatorBits)
    ) u_row (
      .clk_i,
      .load_i      (load),
      .multiply_i  (multiply),
      .shifts_i    (step_q[7:4] == 4'd0),
      .step_i      (step_q[3:0]),
      .sums_i      (sums_i[j*Lanes*AccumulatorBits+:Lanes*AccumulatorBits]),
      .parameter_i (parameters_i[j*dlp_isa_pkg::ParameterUsedBits+:dlp_isa_pkg::ParameterUsedBits]),
      .zero_point_i(layer_i.zero_point),
      .low_i       (layer_i.low),
      .high_i      (layer_i.high),
      .codes_o     (codes[j*Lanes*8+:Lanes*8])
    );
  end

  // Their banks and addresses: row j of the group is written j banks after row 0.
  logic [5:0]                       unrotated, rotated, first_bank;
  logic [DrainRows*AddressBits-1:0] address_0, address_1;
  logic [DrainRows-1:0]             in_range_0, in_range_1;
  assign unrotated = 6'(32'(group_q) * DrainRows % Banks);
  assign rotated = unrotated + 6'(layer_i.start_bank);
  assign first_bank = rotated >= 6'(Banks) ? rotated - 6'(Banks) : rotated;

  for (genvar j = 0; j < DrainRows; j++) begin : gen_address
    logic [24:0] plane_0, plane_1;
    assign plane_0 = 25'(output_address_i) + 25'((32'(group_q) * DrainRows + j) / Banks) * (layer_i.wide ?
        {10'b0, layer_i.plane_stride, 1'b0} : {11'b0, layer_i.plane_stride});
    assign plane_1 = plane_0 + 25'(layer_i.plane_stride);
    assign in_range_0[j] = 32'(plane_0) < FeatureWords;
    assign in_range_1[j] = 32'(plane_1) < FeatureWords;
    assign address_0[j*AddressBits+:AddressBits] = plane_0[AddressBits-1:0];
    assign address_1[j*AddressBits+:AddressBits] = plane_1[AddressBits-1:0];
  end

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    logic [5:0] distance;
    assign distance = 6'(b) >= first_bank ? 6'(b) - first_bank : 6'(b + Banks) - first_bank;
    // At most one row and plane lies in this bank.
    always_comb begin
      write_valid_o[b] = 1'b0;
      write_address_o[b*AddressBits+:AddressBits] = address_0[0+:AddressBits];
      write_data_o[b*WordBits+:WordBits] = '0;
      for (int unsigned j = 0; j < DrainRows; j++) begin
        if (distance == 6'(j)) begin
          write_valid_o[b] = writes && in_range_0[j];
          write_address_o[b*AddressBits+:AddressBits] = address_0[j*AddressBits+:AddressBits];
          for (int unsigned l = 0; l < Lanes; l++) write_data_o[b*WordBits+l*4+:4] = codes[(j*Lanes+l)*8+:4];
        end
        if (distance == 6'(j + Banks / 2)) begin
          write_valid_o[b] = writes && layer_i.wide && in_range_1[j];
          write_address_o[b*AddressBits+:AddressBits] = address_1[j*AddressBits+:AddressBits];
          for (int unsigned l = 0; l < Lanes; l++) write_data_o[b*WordBits+l*4+:4] = codes[(j*Lanes+l)*8+4+:4];
        end
      end
    end
  end

  logic unused;
  assign unused = ^layer_i;

`ifndef SYNTHESIS
  initial assert (dlp_machine_pkg::PostInterval == 1 || (dlp_machine_pkg::PostInterval >= 34 && dlp_machine_pkg::PostInterval <= 128))
    else $fatal(1, "PostInterval");
  always_ff @(posedge clk_i) begin
    if (rst_ni) a_one_position: assert (!last_i || !busy_q);
  end
`endif

endmodule
