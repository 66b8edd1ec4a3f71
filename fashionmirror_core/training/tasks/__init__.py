"""The training tasks, a file each; ``TASKS`` is the table of the names that ``--tasks`` takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fashionmirror_core.errors import InputError
from fashionmirror_core.training.tasks.finish import FinishTask
from fashionmirror_core.training.tasks.labels import LabelsTask
from fashionmirror_core.training.tasks.masks import MasksTask
from fashionmirror_core.training.tasks.next_mask import NextMaskTask
from fashionmirror_core.training.tasks.settings import TaskSettings
from fashionmirror_core.training.tasks.task import Task

__all__ = ["TASKS", "chosen", "is_trained"]

_ALL = (LabelsTask, MasksTask, NextMaskTask, FinishTask)
TASKS: dict[str, Task[Any]] = {task.name: task() for task in _ALL}
"""By name; a step goes through them in this order."""


def chosen(names: Sequence[str]) -> list[Task[Any]]:
    """The tasks of these names, in the table's order. Raises InputError unless they can be trained together."""
    known = isinstance(names, tuple) and all(isinstance(name, str) and name in TASKS for name in names)
    if not known or not names or len(set(names)) < len(names):
        raise InputError(f"tasks must be some of {', '.join(TASKS)}, each once, not {names!r}")
    found = [task for name, task in TASKS.items() if name in names]
    if others := [task.name for task in found if task.items is not found[0].items]:
        raise InputError(
            f"tasks: {found[0].name} and {others[0]} learn from different data; train each in a run of its own"
        )
    return found


def is_trained(parameter: str, settings: TaskSettings) -> bool:
    """Whether one of the run's tasks reaches this parameter of ``TryOnNetworks``."""
    return any(task.trains(parameter, settings) for task in chosen(settings.tasks))
