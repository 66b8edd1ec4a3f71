"""Tiny data sets in the layouts of the real ones: drawn mannequins, the built-in persons and a piece of a built-in
video.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import known
import numpy as np
import pytest
from PIL import Image

from fashionmirror_core import samples
from fashionmirror_core.media.images import read_image, write_image
from fashionmirror_core.media.reading import VideoReader
from fashionmirror_core.media.writing import open_clip
from fashionmirror_core.vocabulary import Label

H, W = 256, 192
FRAMES = 3
WALL, SKIN = (120, 150, 120), (230, 180, 150)
JOINTS = np.array([
    *[(96, 42), (96, 62), (75, 66), (70, 98), (69, 130), (117, 66), (122, 98), (123, 130), (96, 128)],
    *[(84, 128), (81, 178), (79, 226), (108, 128), (111, 178), (113, 226)],
    *[(92, 38), (100, 38), (86, 40), (106, 40), (120, 238), (122, 237), (112, 232), (72, 238), (70, 237), (80, 232)],
], np.float32)  # fmt: skip
OUTFITS = {  # label and colour of what covers the trunk and of what covers the legs
    "red top": ((Label.UPPER, (200, 40, 40)), (Label.LOWER, (40, 60, 140))),
    "green top": ((Label.UPPER, (40, 170, 60)), (Label.LOWER, (40, 60, 140))),
    "dress": ((Label.DRESS, (180, 60, 170)), (Label.DRESS, (180, 60, 170))),
}


def mannequin(outfit: str, shift: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Picture (H, W, 3) and label map (H, W) of a person in long sleeves and trousers, or a dress as long."""
    image, labels = np.full((H, W, 3), WALL, np.uint8), np.zeros((H, W), np.uint8)
    points = (JOINTS + np.array([shift, 0])).round().astype(np.int32)
    (top, top_colour), (bottom, bottom_colour) = OUTFITS[outfit]

    def line(label: Label, colour: tuple[int, int, int], joints: tuple[int, ...], width: int) -> None:
        for canvas, value in ((image, colour), (labels, (int(label),))):
            cv2.polylines(canvas, [points[list(joints)]], False, value, width)

    line(Label.SHOES, (30, 30, 30), (11, 22), 10)
    line(Label.SHOES, (30, 30, 30), (14, 19), 10)
    line(bottom, bottom_colour, (9, 10, 11), 24)
    line(bottom, bottom_colour, (12, 13, 14), 24)
    line(bottom, bottom_colour, (9, 12), 26)
    for side in ((2, 3, 4), (5, 6, 7)):
        line(top, top_colour, side, 14)
        line(Label.ARMS, SKIN, side[2:] * 2, 10)
    for canvas, value in ((image, top_colour), (labels, (int(top),))):
        cv2.fillConvexPoly(canvas, points[[2, 5, 12, 9]], value)
    line(Label.HEAD, SKIN, (0, 1), 12)
    for canvas, colour, value in ((image, (60, 40, 30), Label.HAIR), (image, SKIN, Label.HEAD)):
        radius, y = (18, 34) if value is Label.HAIR else (13, 42)
        cv2.circle(canvas, (96 + shift, y), radius, colour, -1)
        cv2.circle(labels, (96 + shift, y), radius, (int(value),), -1)
    return image, labels


def encoded(picture: np.ndarray, form: str) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, form, **({"quality": 95} if form != "PNG" else {}))
    return memory.getvalue()


def garment_picture(colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A T-shirt on white, and its mask."""
    mask = np.zeros((H, W), np.uint8)
    cv2.fillConvexPoly(mask, np.array([(60, 60), (132, 60), (128, 200), (64, 200)]), 255)
    cv2.polylines(mask, [np.array([(66, 72), (36, 110)]), np.array([(126, 72), (156, 110)])], False, 255, 26)
    return np.where(mask[..., None] > 0, np.array(colour, np.uint8), np.uint8(255)), mask


@pytest.fixture(scope="session")
def catwalk_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of three frames: "top" changes the top alone, "dress" has a dress become a top and trousers."""
    folder = tmp_path_factory.mktemp("catwalk") / "train"
    folder.mkdir()
    worn = {"top": ("red top", "green top"), "dress": ("dress", "green top")}
    slots = {"top": ("A_upper", "A_lower", "B_upper", "B_lower"), "dress": ("A_dress", "B_upper", "B_lower")}
    clips = []
    with zipfile.ZipFile(folder / "train_000.zip", "w") as archive:
        for row, (name, outfits) in enumerate(worn.items()):
            for letter, outfit in zip("AB", outfits, strict=True):
                drawn = [mannequin(outfit, shift=4 * frame) for frame in range(FRAMES)]
                for frame, (image, _) in enumerate(drawn):
                    archive.writestr(f"{name}/{letter}_{frame:02}.webp", encoded(image, "WEBP"))
                stacked = np.concatenate([labels for _, labels in drawn])
                archive.writestr(f"{name}/{letter}_labels.png", encoded(stacked, "PNG"))
            garments = {}
            for key in slots[name]:
                image, mask = garment_picture((40, 170, 60) if key[0] == "B" else (200, 40, 40))
                archive.writestr(f"{name}/shop_{key}.webp", encoded(image, "WEBP"))
                archive.writestr(f"{name}/shop_{key}.png", encoded(mask, "PNG"))
                garments[key] = {"slot": key[2:], "image": f"shop_{key}.webp", "mask": f"shop_{key}.png"}
            if name == "top":
                garments["B_lower"] |= {"same_as": "A_lower"}
            entry = {"id": name, "archive": "train_000.zip", "joints_row": row, "frames": FRAMES, "garments": garments}
            clips.append(entry | {"times": [round(0.2 * frame, 2) for frame in range(FRAMES)]})
    table = {"split": "train", "height": H, "width": W, "clips": clips}
    (folder / "index.json").write_text(json.dumps(table))
    xy = np.stack([JOINTS + np.array([4 * frame, 0]) for frame in range(FRAMES)]).astype(np.float32)
    depth = np.full((2, FRAMES, 25), 5, np.float16)
    depth[:, :, 4] = 4.75  # the right hand is held forward
    visible = np.ones((2, FRAMES, 25, 2), np.uint8)
    visible[:, :, 4, 1] = 0  # and something of outfit B hides it
    np.savez(folder / "joints.npz", xy=np.stack([xy, xy]), depth_m=depth, visible=visible)
    return folder


@pytest.fixture(scope="session")
def street_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One photo in a top and trousers, one in a dress."""
    folder = tmp_path_factory.mktemp("street") / "train"
    folder.mkdir()
    entries = []
    joints = np.concatenate([JOINTS, np.full((25, 1), 0.9)], 1)
    for name, outfit in (("0001", "red top"), ("0002", "dress")):
        image, labels = mannequin(outfit)
        (folder / f"{name}.jpg").write_bytes(encoded(image, "JPEG"))
        (folder / f"{name}.png").write_bytes(encoded(labels, "PNG"))
        entries.append({"id": name, "joints": joints.round(2).tolist()})
    (folder / "index.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture(scope="session")
def garments_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shirt and an empty wall."""
    folder = tmp_path_factory.mktemp("garments")
    for name, picture in (("shirt", garment_picture((200, 40, 40))[0]), ("wall", np.full((H, W, 3), 250, np.uint8))):
        (folder / f"{name}.jpg").write_bytes(encoded(picture, "JPEG"))
    entries = [{"id": "shirt", "label": "T-Shirt", "category": "upper"}, {"id": "wall", "category": "lower"}]
    (folder / "index.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture(scope="session")
def photos_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One built-in person, in a dress."""
    folder = tmp_path_factory.mktemp("photos")
    photo = cv2.resize(read_image(known.PERSONS["lilac-dress"]), (288, 384), interpolation=cv2.INTER_AREA)
    write_image(folder / "lilac.png", photo)
    return folder


@pytest.fixture(scope="session")
def videos_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four frames of a built-in walk, and one of an empty room in between."""
    folder = tmp_path_factory.mktemp("videos")
    (path,) = [path for path in samples.motions() if path.stem == "walk"]
    with VideoReader(path, max_side=384) as video:
        frames = [frame for number, frame in enumerate(video) if number in (0, 4, 8, 12)]
    frames.insert(2, np.full_like(frames[0], 200))
    with open_clip(folder / "walk.mp4", frames[0].shape[1::-1], 5) as clip:
        for frame in frames:
            clip.write(frame)
    return folder


Rewrite = Callable[[Path, str, "bytes | None"], None]


@pytest.fixture(scope="session")
def rewrite_member() -> Rewrite:
    """Replaces a member of a zip archive; None removes it."""

    def rewrite(path: Path, member: str, data: bytes | None) -> None:
        with zipfile.ZipFile(path) as archive:
            kept = {name: archive.read(name) for name in archive.namelist()}
        del kept[member]
        if data is not None:
            kept[member] = data
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in kept.items():
                archive.writestr(name, content)

    return rewrite
