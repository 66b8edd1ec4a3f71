"""A top that stays on, on the body's own surface once the person turns (docs/method.md, "The avatar").

The photo's sheets of trunk and arms close where they meet: turned, armholes gape and shoulders are lumps. So the top is cut
out of the body instead, in one piece from cuff to cuff: as wide as the photo shows it, hanging from bust and shoulder blades
where it is loose, and ending where the photo shows its neckline, armholes, cuffs and hem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np
from scipy.ndimage import median_filter

from fashionmirror_core.avatar.around_trunk import OFF_SKIN, cloth_around, trunk_rings
from fashionmirror_core.avatar.behind import CENTRE, inner_layer
from fashionmirror_core.avatar.coat_skirt import CoatSkirt, hanging_on
from fashionmirror_core.avatar.dressing import skin_colors
from fashionmirror_core.avatar.inflating import Sheets
from fashionmirror_core.avatar.limbs import sleeve_name, vertex_normals
from fashionmirror_core.avatar.meshes import clipped, finer, smoothed_over
from fashionmirror_core.avatar.pieces import Cutting, Piece
from fashionmirror_core.avatar.rings import Rings
from fashionmirror_core.avatar.sheets import sampled
from fashionmirror_core.avatar.shown import ARMHOLE_SOFT, CORE, FEWEST, SOLID, Shown
from fashionmirror_core.avatar.sides import shown_at
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.sleeves import Sleeve
from fashionmirror_core.avatar.surface import Surface, Texture
from fashionmirror_core.avatar.tone import LIGHT_NEAR, evened, lit_evenly
from fashionmirror_core.avatar.top_seen import ABOVE_HIPS, ARMHOLE, FURTHEST, WIDE_BELOW, TopSeen
from fashionmirror_core.body.fitted import ARM_OF, Bone, FittedBody
from fashionmirror_core.imaging.alpha import colors_of, opaque
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.channels import spread
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.vocabulary import Part, Side

TOP, TAIL, UNDER_TOP = f"{Part.TRUNK} top", f"{Part.TRUNK} top below", f"{Part.TRUNK} under top"
SKIRT = f"{Part.TRUNK} top skirt"
"""The names of its surfaces: down to its hem, what goes on below that into a waistband, the skin at its edges, and an open
coat's skirt. Its sleeves are those of ``sleeve_name``.
"""

SMALLEST = 0.01  # statures squared: less cloth is no top
FROM_ARMPITS = (-0.03, 0.025)  # statures below the armpits, over which it leaves the shoulders' surface
OF_ARM = (0.1, 0.5)  # weight of the arm's bones, over which trunk becomes arm
HANGS_FROM = (0.3, 0.7)  # the same, over which it no longer hangs as the trunk does
SLEEVELESS = 0.4  # weight of the arm's bones, at which an armhole is at most
ROUNDS = 10, 3  # of smoothing, before and after nothing of the body comes through
SLEEVE_FROM = 0.5  # of the upper arm: above, a sleeve goes with the trunk's cloth in the order of depth
SIDE = 0.25  # of a normal's z: within, front and back share an edge
OPENS_OVER = 0.03  # statures of height, over which the edges of an open front agree
OPENS_ROWS = 200  # that tell them
INSIDE = 0.06  # statures that it goes on inside a waistband
PAST_HEM = 0.01  # statures below its hem, down to which the trunk's sheets go
OVERLAPS = 0.02  # statures above it, from which down they stay, where they go on below
GOES_ON = 0.03  # statures below it: sheets that are less don't go on there
MEETS, OFF_SHEETS = (0.01, 0.09), 0.003  # statures above it, over which it comes out to them; how far off they lie
SLIM = (0.0, 0.02)  # statures below its hem, over which it gets as slim as the body
UNDER_HEM = 0.003  # statures that kept trousers reach under it once the person turns
SKIN_SHOWS = 0.016  # statures within its edges, in which there is skin under it
ARMHOLES_END = 0.16  # statures below the neck
OF_ITS_ARM = 0.97  # weight of the arm's bones, from which on that skin is the arm's own
GAP = 4  # pixels between front and back picture
BIAS, SKIN_BEHIND = -0.008, 0.004  # statures in the order of depth: as the arms; skin under it lies behind


@dataclass(frozen=True)
class KeptTop:
    """How a top that stays is cut out of the body. trunk, arms, legs: pieces of the photo. sleeves: those that it has.
    removed: M_r on the stage. below: the trunk's sheets, which go on below its hem where what it is worn with stays as well;
    None: it goes.
    """

    cutting: Cutting
    trunk: Piece
    arms: Mapping[Part, Piece]
    sleeves: Mapping[Side, Sleeve]
    removed: np.ndarray
    below: Sheets | None = None
    legs: Mapping[Part, Piece] = field(default_factory=dict)

    @property
    def lower_stays(self) -> bool:
        """Whether what it is worn with stays as well."""
        return self.below is not None

    @property
    def worn(self) -> bool:
        """Whether there is one."""
        return bool((self.photo.cloth > 0.5).sum() > SMALLEST * self.stature**2)

    @cached_property
    def photo(self) -> TopSeen:
        """Where the photo shows it."""
        return TopSeen(self.cutting, self.trunk, self.arms, self.sleeves, self.removed, self.lower_stays)

    @property
    def body(self) -> FittedBody:
        return self.cutting.body

    @property
    def stature(self) -> float:
        return self.photo.stature

    @property
    def neck(self) -> np.ndarray:
        return self.photo.neck

    @property
    def hips(self) -> float:
        return self.photo.hips

    @cached_property
    def opening(self) -> tuple[np.ndarray, np.ndarray]:
        """(h,) pixels each: how far to the left and to the right of the middle an open jacket or coat shows what is worn
        under it, in the rows of the box.
        """
        x, y = self.photo.places
        left, top, right, low = grown(bounding_box(self.photo.seen > 0.5) or (0, 0, 1, 1), 2, self.cutting.shape)
        step = max(1, (low - top) // OPENS_ROWS)
        here = (slice(top, low, step), slice(left, right, step))
        known, arms = self.photo.seen[here] > 0.5, self.photo.before[here]
        body = self.rings
        aside = x[:, here[1]] - np.interp(y[here[0]], body.rows, body.middle[:, 0])
        rgb = colors_of(np.ascontiguousarray(self.trunk.front.picture[here]))
        inner = inner_layer(rgb, known & ~arms, known & arms, np.abs(aside) < CENTRE * self.stature)
        size = 2 * round(OPENS_OVER / 2 * self.stature / step) + 1
        sides = (median_filter(np.where(inner, sign * aside, 0).max(1), size) for sign in (-1, 1))
        left_edge, right_edge = (np.interp(y[:, 0], y[here[0], 0], side) for side in sides)
        return left_edge, right_edge

    @cached_property
    def skirt(self) -> CoatSkirt | None:
        """What hangs from it below the hips, of an open coat over clothes that stay; None without one."""
        if not self.lower_stays:
            return None
        held = self.cutting.on_box(self.cutting.subject.parsing.accessory)
        cloth = (self.photo.seen > 0.5) & (held < 0.3)
        start = float(min(hem.min() for hem in self.photo.hems)) - OVERLAPS * self.stature
        body = self.rings
        middle = np.array([np.interp(self.hips, body.rows, body.middle[:, axis]) for axis in (0, 1)])
        return CoatSkirt.of(
            cloth & ~self.photo.before,
            self.photo.before,
            self.photo.places,
            self.hips,
            max(start, self.hips - ABOVE_HIPS * self.stature),
            middle,
            self.stature,
        )

    @cached_property
    def goes_on(self) -> bool:
        """Whether the trunk's sheets go on below it: a coat that ends where the trunk ends is whole without them."""
        if self.below is None or self.skirt is not None:
            return False
        own = self.trunk.front.picture[..., 3] > 127
        _, y = self.photo.places
        hem, _ = self.photo.hems
        columns = (own & (y < hem[None])).any(0)
        low = (own & (y > hem[None] + GOES_ON * self.stature)).any(0)
        return bool((low & columns).sum() > WIDE_BELOW * columns.sum())

    @cached_property
    def mesh(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The body's upper half, made finer: triangles (m, 3), and of its vertices the skin's places (n, 3), bone weights
        (n, 22) and normals (n, 3).
        """
        model = self.cutting.model
        weights, skin = model.skin.weights, self.body.vertices.astype(np.float64)
        own = (weights[:, Bone.HEAD] < 0.7) & (weights[:, [Bone.L_HAND, Bone.R_HAND]].sum(1) < 0.5)
        arms = weights[:, [bone for bones in ARM_OF.values() for bone in bones]].sum(1)
        own &= (skin[:, 1] < self.hips + 2 * INSIDE * self.stature) | (arms > 0.5)
        faces, values = finer(
            model.faces[own[model.faces].all(1)], np.column_stack([skin, weights, vertex_normals(skin, model.faces)])
        )
        used, faces = np.unique(faces, return_inverse=True)
        skin, weights, normals = np.split(values[used], [3, 3 + len(Bone)], 1)
        return faces.reshape(-1, 3), skin, weights, normals

    @cached_property
    def dressed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the vertices of the skin are as cloth, (n, 3); x and y in the photo of what each shows, (n, 2); and the
        normals that the photo's light fell on there, (n, 3).
        """
        return self._dressed(*self.mesh)

    @cached_property
    def within(self) -> np.ndarray:
        """(n,) pixels: how far within the cloth the vertices are, the hem aside."""
        return self.inside(self.dressed[0], *self.mesh[2:])

    def _above_hem(self, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) pixels: how far points (n, 3) with normals (n, 3) of the skin lie above the hem."""
        front, back = self.photo.hems_at(points)
        return np.asarray(front + smoothstep(normals[:, 2], -SIDE, SIDE) * (back - front) - points[:, 1])

    @cached_property
    def surfaces(self) -> list[Surface]:
        """The top down to its hem, what goes on below that, and its sleeves."""
        faces, skin, weights, normals = self.mesh
        points, texel, facing = self.dressed
        field, hem = self.within, self._above_hem(points, normals)
        upper, length = self._along_upper_arm(points, weights)
        hung = self._hung
        wanted = [points[(field > 0) & ((hem > -INSIDE * self.stature) | (upper > 0))]]
        if hung is not None:
            wanted.append(hung[1][hung[2] > 0, :3])
        pictures = self._pictures(np.concatenate(wanted))
        if pictures is None:
            return []
        picture, box, back_at = pictures
        trunk = np.minimum(field, SLEEVE_FROM * length - upper)
        if self.below is not None and self.goes_on:
            deeper = self._to_sheets(self.below, points, normals, hem) * (upper == 0)
            points = points + deeper[:, None] * np.array([0.0, 0.0, 1.0])
        slim = smoothstep(-hem / self.stature, *SLIM)[:, None]
        points = points + slim * (skin + 0.5 * OFF_SKIN * self.stature * normals - points)
        cuts = {
            TOP: np.minimum(trunk, np.where(upper > 0, np.inf, hem)),
            TAIL: np.where(
                (upper > 0) | self.lower_stays, -1.0, np.minimum.reduce([field, -hem, hem + INSIDE * self.stature])
            ),
        }
        for side in self.sleeves:
            own = weights[:, ARM_OF[side]].sum(1) > 0.5
            cuts[sleeve_name(Part.arm(side))] = np.where(own, np.minimum(field, upper - SLEEVE_FROM * length), -1.0)
        values = np.column_stack([points, weights, texel, facing, normals[:, 2]])
        result = [
            self._surface(name, *clipped(faces, values, cut), picture, box, back_at)
            for name, cut in cuts.items()
            if (cut > 0).any()
        ]
        if hung is not None:
            skirt = self._surface(SKIRT, *clipped(*hung), picture, box, back_at)
            result.append(replace(skirt, hangs=hanging_on(self.body, skirt.vertices)))
        return result

    @cached_property
    def _hung(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """An open coat's skirt: triangles (m, 3), values of its vertices as ``surfaces`` has them, and (n,) pixels, how far
        within it they are; None without one.
        """
        if self.skirt is None:
            return None
        body, cloth = self.around
        lowest = cloth[int(np.abs(body.rows - self.skirt.start).argmin())]
        faces, values = self.skirt.mesh(lowest, self.body, self.cutting.model, self.hips)
        points, normals_z = values[:, :3], values[:, -1]
        inside = sampled(self.photo.inside_of(self.skirt.whole), self.cutting.box, points[:, :2])
        inside += smoothstep(normals_z, -SIDE, SIDE) * (FURTHEST * self.stature - inside)
        return faces, values, np.minimum(inside, self.skirt.above_hem(points))

    def _to_sheets(self, below: Sheets, points: np.ndarray, normals: np.ndarray, hem: np.ndarray) -> np.ndarray:
        """(n,) pixels in depth, by which vertices (n, 3) come out to the sheets that go on below the hem. hem: (n,) pixels
        above it.
        """
        near = 1 - smoothstep(hem / self.stature, *MEETS)
        front, back = (
            below.at(field, points[:, :2], np.nan) - points[:, 2]
            for field in (below.inflation.front, below.inflation.back)
        )
        off = OFF_SHEETS * self.stature
        way = np.where(normals[:, 2] < 0, np.minimum(front - off, 0), np.maximum(back + off, 0))
        return np.asarray(near * np.nan_to_num(way))

    def skin(self, limbs: Mapping[Part, tuple[np.ndarray, Box]]) -> list[Surface]:
        """The body's skin at neckline and armholes. limbs: of each bare arm its skin, (h, w, 3), carried on over a
        part of the pieces' box.
        """
        faces, skin, weights, normals = self.mesh
        arms = sum(weights[:, bones].sum(1) for bones in ARM_OF.values())
        hem = self._above_hem(self.dressed[0], normals)
        low = np.minimum(self.neck[1] + ARMHOLES_END * self.stature - skin[:, 1], hem)
        near = np.minimum(SKIN_SHOWS * self.stature - self.within, low)
        near = np.minimum(near, (OF_ITS_ARM - arms) * 0.1 * self.stature)
        if not (near > 0).any():
            return []
        subject, tight = self.cutting.subject, self._around(skin[near > 0])
        here, origin = window(tight), self._in_photo(tight)
        chin = 0.3 * subject.body.nose[1] + 0.7 * subject.body.neck[1]
        below = np.arange(subject.size[0])[:, None] > chin
        bare = self.cutting.on_box((subject.parsing.torso + subject.parsing.head) * below)[here] > 0.9
        picture = self.trunk.front.picture[here]
        known = cv2.erode((bare & (picture[..., 3] > SOLID)).astype(np.uint8), disc(CORE * self.stature)) > 0
        usual = self.cutting.on_box(skin_colors(subject, Part.TRUNK))[here]
        apart = np.where(spread(known), colors_of(picture) - usual, 0)
        tone = usual + push_pull(apart, known.astype(np.float32))
        near_skin = known.astype(np.float32) if known.sum() >= FEWEST else np.ones(known.shape, np.float32)
        tone = evened(tone, near_skin, self.cutting.tone, LIGHT_NEAR * self.stature)
        for part, (colors, box) in limbs.items():
            own = self.arms[part].front.picture[here][..., 3] > 127
            share = push_pull(own.astype(np.float32), (own | (picture[..., 3] > 127)).astype(np.float32))
            share = cv2.GaussianBlur(share, (0, 0), ARMHOLE_SOFT * self.stature)
            left, top, right, bottom = (
                *np.maximum(box[:2], tight[:2]),
                *np.maximum(np.minimum(box[2:], tight[2:]), np.maximum(box[:2], tight[:2])),
            )
            shared = window((left - tight[0], top - tight[1], right - tight[0], bottom - tight[1]))
            arm = colors[window((left - box[0], top - box[1], right - box[0], bottom - box[1]))]
            tone[shared] += share[shared][..., None] * (arm - tone[shared])
        values = np.column_stack([skin, weights, skin[:, :2], lit_evenly(len(skin)), np.full(len(skin), -1.0)])
        surface = self._surface(UNDER_TOP, *clipped(faces, values, near), opaque(to_8bit(tone)), origin, 0)
        return [replace(surface, bias=surface.bias + SKIN_BEHIND * self.stature)]

    def _along_upper_arm(self, points: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float]:
        """(n,) pixels: how far down the arm vertices lie, 0 on the trunk; and how long an upper arm is."""
        result = np.zeros(len(points))
        lengths = []
        for upper, fore, hand in ARM_OF.values():
            start, end = self.body.joints[[upper, fore]]
            way = end - start
            lengths.append(float(np.linalg.norm(way)))
            along = (points - start) @ way / lengths[-1]
            result += np.where(weights[:, [upper, fore, hand]].sum(1) > 0.5, np.clip(along, 0, None), 0)
        return result, float(np.mean(lengths))

    def _dressed(
        self, faces: np.ndarray, skin: np.ndarray, weights: np.ndarray, normals: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where vertices of the skin (n, 3) are as cloth, (n, 3); x and y in the photo of what each shows, (n, 2); and the
        normals that the photo's light fell on there, (n, 3).
        """
        by_side = {side: weights[:, ARM_OF[side]].sum(1) for side in Side}
        arms = sum(by_side.values())
        points = skin + OFF_SKIN * self.stature * normals
        begins, whole = self._from_armpits
        below = smoothstep(skin[:, 1], begins, whole) * (1 - smoothstep(arms, *HANGS_FROM))
        body, cloth = self.around
        around = body.at(body.read(cloth, skin), skin)
        points += below[:, None] * (around - points)
        for side, sleeve in self.sleeves.items():
            points += sleeve.around(skin, smoothstep(by_side[side], *OF_ARM))
        points = smoothed_over(faces, points, ROUNDS[0])
        within = ((skin + OFF_SKIN * self.stature * normals - points) * normals).sum(1)
        points = smoothed_over(faces, points + np.clip(within, 0, None)[:, None] * normals, ROUNDS[1])
        middle = np.interp(points[:, 1], body.rows, body.middle[:, 0])
        half = np.where(
            points[:, 0] > middle,
            np.interp(points[:, 1], body.rows, cloth[:, 0]),
            np.interp(points[:, 1], body.rows, cloth[:, cloth.shape[1] // 2]),
        )
        opening = np.interp(points[:, 1], self.photo.places[1][:, 0], self.opening[0])
        opening = np.where(
            points[:, 0] > middle, np.interp(points[:, 1], self.photo.places[1][:, 0], self.opening[1]), opening
        )
        return points, *shown_at(points, normals, middle, half, opening, below, smoothstep(arms, *OF_ARM))

    @cached_property
    def _from_armpits(self) -> tuple[float, float]:
        """The rows over which it leaves the shoulders' surface."""
        _, skin, weights, _ = self.mesh
        arms = sum(weights[:, bones].sum(1) for bones in ARM_OF.values())
        armpits = skin[(arms > 0.2) & (arms < 0.5), 1]
        start = float(np.percentile(armpits, 95)) if len(armpits) else float(self.neck[1] + 0.1 * self.stature)
        return start + FROM_ARMPITS[0] * self.stature, start + FROM_ARMPITS[1] * self.stature

    @cached_property
    def rings(self) -> Rings:
        """Of the body's trunk."""
        _, skin, weights, _ = self.mesh
        arms = sum(weights[:, bones].sum(1) for bones in ARM_OF.values())
        return trunk_rings(skin[arms < 0.2], self.neck[1], self.hips + 2 * INSIDE * self.stature, self.stature)

    @cached_property
    def around(self) -> tuple[Rings, np.ndarray]:
        """The rings of the body's trunk, and the radius of the cloth around it."""
        whole = self._from_armpits[1]
        return self.rings, cloth_around(self.rings, self._widths(whole), whole, self.stature)

    def _widths(self, whole: float) -> np.ndarray:
        """(2, n) pixels: how far the photo's cloth reaches to the left and the right of the body's middle in the rows of
        its rings; NaN where the photo doesn't show it. whole: the row from which on it shows the trunk's width.
        """
        x, _ = self.photo.places
        held = self.cutting.on_box(self.cutting.subject.parsing.accessory)
        own = (self.photo.cloth > 0.5) & (self.trunk.domain > 0.5) & (held < 0.3)
        found = np.full((2, len(self.rings.rows)), np.nan)
        hem = float(np.median(self.photo.hems[0]))
        for index, (row, middle) in enumerate(zip(self.rings.rows, self.rings.middle[:, 0], strict=True)):
            line = round(row - self.cutting.box[1])
            if not 0 <= line < len(own) or row > hem or row < whole or not own[line].any():
                continue
            columns = x[0, own[line]]
            found[:, index] = middle - columns[0], columns[-1] - middle
        return found

    # -------------------------------------------------------------------------------------------------- where it ends

    def inside(self, points: np.ndarray, weights: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """(n,) pixels: how far within the cloth vertices (n, 3) are, the hem aside."""
        front, back = (sampled(edge, self.cutting.box, points[:, :2]) for edge in self.photo.edges)
        behind = smoothstep(normals[:, 2], -SIDE, SIDE)
        result = front + behind * (back - front)
        for side, bones in ARM_OF.items():
            arm = weights[:, bones].sum(1)
            if side in self.sleeves:
                left = np.clip(self.sleeves[side].left(points), None, FURTHEST * self.stature)
                result += smoothstep(arm, *OF_ARM) * (left - result)
            else:
                result = np.minimum(result, (SLEEVELESS - arm) * 0.1 * self.stature)
        return result

    # ------------------------------------------------------------------------------------------------- what it shows

    def _pictures(self, points: np.ndarray) -> tuple[np.ndarray, Box, int] | None:
        """Front and back picture beside each other, (h, w, 4); the box of the photo that each shows, and the column at which
        the back begins. points: (n, 3), of the cloth. None where too little of it is seen.
        """
        tight = self._around(points)
        _, y = self.photo.places
        worn = self.photo.seen > 0.5
        parsing, on_box = self.cutting.subject.parsing, self.cutting.on_box
        before = np.maximum(self.cutting.hair, on_box(np.maximum(parsing.accessory, parsing.arms))) > 0.3
        trunk, above = self.trunk, y < self.photo.hems[1][None]
        if self.skirt is not None:
            trunk, above = self._with_skirt(self.skirt.seen), above | self.skirt.seen
        shown = Shown(
            trunk,
            tuple(self.arms.values()),
            tight,
            worn & above,
            self.photo.edges,
            before,
            np.broadcast_to(y < self.neck[1] + ARMHOLE * self.stature, self.cutting.shape),
            self.stature,
        )
        found = shown.pictures()
        if found is None:
            return None
        front, back = found
        gap = np.zeros((len(front), GAP, 3), np.uint8)
        return opaque(np.concatenate([front, gap, back], 1)), self._in_photo(tight), front.shape[1] + GAP

    def _with_skirt(self, seen: np.ndarray) -> Piece:
        """The trunk's piece with what of a coat's skirt, seen (h, w) bool, lies on the limbs'."""
        front = self.trunk.front
        picture = front.picture.copy()
        for piece in (*self.legs.values(), *self.arms.values()):
            own = seen & (piece.front.picture[..., 3] > picture[..., 3])
            picture[own] = piece.front.picture[own]
        return replace(self.trunk, front=Texture(picture, front.clothing))

    def _around(self, points: np.ndarray) -> Box:
        """The part of the pieces' box around points (n, 2 or 3) of the photo."""
        x0, y0 = np.floor(points[:, :2].min(0)).astype(int) - self.cutting.box[:2]
        x1, y1 = np.ceil(points[:, :2].max(0)).astype(int) + 1 - self.cutting.box[:2]
        return grown((int(x0), int(y0), int(x1), int(y1)), 3, self.cutting.shape)

    def _in_photo(self, tight: Box) -> Box:
        """A part of the pieces' box as a box of the photo."""
        x, y = self.cutting.box[:2]
        return tight[0] + x, tight[1] + y, tight[2] + x, tight[3] + y

    def _surface(
        self, name: str, faces: np.ndarray, values: np.ndarray, picture: np.ndarray, box: Box, back_at: int
    ) -> Surface:
        """values: (n, 3 + 22 + 2 + 3 + 1), of vertices, as ``surfaces`` has them."""
        points, weights, texel, facing = values[:, :3], values[:, 3:25], values[:, 25:27], values[:, 27:30]
        behind = values[faces, 30].mean(1) > 0
        front, number = np.unique(faces[~behind], return_inverse=True)
        back, other = np.unique(faces[behind], return_inverse=True)
        vertex = np.concatenate([front, back])
        weld = np.arange(len(vertex))
        first = np.full(len(values), -1)
        first[front] = np.arange(len(front))
        shared = first[back] >= 0
        weld[len(front) :][shared] = first[back[shared]]
        shift = np.where(np.arange(len(vertex))[:, None] >= len(front), np.array([back_at, 0.0]), 0.0)
        bones, shares = strongest(weights[vertex])
        return Surface(
            name=name,
            vertices=points[vertex].astype(np.float32),
            triangles=np.concatenate([number.reshape(-1, 3), other.reshape(-1, 3) + len(front)]).astype(np.int32),
            weld=weld.astype(np.int32),
            bones=bones,
            weights=shares,
            texel=(texel[vertex] - box[:2] + shift).astype(np.float32),
            source=points[vertex, :2].astype(np.float32),
            texture=Texture(picture, np.zeros(picture.shape[:2], np.uint8)),
            bias=BIAS * self.stature,
            shown=np.ones(len(vertex), np.int8),
            lit_from=facing[vertex].astype(np.float32),
        )

    def hides(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(...) bool each: places (..., 2) of the front and the back of trousers that it hangs over."""
        under = UNDER_HEM * self.stature
        front, back = (places[..., 1] < hem - under for hem in self.photo.hems_at(places))
        return self._or_in_skirt(front, back, places, under)

    def goes(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(...) bool each: places (..., 2) of the front and the back of the trunk's sheets that top and skin stand in for;
        not what is held.
        """
        front, back = (self._goes(places, hem) for hem in self.photo.hems_at(places))
        return self._or_in_skirt(front, back, places, 0.0)

    def _or_in_skirt(
        self, front: np.ndarray, back: np.ndarray, places: np.ndarray, under: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Places (..., 2) that front and back (...) bool hold, and those that an open coat's skirt has, more than ``under``
        pixels above its hem.
        """
        if self.skirt is None:
            return front, back
        over = sampled(self.skirt.seen.astype(np.float32), self.cutting.box, places) > 0.5
        return front | over, back | (self.skirt.above_hem(places) > under)

    def _goes(self, places: np.ndarray, hem: np.ndarray) -> np.ndarray:
        """(...) bool, as ``goes``. hem: (...), the row of the hem there."""
        held = self.cutting.on_box(self.cutting.subject.parsing.accessory)
        low = places[..., 1] > self.neck[1] + (ARMHOLES_END - OVERLAPS) * self.stature
        bare = low & (sampled(self.photo.edges[0], self.cutting.box, places) < 0)  # neither top nor skin is made there
        past = -OVERLAPS if self.goes_on else PAST_HEM
        own = places[..., 1] < hem + past * self.stature
        if not self.lower_stays:
            own = np.ones_like(own)  # what else is left of the trunk, behind hands, went with the old skirt or trousers
        elif not self.goes_on:
            trousers = sampled(self.cutting.on_box(self.cutting.subject.parsing.lower), self.cutting.box, places) > 0.5
            own |= ~trousers & (places[..., 1] < hem + GOES_ON * self.stature)
        return own & (sampled(held, self.cutting.box, places) < 0.5) & ~bare
