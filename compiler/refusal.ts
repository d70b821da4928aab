// Refusals: why a model cannot be compiled for a machine, as a value. A search continues with another layout; only a caller without an alternative throws.
import { describe, DlpError, type Complaint } from '../base/error.ts'
import { capacities, helpOf, type Capacity, type CapacityName, type Shortage } from './capacity.ts'
import type { Machine } from '../isa/model/machine.ts'

/** Returned in place of a result: the reason why there is none. A check that passes returns `undefined`. */
export interface Refusal {
  readonly kind: 'refused'
  readonly complaint: Complaint
  /** the capacity that the model exceeds; absent where no larger machine would help */
  readonly shortage?: Shortage
}

/** A refusal that is independent of the machine's size. */
export const refused = (complaint: Complaint): Refusal => ({ kind: 'refused', complaint })

/** A refusal of a model that exceeds a capacity. */
export const capacityRefusal = (capacity: Shortage['capacity'], need: number, complaint: Complaint): Refusal => ({
  kind: 'refused',
  complaint: { help: helpOf(capacity), ...complaint },
  shortage: { capacity, need },
})

/**
 * Refuses a need that exceeds a capacity.
 * @param isLeast whether the need is a lower bound
 */
export function checkCapacity(
  capacity: CapacityName,
  need: number,
  machine: Machine,
  where: string,
  isLeast = false,
): Refusal | undefined {
  const entry: Capacity = capacities[capacity]
  if (need <= entry.available(machine)) return undefined
  return capacityRefusal(capacity, need, {
    what: entry.describeNeed(isLeast ? `at least ${need}` : String(need)),
    where,
    allowed: entry.allowed(machine),
  })
}

/** Whether a refusal was returned in place of a result. */
export const isRefused = (found: unknown): found is Refusal =>
  typeof found === 'object' && found !== null && 'kind' in found && found.kind === 'refused'

/** The first refusal among several items; the items after it are not checked. */
export function firstRefusal<T>(items: Iterable<T>, check: (item: T) => Refusal | undefined): Refusal | undefined {
  for (const item of items) {
    const refusal = check(item)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** The most reasons that one message lists, and the most places that it names for each. */
const mostReasons = 8
const mostPlaces = 3

/** Several complaints as one: a line for each reason, with the places where it applies. @param name of the graph */
export function combinedComplaint(complaints: readonly Complaint[], name: string): Complaint {
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
    what: `${complaints.length} errors prevent compilation:`,
    lines: [...listed.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `  ${line}`),
  }
}

/** The first names of a list, and how many more there are. */
export const shortList = (names: readonly string[]): string =>
  `${names.slice(0, mostPlaces).join(', ')}${names.length > mostPlaces ? ` and ${names.length - mostPlaces} more` : ''}`

/** The refusals of all items, as one. @param name of the graph */
export function allRefusals<T>(
  items: Iterable<T>,
  name: string,
  check: (item: T) => Refusal | undefined,
): Refusal | undefined {
  const found = [...items].flatMap((item) => check(item) ?? [])
  return found.length < 2
    ? found[0]
    : refused(
        combinedComplaint(
          found.map(({ complaint }) => complaint),
          name,
        ),
      )
}

/** The error of a model that is too large for a machine. */
export class CapacityError extends DlpError implements Shortage {
  readonly capacity: Shortage['capacity']
  readonly need: number

  constructor({ capacity, need }: Shortage, complaint: Complaint) {
    super(complaint)
    this.capacity = capacity
    this.need = need
  }
}

/**
 * The result itself.
 * @throws DlpError for a refusal; a CapacityError where a capacity of the machine is exceeded
 */
export function orThrow<T>(found: T | Refusal): T {
  if (!isRefused(found)) return found
  const { complaint, shortage } = found
  throw shortage === undefined ? new DlpError(complaint) : new CapacityError(shortage, complaint)
}
