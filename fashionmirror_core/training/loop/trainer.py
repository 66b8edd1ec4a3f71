"""The training loop, on Lightning Fabric: one process or several, in single or mixed precision.

A run can be ended at any moment and goes on to the same losses: all random draws come from the seed and the number
of the step or of the item, the rest is in the checkpoint. Start several processes with ``torchrun``; ``batch`` is of
each, and the gradients are those of one process with all the items.

A run's folder: ``config.json``, ``checkpoint-*.safetensors``, ``weights.safetensors`` with its hash and card (the
running mean of the networks), ``scalars.jsonl``, ``pictures/``, ``events/`` (TensorBoard).

See docs/method.md, "Learning".
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from fashionmirror_core.errors import InputError
from fashionmirror_core.networks import TryOnNetworks, weights
from fashionmirror_core.training.config import CHANGEABLE, TrainConfig
from fashionmirror_core.training.loop import checkpoints
from fashionmirror_core.training.loop.checkpoints import Checkpoint
from fashionmirror_core.training.loop.interruption import Interruption
from fashionmirror_core.training.loop.launching import launch
from fashionmirror_core.training.loop.monitor import Monitor, Stopwatch
from fashionmirror_core.training.loop.optimization import averaged, betas, by_rate, count_updates, follow, rate_share
from fashionmirror_core.training.loop.stream import Placed, Stream, begin_worker, collated
from fashionmirror_core.training.tasks import chosen
from fashionmirror_core.training.tasks.task import Batch, DataSource, Examples

WEIGHTS = "weights.safetensors"
CONFIG = "config.json"
MAX_WORKERS = 4
WARM_UP_STEPS = 3  # steps before a profile is measured
ITEMS_NAMED = 8  # in a message


class Trainer:
    """One run. ``data`` yields tables of tensors with their ``id``. ``objective`` has ``networks`` and an attribute
    ``adversarial``, and returns a ``task.Outcome``; it holds ``adversaries`` itself, as a judge.

    plain_objective, plain_adversaries: these modules without Fabric's wrappers. networks: that are trained; mean: their
    running mean, which ships. step, position: steps done, items seen by all processes.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: Examples,
        objective: nn.Module,
        adversaries: nn.Module | None = None,
        *,
        sources: Sequence[DataSource] = (),
        device: str = "auto",
    ) -> None:
        self.config, self.data, self.sources = config, data, sources
        self.fabric = launch(device, config.precision)
        self.step, self.position, self.seconds = 0, 0, 0.0
        self.losses: dict[str, float] = {}
        self.metrics: dict[str, float] = {}
        self._measured: dict[str, list[Tensor]] = {}  # metrics of the step's batches
        self.pictures: dict[str, Tensor] = {}
        self.clock: Callable[[str], AbstractContextManager[None]] = lambda phase: nullcontext()

        self.networks: TryOnNetworks = objective.networks  # type: ignore[assignment]
        self.networks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        objective.train()
        self.plain_objective, self.plain_adversaries = objective, adversaries
        trained = {name: tensor for name, tensor in self.networks.named_parameters() if tensor.requires_grad}
        groups = by_rate(trained, chosen(config.tasks))
        self.names = [name for names in groups.values() for name in names]
        self.optimizer = Adam(
            [
                {"params": [trained[name] for name in names], "lr": config.learning_rate * share}
                for share, names in groups.items()
            ]
        )
        self.objective, self._optimizer = self.fabric.setup(objective, self.optimizer)
        self.schedule = self._scheduled()
        self.mean = averaged(self.networks, config.ema)
        if adversaries is not None:
            self.judge_names = [name for name, _ in adversaries.named_parameters()]
            self.judge_optimizer = Adam(adversaries.parameters(), config.learning_rate, (0.0, 0.999))
            self.adversaries, self._judge_optimizer = self.fabric.setup(adversaries, self.judge_optimizer)

    # ---------------------------------------------------------------------------------------------------------- the loop

    def run(self, output: Path, resume: bool = False) -> Path:
        """See ``run.train``."""
        self._open(output, resume)
        first = self.fabric.is_global_zero
        with ExitStack() as stack:
            batches = stack.enter_context(closing(self.batches()))
            interruption = stack.enter_context(Interruption())
            monitor = stack.enter_context(Monitor(output, self.step, self.config.steps)) if first else None
            while self.step < self.config.steps:
                start = time.monotonic()
                try:
                    stop = self.advance(batches, interruption)
                except NotFinite as error:
                    self._save(output)
                    raise InputError(f"{error} The step before is kept in {output}.") from error
                self.seconds += time.monotonic() - start
                if monitor is not None:
                    self._report(monitor)
                if stop or self.step % self.config.checkpoint_every == 0 or self.step == self.config.steps:
                    self._save(output)
                    if monitor is not None:
                        monitor.say(
                            f"step {self.step} of {self.config.steps} saved; loss {self.losses['total']:.5g}, "
                            f"{monitor.rate():.3g} samples/s"
                        )
                if stop:
                    raise KeyboardInterrupt
        return output / WEIGHTS

    def advance(self, batches: Iterator[Batch], interruption: Interruption | None = None) -> bool:
        """One step. Returns whether any process was interrupted. Raises NotFinite before anything is changed."""
        self.begin_step()
        taken = []
        for _ in range(self.config.accumulate):
            with self.clock("data"):
                batch = next(batches)
            if isinstance(batch, InputError):
                raise batch
            taken.append(batch)
        found = self.backward(taken)
        with self.clock("optimizer"):
            norms = self._clip()
            stop = self._check(found | norms, taken, interruption is not None and interruption.asked)
            self._optimizer.step()
            if self._judging:
                self._judge_optimizer.step()
            follow(self.mean, self.networks)
            self.schedule.step()
        self.step += 1
        self.position += self.config.batch * self.config.accumulate * self.fabric.world_size
        return stop

    def backward(self, batches: Sequence[Batch]) -> dict[str, Tensor]:
        """The gradients of the mean over the batches and over all processes, and the losses (this process's).

        All random draws depend on the seed and the number of the step: no generator's state needs to be kept.
        """
        seeds = np.random.SeedSequence([self.config.seed, self.step, self.fabric.global_rank])
        torch.manual_seed(int(seeds.generate_state(1)[0]))
        self._optimizer.zero_grad()
        if self._judging:
            self._judge_optimizer.zero_grad()
        found: dict[str, Tensor] = {}
        self._measured = {}
        for number, batch in enumerate(batches):
            with self.clock("transfer"):
                batch = self.fabric.to_device(batch)
            for name, value in self._backward_one(batch, more=number + 1 < len(batches)).items():
                found[name] = found.get(name, torch.zeros_like(value)) + value / len(batches)
        return found

    def _backward_one(self, batch: Batch, more: bool) -> dict[str, Tensor]:
        """more: other batches of the step follow, the processes needn't agree on gradients yet."""
        share = 1 / self.config.accumulate
        judge = self.plain_adversaries if self._judging else None
        if judge is not None:  # judges the generator's frames but learns nothing from that
            judge.requires_grad_(False)
        with self.fabric.no_backward_sync(self.objective, enabled=more):
            with self.clock("forward"):
                outcome = self.objective(batch)
                total = outcome.total
            with self.clock("backward"):
                self.fabric.backward(total * share)
        found = {name: value.detach() for name, value in outcome.losses.items()} | {"total": total.detach()}
        for name, value in outcome.metrics.items():
            self._measured.setdefault(name, []).append(value.detach())
        self.pictures = outcome.pictures
        if judge is not None:
            judge.requires_grad_(True)
            with self.clock("adversaries"), self.fabric.no_backward_sync(self.adversaries, enabled=more):
                losses = self.adversaries(outcome.judged)
                self.fabric.backward(torch.stack(list(losses.values())).sum() * share)
            found |= {name: value.detach() for name, value in losses.items()}
        return found

    def _scheduled(self) -> LambdaLR:
        """The generator's learning rate from this step on."""
        return LambdaLR(self.optimizer, lambda step: rate_share(self.config, step), last_epoch=self.step - 1)

    def begin_step(self) -> None:
        """Adam's momentum, the discriminators' rate, and whether they take part depend on the number of the step."""
        config = self.config
        self._judging = config.joining is not None and self.step + 1 >= config.joining
        self.plain_objective.adversarial = self._judging  # type: ignore[assignment]
        for group in self.optimizer.param_groups:
            group["betas"] = betas(config, self._judging)
        if self._judging:
            for group in self.judge_optimizer.param_groups:
                group["lr"] = config.learning_rate * rate_share(config, self.step) * config.discriminator_rate

    def _clip(self) -> dict[str, Tensor]:
        """The gradients' norms before they are clipped."""
        largest = self.config.clip_gradient
        clip = self.fabric.clip_gradients
        norms = {
            "gradient": clip(self.objective, self._optimizer, max_norm=largest, error_if_nonfinite=False),
        }
        if self._judging:
            norms["adversary/gradient"] = clip(
                self.adversaries, self._judge_optimizer, max_norm=largest, error_if_nonfinite=False
            )
        return norms

    def _check(self, found: dict[str, Tensor], batches: Sequence[Batch], interrupted: bool) -> bool:
        """One exchange with the device and the other processes: keeps the means of losses and metrics, returns whether
        any process was interrupted; all processes stop at a loss or a norm that isn't finite in one of them.
        """
        metrics = {name: torch.stack(values).float().mean() for name, values in self._measured.items()}
        flag = found["total"].new_tensor(float(interrupted))
        own = torch.stack([value.float() for value in (*found.values(), flag, *metrics.values())])
        mean = (self.fabric.all_reduce(own, reduce_op="mean") if self.fabric.world_size > 1 else own).tolist()
        if all(map(math.isfinite, mean[: len(found) + 1])):
            self.losses = dict(zip(found, mean, strict=False))
            self.metrics = dict(zip(metrics, mean[len(found) + 1 :], strict=True))
            return mean[len(found)] > 0
        bad = [name for name, value in zip(found, own.tolist(), strict=False) if not math.isfinite(value)]
        items = [str(item) for batch in batches for item in batch.get("id", ())]
        raise NotFinite(
            f"Step {self.step + 1}: {', '.join(bad) or 'a loss of another process'} not finite for the items "
            f"{', '.join(items[:ITEMS_NAMED])}{' ...' if len(items) > ITEMS_NAMED else ''}; leave them out, or lower the "
            "learning rate."
        )

    # ---------------------------------------------------------------------------------------------------------- the data

    def batches(self) -> Generator[Batch, None, None]:
        """The batches from here to the run's end; an InputError in place of one that cannot be read. Closing it ends
        the data processes.
        """
        config, fabric = self.config, self.fabric
        count = (config.steps - self.step) * config.accumulate
        sampler = Stream(
            len(self.data), config.seed, self.position, config.batch, count, fabric.global_rank, fabric.world_size
        )
        workers = min(MAX_WORKERS, os.cpu_count() or 1) if config.workers is None else config.workers
        loader: DataLoader[Any] = DataLoader(
            Placed(self.data, skip=config.bad_data == "skip"),
            batch_sampler=sampler,
            num_workers=workers,
            collate_fn=collated,
            pin_memory=fabric.device.type == "cuda",
            worker_init_fn=begin_worker,
        )
        yield from loader

    def profile(self, steps: int) -> str:
        """See ``run.profile``; with adversaries from the first step on, where there are any."""
        self.config = replace(self.config, steps=max(self.config.steps, steps + WARM_UP_STEPS), adversary_from=0.0)
        pipeline = self._pipeline_rate(steps)
        with closing(self.batches()) as batches:
            for _ in range(WARM_UP_STEPS):
                self.advance(batches)
            self.clock = watch = Stopwatch(self.fabric.device)
            for _ in range(steps):
                self.advance(batches)
        return watch.table(steps * self.config.batch * self.config.accumulate, pipeline)

    def _pipeline_rate(self, steps: int) -> float:
        """Samples a second of the data alone, the workers' start left out."""
        with closing(self.batches()) as batches:
            next(batches)
            start = time.perf_counter()
            for _ in range(steps):
                next(batches)
            return steps * self.config.batch / (time.perf_counter() - start)

    # ------------------------------------------------------------------------------------------------------ the output

    def _report(self, monitor: Monitor) -> None:
        config = self.config
        monitor.advanced(self.losses["total"], config.batch * config.accumulate * self.fabric.world_size)
        if self.step == 1 or self.step % config.scalar_every == 0:
            monitor.scalars(self.step, self.losses | self.metrics)
        if self.step % config.picture_every == 0:
            monitor.pictures(self.step, self.pictures)

    def _open(self, output: Path, resume: bool) -> None:
        if not resume:
            # The first process alone looks: one that came later would take its files for those of another run.
            taken = self.fabric.is_global_zero and _holds_run(output)
            if self.fabric.broadcast(taken):
                raise InputError(f"{output} already holds a run; go on with --resume, or choose another folder.")
        checkpoint = checkpoints.newest(output) if resume else None
        if checkpoint is not None:
            self._restore(checkpoint, output)
        if self.fabric.is_global_zero:
            try:
                output.mkdir(parents=True, exist_ok=True)
                self.config.write(output / CONFIG)
            except OSError as error:
                raise InputError(
                    f"{output}: cannot be written to ({error.strerror}); choose another folder."
                ) from error

    def _save(self, output: Path) -> None:
        """The weights first: a run whose last checkpoint is there has its weights."""
        if not self.fabric.is_global_zero:
            return
        weights.save(cast(TryOnNetworks, self.mean.module), output / WEIGHTS, self.card())
        parts = {
            "networks": self.networks.state_dict(),
            "mean": self.mean.module.state_dict(),
            "optimizer": checkpoints.optimizer_tensors(self.optimizer, self.names),
        }
        if self.plain_adversaries is not None:
            parts["adversaries"] = self.plain_adversaries.state_dict()
            parts["judge_optimizer"] = checkpoints.optimizer_tensors(self.judge_optimizer, self.judge_names)
        state = {
            "config": self.config.to_dict(),
            "examples": len(self.data),
            "position": self.position,
            "seconds": self.seconds,
            "losses": self.losses,
            "sources": [vars(source) for source in self.sources],
        }
        checkpoints.write(output, Checkpoint(self.step, checkpoints.joined(**parts), state))

    def _restore(self, checkpoint: Checkpoint, output: Path) -> None:
        state = checkpoint.state
        before, now = state["config"], self.config.to_dict()
        if other := sorted(name for name in now if name not in CHANGEABLE and before.get(name) != now[name]):
            raise InputError(f"{output} was begun with another {', '.join(other)}; give the same, or another folder.")
        if state["examples"] != len(self.data):
            raise InputError(
                f"{output} was begun with {state['examples']} examples, the data now hold {len(self.data)}; give the "
                "same data, or begin another run with --init."
            )
        self.step, self.position = checkpoint.step, state["position"]
        self.seconds, self.losses = state["seconds"], state["losses"]
        self.sources = list(dict.fromkeys([*self.sources, *(DataSource(**source) for source in state["sources"])]))
        self.networks.load_state_dict(checkpoint.part("networks"))
        self.mean.module.load_state_dict(checkpoint.part("mean"))
        count_updates(self.mean, self.step)
        checkpoints.restore_optimizer(self.optimizer, self.names, checkpoint.part("optimizer"))
        self.schedule = self._scheduled()
        if self.plain_adversaries is not None:
            self.plain_adversaries.load_state_dict(checkpoint.part("adversaries"))
            judge_state = checkpoint.part("judge_optimizer")
            checkpoints.restore_optimizer(self.judge_optimizer, self.judge_names, judge_state)

    def card(self) -> dict[str, Any]:
        """The weights' card."""
        device = self.fabric.device
        return {
            "name": "FashionMirror try-on networks",
            "licence": "; ".join(sorted({source.licence for source in self.sources})) or "unknown",
            "commercial": bool(self.sources) and all(source.commercial for source in self.sources),
            "data": [vars(source) for source in self.sources],
            "tasks": list(self.config.tasks),
            "steps": self.step,
            "seed": self.config.seed,
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            "processes": self.fabric.world_size,
            "torch": torch.__version__,
            "seconds": round(self.seconds, 1),
            "losses": self.losses,
            "config": self.config.to_dict(),
        }


def _holds_run(output: Path) -> bool:
    weights_path = output / WEIGHTS
    own = (output / CONFIG, weights_path, weights.hash_path(weights_path), weights.card_path(weights_path))
    return bool(checkpoints.found(output)) or any(map(os.path.lexists, own))


class NotFinite(ArithmeticError):
    """A loss or a gradient is NaN or infinite; the message names it and the items."""
