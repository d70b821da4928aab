// The DMA units and AXI channels between a DRAM and the memories that they write and read, for test/rtl/dma.test.ts. Not for synthesis.
//
// Reads, in +folder=path: dram.hex (four regions of RegionBytes, in data beats), feature.hex (all banks a line, bank 0 of cluster 0 lowest),
// logits.hex, and script: lines of
//   i queue cycle word  an instruction for queue 0 load, 1 parameter, 2 STORE, which can issue from that cycle on
//   j seed              DRAM with random pauses; without it an address in cycle a has its first data beat in max(previous + 1, a + latency)
//   k beat              the read data beat that is answered with an error, counted from 0
//   e cycles            the end
// (cycle and word hexadecimal). Prints "i queue number cycle" at issue, "r queue number cycle" at retirement, "a cycle" read addresses,
// "b cycle" and "w cycle" read and write data beats, "F cycle", "W cycle" writes of feature and weight memory, "x cycle code index" errors;
// writes the memories as <name>.out into the folder.

module dlp_dma_bench #(
  parameter int unsigned AxiBits = dlp_machine_pkg::AxiBits,
  parameter int unsigned Words = dlp_machine_pkg::SlotChannels,
  parameter int unsigned WordBits = dlp_machine_pkg::FeatureWordBits,
  parameter int unsigned FeatureWords = dlp_machine_pkg::FeatureWords,
  parameter int unsigned AddressBits = $clog2(FeatureWords),
  parameter int unsigned DrainRows = dlp_machine_pkg::DrainRows,
  parameter int unsigned LogitsLines = (dlp_machine_pkg::LogitsWords + DrainRows - 1) / DrainRows,
  parameter int unsigned WeightBits = dlp_machine_pkg::Clusters * dlp_machine_pkg::ClusterBeatBits,
  parameter int unsigned WeightBeats = dlp_machine_pkg::WeightBeats,
  parameter int unsigned WordRows = dlp_machine_pkg::ParameterWordRows,
  parameter int unsigned RowBits = dlp_isa_pkg::ParameterUsedBits,
  parameter int unsigned ParameterWords = dlp_machine_pkg::ParameterGroups * dlp_machine_pkg::ParameterGroupWords,
  parameter int unsigned BeatsBits = dlp_machine_pkg::TransferBeatsBits,
  parameter int unsigned RegionBytes = 65536,
  parameter int unsigned DramBeats = 4 * RegionBytes / (AxiBits / 8),
  parameter int unsigned Latency = dlp_machine_pkg::DramLatencyCycles,
  parameter int unsigned IndexBits = dlp_machine_pkg::ProgramAddressBits,
  parameter int unsigned Most = 256
) (
  input  logic clk_i,
  input  logic rst_ni,
  output logic done_o
);

  logic [AxiBits-1:0]        dram[DramBeats];
  logic [Words*WordBits-1:0] feature[FeatureWords];
  logic [WeightBits-1:0]     weights[WeightBeats];
  logic [WordRows*RowBits-1:0] parameters[ParameterWords];
  logic [127:0]              geometries[8];
  logic [31:0]               slots[256];
  logic [2:0]                tap_bits[2];
  logic [DrainRows*32-1:0]   logits[LogitsLines];

  // Per queue: words and the cycles from which they can issue.
  logic [127:0] words[3*Most];
  int unsigned  from[3*Most];
  int unsigned  count[3], next[3];
  int unsigned  cycle, cycles, seed, failing;

  string       folder, letter;
  int          file, got;
  int unsigned number, at;
  logic [127:0] word;
  initial begin
    for (int q = 0; q < 3; q++) count[q] = 0;
    for (int unsigned i = 0; i < WeightBeats; i++) weights[i] = '0;
    for (int unsigned i = 0; i < ParameterWords; i++) parameters[i] = '0;
    for (int unsigned i = 0; i < 8; i++) geometries[i] = '0;
    for (int unsigned i = 0; i < 256; i++) slots[i] = '0;
    for (int unsigned i = 0; i < 2; i++) tap_bits[i] = '0;
    seed = 0;
    cycles = 0;
    failing = 32'hffffffff;
    void'($value$plusargs("folder=%s", folder));
    $readmemh({folder, "/dram.hex"}, dram);
    $readmemh({folder, "/feature.hex"}, feature);
    $readmemh({folder, "/logits.hex"}, logits);
    file = $fopen({folder, "/script"}, "r");
    while (cycles == 0) begin
      got = $fscanf(file, "%s %h", letter, number);
      if (got != 2) $fatal(1, "the script has no end");
      if (letter == "e") cycles = number;
      else if (letter == "j") seed = number;
      else if (letter == "k") failing = number;
      else begin
        got = $fscanf(file, "%h %h", at, word);
        from[number*Most+count[number]] = at;
        words[number*Most+count[number]] = word;
        count[number] = count[number] + 1;
      end
    end
    $fclose(file);
  end

  always_ff @(posedge clk_i) begin
    cycle <= rst_ni ? cycle + 1 : 0;
    if (rst_ni && cycle == cycles) begin
      $writememh({folder, "/dram.out"}, dram);
      $writememh({folder, "/feature.out"}, feature);
      $writememh({folder, "/weights.out"}, weights);
      $writememh({folder, "/parameters.out"}, parameters);
      $writememh({folder, "/geometries.out"}, geometries);
      $writememh({folder, "/slots.out"}, slots);
      $writememh({folder, "/tapbits.out"}, tap_bits);
    end
  end
  assign done_o = rst_ni && cycle > cycles;

  // Queues.
  logic [2:0]   valid, ready, issue;
  logic [127:0] head[3];
  for (genvar q = 0; q < 3; q++) begin : gen_queue
    assign valid[q] = rst_ni && next[q] < count[q] && from[q*Most+next[q]] <= cycle;
    assign head[q] = words[q*Most+next[q]];
    assign issue[q] = valid[q] && ready[q];
    always_ff @(posedge clk_i) begin
      if (!rst_ni) next[q] <= 0;
      else if (issue[q]) next[q] <= next[q] + 1;
    end
  end

  // The units.
  logic [255:0] bases;
  assign bases = {64'(3 * RegionBytes), 64'(2 * RegionBytes), 64'(RegionBytes), 64'd0};

  // of queue 0 load, 1 parameter, 2 STORE
  logic [2:0] idle;
  dlp_machine_pkg::instruction_t instruction[3];
  dlp_machine_pkg::retirement_t  retirement[3];
  dlp_machine_pkg::unit_error_t  error[3];
  for (genvar q = 0; q < 3; q++) begin : gen_instruction
    assign instruction[q] = {head[q], next[q][IndexBits-1:0]};
  end
  logic        load_request, load_request_ready, parameter_request, parameter_request_ready, store_request, logits_request;
  logic [63:0] load_address, parameter_address, store_address, logits_address;
  logic [BeatsBits-1:0] load_beats, parameter_beats, store_beats, logits_beats;
  logic        load_beat, load_beat_ready, parameter_beat, parameter_beat_ready, beat_error;
  logic [AxiBits-1:0] beat_data, store_data, logits_data;
  logic        store_beat, store_beat_ready, logits_beat, logits_beat_ready, store_done, store_error, logits_done, logits_error;
  logic [AxiBits/8-1:0]         logits_strobe;
  dlp_machine_pkg::feature_load_t   feature_load;
  dlp_machine_pkg::weight_load_t    weight_load;
  dlp_machine_pkg::parameter_load_t parameter_load;
  dlp_machine_pkg::table_load_t     table_load;
  logic [Words*WordBits-1:0]    read_word;
  logic                         logits_read, store_read, sending, reading, last_read, quiet_read, quiet_write;
  logic [$clog2(LogitsLines)-1:0] logits_read_address;
  logic [DrainRows*32-1:0]      logits_word;
  logic [AddressBits-1:0]       store_read_address;

  logic [63:0]          m_axi_araddr, m_axi_awaddr;
  logic [7:0]           m_axi_arlen, m_axi_awlen;
  logic [2:0]           m_axi_arsize, m_axi_awsize;
  logic [1:0]           m_axi_arburst, m_axi_awburst, m_axi_rresp, m_axi_bresp;
  logic                 m_axi_arvalid, m_axi_arready, m_axi_rlast, m_axi_rvalid, m_axi_rready, m_axi_awvalid, m_axi_awready, m_axi_wlast;
  logic                 m_axi_wvalid, m_axi_wready, m_axi_bvalid, m_axi_bready;
  logic [AxiBits-1:0]   m_axi_rdata, m_axi_wdata;
  logic [AxiBits/8-1:0] m_axi_wstrb;

  dlp_axi_read #(
    .AxiBits(AxiBits), .OutstandingBursts(dlp_machine_pkg::OutstandingBursts), .BeatsBits(BeatsBits)
  ) u_read (
    .clk_i, .rst_ni, .flush_i(1'b0), .quiet_o(quiet_read),
    .load_request_valid_i(load_request), .load_request_ready_o(load_request_ready), .load_request_address_i(load_address),
    .load_request_beats_i(load_beats),
    .parameter_request_valid_i(parameter_request), .parameter_request_ready_o(parameter_request_ready),
    .parameter_request_address_i(parameter_address), .parameter_request_beats_i(parameter_beats),
    .load_beat_valid_o(load_beat), .load_beat_ready_i(load_beat_ready),
    .parameter_beat_valid_o(parameter_beat), .parameter_beat_ready_i(parameter_beat_ready),
    .beat_data_o(beat_data), .beat_error_o(beat_error), .*
  );

  dlp_axi_write #(
    .AxiBits(AxiBits), .OutstandingBursts(dlp_machine_pkg::OutstandingBursts), .BeatsBits(BeatsBits)
  ) u_write (
    .clk_i, .rst_ni, .flush_i(1'b0), .quiet_o(quiet_write), .units_rst_no(),
    .store_request_valid_i(store_request), .store_request_ready_o(), .store_request_address_i(store_address), .store_request_beats_i(store_beats),
    .logits_request_valid_i(logits_request), .logits_request_ready_o(), .logits_request_address_i(logits_address),
    .logits_request_beats_i(logits_beats),
    .store_beat_valid_i(store_beat), .store_beat_ready_o(store_beat_ready), .store_beat_data_i(store_data),
    .logits_beat_valid_i(logits_beat), .logits_beat_ready_o(logits_beat_ready), .logits_beat_data_i(logits_data),
    .logits_beat_strobe_i(logits_strobe),
    .store_done_o(store_done), .store_error_o(store_error), .logits_done_o(logits_done), .logits_error_o(logits_error), .*
  );

  dlp_load #(
    .Clusters(dlp_machine_pkg::Clusters), .Banks(dlp_machine_pkg::Banks), .DrainRows(DrainRows), .FeatureWords(FeatureWords),
    .WordBits(WordBits), .DramWordBits(dlp_machine_pkg::DramWordBits), .AxiBits(AxiBits)
  ) u_load (
    .clk_i, .rst_ni, .region_bases_i(bases),
    .instruction_valid_i(valid[0]), .instruction_ready_o(ready[0]), .instruction_i(instruction[0]),
    .idle_o(idle[0]), .retirement_o(retirement[0]), .error_o(error[0]),
    .read_request_valid_o(load_request), .read_request_ready_i(load_request_ready), .read_request_address_o(load_address),
    .read_request_beats_o(load_beats),
    .read_beat_valid_i(load_beat), .read_beat_ready_o(load_beat_ready), .read_beat_data_i(beat_data), .read_beat_error_i(beat_error),
    .write_request_valid_o(logits_request), .write_request_address_o(logits_address), .write_request_beats_o(logits_beats),
    .write_beat_valid_o(logits_beat), .write_beat_ready_i(logits_beat_ready), .write_beat_data_o(logits_data),
    .write_beat_strobe_o(logits_strobe), .write_done_i(logits_done), .write_error_i(logits_error),
    .feature_load_o(feature_load),
    .logits_read_valid_o(logits_read), .logits_read_address_o(logits_read_address), .logits_read_data_i(logits_word)
  );

  dlp_parameter #(
    .AxiBits(AxiBits)
  ) u_parameter (
    .clk_i, .rst_ni, .region_bases_i(bases),
    .instruction_valid_i(valid[1]), .instruction_ready_o(ready[1]), .instruction_i(instruction[1]),
    .idle_o(idle[1]), .retirement_o(retirement[1]), .error_o(error[1]),
    .read_request_valid_o(parameter_request), .read_request_ready_i(parameter_request_ready), .read_request_address_o(parameter_address),
    .read_request_beats_o(parameter_beats),
    .read_beat_valid_i(parameter_beat), .read_beat_ready_o(parameter_beat_ready), .read_beat_data_i(beat_data), .read_beat_error_i(beat_error),
    .weight_load_o(weight_load), .parameter_load_o(parameter_load), .table_load_o(table_load)
  );

  // As in dlp_compute_queue.sv: a STORE issues once the data of the one before is sent.
  assign ready[2] = !sending && !reading;
  dlp_store #(
    .Clusters(dlp_machine_pkg::Clusters), .Banks(dlp_machine_pkg::Banks), .FeatureWords(FeatureWords), .WordBits(WordBits),
    .DramWordBits(dlp_machine_pkg::DramWordBits), .AxiBits(AxiBits), .OutstandingBursts(dlp_machine_pkg::OutstandingBursts)
  ) u_store (
    .clk_i, .rst_ni, .region_bases_i(bases),
    .store_valid_i(issue[2]), .instruction_i(instruction[2]),
    .sending_o(sending), .reading_o(reading), .last_read_o(last_read),
    .idle_o(idle[2]), .retirement_o(retirement[2]), .error_o(error[2]),
    .read_valid_o(store_read), .read_address_o(store_read_address), .read_data_i(read_word),
    .write_request_valid_o(store_request), .write_request_address_o(store_address), .write_request_beats_o(store_beats),
    .write_beat_valid_o(store_beat), .write_beat_ready_i(store_beat_ready), .write_beat_data_o(store_data),
    .write_done_i(store_done), .write_error_i(store_error)
  );

  // The memories.
  logic [Words*WordBits-1:0] feature_q;
  logic [DrainRows*32-1:0]   logits_q;
  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < Words; b++) begin
      if (feature_load.valid[b]) begin
        feature[feature_load.addresses[b*AddressBits+:AddressBits]][b*WordBits+:WordBits] <= feature_load.words[b*WordBits+:WordBits];
      end
    end
    feature_q <= store_read ? feature[store_read_address] : 'x;
    read_word <= feature_q;
    logits_q <= logits_read ? logits[logits_read_address] : 'x;
    logits_word <= logits_q;
    if (weight_load.valid) weights[weight_load.address] <= weight_load.beats;
    for (int unsigned j = 0; j < WordRows; j++) begin
      if (parameter_load.valid[j]) parameters[parameter_load.address][j*RowBits+:RowBits] <= parameter_load.rows[j*RowBits+:RowBits];
    end
    for (int unsigned i = 0; i < dlp_machine_pkg::GeometriesPerLoad; i++) begin
      if (table_load.geometry_valid[i]) geometries[{table_load.block, table_load.geometry_index + 2'(i)}] <= table_load.geometries[i*128+:128];
    end
    for (int unsigned i = 0; i < dlp_machine_pkg::SlotsPerLoad; i++) begin
      if (table_load.slot_valid[i]) slots[{table_load.block, table_load.slot_index + 7'(i)}] <= table_load.slots[i*32+:32];
    end
    if (table_load.tap_bits_valid) tap_bits[table_load.block] <= table_load.tap_bits;
  end

  // DRAM.
  logic [31:0] noise;
  logic [3:0]  pause;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) noise <= seed * 32'h9e3779b9 + 32'd1;
    else noise <= noise * 32'd1664525 + 32'd1013904223;
  end
  assign pause = (seed == 0) ? 4'd0 : noise[31:28] & noise[27:24];

  typedef struct {
    int unsigned beat;
    int unsigned beats;
    int unsigned arrival;
  } burst_t;
  burst_t      reads[$];
  int unsigned answers[$];
  int unsigned write_beat, writes_left, read_beats;
  logic        valid_q, answer_q;
  burst_t      burst;

  assign m_axi_arready = !pause[0];
  assign m_axi_awready = !pause[1];
  assign m_axi_wready = writes_left != 0 && !pause[2];
  assign m_axi_rvalid = valid_q;
  assign m_axi_rdata = valid_q ? dram[burst.beat] : 'x;
  assign m_axi_rlast = burst.beats == 1;
  assign m_axi_rresp = (read_beats == failing) ? 2'b10 : 2'b00;
  assign m_axi_bvalid = answer_q;
  assign m_axi_bresp = 2'b00;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      answer_q <= 1'b0;
      writes_left <= 0;
      read_beats <= 0;
      reads.delete();
      answers.delete();
    end else begin
      if (m_axi_arvalid && m_axi_arready) begin
        burst_t requested;
        requested.beat = 32'(m_axi_araddr) / (AxiBits / 8);
        requested.beats = 32'(m_axi_arlen) + 1;
        requested.arrival = cycle + Latency;
        reads.push_back(requested);
      end
      if (m_axi_rvalid && m_axi_rready) begin
        read_beats <= read_beats + 1;
        reads[0].beat = reads[0].beat + 1;
        reads[0].beats = reads[0].beats - 1;
        if (reads[0].beats == 0) void'(reads.pop_front());
      end
      // the data beat that is offered in the next cycle
      valid_q <= reads.size() != 0 && reads[0].arrival <= cycle + 1 && ((valid_q && !m_axi_rready) || !pause[3]);
      if (reads.size() != 0) burst <= reads[0];

      if (m_axi_awvalid && m_axi_awready) begin
        write_beat <= 32'(m_axi_awaddr) / (AxiBits / 8);
        writes_left <= 32'(m_axi_awlen) + 1;
      end
      if (m_axi_wvalid && m_axi_wready) begin
        for (int unsigned i = 0; i < AxiBits / 8; i++) begin
          if (m_axi_wstrb[i]) dram[write_beat][i*8+:8] <= m_axi_wdata[i*8+:8];
        end
        write_beat <= write_beat + 1;
        writes_left <= writes_left - 1;
        if (m_axi_wlast) answers.push_back(cycle + Latency);
      end
      if (m_axi_bvalid && m_axi_bready) void'(answers.pop_front());
      answer_q <= answers.size() != 0 && answers[0] <= cycle + 1 && ((answer_q && !m_axi_bready) || !pause[3]);
    end
  end

  // Events.
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      for (int unsigned q = 0; q < 3; q++) begin
        if (issue[q]) $display("i %0d %0d %0d", q, next[q], cycle);
        if (retirement[q].valid) $display("r %0d %0d %0d", q, retirement[q].index, cycle);
        if (error[q].valid) $display("x %0d %0d %0d", cycle, error[q].code, error[q].index);
      end
      if (m_axi_arvalid && m_axi_arready) $display("a %0d", cycle);
      if (m_axi_rvalid && m_axi_rready) $display("b %0d", cycle);
      if (m_axi_wvalid && m_axi_wready) $display("w %0d", cycle);
      if (|feature_load.valid) $display("F %0d", cycle);
      if (weight_load.valid) $display("W %0d", cycle);
      if (last_read) $display("l %0d", cycle);
    end
  end

  // AXI: an offered address or data beat is held until it is taken.
  logic ar_waits, aw_waits, w_waits;
  logic [63:0] ar_was, aw_was;
  logic [7:0]  arlen_was, awlen_was;
  logic [AxiBits-1:0] w_was;
  logic [AxiBits/8-1:0] strobe_was;
  logic        last_was;
  always_ff @(posedge clk_i) begin
    ar_waits <= rst_ni && m_axi_arvalid && !m_axi_arready;
    aw_waits <= rst_ni && m_axi_awvalid && !m_axi_awready;
    w_waits <= rst_ni && m_axi_wvalid && !m_axi_wready;
    ar_was <= m_axi_araddr;
    arlen_was <= m_axi_arlen;
    aw_was <= m_axi_awaddr;
    awlen_was <= m_axi_awlen;
    w_was <= m_axi_wdata;
    strobe_was <= m_axi_wstrb;
    last_was <= m_axi_wlast;
    a_address_stays: assert (!ar_waits || (m_axi_arvalid && m_axi_araddr == ar_was && m_axi_arlen == arlen_was));
    a_write_address_stays: assert (!aw_waits || (m_axi_awvalid && m_axi_awaddr == aw_was && m_axi_awlen == awlen_was));
    a_write_data_stays: assert (!w_waits || (m_axi_wvalid && m_axi_wdata == w_was && m_axi_wstrb == strobe_was && m_axi_wlast == last_was));
    a_last_write: assert (!(rst_ni && m_axi_wvalid && m_axi_wready) || m_axi_wlast == (writes_left == 1));
    a_idle_at_end: assert (!(rst_ni && cycle == cycles) || (&idle && quiet_read && quiet_write));
  end

endmodule
