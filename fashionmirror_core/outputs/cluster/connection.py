"""The way to a Ray cluster: one that runs already, or one of this computer that is started and ended here."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fashionmirror_core.errors import InputError

HERE = "auto"
"""The address that means: workers on this computer."""
MISSING = "Several workers need Ray, which isn't installed; install FashionMirror with it: pip install '.[cluster]'."
WORKER_BYTES = 2_000_000_000  # memory that a worker is counted with: see docs/cluster.md, "Sizes"
_STORE_BYTES = (
    256 << 20
)  # of the object store of this computer: persons and garments wait there, and clips for a moment
_ANSWER_SECONDS = 5.0
_LONGEST_BASE = 24  # characters of the folder for Ray's sockets, whose paths may have 107 together
_TOKEN = secrets.token_hex(32)  # one a process: Ray keeps the first that it is given
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # it would tell its makers
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # a notice about a change to come
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # of payloads whose call failed, which is handled
}


@dataclass(frozen=True)
class Cluster:
    """A cluster that this process is connected with. workers: how many there shall be. needs: each one's resources."""

    ray: Any
    workers: int
    needs: dict[str, float]


def check_installed() -> None:
    """Raises InputError where Ray isn't installed."""
    if importlib.util.find_spec("ray") is None:
        raise InputError(MISSING)


def check_address(address: str) -> None:
    """Raises InputError for what is neither "auto" nor HOST:PORT."""
    if address != HERE and not re.fullmatch(r"[^\s:/]+:\d{1,5}|\[[\da-fA-F:.]+\]:\d{1,5}", address):
        raise InputError(f"{address} is no address of a cluster; give {HERE}, or HOST:PORT as `ray start` prints it.")


@contextlib.contextmanager
def connected(address: str, workers: int | None = None, device: str = "auto") -> Iterator[Cluster]:
    """Within it, the cluster; what was started here has ended after it.

    Args:
        address: "auto" starts workers on this computer; else HOST:PORT of a cluster of which this computer is a part.
        workers: None is one a core (with a GPU one a GPU), as far as the memory goes.
        device: as of ``TryOn.load``: a worker has a GPU, or a share of one, unless it is "cpu".

    Raises:
        InputError: no Ray, no such cluster, or no GPU there.
    """
    check_installed()
    check_address(address)
    if address != HERE:
        _check_reachable(address)
    with _quiet_ray(address == HERE) as ray:
        if ray.is_initialized():  # by whoever calls this, who ends it too
            yield _sized(ray, workers, device)
        elif address == HERE:
            with _started(ray, workers or _cores()):
                yield _sized(ray, workers, device)
        else:
            with _joined(ray, address):
                yield _sized(ray, workers, device)


@contextlib.contextmanager
def _quiet_ray(here: bool) -> Iterator[Any]:
    """Ray as a module that prints nothing, and leaves signals and the environment as they are."""
    # The ports of this computer's own run whatever they are sent: they are closed to the network, and ask for a token.
    own = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_TOKEN": _TOKEN} if here else {}
    environment = {name: os.environ.get(name) for name in (*_QUIET, *own, "RAY_AUTH_MODE")}
    os.environ.update({name: value for name, value in (_QUIET | own).items() if environment[name] is None})
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    handlers: dict[int, Any] = {number: signal.getsignal(number) for number in numbers}
    try:
        import ray
        from ray._private import worker

        # A worker's death is news for ``crew``; Ray prints it, too, in spite of log_to_driver=False.
        worker.print_to_stdstream = lambda *_, **__: None
        yield ray
    finally:
        _restored(handlers)
        for name, value in environment.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})


def _restored(before: Mapping[int, Any]) -> None:
    with contextlib.suppress(ValueError):  # not the main thread, where Ray leaves them alone
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _started(ray: Any, cores: int) -> Iterator[None]:
    """A cluster of this computer alone, in a folder of its own."""
    base = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="fm-", dir="/tmp" if len(base) > _LONGEST_BASE and os.path.isdir("/tmp") else base)
    try:
        with _session(
            ray, address="local", num_cpus=cores, object_store_memory=_STORE_BYTES, include_dashboard=False,
            _temp_dir=folder,
        ):  # fmt: skip
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _joined(ray: Any, address: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_session(ray, address=address))
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise InputError(
                f"The cluster at {address} can't be joined ({_reason(error)}); run `ray start --address={address}` on this "
                "computer, with the same Ray, Python and RAY_AUTH_TOKEN as there."
            ) from error
        yield


@contextlib.contextmanager
def _session(ray: Any, **options: Any) -> Iterator[None]:
    """From ``ray.init`` to ``ray.shutdown``, also where the first is cut short."""
    handlers: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", **options)
        _restored(handlers)
        yield
    finally:
        ray.shutdown()


def _reason(error: BaseException) -> str:
    """One line of the error from which it came; a traceback within it ends with the one that tells."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1 if "Traceback" in str(error) else 0][:120].rstrip(".")


def _check_reachable(address: str) -> None:
    """``ray.init`` would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS):
            pass
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"No cluster answers at {address} ({reason}); start one with `ray start --head` and give the address that it "
            "prints."
        ) from error


def _sized(ray: Any, workers: int | None, device: str) -> Cluster:
    there = ray.cluster_resources()
    gpus = 0 if device in ("cpu", "mps") else int(there.get("GPU", 0))
    if device == "cuda" and not gpus:
        raise InputError("The cluster has no GPU; give --device cpu or auto.")
    if workers is None:
        fits = int(there.get("memory", 0) // WORKER_BYTES)
        workers = max(1, min(int(there.get("CPU", 1)), fits, gpus or fits))
    needs = {"num_cpus": 1.0} | ({"num_gpus": 1 / math.ceil(workers / gpus)} if gpus else {})
    return Cluster(ray, workers, needs)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
