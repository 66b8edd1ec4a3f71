"""VGG19's maps are those of the file, whichever kind it is; a file that is none is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.features import VGGFeatures, load_features

SHARED = Path(__file__).parents[4] / "shared/data/vgg19_conv3/vgg19_normalised_conv3_1.npz"
NORMALISED = {"2": (64, 3), "5": (64, 64), "9": (128, 64), "12": (128, 128), "16": (256, 128)}
TORCHVISION = (64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512)  # to conv5_1
TORCHVISION_KEYS = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28)


def normalised() -> dict[str, np.ndarray]:
    """A network in the layout of the .npz: its colours are BGR in 0 to 255 less ten, its weights drawn."""
    rng = np.random.default_rng(0)
    arrays = {
        "0.weight": 255 * np.eye(3, dtype=np.float32)[::-1].reshape(3, 3, 1, 1),
        "0.bias": np.full(3, -10, np.float32),
    }
    for key, (wide, before) in NORMALISED.items():
        scale = (1 if before > 3 else 1 / 128) / np.sqrt(9 * before)
        arrays[f"{key}.weight"] = rng.normal(0, scale, (wide, before, 3, 3)).astype(np.float32)
        arrays[f"{key}.bias"] = rng.normal(0, 0.1, wide).astype(np.float32)
    return arrays


def torchvision_like() -> dict[str, Tensor]:
    """A state dict with torchvision's keys, classifier and all; half precision keeps the file small."""
    generator = torch.Generator().manual_seed(0)
    tensors, before = {"classifier.0.weight": torch.zeros(2, 2)}, 3
    for key, wide in zip(TORCHVISION_KEYS, TORCHVISION, strict=True):
        weight = torch.randn(wide, before, 3, 3, generator=generator) * (2 / (9 * before)) ** 0.5
        tensors[f"features.{key}.weight"] = weight.half()
        tensors[f"features.{key}.bias"] = torch.zeros(wide).half()
        before = wide
    return tensors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good file of each kind."""
    folder = tmp_path_factory.mktemp("vgg")
    np.savez(folder / "normalised.npz", **normalised())
    torch.save(torchvision_like(), folder / "vgg19-0.pth")
    save_file(torchvision_like(), folder / "vgg19.safetensors")
    return folder


@pytest.fixture(scope="module")
def small(folder: Path) -> VGGFeatures:
    return load_features(folder / "normalised.npz")


@pytest.fixture
def picture() -> Tensor:
    return torch.rand(2, 3, 18, 13, generator=torch.Generator().manual_seed(1))


# ------------------------------------------------------------------------------------------------- the maps of the file


def test_the_normalised_network_layer_by_layer(small: VGGFeatures, picture: Tensor) -> None:
    tensors = {key: torch.from_numpy(array.copy()) for key, array in normalised().items()}

    def conv(x: Tensor, key: str) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
        return F.relu(F.conv2d(padded, tensors[f"{key}.weight"], tensors[f"{key}.bias"]))

    relu1_1 = conv(255 * picture.flip(1) - 10, "2")
    relu2_1 = conv(F.max_pool2d(conv(relu1_1, "5"), 2, ceil_mode=True), "9")
    relu3_1 = conv(F.max_pool2d(conv(relu2_1, "12"), 2, ceil_mode=True), "16")
    maps = small(picture)
    assert [tuple(x.shape) for x in maps] == [(2, 64, 18, 13), (2, 128, 9, 7), (2, 256, 5, 4)]
    for found, expected in zip(maps, (relu1_1, relu2_1, relu3_1), strict=True):
        assert expected.std() > 0.01
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["vgg19-0.pth", "vgg19.safetensors"])
def test_torchvisions_network_layer_by_layer(folder: Path, picture: Tensor, name: str) -> None:
    tensors = {key: tensor.float() for key, tensor in torchvision_like().items()}
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    picture = picture[:1, :, :16].repeat(1, 1, 1, 2)
    x, expected = (picture - mean.view(3, 1, 1)) / std.view(3, 1, 1), []
    for key in TORCHVISION_KEYS:
        if key in (5, 10, 19, 28):
            x = F.max_pool2d(x, 2)
        x = F.relu(F.conv2d(x, tensors[f"features.{key}.weight"], tensors[f"features.{key}.bias"], padding=1))
        if key in (0, 5, 10, 19, 28):
            expected.append(x)
    maps = load_features(folder / name)(picture)
    assert [x.shape[1] for x in maps] == [64, 128, 256, 512, 512]
    for found, wanted in zip(maps, expected, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)


def test_weights_are_frozen_and_pictures_are_not(small: VGGFeatures, picture: Tensor) -> None:
    picture.requires_grad_()
    small(picture)[-1].sum().backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0
    assert not any(parameter.requires_grad for parameter in small.parameters())
    assert not small.training


def test_mixed_precision_stays_near(small: VGGFeatures, picture: Tensor) -> None:
    with torch.autocast("cpu", torch.bfloat16):
        maps = small(picture)
    for found, exact in zip(maps, small(picture), strict=True):
        assert found.dtype == torch.bfloat16
        assert (found.float() - exact).abs().mean() < 0.02 * exact.abs().mean()


@pytest.mark.skipif(not SHARED.is_file(), reason="the shared data are not here")
def test_the_shared_networks_activations_are_normalised() -> None:
    generator = torch.Generator().manual_seed(0)
    smooth = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), size=(64, 64), mode="bilinear")
    maps = load_features(SHARED)(smooth)
    assert [tuple(x.shape[1:]) for x in maps] == [(64, 64, 64), (128, 32, 32), (256, 16, 16)]
    assert all(0.3 < x.mean() < 3 for x in maps)


# --------------------------------------------------------------------------------------------------- files that are none


def refused(path: Path | None) -> str:
    with pytest.raises(InputError) as caught:
        load_features(path)
    message = str(caught.value)
    assert "\n" not in message
    if path is not None:
        assert path.name in message
    return message


def test_without_a_file_the_cache_is_looked_through(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    message = refused(None)
    assert "--vgg-weights" in message
    assert "--no-perceptual" in message
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/vgg19-dcbb9e9d.pth").symlink_to(folder / "vgg19-0.pth")
    assert len(load_features(None).stages) == 5


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in refused(tmp_path / "none.pth")


@pytest.mark.parametrize("name", ["a.npz", "a.pth", "a.safetensors", "a.onnx"])
@pytest.mark.parametrize("contents", [b"", b"no weights", bytes(range(256)) * 9, b"PK\x03\x04 half an archive"])
def test_what_is_no_weights_file_is_named(tmp_path: Path, name: str, contents: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(contents)
    assert "give" in refused(path)


@pytest.mark.parametrize("name", ["normalised.npz", "vgg19-0.pth", "vgg19.safetensors"])
def test_half_a_file_is_named(folder: Path, tmp_path: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: len(whole) // 2])
    refused(path)


@pytest.mark.parametrize(
    ("key", "array", "words"),
    [
        ("9.weight", None, "9.weight"),
        ("0.bias", None, "0.bias"),
        ("0.weight", np.zeros((3, 3)), "colours"),
        ("16.weight", np.zeros((512, 128, 3, 3)), "512"),
        ("5.bias", np.full(64, np.nan), "not finite"),
        ("2.bias", np.array(["a"] * 64), "damaged"),
        ("2.bias", np.array([None] * 64), "damaged"),
    ],
)
def test_a_network_that_is_another_one_is_named(tmp_path: Path, key: str, array: np.ndarray | None, words: str) -> None:
    arrays = normalised()
    del arrays[key]
    path = tmp_path / "other.npz"
    np.savez(path, **arrays, **({} if array is None else {key: array}))
    assert words in refused(path)


def test_a_pickle_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    torch.save([torch.zeros(1)], path)
    assert "table" in refused(path)
    torch.save({"epoch": 3}, path)
    assert "table" in refused(path)
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    assert "0.bias" in refused(path)
