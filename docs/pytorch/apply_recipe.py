"""Applies a plan of espalier to a PyTorch state dict: the reference reader that docs/pytorch.md explains. Needs only torch.

    python apply_recipe.py ORIGINAL.onnx PLAN.json STATE.pth OUT.pth [--map MAP.json] [--save-map MAP.json]
"""
import argparse
import hashlib
import json
from collections import defaultdict
from pathlib import Path

import torch
from match_tensors import Refused, find_keys
from onnx_constants import Constants


def load_state(path):
    """The state dict in a checkpoint, without the `module.` that DataParallel puts in front of its keys."""
    loaded = torch.load(path, map_location="cpu")
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else {"": None}
    if not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise Refused(f"{path} holds no state dict: save model.state_dict().")
    return {key[7:] if key.startswith("module.") else key: value for key, value in state.items()}


def mask_of(cuts, shape):
    """True where a constant of that shape stays."""
    mask = torch.ones(list(shape), dtype=torch.bool)
    for cut in cuts:
        rows = cut.get("within")
        part = mask.narrow(rows["axis"], rows["from"], rows["to"] - rows["from"]) if rows else mask
        part.index_fill_(cut["axis"], torch.tensor(cut["indices"]), False)
    return mask


def masks_of(plan, constants, state, mapping):
    """For every key that the plan cuts, a tensor that is true where the state dict's tensor stays."""
    cuts, masks = defaultdict(lambda: defaultdict(list)), {}
    for cut in plan["cuts"]:
        cuts[cut["value"]][cut["node"]].append(cut)
    for name, readers in cuts.items():
        for place in mapping[name]:
            key = place.removesuffix(".T")
            if key not in state:
                raise Refused(f"'{name}' cannot be '{key}': the state dict has no such key.")
            value = state[key] if constants[name] is None else constants[name]
            mask, *others = (mask_of(own, value.shape) for own in readers.values())
            if not all(other.equal(mask) for other in others) or constants.readers[name] != set(readers):
                raise Refused(f"'{name}' is shared by layers that keep different parts of it.")
            mask = mask.T if place.endswith(".T") else mask
            if mask.numel() != state[key].numel():
                raise Refused(f"'{name}' cannot be '{key}': it is {list(value.shape)}, not {list(state[key].shape)}.")
            mask = mask.reshape(state[key].shape)
            if not masks.setdefault(key, mask).equal(mask):
                raise Refused(f"'{key}' is shared by layers that keep different parts of it.")
    return masks


def shrink(tensor, mask):
    """What stays of a tensor. Rows of a grouped convolution lose different columns, but as many."""
    sizes = [int(mask.movedim(a, -1).reshape(-1, size).sum(1).max()) for a, size in enumerate(mask.shape)]
    return tensor[mask].reshape(sizes)


def main():
    parser = argparse.ArgumentParser(description="Applies a plan of espalier to a PyTorch state dict.")
    for name in ("original", "plan", "state", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--map", type=Path, help="JSON: by name of a constant, the keys of the tensors it was made from")
    parser.add_argument("--save-map", type=Path, help="write the mapping that was used, to be edited and given with --map")
    asked = parser.parse_args()
    file, plan = asked.original.read_bytes(), json.loads(asked.plan.read_text())
    if plan.get("model", "") not in ("", hashlib.sha256(file).hexdigest()):
        raise Refused(f"{asked.plan} was made for another file than {asked.original}.")
    constants, state = Constants(file), load_state(asked.state)
    mapping = find_keys(plan["cuts"], constants, state, json.loads(asked.map.read_text()) if asked.map else {})
    masks = masks_of(plan, constants, state, mapping)
    small = {key: shrink(tensor, masks[key]) if key in masks else tensor for key, tensor in state.items()}
    torch.save(small, asked.out)
    if asked.save_map:
        asked.save_map.write_text(json.dumps(mapping, indent=2))
    for key in masks:
        print(f"{key}: {'x'.join(map(str, state[key].shape))} -> {'x'.join(map(str, small[key].shape))}")


if __name__ == "__main__":
    try:
        main()
    except Refused as problem:
        raise SystemExit(f"refused: {problem}")
