"""VGG19 as a fixed measure of likeness: the phi of the content, style and patch losses (supplement, Eq. 10 to 12) and
of the sampling correctness (docs/method.md, "Losses").

Two kinds of files are read: torchvision's VGG19 (a state dict, .pth or .safetensors; down to relu5_1) and a normalised
VGG19 that ends at relu3_1 (.npz, reflection padding). Their activations have different scales: weights of losses that
were tuned on one do not carry over to the other unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from fashionmirror_core.errors import InputError

WIDTHS = (64, 128, 256, 512, 512)  # channels of VGG19's five blocks
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Layout:
    """How a file writes VGG19 down.

    stages: the keys of the convolutions that lead from each map to the next one. A max pooling stands before the last
    convolution of every stage but the first, so that the maps are relu1_1, relu2_1, ...
    """

    stages: tuple[tuple[str, ...], ...]
    padding: Literal["zeros", "reflect"]
    ceil: bool  # whether pooling keeps an odd last row


NORMALISED = Layout((("2",), ("5", "9"), ("12", "16")), "reflect", True)
TORCHVISION = Layout(
    (("0",), ("2", "5"), ("7", "10"), ("12", "14", "16", "19"), ("21", "23", "25", "28")), "zeros", False
)


class VGGFeatures(nn.Module):
    """relu1_1, relu2_1, relu3_1 (and relu4_1, relu5_1 where the file has them), frozen.

    colors: a 1 x 1 convolution's (3, 3, 1, 1) and (3,): RGB in [0, 1] -> VGG's own colours. Gradients reach the
    picture, never the weights. Raises KeyError for a missing and ValueError for an unfitting or not finite tensor.
    """

    def __init__(self, layout: Layout, tensors: Mapping[str, Tensor], colors: tuple[Tensor, Tensor]) -> None:
        super().__init__()
        self.colors = nn.Conv2d(3, 3, 1)
        _fill(self.colors, "of the colours", *colors)
        self.stages = nn.ModuleList()
        before = 3
        for number, keys in enumerate(layout.stages):
            stage = nn.Sequential()
            for key in keys:
                enters = key == keys[-1]  # the next block of VGG19
                if enters and number > 0:
                    stage.append(nn.MaxPool2d(2, ceil_mode=layout.ceil))
                width = WIDTHS[number if enters else number - 1]
                conv = nn.Conv2d(before, width, 3, padding=1, padding_mode=layout.padding)
                _fill(conv, key, tensors[f"{key}.weight"], tensors[f"{key}.bias"])
                stage.extend((conv, nn.ReLU(inplace=True)))
                before = width
            self.stages.append(stage)
        self.requires_grad_(False).eval()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        """picture (N, 3, H, W), RGB in [0, 1] -> maps (N, 64, H, W), (N, 128, H/2, W/2), (N, 256, H/4, W/4), ...

        In the type of the surrounding autocast; the colours are brought to VGG's in float32, where that loses nothing.
        """
        with torch.autocast(picture.device.type, enabled=False):
            x = self.colors(picture.float().contiguous(memory_format=torch.channels_last))
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return tuple(maps)


def load_features(path: Path | None) -> VGGFeatures:
    """VGG19 of a file (.npz, .pth or .safetensors), or the one in torch's cache for None. Nothing is downloaded.

    Raises InputError that names a file which is missing, broken or no VGG19, and where there is none at all.
    """
    path = _cached() if path is None else path
    suffix = path.suffix.lower()
    if suffix not in (".npz", ".pth", ".safetensors"):
        raise InputError(f"{path}: no format of weights that is known; give VGG19 as .npz, .pth or .safetensors.")
    try:
        tensors = _read(path, suffix)
        if suffix == ".npz":
            return VGGFeatures(NORMALISED, tensors, (tensors["0.weight"], tensors["0.bias"]))
        features = {key.removeprefix("features."): tensor for key, tensor in tensors.items()}
        return VGGFeatures(TORCHVISION, features, _imagenet())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); check the name.") from error
    except KeyError as error:
        raise InputError(f"{path}: no VGG19, {error} is missing; give another file.") from error
    except ValueError as error:
        raise InputError(f"{path}: no VGG19, {error}; give another file.") from error


def _cached() -> Path:
    found = sorted(Path(torch.hub.get_dir(), "checkpoints").glob("vgg19-*.pth"))
    if not found:
        raise InputError(
            "VGG19, which the perceptual losses need, is not in torch's cache; give its file with --vgg-weights FILE "
            "or turn these losses off with --no-perceptual."
        )
    return found[-1]


def _imagenet() -> tuple[Tensor, Tensor]:
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    return torch.diag(1 / std).view(3, 3, 1, 1), -mean / std


def _read(path: Path, suffix: str) -> dict[str, Tensor]:
    """Tensors by key. Raises OSError where nothing can be read and ValueError for broken or other contents."""
    with path.open("rb"):  # the readers below have words of their own for a missing file
        pass
    try:
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return {key: torch.from_numpy(arrays[key].astype(np.float32)) for key in arrays.files}
        if suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # other files fail in any way, with many lines
        raise ValueError("the file is damaged or something else") from error
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise ValueError("there is no table of tensors in it")
    return found


def _fill(conv: nn.Conv2d, key: str, weight: Tensor, bias: Tensor) -> None:
    assert conv.bias is not None
    for parameter, tensor in zip((conv.weight, conv.bias), (weight, bias), strict=True):
        if tensor.shape != parameter.shape:
            raise ValueError(f"layer {key} is {tuple(tensor.shape)} instead of {tuple(parameter.shape)}")
        if not torch.isfinite(tensor).all():
            raise ValueError(f"layer {key} has numbers that are not finite")
        parameter.data.copy_(tensor)
