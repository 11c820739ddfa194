"""Reads the floating-point constants of an ONNX file without the onnx package; for apply_recipe.py."""
from collections import defaultdict

import torch

# By the number of an ONNX data type: ours, and the field of a TensorProto that holds the values if they are not raw.
TYPES = {1: (torch.float32, 4), 10: (torch.float16, 5), 11: (torch.float64, 10)}


def varint(data, at):
    value = shift = 0
    while True:
        value, shift, at = value | (data[at] & 127) << shift, shift + 7, at + 1
        if data[at - 1] < 128:
            return value, at


def varints(data):
    at = 0
    while at < len(data):
        value, at = varint(data, at)
        yield value


def message(data):
    """The fields of a protobuf message, lists by number: integers, or the bytes of whatever else they are."""
    fields, at = defaultdict(list), 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        value, at = ({1: 8, 5: 4}[kind], at) if kind in (1, 5) else varint(data, at)
        if kind != 0:
            value, at = data[at : at + value], at + value
        fields[key >> 3].append(value)
    return fields


def read_tensor(fields):
    """A TensorProto as float32; None where it holds no floating-point numbers or keeps them in another file."""
    dtype, field = TYPES.get(fields[2][0], (None, None))
    if dtype is None or fields[13]:
        return None
    dims = [dim for part in fields[1] for dim in ([part] if isinstance(part, int) else varints(part))]
    parts = fields[9] or fields[field]
    return torch.frombuffer(bytearray(b"".join(parts)), dtype=dtype).reshape(dims).float()


class Constants:
    """The constants of a file by name; `inputs` of every node and `readers` of every value, nodes by their first outputs."""

    def __init__(self, file):
        graph = message(message(file)[7][0])
        self.stored = {text(tensor[8][0]): tensor for tensor in map(message, graph[5])}
        self.makers, self.inputs, self.readers = {}, {}, defaultdict(set)
        for node in map(message, graph[1]):
            inputs, outputs = ([text(name) for name in node[field]] for field in (1, 2))
            self.makers.update({name: (text(node[4][0]), inputs, node[5]) for name in outputs})
            self.inputs[outputs[0]] = inputs
            for name in inputs:
                self.readers[name].add(outputs[0])

    def __getitem__(self, name):
        """An initializer, a Constant node, or either of them behind a Cast; else None."""
        operator, inputs, attributes = self.makers.get(name, ("", [], []))
        if operator in ("Cast", "Identity"):
            return self[inputs[0]]
        tensor = message(message(attributes[0])[5][0]) if operator == "Constant" else self.stored.get(name)
        return read_tensor(tensor) if tensor else None


def text(data):
    return bytes(data).decode()
