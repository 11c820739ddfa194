"""Logits of a ResNet-56 whose state dict apply_recipe.py has cut, for tests/pytorch.test.ts.

    python resnet56.py CUT.pth PLAN.json MAP.json

Reads images (float32, 3x32x32 each) from stdin and prints a JSON list of logits. The network is that of Deep Residual Learning for Image
Recognition (2015) for CIFAR-10 with shortcuts of option A: where the width doubles, they add zeros, a quarter of the new width on either side. How
many of those are left stands in no tensor; the plan tells.
"""
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[2] / "docs/pytorch"))
from fit_network import fit  # noqa: E402


class Block(nn.Module):
    def __init__(self, before, width, padding):
        super().__init__()
        self.stride, self.padding = width // before, padding
        self.conv1 = nn.Conv2d(before, width, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, *self.padding))
        return F.relu(x + y)


class ResNet56(nn.Module):
    def __init__(self, paddings):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        before = 16
        for stage, width in enumerate((16, 32, 64)):
            blocks = [Block(before if block == 0 else width, width, paddings[stage]) for block in range(9)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            before = width
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def count_zeros(stage, plan, mapping):
    """Channels that are left of a stage on either side of those its shortcut brings."""
    width, last = 8 << stage, f"layer{stage}.0.bn2.bias"
    removed = {i for cut in plan["cuts"] if last in mapping[cut["value"]] for i in cut["indices"]}
    return [sum(i not in removed for i in part) for part in (range(width // 4), range(3 * width // 4, width))]


def main():
    cut, plan, mapping = sys.argv[1:]
    plan, mapping = (json.loads(Path(path).read_text()) for path in (plan, mapping))
    network = ResNet56([count_zeros(stage, plan, mapping) for stage in (1, 2, 3)])
    state = torch.load(cut)
    fit(network, state).load_state_dict(state)
    images = torch.frombuffer(bytearray(sys.stdin.buffer.read()), dtype=torch.float32).reshape(-1, 3, 32, 32)
    with torch.no_grad():
        print(json.dumps(network.eval()(images).flatten().tolist()))


main()
