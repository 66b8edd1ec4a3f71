"""Values that no look has are refused alike in a project and in the look that travels inside an exported clip."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from app.engine.exports import MARK, understood
from app.engine.exports import VERSION as EXPORT_VERSION
from app.model.limits import MAX_FRAMES, MAX_JOINT_EDITS
from app.model.project import load_project, save_project
from app.model.state import (
    VERSION,
    ClipSettings,
    GarmentInput,
    JointEdit,
    LookState,
    MaskEdit,
    Painting,
    PersonInput,
)
from fashionmirror_core.cloth.tailoring import Tailoring
from fashionmirror_core.errors import InputError

MASK = Painting.of(np.random.default_rng(0).integers(0, 256, (60, 40), dtype=np.uint8))

GOOD: list[dict[str, Any]] = [
    {},
    {"in_point": 3, "out_point": 3},
    {"in_point": 0, "out_point": MAX_FRAMES - 1},
    {"joint_edits": {"0": {"24": {"x": -5.5, "y": 1e6}}}},
    {"clip": {"frames": MAX_FRAMES}},
]
WRONG: list[dict[str, Any]] = [
    {"in_point": 3, "out_point": 2},
    {"in_point": -1},
    {"out_point": MAX_FRAMES},
    {"joint_edits": {"0": {"999": {}}}},
    {"joint_edits": {"0": {"-1": {}}}},
    {"joint_edits": {str(MAX_FRAMES): {"4": {}}}},
    {"joint_edits": {"0": {"4": {"x": float("nan"), "y": 1.0}}}},
    {"joint_edits": {"0": {"4": {"x": 1.0, "y": float("inf")}}}},
    {"joint_edits": {"0": {"4": {"x": 2e6, "y": 1.0}}}},
    {"joint_edits": {str(k): {str(j): {} for j in range(25)} for k in range(MAX_JOINT_EDITS // 25 + 1)}},
    {"clip": {"frames": MAX_FRAMES + 1}},
    {"clip": {"background": "a\0b.png"}},
    {"person": {"path": "a\0b.png"}},
    {"garments": [{"path": "a\0b.png"}]},
    {"garments": [{"path": "a.png", "back": "a\0b.png"}]},
    {"garments": [{"path": "a.png", "fabric": "wool"}]},
    {"garments": [{"path": "a.png", "fit": "tight"}]},
    {"garments": [{"path": "a.png", "cut": "kimono"}]},
    {"motion": {"path": "a\0b.mp4"}},
]


def _told(wrong: dict[str, Any]) -> str:
    return ascii(wrong)[:60]


def in_export(look: dict[str, Any]) -> LookState | None:
    return understood(json.dumps({"mark": MARK, "version": EXPORT_VERSION, "look": look}))


def in_project(look: dict[str, Any], path: Path) -> LookState:
    manifest = {"version": VERSION, "look": look, "files": {}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.json", json.dumps(manifest))
    return load_project(path).state


@pytest.mark.parametrize("look", GOOD, ids=_told)
def test_a_look_that_can_be_opens_from_both(look: dict[str, Any], tmp_path: Path) -> None:
    """Else every refusal below would prove nothing."""
    opened = in_export(look)
    assert opened is not None
    assert opened == in_project(look, tmp_path / "a.fmirror")


@pytest.mark.parametrize("look", WRONG, ids=_told)
def test_values_that_no_look_has_are_refused_in_both(look: dict[str, Any], tmp_path: Path) -> None:
    assert in_export(look) is None
    with pytest.raises(InputError, match=r"a\.fmirror") as refusal:
        in_project(look, tmp_path / "a.fmirror")
    assert "\n" not in str(refusal.value)


def test_a_refusal_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"clip\.frames.*{MAX_FRAMES}"):
        in_project({"clip": {"frames": 100_000}}, tmp_path / "a.fmirror")
    with pytest.raises(InputError, match="in point is after the out point"):
        in_project({"in_point": 3, "out_point": 2}, tmp_path / "a.fmirror")


# --- paintings ---------------------------------------------------------------------------------------------------


def _with_data(change: Any) -> bytes:
    """MASK's PNG with its pixel data changed and its checksums right."""
    png, at, chunks = MASK.png, 8, []
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + length]
        chunks.append((kind, change(data) if kind == b"IDAT" else data))
        at += 12 + length
    body = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return png[:8] + b"".join(body)


DAMAGED = {
    "cut short": MASK.png[: len(MASK.png) // 2],
    "a byte flipped": MASK.png[:900] + bytes([MASK.png[900] ^ 255]) + MASK.png[901:],
    "half the rows": _with_data(lambda data: data[: len(data) // 2]),
    "other data": _with_data(lambda data: bytes(reversed(data))),
}


def test_the_changed_data_are_the_fault(tmp_path: Path) -> None:
    assert Painting(png=_with_data(lambda data: data)) == MASK


@pytest.mark.parametrize("png", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_painting_is_refused_when_it_is_opened(png: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="damaged"):
        Painting(png=png)
    name = f"paintings/{MASK.hash}.png"
    manifest = {"version": VERSION, "look": {"removed_edit": name}, "files": {}}
    with zipfile.ZipFile(tmp_path / "a.fmirror", "w") as archive:
        archive.writestr("project.json", json.dumps(manifest))
        archive.writestr(name, png)
    with pytest.raises(InputError, match="damaged"):
        load_project(tmp_path / "a.fmirror")


def test_a_painting_is_decoded_once_however_many_frames_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_project(LookState(clothing_edits={k: MaskEdit(change=MASK) for k in range(200)}), tmp_path / "a.fmirror")
    decoded: list[bytes] = []
    decode = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda png, how: decoded.append(png) or decode(png, how))
    assert len(load_project(tmp_path / "a.fmirror").state.clothing_edits) == 200
    assert len(decoded) == 1


# --- what the program itself makes -------------------------------------------------------------------------------


def test_a_look_that_could_not_be_opened_again_is_not_saved(tmp_path: Path) -> None:
    """``model_copy`` doesn't check; a project does, before it replaces one that can be opened."""
    save_project(LookState(in_point=1), tmp_path / "a.fmirror")
    before = (tmp_path / "a.fmirror").read_bytes()
    for update in ({"in_point": 3, "out_point": 2}, {"clip": ClipSettings().model_copy(update={"frames": 10**6})}):
        with pytest.raises(ValueError, match="validation error"):
            save_project(LookState().model_copy(update=update), tmp_path / "a.fmirror")
    assert (tmp_path / "a.fmirror").read_bytes() == before


def test_values_of_values_are_checked_again() -> None:
    wrong = JointEdit(x=1.0, y=1.0).model_copy(update={"x": float("nan")})
    with pytest.raises(ValueError, match="x"):
        LookState(joint_edits={0: {4: wrong}})
    person = PersonInput(path=Path("ana.png"))
    garment = GarmentInput(path=Path("dress.png"), cutout=MASK)
    state = LookState(person=person, garments=(garment,))
    assert (state.person, state.garments) == (person, (garment,))
    assert state.garments[0].cutout is MASK  # pixels aren't decoded again


def test_how_a_garment_is_worn_is_written_in_words_and_older_looks_have_none() -> None:
    worn = {"fabric": "silk", "fit": "oversize", "cut": "a-line", "tucked": True, "back": "b.png"}
    garment = GarmentInput.model_validate({"path": "a.png"} | worn)
    assert garment.model_dump(mode="json", include=set(worn)) == worn
    assert garment.tailoring == Tailoring.from_words(fabric="silk", fit="oversize", cut="a-line", tucked=True)
    assert GarmentInput.model_validate({"path": "a.png"}).tailoring == Tailoring()
