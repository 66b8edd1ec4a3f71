"""What the person carries, bags before all, told from clothes and hands (docs/method.md, "The avatar").

The labels find bags, but seldom whole, and leather passes for skin. Around what they are sure of, colours say where it ends.
A thing becomes a piece of its own, which goes with the hand that holds it; what it hid is carried on under it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fashionmirror_core.avatar.surface import Texture
from fashionmirror_core.imaging.alpha import colors_of, premultiplied
from fashionmirror_core.imaging.boxes import bounding_box, grown, window
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.patching import patched
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.person.undressing import belt
from fashionmirror_core.vocabulary import ARM_PARTS, Part, Side

BROAD = 0.011  # statures: half the width of a thing; straps, belts and bracelets are narrower
SMALLEST, LARGEST = 0.002, 0.06  # statures squared: its area
LONGEST = 0.42  # statures
BELOW_NECK = 0.10  # statures: what is higher is worn: a scarf, a hat
ABOVE_FEET = 0.16  # statures above the heels: what is lower is a shoe or a sock
AROUND = 0.11  # statures around what is sure, in which the rest of it may be
ROUNDS = 3
SURE = 0.25  # of a patch that the labels call a thing
GROWS = 3.0  # times a patch's area: a thing is no larger
SOLID = 0.8  # of its convex hull that a thing fills
ON_LEG, ON_LEG_IN_HAND = 0.4, 0.75  # of a patch within a leg's outline: a stocking or a boot; near a hand, too
HUES = 14.0  # of a and b in Lab, within which a colour may be skin
RIM = 0.006  # statures beside a thing, in which its colours may have spilled over what is beside it
FEWEST_KNOWN, LIGHT = 200, 0.15  # pixels that a pattern is told by; of the longer side: what is coarser is light
AROUND_PIXELS, SOLID_ALPHA, SEEN = 24, 0.9, 0.7  # around a thing: where what is behind it has its colours from
FAINT = 0.1  # of the matte: less is background
IN_HAND = 0.075  # statures from a wrist, within which a thing is in that hand


@dataclass(frozen=True)
class Thing:
    """Something that is carried. mask: (H, W) bool on the stage. hand: whose it goes with; None: it hangs from the trunk."""

    mask: np.ndarray
    hand: Side | None


def thing_name(number: int) -> str:
    """The name of the surface of a thing."""
    return f"thing {number}"


def is_thing(name: str) -> bool:
    """Whether a surface's name is that of a thing."""
    return name.startswith("thing ")


def taken_out(
    fronts: dict[str, Texture],
    visible: dict[str, np.ndarray],
    mask: np.ndarray,
    behind: dict[str, np.ndarray],
    stature: float,
) -> Texture:
    """The picture of a thing; ``fronts``, the parts' pictures, lose it and go on behind it.

    visible: of each part, (h, w) in [0, 1], what of it the photo shows. mask: (h, w) in [0, 1], the thing. behind: of each
    part, (h, w) bool, where it goes on behind the thing. stature: pixels.
    """
    share = smoothstep(mask, 0.35, 0.65).astype(np.float32)
    picture = np.zeros((*mask.shape, 4), np.float32)
    covered = np.zeros(mask.shape, np.float32)
    first = np.stack([visible[name] for name in fronts]).argmax(0)
    near = cv2.dilate((share > 0).astype(np.uint8), disc(RIM * stature)) > 0
    for number, (name, texture) in enumerate(list(fronts.items())):
        own = first == number
        picture[own], covered[own] = texture.picture[own], texture.clothing[own]
        fronts[name] = _without(texture, visible[name] > SEEN, share, near, behind[name])
    return Texture(to_8bit(picture * spread(share, 4)), to_8bit(covered * share))


def _without(texture: Texture, seen: np.ndarray, share: np.ndarray, near: np.ndarray, behind: np.ndarray) -> Texture:
    """A part without a thing before it. seen: (h, w) bool, where the photo shows the part. share: (h, w) in [0, 1], the
    thing; near: (h, w) bool, it and its rim. behind: (h, w) bool, where the part goes on behind it.
    """
    box = bounding_box(near & ((texture.picture[..., 3] > 0) | behind))
    if box is None:
        return texture
    around = window(grown(box, AROUND_PIXELS, near.shape))
    alpha = texture.picture[around][..., 3] / np.float32(255)
    known = (alpha > SOLID_ALPHA) & seen[around] & ~near[around]
    solid = np.where(behind[around] & known.any(), np.maximum(alpha, share[around]), alpha * (1 - share[around]))
    colors = colors_of(texture.picture[around])
    if known.any():
        spilled = near[around] & ((share[around] > 0) | (alpha < SOLID_ALPHA))
        colors = np.where(spread(spilled), push_pull(colors, known.astype(np.float32)), colors)
        hidden = spilled & behind[around]
        if hidden.any() and known.sum() > FEWEST_KNOWN:  # its pattern goes on, too
            colors = patched(colors.astype(np.float32), hidden, known, LIGHT * max(known.shape))
    picture, clothing = texture.picture.copy(), texture.clothing.copy()
    changed = share[around] > 0
    picture[around][changed] = premultiplied(np.clip(colors, 0, 255), solid.astype(np.float32))[changed]
    clothing[around] = to_8bit(clothing[around] * (1 - share[around]))
    return Texture(picture, clothing)


def carried(subject: Subject) -> list[Thing]:
    """The things that a person carries, the largest first. A belt, however broad, is worn."""
    sure = (subject.parsing.accessory > 0.5) & (belt(subject.parsing, subject.body) < 0.5)
    arms = np.maximum(*(subject.body.silhouette(part, subject.size) for part in ARM_PARTS)) > 0.5
    hands = _like_the_face(subject) & (subject.parsing.arms > 0.5)
    hands &= cv2.dilate(arms.astype(np.uint8), disc(BROAD * subject.body.stature)) > 0
    leather = (subject.parsing.arms > 0.5) & ~hands
    found: list[Thing] = []
    taken = hands
    for seen in (sure, sure | leather):
        for seed in _patches(seen & ~taken, sure, subject):
            # Its soft edge is its own, too.
            mask = cv2.dilate(_whole(seed, subject).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            mask &= ~taken & (subject.matte > FAINT)
            size = np.ptp(np.argwhere(mask), axis=0).max(initial=0) / subject.body.stature
            if SMALLEST < mask.sum() / subject.body.stature**2 < LARGEST and size < LONGEST:
                taken = taken | mask
                found.append(Thing(mask, _hand(mask, subject)))
    return found


def _patches(seen: np.ndarray, sure: np.ndarray, subject: Subject) -> list[np.ndarray]:
    """(H, W) bool each, the largest first: patches that are broad, and where things are carried. sure: (H, W) bool."""
    stature, body = subject.body.stature, subject.body
    broad = cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_OPEN, disc(BROAD * stature))
    _, labels, stats, centres = cv2.connectedComponentsWithStats(broad)
    highest, lowest = body.neck[1] + BELOW_NECK * stature, max(body.leg(s)[2][1] for s in Side) - ABOVE_FEET * stature
    legs = np.maximum(*(body.silhouette(Part.leg(side), subject.size) for side in Side)) > 0.5
    patches = []
    for index in 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA]):
        own, y = labels == index, centres[index][1]
        low, on_leg = y > body.mid_hip[1] + BELOW_NECK * stature, legs[own].mean()
        worn = low and on_leg > (ON_LEG if _hand(own, subject) is None else ON_LEG_IN_HAND)
        if own.sum() > SMALLEST * stature**2 / 2 and highest < y < lowest and not worn and sure[own].mean() > SURE:
            patches.append(own)
    return patches


def _whole(seed: np.ndarray, subject: Subject) -> np.ndarray:
    """(H, W) bool: all of the thing of which a patch (H, W) bool is seen for sure."""
    stature, parsing = subject.body.stature, subject.parsing
    reach = disc(AROUND * stature)
    near = cv2.dilate(seed.astype(np.uint8), reach) > 0
    mask = np.full(seed.shape, cv2.GC_BGD, np.uint8)
    mask[near] = cv2.GC_PR_BGD
    arms = np.maximum(*(subject.body.silhouette(part, subject.size) for part in ARM_PARTS)) > 0.5
    mask[near & (parsing.arms > 0.4) & ~arms] = cv2.GC_PR_FGD  # leather
    mask[near & (parsing.accessory > 0.3)] = cv2.GC_PR_FGD
    mask[cv2.erode(seed.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = cv2.GC_FGD
    mask[
        (np.maximum.reduce([parsing.head, parsing.hair, parsing.torso, parsing.legs, parsing.shoes]) > 0.5)
        | (subject.matte < 0.4)
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
    cv2.grabCut(np.ascontiguousarray(subject.image[here]), local, None, *model, ROUNDS, cv2.GC_INIT_WITH_MASK)
    cut = np.zeros(seed.shape, np.uint8)
    cut[here] = (local == cv2.GC_FGD) | (local == cv2.GC_PR_FGD)
    for whole in (cut, seed.astype(np.uint8)):
        solid = _touching(cv2.morphologyEx(whole, cv2.MORPH_OPEN, disc(BROAD * stature)), seed)
        if solid.any() and solid.sum() > SOLID * _hull(solid).sum() and solid.sum() < GROWS * seed.sum():
            return cv2.morphologyEx(solid.astype(np.uint8), cv2.MORPH_CLOSE, disc(BROAD * stature)) > 0
    return seed


def _like_the_face(subject: Subject) -> np.ndarray:
    """(H, W) bool: what has the hue of the face's skin."""
    lab = cv2.cvtColor(subject.image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    skin = cv2.cvtColor(subject.parsing.skin_color.astype(np.float32)[None, None] / 255, cv2.COLOR_RGB2LAB)[0, 0]
    return np.asarray(np.hypot(*(lab[..., k] - skin[k] for k in (1, 2))) < HUES)


def _touching(mask: np.ndarray, seed: np.ndarray) -> np.ndarray:
    """(H, W) bool: the patch of a mask that holds most of the seed."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    inside = labels[seed & (mask > 0)]
    return labels == np.bincount(inside).argmax() if len(inside) else np.zeros(mask.shape, bool)


def _hull(mask: np.ndarray) -> np.ndarray:
    result = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(result, cv2.convexHull(cv2.findNonZero(mask.astype(np.uint8))), 1)
    return result


def _hand(mask: np.ndarray, subject: Subject) -> Side | None:
    """Whose hand holds it: the wrist that it reaches; None where it reaches none."""
    y, x = np.nonzero(mask)
    away = {side: float(np.hypot(*(np.stack([x, y]) - subject.body.arm(side)[2][:, None])).min()) for side in Side}
    nearest = min(away, key=lambda side: away[side])
    return nearest if away[nearest] < IN_HAND * subject.body.stature else None
