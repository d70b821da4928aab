// Remedies: changes with which a refused model would fit. Each is verified by the check that refused the model before it is suggested.
import { machines, type Machine } from '../isa/model/machine.ts'
import { breaksLaw } from '../isa/model/machine-laws.ts'
import { enlarged, type Shortage } from './capacity.ts'
import { isRefused, type Refusal } from './refusal.ts'

/** What a user can choose for a compilation. */
export interface Configuration {
  readonly machine: Machine
  readonly images: number
  readonly weightsIn?: 'resident' | 'streamed'
  /** of all maps except the input; absent where the model defines them */
  readonly activationBits?: 4 | 8
}

/** Refuses a model that does not fit in a configuration; `because` is the shortage for which a remedy is searched. */
export type ConfigurationCheck = (configuration: Configuration, because: Shortage) => Refusal | undefined

/**
 * The result; or its refusal, with help that names remedies where a capacity is exceeded.
 * @param check of the model in other configurations, as far as it can be decided before scheduling
 * @param layers of the model: with thousands of layers fewer machines are tried, since each needs a layout of all layers
 */
export function withRemedies<T>(
  configuration: Configuration,
  check: ConfigurationCheck,
  layers: number,
  found: T | Refusal,
): T | Refusal {
  if (!isRefused(found) || found.shortage === undefined) return found
  const { shortage, complaint } = found
  const remedies = remediesOf(shortage, configuration, check, layers)
  const help =
    remedies.length > 0 ? `use ${remedies.join(', or ')}` : ofSize.has(shortage.capacity) ? smaller : complaint.help
  return { ...found, complaint: { ...complaint, help } }
}

const smaller = 'no option and no larger machine makes it fit: use a smaller input, fewer layers or fewer channels'

/** Capacities whose use depends on the size of a model alone. */
const ofSize: ReadonlySet<Shortage['capacity']> = new Set(['parameterGroups', 'instructionWords', 'featureWords'])

/** The most remedies in a message. */
const most = 3

function remediesOf(
  shortage: Shortage,
  configuration: Configuration,
  check: ConfigurationCheck,
  layers: number,
): string[] {
  const fits = (change: Partial<Configuration>): boolean =>
    check({ ...configuration, ...change }, shortage) === undefined
  // Each entry must change something: the check accepts an unchanged configuration where only the schedule exceeded the capacity.
  const changes: (() => string | undefined)[] = [
    () => (takenByImages.has(shortage.capacity) ? fewerImages(configuration, fits) : undefined),
    () =>
      configuration.weightsIn === 'resident' && fits({ weightsIn: undefined }) ? '--weights-in streamed' : undefined,
    () => (configuration.activationBits === 8 && fits({ activationBits: 4 }) ? '--activations 4' : undefined),
    () => namedMachines(configuration, fits),
    () => largerMachine(shortage, configuration, check, Math.min(mostSteps, Math.floor(mostLayouts / layers))),
  ]
  const found: string[] = []
  for (const change of changes) {
    const text = change()
    if (text !== undefined) found.push(text)
    if (found.length === most) break
  }
  return found
}

/** Capacities of which a run with more images needs more. */
const takenByImages: ReadonlySet<Shortage['capacity']> = new Set(['instructionWords', 'featureWords', 'limits'])

/** The most images of a run that fit. */
function fewerImages({ images }: Configuration, fits: (change: Partial<Configuration>) => boolean): string | undefined {
  if (images === 1 || !fits({ images: 1 })) return undefined
  let [low, high] = [1, images]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (fits({ images: middle })) low = middle
    else high = middle
  }
  return `--images-per-run ${low}`
}

function namedMachines(
  { machine }: Configuration,
  fits: (change: Partial<Configuration>) => boolean,
): string | undefined {
  const others = Object.values(machines).filter(({ name }) => name !== machine.name)
  const found = others.filter((other) => fits({ machine: other })).map(({ name }) => `--machine ${name}`)
  return found.length === 0 ? undefined : found.join(' or ')
}

/** Each step enlarges the capacity for which the step before was refused. */
const mostSteps = 16
/** The most layers that are laid out in all steps together. */
const mostLayouts = 4000

/** The same machine with larger memories, where the laws of machines permit one. */
function largerMachine(
  because: Shortage,
  configuration: Configuration,
  check: ConfigurationCheck,
  steps: number,
): string | undefined {
  let machine = configuration.machine
  let refusal: Pick<Refusal, 'shortage'> | undefined = { shortage: because }
  for (let step = 0; refusal !== undefined; step++) {
    const larger = refusal.shortage === undefined ? undefined : enlarged(machine, refusal.shortage)
    if (larger === undefined || step >= steps || breaksLaw(larger)) return undefined
    machine = larger
    refusal = check({ ...configuration, machine }, because)
  }
  return describeMachine(configuration.machine, machine)
}

function describeMachine(from: Machine, to: Machine): string {
  const changed = Object.entries(to).filter(([field, value]) => value !== from[field as keyof Machine])
  const fields = changed.map(([field, value]) => `"${field}": ${String(value)}`).join(', ')
  const isNamed = Object.values<Machine>(machines).includes(from)
  return isNamed
    ? `a machine file with { "base": "${from.name}", "name": "larger", ${fields} }`
    : `${fields} in the file of machine '${from.name}'`
}
