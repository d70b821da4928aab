# Synthesis and implementation out of context: vivado -mode batch -source rtl/card/build.tcl [-tclargs <part>]
# Not run by this project's tests: there is no such tool here (README.md).

set part [expr {$argc > 0 ? [lindex $argv 0] : "xcvu9p-flgb2104-2-i"}]
set root [file normalize [file join [file dirname [info script]] .. ..]]
set out [file join $root build card]
file mkdir $out

read_verilog -sv [file join $root rtl generated dlp_isa_pkg.sv]
read_verilog -sv [file join $root rtl generated card dlp_machine_pkg.sv]
# packages before the modules that use them
set own [lsort [glob [file join $root rtl *.sv]]]
foreach path $own { if {[string match *_pkg.sv $path]} { read_verilog -sv $path } }
foreach path $own { if {![string match *_pkg.sv $path]} { read_verilog -sv $path } }
read_verilog -sv [lsort [glob [file join $root rtl cells *.sv]]]
read_verilog -sv [file join $root rtl card dlp_card_top.sv]
read_xdc [file join $root rtl card constraints.xdc]

# The rows' hierarchy is kept: the constraints place lanes by name.
synth_design -top dlp_card_top -part $part -mode out_of_context -flatten_hierarchy none -verilog_define SYNTHESIS -verilog_define DLP_DSP48E2 -verilog_define DLP_CARRY8 -verilog_define DLP_MUXF7
write_checkpoint -force [file join $out synthesised.dcp]
report_utilization -hierarchical -hierarchical_depth 5 -file [file join $out utilisation-synthesised.txt]

opt_design
place_design -directive SSI_SpreadSLLs
phys_opt_design
route_design
phys_opt_design
write_checkpoint -force [file join $out routed.dcp]
report_timing_summary -file [file join $out timing.txt]
report_utilization -slr -file [file join $out utilisation.txt]
report_power -file [file join $out power.txt]

set slack [get_property SLACK [get_timing_paths -max_paths 1 -nworst 1 -setup]]
puts "worst setup slack: $slack ns"
if {$slack < 0} { exit 1 }
