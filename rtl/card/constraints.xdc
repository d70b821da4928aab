# Timing and placement of dlp_card_top on a VU9P-class device: three dies (SLR0 to SLR2), one clock of 250 MHz.
# Not run by this project's tests: there is no such tool here (README.md).

create_clock -name clk_main -period 4.000 [get_ports clk_main_i]

# The shell's resets come from their own flip-flops and are registered three times inside.
set_false_path -from [get_ports {rst_main_ni rst_memory_ni}]

# Dies: the shell's PCIe bridge and DDR4 controller are at SLR1, and so are the registers, the instruction unit and the DMA units.
create_pblock dlp_slr0
resize_pblock dlp_slr0 -add SLR0
create_pblock dlp_slr1
resize_pblock dlp_slr1 -add SLR1
create_pblock dlp_slr2
resize_pblock dlp_slr2 -add SLR2

add_cells_to_pblock dlp_slr1 [get_cells -quiet {u_dlp/u_control u_dlp/u_core/u_instruction_unit}]
add_cells_to_pblock dlp_slr1 [get_cells -quiet {u_dlp/u_core/u_load u_dlp/u_core/u_parameter u_dlp/u_core/u_store}]
add_cells_to_pblock dlp_slr1 [get_cells -quiet {u_dlp/u_core/u_axi_read u_dlp/u_core/u_axi_write}]

# Lanes, not clusters, are divided: 16, 16 and 17 of the 49, each die with its lanes of every cluster, so that the sums over clusters,
# post and write-back stay within a die; weights and the torus's neighbours cross (rtl/synth counts them). A PE row is one module over all lanes: its
# cells are distinguished by the pair in their name (24 pairs, packed or not, and lane 48 as pair 24), those of post by their generate index.
foreach {die first last} {dlp_slr0 0 7  dlp_slr1 8 15  dlp_slr2 16 24} {
  for {set pair $first} {$pair <= $last} {incr pair} {
    add_cells_to_pblock $die [get_cells -quiet -hierarchical -regexp ".*/gen_row\\\[\[0-9\]+\\\]\\.u_row/gen_pair\\\[$pair\\\].*"]
  }
  for {set lane [expr {2 * $first}]} {$lane <= 2 * $last + 1} {incr lane} {
    add_cells_to_pblock $die [get_cells -quiet -hierarchical -regexp ".*/u_post/gen_row\\\[\[0-9\]+\\\]\\.u_row/gen_lane\\\[$lane\\\].*"]
  }
}

# Registers of the chains that carry vectors and entries from drain group to drain group may sit on the crossings.
set_property -quiet USER_SLL_REG TRUE [get_cells -quiet -hierarchical -regexp {.*/gen_chain\[[0-9]+\]\.u_vectors/.*stages_q_reg.*}]
