// The host's registers on AXI4-Lite (isa/registers.ts), and the states of a run.
//
// A write is taken when both its address and its data are valid. While busy, a write to a register that a run uses is refused with SLVERR. An address
// without a register is answered with SLVERR too. wstrb must select all four bytes.
//
//   cycle 0         the doorbell is taken; CYCLES counts from here
//         1         start_o                        (the core resets its units in 2, the first instruction is dispatched in 3)
//         c         done_i
//         c + 1     done, irq_o                    (CYCLES = c + 1)
//
// A reset (by CONTROL, or rst_ni), or the end of a run by the watchdog, flushes: the units are held in reset until nothing is on the bus to DRAM, and
// STATUS is busy until then.
//
// Latency: as drawn; a read is answered in the next cycle. Throughput: a write or a read every second cycle. Stalls: until a response is taken.

module dlp_control #(
  parameter int unsigned InstructionWords = 512,
  parameter int unsigned ProgramAddressBits = 9,
  parameter logic [255:0] MachineHash = '0
) (
  input  logic clk_i,
  input  logic rst_ni,
  // low in reset and directly before it: no access is taken that would be lost
  input  logic awake_i,

  output logic irq_o,

  // AXI4-Lite
  input  logic [15:0] s_axil_awaddr,
  input  logic        s_axil_awvalid,
  output logic        s_axil_awready,
  input  logic [31:0] s_axil_wdata,
  input  logic [3:0]  s_axil_wstrb,
  input  logic        s_axil_wvalid,
  output logic        s_axil_wready,
  output logic [1:0]  s_axil_bresp,
  output logic        s_axil_bvalid,
  input  logic        s_axil_bready,
  input  logic [15:0] s_axil_araddr,
  input  logic        s_axil_arvalid,
  output logic        s_axil_arready,
  output logic [31:0] s_axil_rdata,
  output logic [1:0]  s_axil_rresp,
  output logic        s_axil_rvalid,
  input  logic        s_axil_rready,

  // the program
  output logic                          program_valid_o,
  output logic [ProgramAddressBits-1:0] program_address_o,
  output logic [127:0]                  program_word_o,

  // a run
  output logic                          start_o,
  output logic                          flush_o,
  input  logic                          quiet_i,
  output logic [ProgramAddressBits-1:0] entry_o,
  output logic [31:0]                   watchdog_o,
  output logic [4*64-1:0]               regions_o,
  input  logic                          done_i,
  input  logic                          aborted_i,
  input  logic [3:0]                    status_i,
  input  logic [ProgramAddressBits-1:0] status_index_i
);

  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlaveError = 2'b10;
  localparam int unsigned CounterBits = ProgramAddressBits + 1;

  typedef enum logic [1:0] {
    // waiting for the doorbell
    StateIdle,
    // from the doorbell to done_i
    StateRun,
    // units in reset, until the bus is quiet; entered by rst_ni, since transfers of before may be on the bus
    StateFlush
  } state_e;

  state_e state_d, state_q;
  logic start_d, start_q, flushed_d, flushed_q;
  logic done_d, done_q, error_d, error_q, interrupt_enable_d, interrupt_enable_q;
  logic [3:0] status_d, status_q;
  logic [ProgramAddressBits-1:0] status_index_d, status_index_q, entry_d, entry_q;
  logic [31:0] watchdog_d, watchdog_q;
  logic [63:0] cycles_d, cycles_q;
  logic [255:0] regions_d, regions_q;
  logic [CounterBits-1:0] program_index_d, program_index_q;
  logic [1:0] program_part_d, program_part_q;
  logic program_valid_d, program_valid_q;
  logic [ProgramAddressBits-1:0] program_address_d, program_address_q;
  logic [127:0] program_word_d, program_word_q;

  logic write, busy, refused;
  logic [15:0] write_address, read_address;
  logic [31:0] data;
  logic bvalid_d, bvalid_q, rvalid_d, rvalid_q, read, unknown;
  logic [1:0] bresp_d, bresp_q, rresp_d, rresp_q;
  logic [31:0] rdata_d, rdata_q;

  assign busy = state_q != StateIdle;
  assign write = s_axil_awvalid && s_axil_wvalid && !bvalid_q && awake_i;
  assign s_axil_awready = write;
  assign s_axil_wready = write;
  assign s_axil_bvalid = bvalid_q;
  assign s_axil_bresp = bresp_q;
  assign write_address = {s_axil_awaddr[15:2], 2'b00};
  assign data = s_axil_wdata;

  // Writes, and the states of a run.
  always_comb begin
    state_d = state_q;
    start_d = 1'b0;
    flushed_d = 1'b0;
    done_d = done_q;
    error_d = error_q;
    interrupt_enable_d = interrupt_enable_q;
    status_d = status_q;
    status_index_d = status_index_q;
    entry_d = entry_q;
    watchdog_d = watchdog_q;
    cycles_d = cycles_q;
    regions_d = regions_q;
    program_index_d = program_index_q;
    program_part_d = program_part_q;
    program_valid_d = 1'b0;
    program_address_d = program_address_q;
    program_word_d = program_word_q;
    refused = 1'b0;

    unique case (state_q)
      StateIdle: ;
      StateRun: begin
        cycles_d = cycles_q + 64'd1;
        if (done_i) begin
          state_d = aborted_i ? StateFlush : StateIdle;
          done_d = 1'b1;
          error_d = status_i != dlp_isa_pkg::StatusOk;
          status_d = status_i;
          status_index_d = status_index_i;
        end
      end
      StateFlush: begin
        // the units are in reset a cycle later at the earliest; later only while write data is offered on the bus
        flushed_d = 1'b1;
        if (flushed_q && quiet_i) state_d = StateIdle;
      end
      default: state_d = StateIdle;
    endcase

    if (write) begin
      refused = s_axil_wstrb != 4'hf;
      if (!refused) begin
        case (write_address)
          dlp_isa_pkg::RegisterControl: begin
            interrupt_enable_d = data[dlp_isa_pkg::ControlInterruptEnableBit];
            if (data[dlp_isa_pkg::ControlResetBit]) begin
              state_d = StateFlush;
              flushed_d = 1'b0;
              done_d = 1'b0;
              error_d = 1'b0;
            end else if (data[dlp_isa_pkg::ControlStartBit]) begin
              if (busy) refused = 1'b1;
              else begin
                state_d = StateRun;
                start_d = 1'b1;
                done_d = 1'b0;
                error_d = 1'b0;
                cycles_d = 64'd1;
              end
            end
          end
          dlp_isa_pkg::RegisterStatus: begin
            if (data[dlp_isa_pkg::StatusDoneBit] && !(state_q == StateRun && done_i)) begin
              done_d = 1'b0;
              error_d = 1'b0;
            end
          end
          dlp_isa_pkg::RegisterEntry: begin
            refused = busy || data >= 32'(InstructionWords);
            if (!refused) entry_d = data[ProgramAddressBits-1:0];
          end
          dlp_isa_pkg::RegisterWatchdog: watchdog_d = data;
          dlp_isa_pkg::RegisterProgramAddress: begin
            refused = busy || data >= 32'(InstructionWords);
            if (!refused) begin
              program_index_d = data[CounterBits-1:0];
              program_part_d = 2'd0;
            end
          end
          dlp_isa_pkg::RegisterProgramData: begin
            refused = busy || 32'(program_index_q) >= 32'(InstructionWords);
            if (!refused) begin
              program_part_d = program_part_q + 2'd1;
              program_word_d = {data, program_word_q[127:32]};
              program_address_d = program_index_q[ProgramAddressBits-1:0];
              if (program_part_q == 2'd3) begin
                program_valid_d = 1'b1;
                program_index_d = program_index_q + CounterBits'(1);
              end
            end
          end
          default: begin
            refused = 1'b1;
            for (int unsigned i = 0; i < 8; i++) begin
              if (write_address == dlp_isa_pkg::RegisterRegions + 16'(4 * i) && !busy) begin
                refused = 1'b0;
                // multiples of 4096, with the bits that the machine's addresses have
                regions_d[i*32+:32] = ((i % 2 == 0) ? {data[31:12], 12'd0} : data) & dlp_machine_pkg::DramAddressMask[i%2*32+:32];
              end
            end
          end
        endcase
      end
    end

    bvalid_d = write || (bvalid_q && !s_axil_bready);
    bresp_d = write ? (refused ? SlaveError : Okay) : bresp_q;
  end

  // Reads.
  assign read = s_axil_arvalid && !rvalid_q && awake_i;
  assign s_axil_arready = read;
  assign s_axil_rvalid = rvalid_q;
  assign s_axil_rdata = rdata_q;
  assign s_axil_rresp = rresp_q;
  assign read_address = {s_axil_araddr[15:2], 2'b00};

  always_comb begin
    rvalid_d = read || (rvalid_q && !s_axil_rready);
    unknown = 1'b0;
    rdata_d = '0;
    case (read_address)
      dlp_isa_pkg::RegisterIdentification: rdata_d = dlp_isa_pkg::Identification;
      dlp_isa_pkg::RegisterVersion: rdata_d = dlp_isa_pkg::InterfaceVersion;
      dlp_isa_pkg::RegisterIsaVersion: rdata_d = dlp_isa_pkg::IsaVersion;
      dlp_isa_pkg::RegisterTimingVersion: rdata_d = dlp_isa_pkg::TimingVersion;
      dlp_isa_pkg::RegisterControl: rdata_d[dlp_isa_pkg::ControlInterruptEnableBit] = interrupt_enable_q;
      dlp_isa_pkg::RegisterStatus: begin
        rdata_d[dlp_isa_pkg::StatusBusyBit] = busy;
        rdata_d[dlp_isa_pkg::StatusDoneBit] = done_q;
        rdata_d[dlp_isa_pkg::StatusErrorBit] = error_q;
      end
      dlp_isa_pkg::RegisterError: rdata_d = 32'(status_q);
      dlp_isa_pkg::RegisterErrorIndex: rdata_d = 32'(status_index_q);
      dlp_isa_pkg::RegisterEntry: rdata_d = 32'(entry_q);
      dlp_isa_pkg::RegisterWatchdog: rdata_d = watchdog_q;
      dlp_isa_pkg::RegisterCycles: rdata_d = cycles_q[31:0];
      dlp_isa_pkg::RegisterCycles + 16'd4: rdata_d = cycles_q[63:32];
      dlp_isa_pkg::RegisterProgramAddress: rdata_d = 32'(program_index_q);
      default: begin
        unknown = 1'b1;
        for (int unsigned i = 0; i < 8; i++) begin
          if (read_address == dlp_isa_pkg::RegisterMachineHash + 16'(4 * i)) begin
            unknown = 1'b0;
            rdata_d = MachineHash[i*32+:32];
          end
          if (read_address == dlp_isa_pkg::RegisterRegions + 16'(4 * i)) begin
            unknown = 1'b0;
            rdata_d = regions_q[i*32+:32];
          end
        end
      end
    endcase
    rresp_d = unknown ? SlaveError : Okay;
    if (!read) begin
      rdata_d = rdata_q;
      rresp_d = rresp_q;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= StateFlush;
      start_q <= 1'b0;
      flushed_q <= 1'b0;
      done_q <= 1'b0;
      error_q <= 1'b0;
      interrupt_enable_q <= 1'b0;
      status_q <= '0;
      status_index_q <= '0;
      entry_q <= '0;
      watchdog_q <= '0;
      cycles_q <= '0;
      regions_q <= '0;
      program_index_q <= '0;
      program_part_q <= '0;
      program_valid_q <= 1'b0;
      bvalid_q <= 1'b0;
      bresp_q <= Okay;
      rvalid_q <= 1'b0;
      rresp_q <= Okay;
    end else begin
      state_q <= state_d;
      start_q <= start_d;
      flushed_q <= flushed_d;
      done_q <= done_d;
      error_q <= error_d;
      interrupt_enable_q <= interrupt_enable_d;
      status_q <= status_d;
      status_index_q <= status_index_d;
      entry_q <= entry_d;
      watchdog_q <= watchdog_d;
      cycles_q <= cycles_d;
      regions_q <= regions_d;
      program_index_q <= program_index_d;
      program_part_q <= program_part_d;
      program_valid_q <= program_valid_d;
      bvalid_q <= bvalid_d;
      bresp_q <= bresp_d;
      rvalid_q <= rvalid_d;
      rresp_q <= rresp_d;
    end
  end

  always_ff @(posedge clk_i) begin
    program_address_q <= program_address_d;
    program_word_q <= program_word_d;
    rdata_q <= rdata_d;
  end

  assign irq_o = done_q && interrupt_enable_q;
  assign start_o = start_q;
  assign flush_o = state_q == StateFlush;
  assign entry_o = entry_q;
  assign watchdog_o = watchdog_q;
  assign regions_o = regions_q;
  assign program_valid_o = program_valid_q;
  assign program_address_o = program_address_q;
  assign program_word_o = program_word_q;

  logic unused;
  assign unused = ^{s_axil_awaddr[1:0], s_axil_araddr[1:0]};

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      a_response_held: assert (!$past(rst_ni) || !$past(bvalid_q && !s_axil_bready) || (bvalid_q && $past(bresp_q) == bresp_q));
      a_data_held: assert (!$past(rst_ni) || !$past(rvalid_q && !s_axil_rready)
          || (rvalid_q && $past(rdata_q) == rdata_q && $past(rresp_q) == rresp_q));
      a_start_from_idle: assert (!start_q || state_q == StateRun || state_q == StateFlush);
    end
  end
`endif

endmodule
