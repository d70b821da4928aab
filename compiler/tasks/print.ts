// Tasks as text: one a line, in program order, with the semaphores that each waits for and signals.
import { elementAt } from '../../base/defined.ts'
import { unreachable } from '../../base/error.ts'
import type { RunPlan } from './access.ts'
import type { Area } from './input-chunks.ts'
import type { Stripe } from './plan.ts'
import { type Links, type SemaphoreClass, semaphoreClasses } from './sync.ts'
import { queueOf, type Task } from './task.ts'
import type { Timing } from './time.ts'

/** @param tasks, links in program order */
export function printTasks(
  run: RunPlan,
  tasks: readonly Task[],
  links: readonly Links[],
  { starts }: Pick<Timing, 'starts'>,
): string {
  const texts = tasks.map((task) => {
    const start = starts.get(task)
    const gap = start === undefined || start.gap === 0 ? '' : `, gap ${start.gap}`
    const isWhole = task.kind === 'compute' && task.area === undefined
    const from = !isWhole || start === undefined || start.firstRow === 0 ? '' : `, from row ${start.firstRow}`
    return `${textOf(run, task)}${from}${gap}`
  })
  const numberWidth = String(tasks.length - 1).length
  const textWidth = texts.reduce((most, { length }) => Math.max(most, length), 0) + 2
  const lines = tasks.map((task, index) => {
    const own = elementAt(links, index)
    const notes = [waitsOf(own), signalsOf(own)].filter((text) => text !== '').join('; ')
    return `${String(index).padStart(numberWidth)}  ${queueOf(task).padEnd(10)}${elementAt(texts, index).padEnd(textWidth)}${notes}`.trimEnd()
  })
  return `${lines.join('\n')}\n`
}

function textOf({ plan, locations }: RunPlan, task: Task): string {
  const nameOf = ({ image, layer }: Stripe): string =>
    `'${elementAt(plan.layers, layer).layer.name}'${plan.images === 1 ? '' : ` of image ${image}`}`
  switch (task.kind) {
    case 'parameters':
      return 'parameters'
    case 'weights': {
      const { beat, beats } = elementAt(locations, task.group)
      return `weights of row group ${task.group}, beats ${beat} to ${beat + beats - 1}${task.behindInput === true ? ', behind the input' : ''}`
    }
    case 'table':
      return `table of ${nameOf(task.stripe)}`
    case 'load':
      return `input${plan.images === 1 ? '' : ` of image ${task.image}`}, ${areaText(task.area)}`
    case 'layer':
      return `layer ${nameOf(task.stripe)}`
    case 'columns':
      return `columns ${task.firstColumn} to ${task.firstColumn + task.columns - 1}`
    case 'compute':
      return `row group ${task.ofRun} of ${nameOf(task.stripe)}${task.area === undefined ? '' : `, ${areaText(task.area)}`}`
    case 'pool':
    case 'relayout':
      return `${task.kind} ${nameOf(task.stripe)}`
    case 'store':
      return 'store the output'
    case 'storeLogits':
      return `store logits ${task.first} to ${task.first + task.count - 1}`
    default:
      return unreachable(task)
  }
}

const areaText = ({ firstRow, rows, firstColumn, columns }: Area): string =>
  `${rows}×${columns} positions from row ${firstRow}, column ${firstColumn}`

const listed = (mask: number, name: (each: SemaphoreClass) => string): string =>
  semaphoreClasses
    .filter((_, semaphore) => (mask & (1 << semaphore)) !== 0)
    .map(name)
    .join(', ')

const waitsOf = ({ wait }: Links): string => {
  const names = listed(wait, ({ producer, memory }) => `${producer} (${memory})`)
  return names === '' ? '' : `waits for ${names}`
}

const signalsOf = ({ signal }: Links): string => {
  const names = listed(signal, ({ consumer, memory }) => `${consumer} (${memory})`)
  return names === '' ? '' : `signals ${names}`
}
