// The pipeline that rewrites a quantised graph of any format to its normal form.

import type { Graph, Node } from '../../graph/graph.ts'
import { clipToRelu } from '../clip-to-relu.ts'
import { cropToSlice } from '../crop-to-slice.ts'
import { dropIdentities } from '../drop-identities.ts'
import { explicitWindows } from '../explicit-windows.ts'
import { foldConstants } from '../fold-constants.ts'
import { foldPad } from '../fold-pad.ts'
import { gatherToSlice } from '../gather-to-slice.ts'
import { machineInterface } from '../machine-interface.ts'
import { matMulToGemm } from '../matmul-to-gemm.ts'
import { meanToGlobalPool } from '../mean-to-global-pool.ts'
import { mergeSlices } from '../merge-slices.ts'
import { mergeTransposes } from '../merge-transposes.ts'
import type { Pass } from '../pass.ts'
import { removeDead } from '../remove-dead.ts'
import { reshapeToFlatten } from '../reshape-to-flatten.ts'
import { repeatToGather } from '../repeat-to-gather.ts'
import { runPasses } from '../simplify.ts'
import { sinkTransposes } from '../sink-transposes.ts'
import { decomposeOperators } from './decompose-operators.ts'
import { hoistQuantize } from './hoist-quantize.ts'
import { pairsToGrids } from './pairs-to-grids.ts'
import { qonnxToGrids } from './qonnx-to-grids.ts'
import { scaleIntoWeights } from './scale-into-weights.ts'
import { transposeWeights } from './transpose-weights.ts'

/** The passes in their order. BatchNormalization stays a node, since folding it would change the given integer weights. */
export const normalisePasses: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  decomposeOperators,
  pairsToGrids,
  qonnxToGrids,
  transposeWeights,
  scaleIntoWeights,
  // Before hoist-quantize, which may insert a Quantize between a Pad and its pool.
  foldPad,
  hoistQuantize,
  clipToRelu,
  repeatToGather,
  gatherToSlice,
  cropToSlice,
  foldPad,
  meanToGlobalPool,
  reshapeToFlatten,
  matMulToGemm,
  mergeSlices,
  explicitWindows,
  removeDead,
]

const quantised =
  /^(QuantizeLinear|DequantizeLinear|QLinear.*|QGemm|ConvInteger|MatMulInteger|DynamicQuantizeLinear|Quant|IntQuant|BipolarQuant|Trunc)$/

/** True if a graph has scales of its own. */
export function isQuantised(graph: Graph): boolean {
  return graph.nodes.some(({ op }: Node) => quantised.test(op))
}

/**
 * The graph as float operators with Quantize after every map that is rounded and Weights before every product.
 *
 * @throws DlpError if the graph breaks a law, or its quantisation is not supported
 */
export function normalise(graph: Graph): Graph {
  return runPasses(graph, normalisePasses)
}

/** Run before the interface is rewritten, which removes nodes before the first grid and after the last. */
const preparingPasses: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  decomposeOperators,
  pairsToGrids,
  qonnxToGrids,
  mergeTransposes,
  sinkTransposes,
  removeDead,
]

/** The normal form with the machine's inputs and outputs; see `machineInterface`. */
export function normaliseForMachine(graph: Graph): Graph {
  const prepare = (changed: Graph): Graph => runPasses(changed, preparingPasses)
  const canonicalise = (changed: Graph): Graph =>
    runPasses(changed, [mergeTransposes, sinkTransposes, ...normalisePasses])
  return machineInterface(canonicalise(machineInterface(prepare(graph), prepare)), canonicalise)
}
