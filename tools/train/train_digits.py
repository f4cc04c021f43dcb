#!/usr/bin/env python3
"""Trains the demo's networks on the UCI optical digits and writes data splits and ONNX files.

Usage: train_digits.py DIGITS_X_U8.npy DIGITS_LABELS.npy OUT_DIR [--seed N]

Needs numpy, PyTorch 1.13 or later and onnx. One thread and one seed: the same versions on the same processor give the same bytes.
"""
import argparse
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

TEST_SAMPLES = 450
INPUT_SCALE = 16.0  # pixels are counts 0..16; training sees x/16, the exported first layer absorbs the division


def build_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.Conv2d(32, 48, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(48, 10))


def build_mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def shifted(x, generator):
    """Each image moved by -1, 0 or 1 pixel in either direction, zeros shifted in."""
    padded = nn.functional.pad(x, (1, 1, 1, 1))
    dy, dx = torch.randint(0, 3, (2, x.shape[0]), generator=generator)
    return torch.stack([padded[i, :, dy[i]:dy[i] + 8, dx[i]:dx[i] + 8] for i in range(x.shape[0])])


def train(model, x, y, epochs, rate, augment, seed):
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    steps = epochs * ((len(x) + 63) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(x), generator=generator).split(64):
            inputs = shifted(x[batch], generator) if augment else x[batch]
            optimizer.zero_grad()
            loss(model(inputs), y[batch]).backward()
            optimizer.step()
            schedule.step()
    model.eval()


def accuracy(model, x, y):
    with torch.no_grad():
        return float((model(x).argmax(1) == y).float().mean())


def export(model, name, path):
    """Writes plain float32 ONNX, opset 13, batch normalisation kept as its own node."""
    nodes, constants, value, count, first = [], [], "input", {}, True

    def constant(label, tensor):
        constants.append(numpy_helper.from_array(tensor.detach().numpy().astype(np.float32), label))
        return label

    for layer in model:
        op = {nn.Conv2d: "conv", nn.BatchNorm2d: "bn", nn.ReLU: "relu", nn.MaxPool2d: "pool", nn.AdaptiveAvgPool2d: "gap",
              nn.Flatten: "flatten", nn.Linear: "fc"}[type(layer)]
        count[op] = count.get(op, 0) + 1
        label = f"{op}{count[op]}"
        if op in ("conv", "fc"):
            weight = layer.weight / INPUT_SCALE if first else layer.weight
            first = False
            inputs = [value, constant(label + ".weight", weight)]
            if layer.bias is not None:
                inputs.append(constant(label + ".bias", layer.bias))
            attributes = {"transB": 1} if op == "fc" else {
                "kernel_shape": list(layer.kernel_size), "pads": [layer.padding[0]] * 4, "strides": list(layer.stride), "group": layer.groups}
            nodes.append(helper.make_node("Gemm" if op == "fc" else "Conv", inputs, [label], name=label, **attributes))
        elif op == "bn":
            inputs = [value, constant(label + ".scale", layer.weight), constant(label + ".bias", layer.bias),
                      constant(label + ".mean", layer.running_mean), constant(label + ".variance", layer.running_var)]
            nodes.append(helper.make_node("BatchNormalization", inputs, [label], name=label, epsilon=layer.eps))
        elif op == "pool":
            nodes.append(helper.make_node("MaxPool", [value], [label], name=label, kernel_shape=[2, 2], strides=[2, 2]))
        else:
            kind = {"relu": "Relu", "gap": "GlobalAveragePool", "flatten": "Flatten"}[op]
            nodes.append(helper.make_node(kind, [value], [label], name=label))
        value = label
    nodes[-1].output[0] = "logits"
    graph = helper.make_graph(
        nodes, name, [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 10])], constants)
    network = helper.make_model(graph, producer_name="train_digits", opset_imports=[helper.make_opsetid("", 13)])
    network.ir_version = 7
    onnx.checker.check_model(network)
    onnx.save(network, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images")
    parser.add_argument("labels")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    images = np.load(arguments.images).astype(np.uint8).reshape(-1, 1, 8, 8)
    labels = np.load(arguments.labels).astype(np.uint8).reshape(-1)
    order = np.random.RandomState(arguments.seed).permutation(len(images))
    test, rest = np.sort(order[:TEST_SAMPLES]), np.sort(order[TEST_SAMPLES:])
    os.makedirs(arguments.out, exist_ok=True)
    for split, rows in (("test", test), ("train", rest)):
        np.save(os.path.join(arguments.out, f"digits_{split}_x_u8.npy"), images[rows])
        np.save(os.path.join(arguments.out, f"digits_{split}_labels_u8.npy"), labels[rows])
    x, y = torch.from_numpy(images.astype(np.float32) / INPUT_SCALE), torch.from_numpy(labels.astype(np.int64))
    for name, build, epochs, rate, augment in (("cnn", build_cnn, 40, 1e-2, True), ("mlp", build_mlp, 80, 5e-3, False)):
        torch.manual_seed(arguments.seed)
        model = build()
        train(model, x[rest], y[rest], epochs, rate, augment, arguments.seed)
        print(f"{name}: train {accuracy(model, x[rest], y[rest]):.4f}, test {accuracy(model, x[test], y[test]):.4f}")
        export(model, f"digits_{name}", os.path.join(arguments.out, f"digits_{name}.onnx"))


if __name__ == "__main__":
    main()
