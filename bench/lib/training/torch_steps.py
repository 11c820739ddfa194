"""`python3 torch_steps.py FOLDER`: trains a prepared net with PyTorch; says and is told what step-net.mjs is.

Functions write into their input where PyTorch's own model zoo does (ReLU), and values are let go after their last reader, so that memory is
what a usual module of this architecture takes.
"""
import json
import resource
import sys
import time

import numpy
import torch
import torch.nn.functional as F

folder = sys.argv[1]


def read_json(name):
    with open(f"{folder}/{name}") as file:
        return json.load(file)


def read_array(name, *shape):
    return torch.from_numpy(numpy.fromfile(f"{folder}/{name}", dtype=numpy.float32).reshape(shape))


def say(**answer):
    print(json.dumps(answer), flush=True)


net = read_json("net.json")
torch.set_num_threads(net["threads"])
layers, batch = net["layers"], net["batch"]
shapes = {layer["name"]: layer["shape"] for layer in layers}
last_reader = {name: layer["name"] for layer in layers for name in layer["inputs"]}

vector = read_array("weights.f32", -1)
parameters, decayed, others = {}, [], []
for entry in read_json("parameters.json"):
    piece = vector[entry["offset"] : entry["offset"] + entry["size"]]
    parameter = torch.nn.Parameter(piece.clone().reshape(entry["dims"]))
    parameters[entry["value"]] = parameter
    (decayed if entry["decay"] == "decay" else others).append(parameter)
statistics = {
    layer["name"]: (torch.zeros(layer["shape"][0]), torch.ones(layer["shape"][0]))
    for layer in layers
    if layer["op"] == "bn"
}
optimizer = torch.optim.SGD(
    [{"params": decayed, "weight_decay": net["weightDecay"]}, {"params": others, "weight_decay": 0}],
    lr=net["rate"],
    momentum=net["momentum"],
    nesterov=True,
)


def of(layer, part):
    return parameters.get(f"{layer['name']}.{part}")


def may_overwrite(layer):
    name = layer["inputs"][0]
    return name != "x" and last_reader[name] == layer["name"]


def batch_norm(layer, x):
    mean, variance = statistics[layer["name"]]
    return F.batch_norm(x, mean, variance, of(layer, "scale"), of(layer, "bias"), training=True, momentum=0.1)


OPERATORS = {
    "conv": lambda l, x: F.conv2d(
        x, of(l, "weight"), of(l, "bias"), stride=l["stride"], padding=l["pad"], groups=l["groups"]
    ),
    "bn": batch_norm,
    "relu": lambda l, x: F.relu(x, inplace=may_overwrite(l)),
    "relu6": lambda l, x: F.relu6(x, inplace=may_overwrite(l)),
    "silu": lambda l, x: F.silu(x),
    "add": lambda l, *xs: sum(xs[1:], xs[0]),
    "concat": lambda l, *xs: torch.cat(xs, 1),
    "maxpool": lambda l, x: F.max_pool2d(x, l["kernel"], l["stride"], l["pad"]),
    "upsample": lambda l, x: F.interpolate(x, scale_factor=2, mode="nearest"),
    "gap": lambda l, x: F.adaptive_avg_pool2d(x, 1).flatten(1),
    "linear": lambda l, x: F.linear(x, of(l, "weight"), of(l, "bias")),
}


def forward(x):
    values = {"x": x}
    for layer in layers:
        inputs = [values[name] for name in layer["inputs"]]
        values[layer["name"]] = OPERATORS[layer["op"]](layer, *inputs)
        del inputs
        for name in set(layer["inputs"]):
            if last_reader[name] == layer["name"]:
                del values[name]
    return [values[name] for name in net["outputs"]]


def cross_entropy(outputs, targets):
    return F.cross_entropy(outputs[0], targets[0])


def matching(outputs, targets):
    distances = [((y - t) ** 2).sum() / ((t * t).sum() + 1e-6) for y, t in zip(outputs, targets)]
    return sum(distances) / len(distances)


loss_of = {"cross-entropy": cross_entropy, "matching": matching}[net["loss"]]
x = read_array("x.f32", batch, *net["picture"])
targets = [read_array(f"target-{i}.f32", batch, *shapes[name]) for i, name in enumerate(net["outputs"])]


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(forward(x), targets)
    loss.backward()
    optimizer.step()
    return loss.item()


say(version=f"PyTorch {torch.__version__}")
for line in sys.stdin:
    losses, ms = [], []
    for _ in range(int(line)):
        start = time.perf_counter()
        losses.append(step())
        ms.append(1000 * (time.perf_counter() - start))
    say(losses=losses, ms=ms)
unit = 1 if sys.platform == "darwin" else 1024
say(peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
