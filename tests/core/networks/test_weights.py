"""The weights file: what is written comes back, and everything else is refused by name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from crashes import every_crash
from safetensors import safe_open
from safetensors.torch import save_file
from torch.utils._python_dispatch import TorchDispatchMode

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights

CARD = {"licence": "Apache-2.0", "data": "none", "steps": 0, "metrics": {"ssim": 0.5}}
SMALL = NetworkConfig(feature_widths=(4, 4, 4), source_encoder_depth=1, generator_widths=(4, 4, 4))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors: threads would only wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def networks() -> TryOnNetworks:
    torch.manual_seed(1)
    return TryOnNetworks(SMALL)


@pytest.fixture
def saved(networks: TryOnNetworks, tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    weights.save(networks, path, CARD)
    return path


def parts(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def rehash(path: Path) -> None:
    weights.hash_path(path).write_text(f"{weights.sha256(path)}  {path.name}\n")


def rewrite(path: Path, tensors: dict[str, Any], metadata: dict[str, str]) -> None:
    save_file(tensors, path, metadata)
    rehash(path)


def refusal(path: Path) -> str:
    with pytest.raises(weights.WeightsError) as caught:
        weights.load(path)
    message = str(caught.value)
    assert isinstance(caught.value, InputError)
    assert path.name in message
    assert "\n" not in message
    return message


def test_saved_networks_come_back_in_sixteen_bits(networks: TryOnNetworks, saved: Path) -> None:
    loaded = weights.load(saved)
    assert loaded.config == SMALL
    assert not loaded.training
    for (name, a), (_, b) in zip(networks.state_dict().items(), loaded.state_dict().items(), strict=True):
        if not a.is_floating_point():
            continue  # what batch norms count in training
        assert b.dtype == torch.float32
        assert torch.equal(a.half().float(), b), name
    assert not any(parameter.requires_grad or parameter.is_meta for parameter in loaded.parameters())


def test_loaded_networks_run_and_keep_their_zero_effect(saved: Path) -> None:
    loaded = weights.load(saved)
    person = loaded.human(torch.rand(1, 3, 64, 48), torch.rand(1, 1, 64, 48), torch.rand(1, 25, 3))
    assert not person.labels.any()


def test_the_file_says_what_it_is(saved: Path) -> None:
    _, metadata = parts(saved)
    assert metadata["architecture"] == "fashionmirror-tryon"
    assert metadata["format_version"] == "2"
    assert metadata["licence"] == "Apache-2.0"
    assert NetworkConfig.from_dict(json.loads(metadata["config"])) == SMALL
    assert weights.hash_path(saved).read_text() == f"{weights.sha256(saved)}  small.safetensors\n"
    assert weights.card(saved) == CARD
    assert sorted(p.name for p in saved.parent.iterdir()) == ["small.json", "small.safetensors", "small.sha256"]


def test_the_whole_model_takes_less_than_twenty_one_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "default.safetensors"
    weights.save(TryOnNetworks.default(seed=1), path, CARD)
    assert 10_000_000 < path.stat().st_size < 21_000_000


def test_a_file_holds_only_the_networks_that_have_learned(tmp_path: Path) -> None:
    networks, path = TryOnNetworks.default(config=SMALL), tmp_path / "finish.safetensors"
    torch.nn.init.constant_(networks.generator.head.bias, 0.25)
    weights.save(networks, path, CARD)
    assert {name.split(".")[0] for name in parts(path)[0]} == {"generator"}
    loaded = weights.load(path)
    for name, tensor in TryOnNetworks.default(config=SMALL).state_dict().items():
        found = loaded.state_dict()[name]
        expected = torch.full_like(tensor, 0.25) if name == "generator.head.bias" else tensor
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    tensors, metadata = parts(path)
    rewrite(path, {name: tensor for name, tensor in tensors.items() if name != "generator.head.bias"}, metadata)
    assert "generator.head.bias missing" in refusal(path)


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.ckpt", "model.bin", "model.pkl"])
def test_pickles_are_refused_by_their_name(tmp_path: Path, networks: TryOnNetworks, name: str) -> None:
    path = tmp_path / name
    torch.save(networks.state_dict(), path)
    assert "pickle" in refusal(path)


def test_a_pickle_under_a_false_name_is_refused(tmp_path: Path, networks: TryOnNetworks) -> None:
    path = tmp_path / "model.safetensors"
    torch.save(networks.state_dict(), path)
    rehash(path)
    assert "safetensors" in refusal(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "no such" in refusal(tmp_path / "nothing.safetensors")


def test_a_missing_hash_is_named(saved: Path) -> None:
    weights.hash_path(saved).unlink()
    assert "small.sha256" in refusal(saved)


@pytest.mark.parametrize("text", ["", "0" * 64, "not a hash"])
def test_a_hash_that_does_not_match_is_refused(saved: Path, text: str) -> None:
    weights.hash_path(saved).write_text(text)
    assert "does not match its hash" in refusal(saved)


def test_a_binary_hash_file_is_refused(saved: Path) -> None:
    weights.hash_path(saved).write_bytes(b"\xff\xfe\x80")
    assert "small.sha256" in refusal(saved)


def test_one_changed_byte_is_noticed(saved: Path) -> None:
    data = bytearray(saved.read_bytes())
    data[-5] ^= 1
    saved.write_bytes(data)
    assert "does not match its hash" in refusal(saved)


@pytest.mark.parametrize("keep", [0, 4, 100, -1000])
def test_a_truncated_file_is_refused(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    rehash(saved)
    assert "not a whole safetensors file" in refusal(saved)


@pytest.mark.parametrize("header", [b"\xff" * 8, (20).to_bytes(8, "little") + b"this is no JSON !!!!"])
def test_a_corrupt_header_is_refused(saved: Path, header: bytes) -> None:
    saved.write_bytes(header + saved.read_bytes()[len(header) :])
    rehash(saved)
    assert "not a whole safetensors file" in refusal(saved)


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("architecture", "stable-diffusion", "stable-diffusion"),
        ("architecture", None, "unnamed"),
        ("format_version", "1", "format 1"),
        ("config", "{", "configuration"),
        ("config", None, "configuration"),
        ("config", json.dumps({**SMALL.to_dict(), "feature_widths": [4, 4, -1]}), "feature_widths"),
    ],
)
def test_another_architecture_version_or_configuration_is_refused(
    saved: Path, entry: str, value: str | None, said: str
) -> None:
    tensors, metadata = parts(saved)
    if value is None:
        del metadata[entry]
    else:
        metadata[entry] = value
    rewrite(saved, tensors, metadata)
    assert said in refusal(saved)


def test_a_file_without_metadata_is_refused(saved: Path) -> None:
    tensors, _ = parts(saved)
    save_file(tensors, saved)
    rehash(saved)
    assert "unnamed architecture" in refusal(saved)


def test_missing_tensors_are_named_and_counted(saved: Path) -> None:
    tensors, metadata = parts(saved)
    gone = sorted(tensors)[:5]
    rewrite(saved, {name: tensor for name, tensor in tensors.items() if name not in gone}, metadata)
    message = refusal(saved)
    assert gone[0] in message
    assert "2 more missing" in message


def test_unknown_tensors_are_named(saved: Path) -> None:
    tensors, metadata = parts(saved)
    rewrite(saved, {**tensors, "generator.surprise": torch.zeros(1)}, metadata)
    assert "generator.surprise unknown" in refusal(saved)


def test_a_wrong_shape_is_named(saved: Path) -> None:
    tensors, metadata = parts(saved)
    rewrite(saved, {**tensors, "generator.head.bias": torch.zeros(7)}, metadata)
    assert "generator.head.bias is [7], expected [3]" in refusal(saved)


def test_whole_numbers_are_refused(saved: Path) -> None:
    tensors, metadata = parts(saved)
    rewrite(saved, {**tensors, "generator.head.bias": torch.zeros(3, dtype=torch.int32)}, metadata)
    assert "generator.head.bias holds I32" in refusal(saved)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(saved: Path, number: float) -> None:
    tensors, metadata = parts(saved)
    tensors["generator.head.weight"].view(-1)[3] = number
    rewrite(saved, tensors, metadata)
    assert "generator.head.weight" in refusal(saved)


def test_networks_that_overflow_are_not_saved(networks: TryOnNetworks, tmp_path: Path) -> None:
    torch.nn.init.constant_(networks.generator.head.bias, 1e6)
    with pytest.raises(weights.WeightsError, match=r"generator\.head\.bias"):
        weights.save(networks, tmp_path / "big.safetensors", CARD)
    assert not list(tmp_path.iterdir())


def test_saving_asks_for_a_licence_a_suffix_and_a_folder(networks: TryOnNetworks, tmp_path: Path) -> None:
    with pytest.raises(weights.WeightsError, match="licence"):
        weights.save(networks, tmp_path / "a.safetensors", {})
    with pytest.raises(weights.WeightsError, match="safetensors"):
        weights.save(networks, tmp_path / "a.pt", CARD)
    with pytest.raises(weights.WeightsError, match="doesn't exist"):
        weights.save(networks, tmp_path / "nowhere" / "a.safetensors", CARD)


def test_after_a_kill_anywhere_weights_hash_and_card_belong_together(
    networks: TryOnNetworks, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights.places, "state", lambda: tmp_path / "state")
    torch.nn.init.constant_(networks.generator.head.bias, 0.25)
    learned = weights.learned(networks)  # takes longer than all the writing
    monkeypatch.setattr(weights, "learned", lambda _: learned)

    def earlier(folder: Path) -> None:
        for file in saved.parent.glob("small.*"):
            shutil.copy(file, folder)

    seen = []
    for folder in every_crash(
        tmp_path, earlier, lambda folder: weights.save(networks, folder / saved.name, CARD | {"steps": 7})
    ):
        path = folder / saved.name
        steps = weights.card(path)["steps"]
        assert weights.hash_path(path).read_text() == f"{weights.sha256(path)}  {path.name}\n"
        assert parts(path)[0]["generator.head.bias"][0] == (0.25 if steps else 0.0)
        assert len(list(folder.iterdir())) == 3
        seen.append(steps)
    assert seen == sorted(seen)
    assert set(seen) == {0, 7}


def test_a_broken_card_is_named(saved: Path) -> None:
    weights.card_path(saved).write_text("[1]")
    with pytest.raises(weights.WeightsError, match=r"small\.json"):
        weights.card(saved)
    weights.card_path(saved).unlink()
    with pytest.raises(weights.WeightsError, match=r"small\.json"):
        weights.card(saved)


def test_shipped_weights_are_found_by_name(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights.places, "weights", lambda: saved.parent)
    assert weights.find("small") == saved
    assert weights.find("other") is None
    assert weights.find("../../etc/small") == saved, "a name is only a name"


def test_without_a_weights_folder_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise FileNotFoundError("no folder")

    monkeypatch.setattr(weights.places, "weights", missing)
    assert weights.find() is None


def test_loading_draws_no_numbers_that_the_file_brings() -> None:
    """On torch's meta device the first draw imports for more than a second, at every start."""
    drawn: list[str] = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if args and isinstance(args[0], torch.Tensor) and args[0].is_meta:
                drawn.append(str(func))
            return func(*args, **(kwargs or {}))

    path = weights.located("default")
    with Watch():
        weights.load(path)
    assert drawn
    assert not [name for name in drawn if "normal_" in name or "uniform_" in name]


def test_loading_brings_no_compilers() -> None:
    """Arithmetic on torch's meta device imports its own and sympy: 800 modules, a second and a half at every start."""
    code = "import sys; from fashionmirror_core.networks import weights; weights.load(weights.located('default'))\n"
    code += "print(sorted({'torch._dynamo', 'torch._inductor', 'sympy', 'triton.runtime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
