// `npm run rtl:lint`: Verilator finds nothing in any module by itself nor in the processor of any named machine, and Yosys reads every file.
import { machines } from '../../isa/model/machine.ts'
import { elaborate, lintModule, moduleNames } from '../rtl/linting.ts'
import { toolIsHere } from '../rtl/verilator.ts'

if (!toolIsHere('verilator', 'yosys')) {
  console.log('skipped: verilator or yosys is missing')
  process.exit(0)
}
let complaints = 0
const say = (what: string, found: string): void => {
  if (found !== '') complaints++
  console.log(found === '' ? `${what}: clean` : `${what}:\n${found}`)
}
const found = []
for (const name of moduleNames) {
  const text = await lintModule(name)
  if (text !== '') found.push(`${name}:\n${text}`)
}
say(`Verilator -Wall, ${moduleNames.length} modules, each by itself`, found.join('\n'))
for (const machine of Object.values(machines))
  say(`Verilator -Wall, dlp of ${machine.name}`, await lintModule('dlp', machine))
// Every file is the same for all machines; those of `card` would take Yosys many minutes.
say('Yosys, every file, dlp of tiny', await elaborate(machines.tiny))
process.exit(complaints > 0 ? 1 : 0)
