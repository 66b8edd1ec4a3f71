"""The surfaces that an avatar is made of: textured triangle meshes that the body's bones move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fashionmirror_core.cloth.hanging import Hanging
from fashionmirror_core.imaging.easing import smoothstep

TIPPED = 0.0, 8.0  # degrees that a foot turns, over which it comes to be seen from above


@dataclass(frozen=True)
class Texture:
    """What a surface shows.

    picture: (h, w, 4) uint8, premultiplied RGBA. clothing: (h, w) uint8, how much of the pixel is new clothes that lie on
    top, never more than the picture's alpha.
    """

    picture: np.ndarray
    clothing: np.ndarray


@dataclass(frozen=True)
class Fade:
    """A surface that is seen only while a bone shows the viewer what it shows in the photo, or only from another side.

    bone: the bone. start, end: degrees between the direction from which the photo sees the bone and that of a frame; in
    between the surface goes, or comes (``comes``). Either a number, or (N,), each vertex's own.
    """

    bone: int
    start: float | np.ndarray
    end: float | np.ndarray
    comes: bool = False

    def opacity(self, transforms: np.ndarray) -> np.ndarray:
        """() or (N,) in [0, 1], for transforms (B, 3, 4) of the bones from the photo's pose."""
        across, down, away = transforms[self.bone, 2, :3].astype(float)
        turned = np.degrees(np.arctan2(np.hypot(across, down), away))
        share = smoothstep(np.array(turned), self.start, self.end)
        return np.asarray(share if self.comes else 1 - share)


@dataclass(frozen=True)
class FromAbove:
    """A foot that the camera sees from above, though its shoe is made level: the figure is seen from straight ahead, so the
    shoe alone is tipped, by the same angle whichever way it points.

    bone: the foot's. pivot: (3,), the ankle, photo space, in the photo's pose. tilt: radians.
    """

    bone: int
    pivot: np.ndarray
    tilt: float

    def seen(self, points: np.ndarray, transforms: np.ndarray) -> np.ndarray:
        """(N, 3): points (N, 3), which the bones' transforms (B, 3, 4) have moved, tipped; not in the photo's own pose."""
        linear = transforms[self.bone, :, :3].astype(np.float64)
        size = float(np.cbrt(max(np.linalg.det(linear), 1e-12)))
        turned = np.degrees(np.arccos(np.clip((np.trace(linear) / size - 1) / 2, -1, 1)))
        return self.tipped(
            points, linear @ self.pivot + transforms[self.bone, :, 3], float(smoothstep(turned, *TIPPED))
        )

    def tipped(self, points: np.ndarray, pivot: np.ndarray, share: float = 1.0) -> np.ndarray:
        """(N, 3): points (N, 3) tipped about a pivot (3,), so that what is nearer to the viewer lies lower."""
        sine, cosine = np.sin(share * self.tilt), np.cos(share * self.tilt)
        return (points - pivot) @ np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]]) + pivot


@dataclass(frozen=True)
class Surface:
    """One closed mesh, in photo space (see ``body.fitted``) and in the photo's pose.

    name: unique within an avatar. vertices: (N, 3) float32. triangles: (M, 3) int32; cross(b - a, c - a) points outward, so
    it has a negative z where the surface faces the viewer. weld: (N,) int32, the first vertex at the same place: the two
    sides of a seam share one normal. bones: (N, 4) int32 and weights: (N, 4) float32, which bones move a vertex; weights
    sum to one. texel: (N, 2) float32, x and y in the texture's pixels, centres at integers. source: (N, 2) float32, the
    place in the photo that the vertex shows. bias: photo pixels added to z where surfaces are sorted by depth.
    texture: at rest; its alpha is soft where the contour is the photo's. turned_texel: (N, 2) float32, where a vertex reads
    the texture once its normal has turned, along the surface instead of straight through it; None: as ``texel``.
    fade: None for a surface that is always seen; else its texture's soft edge stays soft from all sides.
    shown: (N,) int8, when a vertex shows anything: 0 always; -1 in the photo's pose, until its bones have turned some
    degrees; 1 from then on; -2 and 2: the same, later where the person turns as a whole. None: always.
    lit: the texture is in even light, like cloth photographed flat from the front: its brightness in a frame comes from the
    frame's normals and light alone. Otherwise the texture is the photo's: only the change of the normals changes it. Where
    the texture is new clothes besides, the surface casts and takes the soft shade of cloth.
    lit_from: (N, 3) float32, unit: with what normals the photo's light fell on what the texture shows of each vertex, where
    that was seen elsewhere in the photo; None: those at rest, with which a pixel at rest is the texture's.
    dim: factor of the brightness, for the inside of cloth; only with ``lit``.
    hangs: how cloth that stays hangs below the hips; None: it goes where its bones move it.
    above: how a shoe is seen from above; None: as all else, from ahead.
    ahead: (N,) float32, photo pixels by which each vertex counts as nearer in the order of depth, like ``bias``. None: 0.
    """

    name: str
    vertices: np.ndarray
    triangles: np.ndarray
    weld: np.ndarray
    bones: np.ndarray
    weights: np.ndarray
    texel: np.ndarray
    source: np.ndarray
    texture: Texture
    bias: float = 0.0
    turned_texel: np.ndarray | None = None
    fade: Fade | None = None
    shown: np.ndarray | None = None
    lit: bool = False
    lit_from: np.ndarray | None = None
    dim: float = 1.0
    ahead: np.ndarray | None = None
    hangs: Hanging | None = None
    above: FromAbove | None = None
