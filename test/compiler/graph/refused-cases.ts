// ONNX conformance cases of claimed operators that are refused on purpose: why, and what the message has to say.

interface Refusal {
  readonly says: RegExp
  readonly why: string
}

const training = 'training is no part of inference'
/** The only reason for which a case of a convolutional network's operators is refused. */
export const unread = 'floats of four and eight bits are not read'
const empty = 'an extent of 0 of an input counts as unknown, since exporters write it so'

export const refusedCases: Readonly<Record<string, Refusal>> = {
  test_batchnorm_epsilon_training_mode: { says: /found 3 outputs; allowed: .* has 1 output/, why: training },
  test_batchnorm_example_training_mode: { says: /found 3 outputs; allowed: .* has 1 output/, why: training },
  test_cast_FLOAT16_to_FLOAT4E2M1: { says: /`to` is float32/, why: unread },
  test_cast_FLOAT_to_FLOAT4E2M1: { says: /`to` is float32/, why: unread },
  test_cast_FLOAT4E2M1_to_FLOAT16: { says: /type is 23; allowed: float32/, why: unread },
  test_dequantizelinear_e4m3fn: { says: /type is 17; allowed: float32/, why: unread },
  test_dequantizelinear_e4m3fn_zero_point: { says: /type is 17; allowed: float32/, why: unread },
  test_dequantizelinear_float4e2m1: { says: /type is 23; allowed: float32/, why: unread },
  test_quantizelinear_e5m2: { says: /type is 19; allowed: float32/, why: unread },
  test_reduce_l2_empty_set: { says: /extent of axis 1 is unknown/, why: empty },
  test_reduce_sum_empty_set_non_reduced_axis_zero: { says: /extent of axis 1 is unknown/, why: empty },
  test_split_zero_size_splits_opset18: { says: /as many lengths as outputs/, why: empty },
  test_identity_opt: { says: /not a tensor of known rank/, why: 'optional and sequence types are not tensors' },
}
