// Operators of ONNX that networks often have and that are not read, each with what may be done instead.

const resize = 'cut the model before it, resize on the host, and compile what stands behind as a model of its own'
const recurrent = 'no layer keeps a state between runs: cut the model before it and run it on the host'

export const unreadOperators: Readonly<Record<string, string>> = {
  Resize: resize,
  Upsample: resize,
  ConvTranspose: 'replace it by a convolution behind an Add of padded maps, or cut the model before it',
  ArgMax: 'end the model before it: the host finds the greatest of the scores that a program gives',
  TopK: 'end the model before it: the host orders the scores that a program gives',
  NonMaxSuppression: 'end the model before it and choose among the boxes on the host',
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
}
