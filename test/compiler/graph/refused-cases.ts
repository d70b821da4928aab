// ONNX conformance cases of supported operators that are refused deliberately: the message, and the reason.

interface Refusal {
  readonly message: RegExp
  readonly why: string
}

const training = 'only inference is supported'
/** The only reason for which a case of a convolutional network's operators is refused. */
export const unread = 'floating-point types of 4 and 8 bits are not supported'
const empty = 'an extent of 0 of an input is taken as unknown, since exporters use it for that'

export const refusedCases: Readonly<Record<string, Refusal>> = {
  test_batchnorm_epsilon_training_mode: { message: /found 3 outputs; allowed: .* has 1 output/, why: training },
  test_batchnorm_example_training_mode: { message: /found 3 outputs; allowed: .* has 1 output/, why: training },
  test_cast_FLOAT16_to_FLOAT4E2M1: { message: /`to` is float32/, why: unread },
  test_cast_FLOAT_to_FLOAT4E2M1: { message: /`to` is float32/, why: unread },
  test_cast_FLOAT4E2M1_to_FLOAT16: { message: /type is 23; allowed: float32/, why: unread },
  test_dequantizelinear_e4m3fn: { message: /type is 17; allowed: float32/, why: unread },
  test_dequantizelinear_e4m3fn_zero_point: { message: /type is 17; allowed: float32/, why: unread },
  test_dequantizelinear_float4e2m1: { message: /type is 23; allowed: float32/, why: unread },
  test_quantizelinear_e5m2: { message: /type is 19; allowed: float32/, why: unread },
  test_reduce_l2_empty_set: { message: /extent of axis 1 is unknown/, why: empty },
  test_reduce_sum_empty_set_non_reduced_axis_zero: { message: /extent of axis 1 is unknown/, why: empty },
  test_split_zero_size_splits_opset18: { message: /as many lengths as outputs/, why: empty },
  test_identity_opt: { message: /not a tensor of known rank/, why: 'optional and sequence types are not tensors' },
}
