"""The body's own skin where old clothes went: the parametric body's surface in the person's tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from fashionmirror_core.avatar.dressing import kept_colors, skin_colors, undressed_share, waistband_under
from fashionmirror_core.avatar.limbs import vertex_normals
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.mannequin import ELSE, L_ARM, L_LEG, R_ARM, R_LEG, TRUNK, skin_regions
from fashionmirror_core.imaging.alpha import opaque
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import Category, Part

REGIONS = {TRUNK: Part.TRUNK, R_ARM: Part.R_ARM, L_ARM: Part.L_ARM, R_LEG: Part.R_LEG, L_LEG: Part.L_LEG}
RUNS_ON = 0.012  # statures that the skin goes on under what stays
LIMB_RUNS_ON, AT_REST = 0.065, 0.03  # statures that a limb's does once it turns: the photo's melts into it; at rest
BEHIND = 0.004  # statures in the order of depth: what the photo shows lies before it
SHADOW = 0.02  # statures beside the old clothes, within which skin may lie in their shadow
FACING = -0.3  # of a normal's z: from there on the photo shows a vertex well
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
    limbs: Mapping[Part, np.ndarray],
    hidden: np.ndarray,
) -> list[Surface]:
    """One surface a part, where the photo's own pixels don't show it. removed: M_r on the stage. categories: of the new
    clothes. limbs: (V, 3), the body with a limb as wide as in the photo (``limbs.as_wide``), where the photo shows any.
    hidden: (V,) bool, what shoes and sleeves that stay hide.
    """
    stature = float(np.ptp(body.vertices[:, 1]))
    regions = skin_regions(model.skin.weights)
    for region, hand in ((R_ARM, Bone.R_HAND), (L_ARM, Bone.L_HAND)):
        regions[model.skin.weights[:, hand] > 0.5] = region
    only_lower = all(category == Category.LOWER for category in categories)
    grow = 2 * max(1, round(RUNS_ON * stature * stage.scale)) + 1
    at = stage.from_photo(body.vertices[:, :2])
    x, y = np.clip(np.round(at).astype(int), 0, np.array(subject.size[::-1]) - 1).T
    bare, later = np.zeros((2, len(body.vertices)), bool)
    for region, part in REGIONS.items():
        share = undressed_share(subject, part, removed, only_lower)
        for found, reach in ((bare, LIMB_RUNS_ON), (later, AT_REST)):
            size = 2 * max(1, round((RUNS_ON if part is Part.TRUNK else reach) * stature * stage.scale)) + 1
            found |= (regions == region) & (cv2.dilate(share, np.ones((size, size), np.uint8))[y, x] > 0.5)
    hands = model.skin.weights[:, [Bone.R_HAND, Bone.L_HAND]].sum(1) > 0.5  # a sheet hides no fingers
    later = bare & (~later | (hands & (removed[y, x] < 0.5)))
    bare &= (model.skin.weights[:, Bone.HEAD] < 0.3) & ~hidden
    chosen = bare[model.faces].all(1) & (regions[model.faces] != ELSE).all(1)
    waistband = waistband_under(subject, removed, categories)
    shade = 2 * max(1, round(SHADOW * stature * stage.scale)) + 1
    shaded = cv2.dilate((removed > 0.3).astype(np.float32), np.ones((shade, shade), np.uint8))
    bones, weights = strongest(model.skin.weights)
    facing = _facing(body, model, at, subject.size)
    surfaces = []
    for region, part in REGIONS.items():
        own = model.faces[chosen & (regions[model.faces[:, 0]] == region)]
        if not len(own):
            continue
        kept, triangles = np.unique(own, return_inverse=True)
        tone, under = np.split(cv2.GaussianBlur(skin_colors(subject, part, shaded, facing), (0, 0), SOFT), [3], 2)
        if only_lower and part is Part.TRUNK:  # a kept top goes on into the new waistband, bare skin as well
            tone = kept_colors(subject, part, removed)
        if waistband is not None and not part.is_arm:  # the trousers or skirt go on up to the waist
            down = 4 * grow + 1  # and between the legs
            share = cv2.dilate(waistband[0], np.ones((grow + 2, grow + 2), np.uint8))
            share, cloth = cv2.dilate(share, np.ones((down, 1), np.uint8), anchor=(0, down - 1)), waistband[1]
            tone = tone + share[..., None] * (cloth - tone)
        colors = opaque(to_8bit(tone))
        vertices = limbs.get(part, body.vertices)[kept].astype(np.float32)
        normals = under[y[kept], x[kept]]
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
                shown=later[kept].astype(np.int8),
                lit_from=normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6),
            )
        )
    return surfaces


def _facing(body: FittedBody, model: BodyModel, at: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3): the body's normals on the stage where it faces the viewer, carried on from there. at: (V, 2), its vertices
    there.
    """
    normals = vertex_normals(body.vertices.astype(np.float64), model.faces)
    own = normals[:, 2] < FACING
    x, y = np.clip(np.round(at[own]).astype(int), 0, np.array(size[::-1]) - 1).T
    total = np.zeros((*size, 4), np.float32)
    np.add.at(total, (y, x), np.column_stack([normals[own], np.ones(own.sum())]))
    there = total[..., 3] > 0
    return push_pull(total[..., :3] / np.maximum(total[..., 3:], 1), there.astype(np.float32))
