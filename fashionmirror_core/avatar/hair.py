"""Hair as a shell around the head: a grid in polar coordinates over the skull and, below the ears, around the neck.

It is as thick as the photo's silhouette says on the left and on the right, and their mean behind. Its picture is the photo
where that sees it, and elsewhere the same hair's colours with the contrast of its strands or curls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.brim import Brim, with_brim_apart
from fashionmirror_core.avatar.hair_photo import HairPhoto
from fashionmirror_core.avatar.hair_rows import row_colors
from fashionmirror_core.avatar.skull import EAR, Skull, normals_of
from fashionmirror_core.avatar.strands import Strands
from fashionmirror_core.avatar.tail import Tail, tail_of
from fashionmirror_core.imaging.channels import joined, spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull

ROWS, COLUMNS = 26, 88  # of the grid over the skull; columns all round
ROW = 0.006  # statures between the rows below the ears
TEXELS = (5, 6)  # of a cell of the grid, down and across
THINNEST = 0.006  # statures
ENOUGH = 0.06  # of the head's pixels, from which there is hair
HANGS = 0.15  # of the hair below the chin, from which it is long, though an ear be free
COVERED = 0.6  # share of hair where an ear should be, from which it is covered, and the hair is long
BESIDE = 1.0  # half ear heights: how far before the ears long hair hangs
TEMPLE = 2.0  # half ear heights below the ear's middle, to which hair from the temples reaches
GOES_ON = 0.19  # statures below the chin, to which hair that goes on behind the shoulders reaches
BEHIND = 0.003  # statures that long hair is thicker behind: in rendered training clips 0.5 cm or more
PLUMB, IN_THE_NAPE = 0.08, 0.32  # how far it comes forward for its length, from the back of the head down to the back
OVER_THE_BACK = -0.08  # the same of hair that goes on behind the shoulders, which lies on the back
DRAWN_BACK = (-3.5, 1.0)
"""Half ear heights behind the ear: its edge in front, from the temples to the height of the chin."""
HANGS_DOWN = np.array([-0.01, 0.03])  # statures below the chin, to which it must reach so as to hang
ON_SHOULDERS = 0.05  # statures below the chin: what ends lower ends on the chest, and is as long behind
TOUCHES = 0.006, 0.8, 0.045
"""Statures that are no gap between hair and the body below it; the share of columns below the chin without one, and
statures of columns, from which hair goes on behind the shoulders.
"""
ISLAND = 0.05  # of the largest patch of hair: a smaller one is a shadow
STRANDS = 0.7  # of 1 for strands that run side by side: curlier hair ends where the photo shows
FRIZZ = ((0.003, -0.3, 0.6), (0.006, 0.4, 0.4), (0.009, 1.0, 0.25))
"""Layers over curls: statures above them, the noise (of unit deviation) from which on there is hair, and its opacity."""
FRIZZ_UNEVEN = 0.6  # of a layer's height
FRIZZ_CLUMPS = ((1.0, 0.6), (3.0, 1.0))  # texels, and their share of the noise
FAR = (4.0, 50.0)  # texels from what the photo shows, over which its own colours become the row's
SHOWN = (0.25, 0.55)  # how far the shell must face the viewer for the photo to show its colours
BETTER = (0.25, 0.5)  # how much more its mirror image must face the viewer than a place, to tell its outline
PROFILE, PROFILES = 0.4, (0.4, 0.8)  # sine of a head's turn, from which on before it is a face; from front to profile
INSIDE_SHADE = 0.45  # of the colours outside
HAIRLINE = (
    (-3.6, -2.6, -1.8, -1.4, -1.05, -0.75, -0.5, 0.0, 0.45, 0.75, 1.0, 1.25, 2.0),
    (-2.8, -1.9, -1.1, -0.7, 0.1, 0.1, -0.75, -0.95, -0.75, 0.2, 1.1, 1.5, 1.6),
)
"""Where short hair ends at the side: half ear heights behind the ear's middle, and below it: temple, sideburn, ear, nape."""
FRINGE = (1.2, 2.2)  # half ear heights before the ear, from where on a photo's hair is believed however it faces
NAPE_ARCH = 0.05  # per half ear height squared beside the neck's middle: how much higher the nape's hairline is
SOFT_EDGE = (0.2, 0.55)  # half ear heights over which short hair gets thin, at the ear and at the nape
NAPE = 3.0  # half ear heights below the ear's middle, to which the grid of short hair reaches


@dataclass(frozen=True)
class HairShell:
    """vertices: (n, 3) in photo space. triangles: (m, 3). weld: (n,). texel: (n, 2). picture: (th, tw, 4) uint8,
    premultiplied. outer: how many of the vertices are the outside's; their alpha: (outer,).
    covers_ears: whether hair lies over the ears. frizz: the soft edge of curls, layers of the outside's vertices: their
    places (outer, 3), and pictures, which are read as the outside's; and their triangles, (k, 3). tail: what hangs behind.
    brim: of a hat.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    weld: np.ndarray
    texel: np.ndarray
    picture: np.ndarray
    alpha: np.ndarray
    covers_ears: bool
    frizz: tuple[tuple[np.ndarray, np.ndarray], ...]
    frizz_triangles: np.ndarray
    tail: Tail | None
    brim: Brim | None

    @property
    def outside(self) -> np.ndarray:
        """(k, 3): the vertices outside that face the viewer and have hair."""
        count = len(self.alpha)
        outer = self.triangles[(self.triangles < count).all(1)]
        facing = normals_of(self.vertices, outer)[:count, 2] < -0.1
        return self.vertices[:count][facing & (self.alpha > 0.5)]


Depth = Callable[[np.ndarray, float], np.ndarray]
"""At places (..., 2) of the photo: the depth of a side of the body; the given value where it isn't."""


def hair_shell(skull: Skull, photo: HairPhoto, chest: Depth, back: Depth) -> HairShell | None:
    """The hair that a photo shows; None for a bald head. chest, back: where hair lies on below the chin."""
    solid = photo.own & (photo.hair > 0.6) & ~photo.features  # dark glasses are labelled hair at times
    if solid.sum() < ENOUGH * max(int(photo.own.sum()), 1):
        return None
    photo, brim = with_brim_apart(skull, photo)
    return replace(_Shell(skull, photo, chest, back).built(), brim=brim)


class _Shell:
    def __init__(self, skull: Skull, photo: HairPhoto, chest: Depth, back: Depth) -> None:
        self.skull, self.photo, self.chest, self.back = skull, photo, chest, back
        self.ear = EAR * skull.stature
        self.thin = THINNEST * skull.stature
        self.head, self.center = skull.head, skull.center
        self.above = self.head[self.head[:, 1] < -self.ear + 0.01 * skull.stature] - self.center
        self.angles = np.linspace(0, np.pi / 2, ROWS)
        self.round = np.linspace(-np.pi, np.pi, COLUMNS, endpoint=False)  # 0 behind, a quarter at the person's left
        near = self.head[self.head[:, 2] < np.percentile(self.head[:, 2], 30)]
        self.chin = float(near[:, 1].max())
        self.random = np.random.default_rng(0)
        self.strands = Strands(photo, skull.stature)
        self.straight = self.strands.straight

    # ----------------------------------------------------------------------------------------------------- the photo

    def _on_photo(self, local: np.ndarray) -> np.ndarray:
        return self.skull.placed(local)

    def _sample(self, field: np.ndarray, local: np.ndarray) -> np.ndarray:
        places = self._on_photo(local)
        return self.photo.at(field, places[..., 0], places[..., 1])

    @cached_property
    def covered(self) -> bool:
        """Whether hair covers the ears, as long hair does."""
        shares = []
        for ear in self.skull.ears:
            x, y = np.meshgrid(np.linspace(-0.5, 0.5, 7) * self.ear, np.linspace(-0.6, 0.6, 7) * self.ear)
            shares.append(float(self.photo.at(self.photo.hair, ear[0] + x, ear[1] + y).mean()))
        hair = self.photo.own & (self.photo.hair > 0.5)
        row = int(self.skull.placed(np.array([0.0, self.chin, 0.0]))[1] - self.photo.origin[1])
        hangs = hair[max(0, row) :].sum() / max(hair.sum(), 1) > HANGS
        return max(shares) > COVERED or bool(hangs)

    @cached_property
    def goes_on(self) -> bool:
        """Whether long hair goes on behind the shoulders: it ends where they begin, without a gap, and not on the chest.

        In the rendered training clips the hair of 158 people with hair down the back touches the body below the chin, and
        that of none of the 290 others.
        """
        hair = self.photo.own & (self.photo.hair > 0.5)
        stature = self.skull.stature
        chin = int(self.skull.placed(np.array([0.0, self.chin, 0.0]))[1] - self.photo.origin[1])
        low = len(hair) - 1 - hair[::-1].argmax(0)
        columns = np.flatnonzero(hair.any(0) & (low > chin))
        if len(columns) < TOUCHES[2] * stature or np.percentile(low[columns], 90) > chin + ON_SHOULDERS * stature:
            return False
        reach = max(1, round(TOUCHES[0] * stature))
        below = np.clip(low[columns] + 1 + np.arange(reach)[:, None], 0, len(hair) - 1)
        touches = self.photo.person[below, columns].any(0)
        # Curls stand as far off as they hang: below a round head of them there are none.
        return self.covered and self.straight > STRANDS and bool(touches.mean() > TOUCHES[1])

    @cached_property
    def drawn(self) -> np.ndarray:
        """(h, w) float32 in [0, 1]: where the photo has hair. Beside the head it says nothing: there hair goes on, long hair
        wherever the outline is hair, or strands that lie a little farther out than that would have slits.
        """
        height, width = self.photo.own.shape
        y = np.arange(height)[:, None] + self.photo.origin[1] + np.zeros(width)
        above = y < self.skull.placed(np.array([0.0, 0.3 * self.ear, 0.0]))[1]
        _, labels, stats, _ = cv2.connectedComponentsWithStats((self.photo.hair > 0.3).astype(np.uint8))
        areas = np.r_[0, stats[1:, cv2.CC_STAT_AREA]]
        known = (areas >= ISLAND * areas.max())[labels]
        hair = self.photo.hair * known
        if self.photo.person.any():
            _, (row, column) = distance_transform_edt(~self.photo.person, return_indices=True)
            near, forward = hair[row, column] > 0.5, -float(self.skull.turned[0, 2])
            if abs(forward) > PROFILE:  # before a forehead there is none
                before = (np.arange(width) + self.photo.origin[0] - self.skull.placed(self.center)[0]) * forward > 0
                above = np.where(before, near, above)
            above = np.maximum(above, near) if self.covered else above
        hair = np.where(self.photo.person, hair, above)
        return cv2.GaussianBlur(np.where(self.photo.features, 0, hair).astype(np.float32), (0, 0), 0.8)

    # ------------------------------------------------------------------------------------------------------ the shape

    @cached_property
    def profile(self) -> float:
        """From 0 for a head from in front to 1 for one in profile."""
        return float(smoothstep(abs(self.skull.turned[0, 2]), *PROFILES))

    def _reach(self, directions: np.ndarray) -> np.ndarray:
        """(n,): how far the head's silhouette reaches from the centre along directions (n, 3) of the head's axes."""
        steps = np.arange(2, 0.25 * self.skull.stature, 0.5)
        on_way = self._sample(self.photo.own.astype(np.float32), self.center + steps[:, None] * directions[:, None])
        return np.where(
            (on_way > 0.5).any(1), steps[(on_way > 0.5).shape[1] - 1 - (on_way > 0.5)[:, ::-1].argmax(1)], 0
        )

    def _over_skull(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The upper rows: directions (R, C, 3), radius of the skull (R, C) and thickness of the hair (R, C)."""
        sine, cosine = np.sin(self.angles)[:, None], np.cos(self.angles)[:, None]
        directions = np.stack([sine * np.sin(self.round), -cosine * np.ones(COLUMNS), sine * np.cos(self.round)], -1)
        radius = np.linalg.norm(self.above, axis=1)
        distance, nearest = cKDTree(self.above / radius[:, None]).query(directions.reshape(-1, 3), 10)
        share = np.exp(-((distance / 0.12) ** 2)) + 1e-6
        skull = ((radius[nearest] * share).sum(1) / share.sum(1)).reshape(ROWS, COLUMNS)
        sides = []
        for side in self.skull.sides:
            outward = np.stack([sine[:, 0] * np.sin(side), -cosine[:, 0], sine[:, 0] * np.cos(side)], -1)
            column = int(np.cos(self.round - side).argmax())
            thick = np.maximum(self._reach(outward) - skull[:, column], 0.5 * self.thin)
            sides.append(gaussian_filter1d(thick, 1.5, mode="nearest"))
        mean = np.maximum((sides[0] + sides[1]) / 2, self.thin)
        # Strands that hang out at the sides lie on the forehead, no thicker than on the crown; curls stand off all round.
        flat = np.minimum(mean, max(float(mean[: ROWS // 3].mean()), self.thin))
        # A head in profile shows its back and its forehead, and no more of its sides than on the crown.
        mean = mean + self.profile * (np.minimum(mean, max(float(mean[: ROWS // 3].mean()), self.thin)) - mean)
        in_front = self.straight * (np.cos(self.round) < 0)
        middle = mean[:, None] + in_front * (flat - mean)[:, None]
        if self.covered:  # behind, long hair lies over itself
            middle += BEHIND * self.skull.stature * np.clip(np.cos(self.round), 0, 1) * np.sin(self.angles)[:, None]
        left, right = (np.clip(np.cos(self.round - side), 0, 1) ** (2 + 2 * in_front) for side in self.skull.sides)
        thick = sides[0][:, None] * left + sides[1][:, None] * right + middle * (1 - left - right)
        return directions, skull, thick

    def _below(self, upper: np.ndarray, skull: np.ndarray) -> np.ndarray:
        """The rows below the ears, (r, C, 3) in the head's axes, closed up with the last upper row (C, 3)."""
        photo, stature, ear = self.photo, self.skull.stature, self.ear
        rows = np.flatnonzero((photo.own & (photo.hair > 0.5)).any(1))
        low = float(rows[-1]) + photo.origin[1] - self.skull.ears[:, 1].mean()
        end = max(1.5 * ear, low) if self.covered else NAPE * ear
        if self.goes_on:
            end = max(end, self.chin + GOES_ON * stature)
        step = ROW * stature
        y = np.arange(-ear + step, end + step, step)
        columns = np.arange(-0.3 * stature, 0.3 * stature, 0.5)
        grid = np.zeros((len(y), len(columns), 3))
        grid[..., 0], grid[..., 1] = columns, y[:, None]
        shown = (photo.own & (photo.hair > 0.5)).astype(np.float32)
        hair = self._sample(shown, grid) > 0.5
        head = np.zeros(len(y))
        for index, own in enumerate(y):
            near = np.abs(self.head[:, 1] - own) < 0.008 * stature
            wide = np.percentile(np.abs(self.head[near, 0]), 97) if near.sum() > 5 else 0.04 * stature
            head[index] = wide + 0.4 * self.thin if own < 2 * ear else 0.0
        half_of_head = np.maximum(head, 0.02 * stature)
        half = []
        for sign in (-1, 1):
            reach = np.where(hair, sign * columns, 0).max(1) if self.covered else np.zeros(len(y))
            if self.goes_on and reach.any():  # as wide as above the shoulders
                last = int(np.flatnonzero(reach)[-1])
                reach[max(0, last - 1) :] = reach[max(0, last - 4) : last + 1].max()
            half.append(np.maximum(reach, half_of_head))
        behind = upper[np.abs(self.round).argmin()]
        extra = max(float(behind[2] - self.center[2] - skull[-1, np.abs(self.round).argmin()]), self.thin)
        if self.covered:
            # Strands hang; curls are as round behind as at the sides.
            full = np.mean(half, 0) - half_of_head
            full = np.clip(full / max(float(full[0]), self.thin), 0, 1)
            over = extra * (self.straight + (1 - self.straight) * full)
        else:
            over = np.linspace(extra, 0.35 * self.thin, len(y))
        depth = self._nape(y) + over
        inward = 0.9
        if self.covered:  # strands that are long enough hang, shorter ones and curls lie in the nape
            long = self.straight * float(smoothstep(low, *(self.chin + HANGS_DOWN * stature)))
            inward = OVER_THE_BACK if self.goes_on else IN_THE_NAPE + long * (PLUMB - IN_THE_NAPE)
        depth = np.maximum(depth, behind[2] - inward * (y + ear))
        if self.covered and self.profile > 0:  # its outline is what hangs behind, and the sides are hidden
            grid[..., 0], grid[..., 2] = columns * np.sin(self.skull.sides[1]), columns * np.cos(self.skull.sides[1])
            outline = np.where(self._sample(shown, grid) > 0.5, np.sign(np.cos(self.skull.sides[1])) * columns, 0).max(
                1
            )
            depth += self.profile * (np.maximum(outline, self._nape(y) + self.thin) - depth)
            flat = half_of_head + extra
            half = [own + self.profile * (np.minimum(own, flat) - own) for own in half]
        if self.covered:
            depth = gaussian_filter1d(depth, 4.0, mode="nearest")
        starts = [np.abs(upper[np.abs(self.round - sign * np.pi / 2).argmin(), 0]) for sign in (-1, 1)]

        def closed_up(values: np.ndarray, start: float) -> np.ndarray:
            return gaussian_filter1d(np.r_[[start] * 3, values], 1.5, mode="nearest")[3:]

        left, right = (closed_up(values, float(start)) for values, start in zip(half, starts, strict=True))
        depth = closed_up(depth, float(behind[2]))
        sine, cosine = np.sin(self.round), np.cos(self.round)
        sine, cosine = np.sign(sine) * np.abs(sine) ** 0.92, np.sign(cosine) * np.abs(cosine) ** 0.92
        x = np.where(sine < 0, left[:, None], right[:, None]) * sine
        # In front of the ears hair hangs down beside the face.
        beside = min(-BESIDE * self.ear, self.center[2] - self.ear)
        front = beside if self.covered else min(float(upper[0, 2]), beside)
        boxy = -(np.abs(np.cos(self.round)) ** 0.6)
        z = self.center[2] + np.where(
            cosine > 0, (depth - self.center[2])[:, None] * cosine, (self.center[2] - front) * boxy
        )
        local = np.stack([x, np.repeat(y[:, None], COLUMNS, 1), z], -1)
        # What lies on temples and nape goes on by and by, without a step; curls and short hair stand out over the forehead.
        before = np.clip(-np.cos(self.round), 0, 1) ** 2
        goes = 1 - (1 - self.straight) * before if self.covered else smoothstep(cosine, 0, 0.4)
        step = (goes[:, None] * (upper - local[0])[:, ::2])[None]
        local[..., ::2] += step * (1 - smoothstep(y, -ear, TEMPLE * ear))[:, None, None]
        if self.goes_on:
            share = (y + ear) / (self.chin + ear)
            edge = np.minimum(DRAWN_BACK[0] + share * np.ptp(DRAWN_BACK), 1.5)[:, None] * ear
            local[..., 2] = np.maximum(local[..., 2], edge)
            return local
        return self._on_chest(local)

    def _nape(self, y: np.ndarray) -> np.ndarray:
        """(r,): the depth, in the head's axes, of skull, neck and back at rows y."""
        own = self.skull.local(self.skull.vertices)
        central = np.abs(own[:, 0]) < 0.05 * self.skull.stature
        result = np.full(len(y), np.nan)
        for index, row in enumerate(y):
            near = central & (np.abs(own[:, 1] - row) < 0.01 * self.skull.stature)
            result[index] = own[near, 2].max() if near.any() else np.nan
        middle = self.skull.placed(np.stack([np.zeros(len(y)), y, np.zeros(len(y))], -1))
        result = np.fmax(result, self.back(middle[None, :, :2], np.nan)[0] - middle[:, 2])
        known = np.isfinite(result)
        return np.interp(y, y[known], result[known]) if known.any() else np.zeros(len(y))

    def _on_chest(self, local: np.ndarray) -> np.ndarray:
        """In front, hair lies on the head, on the neck and on the chest."""
        places = self.skull.placed(local)
        stature = self.skull.stature
        front = self.skull.front(places[..., :2])[..., 0]
        chest = self.chest(places[..., :2], np.nan)
        cover = np.fmin(front, chest)
        depth = np.where(np.isfinite(cover), cover - 1.2 * self.thin, places[..., 2])
        depth = np.minimum(depth, places[..., 2] + 0.05 * stature)
        share = smoothstep(np.abs(self.round), np.pi / 2 - 0.1, np.pi / 2 + 0.5)
        low = smoothstep(local[..., 1], 0.5 * self.ear, 2.5 * self.ear) if self.covered else np.zeros(local.shape[:2])
        depth = gaussian_filter(depth, (1.5, 1.5), mode=("nearest", "wrap"))
        places[..., 2] += share * low * (depth - places[..., 2])
        return self.skull.local(places)

    # ------------------------------------------------------------------------------------------------------ the outline

    def _normals(self, grid: np.ndarray) -> np.ndarray:
        """(R, C, 3) in photo space, of a grid (R, C, 3) in the head's axes."""
        down = np.gradient(grid, axis=0)
        wide = np.concatenate([grid[:, -1:], grid, grid[:, :1]], 1)
        across = (wide[:, 2:] - wide[:, :-2]) / 2
        normal = np.cross(down, across)
        normal[0] = normal[1].mean(0)
        normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
        outward = (normal * (grid - self.center)).sum() > 0
        return (normal if outward else -normal) @ self.skull.turned.T

    def _hair_at(
        self, grid: np.ndarray, facing: np.ndarray, rough: np.ndarray, side: float = 0.12, front: float = 0.42
    ) -> np.ndarray:
        """(R, C) in [0, 1]: where a grid (R, C, 3) has hair. facing: (R, C), how much it faces the viewer; from ``side`` to
        ``front`` the photo is believed. rough: (R, C), noise that tears the outline.
        """
        seen = smoothstep(facing, side, front)
        pictured = smoothstep(self._sample(self.drawn, grid), 0.3, 0.7)
        # What a face that is turned hides is as on its other side.
        mirrored = grid * (-1, 1, 1)
        across = self._mirrored(facing)
        other = smoothstep(across, side, front) * smoothstep(across - facing, *BETTER)
        there = smoothstep(self._sample(self.drawn, mirrored), 0.3, 0.7)
        behind = grid[..., 2] / self.ear
        below = grid[..., 1] / self.ear
        if self.covered:
            end = self._ends(grid)
            beside = 1 - smoothstep(grid[..., 1] - end + 0.5 * self.ear * rough, -0.6 * self.ear, -0.1 * self.ear)
        else:
            line = PchipInterpolator(*HAIRLINE)(np.clip(behind, HAIRLINE[0][0], HAIRLINE[0][-1]))
            line = line - NAPE_ARCH * smoothstep(behind, 0.5, 1.5) * (grid[..., 0] / self.ear) ** 2
            nape = smoothstep(behind, 0.6, 1.6) * smoothstep(below, -0.5, 1.0)
            soft = SOFT_EDGE[0] + nape * (SOFT_EDGE[1] - SOFT_EDGE[0])
            beside = smoothstep((line - below) / soft + 0.5 * rough, -1, 1)
            # A fringe hangs over the temples: what the photo shows before the ears and above them is there.
            before = smoothstep(-behind, *FRINGE) * smoothstep(facing, -0.05, 0.1) * (below < 0)
            beside = np.maximum(beside, before * pictured)
        own = seen * pictured + (1 - seen) * beside
        return own + other * (there - own)

    def _mirrored(self, field: np.ndarray) -> np.ndarray:
        """A field (R, C) of the grid, or of its picture, as the other half of the head has it."""
        closed = field.shape[1] % 2 == 1  # the last column is the first again, which lies behind
        return np.concatenate([field[:, ::-1]] if closed else [field[:, :1], field[:, :0:-1]], 1)

    def _ends(self, grid: np.ndarray) -> np.ndarray:
        """(R, C): the y, in the head's axes, at which long hair ends: as low as on that side of the photo."""
        hair = self.photo.own & (self.photo.hair > 0.5)
        x = np.arange(hair.shape[1]) + self.photo.origin[0] - self.skull.ears[:, 0].mean()
        lows = []
        for sign in (-1, 1):
            rows = np.flatnonzero((hair & (sign * x > 0.015 * self.skull.stature)).sum(1) > 2)
            low = float(rows[-1]) + self.photo.origin[1] if len(rows) else float(self.skull.ears[:, 1].mean())
            lows.append(low - self.skull.ears[:, 1].mean())
        side = (np.clip(grid[..., 0] / (0.05 * self.skull.stature), -1, 1) + 1) / 2
        behind = smoothstep(
            grid[..., 2] - self.center[2], 0.5 * self.ear, 2 * self.ear
        )  # drawn forward, or hidden there
        ends = lows[0] + side * (lows[1] - lows[0])
        longest = max(*lows, self.chin + GOES_ON * self.skull.stature) if self.goes_on else max(lows)
        return np.maximum(ends + behind * (longest - ends), 1.2 * self.ear)

    # --------------------------------------------------------------------------------------------------------- the mesh

    def built(self) -> HairShell:
        directions, skull, thick = self._over_skull()

        radius = skull + thick
        radius[0] = radius[0].mean()
        radius[1] = gaussian_filter1d(radius[1], 6, mode="wrap")
        radius = gaussian_filter(radius, (1.0, 1.5), mode=("nearest", "wrap"))
        upper = self.center + directions * radius[..., None]
        full = np.concatenate([upper, self._below(upper[-1], skull)])
        grid = self._thinned(full, self._skin(skull, full[ROWS:, 0, 1]))
        normals = self._normals(grid)
        smooth = np.zeros(grid.shape[:2])
        noise = gaussian_filter(self.random.normal(size=smooth.shape), (0.8, 0.8), mode=("nearest", "wrap"))
        noise *= (1 - self.straight) * 0.05 * float(thick.mean()) / noise.std()
        noise *= (np.arange(len(grid)) / 4).clip(0, 1)[:, None]  # the crown's vertices are one
        curled = grid + noise[..., None] * (normals @ self.skull.turned)
        return self._meshed(curled, grid, normals)

    def _thinned(self, thick: np.ndarray, skin: np.ndarray) -> np.ndarray:
        """A grid ``thick`` (R, C, 3), whose hair gets thin towards the hairline, where it comes out of the skin."""
        if self.covered:  # strands over a cheek lie on it
            flat, under = (grid[ROWS:, :, ::2] - self.center[::2] for grid in (thick, skin))
            least = np.linalg.norm(under, axis=-1) + 0.6 * self.thin
            out = np.maximum(1, least / np.maximum(np.linalg.norm(flat, axis=-1), 1e-6))
            there = smoothstep(-self._normals(skin)[ROWS:, :, 2], 0.2, 0.4) * (
                self._sample(self.drawn, skin[ROWS:]) > 0.5
            )
            thick[ROWS:, :, ::2] += (gaussian_filter(there, (1, 1)) * (out - 1))[..., None] * flat
        height = np.linalg.norm(thick - skin, axis=-1)
        facing = -self._normals(skin)[..., 2]
        hair = self._hair_at(skin, facing, np.zeros(facing.shape), 0.3, 0.6)
        if self.covered:  # the ends of long hair are no hairline
            hair = np.maximum(hair, 1 - smoothstep(facing, 0.3, 0.6))
        inland = distance_transform_edt(np.tile(hair > 0.5, (1, 3)))[:, COLUMNS : 2 * COLUMNS]
        inland = np.maximum(inland - 0.5, 0) * 0.005 * self.skull.stature
        share = smoothstep(inland / np.maximum(height, 2 * self.thin), 0, 1)
        share = gaussian_filter(share, (0.7, 0.7), mode=("nearest", "wrap"))
        share = np.maximum(share, np.minimum(1, 0.3 * self.thin / np.maximum(height, 1e-6)))
        # Short hair lies on the skin down to its end; long hair hangs free from the ears on.
        free = (-1.5 * self.ear, 0.5 * self.ear) if self.covered else (0.6 * self.chin, self.chin)
        hanging = smoothstep(thick[..., 1], *free)
        return skin + (share + hanging * (1 - share))[..., None] * (thick - skin)

    def _skin(self, skull: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(R, C, 3) in the head's axes: the skin under the grid. skull: (ROWS, C), its radius; rows: y of those below."""
        flat = self.head[:, [0, 2]] - self.center[[0, 2]]
        wide = np.hypot(*flat.T)
        scale = 0.07 * self.skull.stature
        tree = cKDTree(np.c_[flat / np.maximum(wide, 1e-6)[:, None], self.head[:, 1] / scale])
        angle, row = np.meshgrid(self.round, rows)
        _, nearest = tree.query(np.stack([np.sin(angle), np.cos(angle), row / scale], -1).reshape(-1, 3), 6)
        radius = np.median(wide[nearest], 1).reshape(angle.shape)
        radius = gaussian_filter(np.concatenate([skull[-1:]] * 3 + [radius]), (1.0, 1.0), mode=("nearest", "wrap"))[3:]
        below = np.stack([radius * np.sin(angle), row, radius * np.cos(angle) + self.center[2]], -1)
        return np.concatenate([self.center + self._upward() * skull[..., None], below])

    def _upward(self) -> np.ndarray:
        """(ROWS, C, 3): the directions of the upper rows, in the head's axes."""
        sine, cosine = np.sin(self.angles)[:, None], np.cos(self.angles)[:, None]
        return np.stack([sine * np.sin(self.round), -cosine * np.ones(COLUMNS), sine * np.cos(self.round)], -1)

    def _meshed(self, curled: np.ndarray, grid: np.ndarray, normals: np.ndarray) -> HairShell:
        rows = len(grid)
        picture, alpha = self._picture(grid, normals)
        coarse = alpha[:: TEXELS[0], :: TEXELS[1]]
        places = np.concatenate([curled, curled[:, :1]], 1)
        number = np.arange(rows * (COLUMNS + 1)).reshape(rows, COLUMNS + 1)
        weld = number.copy()
        weld[:, -1], weld[0] = number[:, 0], 0
        there = cv2.dilate((coarse > 0.02).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        faces, every_other = _faces(number, there), _faces(number[::2, ::2], there[::2, ::2])
        vertices = self.skull.placed(places.reshape(-1, 3))
        outward = (normals_of(vertices, faces) * (vertices - self.skull.placed(self.center))).sum(1)
        if np.median(outward[np.unique(faces)]) < 0:
            faces, every_other = faces[:, [0, 2, 1]], every_other[:, [0, 2, 1]]
        row, column = np.mgrid[:rows, : COLUMNS + 1].astype(np.float32)
        texel = np.stack([column * TEXELS[1], row * TEXELS[0]], -1).reshape(-1, 2)
        # The inside, which shows below the chin: the same sheet seen from behind, dark.
        count = len(vertices)
        inward = normals_of(vertices, faces)
        shade = (np.array([1, 1, 1, 1]) * picture * (INSIDE_SHADE, INSIDE_SHADE, INSIDE_SHADE, 1)).astype(np.uint8)
        both = np.concatenate([picture, shade])
        inside = vertices - 0.0003 * self.skull.stature * inward
        return HairShell(
            vertices=np.concatenate([vertices, inside]),
            triangles=np.concatenate([faces, faces[:, [0, 2, 1]] + count]).astype(np.int32),
            weld=np.concatenate([weld.reshape(-1), weld.reshape(-1) + count]).astype(np.int32),
            texel=np.concatenate([texel, texel + np.array([0, len(picture)])]).astype(np.float32),
            picture=both,
            alpha=coarse.reshape(-1),
            covers_ears=self.covered,
            frizz=tuple(self._frizz(vertices, weld.reshape(-1), inward, picture)),
            frizz_triangles=every_other.astype(np.int32),
            tail=None if self.covered else self._tail(),
            brim=None,
        )

    def _tail(self) -> Tail | None:
        """Hair that is tied back and hangs down, in photo space."""
        hair, corner = self.photo.tied, self.photo.origin - self.skull.ears.mean(0)[:2]
        x, y = (np.arange(count) + start for count, start in zip(hair.shape[::-1], corner, strict=True))
        color = np.median(self.photo.colors[self.strands.inside], axis=0)
        found = tail_of(hair, x, y, self.ear, self.skull.stature, self._nape, color, self.strands.contrast, self.random)
        return None if found is None else replace(found, vertices=self.skull.placed(found.vertices))

    def _frizz(
        self, vertices: np.ndarray, weld: np.ndarray, outward: np.ndarray, picture: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Layers of curls over the outside, each with fewer than the one below (shells of fur: Lengyel, Praun, Finkelstein
        and Hoppe, Real-time fur over arbitrary surfaces, I3D 2001). Strands that lie side by side have none.
        """
        if self.straight > 0.5:
            return
        random = self.random.standard_normal(picture.shape[:2])
        clumps = sum(share * gaussian_filter(random, sigma, mode="wrap") * sigma for sigma, share in FRIZZ_CLUMPS)
        clumps = (clumps - clumps.mean()) / clumps.std()
        for height, least, opacity in FRIZZ:
            share = smoothstep(clumps, least, least + 1) * opacity * (1 - self.straight)
            layer = np.clip(picture * spread(share, 4) + 0.5, 0, 255).astype(np.uint8)
            uneven = 1 + FRIZZ_UNEVEN * self.random.uniform(-1, 1, len(vertices))[weld]
            yield vertices + (height * self.skull.stature * uneven)[:, None] * outward, layer

    # ------------------------------------------------------------------------------------------------------ the picture

    def _picture(self, grid: np.ndarray, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(th, tw, 4) uint8 premultiplied and its alpha (th, tw) float32 in [0, 1]; the last column is the first again."""
        down, across = TEXELS
        height, width = (len(grid) - 1) * down + 1, COLUMNS * across + 1
        x, y = np.meshgrid(np.arange(width, dtype=np.float32) / across, np.arange(height, dtype=np.float32) / down)

        def fine(field: np.ndarray) -> np.ndarray:
            closed = np.concatenate([field, field[:, :1]], 1).astype(np.float32)
            return cv2.remap(closed, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

        local = np.dstack([fine(grid[..., axis]) for axis in range(3)])
        facing = -fine(normals[..., 2])

        def noise(tall: float, wide: float) -> np.ndarray:
            """Of unit deviation, this smooth down and across; ``tall`` is infinite where columns are all one."""
            rows = 1 if np.isinf(tall) else height
            values = self.random.standard_normal((rows, width - 1)).astype(np.float32)
            reach = min(int(4 * wide), width - 1)
            around = np.pad(values, ((0, 0), (reach, reach)), mode="wrap")
            smooth = cv2.GaussianBlur(around, (0, 0), sigmaX=wide, sigmaY=tall if rows > 1 else 1)[:, reach:-reach]
            closed = np.concatenate([smooth, smooth[:, :1]], 1) / smooth.std()
            return np.broadcast_to(closed, (height, width))

        if self.straight < 0.5:
            torn = 0.3 * noise(4.0, 4.0)
        elif self.covered:
            torn = 0.8 * noise(np.inf, 2.0) + 0.2 * noise(2.0, 2.0)
        else:
            torn = 0.6 * noise(np.inf, 1.0) + 0.6 * noise(5.0, 1.2)
        alpha = self._hair_at(local, facing, np.clip(torn, -2, 2))
        places = self._on_photo(local)
        core = cv2.erode(self.photo.own.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
        known = core * (self.photo.hair > 0.7) * ~self.photo.features
        colors = push_pull(self.photo.colors, known.astype(np.float32))
        shown = self.photo.at(colors, places[..., 0], places[..., 1])
        pictured = self.photo.at(known, places[..., 0], places[..., 1])
        seen = smoothstep(facing, *SHOWN) * smoothstep(pictured, 0.5, 0.95)
        median = np.median(self.photo.colors[self.strands.inside], axis=0)
        around = (
            np.tile(values[:, :-1], (1, 3, 1)[: values.ndim]) for values in (shown, (seen > 0.6).astype(np.float32))
        )
        filled = push_pull(*around)[:, width - 1 : 2 * (width - 1)]
        filled = cv2.GaussianBlur(np.concatenate([filled, filled[:, :1]], 1), (0, 0), 9)
        # Light comes through the edge of curls: what the photo shows there is too pale for what is behind.
        plain = 0.8 - 0.5 * self.straight
        rows = row_colors(shown[:, :-1], seen[:, :-1] > 0.6, median)
        known_near = distance_transform_edt(np.tile(seen[:, :-1] <= 0.6, (1, 3)))[:, width - 1 : 2 * (width - 1)]
        far = smoothstep(np.concatenate([known_near, known_near[:, :1]], 1), *FAR)[..., None]
        behind = median + self.straight * (rows[:, None] - median)
        filled = (1 - plain) * filled + plain * behind
        filled = filled + far * (behind - filled)
        grain = self.strands.contrast * (
            noise(1.2 + 16 * self.straight, 1.2) * 0.8 + noise(4 + 40 * self.straight, 5.0) * 0.5
        )
        if self.straight < 1:
            grain = self.straight * grain + (1 - self.straight) * self.strands.curls((height, width - 1), self.random)
        made = filled * spread(1 + grain)
        share = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 1.5)
        picture = joined(np.clip(shown * spread(share) + made * spread(1 - share), 0, 255) * spread(alpha), 255 * alpha)
        return np.clip(picture + 0.5, 0, 255).astype(np.uint8), alpha.astype(np.float32)


def _faces(number: np.ndarray, there: np.ndarray) -> np.ndarray:
    """(m, 3): the triangles of a grid of vertices, (r, c), whose cells have hair; there: (r, c) bool, at its vertices."""
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    kept = there[:-1, :-1] | there[1:, 1:]
    return np.concatenate([np.stack(own, -1)[kept] for own in ((a, c, b), (b, c, d))])
