"""The body's own skin where old clothes went: the parametric body's surface in the person's tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from scipy.ndimage import distance_transform_edt

from fashionmirror_core.avatar.dressing import (
    kept_colors,
    own_skin,
    skin_colors,
    stockings,
    undressed_share,
    waistband_under,
)
from fashionmirror_core.avatar.limbs import vertex_normals
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.tone import LIGHT_NEAR, evened, lit_evenly, person_tone
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.mannequin import ELSE, L_ARM, L_LEG, R_ARM, R_LEG, TRUNK, skin_regions
from fashionmirror_core.imaging.alpha import opaque
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import Category, Part

REGIONS = {TRUNK: Part.TRUNK, R_ARM: Part.R_ARM, L_ARM: Part.L_ARM, R_LEG: Part.R_LEG, L_LEG: Part.L_LEG}
RUNS_ON = 0.012  # statures that the skin goes on under what stays
NECK = 0.08  # of neck and collarbones, which are the body's own once it turns
OF_CHIN = 0.9  # weight of the head's bone, up to which the neck is the trunk's
LIMB_RUNS_ON = 0.08  # statures that a limb's does once it turns: the photo's melts into it
ARM_AT_REST, LEG_AT_REST = 0.03, 0.065  # in the photo's pose; below an old hem the photo's leg is cut off
OUTSIDE = 0.3  # of the matte, below which the photo shows no skin
UNDER_CLOTH = 0.012  # statures that a leg lies inside of the kept trousers or skirt that it stands in for
BEHIND, NECK_BEHIND = 0.004, 0.024  # statures in the order of depth: what the photo shows lies before it
SHADOW = 0.02  # statures beside the old clothes, within which skin may lie in their shadow
BEHIND_SHOE = 0.05  # statures that a foot lies behind its shoe in the photo's pose
ALWAYS_SEEN, AT_REST = 0, -1  # as ``Surface.shown``
TURNED, ALWAYS = 1, 2  # when a shoe hides the foot in it
NECK_SHADE = 0.5  # of the photo's own light that stays on the chest
OVERLAP = 3  # rings of triangles by which the trunk's skin goes on behind the arms
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
    hidden: (V,) int8, what shoes and sleeves that stay hide: 0 nothing, TURNED once the foot turns, ALWAYS in the photo's
    pose, too.
    """
    stature = float(np.ptp(body.vertices[:, 1]))
    regions = skin_regions(model.skin.weights)
    for region, hand in ((R_ARM, Bone.R_HAND), (L_ARM, Bone.L_HAND)):
        regions[model.skin.weights[:, hand] > 0.5] = region
    only_lower = all(category == Category.LOWER for category in categories)
    grow = 2 * max(1, round(RUNS_ON * stature * stage.scale)) + 1
    at = stage.from_photo(body.vertices[:, :2])
    x, y = np.clip(np.round(at).astype(int), 0, np.array(subject.size[::-1]) - 1).T
    waistband = waistband_under(subject, removed, categories)
    chest = body.vertices[:, 1] < body.joints[[Bone.R_UPPER_ARM, Bone.L_UPPER_ARM], 1].max()
    bare, later = np.zeros((2, len(body.vertices)), bool)

    def within(region: int, share: np.ndarray, reach: float) -> np.ndarray:
        """(V,) bool: vertices so many statures from where a part is undressed, (H, W) in [0, 1]."""
        size = 2 * max(1, round(reach * stature * stage.scale)) + 1
        return np.asarray((regions == region) & (cv2.dilate(share, np.ones((size, size), np.uint8))[y, x] > 0.5))

    for region, part in REGIONS.items():
        share = undressed_share(subject, part, removed, only_lower)
        if part is Part.TRUNK:
            turned = within(region, share, RUNS_ON)
            # Under a bare belly the skin goes on: no gap opens between what its sheet and what the skin shows.
            belly = body.vertices[:, 1] > body.joints[Bone.CHEST, 1]
            turned |= belly & within(region, subject.parsing.torso * (removed < 0.5), 0.0)
            if not only_lower:
                turned |= chest & within(region, share, NECK)
            at_rest = turned
        else:
            leg = part.is_leg and waistband is None
            turned = within(region, share, LIMB_RUNS_ON)
            at_rest = within(region, share, LEG_AT_REST if leg else ARM_AT_REST)
        bare |= turned
        later |= at_rest
    hands = model.skin.weights[:, [Bone.R_HAND, Bone.L_HAND]].sum(1) > 0.5  # a sheet hides no fingers
    later = bare & (~later | (hands & (removed[y, x] < 0.5)))
    of_head = model.skin.weights[:, Bone.HEAD]
    bare &= (of_head < OF_CHIN) & (hidden < ALWAYS)
    chosen = bare[model.faces].all(1) & (regions[model.faces] != ELSE).all(1)
    shade = 2 * max(1, round(SHADOW * stature * stage.scale)) + 1
    shaded = cv2.dilate((removed > 0.3).astype(np.float32), np.ones((shade, shade), np.uint8))
    bones, weights = strongest(model.skin.weights)
    normals = vertex_normals(body.vertices.astype(np.float64), model.faces)
    person = person_tone(subject)
    surfaces = []
    for region, part in REGIONS.items():
        of_part = regions[model.faces[:, 0]] == region
        if part is Part.TRUNK:  # it goes on behind the arms, whose width is the photo's: no slit opens between them
            of_part |= _beside(model.faces, regions == TRUNK) & np.isin(regions[model.faces[:, 0]], [R_ARM, L_ARM])
        own = model.faces[chosen & of_part]
        if not len(own):
            continue
        kept, triangles, pose = _copies(own, hidden == TURNED, later)
        even = evened(subject.image, own_skin(subject, part), person, LIGHT_NEAR * subject.body.stature, part.is_leg)
        if part is Part.TRUNK:  # the neck's shade goes on where the photo's neck fades into it
            even = (1 - NECK_SHADE) * even + NECK_SHADE * subject.image
        tone = cv2.GaussianBlur(skin_colors(subject, part, shaded, (even, person)), (0, 0), SOFT)
        tights = stockings(subject, part, removed)
        if tights is not None:
            tone = tights
        if only_lower and part is Part.TRUNK:  # a kept top goes on into the new waistband, bare skin as well
            tone = kept_colors(subject, part, removed)
        if waistband is not None and not part.is_arm:  # the trousers or skirt go on up to the waist
            down = 4 * grow + 1  # and between the legs
            share = cv2.dilate(waistband[0], np.ones((grow + 2, grow + 2), np.uint8))
            share, cloth = cv2.dilate(share, np.ones((down, 1), np.uint8), anchor=(0, down - 1)), waistband[1]
            tone = tone + spread(share) * (cloth - tone)
        colors = opaque(to_8bit(tone))
        vertices = limbs.get(part, body.vertices)[kept].astype(np.float32)
        if not part.is_arm:
            vertices[:, :2] = _drawn_in(vertices[:, :2], subject.matte, stage)
        if waistband is not None and part.is_leg:  # where nothing else hides what is under the new hem it stays
            covered = shaded[y[kept], x[kept]] < 0.5
            vertices -= (UNDER_CLOTH * stature * covered[:, None] * normals[kept]).astype(np.float32)
        vertices[pose == AT_REST, 2] += BEHIND_SHOE * stature
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
                bias=(NECK_BEHIND if part is Part.TRUNK else BEHIND) * stature,
                shown=np.where(pose == ALWAYS_SEEN, later[kept], pose).astype(np.int8),
                lit_from=lit_evenly(len(kept)),
            )
        )
    return surfaces


def _beside(faces: np.ndarray, region: np.ndarray) -> np.ndarray:
    """(m,) bool: the triangles (m, 3) within OVERLAP rings of the vertices (V,) of a region."""
    near = region.copy()
    for _ in range(OVERLAP):
        near[faces[near[faces].any(1)]] = True
    return np.asarray(near[faces].all(1))


def _drawn_in(places: np.ndarray, matte: np.ndarray, stage: Stage) -> np.ndarray:
    """Places (n, 2), photo pixels, where the fit is wider than the person: those of the person that are nearest."""
    x, y = np.clip(np.round(stage.from_photo(places)).astype(int), 0, np.array(matte.shape[::-1]) - 1).T
    rows, columns = distance_transform_edt(matte < 0.5, return_distances=False, return_indices=True)
    nearest = stage.to_photo(np.stack([columns[y, x], rows[y, x]], -1).astype(float))
    return np.where((matte[y, x] < OUTSIDE)[:, None], nearest, places).astype(np.float32)


def _copies(faces: np.ndarray, in_shoe: np.ndarray, later: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices of the body (n,), triangles (m, 3) of them, and when each vertex is seen (n,): a foot in a shoe is seen in
    the photo's pose alone, where the photo's shoe is cut by a trouser leg.

    faces: (m, 3) of the body. in_shoe, later: (V,) bool; ``later``, what isn't seen in the photo's pose at all.
    """
    count, shod = len(in_shoe), in_shoe[faces].any(1)
    copies = {ALWAYS_SEEN: faces[~shod], AT_REST: faces[shod & ~later[faces].any(1)]}
    pile = np.concatenate([own + index * count for index, own in enumerate(copies.values())])
    kept, triangles = np.unique(pile, return_inverse=True)
    return kept % count, triangles, np.array(list(copies))[kept // count]
