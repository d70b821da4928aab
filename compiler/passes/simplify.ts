// The pipeline that canonicalises a float graph: the passes in order, repeated until none changes it.

import type { Graph } from '../graph/graph.ts'
import { withFileNames } from '../graph/origins.ts'
import { verify } from '../graph/verify.ts'
import { affineToBatchNorm } from './affine-to-batch-norm.ts'
import { boundsToClip } from './bounds-to-clip.ts'
import { clipToRelu } from './clip-to-relu.ts'
import { cropToSlice } from './crop-to-slice.ts'
import { dropIdentities } from './drop-identities.ts'
import { explicitWindows } from './explicit-windows.ts'
import { foldBatchNorm } from './fold-batch-norm.ts'
import { foldConstants } from './fold-constants.ts'
import { foldPad } from './fold-pad.ts'
import { gatherToSlice } from './gather-to-slice.ts'
import { matMulToGemm } from './matmul-to-gemm.ts'
import { maxToPool } from './max-to-pool.ts'
import { meanToGlobalPool } from './mean-to-global-pool.ts'
import { mergeReshapes } from './merge-reshapes.ts'
import { mergeSlices } from './merge-slices.ts'
import { mergeTransposes } from './merge-transposes.ts'
import { narrowConstants } from './narrow-constants.ts'
import { normaliseGemm } from './normalise-gemm.ts'
import type { Pass } from './pass.ts'
import { removeDead } from './remove-dead.ts'
import { reshapeToFlatten } from './reshape-to-flatten.ts'
import { sinkTransposes } from './sink-transposes.ts'
import { repeatToGather } from './repeat-to-gather.ts'
import { softmaxOfVector } from './softmax-of-vector.ts'
import { sumToAdd } from './sum-to-add.ts'
import { transposeIntoGemm } from './transpose-into-gemm.ts'

/** The passes in their order. */
export const simplifyPasses: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  mergeTransposes,
  sinkTransposes,
  narrowConstants,
  boundsToClip,
  clipToRelu,
  sumToAdd,
  affineToBatchNorm,
  foldBatchNorm,
  repeatToGather,
  gatherToSlice,
  cropToSlice,
  foldPad,
  meanToGlobalPool,
  maxToPool,
  softmaxOfVector,
  mergeReshapes,
  reshapeToFlatten,
  matMulToGemm,
  normaliseGemm,
  transposeIntoGemm,
  mergeSlices,
  explicitWindows,
  removeDead,
]

/** Run first, until nothing changes, and before the interface is rewritten: axis 1 of the nodes between two transposes is the channels only once the transposes are moved. */
export const transposePasses: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  mergeTransposes,
  sinkTransposes,
  removeDead,
]

/** A bound on the rounds: each shortens a chain of foldable nodes by at least one, and chains are short. */
const maximumRounds = 100

/**
 * The canonical graph. A residual network then consists of Conv (explicit attributes, bias present), Relu, Clip, MaxPool,
 * GlobalAveragePool, Add, Flatten, Gemm (weights [outputs, inputs], transB 1, bias present) and, in shortcuts without
 * parameters, Slice and Pad with constant inputs. Other operators stay as they are.
 *
 * @throws DlpError if the graph breaks a law
 */
export function simplify(graph: Graph): Graph {
  return withFileNames(graph.origins, () => {
    verify(graph)
    return repeated(simplifyPasses, repeated(transposePasses, graph))
  })
}

/** The graph after passes in their order, repeated until none changes it; throws as `simplify` does. */
export function runPasses(graph: Graph, passes: readonly Pass[]): Graph {
  return withFileNames(graph.origins, () => {
    verify(graph)
    return repeated(passes, graph)
  })
}

function repeated(passes: readonly Pass[], graph: Graph): Graph {
  let current = graph
  for (let round = 0; round < maximumRounds; round++) {
    const before = current
    for (const pass of passes) current = checked(pass, current)
    if (current === before) break
  }
  return current
}

function checked(pass: Pass, graph: Graph): Graph {
  const result = pass.run(graph)
  graph.history?.commit(pass, graph, result)
  if (result === graph) return graph
  try {
    verify(result)
  } catch (error) {
    throw new Error(`the pass ${pass.name} broke the graph`, { cause: error })
  }
  return result
}
