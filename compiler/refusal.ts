// Refusals: what keeps a model from a machine, as a value. A search goes on with another layout; only who has none left throws it.
import { describe, DlpError, type Complaint } from '../base/error.ts'
import { capacities, helpOf, type Capacity, type CapacityName, type Lack } from './capacity.ts'
import type { Machine } from '../isa/model/machine.ts'

/** In place of what was asked for: why there is none. A check that finds nothing to complain about gives `undefined`. */
export interface Refusal {
  readonly kind: 'refused'
  readonly complaint: Complaint
  /** what the machine has too little of; absent where a larger one has no more of it */
  readonly lack?: Lack
}

/** A refusal that no larger machine would avoid. */
export const refused = (complaint: Complaint): Refusal => ({ kind: 'refused', complaint })

/** A refusal of a model that takes too much of something. */
export const tooLarge = (capacity: Lack['capacity'], need: number, complaint: Complaint): Refusal => ({
  kind: 'refused',
  complaint: { help: helpOf(capacity), ...complaint },
  lack: { capacity, need },
})

/**
 * Refuses a need above a capacity.
 * @param isLeast whether the need is a lower bound
 */
export function demand(
  capacity: CapacityName,
  need: number,
  machine: Machine,
  where: string,
  isLeast = false,
): Refusal | undefined {
  const entry: Capacity = capacities[capacity]
  if (need <= entry.room(machine)) return undefined
  return tooLarge(capacity, need, {
    what: entry.takes(isLeast ? `at least ${need}` : String(need)),
    where,
    allowed: entry.allowed(machine),
  })
}

/** Whether a refusal stands in place of what was asked for. */
export const isRefused = (found: unknown): found is Refusal =>
  typeof found === 'object' && found !== null && 'kind' in found && found.kind === 'refused'

/** The first complaint about one of several; the others are not looked at. */
export function firstRefusal<T>(items: Iterable<T>, check: (item: T) => Refusal | undefined): Refusal | undefined {
  for (const item of items) {
    const refusal = check(item)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** Reasons that one message lists, and places of each that it names. */
const mostReasons = 8
const mostPlaces = 3

/** One complaint for all: a line a reason, with the places that it holds for. @param name of the graph */
export function joined(complaints: readonly Complaint[], name: string): Complaint {
  const places = new Map<string, string[]>()
  for (const { where = '', ...reason } of complaints) {
    const sentence = describe(reason)
    const known = places.get(sentence)
    if (known === undefined) places.set(sentence, [where])
    else known.push(where)
  }
  const listed = [...places].map(([sentence, all]) => `${shortList(all)}: ${sentence}`)
  const more = listed.length - mostReasons
  return {
    where: `graph '${name}'`,
    what: `${complaints.length} faults stand in the way:`,
    lines: [...listed.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `  ${line}`),
  }
}

/** The first names of a list, and how many more there are. */
export const shortList = (names: readonly string[]): string =>
  `${names.slice(0, mostPlaces).join(', ')}${names.length > mostPlaces ? ` and ${names.length - mostPlaces} more` : ''}`

/** All complaints about several, as one refusal. @param name of the graph */
export function allRefusals<T>(
  items: Iterable<T>,
  name: string,
  check: (item: T) => Refusal | undefined,
): Refusal | undefined {
  const found = [...items].flatMap((item) => check(item) ?? [])
  return found.length < 2
    ? found[0]
    : refused(
        joined(
          found.map(({ complaint }) => complaint),
          name,
        ),
      )
}

/** A model is too large for a machine. */
export class CapacityError extends DlpError implements Lack {
  readonly capacity: Lack['capacity']
  readonly need: number

  constructor({ capacity, need }: Lack, complaint: Complaint) {
    super(complaint)
    this.capacity = capacity
    this.need = need
  }
}

/**
 * What was asked for.
 * @throws DlpError where it was refused, a CapacityError where the machine has too little of something
 */
export function orThrow<T>(found: T | Refusal): T {
  if (!isRefused(found)) return found
  const { complaint, lack } = found
  throw lack === undefined ? new DlpError(complaint) : new CapacityError(lack, complaint)
}
