// Validates reports of simulations against the published schema.

import { Ajv } from 'ajv'
import { textOf } from './source-files.ts'

const schema = JSON.parse(textOf('toolchain/reports/simulation-report.schema.json')) as object

/** The schema without permission for additional fields. */
function strict(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(strict)
  if (typeof part !== 'object' || part === null) return part
  const own = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, strict(value)]))
  return 'properties' in own ? { ...own, additionalProperties: false } : own
}

const ajv = new Ajv({ allErrors: true })
const isStrictly = ajv.compile(strict(schema) as object)

/** Whether a value is a report, additional fields permitted. */
export const isReport: (value: unknown) => boolean = ajv.compile(schema)

/** The violations of the schema by a value, including additional fields; empty if there are none. */
export const schemaErrors = (value: unknown): string => (isStrictly(value) ? '' : ajv.errorsText(isStrictly.errors))
