"""Cuts state dicts that ONNX files could have been exported from, and folds them again, for tests/pytorch.test.ts.

    python refold.py FOLDER NAME ...

For every NAME, FOLDER/NAME.json is a plan for FOLDER/NAME.onnx. A state dict is made up whose export would be that file: a convolution with a
bias comes from one without and a random batch normalization, every other constant is a tensor. FOLDER/NAME.out.json tells what the constants
would be after the plan is applied to the state dict: dims and numbers by name.
"""
import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "docs/pytorch"))
from apply_recipe import masks_of, shrink  # noqa: E402
from match_tensors import find_keys  # noqa: E402
from onnx_constants import Constants  # noqa: E402

EPSILON = 1e-3


def unfold(constants, names):
    """A state dict, and for the constants that were folded: the keys of weight and batch normalization, the axis of the outputs."""
    state, folded = {}, {}
    for operator, inputs, _ in constants.makers.values():
        if operator not in ("Conv", "ConvTranspose") or len(inputs) < 3:
            continue
        name, axis = f"block{len(folded)}", 0 if operator == "Conv" else 1
        weight, bias = constants[inputs[1]], constants[inputs[2]]
        gamma, mean, variance = torch.rand(len(bias)) + 0.5, torch.randn(len(bias)), torch.rand(len(bias)) + 0.1
        scale = gamma / (variance + EPSILON).sqrt()
        state[f"{name}.conv.weight"] = weight / along(scale, axis, weight)
        norm = {"weight": gamma, "bias": bias + mean * scale, "running_mean": mean, "running_var": variance}
        state.update({f"{name}.norm.{key}": tensor for key, tensor in norm.items()})
        folded[inputs[1]], folded[inputs[2]] = (name, axis), (name, None)
    state.update({f"tensor{i}": constants[name] for i, name in enumerate(names) if name not in folded})
    return state, folded


def fold(state, block, axis):
    weight, (gamma, beta, mean, variance) = state[f"{block}.conv.weight"], (
        state[f"{block}.norm.{key}"] for key in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / (variance + EPSILON).sqrt()
    return beta - mean * scale if axis is None else weight * along(scale, axis, weight)


def along(vector, axis, tensor):
    return vector.reshape([-1 if i == axis else 1 for i in range(tensor.dim())])


def refold(file, plan):
    constants = Constants(file)
    names = sorted({cut["value"] for cut in plan["cuts"]})
    state, folded = unfold(constants, names)
    mapping = find_keys(plan["cuts"], constants, state, {})
    masks = masks_of(plan, constants, state, mapping)
    cut = {key: shrink(tensor, masks[key]) if key in masks else tensor for key, tensor in state.items()}
    return {name: fold(cut, *folded[name]) if name in folded else cut[mapping[name][0]] for name in names}


torch.manual_seed(1)
folder = Path(sys.argv[1])
for name in sys.argv[2:]:
    constants = refold((folder / f"{name}.onnx").read_bytes(), json.loads((folder / f"{name}.json").read_text()))
    answer = {key: {"dims": list(value.shape), "data": value.flatten().tolist()} for key, value in constants.items()}
    (folder / f"{name}.out.json").write_text(json.dumps(answer))
