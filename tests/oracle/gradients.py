"""Whole-network gradients by PyTorch, for tests/gradients-oracle.test.ts.

Made with PyTorch 1.13.0 (Debian's python3-torch) on CPU in float64:

    /usr/bin/python3 tests/oracle/gradients.py > tests/oracle/gradients.json

Weights, inputs and loss weights are random numbers of four decimals, so that the file holds them exactly. The loss is the sum of the
outputs times the loss weights. Batch normalizations use the statistics of the batch.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


class Weights:
    """Named parameters, drawn when first asked for."""

    def __init__(self):
        self.values = {}

    def __call__(self, name, *dims, around=0.0, spread=None):
        if name not in self.values:
            fan_in = max(1, torch.Size(dims[1:]).numel())
            scale = spread if spread is not None else fan_in**-0.5
            value = torch.round((torch.randn(*dims) * scale + around) * 1e4) / 1e4
            self.values[name] = value.requires_grad_()
        return self.values[name]

    def conv(self, x, name, to, from_, kernel, bias=True, **options):
        b = self(name + ".b", to, spread=0.3) if bias else None
        return F.conv2d(x, self(name + ".w", to, from_, kernel, kernel), b, **options)

    def norm(self, x, name, count):
        scale = self(name + ".scale", count, around=1.0, spread=0.2)
        return F.batch_norm(x, None, None, scale, self(name + ".bias", count, spread=0.3), training=True)

    def linear(self, x, name, to, from_):
        return F.linear(x, self(name + ".w", to, from_), self(name + ".b", to, spread=0.3))

    def layer_norm(self, x, name, count):
        scale = self(name + ".scale", count, around=1.0, spread=0.2)
        return F.layer_norm(x, (count,), scale, self(name + ".bias", count, spread=0.3))


def residual(x, w):
    x = F.relu(w.norm(w.conv(x, "stem", 8, 3, 3, bias=False, padding=1), "stem", 8))
    y = F.silu(w.norm(w.conv(x, "strided", 8, 8, 3, bias=False, padding=1, stride=2), "strided", 8))
    y = F.hardswish(w.norm(w.conv(y, "depthwise", 8, 1, 3, bias=False, padding=1, groups=8), "depthwise", 8))
    y = w.norm(w.conv(y, "grouped", 8, 4, 3, bias=False, padding=1, groups=2), "grouped", 8)
    gate = F.relu(w.conv(F.adaptive_avg_pool2d(y, 1), "squeeze", 4, 8, 1))
    y = y * torch.sigmoid(w.conv(gate, "excite", 8, 4, 1))
    x = F.relu(y + w.norm(w.conv(x, "shortcut", 8, 8, 1, bias=False, stride=2), "shortcut", 8))
    return w.linear(F.adaptive_avg_pool2d(x, 1).flatten(1), "head", 5, 8)


def unet(x, w):
    skip = F.relu(w.conv(x, "in", 4, 2, 3, padding=1))
    deep = F.leaky_relu(w.conv(F.max_pool2d(skip, 2), "deep", 8, 4, 3, padding=1), 0.1)
    up = F.conv_transpose2d(deep, w("up.w", 8, 4, 2, 2), w("up.b", 4, spread=0.3), stride=2)
    joined = F.elu(w.conv(torch.cat([skip, up], 1), "join", 4, 8, 3, padding=2, dilation=2))
    smooth = F.interpolate(deep, scale_factor=2, mode="bilinear", align_corners=False)
    aligned = F.interpolate(deep, size=(8, 8), mode="bilinear", align_corners=True)
    coarse = F.interpolate(deep, scale_factor=2, mode="nearest")
    mixed = w.conv(torch.cat([joined, smooth, aligned, coarse], 1), "mix", 3, 28, 1)
    return torch.sigmoid(w.conv(F.pad(mixed, (1, 1, 1, 1), mode="reflect"), "out", 2, 3, 3))


def detector(x, w):
    x = F.silu(w.conv(x, "stem", 8, 3, 3, padding=1, stride=2))
    a, b = torch.split(x, 4, 1)
    b = b + F.silu(w.conv(b, "inner", 4, 4, 3, padding=1))
    low = F.silu(w.conv(torch.cat([a, b], 1), "down", 8, 8, 3, padding=1, stride=2))
    pools = [F.silu(w.conv(low, "before", 3, 8, 1))]
    for _ in range(3):
        pools.append(F.max_pool2d(pools[-1], 5, 1, 2))
    spp = F.silu(w.conv(torch.cat(pools, 1), "after", 4, 12, 1))
    neck = torch.cat([F.interpolate(spp, scale_factor=2, mode="nearest"), x], 1)
    raw = w.conv(neck, "head", 12, 12, 1)
    y = torch.sigmoid(raw.reshape(1, 2, 6, 8, 8).permute(0, 1, 3, 4, 2))
    centre = y[..., 0:2] * 2 - 0.5
    size = (y[..., 2:4] * 2) ** 2 * 3
    return torch.cat([centre, size, y[..., 4:]], -1).reshape(1, -1, 6)


def tokens(x, w):
    x = w.conv(x, "patch", 8, 3, 4, stride=4).reshape(2, 8, 4).transpose(1, 2)
    y = w.layer_norm(x, "norm1", 8)
    y = (y @ w("qkv.w", 8, 24, spread=0.4) + w("qkv.b", 24, spread=0.3)).reshape(2, 4, 3, 2, 4)
    q, k, v = y.permute(2, 0, 3, 1, 4).unbind(0)
    attention = F.softmax(q @ k.transpose(-1, -2) * 0.5, -1)
    y = (attention @ v).transpose(1, 2).reshape(2, 4, 8)
    x = x + y @ w("proj.w", 8, 8, spread=0.4)
    y = F.gelu(w.layer_norm(x, "norm2", 8) @ w("mlp1.w", 8, 16, spread=0.4) + w("mlp1.b", 16, spread=0.3))
    x = x + y @ w("mlp2.w", 16, 8, spread=0.3) + w("mlp2.b", 8, spread=0.3)
    return F.log_softmax(w.linear(x.mean(1), "head", 5, 8), -1)


def upscaler(x, w):
    slope = w("slope", 6, 1, 1, around=0.25, spread=0.1)
    y = F.prelu(w.conv(x, "in", 6, 2, 3, padding=1), slope.flatten())
    y = F.instance_norm(y, weight=w("norm.scale", 6, around=1.0, spread=0.2), bias=w("norm.bias", 6, spread=0.3))
    y = y + F.conv_transpose2d(
        F.avg_pool2d(y, 3, 2, 1), w("up.w", 6, 3, 3, 3), stride=2, padding=1, output_padding=1, groups=2
    )
    y = F.mish(w.conv(y, "widen", 8, 6, 3, padding=1))
    y = F.pixel_shuffle(y, 2)
    return torch.tanh(y) + F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False)


NETWORKS = {
    "residual": (residual, (4, 3, 8, 8)),
    "unet": (unet, (1, 2, 8, 8)),
    "detector": (detector, (1, 3, 16, 16)),
    "tokens": (tokens, (2, 3, 8, 8)),
    "upscaler": (upscaler, (1, 2, 6, 6)),
}


def rounded(tensor):
    return {"dims": list(tensor.shape), "data": [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]}


def record(network, dims, seed):
    torch.manual_seed(seed)
    w = Weights()
    x = (torch.round(torch.randn(*dims) * 1e4) / 1e4).requires_grad_()
    y = network(x, w)
    loss = torch.round(torch.randn(y.shape) * 1e4) / 1e4
    (y * loss).sum().backward()
    values = {"x": x, **w.values}
    return {
        "output": rounded(y),
        "loss": rounded(loss),
        "values": {name: rounded(value) for name, value in values.items()},
        "gradients": {name: rounded(value.grad) for name, value in values.items()},
    }


records = {name: record(network, dims, 7) for name, (network, dims) in NETWORKS.items()}
json.dump({"torch": torch.__version__, "networks": records}, sys.stdout, separators=(",", ":"))
sys.stdout.write("\n")
