// The pins of dlp_hx8k_top.sv on an iCE40: a power-on reset, and the SRAM's data as bidirectional pins.

module dlp_hx8k (
  input  logic clk_i,

  input  logic spi_clock_i,
  input  logic spi_select_ni,
  input  logic spi_data_i,
  output logic spi_data_o,
  output logic irq_o,

  output logic [15:0] sram_address_o,
  inout  wire  [15:0] sram_data_io,
  output logic        sram_select_no,
  output logic        sram_write_no,
  output logic        sram_read_no
);

  // Registers are zero after configuration.
  logic [3:0] reset_q = 4'd0;
  always_ff @(posedge clk_i) reset_q <= {reset_q[2:0], 1'b1};

  logic [15:0] data_out, data_in;
  logic        drive;
  assign sram_select_no = 1'b0;

  for (genvar i = 0; i < 16; i++) begin : gen_data
    SB_IO #(
      .PIN_TYPE(6'b101001)
    ) u_pin (
      .PACKAGE_PIN  (sram_data_io[i]),
      .OUTPUT_ENABLE(drive),
      .D_OUT_0      (data_out[i]),
      .D_IN_0       (data_in[i])
    );
  end

  dlp_hx8k_top u_top (
    .clk_i,
    .rst_ni      (reset_q[3]),
    .spi_clock_i,
    .spi_select_ni,
    .spi_data_i,
    .spi_data_o,
    .irq_o,
    .sram_address_o,
    .sram_data_o (data_out),
    .sram_drive_o(drive),
    .sram_write_no,
    .sram_read_no,
    .sram_data_i (data_in)
  );

endmodule
