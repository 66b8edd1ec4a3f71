"""Project files that anybody may have made: opened or refused in one line, and never a byte outside the cache."""

from __future__ import annotations

import io
import json
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.model import archive, folders
from app.model.project import LoadedProject, load_project, save_project
from app.model.state import GarmentInput, JointEdit, LookState, MaskEdit, MotionInput, Painting, PersonInput
from fashionmirror_core.errors import InputError

MASK = Painting.of(np.full((6, 4), 9, np.uint8))
Entries = dict[str, bytes]

quickly = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    """A folder with a good project (``good.fmirror``), a secret beside it, and room for a hostile one."""
    (tmp_path / "ana.png").write_bytes(b"a photo")
    (tmp_path / "secret").write_bytes(b"the user's key")
    state = LookState(
        person=PersonInput(path=tmp_path / "ana.png"),
        garments=(GarmentInput(path=tmp_path / "ana.png", cutout=MASK),),
        motion=MotionInput(template="catwalk"),
        clothing_edits={2: MaskEdit(change=MASK)},
        joint_edits={1: {4: JointEdit(x=3.5, hidden=True)}},
    )
    save_project(state, tmp_path / "good.fmirror", np.zeros((4, 4, 3), np.uint8))
    return tmp_path


@pytest.fixture
def entries(ground: Path) -> Entries:
    """What the good project holds."""
    with zipfile.ZipFile(ground / "good.fmirror") as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def tree(root: Path) -> dict[Path, bytes | None]:
    """Everything below, with the files' contents."""
    return {path: path.read_bytes() if path.is_file() else None for path in root.rglob("*")}


def opened(ground: Path, data: bytes) -> LoadedProject | str:
    """The project, or the line that refuses it; nothing but the cache has changed."""
    path = ground / "hostile.fmirror"
    path.write_bytes(data)
    roots = (ground, folders.state(), folders.config())
    outside = [tree(root) for root in roots]
    above = set(ground.parent.iterdir()) | set(folders.cache().parent.parent.iterdir()) | {folders.cache().parent}
    cached = set(folders.cache().rglob("*"))
    try:
        result: LoadedProject | str = load_project(path)
    except InputError as refusal:
        result = str(refusal)
        assert "\n" not in result
        assert "hostile.fmirror" in result
        assert set(folders.cache().rglob("*.part*")) <= cached
    assert [tree(root) for root in roots] == outside
    assert set(ground.parent.iterdir()) | set(folders.cache().parent.parent.iterdir()) <= above
    for place in folders.cache().rglob("*"):
        assert not place.is_symlink()
    return result


def zipped(entries: Entries, extra: Callable[[zipfile.ZipFile], None] | None = None) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")  # doubled names are the point of a test
        for name, data in entries.items():
            archive.writestr(name, data)
        if extra:
            extra(archive)
    return stream.getvalue()


def with_manifest(entries: Entries, change: Callable[[Any], Any]) -> Entries:
    manifest = json.loads(entries["project.json"])
    return entries | {"project.json": json.dumps(change(manifest) or manifest).encode()}


def refused(result: LoadedProject | str) -> str:
    assert isinstance(result, str), f"opened: {result}"
    return result


# --- the zip -----------------------------------------------------------------------------------------------------


def test_the_good_project_opens(ground: Path, entries: Entries) -> None:
    """Else every refusal below would prove nothing."""
    assert isinstance(opened(ground, zipped(entries)), LoadedProject)


@given(data=st.data())
@quickly
def test_a_cut_short_project_is_refused(ground: Path, data: st.DataObject) -> None:
    whole = (ground / "good.fmirror").read_bytes()
    refused(opened(ground, whole[: data.draw(st.integers(0, len(whole) - 1))]))


@given(data=st.data())
@quickly
def test_a_damaged_project_opens_or_is_refused(ground: Path, data: st.DataObject) -> None:
    damaged = bytearray((ground / "good.fmirror").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    opened(ground, bytes(damaged))


@given(junk=st.binary(max_size=400))
@example(junk=b"PK\5\6" + bytes(18))
@example(junk=b"PK\3\4")
@quickly
def test_what_is_no_zip_is_refused(ground: Path, junk: bytes) -> None:
    refused(opened(ground, junk))


HOSTILE_NAMES = [
    *("../evil.png", "inputs/../../evil.png", "/etc/evil", "C:\\evil.png", "C:/evil.png", "inputs\\..\\evil.png"),
    *("..\\evil.png", "\\\\server\\share\\evil", "inputs/a\0b.png", "inputs/.", "inputs/..", "inputs/a/b.png", "", "."),
    *("inputs/" + "a" * 5000, "x" * 65000, "inputs/a b.png", "paintings/x.png", "inputs/0.png\n", "PROJECT.JSON"),
    *("inputs/con .png", "inputs/0.png:stream", "project.json/", "inputs/０.png"),
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_name_that_no_project_has_is_refused(ground: Path, entries: Entries, name: str) -> None:
    def add(zipped: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name  # as it is: the constructor would mend it
        zipped.writestr(info, b"evil")

    refused(opened(ground, zipped(entries, add)))


@given(name=st.text(min_size=1, max_size=60))
@quickly
def test_any_other_name_is_refused_or_harmless(ground: Path, entries: Entries, name: str) -> None:
    def add(zipped: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name
        zipped.writestr(info, b"evil")

    try:
        data = zipped(entries, add)
    except UnicodeEncodeError:
        return
    opened(ground, data)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR])
def test_a_link_or_device_is_refused(ground: Path, entries: Entries, kind: int) -> None:
    def add(zipped: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("inputs/9.png")
        info.external_attr = (kind | 0o777) << 16
        zipped.writestr(info, b"/etc/passwd")

    assert "tampered" in refused(opened(ground, zipped(entries, add)))


@pytest.mark.parametrize("name", ["project.json", "inputs/0.png"])
def test_doubled_entries_are_refused(ground: Path, entries: Entries, name: str) -> None:
    """Programs differ in which of the two they see."""
    assert "tampered" in refused(opened(ground, zipped(entries, lambda zipped: zipped.writestr(name, entries[name]))))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_projects_do_not_use_is_refused(ground: Path, entries: Entries, method: int) -> None:
    refused(opened(ground, zipped(entries, lambda zipped: zipped.writestr("inputs/9.png", b"x", method))))


def test_an_encrypted_entry_is_refused(ground: Path, entries: Entries) -> None:
    data = bytearray(zipped(entries))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    assert "tampered" in refused(opened(ground, bytes(data)))


@pytest.mark.parametrize("name", ["inputs/9.png", "paintings/0123456789abcdef.png", "thumbnail.png", "project.json"])
def test_a_bomb_is_refused_before_it_is_read(
    ground: Path, entries: Entries, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries.pop(name, None)
    bomb = zipped(entries, lambda zipped: zipped.writestr(name, bytes(6 << 20), zipfile.ZIP_DEFLATED))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # nothing may be read
    assert "more than a project may hold" in refused(opened(ground, bomb))


@pytest.mark.parametrize("declared", [0xFFFFFFFF, 0xFFFFFFFE, 1 << 30])
def test_a_huge_declared_size_is_refused(ground: Path, entries: Entries, declared: int) -> None:
    data = bytearray(zipped(entries))
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, declared)
    refused(opened(ground, bytes(data)))


def test_entries_that_declare_less_than_they_hold_are_refused(ground: Path, entries: Entries) -> None:
    def use_it(manifest: Any) -> None:
        manifest["files"]["inputs/9.png"] = {"name": "9.png"}
        manifest["look"]["person"]["path"] = "inputs/9.png"

    def add(zipped: zipfile.ZipFile) -> None:
        zipped.writestr("inputs/9.png", bytes(5000), zipfile.ZIP_DEFLATED)

    data = bytearray(zipped(with_manifest(entries, use_it), add))
    assert isinstance(opened(ground, bytes(data)), LoadedProject)
    struct.pack_into("<I", data, data.rindex(b"PK\1\2") + 24, 10)
    assert "damaged" in refused(opened(ground, bytes(data)))


def test_many_large_entries_are_refused_together(
    ground: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "TOTAL_LIMIT", 10_000)
    many = entries | {f"inputs/{k}.png": bytes(900) for k in range(10, 30)}
    assert "more than a project may hold" in refused(opened(ground, zipped(many)))


def test_too_many_entries_are_refused_before_they_are_listed(
    ground: Path, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray(zipped(entries))
    struct.pack_into("<HH", data, len(data) - 14, 50_000, 50_000)
    monkeypatch.setattr(archive.zipfile, "ZipFile", None)
    assert "more than a project may hold" in refused(opened(ground, bytes(data)))


def test_64_bit_directories_are_refused(ground: Path, entries: Entries) -> None:
    data = zipped(entries)
    locator = b"PK\6\7" + bytes(16)
    assert "more than a project may hold" in refused(opened(ground, data[:-22] + locator + data[-22:]))


# --- the manifest ------------------------------------------------------------------------------------------------

MANIFESTS = [
    *(b"", b"{", b"null", b"[]", b"3", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 10_000),
    *(b'{"version": 1}', b'{"version": 1, "look": 3, "files": {}}', b'{"version": 1, "look": {}, "files": []}'),
    *(
        b'{"version": 1, "look": {}, "files": {"a": 3}}',
        b'{"version": 1, "look": {"person": {"path": 3}}, "files": {}}',
    ),
    *(b'{"version": 0}', b'{"version": 0, "look": []}', b'{"version": 0, "look": {"person": 3}}'),
    *(b'{"version": 0, "look": {"garment": {"path": 3}}}', b'{"version": 0, "look": {"removed": "../secret"}}'),
    b'{"version": 1, "look": {"in_point": ' + b"9" * 5000 + b'}, "files": {}}',
]


@pytest.mark.parametrize("text", MANIFESTS, ids=lambda text: ascii(text[:40]))
def test_a_manifest_that_is_none_is_refused(ground: Path, entries: Entries, text: bytes) -> None:
    refused(opened(ground, zipped(entries | {"project.json": text})))


def test_a_project_without_a_manifest_is_refused(ground: Path, entries: Entries) -> None:
    del entries["project.json"]
    refused(opened(ground, zipped(entries)))


WRONG_LOOKS: list[dict[str, Any]] = [
    *({"person": "ana.png"}, {"person": {"path": "secret"}}, {"person": {"path": "../secret"}}, {"person": []}),
    *({"person": {"path": "inputs/0.png", "turns": 4}}, {"garments": {}}, {"garments": [None]}, {"unknown": 1}),
    *({"removed_edit": "../secret"}, {"removed_edit": {"png": "x"}}, {"removed_edit": "paintings/0000000000000000.png"}),
    *({"removed_edit": "inputs/0.png"}, {"removed_edit": 3}, {"clothing_edits": {"-1": {"change": None}}}),
    *({"joint_edits": {"-1": {"4": {}}}}, {"joint_edits": {"1": {"25": {}}}}, {"joint_edits": {"1": {"4": {"x": "1;"}}}}),
    *({"joint_edits": {str(10**9): {"4": {}}}}, {"joint_edits": {"1": {"4": {"x": 10**300}}}}, {"in_point": -1}),
    *({"out_point": 10**9}, {"clip": {"frames": 0}}, {"clip": {"fps": 1e9}}, {"clip": {"background": "../secret"}}),
    *({"clip": {"quality": "best"}}, {"in_point": 1.5}, {"motion": {"path": "inputs/none.mp4"}}),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_LOOKS, ids=ascii)
def test_values_that_no_look_has_are_refused(ground: Path, entries: Entries, wrong: dict[str, Any]) -> None:
    def change(manifest: Any) -> None:
        manifest["look"] |= wrong

    refused(opened(ground, zipped(with_manifest(entries, change))))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(ground: Path, entries: Entries, number: str) -> None:
    text = entries["project.json"].replace(b"3.5", number.encode())
    assert text != entries["project.json"]
    refused(opened(ground, zipped(entries | {"project.json": text})))


def _everywhere(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in a JSON document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(way for key, item in items for way in _everywhere(item, (*path, key)))]


@given(data=st.data())
@quickly
def test_any_json_anywhere_opens_or_is_refused(ground: Path, entries: Entries, data: st.DataObject) -> None:
    manifest = json.loads(entries["project.json"])
    *way, last = data.draw(st.sampled_from([way for way in _everywhere(manifest) if way]))
    place = manifest
    for key in way:
        place = place[key]
    place[last] = data.draw(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        )
    )
    opened(ground, zipped(entries | {"project.json": json.dumps(manifest).encode()}))


# --- what it refers to -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [*HOSTILE_NAMES, "NUL.png", "aux", "evil.exe", " .png", "..png", "一" * 300 + ".png"], ids=ascii
)
def test_a_displayed_name_never_leads_out_of_the_cache(ground: Path, entries: Entries, name: str) -> None:
    def change(manifest: Any) -> None:
        manifest["files"]["inputs/0.png"]["name"] = name

    result = opened(ground, zipped(with_manifest(entries, change)))
    if isinstance(result, str):
        assert "\0" in name
        return
    assert result.state.person is not None
    path = result.state.person.path
    assert path.resolve().is_relative_to(folders.cache().resolve())
    assert path.read_bytes() == b"a photo"
    assert path.suffix in ("", ".png")
    assert path.stem.upper() not in ("NUL", "AUX", "CON")


def _referring(entries: Entries, reference: dict[str, str]) -> bytes:
    def change(manifest: Any) -> None:
        manifest["files"]["outside/7"] = {"name": "ana.png"} | reference
        manifest["look"]["person"]["path"] = "outside/7"

    return zipped(with_manifest(entries, change))


@pytest.mark.parametrize("suffix", ["", ".txt", ".pem"])
def test_a_reference_to_what_is_no_picture_is_not_followed(ground: Path, entries: Entries, suffix: str) -> None:
    """The next save would put the user's key into the project."""
    secret = ground / f"key{suffix}"
    secret.write_bytes(b"the user's key")
    result = opened(ground, _referring(entries, {"name": secret.name, "path": str(secret)}))
    assert isinstance(result, LoadedProject)
    assert result.missing == [secret]
    save_project(result.state, ground / "next.fmirror")
    assert b"the user's key" not in (ground / "next.fmirror").read_bytes()


@pytest.mark.parametrize("beside", ["../outside.png", "/outside.png", "a\\..\\outside.png", "C:outside.png", ".."])
def test_beside_the_project_is_not_above_it(ground: Path, entries: Entries, beside: str) -> None:
    (ground.parent / "outside.png").write_bytes(b"not for you")
    try:
        result = opened(ground, _referring(entries, {"name": "gone.png", "beside": beside}))
    finally:
        (ground.parent / "outside.png").unlink()
    assert isinstance(result, LoadedProject)
    assert result.missing == [ground / "gone.png"]


@pytest.mark.parametrize("place", ["//server/share/ana.png", "\\\\server\\share\\ana.png"])
def test_the_network_is_not_asked(ground: Path, entries: Entries, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **options: asked.append(str(path)) or ask(path, **options))
    result = opened(ground, _referring(entries, {"name": "gone.png", "path": place}))
    assert isinstance(result, LoadedProject)
    assert len(result.missing) == 1
    assert not any("server" in path for path in asked)
    assert result.state.person is not None
    assert "server" not in str(result.state.person.path)  # the engine would ask


# --- pictures ----------------------------------------------------------------------------------------------------


def _png_of(width: int, height: int, bits: int = 8, colour: int = 0) -> bytes:
    return MASK.png[:16] + struct.pack(">IIBB", width, height, bits, colour) + MASK.png[26:]


@pytest.mark.parametrize(
    "png",
    [
        *(
            _png_of(60_000, 60_000),
            _png_of(2**31 - 1, 2**31 - 1),
            _png_of(0, 4),
            _png_of(4, 4, 16),
            _png_of(4, 4, 8, 3),
        ),
        *(b"", b"GIF89a" + bytes(60), MASK.png[:20]),
    ],
    ids=["huge", "largest", "empty", "deep", "palette", "nothing", "gif", "cut"],
)
def test_a_painting_that_no_brush_made_is_refused(ground: Path, entries: Entries, png: bytes) -> None:
    refused(opened(ground, zipped(entries | {f"paintings/{MASK.hash}.png": png})))


@pytest.mark.parametrize("png", [_png_of(60_000, 60_000), b"no picture", b""], ids=["huge", "junk", "empty"])
def test_a_bad_thumbnail_is_left_out(ground: Path, entries: Entries, png: bytes) -> None:
    result = opened(ground, zipped(entries | {"thumbnail.png": png}))
    assert isinstance(result, LoadedProject)
    assert result.thumbnail is None
