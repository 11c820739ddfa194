"""Makes the layers of a PyTorch network as narrow as a state dict that apply_recipe.py wrote."""
from torch import nn


def fit(network, state):
    """Gives every module its tensors of the state dict, and the numbers of channels and groups that follow from them."""
    for name, module in network.named_modules():
        where = f"{name}." if name else ""
        groups = getattr(module, "groups", 1)
        per_group = getattr(module, "out_channels", 1) // groups
        for store in (module._parameters, module._buffers):
            for key, old in store.items():
                if old is not None and where + key in state:
                    new = state[where + key]
                    store[key] = nn.Parameter(new, old.requires_grad) if isinstance(old, nn.Parameter) else new
        if isinstance(module, nn.modules.conv._ConvNd):
            first, second = module.weight.shape[:2]
            if module.transposed:
                module.in_channels, module.out_channels = first, second * groups
            else:
                # In a depthwise convolution a group goes with its channel; elsewhere all groups stay.
                depthwise = groups > 1 and module.in_channels == groups
                module.groups = first // per_group if depthwise else groups
                module.in_channels, module.out_channels = second * module.groups, first
        elif isinstance(module, nn.Linear):
            module.out_features, module.in_features = module.weight.shape
        elif isinstance(module, nn.modules.batchnorm._NormBase):
            module.num_features = len(module.running_mean)
    return network
