"""The body's own skin where old clothes went: the parametric body's surface in the person's tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from fashionmirror_core.avatar.dressing import kept_colors, skin_colors, undressed_share, waistband_under
from fashionmirror_core.avatar.sheets import Spine
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.mannequin import ELSE, L_ARM, L_LEG, R_ARM, R_LEG, TRUNK, skin_regions
from fashionmirror_core.imaging.alpha import opaque
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import Category, Part

REGIONS = {TRUNK: Part.TRUNK, R_ARM: Part.R_ARM, L_ARM: Part.L_ARM, R_LEG: Part.R_LEG, L_LEG: Part.L_LEG}
RUNS_ON = 0.012  # statures that the skin goes on under what stays
BEHIND = 0.004  # statures in the order of depth: what the photo shows lies before it
SHADOW = 0.02  # statures beside the old clothes, within which skin may lie in their shadow
SLICE, FEWEST = 0.012, 12  # statures along a limb that its width is measured over; pixels that it takes
RAGGED = 3  # slices at both ends that don't count
WIDTH = (0.75, 1.35)  # bounds of the photo's width in the body's
FADES = (0.06, 0.22)  # statures from where the photo shows the limb, over which its width becomes the body's
SOFT = 3.0  # stage pixels: skin's colours change no faster


def skin_name(part: Part) -> str:
    """The name of the surface of a part's own skin."""
    return f"{part} skin"


def bare_skin(
    body: FittedBody,
    model: BodyModel,
    subject: Subject,
    stage: Stage,
    removed: np.ndarray,
    categories: Sequence[Category],
    limbs: Mapping[Part, tuple[np.ndarray, np.ndarray]],
) -> list[Surface]:
    """One surface a part, where the photo's own pixels don't show it. removed: M_r on the stage. categories: of the new
    clothes. limbs: (n, 2) photo pixels that show a limb bare, and the line of its joints (K, 2).
    """
    stature = float(np.ptp(body.vertices[:, 1]))
    regions = skin_regions(model.skin.weights)
    only_lower = all(category == Category.LOWER for category in categories)
    grow = 2 * max(1, round(RUNS_ON * stature * stage.scale)) + 1
    at = stage.from_photo(body.vertices[:, :2])
    x, y = np.clip(np.round(at).astype(int), 0, np.array(subject.size[::-1]) - 1).T
    bare = np.zeros(len(body.vertices), bool)
    for region, part in REGIONS.items():
        more = grow if part is Part.TRUNK else 3 * grow
        share = cv2.dilate(undressed_share(subject, part, removed, only_lower), np.ones((more, more), np.uint8))
        bare |= (regions == region) & (share[y, x] > 0.5)
    bare &= model.skin.weights[:, Bone.HEAD] < 0.3
    chosen = bare[model.faces].all(1) & (regions[model.faces] != ELSE).all(1)
    waistband = waistband_under(subject, removed, categories)
    shade = 2 * max(1, round(SHADOW * stature * stage.scale)) + 1
    shaded = cv2.dilate((removed > 0.3).astype(np.float32), np.ones((shade, shade), np.uint8))
    bones, weights = strongest(model.skin.weights)
    surfaces = []
    for region, part in REGIONS.items():
        own = model.faces[chosen & (regions[model.faces[:, 0]] == region)]
        if not len(own):
            continue
        kept, triangles = np.unique(own, return_inverse=True)
        if only_lower and part is Part.TRUNK:  # a kept top goes on into the new waistband, bare skin as well
            tone = kept_colors(subject, part, removed)
        else:
            tone = cv2.GaussianBlur(skin_colors(subject, part, shaded), (0, 0), SOFT)
        if waistband is not None and not part.is_arm:  # the trousers or skirt go on up to the waist
            down = 4 * grow + 1  # and between the legs
            share = cv2.dilate(waistband[0], np.ones((grow + 2, grow + 2), np.uint8))
            share, cloth = cv2.dilate(share, np.ones((down, 1), np.uint8), anchor=(0, down - 1)), waistband[1]
            tone = tone + share[..., None] * (cloth - tone)
        colors = opaque(to_8bit(tone))
        vertices = body.vertices[kept].astype(np.float32)
        if part in limbs:
            whole = body.vertices[regions == region]
            vertices[:, :2] = _as_wide(vertices[:, :2].astype(np.float64), whole[:, :2], *limbs[part], stature)
        surfaces.append(
            Surface(
                name=skin_name(part),
                vertices=vertices,
                triangles=triangles.reshape(-1, 3).astype(np.int32),
                weld=np.arange(len(kept), dtype=np.int32),
                bones=bones[kept],
                weights=weights[kept],
                texel=at[kept].astype(np.float32),
                source=vertices[:, :2].copy(),
                texture=Texture(colors, np.zeros(subject.size, np.uint8)),
                bias=BEHIND * stature,
                lit=True,
            )
        )
    return surfaces


def _as_wide(points: np.ndarray, body: np.ndarray, seen: np.ndarray, line: np.ndarray, stature: float) -> np.ndarray:
    """(n, 2): points of a limb's skin, as wide as the photo's limb where that begins, and as the body from some way off.

    body: (m, 2), all of the limb's skin. seen: (k, 2), the photo's pixels of the bare limb. line: its joints (K, 2).
    """
    spine = Spine(line.astype(float))
    step = SLICE * stature
    (there, beside), (place, aside), (own, own_aside) = (spine.coordinates(each) for each in (seen, body, points))
    number, of_body = np.floor(there / step).astype(int), np.floor(place / step).astype(int)
    known = [index for index in np.unique(number) if (number == index).sum() > FEWEST and (of_body == index).sum() > 5]
    known = known[RAGGED:-RAGGED]  # where clothes or the hand begin, a slice isn't seen whole
    if not known:
        return points
    edges = np.array([
        [*np.percentile(beside[number == index], [1, 99]), aside[of_body == index].min(), aside[of_body == index].max()]
        for index in known
    ])  # fmt: skip
    left, right, body_left, body_right = edges.T
    wide = np.clip((right - left) / np.maximum(body_right - body_left, 1e-3), *WIDTH)
    at = (np.array(known) + 0.5) * step
    scale, middle, moved = (
        np.interp(own, at, values) for values in (wide, (body_left + body_right) / 2, (left + right) / 2)
    )
    away = np.abs(own[:, None] - at).min(1) / stature
    share = 1 - smoothstep(away, *FADES)
    change = share * (moved + scale * (own_aside - middle) - own_aside)
    return points + change[:, None] * spine.across(points)
