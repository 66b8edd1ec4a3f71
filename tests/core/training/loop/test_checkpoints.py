"""Checkpoints: what is written comes back to the bit, two are kept, damage is named and got around."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from crashes import every_crash
from torch import nn

from fashionmirror_core import places
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.redo_log import heal
from fashionmirror_core.training.loop.checkpoints import (
    Checkpoint,
    found,
    joined,
    newest,
    optimizer_tensors,
    restore_optimizer,
    write,
)


def checkpoint(step: int) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    weight = torch.rand(4, 3, 3, 3, generator=generator).to(memory_format=torch.channels_last)
    parts = joined(networks={"a.weight": weight, "a.scale": torch.tensor(0.1)}, mean={"a.weight": weight.bfloat16()})
    return Checkpoint(step, parts, {"position": 8 * step, "losses": {"total": 0.1 + step}})


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    written = checkpoint(12)
    write(tmp_path, written)
    read = newest(tmp_path)
    assert read is not None
    assert (read.step, read.state) == (12, written.state)
    assert read.tensors.keys() == written.tensors.keys()
    assert all(torch.equal(read.tensors[name], written.tensors[name]) for name in read.tensors)
    assert read.part("mean").keys() == {"a.weight"}


def test_an_empty_folder_has_none(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    assert newest(tmp_path / "missing") is None


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        write(tmp_path, checkpoint(step))
    assert [path.name for path in found(tmp_path)] == [
        "checkpoint-00000010.safetensors", "checkpoint-00000015.safetensors",
    ]  # fmt: skip


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def change_the_state(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"position", b"positiom"))


@pytest.mark.parametrize("damage", [cut_off, empty, flip_a_bit, change_the_state])
def test_a_damaged_one_is_named_and_the_one_before_is_used(
    tmp_path: Path, damage: object, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, checkpoint(5))
    assert callable(damage)
    damage(write(tmp_path, checkpoint(10)))
    read = newest(tmp_path)
    assert read is not None
    assert read.step == 5
    message = capsys.readouterr().err
    assert "checkpoint-00000010.safetensors is damaged" in message
    assert message.count("\n") == 1


def test_damaged_ones_do_not_push_out_whole_ones(tmp_path: Path) -> None:
    write(tmp_path, checkpoint(5))
    empty(write(tmp_path, checkpoint(10)))
    write(tmp_path, checkpoint(7))  # gone on from 5
    assert [path.name[-14:-12] for path in found(tmp_path)] == ["05", "07"]


def test_only_damaged_ones_are_an_error(tmp_path: Path) -> None:
    empty(write(tmp_path, checkpoint(5)))
    with pytest.raises(InputError, match="all checkpoints are damaged"):
        newest(tmp_path)


def test_after_a_kill_anywhere_a_checkpoint_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "state", lambda: tmp_path / "state")

    def earlier(folder: Path) -> None:
        for step in (3, 5):
            write(folder, checkpoint(step))

    for folder in every_crash(tmp_path, earlier, lambda folder: write(folder, checkpoint(10))):
        heal()
        read = newest(folder)
        assert read is not None
        assert read.step in (5, 10)
        assert not list(folder.glob(".*"))


def test_a_copy_under_another_name_is_kept(tmp_path: Path) -> None:
    write(tmp_path, checkpoint(5))
    for name in ("checkpoint-best.safetensors", "checkpoint-00000005 copy.safetensors", "checkpoint-7.safetensors"):
        (tmp_path / name).write_bytes(b"mine")
    for step in (10, 15, 20):
        write(tmp_path, checkpoint(step))
    assert [path.name for path in found(tmp_path)] == [f"checkpoint-000000{step}.safetensors" for step in (15, 20)]
    assert len(list(tmp_path.glob("checkpoint*"))) == 5


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        write(tmp_path / "missing", checkpoint(1))


def test_an_optimizer_goes_on_to_the_bit() -> None:
    def step(network: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> None:
        optimizer.zero_grad()
        network(torch.full((1, 2, 4, 4), 0.1 * number)).square().mean().backward()
        optimizer.step()

    def parts() -> tuple[nn.Module, torch.optim.Adam, list[str]]:
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(2, 3, 3), nn.PReLU(), nn.Conv2d(3, 2, 1))
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network[2].bias.requires_grad_(False)  # has no state
        return network, torch.optim.Adam(network.parameters(), 0.01), [name for name, _ in network.named_parameters()]

    whole, optimizer, names = parts()
    for number in range(3):
        step(whole, optimizer, number)
    again, restored, _ = parts()
    again.load_state_dict(whole.state_dict())
    restore_optimizer(restored, names, optimizer_tensors(optimizer, names))
    assert again[0].weight.stride() == restored.state[again[0].weight]["exp_avg"].stride()
    for number in range(3, 6):
        step(whole, optimizer, number)
        step(again, restored, number)
    assert all(map(torch.equal, whole.parameters(), again.parameters()))
