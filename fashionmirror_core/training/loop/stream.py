"""In which order a run sees its examples, and the processes that read them.

The order depends on the seed and on nothing else, so that a run that was ended goes on with the very same batches.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from torch.utils.data import Dataset, Sampler, default_collate

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.loop.interruption import SIGNALS
from fashionmirror_core.training.tasks.task import Examples

Place = tuple[int, int]  # epoch, index of an item


class Stream(Sampler[list[Place]]):
    """Batches of (epoch, index), an endless row of permutations that depend on the seed and the epoch alone.

    The processes take their batches side by side from one row, so that together they see the items of one process. position:
    where to begin in the row. count: batches to yield.
    """

    def __init__(
        self, size: int, seed: int, position: int, batch: int, count: int, rank: int = 0, processes: int = 1
    ) -> None:
        self.size, self.seed, self.batch, self.count = size, seed, batch, count
        self.start, self.stride = position + rank * batch, batch * processes

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[list[Place]]:
        epoch, order = -1, np.empty(0, np.int64)
        for number in range(self.count):
            places = []
            for position in range(self.start + number * self.stride, self.start + number * self.stride + self.batch):
                if position // self.size != epoch:
                    epoch = position // self.size
                    order = np.random.default_rng([self.seed, epoch]).permutation(self.size)
                places.append((epoch, int(order[position % self.size])))
            yield places


class Placed(Dataset[Any]):
    """Items by their place. An item's error is returned, because an exception doesn't leave a data process whole; with
    ``skip`` it is printed to stderr and the next readable item takes the place.
    """

    def __init__(self, data: Examples, skip: bool = False) -> None:
        self.data, self.skip = data, skip

    def __getitem__(self, place: Place) -> Any:
        epoch, index = place
        self.data.set_epoch(epoch)
        for number in range(len(self.data)):
            try:
                return self.data[(index + number) % len(self.data)]
            except InputError as error:
                if not self.skip:
                    return InputError(str(error))
                print(f"skipped: {error}", file=sys.stderr)
        return InputError("No item of the data can be read; prepare the sets again.")


def collated(items: list[Any]) -> Any:
    return next((item for item in items if isinstance(item, InputError)), None) or default_collate(items)


def begin_worker(_: int) -> None:
    """A signal often goes to the whole group, but the main process needs its data to finish the step; a data process
    ends with it anyway.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    cv2.setNumThreads(0)
