#!/usr/bin/env python3
"""Trains the image CNN of the digits for narrow accumulators: 8-bit weights and activations under the weight constraints of A2Q and A2Q+.

Usage: train_widths.py DIGITS_DIR OUT_DIR [--widths 16,15,14,13,12] [--methods a2q,a2q+] [--seed N]

DIGITS_DIR holds the data split that train_digits.py wrote. Needs numpy, PyTorch 1.13 or later and onnx. One thread and one seed: the same versions on the same
processor give the same bytes.

A2Q (Colbert et al., ICCV 2023, arXiv 2301.13376): w = g·v/‖v‖₁ a channel, g no more than the scale times the largest L1 norm that the register allows, rounding
towards zero. A2Q+ (Colbert et al., ICML 2024, arXiv 2401.10432): the same for v without its mean, and the norm that weights of zero sum allow. The bias is preloaded
into the same register, so it is bounded too, and the norm keeps the room that it takes.
"""
import argparse
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

from train_digits import INPUT_SCALE, build_cnn, shifted, train

BITS = 8  # of weights (signed) and activations (unsigned); the first input is the counts 0..16 in an unsigned byte
LEVELS, TOP = 2 ** BITS - 1, 2 ** (BITS - 1) - 1


def ste(rounded, x):
    """The value of `rounded` with the gradient of x."""
    return x + (rounded - x).detach()


def on_l1_ball(v, radius):
    """The nearest points to the rows of v whose L1 norm is no more than `radius`: a soft threshold (Duchi et al., ICML 2008)."""
    ordered = v.abs().sort(1, descending=True).values
    counts = torch.arange(1, v.shape[1] + 1, dtype=v.dtype)
    thresholds = (ordered.cumsum(1) - radius) / counts
    last = (ordered > thresholds).sum(1, keepdim=True).clamp_min(1)
    threshold = thresholds.gather(1, last - 1).clamp_min(0)
    return v.sign() * (v.abs() - threshold).clamp_min(0)


def nearest_that_fits(rows, limit, centred):
    """Real weights and scales whose truncated integers are within the norm and nearest to `rows`: the scale is searched a channel, the weights are projected (EP-init)."""
    best, scales, error = rows.clone(), torch.ones(len(rows)), torch.full((len(rows),), torch.inf)
    for step in range(0, 33):
        scale = rows.abs().amax(1) / TOP * 2 ** (step / 4)
        projected = centred(on_l1_ball(rows / scale[:, None], limit))
        projected = projected * (limit / projected.abs().sum(1, keepdim=True)).clamp_max(1)
        lost = ((projected.trunc() * scale[:, None] - rows) ** 2).sum(1)
        better = lost < error
        best[better], scales[better], error[better] = (projected * scale[:, None])[better], scale[better], lost[better]
    return best, scales


class NarrowConv(nn.Module):
    """A convolution with integer weights and bias whose sums fit `width` bits (None: no constraint), and the unsigned 8-bit activation behind it."""

    def __init__(self, name, weight, bias, groups, padding, width, method, signed_output):
        super().__init__()
        self.name, self.groups, self.padding, self.signed = name, groups, padding, signed_output
        self.largest = None if width is None else 2 ** (width - 1) - 1
        self.zero_sum = method == "a2q+"
        flat = self.centred(weight.flatten(1))
        start, scale = (flat, flat.abs().amax(1) / TOP) if width is None else nearest_that_fits(flat, self.norm_limit(0.0), self.centred)
        self.v, self.shape = nn.Parameter(start.clone()), weight.shape
        self.bias = nn.Parameter(bias.clone())
        self.log_g, self.log_s = nn.Parameter(start.abs().sum(1).log2()), nn.Parameter(scale.log2())
        self.log_y = nn.Parameter(torch.tensor(0.0))  # set by calibration
        self.calibrating, self.peak = True, 0.0

    def centred(self, v):
        return v - v.mean(1, keepdim=True) if self.zero_sum else v

    def norm_limit(self, bias):
        """The largest L1 norm of integer weights with unsigned inputs and a bias of that magnitude in the register."""
        room = self.largest - bias
        return 2 * room / LEVELS if self.zero_sum else room / 2 ** BITS

    def integers(self, input_scale):
        """Integer weights and bias, with gradients; the weights' scale; how far g is above its limit."""
        s, v = self.log_s.exp2(), self.centred(self.v)
        b = self.bias / (input_scale * s)
        g = self.log_g.exp2() / s
        excess = torch.zeros(())
        if self.largest is not None:
            b = b.clamp(-(self.largest // 4), self.largest // 4)
            limit = self.norm_limit(b.detach().round().abs())
            excess = F.relu(g - limit).sum() * 1e-3
            g = torch.minimum(g, limit)
        q = g[:, None] * v / v.abs().sum(1, keepdim=True).clamp_min(1e-12)
        rounded = q.round() if self.largest is None else q.trunc()
        return ste(rounded.clamp(-TOP, TOP), q), ste(b.round(), b), s, excess

    def forward(self, x, input_scale):
        q, b, s, excess = self.integers(input_scale)
        sums = F.conv2d(x / input_scale, q.view(self.shape), b, padding=self.padding, groups=self.groups)
        real = sums * (input_scale * s)[None, :, None, None]
        if self.calibrating:
            self.peak = max(self.peak, float((real.abs() if self.signed else real).max()))
            return real if self.signed else F.relu(real), None, excess
        y = self.log_y.exp2()
        low, high = (-128, 127) if self.signed else (0, LEVELS)
        code = (real / y).clamp(low, high)
        return ste(code.round(), code) * y, y, excess

    def start_from(self, wider, input_scale):
        """Takes over the real weights, biases and output scale of the same layer of a trained network, projected into what fits here."""
        with torch.no_grad():
            q, b, s, _ = wider.integers(input_scale)
            v = wider.centred(wider.v)
            limit = float("inf") if wider.largest is None else wider.norm_limit(b.abs())
            norm = torch.minimum(wider.log_g.exp2(), limit * s)
            rows = self.centred(norm[:, None] * v / v.abs().sum(1, keepdim=True))
            start, scale = nearest_that_fits(rows, self.norm_limit(0.0), self.centred)
            self.v.data, self.log_g.data, self.log_s.data = start, start.abs().sum(1).log2(), scale.log2()
            self.bias.data, self.log_y.data, self.calibrating = wider.bias.clone(), wider.log_y.clone(), False

    def calibrated(self):
        self.log_y.data = torch.tensor(self.peak / (127 if self.signed else LEVELS)).log2()
        self.calibrating = False


class NarrowCnn(nn.Module):
    """The network of `build_cnn` with batch normalisation folded; the last layer is a 1×1 convolution."""

    def __init__(self, trained, width, method):
        super().__init__()
        layers, modules = [], list(trained)
        for i, module in enumerate(modules):
            if isinstance(module, nn.Conv2d):
                norm = modules[i + 1]
                factor = norm.weight / (norm.running_var + norm.eps).sqrt()
                layers.append((module.weight * factor[:, None, None, None], norm.bias - norm.running_mean * factor, module.groups, module.padding[0]))
            elif isinstance(module, nn.Linear):
                layers.append((module.weight[:, :, None, None], module.bias, 1, 0))
        weights = [(w / INPUT_SCALE if i == 0 else w).detach() for i, (w, _, _, _) in enumerate(layers)]
        self.layers = nn.ModuleList(
            NarrowConv(f"conv{i + 1}" if i < len(layers) - 1 else "fc", weights[i], b.detach(), groups, padding, width, method, i == len(layers) - 1)
            for i, (_, b, groups, padding) in enumerate(layers))

    def forward(self, counts):
        x, scale, penalty = counts, torch.tensor(1.0), torch.zeros(())
        for i, layer in enumerate(self.layers):
            if i == len(self.layers) - 1:
                x = x.mean((2, 3), keepdim=True)
                if scale is not None:
                    code = x / scale
                    x = ste(code.round(), code) * scale
            x, scale, excess = layer(x, torch.tensor(1.0) if scale is None else scale)
            penalty = penalty + excess
            if i == 0:
                x = F.max_pool2d(x, 2)
        self.penalty = penalty
        return x.flatten(1)

    def start_from(self, wider):
        scale = torch.tensor(1.0)
        for mine, other in zip(self.layers, wider.layers):
            mine.start_from(other, scale)
            scale = other.log_y.exp2().detach()

    def calibrate(self, counts):
        """Scales of activations from the largest value, layer by layer: each sees inputs that are quantized already."""
        with torch.no_grad():
            for layer in self.layers:
                self(counts)
                layer.calibrated()


def fit(model, counts, y, epochs, rate, seed):
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    steps = epochs * ((len(counts) + 63) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    for _ in range(epochs):
        for batch in torch.randperm(len(counts), generator=generator).split(64):
            optimizer.zero_grad()
            (loss(model(shifted(counts[batch], generator)), y[batch]) + model.penalty).backward()
            optimizer.step()
            schedule.step()


def accuracy(model, counts, y):
    with torch.no_grad():
        return float((model(counts).argmax(1) == y).float().mean())


def export(model, name, path):
    """QLinearConv, opset 13: bytes in, int32 biases, scales as float32."""
    nodes, constants = [], []

    def constant(label, array):
        constants.append(numpy_helper.from_array(np.asarray(array), label))
        return label

    def node(op, inputs, label, **attributes):
        nodes.append(helper.make_node(op, inputs, [label], name=label, **attributes))
        return label

    zero_u8, zero_i8 = constant("zero_u8", np.uint8(0)), constant("zero_i8", np.int8(0))
    scale_name, scale = constant("input.scale", np.float32(1)), torch.tensor(1.0)
    value = node("QuantizeLinear", ["input", scale_name, zero_u8], "quantize")
    for i, layer in enumerate(model.layers):
        last = i == len(model.layers) - 1
        if last:
            value = node("DequantizeLinear", [value, scale_name, zero_u8], "gap.real")
            value = node("GlobalAveragePool", [value], "gap")
            value = node("QuantizeLinear", [value, scale_name, zero_u8], "gap.quantized")
        with torch.no_grad():
            q, b, s, _ = layer.integers(scale)
        y = layer.log_y.exp2().detach()
        label = layer.name
        output = constant(label + ".output.scale", np.float32(y))
        value = node("QLinearConv", [
            value, scale_name, zero_u8,
            constant(label + ".weight", q.view(layer.shape).numpy().astype(np.int8)), constant(label + ".scale", s.numpy().astype(np.float32)),
            constant(label + ".zero", np.zeros(len(s), np.int8)), output, zero_i8 if last else zero_u8,
            constant(label + ".bias", b.numpy().round().astype(np.int32))], label,
            kernel_shape=list(layer.shape[2:]), pads=[layer.padding] * 4, strides=[1, 1], group=layer.groups)
        scale_name, scale = output, y
        if i == 0:
            value = node("MaxPool", [value], "pool1", kernel_shape=[2, 2], strides=[2, 2])
    value = node("DequantizeLinear", [value, scale_name, zero_i8], "real")
    nodes.append(helper.make_node("Flatten", [value], ["logits"], name="flatten"))
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])], constants)
    network = helper.make_model(graph, producer_name="train_widths", opset_imports=[helper.make_opsetid("", 13)])
    network.ir_version = 7
    onnx.checker.check_model(network)
    onnx.save(network, path)


def width_of(model):
    """The least register that holds every partial sum, from S+ and S- of the integers; 255 is the largest input."""
    widest, scale = 0, torch.tensor(1.0)
    for layer in model.layers:
        with torch.no_grad():
            q, b, _, _ = layer.integers(scale)
        q, b, scale = q.round().double(), b.round().double(), layer.log_y.exp2().detach()
        high, low = LEVELS * q.clamp_min(0).sum(1) + b.clamp_min(0), LEVELS * q.clamp_max(0).sum(1) + b.clamp_max(0)
        widest = max(widest, int(torch.maximum(high, -low - 1).max()).bit_length() + 1)
    return widest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digits")
    parser.add_argument("out")
    parser.add_argument("--widths", default="16,15,14,13,12")
    parser.add_argument("--methods", default="a2q,a2q+")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    def split(part):
        counts = np.load(os.path.join(arguments.digits, f"digits_{part}_x_u8.npy"))
        return torch.from_numpy(counts.astype(np.float32)), torch.from_numpy(np.load(os.path.join(arguments.digits, f"digits_{part}_labels_u8.npy")).astype(np.int64))

    (x, y), (test_x, test_y) = split("train"), split("test")
    os.makedirs(arguments.out, exist_ok=True)
    torch.manual_seed(arguments.seed)
    trained = build_cnn()
    train(trained, x / INPUT_SCALE, y, 40, 1e-2, True, arguments.seed)
    print(f"float: test {accuracy(trained, test_x / INPUT_SCALE, test_y):.4f}", flush=True)
    widths = sorted((int(w) for w in arguments.widths.split(",")), reverse=True)
    cases = [("qat", None)] + [(m, w) for m in arguments.methods.split(",") for w in widths]
    baseline = previous = None
    for method, width in cases:
        torch.manual_seed(arguments.seed)
        # Each width starts from the next wider one: from far away, narrow networks start dead and stay so.
        model = NarrowCnn(trained, width, method)
        if width is None:
            model.calibrate(x)
        else:
            model.start_from(baseline if width == widths[0] else previous)
        before = accuracy(model, test_x, test_y)
        fit(model, x, y, arguments.epochs, arguments.rate, arguments.seed)
        name = "digits_cnn_" + (f"{method.replace('+', 'plus')}_{width}" if width else "qat")
        print(f"{name}: width {width_of(model)}, before training {before:.4f}, train {accuracy(model, x, y):.4f}, test {accuracy(model, test_x, test_y):.4f}", flush=True)
        previous = model
        baseline = baseline or model
        export(model, name, os.path.join(arguments.out, name + ".onnx"))


if __name__ == "__main__":
    main()
