"""The weights file: fp16 safetensors with what it takes to rebuild the networks, its SHA-256 and its card beside it.

``default.safetensors`` holds the tensors and, in its header, the format's version, the architecture, the configuration
and the licence; ``default.sha256`` is as ``sha256sum -c`` reads it; ``default.json`` is the card (data, licence, steps,
metrics).

A network that is still as ``TryOnNetworks.default`` makes it isn't written: a file holds what was learned.

Nothing in a file is trusted: it is read only when its hash matches, and loaded only when its networks are whole, every
tensor is expected, has the expected shape and holds finite numbers. Pickles are never opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import init
from torch.overrides import TorchFunctionMode

from fashionmirror_core import places
from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import Change
from fashionmirror_core.media.redo_log import settle
from fashionmirror_core.networks import NetworkConfig, TryOnNetworks
from fashionmirror_core.networks.garment_encoder import GarmentEncoder

FORMAT_VERSION = "2"  # 2: stage I is one network
ARCHITECTURE = "fashionmirror-tryon"
SUFFIX = ".safetensors"
_FLOATS = ("F16", "BF16", "F32")
_NAMED = 3  # offending tensors named in a message


class WeightsError(InputError):
    """A weights file that is not loaded. The message is one line and names the file."""


class UnusableWeights(WeightsError):
    """A weights file that is there, but isn't whole, doesn't fit or holds no numbers: the engine can go on without it."""


def find(name: str = "default") -> Path | None:
    """The weights that ship under this name, or None where there are none: the engine then is its analytic self."""
    try:
        path = places.weights() / f"{Path(name).name}{SUFFIX}"
    except FileNotFoundError:
        return None
    return path if path.is_file() else None


def located(name: str | Path) -> Path:
    """The weights that ship under this name; where there are none, the file of that name, which may not be there."""
    shipped = find(str(name)) if Path(name).name == str(name) else None
    return Path(name) if shipped is None else shipped


def save(networks: TryOnNetworks, path: str | Path, card: dict[str, Any]) -> None:
    """Writes the networks in fp16, their hash and their card; the three appear together or not at all.

    card: JSON types, with at least a ``licence``. Raises WeightsError for another suffix, a card without a licence, a
    number that isn't finite in fp16, or a folder that cannot be written to.
    """
    path = Path(path)
    _check_suffix(path)
    if not card.get("licence"):
        raise WeightsError(f"{path.name}: the card names no licence; add one.")
    tensors = {name: _half(path, name, tensor) for name, tensor in learned(networks).items()}
    metadata = {
        "format_version": FORMAT_VERSION,
        "architecture": ARCHITECTURE,
        "config": json.dumps(networks.config.to_dict()),
        "licence": str(card["licence"]),
    }
    _write(path, tensors, metadata, card)


def load(path: str | Path) -> TryOnNetworks:
    """The networks of a weights file: float32, CPU, inference mode. Raises WeightsError unless everything fits."""
    path = Path(path)
    _check_suffix(path)
    settle()
    _check_hash(path)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            networks = _blank(path, file.metadata() or {})
            expected = _named_networks(file.keys(), _numbers(networks))
            tensors = _tensors(path, file, expected)
    except (SafetensorError, OSError) as error:
        raise UnusableWeights(f"{path}: not a whole safetensors file; copy or download it again.") from error
    default = TryOnNetworks.default(config=networks.config)
    networks.load_state_dict(default.state_dict() | tensors, assign=True)
    return networks.for_inference()


def card(path: str | Path) -> dict[str, Any]:
    """The card beside a weights file. Raises WeightsError where it is missing or not a JSON table."""
    beside = card_path(Path(path))
    settle()
    try:
        data = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{beside}: the weights' card is missing or broken; restore it.") from error
    if not isinstance(data, dict):
        raise WeightsError(f"{beside}: the weights' card is not a JSON table; restore it.")
    return data


def sha256(path: Path) -> str:
    """The file's hash in lower-case hex, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def hash_path(path: Path) -> Path:
    return path.with_suffix(".sha256")


def card_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _check_suffix(path: Path) -> None:
    if path.suffix != SUFFIX:
        raise WeightsError(f"{path}: only {SUFFIX} weights are read, never pickles; give a {SUFFIX} file.")


def _check_hash(path: Path) -> None:
    if not path.is_file():
        raise WeightsError(f"{path}: there is no such weights file; check the name.")
    beside = hash_path(path)
    try:
        expected = beside.read_text(encoding="utf-8").split()
        actual = sha256(path)
    except FileNotFoundError as error:
        raise UnusableWeights(f"{path}: its hash {beside.name} is missing; put it beside the weights.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableWeights(f"{path}: the file or its hash {beside.name} cannot be read; copy both again.") from error
    if not expected or expected[0].lower() != actual:
        raise UnusableWeights(f"{path}: does not match its hash in {beside.name}; copy or download both again.")


def _blank(path: Path, metadata: dict[str, str]) -> TryOnNetworks:
    """Networks of the file's configuration without memory for their numbers, to be compared with the file first."""
    architecture, version = metadata.get("architecture"), metadata.get("format_version")
    if architecture != ARCHITECTURE:
        raise UnusableWeights(f"{path}: made for {architecture or 'an unnamed architecture'}, not {ARCHITECTURE}.")
    if version != FORMAT_VERSION:
        raise UnusableWeights(
            f"{path}: weights format {version}, this program reads {FORMAT_VERSION}; update one of them."
        )
    try:
        config = NetworkConfig.from_dict(json.loads(metadata.get("config", "")))
    except ValueError as error:
        raise UnusableWeights(
            f"{path}: its configuration is unusable ({_one_line(error)}); use other weights."
        ) from error
    with torch.device("meta"), _Unfilled():
        return TryOnNetworks(config)


def learned(networks: TryOnNetworks) -> dict[str, Tensor]:
    """The tensors of every network that isn't as it was made."""
    state, made = _numbers(networks), _numbers(TryOnNetworks.default(config=networks.config))
    changed = {_network_of(name) for name, tensor in state.items() if not torch.equal(tensor.cpu(), made[name])}
    return {name: tensor for name, tensor in state.items() if _network_of(name) in changed}


def _numbers(network: nn.Module) -> dict[str, Tensor]:
    """Its state without the counts that batch norms keep in training."""
    return {name: tensor for name, tensor in network.state_dict().items() if tensor.is_floating_point()}


def _named_networks(names: Iterable[str], state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of a whole state, what belongs to the networks that these tensors are of."""
    there = {_network_of(name) for name in names}
    return {name: tensor for name, tensor in state.items() if _network_of(name) in there}


def _network_of(name: str) -> str:
    return name.split(".", 1)[0]


class _Unfilled(TorchFunctionMode):
    """Numbers that are read from a file a moment later aren't drawn first: on "meta" the first draw imports for a second."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _DRAWS:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


_DRAWS = (
    *(Tensor.normal_, Tensor.uniform_),
    *(init.kaiming_normal_, init.kaiming_uniform_, init.normal_, init.uniform_),  # which the mode sees as a whole
)


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str], card: dict[str, Any]) -> None:
    """Numbers, hash and card, all three or none."""
    text = json.dumps(card, indent=2, ensure_ascii=False) + "\n"
    try:
        with Change(durable=True) as change:
            numbers = change.file(path)
            save_file(tensors, numbers, metadata)
            change.file(hash_path(path)).write_text(f"{sha256(numbers)}  {path.name}\n", encoding="utf-8")
            change.file(card_path(path)).write_text(text, encoding="utf-8")
    except SafetensorError as error:
        raise WeightsError(f"{path}: cannot be written ({_one_line(error)}); choose another folder.") from error
    except WeightsError:
        raise
    except InputError as error:
        raise WeightsError(str(error)) from error


def _tensors(path: Path, file: Any, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The expected tensors of an open file, in float32, all finite."""
    _check_layout(path, file, expected)
    tensors = {name: file.get_tensor(name).float() for name in expected}
    if bad := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
        raise UnusableWeights(f"{path}: holds NaN or infinite numbers in {_names(bad)}; use other weights.")
    return tensors


def _check_layout(path: Path, file: Any, expected: dict[str, Tensor]) -> None:
    """Names, shapes and types of the file's tensors, from its header alone."""
    found = set(file.keys())
    if missing := sorted(set(expected) - found):
        raise UnusableWeights(f"{path}: does not fit its architecture, {_names(missing)} missing; use other weights.")
    if unknown := sorted(found - set(expected)):
        raise UnusableWeights(f"{path}: does not fit its architecture, {_names(unknown)} unknown; use other weights.")
    for name, tensor in expected.items():
        part = file.get_slice(name)
        if (shape := list(part.get_shape())) != list(tensor.shape):
            raise UnusableWeights(f"{path}: {name} is {shape}, expected {list(tensor.shape)}; use other weights.")
        if part.get_dtype() not in _FLOATS:
            raise UnusableWeights(
                f"{path}: {name} holds {part.get_dtype()}, not floating-point numbers; use other weights."
            )


def _half(path: Path, name: str, tensor: Tensor) -> Tensor:
    half = tensor.detach().to("cpu", torch.float16).contiguous()
    if not half.isfinite().all():
        raise WeightsError(f"{path.name}: {name} is not finite in 16 bits; these networks cannot be saved.")
    return half


def _names(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


# --- the clothes encoder -----------------------------------------------------------------------------------------

GARMENT_ENCODER = "garment"  # the name that its file ships under
GARMENT_ARCHITECTURE = "fashionmirror-garment-encoder"


def save_garment_encoder(network: GarmentEncoder, path: str | Path, card: dict[str, Any]) -> None:
    """Writes the clothes encoder in fp16, its hash and its card; see ``save``."""
    path = Path(path)
    _check_suffix(path)
    if not card.get("licence"):
        raise WeightsError(f"{path.name}: the card names no licence; add one.")
    tensors = {name: _half(path, name, value) for name, value in _numbers(network).items()}
    metadata = {
        "format_version": FORMAT_VERSION,
        "architecture": GARMENT_ARCHITECTURE,
        "licence": str(card["licence"]),
    }
    _write(path, tensors, metadata, card)


def load_garment_encoder(path: str | Path | None = None) -> GarmentEncoder:
    """The clothes encoder: float32, CPU, inference mode; None is the one that ships.

    Raises WeightsError where the file is missing, changed, of another architecture, not whole or not finite.
    """
    path = Path(path) if path is not None else places.weights() / f"{GARMENT_ENCODER}{SUFFIX}"
    _check_suffix(path)
    _check_hash(path)
    network = GarmentEncoder()
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            found = (file.metadata() or {}).get("architecture")
            if found != GARMENT_ARCHITECTURE:
                raise WeightsError(f"{path}: holds {found or 'other networks'}, not the clothes encoder; use its file.")
            tensors = _tensors(path, file, _numbers(network))
    except (SafetensorError, OSError) as error:
        raise UnusableWeights(f"{path}: not a whole safetensors file; copy or download it again.") from error
    network.load_state_dict(network.state_dict() | tensors)
    return network.requires_grad_(False).eval().to(memory_format=torch.channels_last)
