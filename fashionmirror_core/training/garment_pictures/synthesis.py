"""Pictures that the labelled photos lack: sleeves against or over the body, several garments, no garment.

They are cut and pasted from the photos themselves, so that landmarks and parts stay known.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.networks.garment_encoder import ATTRIBUTES, LANDMARKS
from fashionmirror_core.training.garment_pictures.records import (
    BODY,
    LEFT_SLEEVE,
    NONE,
    RIGHT_SLEEVE,
    SIDE,
    UNKNOWN,
    Record,
)

_STATE = {word: index for index, word in enumerate(ATTRIBUTES["left_sleeve"])}


def floor(record: Record) -> np.ndarray:
    """The picture without its garment, (SIDE, SIDE, 3) uint8: what was behind it, with the grain of what surrounds it."""
    hole = cv2.dilate((record.parts != NONE).astype(np.uint8), np.ones((9, 9), np.uint8))
    smooth = push_pull(record.picture.astype(np.float32), 1.0 - hole)
    grain = record.picture.astype(np.float32) - cv2.GaussianBlur(smooth, (0, 0), 6)
    known = hole == 0
    if known.sum() > 400:  # grain from a random known place, row by row of blocks
        rng = np.random.default_rng(zlib.crc32(record.name.encode()))
        filled = smooth.copy()
        block = 16
        places = np.argwhere(cv2.erode(known.astype(np.uint8), np.ones((block, block), np.uint8)) > 0)
        if len(places):
            for y in range(0, SIDE, block):
                for x in range(0, SIDE, block):
                    cy, cx = places[rng.integers(len(places))]
                    y0, x0 = np.clip(cy - block // 2, 0, SIDE - block), np.clip(cx - block // 2, 0, SIDE - block)
                    filled[y : y + block, x : x + block] += grain[y0 : y0 + block, x0 : x0 + block]
            smooth = np.where(known[..., None], record.picture, filled)
    return np.clip(smooth, 0, 255).astype(np.uint8)


def moved_sleeves(record: Record, rng: np.random.Generator) -> Record | None:
    """The record with its sleeves turned about the shoulder until they lie against the body, or over it.

    None where a sleeve isn't spread, long enough or labelled.
    """
    long = record.attributes.get("sleeves") in (
        ATTRIBUTES["sleeves"].index("long"),
        ATTRIBUTES["sleeves"].index("elbow"),
    )
    if not long or not (record.parts != UNKNOWN).all():
        return None
    picture, parts = floor(record).astype(np.float32), np.where(record.parts == UNKNOWN, NONE, record.parts)
    points, state, attributes = record.points.copy(), record.state.copy(), dict(record.attributes)
    trunk = (parts != NONE) & (parts != LEFT_SLEEVE) & (parts != RIGHT_SLEEVE)
    soft = cv2.GaussianBlur(trunk.astype(np.float32), (0, 0), 0.7)[..., None]
    picture = soft * record.picture + (1 - soft) * picture
    out = np.where(trunk, parts, NONE).astype(np.uint8)
    moved = 0
    for side, index in (("left", LEFT_SLEEVE), ("right", RIGHT_SLEEVE)):
        pasted = _turned_sleeve(record, side, index, rng)
        if pasted is None:
            return None
        layer, mask, transform, over = pasted
        shade = cv2.GaussianBlur(np.roll(mask, (2, 2), (0, 1)), (0, 0), 3)[..., None] * 0.25
        picture = picture * (1 - shade * (1 - mask[..., None]))
        behind = mask * (1 if over else 1 - cv2.GaussianBlur(trunk.astype(np.float32), (0, 0), 0.7))
        picture = behind[..., None] * layer + (1 - behind[..., None]) * picture
        out[behind > 0.5] = index
        for name in (f"elbow_{side}", f"cuff_{side}_outer", f"cuff_{side}_inner"):
            k = LANDMARKS.index(name)
            points[k] = transform[:, :2] @ points[k] + transform[:, 2]
        state[LANDMARKS.index(f"armpit_{side}")] = 1
        attributes[f"{side}_sleeve"] = _STATE["over" if over else "against"]
        moved += 1
    if not moved:
        return None
    return Record(f"{record.name}+sleeves", np.clip(picture, 0, 255).astype(np.uint8), points, state, out, attributes)


def _turned_sleeve(
    record: Record, side: str, index: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool] | None:
    """(picture, mask in [0, 1], 2 x 3 transform, over the body?) of one sleeve turned about its root."""
    if record.attributes.get(f"{side}_sleeve") != _STATE["spread"]:
        return None
    k = {
        name: LANDMARKS.index(name.format(side))
        for name in ("shoulder_{}", "armpit_{}", "cuff_{}_outer", "cuff_{}_inner", "hem_{}")
    }
    if any(record.state[i] == 0 for i in k.values()):
        return None
    shoulder, armpit, outer, inner, hem = (record.points[i] for i in k.values())
    root, cuff = (shoulder + armpit) / 2, (outer + inner) / 2
    now, body = np.arctan2(*(cuff - root)), np.arctan2(*(hem - armpit))  # from straight down, to the right
    outward = -1 if side == "left" else 1
    over = rng.random() < 0.4
    goal = body - outward * np.radians(rng.uniform(12, 45)) if over else body + outward * np.radians(rng.uniform(-3, 6))
    degrees = float(np.degrees(goal - now))
    pivot = armpit if not over else root
    transform = cv2.getRotationMatrix2D((float(pivot[0]), float(pivot[1])), degrees, 1.0)
    sleeve = (record.parts == index).astype(np.uint8)
    if sleeve.sum() < 200:
        return None
    # The shoulder's cap comes along, so that no gap opens at the hinge.
    cap = np.zeros_like(sleeve)
    cv2.circle(cap, (int(root[0]), int(root[1])), int(0.55 * np.hypot(*(shoulder - armpit))), 1, -1)
    sleeve |= cap & ((record.parts == BODY) | (record.parts == index)).astype(np.uint8)
    colours = push_pull(
        record.picture.astype(np.float32), cv2.erode(sleeve, np.ones((3, 3), np.uint8)).astype(np.float32)
    )
    size = (SIDE, SIDE)
    layer = cv2.warpAffine(colours, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(sleeve.astype(np.float32), transform, size, flags=cv2.INTER_LINEAR)
    return layer, cv2.GaussianBlur(mask, (0, 0), 0.6), transform, over


def several(first: Record, second: Record, ground: np.ndarray, rng: np.random.Generator) -> Record:
    """Two garments on one floor; no landmarks, since it isn't said whose."""
    canvas, cloth = ground.astype(np.float32), np.zeros((SIDE, SIDE), np.float32)
    sideways = rng.random() < 0.75
    for number, record in enumerate((first, second)):
        mask = ((record.parts != NONE) & (record.parts != UNKNOWN)).astype(np.uint8)
        x, y, w, h = cv2.boundingRect(mask)
        room = (SIDE / 2, SIDE) if sideways else (SIDE, SIDE / 2)
        factor = rng.uniform(0.75, 0.98) * min(room[0] / w, room[1] / h)
        middle = [(number + 0.5) * SIDE / 2, SIDE / 2 + rng.uniform(-20, 20)]
        if not sideways:
            middle = [SIDE / 2 + rng.uniform(-20, 20), (number + 0.5) * SIDE / 2]
        transform = cv2.getRotationMatrix2D((x + w / 2, y + h / 2), rng.uniform(-12, 12), factor)
        transform[:, 2] += np.array(middle) - (x + w / 2, y + h / 2)
        alpha = cv2.warpAffine(mask.astype(np.float32), transform, (SIDE, SIDE), flags=cv2.INTER_AREA)
        layer = cv2.warpAffine(
            record.picture.astype(np.float32), transform, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
        )
        alpha = cv2.GaussianBlur(alpha, (0, 0), 0.7)
        canvas = alpha[..., None] * layer + (1 - alpha[..., None]) * canvas
        cloth = np.maximum(cloth, alpha)
    yes = 1
    return replace(
        blank(f"{first.name}+{second.name}", np.clip(canvas, 0, 255).astype(np.uint8)),
        attributes={"garment": yes, "several": yes, "worn": 0},
    )


def blank(name: str, picture: np.ndarray, **attributes: int) -> Record:
    """A picture of which only some attributes are known."""
    count = len(LANDMARKS)
    return Record(
        name, picture, np.zeros((count, 2), np.float32), np.full(count, 3, np.uint8),
        np.full((SIDE, SIDE), UNKNOWN, np.uint8), attributes,
    )  # fmt: skip


def nothing(name: str, picture: np.ndarray) -> Record:
    """A picture without a garment: no part of it is one, no landmark is there."""
    count = len(LANDMARKS)
    return Record(
        name, picture, np.zeros((count, 2), np.float32), np.zeros(count, np.uint8),
        np.full((SIDE, SIDE), NONE, np.uint8), {"garment": 0},
    )  # fmt: skip
