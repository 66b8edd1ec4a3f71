"""The head's surfaces: the photo's own sheet, and under it the skull and the hair as they are all round.

From in front the head is the sheet, which shows the photo's pixels. As the head turns away from the viewer the sheet fades,
its rim first; it lies closely on skull and hair, which carry the same colours where the photo sees them, so nothing jumps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.brim import Brim
from fashionmirror_core.avatar.hair import BETTER, SHOWN, Depth, HairShell, hair_shell
from fashionmirror_core.avatar.hair_photo import HairPhoto
from fashionmirror_core.avatar.sheets import Grid, Inflation
from fashionmirror_core.avatar.skinning import strongest, weights_near
from fashionmirror_core.avatar.skull import Skull, normals_of, skin_pictures, skull_of, wears_dark_glasses
from fashionmirror_core.avatar.surface import Fade, Surface, Texture
from fashionmirror_core.avatar.tail import Tail
from fashionmirror_core.avatar.tone import LIGHT_NEAR, evened, lit_evenly
from fashionmirror_core.body.fitted import Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.person import face as mesh

HEAD, SKULL, HAIR, INSIDE, TAIL, BRIM = "head", "skull", "hair", "hair inside", "hair tail", "hat brim"
"""The surfaces' names."""
SHEET_GOES = (16.0, 34.0)  # degrees by which the head has turned
SHEET_RIM, RIM_GOES = (0.006, 0.03), (9.0, 15.0)  # statures inside of its outline that are its rim; degrees
ROUND_COMES = (2.0, 9.0)
LYING = 0.002  # statures between the sheet and what it lies on
SHEET_BIAS, HAIR_BIAS, SKULL_BIAS = -0.03, -0.015, -0.012  # statures: the fit's depth is good to a centimetre
LENS = 0.008  # statures above the eyes, to which dark glasses reach
HIDDEN, TELLS = 0.45, 0.3
"""How little a place of the skull faces the viewer to be hidden; how much one must to be shown."""
AROUND_FEATURES = 0.006  # statures around brows, eyes and mouth that are mirrored with them
ATLAS_GAP = 4  # pixels between front and back picture


@dataclass(frozen=True)
class HeadPhoto:
    """What the photo shows of the head, on one window of it. origin: (2,), its place in photo space.

    colors: (h, w, 3) float32, straight. own: (h, w) bool, what turns with the head; person: (h, w) bool, with what is below.
    hair, skin: (h, w) float32 in [0, 1]. tied: (h, w) bool, hair that hangs beside the neck. tone: (3,) RGB, the person's
    skin.
    """

    colors: np.ndarray
    own: np.ndarray
    person: np.ndarray
    hair: np.ndarray
    tied: np.ndarray
    skin: np.ndarray
    tone: np.ndarray
    origin: np.ndarray

    @property
    def hanging(self) -> np.ndarray:
        """(h, w) bool: hair that goes on without a gap from the top of the head: a fringe. Dark glasses have skin above."""
        hair = (self.hair > 0.6) & self.own
        above = np.cumsum(self.own & (self.hair < 0.3), 0) == 0
        return hair & np.logical_and.accumulate(hair | above, 0)

    def polygon(self, points: np.ndarray, grow: float = 0.0) -> np.ndarray:
        """(h, w) bool: inside of an outline of points (n, 2) in photo space, grown by so many pixels."""
        canvas = np.zeros(self.own.shape, np.uint8)
        cv2.fillPoly(canvas, [np.round(points - self.origin).astype(np.int32)], 1)
        if grow:
            size = 2 * round(abs(grow)) + 1
            change = cv2.dilate if grow > 0 else cv2.erode
            canvas = change(canvas, np.ones((size, size), np.uint8))
        return canvas > 0


@dataclass(frozen=True)
class Head:
    """Skull and hair of one person; hair is None for a bald head."""

    skull: Skull
    hair: HairShell | None
    photo: HeadPhoto
    features: np.ndarray

    @classmethod
    def of(cls, photo: HeadPhoto, body: FittedBody, model: BodyModel, chest: Depth, back: Depth) -> Head:
        """chest, back: where hair lies on below the chin."""
        stature = float(np.ptp(body.vertices[:, 1]))
        middle = body.landmarks[[0, 15, 16], :2].mean(0) - photo.origin
        picture = np.clip(photo.colors, 0, 255).astype(np.uint8)
        points = mesh.face_points(picture, (float(middle[0]), float(middle[1])), 0.09 * stature)
        if points is not None:
            points[:, :2] += photo.origin
        skull = skull_of(body, model, points)
        if points is None:  # as far as the body knows
            eyes = body.landmarks[[0, 15, 16], :2]
            features = photo.polygon(cv2.convexHull(eyes.astype(np.float32))[:, 0], 0.014 * stature)
            skin = photo.skin
        else:
            hull = cv2.convexHull(points[list(mesh.FEATURES), :2])[:, 0]
            features = photo.polygon(hull, 0.002 * stature)
            hanging = photo.hanging
            if wears_dark_glasses(photo.colors, photo.skin * (1 - photo.hair), features):
                eyes = points[[*mesh.RIGHT_EYE, *mesh.LEFT_EYE], 1].min() - photo.origin[1]
                hanging[max(0, round(float(eyes - LENS * stature))) :] = False
            features &= ~hanging
            oval = photo.polygon(points[list(mesh.OVAL), :2], -0.003 * stature)
            skin = np.maximum(photo.skin, oval * photo.own * (1 - photo.hair))
        photo = replace(photo, skin=skin)
        shown = HairPhoto(photo.colors, photo.own, photo.person, photo.hair, photo.tied, features, photo.origin)
        hair = hair_shell(skull, shown, chest, _or_skin(back, body, model))
        if hair is not None and hair.covers_ears:
            skull = skull.with_ears_flat()
        return cls(skull, hair, photo, features)

    def inflation(self, grid: Grid) -> Inflation:
        """The photo's sheet, which lies on skull and hair."""
        stature = self.skull.stature
        places = grid.place
        depth = self.skull.front(places)[..., 0]
        own = np.isfinite(depth) & grid.nodes
        if self.hair is not None:
            outside = self.hair.outside
            away, nearest = cKDTree(outside[:, :2]).query(places.reshape(-1, 2), 4)
            share = 1 / (away + 0.001 * stature) ** 2
            hair_depth = ((outside[nearest, 2] * share).sum(1) / share.sum(1)).reshape(own.shape)
            local = (places - self.photo.origin).astype(np.float32)
            is_hair = cv2.remap(self.photo.hair, local, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            share = smoothstep(is_hair, 0.3, 0.7)
            share = np.where(own, share, 1.0)
            depth = np.where(own, depth, 0.0)
            depth = depth + share * (np.where(own, np.minimum(hair_depth, depth), hair_depth) - depth)
        else:
            known = np.flatnonzero(own.ravel())
            _, nearest = cKDTree(places.reshape(-1, 2)[known]).query(places.reshape(-1, 2))
            depth = depth.ravel()[known][nearest].reshape(own.shape)
        depth = cv2.GaussianBlur(depth, (0, 0), 0.8)
        thick = LYING * stature
        fullness = np.ones(depth.shape)
        return Inflation(depth - thick, depth, depth - thick / 2, np.zeros(depth.shape), fullness)

    def surfaces(self, body: FittedBody, model: BodyModel, chin: float, half: float) -> list[Surface]:
        """Skull and hair. chin: its y; half: from the head's middle to an ear."""
        result = [self._skull_surface()]
        if self.hair is not None:
            result.extend(self._hair_surfaces(body, model, chin, half))
        return result

    def _skull_surface(self) -> Surface:
        skull, photo = self.skull, self.photo
        size = max(3, round(0.004 * skull.stature)) | 1
        sure = photo.skin * (photo.hair < 0.5)
        sure = cv2.erode((sure > 0.5).astype(np.uint8), np.ones((size, size), np.uint8))
        sure = np.maximum(sure, (self.features & photo.own).astype(np.uint8)).astype(np.float32)
        soft = cv2.GaussianBlur(sure, (0, 0), 0.4 * size)
        told = np.clip(photo.skin * (1 - photo.hair), 0, 1) * photo.person
        even = evened(photo.colors, told.astype(np.float32), photo.tone, LIGHT_NEAR * skull.stature)
        front, back = skin_pictures(skull, even, soft, self.features, photo.origin)
        gap = np.zeros((front.shape[0], ATLAS_GAP, 3), np.float32)
        picture = np.clip(np.concatenate([front, gap, back], 1) + 0.5, 0, 255).astype(np.uint8)
        count = len(skull.vertices)
        faces = skull.triangles
        far = np.array(photo.own.shape[::-1]) - 1
        places, across = (np.clip(own[:, :2] - photo.origin, 0, far) for own in (skull.vertices, skull.mirrored))
        # Eyes, brows and mouth that a turned face hides look as on its other side; cheek and ear would have its light.
        features = cv2.dilate(self.features.astype(np.uint8), disc(AROUND_FEATURES * skull.stature)) > 0
        column, row = across.astype(int).T
        feature = features[row, column][faces].all(1)
        facing, other = skull.facing[faces].mean(1).T
        away = skull.normals[faces, 2].mean(1) > 0
        of = np.where(feature & (facing < HIDDEN) & (other > TELLS) & (other > facing + BETTER[0]), 2, away)
        triangles = (faces + count * of[:, None]).astype(np.int32)
        bones, weights = strongest(skull.weights)
        vertices = np.tile(skull.vertices, (3, 1)).astype(np.float32)
        return Surface(
            name=SKULL,
            vertices=vertices,
            triangles=triangles,
            weld=np.tile(np.arange(count, dtype=np.int32), 3),
            bones=np.tile(bones, (3, 1)),
            weights=np.tile(weights, (3, 1)),
            texel=np.concatenate([places, places + np.array([front.shape[1] + ATLAS_GAP, 0]), across]).astype(
                np.float32
            ),
            source=vertices[:, :2].copy(),
            texture=_opaque(picture),
            bias=SKULL_BIAS * skull.stature,
            lit_from=lit_evenly(3 * count),
            fade=Fade(Bone.HEAD, *ROUND_COMES, comes=True),
        )

    def _hair_surfaces(self, body: FittedBody, model: BodyModel, chin: float, half: float) -> list[Surface]:
        hair = self.hair
        assert hair is not None
        weights = hair_weights(hair.vertices, body, model, chin, half)
        bones, shares = strongest(weights)
        vertices = hair.vertices.astype(np.float32)
        own = slice(len(hair.alpha))
        outside = (hair.triangles < own.stop).all(1)
        tall = len(hair.picture) // 2

        def side(name: str, of: slice, triangles: np.ndarray, picture: np.ndarray, above: int) -> Surface:
            return Surface(
                name=name,
                vertices=vertices[of],
                triangles=triangles - (of.start or 0),
                weld=hair.weld[of] - (of.start or 0),
                bones=bones[of],
                weights=shares[of],
                texel=hair.texel[of] - np.array([0, above], np.float32),
                source=vertices[of, :2].copy(),
                texture=Texture(picture, np.zeros(picture.shape[:2], np.uint8)),
                bias=HAIR_BIAS * self.skull.stature,
                fade=Fade(Bone.HEAD, *ROUND_COMES, comes=True),
            )

        shell = side(HAIR, own, hair.triangles[outside], hair.picture[:tall], 0)
        # Behind, its picture has the colours of the front, and their light.
        outward = normals_of(vertices[own], shell.triangles)
        shown = smoothstep(-outward[:, 2:], *SHOWN) * outward
        shown[:, 2] -= 1 - smoothstep(-outward[:, 2], *SHOWN)
        shown /= np.maximum(np.linalg.norm(shown, axis=1, keepdims=True), 1e-6)
        shell = replace(shell, lit_from=shown.astype(np.float32))
        # A surface shows its foremost triangle: its own bare rim would hide the inside behind it.
        inside = side(INSIDE, slice(own.stop, None), hair.triangles[~outside], hair.picture[tall:], tall)
        return [
            shell,
            inside,
            *(
                self._worn_surface(name, worn, hair_weights(worn.vertices, body, model, chin, half))
                for name, worn in ((TAIL, hair.tail), (BRIM, hair.brim))
                if worn is not None
            ),
            *(
                replace(
                    shell,
                    name=f"{HAIR} frizz {number}",
                    vertices=places.astype(np.float32),
                    triangles=hair.frizz_triangles,
                    texture=Texture(picture, np.zeros(picture.shape[:2], np.uint8)),
                )
                for number, (places, picture) in enumerate(hair.frizz)
            ),
        ]

    def stands_off(self, places: np.ndarray) -> np.ndarray:
        """(n,) bool: where the photo's sheet, at places (n, 2) of the photo, shows a brim beside the head."""
        if self.hair is None or self.hair.brim is None:
            return np.zeros(len(places), bool)
        column, row = np.round(places - self.photo.origin).astype(int).T
        height, width = self.photo.own.shape
        return self.hair.brim.apart[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]

    def _worn_surface(self, name: str, worn: Tail | Brim, weights: np.ndarray) -> Surface:
        """What hangs behind, or a brim: it goes with the head, and with the back where it lies on that. weights: (n, 22)."""
        bones, shares = strongest(weights)
        vertices = worn.vertices.astype(np.float32)
        return Surface(
            name=name,
            vertices=vertices,
            triangles=worn.triangles,
            weld=worn.weld,
            bones=bones,
            weights=shares,
            texel=worn.texel,
            source=vertices[:, :2].copy(),
            texture=Texture(worn.picture, np.zeros(worn.picture.shape[:2], np.uint8)),
            bias=HAIR_BIAS * self.skull.stature,
            lit_from=lit_evenly(len(vertices)),
            fade=Fade(Bone.HEAD, *ROUND_COMES, comes=True),
        )


def _or_skin(back: Depth, body: FittedBody, model: BodyModel) -> Depth:
    """A side's depth, or the body's own back where that lies farther away: old clothes that went have left no sheet."""
    behind = (normals_of(body.vertices, model.faces)[:, 2] > 0.05) & (arms_share(model) < 0.2)
    skin = LinearNDInterpolator(body.vertices[behind, :2], body.vertices[behind, 2])
    return lambda places, outside: np.fmax(back(places, outside), np.where(np.isnan(own := skin(places)), outside, own))


def arms_share(model: BodyModel) -> np.ndarray:
    """(V,) in [0, 1]: how much the arms' bones move each place of the skin."""
    bones = [*range(Bone.L_UPPER_ARM, Bone.L_HAND + 1), *range(Bone.R_UPPER_ARM, Bone.R_HAND + 1)]
    return np.asarray(model.skin.weights[:, bones].sum(1))


def hair_weights(points: np.ndarray, body: FittedBody, model: BodyModel, chin: float, half: float) -> np.ndarray:
    """(n, 22): which bones move points (n, 3) of the head: the head's own, and below the chin those of what hair lies on."""
    trunk = arms_share(model) < 0.2
    weights = weights_near(points, body.vertices.astype(np.float64), model.skin.weights, trunk, 2.0)
    rigid = 1 - smoothstep(points[:, 1], chin - 0.15 * half, chin + 0.8 * half)
    only_head = np.zeros(weights.shape[-1])
    only_head[Bone.HEAD] = 1
    return weights + rigid[:, None] * (only_head - weights)


def _opaque(picture: np.ndarray) -> Texture:
    return Texture(cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA), np.zeros(picture.shape[:2], np.uint8))
