// Names of the table in the spelling of SystemVerilog: PascalCase constants, snake_case fields.

/** Keywords of SystemVerilog that are also words of the table. */
const keywords = new Set(
  'accept_on alias always and assert assign assume before begin bind bins bit break buf byte case class clocking config const constraint context continue cover cross deassign default defparam design disable do edge else end endcase enum event expect export extends extern final first_match for force forever fork function generate global if iff import include initial inout input inside int integer interface join large let library local logic longint macromodule matches medium modport module nand negedge new nor not null or output package packed parameter posedge primitive priority program property protected pulldown pullup pure rand real ref reg release repeat restrict return scalared sequence shortint shortreal showcancelled signed small solve specify static string strong struct super supply0 supply1 table tagged task this throughout time timeprecision timeunit tran tri type typedef union unique unsigned use uwire var vectored virtual void wait wand weak while wildcard wire with within wor xnor xor'.split(
    ' ',
  ),
)

/** `planeStride` → `PlaneStride`, `COMPUTE` → `Compute`. */
export function pascalCase(name: string): string {
  const word = name === name.toUpperCase() ? name.toLowerCase() : name
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** `planeStride` → `plane_stride`; a keyword of SystemVerilog gets `_field`: `output` → `output_field`. */
export function fieldName(name: string): string {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return keywords.has(snake) ? `${snake}_field` : snake
}
