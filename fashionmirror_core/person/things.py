"""What the person carries, bags before all, told from clothes and hands (docs/method.md, "Parsing").

The labels find bags, but seldom whole: half of one passes for clothes, and leather for skin. Around what they are sure of,
colours say where a thing ends. All of it is one thing: what stays of it when clothes go, or what goes, would be a scrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from fashionmirror_core.body.proportions import Body
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.person.labels import MASKS, Parsing
from fashionmirror_core.person.undressing import belt
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Part, Side

BROAD = 0.011  # statures: half the width of a thing; straps, belts and bracelets are narrower
SMALLEST, LARGEST = 0.002, 0.06  # statures squared: its area
LONGEST = 0.42  # statures
BELOW_NECK = 0.10  # statures: what is higher is worn: a scarf, a hat
ABOVE_ANKLES, BESIDE_LEGS = (0.16, 0.06), 0.1
"""Statures above the ankles: what is lower is a shoe or a sock; and what has no more than this share of it on the legs."""
AROUND = 0.11  # statures around what is sure, in which the rest of it may be
ROUNDS = 3
SURE = 0.25  # of a patch that the labels call a thing
GROWS = 3.0  # times a patch's area: a thing is no larger
SOLID = 0.8  # of its convex hull that a thing fills
ON_LEG, ON_LEG_IN_HAND = 0.4, 0.75  # of a patch within a leg's outline: a stocking or a boot; near a hand, too
HUES = 14.0  # of a and b in Lab, within which a colour may be skin
HAND_LENGTH, HAND_HALF = 0.07, 0.03  # statures from the wrist; half its width, fingers apart
FAINT = 0.1  # of the matte: less is background
IN_HAND = 0.075  # statures from a wrist, within which a thing is in that hand


@dataclass(frozen=True)
class Thing:
    """Something that is carried. mask: (H, W) bool on the stage. hand: whose it goes with; None: it hangs from the trunk."""

    mask: np.ndarray
    hand: Side | None


@dataclass(frozen=True)
class _Seen:
    """The person on the stage, before things are told. image: (H, W, 3) uint8. matte: (H, W) in [0, 1]."""

    image: np.ndarray
    matte: np.ndarray
    parsing: Parsing
    body: Body

    def outline(self, *parts: Part) -> np.ndarray:
        """(H, W) bool: where these parts of the body are."""
        size = (self.matte.shape[0], self.matte.shape[1])
        return np.maximum.reduce([self.body.silhouette(part, size) for part in parts]) > 0.5


def carried(image: np.ndarray, matte: np.ndarray, parsing: Parsing, body: Body) -> tuple[Thing, ...]:
    """The things that a person carries, the largest first. A belt, however broad, is worn.

    image: (H, W, 3) uint8, the stage. matte: (H, W) float32 in [0, 1]. body: in stage pixels.
    """
    seen = _Seen(image, matte, parsing, body)
    sure = (parsing.accessory > 0.5) & (belt(parsing, body) < 0.5)
    arms = cv2.dilate(seen.outline(*ARM_PARTS).astype(np.uint8), disc(BROAD * body.stature)) > 0
    hands = (parsing.skin.apart(image)[0] < HUES) & (parsing.arms > 0.5) & (arms | _hands(seen))
    leather = (parsing.arms > 0.5) & ~hands
    found: list[Thing] = []
    taken = hands
    for called in (sure, sure | leather):
        for seed in _patches(called & ~taken, sure, seen):
            # Its soft edge is its own, too.
            mask = cv2.dilate(_whole(seed, seen).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            mask &= ~taken & (matte > FAINT)
            if not SMALLEST < mask.sum() / body.stature**2 < LARGEST:  # a patch that is all another thing's leaves none
                continue
            if np.ptp(np.argwhere(mask), axis=0).max() < LONGEST * body.stature:
                taken = taken | mask
                found.append(Thing(mask, _hand(mask, body)))
    return tuple(found)


def with_whole_things(parsing: Parsing, things: Sequence[Thing], matte: np.ndarray) -> Parsing:
    """The labels with every thing called one all over: no half of a bag is clothes."""
    if not things:
        return parsing
    own = np.logical_or.reduce([thing.mask for thing in things])
    masks: dict[str, Any] = {name: np.where(own, np.float32(0), getattr(parsing, name)) for name in MASKS}
    masks["accessory"] = np.where(own, np.clip(matte, 0, 1), parsing.accessory).astype(np.float32)
    return replace(parsing, **masks)


def _patches(called: np.ndarray, sure: np.ndarray, seen: _Seen) -> list[np.ndarray]:
    """(H, W) bool each, the largest first: patches that are broad, and where things are carried. sure: (H, W) bool."""
    body, stature = seen.body, seen.body.stature
    broad = cv2.morphologyEx(called.astype(np.uint8), cv2.MORPH_OPEN, disc(BROAD * stature))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(broad)
    highest, ankles = body.neck[1] + BELOW_NECK * stature, max(body.leg(side)[2][1] for side in Side)
    legs = seen.outline(*LEG_PARTS)
    patches = []
    for index in 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA]):
        own, y = labels == index, centres[index][1]
        low, on_leg = y > body.mid_hip[1] + BELOW_NECK * stature, legs[own].mean()
        worn = low and on_leg > (ON_LEG if _hand(own, body) is None else ON_LEG_IN_HAND)
        lowest = ankles - ABOVE_ANKLES[int(on_leg < BESIDE_LEGS)] * stature
        if own.sum() > SMALLEST * stature**2 / 2 and highest < y < lowest and not worn and sure[own].mean() > SURE:
            patches.append(own)
    return patches


def _whole(seed: np.ndarray, seen: _Seen) -> np.ndarray:
    """(H, W) bool: all of the thing of which a patch (H, W) bool is seen for sure."""
    stature, parsing = seen.body.stature, seen.parsing
    reach = disc(AROUND * stature)
    near = cv2.dilate(seed.astype(np.uint8), reach) > 0
    mask = np.full(seed.shape, cv2.GC_BGD, np.uint8)
    mask[near] = cv2.GC_PR_BGD
    mask[near & (parsing.arms > 0.4) & ~seen.outline(*ARM_PARTS)] = cv2.GC_PR_FGD  # leather
    mask[near & (parsing.accessory > 0.3)] = cv2.GC_PR_FGD
    mask[cv2.erode(seed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = cv2.GC_FGD
    mask[
        (np.maximum.reduce([parsing.head, parsing.hair, parsing.torso, parsing.legs, parsing.shoes]) > 0.5)
        | (seen.matte < 0.4)
    ] = cv2.GC_BGD
    rows, columns = (np.flatnonzero(near.any(axis)) for axis in (1, 0))
    margin = round(AROUND * stature)
    here = (
        slice(max(0, rows[0] - margin), rows[-1] + margin + 1),
        slice(max(0, columns[0] - margin), columns[-1] + margin + 1),
    )
    if not (mask[here] == cv2.GC_FGD).any():
        return seed
    local, model = np.ascontiguousarray(mask[here]), (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(1)
    cv2.grabCut(np.ascontiguousarray(seen.image[here]), local, None, *model, ROUNDS, cv2.GC_INIT_WITH_MASK)
    cut = np.zeros(seed.shape, np.uint8)
    cut[here] = (local == cv2.GC_FGD) | (local == cv2.GC_PR_FGD)
    for whole in (cut, seed.astype(np.uint8)):
        solid = _touching(cv2.morphologyEx(whole, cv2.MORPH_OPEN, disc(BROAD * stature)), seed)
        if solid.any() and solid.sum() > SOLID * _hull(solid).sum() and solid.sum() < GROWS * seed.sum():
            return cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_CLOSE, disc(BROAD * stature)) > 0
    return seed


def _hands(seen: _Seen) -> np.ndarray:
    """(H, W) bool: where the hands are, open and on from the forearms."""
    result = np.zeros(seen.matte.shape, np.uint8)
    for side in Side:
        _, elbow, wrist = seen.body.arm(side)
        way = (wrist - elbow) / max(float(np.hypot(*(wrist - elbow))), 1.0)
        tip = wrist + HAND_LENGTH * seen.body.stature * way
        start, end = (np.round(point).astype(int).tolist() for point in (wrist, tip))
        cv2.line(result, start, end, (1,), 2 * round(HAND_HALF * seen.body.stature) + 1)
    return result > 0


def _touching(mask: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """(H, W) bool: the patch of a mask that holds most of the seed."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    inside = labels[seed & (mask > 0)]
    return labels == np.bincount(inside).argmax() if len(inside) else np.zeros(mask.shape, bool)


def _hull(mask: np.ndarray) -> np.ndarray:
    result = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(result, cv2.convexHull(cv2.findNonZero(mask.astype(np.uint8))), 1)
    return result


def _hand(mask: np.ndarray, body: Body) -> Side | None:
    """Whose hand holds it: the wrist that it reaches; None where it reaches none."""
    y, x = np.nonzero(mask)
    away = {side: float(np.hypot(*(np.stack([x, y]) - body.arm(side)[2][:, None])).min()) for side in Side}
    nearest = min(away, key=lambda side: away[side])
    return nearest if away[nearest] < IN_HAND * body.stature else None
