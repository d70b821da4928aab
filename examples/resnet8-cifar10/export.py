"""The trained network as QDQ ONNX: integers and scales as ONNX Runtime and the compiler read them."""

from pathlib import Path

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from network import Block, Grid, Layer, ResNet8
from pictures import MIDDLE, SPREAD


class Writer:
    def __init__(self) -> None:
        self.nodes, self.constants = [], []
        # The value of one code.
        self.steps: "dict[str, float]" = {}

    def constant(self, name: str, value: numpy.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, operator: str, inputs: "list[str]", name: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def on_grid(self, value: str, name: str, step: float, low: int, high: int, kind: type, zero: int = 0) -> str:
        """QuantizeLinear, Clip if the range of codes is smaller than the type's, DequantizeLinear."""
        scale = self.constant(f"{name}.scale", numpy.float32(step))
        middle = self.constant(f"{name}.zero_point", kind(zero))
        codes = self.node("QuantizeLinear", [value, scale, middle], f"{name}.codes")
        if (low, high) != (numpy.iinfo(kind).min, numpy.iinfo(kind).max):
            bounds = [self.constant(f"{name}.low", kind(low)), self.constant(f"{name}.high", kind(high))]
            codes = self.node("Clip", [codes, *bounds], f"{name}.clipped")
        self.steps[name] = step
        return self.node("DequantizeLinear", [codes, scale, middle], name)

    def grid(self, value: str, name: str, grid: Grid) -> str:
        kind = numpy.int8 if grid.low < 0 else numpy.uint8
        return self.on_grid(value, name, grid.step.abs().item(), grid.low, grid.high, kind)

    def weights(self, name: str, codes: torch.Tensor, scale: torch.Tensor) -> str:
        stored = self.constant(f"{name}.weight_codes", codes.cpu().numpy().astype(numpy.int8))
        scales = self.constant(f"{name}.weight_scale", scale.flatten().cpu().numpy().astype(numpy.float32))
        zeros = self.constant(f"{name}.weight_zero_point", numpy.zeros(len(codes), numpy.int8))
        return self.node("DequantizeLinear", [stored, scales, zeros], f"{name}.weight", axis=0)

    def bias(self, name: str, bias: torch.Tensor, scale: torch.Tensor, step: float) -> str:
        """32-bit integers in units of weight scale times map scale."""
        units = (scale.flatten() * step).cpu().numpy().astype(numpy.float32)
        integers = numpy.round(bias.cpu().numpy() / units).astype(numpy.int32)
        stored = self.constant(f"{name}.bias_codes", integers)
        return self.node("DequantizeLinear", [stored, self.constant(f"{name}.bias_scale", units)], f"{name}.bias", axis=0)

    def layer(self, value: str, layer: Layer) -> str:
        """The batch norm becomes a factor of the row's scale, whose sign goes to the codes, and the bias."""
        matrix, norm = layer.matrix, layer.norm
        factor = (norm.weight / (norm.running_var + norm.eps).sqrt())[:, None, None, None]
        codes, scale = discrete(matrix)
        weights = self.weights(matrix.name, codes * factor.sign(), scale * factor.abs())
        bias = norm.bias - norm.running_mean * factor.flatten()
        biases = self.bias(matrix.name, bias, scale * factor.abs(), self.steps[value])
        pad = matrix.kernel // 2
        return self.node(
            "Conv",
            [value, weights, biases],
            matrix.name,
            kernel_shape=[matrix.kernel] * 2,
            pads=[pad] * 4,
            strides=[matrix.stride] * 2,
        )

    def block(self, value: str, block: Block, name: str) -> str:
        first = self.node("Relu", [self.layer(value, block.first)], f"{name}.relu1")
        branch = self.layer(self.grid(first, f"{name}.inner", block.inner), block.second)
        shortcut = value
        if block.shortcut is not None:
            shortcut = self.grid(self.layer(value, block.shortcut), f"{name}.crossing", block.crossing)
        total = self.node("Add", [branch, shortcut], f"{name}.add")
        return self.grid(self.node("Relu", [total], f"{name}.relu2"), f"{name}.outer", block.outer)


def discrete(matrix: torch.nn.Module) -> "tuple[torch.Tensor, torch.Tensor]":
    values = matrix.effective()
    scale = torch.where(matrix.scale == 0, torch.ones_like(matrix.scale), matrix.scale)
    return (values / scale).round(), scale


@torch.no_grad()
def export(network: ResNet8, path: Path) -> None:
    network = network.eval()
    writer = Writer()
    value = writer.on_grid("input", "image", 1 / SPREAD, 0, 255, numpy.uint8, MIDDLE)
    value = writer.node("Relu", [writer.layer(value, network.stem)], "stem.relu")
    value = writer.grid(value, "stem.map", network.stem_grid)
    for at, block in enumerate(network.blocks):
        value = writer.block(value, block, f"block{at + 1}")
    pooled = writer.node("Flatten", [writer.node("GlobalAveragePool", [value], "pool")], "features")
    codes, scale = discrete(network.head)
    weights = writer.weights("head", codes.flatten(1), scale)
    biases = writer.bias("head", network.head_bias, scale, writer.steps[value])
    writer.node("Gemm", [pooled, weights, biases], "output", transB=1)

    graph = helper.make_graph(
        writer.nodes,
        "resnet8",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 10])],
        writer.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"mean": str(MIDDLE / 255), "std": str(SPREAD / 255)})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
