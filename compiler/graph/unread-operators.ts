// Operators of ONNX that networks often contain and that are not supported, each with an alternative.

const resize = 'cut the model before it, resize on the host, and compile the rest as a model of its own'
const recurrent = 'no layer keeps a state between runs: cut the model before it and run it on the host'

export const unreadOperators: Readonly<Record<string, string>> = {
  Resize: resize,
  Upsample: resize,
  ConvTranspose: 'replace it by an Add of padded maps and a convolution, or cut the model before it',
  ArgMax: 'end the model before it: the host finds the greatest score in the output of the program',
  TopK: 'end the model before it: the host sorts the scores in the output of the program',
  NonMaxSuppression: 'end the model before it and select the boxes on the host',
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
}
