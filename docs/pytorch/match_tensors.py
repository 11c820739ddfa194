"""Finds the tensors of a PyTorch state dict that the constants of an ONNX file were made from, by their numbers; for apply_recipe.py."""
TOLERANCE = 1e-3  # of equal tensors, relative to the largest number: files may store halves
EPSILONS = (1e-5, 1e-3)  # that batch normalizations add to the variance
VECTORS = ("weight", "bias", "running_mean", "running_var")


class Refused(Exception):
    """A sentence that says what does not fit."""


def near(one, other):
    return bool((one - other).abs().max() <= TOLERANCE * other.abs().max())


def without_ones(shape):
    return [size for size in shape if size != 1]


def equals(value, state):
    """The keys of the tensors that a constant is equal to, axes of length 1 aside; `KEY.T` where it is transposed."""
    for key, tensor in state.items():
        if without_ones(tensor.shape) == without_ones(value.shape) and near(tensor.reshape(value.shape), value):
            yield [key]
        elif tensor.dim() == value.dim() == 2 and tensor.T.shape == value.shape and near(tensor.T, value):
            yield [f"{key}.T"]


def unfold(weight, bias, state):
    """The convolutions and batch normalizations that a weight and a bias were folded from: [keys of the weight, of the bias]."""
    norms = [key[: -len("running_var")] for key in state if key.endswith("running_var")]
    norms = [norm for norm in norms if state[f"{norm}running_var"].shape == bias.shape]
    for key in (key for key, own in state.items() if own.dim() > 1 and own.shape == weight.shape):
        before = f"{key[: -len('weight')]}bias"
        for norm, epsilon in ((norm, epsilon) for norm in norms for epsilon in EPSILONS):
            gamma, beta, mean, variance = (state[norm + vector] for vector in VECTORS)
            scale = gamma / (variance + epsilon).sqrt()
            axis = 0 if len(scale) == len(weight) else 1  # transposed convolutions have their outputs there
            rows = scale.reshape([-1 if i == axis else 1 for i in range(weight.dim())])
            if near(beta + (state.get(before, 0) - mean) * scale, bias) and near(state[key] * rows, weight):
                yield [key], [norm + vector for vector in VECTORS] + [before] * (before in state)
                break


def only(name, found):
    """What was found for a value if that is one thing, or the one that has its name."""
    found = [keys for keys in found if keys == [name]] or found
    if len(found) == 1:
        return found[0]
    what = " and ".join(str(keys) for keys in found) or "no tensor of the state dict"
    raise Refused(f"'{name}' equals {what}: say with --map what it is.")


def find_keys(cuts, constants, state, known):
    """The keys of the tensors that every constant of the plan was made from."""
    mapping = dict(known)
    for name, node in ((cut["value"], cut["node"]) for cut in cuts):
        if name in mapping:
            continue
        if (value := constants[name]) is None:
            raise Refused(f"'{name}' is not stored as plain numbers: say with --map what it is.")
        found = list(equals(value, state))
        _, weight, bias = (constants.inputs[node] + ["", ""])[:3]
        if not found and name in (weight, bias) and constants[weight] is not None and constants[bias] is not None:
            mapping[weight], mapping[bias] = only(name, list(unfold(constants[weight], constants[bias], state)))
        else:
            mapping[name] = only(name, found)
    return mapping
