// The published schema of a simulation's report, as tests hold reports to it.

import { Ajv } from 'ajv'
import { textOf } from './source-files.ts'

const schema = JSON.parse(textOf('toolchain/reports/simulation-report.schema.json')) as object

/** The schema where nothing may stand that it does not name. */
function strict(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(strict)
  if (typeof part !== 'object' || part === null) return part
  const own = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, strict(value)]))
  return 'properties' in own ? { ...own, additionalProperties: false } : own
}

const ajv = new Ajv({ allErrors: true })
const isStrictly = ajv.compile(strict(schema) as object)

/** Whether a value is a report, whatever else it has. */
export const isReport: (value: unknown) => boolean = ajv.compile(schema)

/** What of a value is not as the schema says, fields that it does not name included; empty where all is. */
export const schemaErrors = (value: unknown): string => (isStrictly(value) ? '' : ajv.errorsText(isStrictly.errors))
