// Remedies: what a refused model would fit with, each tried by the check that refused it before it is advised.
import { machines, type Machine } from '../isa/model/machine.ts'
import { breaksLaw } from '../isa/model/machine-laws.ts'
import { enlarged, type Lack } from './capacity.ts'
import { isRefused, type Refusal } from './refusal.ts'

/** What a user can choose of how a model is laid out. */
export interface Setting {
  readonly machine: Machine
  readonly images: number
  readonly weightsIn?: 'resident' | 'streamed'
  /** of all maps but the input; absent where the model decides */
  readonly activationBits?: 4 | 8
}

/** Refuses a model that does not fit with a setting, which is asked because of an earlier refusal. */
export type Check = (setting: Setting, because: Lack) => Refusal | undefined

/**
 * What was found; or why not, and what would help where the machine has too little of something.
 * @param check of the model with other settings, as far as that can be decided before anything is scheduled
 * @param layers of the model: of one with thousands fewer machines are tried, since each takes a layout of all of them
 */
export function withRemedies<T>(setting: Setting, check: Check, layers: number, found: T | Refusal): T | Refusal {
  if (!isRefused(found) || found.lack === undefined) return found
  const { lack, complaint } = found
  const remedies = remediesOf(lack, setting, check, layers)
  const help =
    remedies.length > 0 ? `use ${remedies.join(', or ')}` : ofSize.has(lack.capacity) ? smaller : complaint.help
  return { ...found, complaint: { ...complaint, help } }
}

const smaller = 'no option and no larger machine makes it fit: use a smaller input, fewer layers or fewer channels'

/** What depends on the size of a model and on nothing else that its owner can change. */
const ofSize: ReadonlySet<Lack['capacity']> = new Set(['parameterGroups', 'instructionWords', 'featureWords'])

/** So many are enough for a message. */
const most = 3

function remediesOf(lack: Lack, setting: Setting, check: Check, layers: number): string[] {
  const fits = (change: Partial<Setting>): boolean => check({ ...setting, ...change }, lack) === undefined
  // Unchanged settings pass the check alone: they do not help against what scheduling found.
  const changes: (() => string | undefined)[] = [
    () => (takenByImages.has(lack.capacity) ? fewerImages(setting, fits) : undefined),
    () => (setting.weightsIn === 'resident' && fits({ weightsIn: undefined }) ? '--weights-in streamed' : undefined),
    () => (setting.activationBits === 8 && fits({ activationBits: 4 }) ? '--activations 4' : undefined),
    () => namedMachines(setting, fits),
    () => largerMachine(lack, setting, check, Math.min(mostSteps, Math.floor(mostLayouts / layers))),
  ]
  const found: string[] = []
  for (const change of changes) {
    const text = change()
    if (text !== undefined) found.push(text)
    if (found.length === most) break
  }
  return found
}

/** What every image of a run takes more of. */
const takenByImages: ReadonlySet<Lack['capacity']> = new Set(['instructionWords', 'featureWords', 'limits'])

/** The most images of a run that fit. */
function fewerImages({ images }: Setting, fits: (change: Partial<Setting>) => boolean): string | undefined {
  if (images === 1 || !fits({ images: 1 })) return undefined
  let [low, high] = [1, images]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (fits({ images: middle })) low = middle
    else high = middle
  }
  return `--images-per-run ${low}`
}

function namedMachines({ machine }: Setting, fits: (change: Partial<Setting>) => boolean): string | undefined {
  const others = Object.values(machines).filter(({ name }) => name !== machine.name)
  const found = others.filter((other) => fits({ machine: other })).map(({ name }) => `--machine ${name}`)
  return found.length === 0 ? undefined : found.join(' or ')
}

/** Every step enlarges what the step before was refused for; a few memories have fields of their own. */
const mostSteps = 16
/** Layers that are laid out in all of the steps together. */
const mostLayouts = 4000

/** The same machine with larger memories, where the laws allow one. */
function largerMachine(because: Lack, setting: Setting, check: Check, steps: number): string | undefined {
  let machine = setting.machine
  let refusal: Pick<Refusal, 'lack'> | undefined = { lack: because }
  for (let step = 0; refusal !== undefined; step++) {
    const larger = refusal.lack === undefined ? undefined : enlarged(machine, refusal.lack)
    if (larger === undefined || step >= steps || breaksLaw(larger)) return undefined
    machine = larger
    refusal = check({ ...setting, machine }, because)
  }
  return describeMachine(setting.machine, machine)
}

function describeMachine(from: Machine, to: Machine): string {
  const changed = Object.entries(to).filter(([field, value]) => value !== from[field as keyof Machine])
  const fields = changed.map(([field, value]) => `"${field}": ${String(value)}`).join(', ')
  const isNamed = Object.values<Machine>(machines).includes(from)
  return isNamed
    ? `a machine file with { "base": "${from.name}", "name": "larger", ${fields} }`
    : `${fields} in the file of machine '${from.name}'`
}
