// Tasks as text. If tasks change on purpose, `npx vitest run test/compiler/tasks/print.test.ts -u` writes the golden files again.
import { expect, test } from 'vitest'
import { printTasks } from '../../../compiler/tasks/print.ts'
import { timeTasks } from '../../../compiler/tasks/time.ts'
import { machines } from '../../../isa/model/machine.ts'
import { graphCase } from '../../support/integer-graphs.ts'
import { runTasks } from './run-tasks.ts'

const roomy = { ...machines.tiny, name: 'roomy', featureWords: 8192, weightBeats: 8192, parameterGroups: 512 }

test.each([
  ['resident weights, two images a run', 'resident', { ...roomy }, 2],
  ['streamed weights', 'streamed', { ...roomy, weightBeats: 160 }, 1],
] as const)(
  'a graph with %s prints as a list of tasks, with what each waits for and signals',
  async (_, weightsIn, machine, images) => {
    const { run, tasks, links } = runTasks(graphCase(6).graph, machine, weightsIn, images)
    const text = printTasks(run, tasks, links, timeTasks(run.plan, tasks))
    await expect(text).toMatchFileSnapshot(`../../golden/tasks/${weightsIn}.txt`)
  },
)
