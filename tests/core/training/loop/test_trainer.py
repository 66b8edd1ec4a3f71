"""The loop: a run that was killed goes on to the same losses, several processes learn what one would, bad numbers stop
it, and what it writes can be used.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn

import fashionmirror_core
from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks, weights
from fashionmirror_core.training.clips import DataError
from fashionmirror_core.training.config import TrainConfig
from fashionmirror_core.training.loop.interruption import SIGNALS, Interruption
from fashionmirror_core.training.loop.monitor import grid
from fashionmirror_core.training.loop.optimization import averaged, betas, count_updates, rate_share
from fashionmirror_core.training.loop.stream import Stream
from fashionmirror_core.training.loop.trainer import Trainer
from fashionmirror_core.training.tasks.task import DataSource, Outcome

TINY = NetworkConfig((4,) * 3, 1, (4,) * 3)
SOURCES = (DataSource("toys", "CC0-1.0", True), DataSource("photos", "CC-BY-NC-4.0", False))


class ToyData:
    """Pictures that differ by epoch and index."""

    def __init__(self, count: int = 5, nan: int | None = None, broken: int | None = None) -> None:
        self.count, self.nan, self.broken, self.epoch = count, nan, broken, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        if index == self.broken:
            raise DataError("toys/3.clip", "is not a zip")
        generator = torch.Generator().manual_seed(100 * self.epoch + index)
        picture = torch.rand(3, 16, 16, generator=generator)
        return {"id": f"toy/{index}", "picture": picture * float("nan") if index == self.nan else picture}


class ToyObjective(nn.Module):
    """Features of a picture should be its colours; with noise, which must come back after a resume."""

    def __init__(self, adversaries: nn.Module | None = None, noise: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.networks = TryOnNetworks(TINY).requires_grad_(False)
        self.networks.human_encoder.requires_grad_(True)
        self.adversary, self.adversarial, self.noise = [adversaries], False, noise

    def forward(self, batch: dict[str, Tensor]) -> Outcome:
        picture = batch["picture"]
        fake, coarse = (x[:, :3] for x in self.networks.human_encoder(torch.cat([picture, picture[:, :1]], 1)))
        fake = fake + self.noise * torch.randn(fake.shape)
        real = nn.functional.interpolate(picture, fake.shape[-2:])
        l1 = {"l1": (fake - real).abs().mean(), "coarse": (coarse - 0.5).square().mean()}
        outcome = Outcome(l1, {"fake": fake.detach(), "real": real}, {"brightness": fake.detach().mean()})
        if self.adversarial:
            outcome.losses["gan"] = (self.adversary[0].judge(fake) - 1).square().mean()  # type: ignore[union-attr, operator]
            outcome.judged = picture, fake.detach()  # type: ignore[assignment]
        return outcome


class ToyAdversaries(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.judge = nn.Conv2d(3, 1, 3)

    def forward(self, judged: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
        real, fake = judged
        return {"adversary/spatial": (self.judge(real) - 1).square().mean() + self.judge(fake).square().mean()}


def config(**changes: Any) -> TrainConfig:
    usual = TrainConfig(
        ("finish",), steps=8, batch=2, workers=0, checkpoint_every=3, picture_every=4, scalar_every=1, warmup=2,
        network=TINY, learning_rate=1e-2, precision="32-true", adversary_from=0.5,
    )  # fmt: skip
    return dataclasses.replace(usual, **changes)


def trainer(settings: TrainConfig | None = None, data: ToyData | None = None, noise: float = 0.0) -> Trainer:
    settings = settings or config()
    adversaries = None if settings.joining is None else ToyAdversaries()
    return Trainer(
        settings, data or ToyData(), ToyObjective(adversaries, noise), adversaries, sources=SOURCES, device="cpu"
    )


def scalars(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "scalars.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module", autouse=True)
def _quietly() -> Iterator[None]:
    """One thread, and no TensorBoard but where it is looked for."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# ---------------------------------------------------------------------------------------------------------- it learns


def test_a_run_learns_and_leaves_usable_weights(tmp_path: Path) -> None:
    written = trainer(config(steps=30, adversary=False, checkpoint_every=30)).run(tmp_path / "run")
    losses = [row["total"] for row in scalars(tmp_path / "run")]
    assert all("brightness" in row for row in scalars(tmp_path / "run"))
    assert len(losses) == 30
    assert losses[-1] < 0.8 * losses[0]
    assert weights.load(written).config == TINY
    card = weights.card(written)
    assert card["steps"] == 30
    assert card["licence"] == "CC-BY-NC-4.0; CC0-1.0"
    assert card["commercial"] is False
    assert card["config"]["network"]["feature_widths"] == [4, 4, 4]


def test_pictures_and_scalars_are_shown(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    trainer().run(tmp_path)
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["00000004.png", "00000008.png"]
    assert list((tmp_path / "events").iterdir())


def test_without_tensorboard_it_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    trainer().run(tmp_path)
    assert capsys.readouterr().err.count("TensorBoard is not installed") == 1
    assert len(scalars(tmp_path)) == 8


def test_a_grid_has_a_column_each_and_an_item_a_row() -> None:
    shown = grid({"black": torch.zeros(2, 3, 4, 5), "white": torch.full((2, 3, 4, 5), 1.5)})
    assert shown.shape == (8, 10, 3)
    assert shown[:, :5].max() == 0
    assert shown[:, 5:].min() == 255


def test_the_adversaries_join_late_and_learn_nothing_from_the_generators_step(tmp_path: Path) -> None:
    run = trainer()
    before = [tensor.clone() for tensor in ToyAdversaries().parameters()]
    batches = run.batches()
    for _ in range(4):
        run.advance(batches)
    assert "gan" not in run.losses
    assert all(map(torch.equal, before, run.plain_adversaries.parameters()))  # type: ignore[union-attr]
    run.advance(batches)
    assert {"gan", "adversary/spatial", "adversary/gradient"} <= set(run.losses)
    alone = ToyAdversaries()  # its gradient from its own loss alone, at the same fakes
    batch = next(trainer().batches())
    outcome = run.plain_objective(batch)
    sum(alone(outcome.judged).values()).backward()  # type: ignore[union-attr]
    run.plain_adversaries.load_state_dict(alone.state_dict())  # type: ignore[union-attr]
    run.backward([batch])
    for mine, theirs in zip(alone.parameters(), run.plain_adversaries.parameters(), strict=True):  # type: ignore[union-attr]
        torch.testing.assert_close(mine.grad, theirs.grad)


# ------------------------------------------------------------------------------------------------------------- resuming


class Killed(BaseException):
    """Nothing may catch it, like a kill -9."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("whole")
    trainer(config(accumulate=2), noise=0.1).run(folder)
    return folder


@pytest.mark.parametrize("step", [1, 3, 4, 7])
def test_a_killed_run_goes_on_to_the_same_losses(
    tmp_path: Path, step: int, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config(accumulate=2)
    victim = trainer(settings, noise=0.1)
    update = victim.mean.update_parameters

    def killing(networks: nn.Module) -> None:
        update(networks)
        if victim.step == step:
            raise Killed

    monkeypatch.setattr(victim.mean, "update_parameters", killing)
    with pytest.raises(Killed):
        victim.run(tmp_path)
    trainer(settings, noise=0.1).run(tmp_path, resume=True)

    assert scalars(tmp_path) == scalars(whole)
    first, second = (load_file(folder / "weights.safetensors") for folder in (whole, tmp_path))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_data_processes_change_nothing(tmp_path: Path) -> None:
    settings = config(steps=4, checkpoint_every=4)
    trainer(settings).run(tmp_path / "none")
    trainer(dataclasses.replace(settings, workers=2)).run(tmp_path / "two")
    assert scalars(tmp_path / "none") == scalars(tmp_path / "two")


def test_a_cut_off_line_of_scalars_is_dropped(tmp_path: Path) -> None:
    trainer(config(steps=3)).run(tmp_path)
    with (tmp_path / "scalars.jsonl").open("a") as file:
        file.write('{"step": 4, "to')
    trainer(config(steps=5)).run(tmp_path, resume=True)
    assert [row["step"] for row in scalars(tmp_path)] == [1, 2, 3, 4, 5]


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    trainer(config(steps=3)).run(tmp_path)
    with pytest.raises(InputError, match=r"already holds a run.*--resume"):
        trainer(config(steps=3)).run(tmp_path)


def test_a_run_goes_on_with_what_it_was_begun_with(tmp_path: Path) -> None:
    trainer(config(steps=3)).run(tmp_path)
    with pytest.raises(InputError, match="another batch, seed"):
        trainer(config(batch=3, seed=1)).run(tmp_path, resume=True)
    with pytest.raises(InputError, match="begun with 5 examples, the data now hold 6"):
        trainer(config(), ToyData(6)).run(tmp_path, resume=True)


def test_the_card_remembers_all_that_was_learned_from(tmp_path: Path) -> None:
    trainer(config(steps=3)).run(tmp_path)
    again = trainer(config(steps=4))
    again.sources = SOURCES[:1]
    card = weights.card(again.run(tmp_path, resume=True))
    assert [source["name"] for source in card["data"]] == ["toys", "photos"]
    assert card["commercial"] is False


def test_resuming_what_has_not_begun_begins(tmp_path: Path) -> None:
    trainer(config(steps=2)).run(tmp_path / "new", resume=True)
    assert len(scalars(tmp_path / "new")) == 2


# --------------------------------------------------------------------------------------------------------- interruption


@pytest.mark.parametrize("number", SIGNALS)
def test_an_interrupted_run_finishes_its_step_and_saves(
    tmp_path: Path, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(config(checkpoint_every=100))
    update = run.mean.update_parameters

    def interrupting(networks: nn.Module) -> None:
        update(networks)
        if run.step == 3:
            signal.raise_signal(number)

    monkeypatch.setattr(run.mean, "update_parameters", interrupting)
    handlers = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt):
        run.run(tmp_path)
    assert signal.getsignal(number) is handlers
    done = scalars(tmp_path)[-1]["step"]
    assert (tmp_path / f"checkpoint-{done:08}.safetensors").is_file()
    trainer(config(checkpoint_every=100)).run(tmp_path, resume=True)
    assert [row["step"] for row in scalars(tmp_path)] == list(range(1, 9))


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signal")
def test_a_run_outlives_its_terminal_where_that_was_asked_for() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with Interruption() as interruption:
            signal.raise_signal(signal.SIGHUP)
            assert not interruption.asked
            signal.raise_signal(signal.SIGTERM)
            assert interruption.asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_interrupt_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trainer()

    def interrupting(networks: nn.Module) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(run.mean, "update_parameters", interrupting)
    with pytest.raises(KeyboardInterrupt):
        run.run(tmp_path)
    assert not list(tmp_path.glob("checkpoint-*"))


# ------------------------------------------------------------------------------------------------------------ bad input


def test_a_loss_that_is_not_finite_stops_with_its_name_and_items(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Step \d: l1, coarse, total.* not finite for the items .*toy/2") as caught:
        trainer(data=ToyData(nan=2)).run(tmp_path)
    assert "\n" not in str(caught.value)
    weights.load(tmp_path / "weights.safetensors")  # the step before, finite


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_item_is_named(tmp_path: Path, workers: int) -> None:
    with pytest.raises(InputError, match=r"^toys/3\.clip: is not a zip$"):
        trainer(config(workers=workers), ToyData(broken=3)).run(tmp_path)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="'abacus' isn't there"):
        Trainer(config(), ToyData(), ToyObjective(), device="abacus")


# ------------------------------------------------------------------------------------------------------------ the parts


@given(st.integers(1, 7), st.integers(0, 20), st.integers(1, 3), st.integers(1, 3))
def test_processes_share_one_row_of_items(size: int, position: int, batch: int, processes: int) -> None:
    """Together they see what one process with all the items sees, and a later start sees the rest."""
    shares = [list(Stream(size, 3, position, batch, 4, rank, processes)) for rank in range(processes)]
    together = [[place for share in shares for place in share[k]] for k in range(4)]
    assert together == list(Stream(size, 3, position, batch * processes, 4))
    row = [place for places in Stream(size, 3, 0, 1, position + 4 * batch * processes) for place in places]
    assert [place for places in together for place in places] == row[position:]


@given(st.integers(1, 9), st.integers(0, 5))
def test_every_epoch_has_every_item_once(size: int, seed: int) -> None:
    row = [place for places in Stream(size, seed, 0, 1, 3 * size) for place in places]
    assert sorted(row) == [(epoch, index) for epoch in range(3) for index in range(size)]


def test_the_rate_rises_and_falls() -> None:
    settings = config(steps=12, warmup=2, final_rate=0.1)
    shares = [rate_share(settings, step) for step in range(13)]
    assert shares[:3] == [0.5, 1.0, 1.0]
    assert shares[7] == pytest.approx(0.55)  # half way down
    assert shares[12] == pytest.approx(0.1)


def test_momentum_ends_when_the_adversaries_join() -> None:
    assert betas(config(adversary=False), False) == (0.9, 0.99)
    assert betas(config(), False) == (0.9, 0.999)
    assert betas(config(), True) == (0.0, 0.999)


def test_the_running_mean_follows_faster_at_first() -> None:
    network = nn.Linear(2, 2)
    mean = averaged(network, 0.5)
    first, kept = next(network.parameters()), next(mean.parameters()).clone()
    with torch.no_grad():
        first += 1
    mean.update_parameters(network)  # decay min(0.5, 1 / 10)
    torch.testing.assert_close(next(mean.parameters()), kept + 0.9)
    count_updates(mean, 100)
    mean.update_parameters(network)  # decay 0.5
    torch.testing.assert_close(next(mean.parameters()), kept + 0.95)


def test_accumulated_batches_have_the_gradients_of_one() -> None:
    whole, parts = trainer(config(batch=4)), trainer(config(batch=2, accumulate=2))
    for run, count in ((whole, 1), (parts, 2)):
        run.begin_step()
        batches = run.batches()
        run.backward([next(batches) for _ in range(count)])
    assert_same_gradients(gradients(whole), gradients(parts))


def test_a_profile_names_the_phases() -> None:
    table = trainer().profile(3)
    for phase in ("data", "transfer", "forward", "backward", "adversaries", "optimizer", "samples/s; the data alone"):
        assert phase in table


# ----------------------------------------------------------------------------------------------------- several processes

TOGETHER = """
import sys
import time
from pathlib import Path
from safetensors.torch import save_file
from test_trainer import config, gradients, trainer

folder = Path(sys.argv[1])
run = trainer(config(adversary_from=0.0))
run.begin_step()
run.backward([next(run.batches())])
if run.fabric.is_global_zero:
    save_file(gradients(run), folder / "gradients.safetensors")
run = trainer(config(steps=3, adversary_from=0.0))
if not run.fabric.is_global_zero:
    time.sleep(1)  # comes when the first process has opened the folder
run.run(folder / "run")
"""


def gradients(run: Trainer) -> dict[str, Tensor]:
    modules = (run.plain_objective, run.plain_adversaries)
    return {
        f"{number}.{name}": tensor.grad.contiguous()
        for number, module in enumerate(modules)
        if module is not None
        for name, tensor in module.named_parameters()
        if tensor.grad is not None
    }


def assert_same_gradients(first: dict[str, Tensor], second: dict[str, Tensor]) -> None:
    assert first.keys() == second.keys()
    assert first
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-4, atol=1e-7)


@pytest.mark.slow
def test_two_processes_learn_what_one_with_all_the_items_learns(tmp_path: Path) -> None:
    script = tmp_path / "together.py"
    script.write_text(TOGETHER)
    root = Path(fashionmirror_core.__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{root}:{Path(__file__).parent}", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    result = subprocess.run(
        [*command, str(script), str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]

    one = trainer(config(batch=4, adversary_from=0.0))
    one.begin_step()
    one.backward([next(one.batches())])
    assert_same_gradients(load_file(tmp_path / "gradients.safetensors"), gradients(one))

    trainer(config(batch=4, steps=3, adversary_from=0.0)).run(tmp_path / "one")
    for together, alone in zip(scalars(tmp_path / "run"), scalars(tmp_path / "one"), strict=True):
        assert together == pytest.approx(alone, rel=1e-4)
