// A program: everything that a host needs to run one compiled model on one machine.
import type { AnyInstruction, Instruction } from './instruction.ts'
import type { Machine } from './model/machine.ts'
import type { Versions } from './versions.ts'

/** How the host makes the input codes from a picture: resized, cropped to the centre, channels in the model's order, then (pixel ÷ 255 − mean) ÷ std. */
export interface Preprocessing {
  /** one value, or one for each channel in the model's order; absent: 0 and 1 */
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  /** [pixels of the shorter side], the other in proportion, or [height, width]; absent: pictures of another size are brought to cover the input */
  readonly resize?: readonly number[]
  /** [height, width] of the centre crop; absent: the input's */
  readonly crop?: readonly [number, number]
  /** rgb if absent */
  readonly channelOrder?: 'rgb' | 'bgr'
}

/** Element types of a model's inputs and outputs that hold codes. */
export const codeTypes = ['uint8', 'int8', 'uint4', 'int4', 'uint2', 'int2'] as const
export type CodeType = (typeof codeTypes)[number]

/** One step of the arithmetic that a model does to its input before it quantises it: each float32, one number or one a channel. */
export interface InputStep {
  readonly op: 'add' | 'sub' | 'mul' | 'div'
  readonly by: readonly number[]
}

/** How a model itself takes or returns a tensor: its elements are reshaped to `split`, these axes are transposed by `order`, and the result is reshaped to `shape`. */
export interface Arrangement {
  readonly split: readonly number[]
  readonly order: readonly number[]
  /** without the batch of one */
  readonly shape: readonly number[]
}

/** Where and how a tensor lies in DRAM, and what its codes mean. */
export interface TensorDescriptor {
  readonly name: string
  readonly region: 'input' | 'output'
  /** bytes from the region's start, a multiple of 64 */
  readonly offset: number
  readonly bytes: number
  /** logical shape: [channels, height, width] for maps, [count] for logits */
  readonly shape: readonly number[]
  /** 'map': LOAD/STORE order; 'logits': int32 in order */
  readonly layout: 'map' | 'logits'
  /** maps: bits 4 or 8; logits: 32 */
  readonly bits: number
  readonly signed: boolean
  /** maps: patch after space-to-depth */
  readonly patch: readonly [number, number]
  /** maps: space-to-depth factor; storage channel = (sub row · factor + sub column) · channels + channel of a map of size shape / factor, rounded up */
  readonly spaceToDepth: number
  /** maps: channels that lie in DRAM, at least those after space-to-depth; the additional ones hold the zero point */
  readonly storedChannels: number
  /** real = scale[channel] · (code − zeroPoint); one scale or one per channel (per logit) */
  readonly scale: readonly number[]
  readonly zeroPoint: number
  readonly preprocessing?: Preprocessing
  /** the model itself takes or returns codes of this type; absent: real numbers */
  readonly elementType?: CodeType
  /** inputs: what the host does to real numbers before it quantises them, as the model would; absent: nothing */
  readonly steps?: readonly InputStep[]
  /** how the model itself takes or returns it, where that is not `shape` in its order; bytes in DRAM do not depend on it */
  readonly arrangement?: Arrangement
  /** of a run that takes several images: the number of the image that it is a part of; absent: the only one */
  readonly image?: number
}

/** What a layer computes. */
export const layerKinds = ['linear', 'logits', 'maxPool', 'move', 'repatch'] as const

/** One layer for reports: its instructions and its counts. */
export interface LayerRecord {
  readonly name: string
  readonly kind: (typeof layerKinds)[number]
  /** indices into `instructions`: first and one past the last of its compute-queue instructions */
  readonly first: number
  readonly end: number
  /** output shape [channels, height, width] */
  readonly shape: readonly [number, number, number]
  /** useful MACs of one image: products (terms × planes) that the network itself needs, at real output pixels; see simulator/README.md */
  readonly usefulMacs: number
  /** non-zero weights and all weights */
  readonly nonZeros: number
  readonly weights: number
  /** Σ over groups of the schedule's lower bound, and of the beats used */
  readonly boundBeats: number
  readonly beats: number
  /** of a run that takes several images: the number of the image that it works on; absent: the only one */
  readonly image?: number
}

/** @typeParam Each an instruction: those of the machine's own table, or of a table that a test makes */
export interface Program<Each extends AnyInstruction = Instruction> {
  readonly machine: Machine
  /** the versions that it needs of the machine: `versionsOf` its instructions */
  readonly versions: Versions
  readonly name: string
  /** init first, then infer: each ends with HALT */
  readonly instructions: readonly Each[]
  readonly entry: { readonly init: number; readonly infer: number }
  /** the constants region: weights, parameters, tables as DRAM bytes */
  readonly constants: Uint8Array
  readonly inputs: readonly TensorDescriptor[]
  readonly outputs: readonly TensorDescriptor[]
  readonly layers: readonly LayerRecord[]
  readonly weightsIn: 'resident' | 'streamed'
  /** bytes of the scratch region */
  readonly scratchBytes: number
  /** names of the scores, one a score, as in the model: control characters are escaped where they are printed; absent: unknown */
  readonly classes?: readonly string[]
}

/** Bounds of class names. */
export const mostClasses = 65_536
export const mostClassNameLength = 256

/** How many scores an image gets, each with a class name: logits, or the channels of a map. */
export const scoresOf = ({ outputs }: Pick<Program, 'outputs'>): number => outputs[0]?.shape[0] ?? 0

/** Images that one run of `infer` takes. */
export const imagesPerRun = ({ inputs, outputs }: Pick<Program, 'inputs' | 'outputs'>): number =>
  1 + [...inputs, ...outputs].reduce((most, { image = 0 }) => Math.max(most, image), 0)

/** Steps of an input, and axes of an arrangement, at most. */
export const mostInputSteps = 16
export const mostAxes = 16

/** Images of a run at most: an input tensor each. */
export const mostImagesPerRun = 64

/** The layers of one image: every image of a run has the same. */
export const layersOfImage = ({ layers }: Pick<Program, 'layers'>): LayerRecord[] =>
  layers.filter(({ image = 0 }) => image === 0)

/** A layer's name, with its image where a run takes several. */
export const layerTitle = ({ name, image }: Pick<LayerRecord, 'name' | 'image'>): string =>
  image === undefined ? name : `${name} [${image}]`
