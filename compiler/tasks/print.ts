// Tasks as text: one a line, in program order, with what each waits for and signals.
import { unreachable } from '../../base/error.ts'
import type { Placement } from './access.ts'
import type { Area } from './pieces.ts'
import type { Turn } from './plan.ts'
import { type Links, semaphoreClasses } from './sync.ts'
import { queueOf, type Task } from './task.ts'
import type { Timing } from './time.ts'

/** @param tasks, links in program order */
export function printTasks(
  placement: Placement,
  tasks: readonly Task[],
  links: readonly Links[],
  { starts }: Pick<Timing, 'starts'>,
): string {
  const texts = tasks.map((task) => {
    const start = starts.get(task)
    const gap = start === undefined || start.gap === 0 ? '' : `, gap ${start.gap}`
    const isWhole = task.kind === 'compute' && task.area === undefined
    const from = !isWhole || start === undefined || start.firstRow === 0 ? '' : `, from row ${start.firstRow}`
    return `${textOf(placement, task)}${from}${gap}`
  })
  const numberWidth = String(tasks.length - 1).length
  const textWidth = texts.reduce((most, { length }) => Math.max(most, length), 0) + 2
  const lines = tasks.map((task, index) => {
    const notes = [waitsOf(links[index]!), signalsOf(links[index]!)].filter((text) => text !== '').join('; ')
    return `${String(index).padStart(numberWidth)}  ${queueOf(task).padEnd(10)}${texts[index]!.padEnd(textWidth)}${notes}`.trimEnd()
  })
  return `${lines.join('\n')}\n`
}

function textOf({ plan, places }: Placement, task: Task): string {
  const nameOf = ({ image, layer }: Turn): string =>
    `'${plan.layers[layer]!.layer.name}'${plan.images === 1 ? '' : ` of image ${image}`}`
  switch (task.kind) {
    case 'parameters':
      return 'parameters'
    case 'weights': {
      const { beat, beats } = places[task.group]!
      return `weights of row group ${task.group}, beats ${beat} to ${beat + beats - 1}${task.behindInput === true ? ', behind the input' : ''}` // prettier-ignore
    }
    case 'table':
      return `table of ${nameOf(task.turn)}`
    case 'load':
      return `input${plan.images === 1 ? '' : ` of image ${task.image}`}, ${areaText(task.area)}`
    case 'layer':
      return `layer ${nameOf(task.turn)}`
    case 'columns':
      return `columns ${task.firstColumn} to ${task.firstColumn + task.columns - 1}`
    case 'compute':
      return `row group ${task.ofRun} of ${nameOf(task.turn)}${task.area === undefined ? '' : `, ${areaText(task.area)}`}`
    case 'pool':
    case 'copy':
      return `${task.kind} ${nameOf(task.turn)}`
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

const listed = (mask: number, name: (semaphore: number) => string): string =>
  [...semaphoreClasses.keys()].filter((semaphore) => (mask & (1 << semaphore)) !== 0).map(name).join(', ') // prettier-ignore

const waitsOf = ({ wait }: Links): string => {
  const names = listed(wait, (semaphore) => `${semaphoreClasses[semaphore]!.producer} (${semaphoreClasses[semaphore]!.memory})`) // prettier-ignore
  return names === '' ? '' : `waits for ${names}`
}

const signalsOf = ({ signal }: Links): string => {
  const names = listed(signal, (semaphore) => `${semaphoreClasses[semaphore]!.consumer} (${semaphoreClasses[semaphore]!.memory})`) // prettier-ignore
  return names === '' ? '' : `signals ${names}`
}
