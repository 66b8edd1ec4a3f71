"""The avatar: the dressed layers of a photo as closed surfaces around the fitted body (docs/method.md, "The avatar").

Every piece of the photo (limbs, trunk, head) is inflated to a front and a back sheet; the body says how deep. At the photo's
own pose the front sheets show the photo itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.feet import Foot, shoe
from fashionmirror_core.avatar.hair import Depth
from fashionmirror_core.avatar.head import HEAD, SHEET_BIAS, SHEET_GOES, Head, HeadPhoto, hair_weights
from fashionmirror_core.avatar.hems import below_level, hem
from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.avatar.limbs import (
    Bare,
    BodyLimb,
    as_wide,
    body_name,
    sleeve_name,
    vertex_normals,
)
from fashionmirror_core.avatar.pieces import Cutting, HeadPlace, Piece
from fashionmirror_core.avatar.sheets import (
    SLICES,
    Grid,
    Inflation,
    Spine,
    along_surface,
    filled,
    inflate,
    meshed,
    sampled,
)
from fashionmirror_core.avatar.shoulders import amid, depths, near_shoulder
from fashionmirror_core.avatar.skin import bare_skin
from fashionmirror_core.avatar.skinning import smoothed, strongest, weights_near
from fashionmirror_core.avatar.surface import Fade, Surface, Texture
from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Category, Part, Side

CELL = 1 / 230  # statures: of a sheet's grid
LOOSENESS, LOOSE_DEPTH = 0.4, 0.03  # of the width beside the body, gained in depth; at most, statures
SKIRT_LENGTH = 0.08  # statures below the hips, from which a trunk is one with a skirt
RAGGED = 0.05  # statures above the lowest point of a hem, within which it begins
OPEN_FROM = 0.02  # statures above the hips, from which down the trunk's lower rim is a hem
HEM_SAGS = 0.03  # statures that the middle of a level hem may lie lower than its sides in the photo
SEAT = (0.03, 0.12)  # statures below the hips, over which a leg's sheet leaves the seat's depth
HEM_REACH = 0.16  # statures that a hem goes on for the inflation
HANGS = 0.006  # statures of gain in depth from which on cloth hangs from bust and shoulder blades
HANGING_DEPTH = 0.012  # statures that such cloth gains at most besides
SKIRT_DEPTH, SKIRT_FULL = 0.64, 0.8  # of its width, or of how far it stands off the legs at the sides; its exponent
FLARED = 0.35  # of the hips' width, by which a skirt is wider that is as deep as it is wide
SKIRT_FROM = 0.04  # statures below the hips, where the body's depth has become the skirt's
WIDE_SKIRT = 0.02  # statures off the legs at the sides, from which a skirt goes round both
HALVES = 0.05  # statures from the middle, over which a skirt's left half becomes its right
SKIRT_SLOPE = 0.3  # of the way down that a skirt comes nearer to the legs below belly and seat
TOO_SMALL = 30  # pixels of a piece that isn't worth a surface
ATLAS_GAP = 4  # pixels between front and back picture
SHOULDER_END = (0.18, 0.4)  # of the arm's length: up to there it belongs to the shoulder
HEM_SHOWS = 0.05  # statures above a hem, from which nothing of the legs is seen under it
OF_BARE_ARM, OF_SLEEVE = 0.3, 0.1  # weight of the arm's bones, from which on the shoulder is an arm's, a sleeve's
ARMHOLE = (0.075, 0.1)  # statures from the shoulder's joint, within which the trunk's cloth lies over the arm
BOTH = (-0.035, -0.018)  # statures outward from the joint, over which the arm comes out from under the trunk's cloth
HIDDEN_GAP = 0.004  # statures between what lies over each other
ANKLE = 0.012  # statures above the ankle, from which down a sheet is the foot's
TROUSERS_CELLS = (-2, 3, 8)  # below the end of the trunk, where the photo shows trousers if a leg hangs from it
OFF_SEAT = 0.006  # statures that trousers stand off belly and seat
SEAT_SLOPE = 0.45  # of the way down that trousers come nearer to the legs
LACES = 0.01  # statures above a shoe: what is seen there of laces and tongue goes with it
SHAFT = 0.02  # statures above a shoe, from which on what is seen there is a boot's shaft
IN_SHOE = 0.012  # statures that a bare foot goes on below a shoe's edge
UNDER_HEM = 0.05  # statures that a bare leg goes on under a skirt

LEG_BONES = {side: (*LEG_OF[side], toes) for side, toes in ((Side.RIGHT, Bone.R_TOES), (Side.LEFT, Bone.L_TOES))}
CLAVICLE = {Side.RIGHT: Bone.R_CLAVICLE, Side.LEFT: Bone.L_CLAVICLE}


@dataclass(frozen=True)
class Avatar:
    """surfaces: of the dressed person, in the photo's pose. body: the fitted body that moves them. cutting: how the
    surfaces' pictures were cut out of the photo. tight: surface -> the part of the pieces' box that its pictures fill.
    """

    surfaces: tuple[Surface, ...]
    body: FittedBody
    cutting: Cutting
    tight: dict[str, Box]


@dataclass(frozen=True)
class Sheets:
    """A piece inflated, before it becomes a mesh: its grid and its depth. open: (h, w) bool, nodes of the rim where front
    and back don't meet, for another sheet goes on there. dropped: (h, w) bool, nodes never seen. goes: (h, w) bool, nodes
    seen in the photo's pose alone. None: nowhere.
    """

    piece: Piece
    grid: Grid
    inflation: Inflation
    dropped: np.ndarray | None = None
    open: np.ndarray | None = None
    goes: np.ndarray | None = None

    def covers(self, box: Box, places: np.ndarray) -> np.ndarray:
        """Of places (..., 2), photo pixels, bool: where its front hides what is under it."""
        there = sampled(self.piece.front.picture[..., 3] / np.float32(255), box, places) > 0.5
        return there & (self.at(self.grid.inside.astype(np.float32), places, 0.0) > 0.5)

    def at(self, field: np.ndarray, places: np.ndarray, outside: float) -> np.ndarray:
        """A field of the grid at places (..., 2), photo pixels; ``outside`` where the piece isn't."""
        x = ((places[..., 0] - self.grid.x[0]) / self.grid.cell).astype(np.float32)
        y = ((places[..., 1] - self.grid.y[0]) / self.grid.cell).astype(np.float32)
        values = cv2.remap(field.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        there = cv2.remap(self.grid.inside.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.where(there > 0.5, values, outside).reshape(places.shape[:-1])


def build_avatar(
    layers: Iterable[Layer],
    subject: Subject,
    stage: Stage,
    body: FittedBody,
    removed: np.ndarray,
    categories: Sequence[Category],
) -> Avatar:
    """The avatar of a person's layers, which are in the photo's pixels; ``subject`` and ``removed`` (M_r) are on the stage.
    categories: of the new clothes.
    """
    builder = _Builder(body, BodyModel.load())
    cutting = Cutting.of(layers, subject, stage, body, builder.model)
    pieces = [piece for piece in cutting.pieces(removed) if (piece.domain > 0.5).sum() > TOO_SMALL]
    tight = {
        piece.name: grown(bounding_box(piece.domain > 0) or (0, 0, 1, 1), 2, piece.domain.shape) for piece in pieces
    }
    cloth = cutting.clothed(removed)
    only_lower = all(category == Category.LOWER for category in categories)
    surfaces, limbs = builder.surfaces(pieces, cutting, cloth, removed, only_lower, tight)
    skin = bare_skin(body, builder.model, subject, stage, removed, categories, limbs, builder.in_shoe)
    return Avatar((*surfaces, *skin), body, cutting, tight)


class _Builder:
    def __init__(self, body: FittedBody, model: BodyModel) -> None:
        self.body, self.model = body, model
        self.skin, self.weights = body.vertices.astype(np.float64), model.skin.weights
        self.normals = vertex_normals(self.skin, model.faces)
        self.stature = float(np.ptp(body.vertices[:, 1]))
        self.hips = float(body.joints[[Bone.L_THIGH, Bone.R_THIGH], 1].mean())
        self.middle = float(body.joints[[Bone.L_THIGH, Bone.R_THIGH], 0].mean())
        self.head = HeadPlace.of(body, model)
        self.in_shoe = np.zeros(len(self.skin), bool)

    def on(self, *bones: Bone) -> np.ndarray:
        """(V,): how much these bones move each vertex."""
        return self.weights[:, list(bones)].sum(1)

    # ------------------------------------------------------------------------------------------------------- depth

    def surfaces(
        self,
        pieces: list[Piece],
        cutting: Cutting,
        cloth: np.ndarray,
        removed: np.ndarray,
        only_lower: bool,
        tight: dict[str, Box],
    ) -> tuple[list[Surface], dict[Part, np.ndarray]]:
        """The surfaces of the photo's pieces; and of each limb the body's vertices (V, 3), as wide as in the photo.

        cloth: (h, w) in [0, 1] on the box, where the photo shows clothes. removed: M_r on the stage. only_lower: whether the
        new clothes leave the top on.
        """
        box = cutting.box
        free = {piece.name: self.sheets(piece, box) for piece in pieces if piece.name != HEAD}
        sheets = self.in_order(dict(free), cutting)
        surfaces = {name: self.surface(own, box, tight[name]) for name, own in sheets.items()}
        wide: dict[Part, np.ndarray] = {}
        for part in (*ARM_PARTS, *LEG_PARTS):
            if part in sheets:
                lost = np.zeros_like(removed) if part.is_arm and only_lower else removed
                undressed = cutting.undressed(lost, part)
                surfaces[part], wide[part] = self.limb(
                    surfaces, free[part], sheets, cutting, cloth, undressed, tight[part]
                )
                stands_in = {body_name(part), sleeve_name(part)} & set(surfaces)
                if part.is_arm and Part.TRUNK in sheets and stands_in:
                    grid = sheets[Part.TRUNK].grid
                    cap, _ = self.shoulder_cap(part.side, grid.place[grid.nodes])
                    own = surfaces[Part.TRUNK]
                    goes = np.where(np.tile(cap, 2) > 0.5, -1, 0 if own.shown is None else own.shown)
                    surfaces[Part.TRUNK] = replace(own, shown=goes.astype(np.int8))
        heads = [
            surface
            for piece in pieces
            if piece.name == HEAD
            for surface in self.head_surfaces(piece, cutting.head_photo, box, tight[HEAD], sheets.get(Part.TRUNK))
        ]
        return [*surfaces.values(), *heads], wide

    def limb(
        self,
        surfaces: dict[str, Surface],
        free: Sheets,
        sheets: dict[str, Sheets],
        cutting: Cutting,
        cloth: np.ndarray,
        undressed: np.ndarray,
        tight: Box,
    ) -> tuple[Surface, np.ndarray]:
        """Adds to ``surfaces`` what stands in for a limb's sheet where it is bare, or a shoe. The sheet without it, and the
        body's vertices (V, 3) with the limb as wide as in the photo.

        free: the limb before it was laid over or under the trunk. undressed: (h, w) of 0 and 1, where its old clothes went.
        """
        own, box = sheets[free.piece.name], cutting.box
        piece, grid, part = own.piece, own.grid, Part(free.piece.name)
        shoes = cutting.shoes * (0 if part.is_arm else 1)
        covered = piece.front.clothing / np.maximum(piece.front.picture[..., 3].astype(np.float32), 1)
        naked = (1 - cloth) * (1 - covered)
        bones = ARM_OF[part.side] if part.is_arm else LEG_BONES[part.side]
        spine = self.arm_spine(part.side) if part.is_arm else self.leg_spine(part.side)
        bare = Bare.of(piece, box, grid, spine, naked * (1 - shoes))
        if not part.is_arm and Part.TRUNK in sheets:
            skirt = sheets[Part.TRUNK]
            hidden = skirt.at(skirt.grid.inside.astype(np.float32), grid.place, 0.0) > 0.5
            bare = bare.from_under(hidden, (HEM_SAGS + 2 * CELL) * self.stature)
        shown = bare.shown(box)
        whole, chosen = self.on(*bones) > 0.5, self.on(*bones) > (OF_BARE_ARM if part.is_arm else 0.5)
        if not part.is_arm:
            _, shin, ankle, toes = LEG_BONES[part.side]
            foot = Foot.of(self.body, self.weights, ankle, toes, shin)
            seen = shoes * naked * (piece.front.picture[..., 3] > 127)
            skin = naked * (1 - shoes) * (piece.front.picture[..., 3] > 230)
            made = shoe(shoe_name(part), foot, seen, skin, piece.front.picture, box, self.stature)
            top = box[1] + float(np.argmax((seen > 0.5).any(1))) - LACES * self.stature
            if made is not None:
                surfaces[shoe_name(part)], end = made
                begins, upper = (
                    min(top, self.body.joints[ankle, 1] - ANKLE * self.stature),
                    made[0].vertices[:, 1].min(),
                )
                if (
                    upper - begins > SHAFT * self.stature
                ):  # a boot: the shoe ends below the shaft, which stays the sheet's
                    begins = upper + IN_SHOE * self.stature
                low = grid.place[..., 1] > begins
                shown = np.where(low & (sampled(naked, box, grid.indoors) > 0.5), -1, shown)
                self.in_shoe[foot.below(end - IN_SHOE * self.stature)] = True
                chosen = chosen & ~self.in_shoe
            trunk = sheets.get(Part.TRUNK)
            if trunk is not None:
                above = self.skin[:, :2] + (0, UNDER_HEM * self.stature)
                chosen = chosen & ~trunk.covers(box, above)

        def moved(places: np.ndarray) -> np.ndarray:
            return own.at(own.inflation.plane - free.inflation.plane, places, 0.0)

        covered = np.zeros(cloth.shape, np.float32)
        if part.is_arm and Part.TRUNK in sheets:
            here, places = self.around_shoulder(part.side, box)
            _, trunks = self.shoulder_cap(part.side, places)
            covered[here] = trunks * cloth[here] * (sheets[Part.TRUNK].piece.front.picture[here][..., 3] / 255)
        wide = as_wide(bare, self.skin, self.model.faces, whole, box, self.stature)
        if not part.is_arm and made is not None:  # the foot stands in its shoe as that does
            wide[foot.vertex] += self.on(ankle, toes)[foot.vertex, None] * (foot.points - self.skin[foot.vertex])
        faces, weights, bias = self.model.faces, self.weights, self.bias(part)
        limb = BodyLimb(faces, weights, chosen, covered, box, tight, self.stature, bias, moved)
        naked_limb = limb.bare(bare, wide, undressed)
        if naked_limb is not None:
            surfaces[naked_limb.name] = naked_limb
        if part.is_arm:
            arm = replace(limb, chosen=self.on(*bones) > OF_SLEEVE)
            sleeve = arm.sleeve(Bare.of(piece, box, grid, spine, cloth), self.skin)
            if sleeve is not None:
                surfaces[sleeve[0].name], hidden = sleeve
                number = np.clip(bare.position(grid.place.reshape(-1, 2))[0].astype(int), 0, SLICES - 1)
                shown = np.where(hidden[number].reshape(shown.shape), -1, shown)
        return replace(surfaces[part], shown=np.tile(shown[grid.nodes], 2).astype(np.int8)), wide

    def around_shoulder(self, side: Side, box: Box) -> tuple[tuple[slice, slice], np.ndarray]:
        """The window of a box in which ``shoulder_cap`` is above zero, and its pixels' places in the photo, (h, w, 2)."""
        x, y = np.round(self.body.joints[ARM_OF[side][0], :2]).astype(int)
        reach = int(ARMHOLE[1] * self.stature) + 2
        left, right = (int(np.clip(x + way - box[0], 0, box[2] - box[0])) for way in (-reach, reach))
        top, bottom = (int(np.clip(y + way - box[1], 0, box[3] - box[1])) for way in (-reach, reach))
        places = np.stack(np.meshgrid(np.arange(left, right), np.arange(top, bottom)), -1) + np.array(box[:2])
        return window((left, top, right, bottom)), places

    def shoulder_cap(self, side: Side, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of places (..., 2), photo pixels, in [0, 1]: how much they lie near the shoulder's joint on its outer side, which
        is the arm's, and how much on its inner side, which is the trunk's. In between both are.
        """
        joint = self.body.joints[ARM_OF[side][0], :2]
        away = (places - joint) / self.stature
        near = 1 - smoothstep(np.hypot(away[..., 0], away[..., 1]), *ARMHOLE)
        outward = np.sign(joint[0] - self.middle) * away[..., 0]
        return near * smoothstep(outward, -0.006, 0.006), near * (1 - smoothstep(outward, *BOTH))

    def in_order(self, sheets: dict[str, Sheets], cutting: Cutting) -> dict[str, Sheets]:
        """The sheets, each over or under the trunk."""
        trunk = sheets.get(Part.TRUNK)
        if trunk is None:  # all of it was taken off, and nothing new covers it
            return sheets
        for part in LEG_PARTS:
            if part in sheets:
                leg = self.hung(sheets[part], trunk, cutting)
                sheets[part] = self.under(leg, trunk, cutting.box)
        for part in ARM_PARTS:
            if part in sheets:
                sheets[part] = self.before(sheets[part], trunk)
                joint = self.body.joints[ARM_OF[part.side][0]]
                arm, trunk = sheets[part], sheets[Part.TRUNK]
                sheets[part] = self.at_shoulder(arm, trunk, joint)
                sheets[Part.TRUNK] = self.at_shoulder(trunk, arm, joint)
        return sheets

    def head_surfaces(
        self, piece: Piece, photo: HeadPhoto, box: Box, tight: Box, trunk: Sheets | None
    ) -> list[Surface]:
        """The photo's sheet of the head, then skull and hair under it."""

        def depth(side: str) -> Depth:
            if trunk is None:
                return lambda places, outside: np.full(places.shape[:-1], outside)
            field = getattr(trunk.inflation, side)
            return lambda places, outside: trunk.at(field, places, outside)

        head = Head.of(photo, self.body, self.model, depth("front"), depth("back"))
        grid = Grid.over(piece.domain, box, CELL * self.stature)
        sheet = Sheets(piece, grid, head.inflation(grid))
        return [self.surface(sheet, box, tight), *head.surfaces(self.body, self.model, self.head.chin, self.head.half)]

    def sheets(self, piece: Piece, box: Box) -> Sheets:
        grid = Grid.over(piece.domain, box, CELL * self.stature)
        if piece.name == Part.TRUNK:
            skirt = below_level(grid, self.hips + SKIRT_LENGTH * self.stature, HEM_SAGS * self.stature)
            low = hem(grid, self.hips - OPEN_FROM * self.stature)
            return Sheets(piece, grid, self.trunk_inflation(grid), open=low, goes=skirt)
        part = Part(piece.name)
        return Sheets(
            piece, grid, self.arm_inflation(grid, part.side) if part.is_arm else self.leg_inflation(grid, part.side)
        )

    def spine(self, *bones: Bone, end: np.ndarray) -> Spine:
        return Spine(np.array([*(self.body.joints[bone, :2] for bone in bones), end], float))

    def trunk_inflation(self, grid: Grid) -> Inflation:
        limbs = self.on(*(bone for side in Side for bone in (*ARM_OF[side][1:], *LEG_BONES[side])))
        upper_arms = self.on(*(ARM_OF[side][0] for side in Side))
        chosen = (limbs < 0.5) & (upper_arms < 0.65) & (self.on(Bone.HEAD) < 0.5)
        pelvis = self.body.joints[Bone.PELVIS, :2]
        far = np.array([pelvis[0], float(grid.y[-1]) + 10])
        # A hem doesn't close: it is inflated as if the cloth went on.
        reach = round(HEM_REACH * self.stature / grid.cell)
        endless = np.pad(grid.distance, ((0, reach), (0, 0)), constant_values=-1.0)
        for column in np.flatnonzero(grid.inside.any(0)):
            low = int(np.flatnonzero(grid.inside[:, column])[-1])
            if grid.y[low] > self.hips - OPEN_FROM * self.stature:
                endless[low + 1 : low + reach, column] = np.maximum(endless[low + 1 : low + reach, column], 1.0)
        spine = self.spine(Bone.NECK, Bone.PELVIS, end=far)
        inflation = inflate(
            grid,
            self.skin[chosen],
            spine,
            LOOSENESS,
            HANGING_DEPTH * self.stature,
            endless,
            HANGS * self.stature,
            float(spine.coordinates(np.array([[self.middle, self.hips]]))[0][0]),
        )
        rows = np.flatnonzero(grid.inside.any(1))
        hem = float(grid.y[rows[-1]])
        if hem < self.hips + SKIRT_LENGTH * self.stature:
            return inflation
        return self.skirt(grid, inflation, hem)

    def skirt(self, grid: Grid, inflation: Inflation, hem: float) -> Inflation:
        """Below the hips the trunk is a skirt: it hangs from belly and seat, around the legs, as far from them before and
        behind as the photo shows it beside them; it is rounder than a body.
        """
        y = grid.place[..., 1]
        below = smoothstep(y, self.hips - 0.06 * self.stature, self.hips + SKIRT_FROM * self.stature)
        rows = np.flatnonzero(grid.inside.any(1))
        widths = np.array([np.ptp(grid.place[row, grid.nodes[row], 0]) for row in rows]) / 2
        ragged = grid.y[rows] > hem - RAGGED * self.stature
        widths[ragged] = np.maximum.accumulate(widths[ragged])
        half = gaussian_filter1d(widths, 4, mode="nearest")
        legs, sides = self.around_legs(grid.y[rows])
        off = SKIRT_DEPTH * np.clip(half - legs, 0, None)
        at_hips = int(np.argmin(np.abs(grid.y - self.hips)))
        hips = grid.inside[at_hips]
        flared = np.clip((half / half[np.abs(rows - at_hips).argmin()] - 1) / FLARED, 0, 1)
        fall = SKIRT_SLOPE * np.clip(grid.y[rows] - self.hips, 0, None)
        # Each half of a narrow skirt goes with its leg: they stand apart in depth, too. A wide one is round them both.
        wide = np.clip(off / (WIDE_SKIRT * self.stature), 0, 1)
        both = np.stack([sides[:, 0].min(0), sides[:, 1].max(0)])
        sides = sides + wide * (both - sides)
        right_of_picture = smoothstep((grid.place[..., 0] - self.middle) / self.stature, -HALVES, HALVES)
        shares = (1 - right_of_picture, right_of_picture)
        front, back = np.zeros(y.shape), np.zeros(y.shape)
        for share, (before, behind) in zip(shares, sides, strict=True):
            more = flared * np.clip(SKIRT_DEPTH * half - off - (behind - before) / 2, 0, None)
            before, behind = before - off - more, behind + off + more
            if hips.any():
                before = np.minimum(before, inflation.front[at_hips][hips].min() + fall)
                behind = np.maximum(behind, inflation.back[at_hips][hips].max() - fall)
            front += share * np.interp(y, grid.y[rows], before)
            back += share * np.interp(y, grid.y[rows], behind)
        plane = inflation.plane + below * ((front + back) / 2 - inflation.plane)
        full = inflation.fullness**SKIRT_FULL
        return replace(
            inflation,
            plane=plane,
            front=inflation.front + below * (plane - full * (plane - front) - inflation.front),
            back=inflation.back + below * (plane + full * (back - plane) - inflation.back),
        )

    def around_legs(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """At rows (n,): half the width of both legs together, (n,), and the depth before and behind of the leg at the
        picture's left and of the one at its right, (2, 2, n); pixels.
        """
        lower = self.on(*(bone for side in Side for bone in (*LEG_BONES[side], Bone.PELVIS))) > 0.5
        reach = 0.01 * self.stature
        own = [self.skin[lower & (sign * (self.skin[:, 0] - self.middle) > 0)] for sign in (-1, 1)]
        found = np.full((6, len(rows)), np.nan)
        for index, row in enumerate(rows):
            for side, skin in enumerate(own):
                near = skin[np.abs(skin[:, 1] - row) < reach]
                if len(near):
                    outer = np.abs(near[:, 0] - self.middle).max()
                    found[3 * side : 3 * side + 3, index] = near[:, 2].min(), near[:, 2].max(), outer
        values = np.stack([filled(value, 3.0) for value in found]).reshape(2, 3, -1)
        return values[:, 2].mean(0), values[:, :2]

    def arm_spine(self, side: Side) -> Spine:
        upper, fore, hand = ARM_OF[side]
        palm = self.skin[self.weights[:, hand] > 0.9]
        wrist = self.body.joints[hand]
        tip = palm[np.hypot(*(palm[:, :2] - wrist[:2]).T).argmax(), :2]
        return self.spine(upper, fore, hand, end=tip)

    def leg_spine(self, side: Side) -> Spine:
        thigh, shin, foot, _ = LEG_BONES[side]
        return self.spine(thigh, shin, foot, end=self.body.joints[foot, :2] + np.array([0, 0.2 * self.stature]))

    def arm_inflation(self, grid: Grid, side: Side) -> Inflation:
        chosen = self.on(*ARM_OF[side]) > 0.5
        return inflate(grid, self.skin[chosen], self.arm_spine(side), LOOSENESS, LOOSE_DEPTH * self.stature)

    def leg_inflation(self, grid: Grid, side: Side) -> Inflation:
        _, _, foot, toes = LEG_BONES[side]
        chosen = self.on(*LEG_BONES[side]) > 0.5
        inflation = inflate(grid, self.skin[chosen], self.leg_spine(side), LOOSENESS, LOOSE_DEPTH * self.stature)
        return self.foot(grid, self.seat(grid, inflation), foot, toes)

    def seat(self, grid: Grid, inflation: Inflation) -> Inflation:
        """Near the hips a leg reaches as far back as the seat, which isn't the leg's own."""
        near = 1 - smoothstep(grid.place[..., 1], *(self.hips + self.stature * share for share in SEAT))
        own = self.on(Bone.PELVIS, Bone.L_THIGH, Bone.R_THIGH) > 0.5
        front, back = depths(grid, (near > 0) & grid.nodes, self.skin[own], self.normals[own], self.stature)
        share = near * np.clip(2 * inflation.fullness, 0, 1)
        return replace(
            inflation,
            front=inflation.front + share * np.minimum(front - inflation.front, 0),
            back=inflation.back + share * np.maximum(back - inflation.back, 0),
        )

    def foot(self, grid: Grid, inflation: Inflation, foot: Bone, toes: Bone) -> Inflation:
        """From the ankle down the front sheet reaches forward to the toes as the body's foot does, the sole closes it."""
        own = self.skin[self.on(foot, toes) > 0.6]
        ankle = self.body.joints[foot]
        places = grid.place.reshape(-1, 2)
        _, nearest = cKDTree(own[:, :2]).query(places, 10)
        instep = own[nearest, 2].min(1).reshape(grid.inside.shape)
        instep = cv2.GaussianBlur(instep, (0, 0), 1.2)
        heel = float(own[:, 2].max())
        y = grid.place[..., 1]
        low = smoothstep(y, ankle[1] - 0.012 * self.stature, ankle[1] + 0.016 * self.stature)
        front = inflation.front + low * (instep - inflation.front)
        round_back = np.minimum(1, 1.5 * inflation.fullness)
        back = inflation.back + low * (front + round_back * (heel - front) - inflation.back)
        plane = inflation.plane + low * (front - inflation.plane)
        return replace(inflation, front=front, back=back, plane=plane)

    # ------------------------------------------------------------------------------------------------ one over another

    def hung(self, leg: Sheets, trunk: Sheets, cutting: Cutting) -> Sheets:
        """Trousers hang from belly and seat, which are the trunk's: below them a leg is as deep, and less so the lower."""
        own, grid, low = leg.inflation, leg.grid, trunk.grid
        there = low.inside.any(0)
        last = len(low.y) - 1 - low.inside[::-1].argmax(0)
        columns = np.arange(len(low.x))
        ends = np.stack([low.x, low.y[last]], -1)
        trousers = [
            sampled(cutting.lower, cutting.box, ends + np.array([0, way * low.cell])) > 0.5 for way in TROUSERS_CELLS
        ]
        known = np.flatnonzero(there & np.all(trousers, 0))
        if not len(known) or low.y[last[there]].max() > self.hips + SKIRT_LENGTH * self.stature:
            return leg
        x, y = grid.place[..., 0], grid.place[..., 1]
        nearest = known[np.abs(low.x[known][None] - x.reshape(-1, 1)).argmin(1)].reshape(x.shape)
        below = y - low.y[last[nearest]]
        beside = np.abs(low.x[nearest] - x) < 2 * low.cell
        deep = []
        _, body = self.around_legs(grid.y)
        profile = body[int(self.body.joints[LEG_OF[Part(leg.piece.name).side][0], 0] > self.middle)]
        for sheet, sign, skin in zip((trunk.inflation.front, trunk.inflation.back), (-1, 1), profile, strict=True):
            end = sheet[np.maximum(last - 2, 0), columns]
            hangs = sign * end[nearest] - SEAT_SLOPE * np.clip(below, 0, None)
            # A top's hem may stand farther off than the body does.
            limit = sign * np.interp(y, grid.y, skin) + OFF_SEAT * self.stature
            deep.append(np.clip(np.minimum(hangs, limit) - sign * own.plane, 0, None))
        share = beside * np.clip(1.5 * own.fullness, 0, 1)
        front = np.minimum(own.front, own.plane - share * deep[0])
        back = np.maximum(own.back, own.plane + share * deep[1])
        return replace(leg, inflation=replace(own, front=front, back=back))

    def under(self, leg: Sheets, trunk: Sheets, box: Box) -> Sheets:
        """What a leg has under the trunk's cloth stays inside of it."""
        gap = HIDDEN_GAP * self.stature
        own = leg.inflation
        front = np.maximum(own.front, trunk.at(trunk.inflation.front, leg.grid.place, -np.inf) + gap)
        back = np.minimum(own.back, trunk.at(trunk.inflation.back, leg.grid.place, np.inf) - gap)
        middle = (front + back) / 2
        crossed = front > back
        # Far from the hem the cloth hides the leg in every pose: there is nothing that could come through.
        reach = round(HEM_SHOWS * self.stature / leg.grid.cell)
        covered = trunk.covers(box, leg.grid.place)
        below = np.concatenate([covered[reach:], np.zeros_like(covered[:reach])])
        return replace(
            leg,
            dropped=covered & below,
            inflation=replace(own, front=np.where(crossed, middle, front), back=np.where(crossed, middle, back)),
        )

    def before(self, arm: Sheets, trunk: Sheets) -> Sheets:
        """An arm that the photo shows before the trunk lies before it, whatever the fit says of its depth. At the shoulder
        it goes round the trunk.
        """
        own, grid, gap = arm.inflation, arm.grid, HIDDEN_GAP * self.stature
        cover = trunk.at(trunk.inflation.front, grid.place, np.inf)
        beneath = trunk.at(trunk.inflation.back, grid.place, -np.inf)
        beyond = np.where(grid.nodes & np.isfinite(cover), np.clip(own.front - cover + gap, 0, None), 0)
        # The slope from there to where the arm leaves the trunk is soft.
        push = np.maximum(cv2.GaussianBlur(cv2.dilate(beyond.astype(np.float32), np.ones((5, 5))), (0, 0), 2.5), beyond)
        along = own.position / max(float(own.position[grid.nodes].max()), 1e-6)
        away = smoothstep(along, *SHOULDER_END)
        behind = np.where(grid.nodes & np.isfinite(beneath), np.clip(beneath + gap - own.back, 0, None), 0)
        return replace(
            arm,
            inflation=replace(
                own,
                front=own.front - away * push,
                plane=np.minimum(own.plane - away * push, np.where(np.isfinite(cover), cover - gap, np.inf)),
                back=own.back - away * push + (1 - away) * behind,
            ),
        )

    def at_shoulder(self, own: Sheets, other: Sheets, joint: np.ndarray) -> Sheets:
        """A sheet that follows the body near the shoulder, and is open where the other sheet goes on."""
        grid, inflation = own.grid, own.inflation
        near = near_shoulder(grid, joint, self.stature)
        upper = self.on(Bone.CHEST, Bone.SPINE2, *CLAVICLE.values(), *(bones[0] for bones in ARM_OF.values())) > 0.5
        front, back = depths(grid, (near > 0) & grid.nodes, self.skin[upper], self.normals[upper], self.stature)
        open_rim = (
            grid.rim & (near > 0.05) & amid(grid.inside, other.at(np.ones(other.grid.inside.shape), grid.place, 0.0))
        )
        # Towards the outline of the shoulder the sheets close as before.
        share = near * np.where(open_rim, 1.0, np.clip(2 * inflation.fullness, 0, 1))
        changed = replace(
            inflation,
            front=inflation.front + share * (front - inflation.front),
            back=inflation.back + share * (back - inflation.back),
            plane=inflation.plane + near * ((front + back) / 2 - inflation.plane),
        )
        return replace(own, inflation=changed, open=open_rim if own.open is None else own.open | open_rim)

    # ------------------------------------------------------------------------------------------------------------ mesh

    def surface(self, sheets: Sheets, box: Box, tight: Box) -> Surface:
        piece, grid, own = sheets.piece, sheets.grid, sheets.inflation
        mesh = meshed(grid, own.front, own.back, own.plane, sheets.open, sheets.dropped)
        weights = self.bone_weights(sheets)
        bones, shares = strongest(weights.reshape(-1, weights.shape[-1])[mesh.node])
        texture, back_at = _atlas(piece.front, piece.back, tight)
        origin = np.array(box[:2], np.float32) + np.array(tight[:2], np.float32)
        shift = np.where(mesh.behind[:, None], np.array([back_at, 0], np.float32), 0) - origin
        before = along_surface(grid, own.plane - own.front)
        behind = along_surface(grid, own.back - own.plane)
        turned = np.where(mesh.behind[:, None], *(side.reshape(-1, 2)[mesh.node] for side in (behind, before)))
        return Surface(
            name=piece.name,
            vertices=mesh.vertices,
            triangles=mesh.triangles,
            weld=mesh.weld,
            bones=bones,
            weights=shares,
            texel=(mesh.vertices[:, :2] + shift).astype(np.float32),
            source=mesh.vertices[:, :2].copy(),
            texture=texture,
            bias=self.bias(piece.name),
            turned_texel=(turned + shift).astype(np.float32),
            shown=None if sheets.goes is None else np.where(np.tile(sheets.goes[grid.nodes], 2), -1, 0).astype(np.int8),
            fade=Fade(Bone.HEAD, *SHEET_GOES) if piece.name == HEAD else None,
        )

    def bias(self, name: str) -> float:
        """Limbs lie before the trunk, hair before the shoulders: the fit's depth is good to a centimetre."""
        share = {HEAD: SHEET_BIAS, Part.R_ARM: -0.008, Part.L_ARM: -0.008, Part.TRUNK: -0.004}.get(name, 0.0)
        return share * self.stature

    def bone_weights(self, sheets: Sheets) -> np.ndarray:
        """(h, w, 22) on the sheet's grid."""
        piece, grid, own = sheets.piece, sheets.grid, sheets.inflation
        arms, hands = (
            self.on(*(b for s in Side for b in ARM_OF[s])),
            self.on(*(b for s in Side for b in ARM_OF[s][1:])),
        )
        shins = self.on(*(b for s in Side for b in LEG_BONES[s][1:]))
        points = np.dstack([grid.place, own.plane]).reshape(-1, 3)
        if piece.name == HEAD:
            weights = hair_weights(points, self.body, self.model, self.head.chin, self.head.half)
            return smoothed(weights.reshape(*grid.inside.shape, -1), grid.nodes, 2.0)
        if piece.name == Part.TRUNK:
            allowed, sigma = (hands < 0.3) & (arms < 0.8) & (self.on(Bone.HEAD) < 0.5) & (shins < 0.3), 3.0
        else:
            part = Part(piece.name)
            side = part.side
            kept = (*ARM_OF[side], CLAVICLE[side]) if part.is_arm else (*LEG_BONES[side], Bone.PELVIS)
            allowed, sigma = self.on(*kept) > 0.35, 1.5
        weights = np.zeros((*grid.inside.shape, self.weights.shape[1]))
        weights[grid.nodes] = weights_near(points[grid.nodes.ravel()], self.skin, self.weights, allowed, 2.0)
        if piece.name == Part.TRUNK:
            weights = self.skirt_weights(grid, weights)
        return smoothed(weights, grid.nodes, sigma)

    def skirt_weights(self, grid: Grid, weights: np.ndarray) -> np.ndarray:
        """A skirt hangs from the pelvis and swings with the thighs, the more the lower."""
        rows = np.flatnonzero(grid.inside.any(1))
        hem = float(grid.y[rows[-1]])
        if hem < self.hips + SKIRT_LENGTH * self.stature:
            return weights
        x, y = grid.place[..., 0], grid.place[..., 1]
        reach = np.clip(hem - self.hips, 0.08 * self.stature, 0.26 * self.stature)
        low = np.clip((y - self.hips) / reach, 0, 1) ** 0.8
        half = np.array([max(np.ptp(grid.x[row]) / 2, 5.0) if row.any() else 5.0 for row in grid.inside])
        aside = np.clip((x - self.middle) / np.interp(y, grid.y, half), -1.2, 1.2)
        steep = 5.0 if hem - self.hips < 0.2 * self.stature else 3.0
        right_of_picture = 1 / (1 + np.exp(-steep * aside))
        left_thigh_right = self.body.joints[Bone.L_THIGH, 0] > self.body.joints[Bone.R_THIGH, 0]
        left = right_of_picture if left_thigh_right else 1 - right_of_picture
        hanging = np.zeros_like(weights)
        hanging[..., Bone.PELVIS] = 1 - 0.88 * low
        hanging[..., Bone.L_THIGH] = 0.88 * low * left
        hanging[..., Bone.R_THIGH] = 0.88 * low * (1 - left)
        share = smoothstep(y, self.hips - 0.06 * self.stature, self.hips + 0.02 * self.stature)[..., None]
        return weights + share * (hanging - weights)


def shoe_name(leg: Part) -> str:
    """The name of the surface of a leg's shoe."""
    return f"{leg} shoe"


def _atlas(front: Texture, back: Texture, tight: Box) -> tuple[Texture, int]:
    """Front and back picture beside each other, and the column at which the back begins."""
    here, apart = window(tight), ((0, 0), (0, ATLAS_GAP))
    picture = np.concatenate([np.pad(front.picture[here], (*apart, (0, 0))), back.picture[here]], 1)
    clothing = np.concatenate([np.pad(front.clothing[here], apart), back.clothing[here]], 1)
    return Texture(picture, clothing), tight[2] - tight[0] + ATLAS_GAP
