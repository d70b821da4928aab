// The report of a simulation as a JSON Schema, from which its type is derived: every field with its unit and meaning.

import { Type } from 'typebox'
import type { Static, TSchema } from 'typebox'
import { layerKinds } from '../../isa/program.ts'
import { powerConstants } from '../../simulator/power/constants.ts'
import type { DeepReadonly } from './deep-readonly.ts'
import { simulationReportVersion } from './report-version.ts'

const count = (description: string): ReturnType<typeof Type.Integer> => Type.Integer({ minimum: 0, description })
const amount = (description: string): ReturnType<typeof Type.Number> => Type.Number({ minimum: 0, description })
const text = (description: string): ReturnType<typeof Type.String> => Type.String({ description })
const counts = (description: string) => Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description })

/** The fields that the simulator and the RTL both report. */
const common = {
  report: Type.Literal('simulation', { description: 'what kind of report this is' }),
  version: Type.Literal(simulationReportVersion, {
    description:
      'of this schema: it grows when a field is removed or changes its meaning; a field may be added without a new version',
  }),
  program: text('name of the program'),
  machine: text('name of the machine'),
  clockMHz: amount(
    'MHz for all times: the machine’s clock, or --clock; an assumption until a design is placed and routed',
  ),
  cycles: count('of a run of `infer`, from doorbell to interrupt'),
  initCycles: count('of `init`, which runs once'),
  latencyMs: amount('milliseconds of a run'),
  usefulMacs: count('of a run: products of non-zero weights that the network needs'),
  processingElements: count('of the machine'),
}

const throughput = {
  images: count('number of images that were run'),
  runs: count('number of runs that they took'),
  imagesPerSecond: amount('images a second of runs back to back'),
}

const score = Type.Object({
  class: count('its number'),
  name: Type.Optional(text('its name, where it is known')),
  value: Type.Number({ description: 'its score, a real value' }),
})

const outputs = Type.Array(
  Type.Object({
    name: text('of the tensor'),
    image: Type.Optional(count('number of the image in its run, where a run takes several')),
    shape: Type.Array(Type.Integer({ minimum: 1 }), { description: 'as the model gives it, without its batch' }),
    values: Type.Optional(
      Type.Array(Type.Number(), { description: 'real values, row-major, where there are not too many' }),
    ),
    note: Type.Optional(text('why there are no values')),
    greatest: Type.Optional(Type.Array(score, { description: 'the greatest scores, where the output holds scores' })),
  }),
  { description: 'outputs of the first run' },
)

const share = (description: string): ReturnType<typeof Type.Number> =>
  Type.Number({ minimum: 0, maximum: 1, description })

const layer = Type.Object({
  name: text('its node in the model'),
  image: Type.Optional(count('number of the image in its run, where a run takes several')),
  kind: Type.Enum([...layerKinds], { description: 'what it computes' }),
  shape: Type.Array(Type.Integer({ minimum: 1 }), { description: '[channels, height, width] of its output' }),
  weights: count('of the network, zeros included; 0 where it has none'),
  density: share('non-zero weights ÷ weights; 1 where it has none'),
  cycles: count('from the end of the layer before to its own last beat or read'),
  usefulMacs: count('products of non-zero weights that the network needs'),
  peEfficiency: amount('useful MACs ÷ (processing elements × cycles)'),
  stalls: counts('cycles in which none of its units worked, by cause; causes without a cycle are left out'),
})

const powerShare = Type.Object({
  name: Type.Enum(Object.keys(powerConstants) as (keyof typeof powerConstants)[], { description: 'of the constant' }),
  watts: Type.Number({ description: 'average over the run' }),
  share: Type.Number({ description: 'of the whole' }),
  count: Type.Optional(amount('of the activity in a run, where the constant has one')),
  constant: Type.Object({
    value: Type.Number(),
    low: Type.Number({ description: 'low and high: bounds within which the true value is believed to lie' }),
    high: Type.Number(),
    unit: Type.Enum(['pJ', 'W', 'share']),
    per: text('the activity that it is multiplied by'),
    basis: text('derived from published figures, assumed, or given'),
    what: text('what it stands for'),
  }),
})

const power = Type.Object(
  {
    isEstimate: Type.Literal(true),
    averageWatts: amount('average over a run'),
    boundsWatts: Type.Array(Type.Number(), {
      minItems: 2,
      maxItems: 2,
      description: '[with all constants at their lower bounds, at their upper ones]',
    }),
    joulesPerImage: amount('joules'),
    activity: Type.Record(Type.String(), Type.Number(), { description: 'counts of a run that the constants multiply' }),
    breakdown: Type.Array(powerShare),
  },
  { description: 'an estimate, not a measurement: counts of what the program does times stated constants' },
)

const loss = Type.Object({
  name: text('a layer, or (start) and (end)'),
  cycles: count('of it'),
  spent: Type.Record(Type.String(), Type.Number(), {
    description: 'cycles of all processing elements ÷ their number, by cause; they add up to the cycles',
  }),
})

const simulatorReport = Type.Object(
  {
    ...common,
    on: Type.Literal('simulator', { description: 'what ran it' }),
    throughput: Type.Object({
      ...throughput,
      totalCycles: count('of all runs, back to back'),
      imagesPerRun: count('number of images that one doorbell runs'),
      cyclesPerRun: count('doorbell to interrupt'),
      cyclesPerImage: amount('a run’s share for each of its images'),
      storedCycles: Type.Array(Type.Integer({ minimum: 0 }), {
        description: '[images of a run] the cycle of the run in which the last output of an image is stored',
      }),
      exposedCycles: count(
        'cycles of a run in which nothing is computed: its first image still arrives, or its last logits leave',
      ),
      hostBytes: Type.Object({ input: amount('bytes an image'), output: amount('bytes an image') }),
    }),
    power,
    peEfficiency: Type.Object({
      convolution: amount('useful MACs ÷ (processing elements × cycles) in the convolution phases'),
      image: amount('the same over the whole run'),
    }),
    convolutionCycles: count('of the convolution phases'),
    startCycles: count('before the first layer’s first beat'),
    endCycles: count('after the last layer’s last beat'),
    dramBytes: Type.Object({ read: count('bytes of a run'), written: count('bytes of a run') }),
    work: counts('cycles of a run in which a unit worked, by unit'),
    stalls: counts('cycles of a run in which no unit worked, by cause'),
    streamedWeights: Type.Optional(
      Type.Object({ bytes: count('of an image'), waitCycles: count('cycles of a run that wait for them') }),
    ),
    hazards: Type.Optional(count('found in all runs; absent where only cycles were simulated')),
    overflows: Type.Optional(count('of accumulators in all runs; absent where only cycles were simulated')),
    carried: Type.Optional(text('what runs read of earlier runs (inter-run dependence), where they do')),
    outputs: Type.Optional(outputs),
    layers: Type.Array(layer, { description: 'in the order of the program' }),
    losses: Type.Optional(Type.Array(loss, { description: 'how every cycle of every processing element was spent' })),
  },
  { description: 'report of the simulator' },
)

const rtlReport = Type.Object(
  {
    ...common,
    on: Type.Literal('rtl', { description: 'what ran it' }),
    throughput: Type.Object(throughput),
    peEfficiency: Type.Object({ image: amount('useful MACs ÷ (processing elements × cycles) over the whole run') }),
    outputs,
  },
  { description: 'report of the RTL, which has no causes of stalls' },
)

export const simulationReportSchema: TSchema = Type.Union([simulatorReport, rtlReport], {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Report of a simulation',
  description: 'What `dlp simulate --json` prints and `simulateProgram` returns.',
})

/** The simulator's report of a program's runs. */
export type SimulatorReport = DeepReadonly<Static<typeof simulatorReport>>
/** The RTL's report of a program's runs. */
export type RtlReport = DeepReadonly<Static<typeof rtlReport>>
/** A simulation as a value: JSON, text and pages are printed from it alone. */
export type SimulationReport = SimulatorReport | RtlReport
