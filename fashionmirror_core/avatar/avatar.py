"""The avatar: the dressed layers of a photo as closed surfaces around the fitted body (docs/method.md, "The avatar").

Every piece of the photo (limbs, trunk, head) is inflated to a front and a back sheet; the body says how deep. At the photo's
own pose the front sheets show the photo itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np
from scipy.ndimage import label, mean
from scipy.spatial import cKDTree

from fashionmirror_core.avatar.anatomy import LEG_BONES, Anatomy
from fashionmirror_core.avatar.binding import bone_weights, hanging
from fashionmirror_core.avatar.feet import Shoe, shoes
from fashionmirror_core.avatar.hair import Depth
from fashionmirror_core.avatar.head import HEAD, RIM_GOES, SHEET_BIAS, SHEET_GOES, SHEET_RIM, Head, HeadPhoto
from fashionmirror_core.avatar.hems import ShoeHem
from fashionmirror_core.avatar.holding import arms_free, holding, whole_parts
from fashionmirror_core.avatar.inflating import CELL, HEM_SAGS, Sheets, inflated_sheets, thing_sheets
from fashionmirror_core.avatar.kept_top import KeptTop
from fashionmirror_core.avatar.last import Foot
from fashionmirror_core.avatar.layers import Layer
from fashionmirror_core.avatar.limbs import Bare, BodyLimb, as_wide, body_name, of_one_colour, shaft_name
from fashionmirror_core.avatar.order import in_order
from fashionmirror_core.avatar.pieces import SOLID, Cutting, HeadPlace, Piece
from fashionmirror_core.avatar.sheets import SLICES, STEEP, Grid, along_surface, meshed, sampled
from fashionmirror_core.avatar.shoe_picture import ShoePicture
from fashionmirror_core.avatar.skin import ALWAYS, TURNED, bare_skin
from fashionmirror_core.avatar.skinning import strongest
from fashionmirror_core.avatar.sleeves import Sleeve
from fashionmirror_core.avatar.surface import Fade, Surface, Texture
from fashionmirror_core.avatar.things import is_thing, thing_name
from fashionmirror_core.body.fitted import ARM_OF, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.imaging.alpha import colors_of, premultiplied
from fashionmirror_core.imaging.boxes import Box, bounding_box, grown, window
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.imaging.fill import push_pull
from fashionmirror_core.imaging.levels import to_8bit
from fashionmirror_core.imaging.masks import disc
from fashionmirror_core.imaging.nearest import nearest_known
from fashionmirror_core.meanwhile import meanwhile
from fashionmirror_core.person.stage import Stage
from fashionmirror_core.person.subject import Subject
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Category, Part, Side

FRINGE = 0.02  # statures along hands and hems, in which a leg's pixels have their colours
TOO_SMALL = 30  # pixels of a piece that isn't worth a surface
STEEP_SKIRT = 0.68  # of a skirt's slope: from there outward its picture is mirrored
ATLAS_GAP = 4  # pixels between front and back picture
OF_BARE_ARM, OF_SLEEVE = 0.3, 0.1  # weight of the arm's bones, from which on the shoulder is an arm's, a sleeve's
BESIDE_TOP = 0.9  # the same, where the skin beside an armhole is the trunk's
SHOULDER_CAP = (0.075, 0.1)  # statures from the shoulder's joint, over which its outer side is no longer the arm's
THING_BIAS = -0.012  # statures: what is carried lies before hands and clothes
ANKLE = 0.012  # statures above the ankle, from which down a sheet is the foot's
CLOTH_SLICE = 0.8  # of a slice that is cloth, from which on none of it is a shoe
SOFT_CELLS, SOFT_PIXELS = 2.0, 4.0  # how broad the photo's soft edge is at most
SPECK = 5  # nodes: a smaller piece of the neck is none
COLLAR = 0.035  # statures beside an old top, within which the neck is the body's own once it turns
OF_THROAT = 0.25  # weight of the head's bone, from which on the neck turns with the chin
ALONG_ROWS = np.array([[0, 0, 0], [1, 1, 1], [0, 0, 0]])  # what is connected within a row
ON_BODY, LEG_OF_SHORTS = 0.6, 0.09  # of a row of cloth below the hips, before the body; its width, statures
BESIDE_SKIN = 0.01  # statures beside the body, within which skin is its own
AXIS = 0.02  # statures beside the middle of the hips, which clothes around the body reach
LACES = 0.01  # statures above a shoe: what is seen there of laces and tongue goes with it
SCRAP = 0.055  # statures squared: less is no gloved hand
SHAFT = 0.02  # statures above a shoe, from which on what is seen there is a boot's shaft
IN_SHAFT = 0.012  # statures that a boot's shaft goes on below the edge of its shoe
INSIDE_SKIRT = 0.005  # statures that a leg is thinner under it
UNDER_HEM = 0.05  # statures that a bare leg goes on under a skirt


@dataclass(frozen=True)
class Avatar:
    """surfaces: of the dressed person, in the photo's pose. body: the fitted body that moves them. cutting: how the
    surfaces' pictures were cut out of the photo. tight: surface -> the part of the pieces' box that its pictures fill.
    """

    surfaces: tuple[Surface, ...]
    body: FittedBody
    cutting: Cutting
    tight: dict[str, Box]


def build_avatar(
    layers: Iterable[Layer],
    subject: Subject,
    stage: Stage,
    body: FittedBody,
    removed: np.ndarray,
    categories: Sequence[Category],
    photo: np.ndarray | None = None,
) -> Avatar:
    """The avatar of a person's layers, which are in the photo's pixels; ``subject`` and ``removed`` (M_r) are on the stage.
    categories: of the new clothes. photo: (H, W, 3) uint8, in which a ponytail is looked for that the labels miss; None:
    nowhere.
    """
    model = BodyModel.load()
    builder = _Builder(body, model)
    cutting = Cutting.of(layers, subject, stage, body, model, removed, photo)
    pieces = [piece for piece in cutting.pieces() if (piece.domain > 0.5).sum() > TOO_SMALL]
    tight = {
        piece.name: grown(bounding_box(piece.domain > 0) or (0, 0, 1, 1), 2, piece.domain.shape) for piece in pieces
    }
    cloth = cutting.clothed()
    surfaces, limbs = builder.surfaces(pieces, cutting, cloth, removed, categories, tight)
    skin = bare_skin(body, model, subject, stage, removed, categories, limbs, builder.hidden)
    gone = {
        Part(piece.name): float(cutting.undressed(removed, Part(piece.name)).sum() / (piece.domain > 0.5).sum())
        for piece in pieces
        if piece.name in LEG_PARTS
    }
    parts = whole_parts(gone, arms_free(subject))
    held = tuple(holding(surface, parts) for surface in (*surfaces, *skin))
    return Avatar(held, body, cutting, tight)


class _Builder:
    def __init__(self, body: FittedBody, model: BodyModel) -> None:
        self.anatomy = Anatomy.of(body, model)
        self.head = HeadPlace.of(body, model)
        self.hidden = np.zeros(len(body.vertices), np.int8)

    def surfaces(
        self,
        pieces: list[Piece],
        cutting: Cutting,
        cloth: np.ndarray,
        removed: np.ndarray,
        categories: Sequence[Category],
        tight: dict[str, Box],
    ) -> tuple[list[Surface], dict[Part, np.ndarray]]:
        """The surfaces of the photo's pieces; and of each limb the body's vertices (V, 3), as wide as in the photo.

        cloth: (h, w) in [0, 1] on the box, where the photo shows clothes. removed: M_r on the stage. categories: of the new
        clothes.
        """
        only_lower = all(category == Category.LOWER for category in categories)
        box = cutting.box
        worn = self.shoes(pieces, cutting, cloth)
        free = {
            piece.name: inflated_sheets(self.anatomy, piece, box, piece.name in worn)
            for piece in pieces
            if piece.name != HEAD and not is_thing(piece.name)
        }
        for part in worn:
            if part in free:
                free[part] = self.ending(free[part], cutting, cloth, removed, worn[part])
        sheets = in_order(self.anatomy, dict(free), cutting)
        heads = [
            meanwhile(partial(self.head_surfaces, piece, cutting.head_photo, box, tight[HEAD], sheets.get(Part.TRUNK)))
            for piece in pieces
            if piece.name == HEAD
        ]
        surfaces = {
            name: self.surface(own, box, tight[name], self.fringe(cutting, name)) for name, own in sheets.items()
        }
        wide: dict[Part, np.ndarray] = {}
        top = self.kept_top(free, sheets, cutting, removed, not categories) if only_lower else None
        for part in (*ARM_PARTS, *LEG_PARTS):
            if part in sheets:
                lost = np.zeros_like(removed) if part.is_arm and only_lower else removed
                undressed = cutting.undressed(lost, part)
                surfaces[part], wide[part] = self.limb(
                    surfaces, free[part], sheets, cutting, cloth, undressed, top, tight[part], worn.get(part)
                )
                if part.is_arm and Part.TRUNK in sheets and body_name(part) in surfaces:
                    grid = sheets[Part.TRUNK].grid
                    cap = self.shoulder_cap(part.side, grid.place[grid.nodes]) > 0.5
                    surfaces[Part.TRUNK] = _going(surfaces[Part.TRUNK], np.tile(cap, 2))
        if Part.TRUNK in sheets and not only_lower:
            grid = sheets[Part.TRUNK].grid
            goes = self.own_neck(grid, cutting, cloth, removed)
            if removed.max() > 0.5:
                goes |= self.rests(grid, cutting)
            surfaces[Part.TRUNK] = _going(surfaces[Part.TRUNK], np.tile(goes, 2))
        skirt = surfaces[Part.TRUNK].hangs if Part.TRUNK in surfaces else None
        if skirt is not None:
            for name in [name for name in surfaces if name.startswith(LEG_PARTS)]:
                surfaces[name] = replace(surfaces[name], ahead=skirt.before(surfaces[name].vertices[:, 1]))
        if top is not None:
            arms = self.anatomy.on(*(bone for bones in ARM_OF.values() for bone in bones)) > OF_BARE_ARM
            self.hidden[arms & (top.inside(self.anatomy.skin, self.anatomy.weights, self.anatomy.normals) > 0)] = ALWAYS
            bare_arms = {
                part: (colors_of(surfaces[body_name(part)].texture.picture), tight[part])
                for part in ARM_PARTS
                if body_name(part) in surfaces and part.side not in top.sleeves
            }
            surfaces |= {surface.name: surface for surface in (*top.surfaces, *top.skin(bare_arms))}
            grid = sheets[Part.TRUNK].grid
            goes = np.concatenate(top.goes(grid.place[grid.nodes]))
            surfaces[Part.TRUNK] = _going(surfaces[Part.TRUNK], goes)
            for part in LEG_PARTS:
                if part in sheets:
                    grid = sheets[part].grid
                    goes = np.concatenate(top.hides(grid.place[grid.nodes]))
                    surfaces[part] = _going(surfaces[part], goes)
        before = [sheets[part] for part in (Part.TRUNK, *LEG_PARTS) if part in sheets]
        hands = {thing_name(number): thing.hand for number, thing in enumerate(cutting.things)}
        things = [
            self.surface(thing_sheets(self.anatomy, piece, box, hands[piece.name], before), box, tight[piece.name])
            for piece in pieces
            if is_thing(piece.name)
        ]
        return [*surfaces.values(), *(surface for head in heads for surface in head()), *things], wide

    def shoes(self, pieces: Iterable[Piece], cutting: Cutting, cloth: np.ndarray) -> dict[Part, Shoe]:
        """The shoes of the pieces that are legs. cloth: (h, w) in [0, 1] on the box."""
        feet, pictures = {}, {}
        for piece in pieces:
            if piece.name not in LEG_PARTS:
                continue
            side = Part(piece.name).side
            _, shin, ankle, toes = LEG_BONES[side]
            feet[side] = partial(Foot.of, self.anatomy.body, self.anatomy.weights, ankle, toes, shin)
            naked, alpha = _naked(piece, cloth), piece.front.picture[..., 3]
            seen = cutting.shoes * naked * (alpha > 127)
            skin = cutting.bare_legs * (1 - cutting.shoes) * (alpha > 230)
            found = ShoePicture.of(
                feet[side](), seen, skin, cutting.floor, piece.front.picture, cutting.box, self.anatomy.stature
            )
            if found is not None:
                pictures[side] = found
        made = shoes(feet, pictures, self.anatomy.stature)
        return {Part.leg(side): shoe for side, shoe in made.items()}

    def foot_begins(self, part: Part, worn: Shoe) -> float:
        """y from which down what a leg's sheet shows is its foot's or its shoe's, if it is no cloth."""
        ankle = self.anatomy.body.joints[LEG_BONES[part.side][2], 1]
        return float(min(worn.top - LACES * self.anatomy.stature, ankle - ANKLE * self.anatomy.stature))

    def ending(self, leg: Sheets, cutting: Cutting, cloth: np.ndarray, removed: np.ndarray, worn: Shoe) -> Sheets:
        """A leg's sheet with the hem over its shoe, if it has one. cloth: (h, w) in [0, 1] on the box. removed: M_r."""
        stature, part = self.anatomy.stature, Part(leg.piece.name)
        begins = self.foot_begins(part, worn)
        if worn.end - begins > SHAFT * stature:  # a boot
            return leg
        bare = np.maximum(_naked(leg.piece, cloth), cutting.undressed(removed, part))
        ends = ShoeHem.of(
            leg.grid, leg.piece.front.picture[..., 3] > 127, bare, cutting.shoes, cutting.box, begins, stature
        )
        return leg if ends is None else replace(leg, grid=ends.snapped(leg.grid), ends=ends)

    def kept_top(
        self,
        free: dict[str, Sheets],
        sheets: dict[str, Sheets],
        cutting: Cutting,
        removed: np.ndarray,
        lower_stays: bool,
    ) -> KeptTop | None:
        """The top that stays; None without one. free: the sheets before they were laid in order. lower_stays: whether all
        that is worn with it does, too.
        """
        if Part.TRUNK not in sheets:
            return None
        anatomy, arms, sleeves = self.anatomy, {}, {}
        seen = cutting.on_box(cutting.subject.parsing.upper * (1 - removed))
        for part in ARM_PARTS:
            if part in sheets:
                own = sheets[part]
                arms[part] = own.piece
                worn = Bare.of(own.piece, cutting.box, own.grid, anatomy.arm_spine(part.side), seen)
                chosen = anatomy.on(*ARM_OF[part.side]) > OF_SLEEVE
                shift = _moved(own, free[part])
                sleeve = Sleeve.of(worn, anatomy.skin, anatomy.model.faces, chosen, cutting.box, anatomy.stature, shift)
                if sleeve is not None:
                    sleeves[part.side] = sleeve
        trunk = sheets[Part.TRUNK]
        legs = {part: sheets[part].piece for part in LEG_PARTS if part in sheets}
        top = KeptTop(cutting, trunk.piece, arms, sleeves, removed, trunk if lower_stays else None, legs)
        return top if top.worn and top.surfaces else None

    def limb(
        self,
        surfaces: dict[str, Surface],
        free: Sheets,
        sheets: dict[str, Sheets],
        cutting: Cutting,
        cloth: np.ndarray,
        undressed: np.ndarray,
        top: KeptTop | None,
        tight: Box,
        worn: Shoe | None,
    ) -> tuple[Surface, np.ndarray]:
        """Adds to ``surfaces`` what stands in for a limb's sheet where it is bare, or a shoe. The sheet without it, and the
        body's vertices (V, 3) with the limb as wide as in the photo.

        free: the limb before it was laid over or under the trunk. undressed: (h, w) of 0 and 1, where its old clothes went.
        worn: the leg's shoe.
        """
        own, box, stature = sheets[free.piece.name], cutting.box, self.anatomy.stature
        piece, grid, part = own.piece, own.grid, Part(free.piece.name)
        shoes = cutting.shoes * (0 if worn is None else 1)
        naked = _naked(piece, cloth)
        bones = ARM_OF[part.side] if part.is_arm else LEG_BONES[part.side]
        spine = self.anatomy.arm_spine(part.side) if part.is_arm else self.anatomy.leg_spine(part.side)
        bare = Bare.of(piece, box, grid, spine, naked * (1 - shoes), level=part.is_leg)
        if not part.is_arm and Part.TRUNK in sheets:
            skirt = sheets[Part.TRUNK]
            hidden = skirt.at(skirt.grid.inside.astype(np.float32), grid.place, 0.0) > 0.5
            bare = bare.from_under(hidden, (HEM_SAGS + 2 * CELL) * stature)
        if part.is_arm and top is not None and part.side in top.sleeves:
            bare = bare.from_cuff(top.sleeves[part.side].end)
        least = 0.5
        if part.is_arm:
            least = OF_BARE_ARM if top is None or part.side in top.sleeves else BESIDE_TOP
        whole, chosen = self.anatomy.on(*bones) > 0.5, self.anatomy.on(*bones) > least
        shod = np.zeros(grid.inside.shape, bool)  # the sheet's nodes that are the shoe's
        boot, goes_on = None, False  # the part of the leg that is a boot's; whether leggings of its colour are
        if worn is not None:
            _, _, ankle, toes = LEG_BONES[part.side]
            surfaces[worn.surface.name] = worn.surface if own.ends is None else own.ends.over(worn.surface, stature)
            begins = self.foot_begins(part, worn)
            if worn.end - begins > SHAFT * stature:  # a boot
                begins = worn.end + IN_SHAFT * stature
                goes_on = of_one_colour(piece, box, naked * shoes, 1 - naked, (worn.top, worn.end), stature)
                boot = None if goes_on else Bare.of(piece, box, grid, spine, naked * shoes, level=True)
            of_cloth = bare.of_slices(Bare.of(piece, box, grid, spine, 1 - naked).share)
            shod = (grid.place[..., 1] > begins) & (of_cloth < CLOTH_SLICE)
            shod &= (sampled(np.maximum(naked, undressed), box, grid.indoors) > 0.5) | (of_cloth < 1 - CLOTH_SLICE)
            if goes_on:
                shod = grid.place[..., 1] > begins
            if own.ends is not None:
                shod = own.ends.below(grid) | (own.ends.beside(grid) & shod)
            self.hidden[worn.inside], self.hidden[worn.buried] = TURNED, ALWAYS
            chosen = chosen & (self.hidden == 0)
        wide = as_wide(bare, self.anatomy.skin, self.anatomy.model.faces, whole, box, stature)
        trunk = sheets.get(Part.TRUNK)
        if not part.is_arm and trunk is not None:
            above = self.anatomy.skin[:, :2] + (0, UNDER_HEM * stature)
            chosen = chosen & ~trunk.covers(box, above)
            under = whole & trunk.covers(box, self.anatomy.skin[:, :2])
            wide[under] -= INSIDE_SKIRT * stature * self.anatomy.normals[under]
        if worn is not None:  # the foot stands in its shoe as that does
            vertex = worn.foot.vertex
            wide[vertex] += self.anatomy.on(ankle, toes)[vertex, None] * (worn.points - wide[vertex])
        faces, weights, bias = self.anatomy.model.faces, self.anatomy.weights, self.bias(part)
        limb = BodyLimb(faces, weights, chosen, box, tight, stature, cutting.tone, bias, _moved(own, free))
        covered = None
        if part.is_arm and top is not None:
            covered = top.inside(self.anatomy.skin, self.anatomy.weights, self.anatomy.normals)
        naked_limb = limb.bare(bare, wide, self.anatomy.skin, undressed, covered)
        shown = np.where(shod, -1, 0)
        if naked_limb is not None:
            surfaces[naked_limb.name] = naked_limb
            shown = np.minimum(shown, bare.shown(box))
        if boot is not None:
            around = as_wide(boot, self.anatomy.skin, faces, whole, box, stature)
            shaft = limb.shaft(boot, around)
            if shaft is not None:
                surfaces[shaft.name] = shaft
                shown = np.minimum(shown, boot.shown(box))
        if part.is_leg:
            stands = [surfaces[name] for name in (body_name(part), shaft_name(part)) if name in surfaces]
            stands += [] if worn is None else [worn.surface]
            instead = bare.of_slices(bare.holding([own.vertices for own in stands])) > 0
            instead |= grid.place[..., 1] > (np.inf if worn is None else float(worn.surface.vertices[:, 1].min()))
            if trunk is not None:
                instead |= trunk.covers(box, grid.place)
            shown = np.where(instead, shown, 0)  # or the leg would end in the air
        if top is not None and part.is_arm and part.side in top.sleeves:
            of_sleeve = bare.of_slices(top.sleeves[part.side].hides)
            shown = np.where(of_sleeve | (sampled(top.photo.seen, box, grid.indoors) > 0.5), -1, shown)
            wrist = int(bare.position(spine.points[-2:-1])[0][0])
            beyond = bare.of_slices(np.arange(SLICES) >= wrist) > 0
            # What isn't a hand's there: a pocket's edge, a bag's handle.
            rest = (shown == 0) & grid.nodes & (beyond if naked_limb is not None else True)
            shown = np.where(_scraps(rest, (SCRAP * stature / grid.cell) ** 2), -1, shown)
        return replace(surfaces[part], shown=np.tile(shown[grid.nodes], 2).astype(np.int8)), wide

    def own_neck(self, grid: Grid, cutting: Cutting, cloth: np.ndarray, removed: np.ndarray) -> np.ndarray:
        """(n,) bool, the trunk's nodes that show the bare neck and collarbones, which are the body's own once it turns:
        where old clothes went beside them. A hand before the trunk is none of it.
        """
        reach = 2 * round(COLLAR * cutting.subject.body.stature) + 1
        gone = cutting.on_box(cv2.dilate(removed, np.ones((reach, reach), np.uint8)))
        places = grid.indoors[grid.nodes]
        shoulders = self.anatomy.body.joints[[ARM_OF[side][0] for side in Side], 1].max()
        bare = sampled((1 - cloth) * gone, cutting.box, places) > 0.5
        _, nearest = cKDTree(self.anatomy.skin[:, :2]).query(places)
        chin = self.anatomy.on(Bone.HEAD)[nearest] > OF_THROAT
        own = np.zeros(grid.nodes.shape, np.uint8)
        own[grid.nodes] = bare & (places[:, 1] < shoulders) & ~chin
        whole = cv2.morphologyEx(own, cv2.MORPH_OPEN, np.ones((SPECK, SPECK), np.uint8))
        return np.asarray(whole[grid.nodes] > 0)

    def rests(self, grid: Grid, cutting: Cutting) -> np.ndarray:
        """(n,) bool, the trunk's nodes that show neither the throat nor clothes that stay around the body: strands of hair,
        slivers of skin, what is carried beside a leg. As deep as the body, they would stand before and behind it as slabs.
        """
        places, size = grid.indoors[grid.nodes], np.ones((SPECK, SPECK), np.uint8)
        stays, skin = np.zeros((2, *grid.nodes.shape), np.uint8)
        away, nearest = cKDTree(self.anatomy.skin[:, :2]).query(places)
        skin[grid.nodes] = away < BESIDE_SKIN * self.anatomy.stature
        stays[grid.nodes] = sampled(cutting.kept_cloth(), cutting.box, places) > 0.5
        stays = cv2.morphologyEx(cv2.morphologyEx(stays, cv2.MORPH_CLOSE, size), cv2.MORPH_OPEN, size)
        middle = np.abs(grid.place[..., 0] - self.anatomy.middle) < AXIS * self.anatomy.stature
        below = grid.place[..., 1] > self.anatomy.hips
        whole, _ = label(stays)
        rows, count = label(stays & below, ALONG_ROWS)
        numbers = np.arange(count + 1)
        wide = np.bincount(rows.ravel(), minlength=count + 1) * grid.cell > LEG_OF_SHORTS * self.anatomy.stature
        on_body = wide & (mean(skin, rows, numbers) > ON_BODY)  # a leg of shorts; a bag hangs beside the legs
        around = np.isin(whole, np.unique(whole[middle & (whole > 0)]))
        around &= ~below | on_body[rows] | np.isin(rows, np.unique(rows[middle & (rows > 0)]))
        around = cv2.morphologyEx(around.astype(np.uint8), cv2.MORPH_OPEN, size)
        throat = (self.anatomy.on(Bone.HEAD)[nearest] > OF_THROAT) & (skin[grid.nodes] > 0)
        return np.asarray((around[grid.nodes] == 0) & ~throat)

    def shoulder_cap(self, side: Side, places: np.ndarray) -> np.ndarray:
        """Of places (..., 2), photo pixels, in [0, 1]: how much they lie near the shoulder's joint on its outer side, which
        is the arm's.
        """
        joint = self.anatomy.body.joints[ARM_OF[side][0], :2]
        away = (places - joint) / self.anatomy.stature
        near = 1 - smoothstep(np.hypot(away[..., 0], away[..., 1]), *SHOULDER_CAP)
        outward = np.sign(joint[0] - self.anatomy.middle) * away[..., 0]
        return np.asarray(near * smoothstep(outward, -0.006, 0.006))

    def head_surfaces(
        self, piece: Piece, photo: HeadPhoto, box: Box, tight: Box, trunk: Sheets | None
    ) -> list[Surface]:
        """The photo's sheet of the head, then skull and hair under it."""

        def depth(side: str) -> Depth:
            if trunk is None:
                return lambda places, outside: np.full(places.shape[:-1], outside)
            field = getattr(trunk.inflation, side)
            return lambda places, outside: trunk.at(field, places, outside)

        head = Head.of(photo, self.anatomy.body, self.anatomy.model, depth("front"), depth("back"))
        grid = Grid.over(piece.domain, box, CELL * self.anatomy.stature)
        sheet = Sheets(piece, grid, head.inflation(grid))
        own = self.surface(sheet, box, tight)
        off = head.stands_off(own.source)
        if off.any() and own.fade is not None:
            own = replace(own, fade=_sooner(own.fade, off))
        return [
            own,
            *head.surfaces(self.anatomy.body, self.anatomy.model, self.head.chin, self.head.half),
        ]

    def fringe(self, cutting: Cutting, part: str) -> np.ndarray | None:
        """(h, w) bool on the box: what of a leg's pixels lies along hands, arms and a top before it, and has their colours
        and their shadow in it; None where it is no leg.
        """
        if part not in LEG_PARTS:
            return None
        subject, reach = cutting.subject, disc(FRINGE * cutting.subject.body.stature)
        before = np.maximum(*(subject.parts[arm] for arm in ARM_PARTS))
        before = np.maximum(before, subject.parts[Part.TRUNK] * subject.parsing.upper)
        near = cv2.dilate((before > 0.3).astype(np.uint8), reach)
        return np.asarray(cutting.on_box((near * (subject.parts[Part(part)] > 0.02)).astype(np.float32)) > 0.3)

    def surface(self, sheets: Sheets, box: Box, tight: Box, fringe: np.ndarray | None = None) -> Surface:
        """fringe: (h, w) bool on the box, what is seen in the photo's pose alone."""
        piece, grid, own = sheets.piece, sheets.grid, sheets.inflation
        mesh = meshed(grid, own.front, own.back, own.plane, sheets.open, sheets.dropped)
        weights = bone_weights(self.anatomy, sheets)
        bones, shares = strongest(weights.reshape(-1, weights.shape[-1])[mesh.node])
        texture, back_at = _atlas(piece.front, _without(piece.back, fringe, tight), tight)
        origin = np.array(box[:2], np.float32) + np.array(tight[:2], np.float32)
        shift = np.where(mesh.behind[:, None], np.array([back_at, 0], np.float32), 0) - origin
        # The outermost folds of a skirt shine where they turn away: no side of it shows them.
        steep = STEEP_SKIRT if piece.name == Part.TRUNK and sheets.goes is not None and sheets.goes.any() else STEEP
        before = along_surface(grid, own.plane - own.front, steep=steep)
        behind = along_surface(grid, own.back - own.plane, steep=steep)
        if piece.name != HEAD:  # hair is soft all over
            before, behind = (
                _on_solid(side, texture.picture[..., 3], box, max(SOFT_PIXELS, SOFT_CELLS * grid.cell), beside)
                for side, texture, beside in ((before, piece.front, fringe), (behind, piece.back, None))
            )
        if sheets.ends is not None:
            before, behind = (
                sheets.ends.on_cloth(grid, side, texture.picture[..., 3] >= SOLID, box)
                for side, texture in ((before, piece.front), (behind, piece.back))
            )
        if sheets.straight is not None:
            for side in (before, behind):
                side += sheets.straight[..., None] * (grid.place - side)
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
            fade=_sheet_fade(grid, mesh.node) if piece.name == HEAD else None,
            hangs=hanging(self.anatomy, sheets, mesh.vertices),
        )

    def bias(self, name: str) -> float:
        """Limbs lie before the trunk, hair before the shoulders: the fit's depth is good to a centimetre."""
        if is_thing(name):
            return THING_BIAS * self.anatomy.stature
        share = {HEAD: SHEET_BIAS, Part.R_ARM: -0.008, Part.L_ARM: -0.008, Part.TRUNK: -0.004}.get(name, 0.0)
        return share * self.anatomy.stature


def _sheet_fade(grid: Grid, node: np.ndarray) -> Fade:
    """The photo's sheet of the head goes from its outline inward: turned, its rim stands off the round head before the
    background, and half transparent it would be a ghost. node: (n,), of the grid, of each vertex.
    """
    share = smoothstep(grid.distance.ravel()[node] * CELL, *SHEET_RIM)
    start, end = (rim + share * (middle - rim) for rim, middle in zip(RIM_GOES, SHEET_GOES, strict=True))
    return Fade(Bone.HEAD, start, end)


def _sooner(fade: Fade, off: np.ndarray) -> Fade:
    """A fade of the head's sheet whose vertices ``off`` (n,) bool go as its rim does."""
    return replace(fade, start=np.where(off, RIM_GOES[0], fade.start), end=np.where(off, RIM_GOES[1], fade.end))


def _moved(own: Sheets, free: Sheets) -> Callable[[np.ndarray], np.ndarray]:
    """By how many pixels a sheet was moved in depth at places (n, 2): forward, before the trunk; the body's own arm
    is at its shoulder already.
    """
    plane = own.inflation.plane if own.stands is None else own.stands
    return lambda places: np.minimum(own.at(plane - free.inflation.plane, places, 0.0), 0)


def _on_solid(
    places: np.ndarray, alpha: np.ndarray, box: Box, reach: float, fringe: np.ndarray | None = None
) -> np.ndarray:
    """Places (h, w, 2), photo pixels, at which a sheet reads its picture from the side, moved onto the nearest pixel that is
    all the piece's: its soft edge would let the background through. alpha: (H, W) uint8, on the box. reach:
    pixels, how far at most. fringe: (H, W) bool, what has another piece's colours in it, from wherever that is left.
    """
    own = alpha >= SOLID if fringe is None else (alpha >= SOLID) & ~fringe
    around = bounding_box(own)
    if around is None:
        return places
    around = grown(around, int(np.ceil(reach)) + 1, alpha.shape)  # the rest is farther than that
    nearest, away = nearest_known(own[window(around)].astype(np.uint8), 5)
    corner = np.array(box[:2]) + around[:2]
    size = np.array(away.shape[::-1]) - 1
    column, row = np.moveaxis(np.clip(np.round(places - corner).astype(int), 0, size), -1, 0)
    inner = np.stack(np.unravel_index(nearest[row, column], away.shape)[::-1], -1) + corner
    beside = (away[row, column] > 0) & (away[row, column] <= reach)  # what is farther is open: a coat's front
    if fringe is not None:
        beside |= fringe[window(around)][row, column]
    return np.where(beside[..., None], inner, places)


def _without(texture: Texture, fringe: np.ndarray | None, tight: Box) -> Texture:
    """A back without the colours of a fringe (H, W) bool: those around it are carried on over it. tight: its box."""
    here = window(tight)
    if fringe is None or not fringe[here].any():
        return texture
    picture, own = texture.picture[here], fringe[here]
    colors = colors_of(picture)
    known = (picture[..., 3] >= SOLID) & ~own
    if not known.any():
        return texture
    colors = np.where(own[..., None], push_pull(colors, known.astype(np.float32)), colors)
    clean = texture.picture.copy()
    clean[here] = premultiplied(to_8bit(colors), picture[..., 3] / np.float32(255))
    return replace(texture, picture=clean)


def _going(surface: Surface, goes: np.ndarray) -> Surface:
    """A surface whose vertices ``goes`` (N,) bool are seen in the photo's pose alone."""
    shown = np.where(goes, -1, 0 if surface.shown is None else surface.shown)
    return replace(surface, shown=shown.astype(np.int8))


def _scraps(mask: np.ndarray, least: float) -> np.ndarray:
    """(h, w) bool: the pieces of a mask (h, w) bool with fewer nodes than ``least``."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    return np.asarray(mask & (stats[:, cv2.CC_STAT_AREA] < least)[labels])


def _naked(piece: Piece, cloth: np.ndarray) -> np.ndarray:
    """(h, w) in [0, 1]: where a piece is neither old nor new clothes. cloth: (h, w), the old ones."""
    covered = piece.front.clothing / np.maximum(piece.front.picture[..., 3].astype(np.float32), 1)
    return np.asarray((1 - cloth) * (1 - covered))


def _atlas(front: Texture, back: Texture, tight: Box) -> tuple[Texture, int]:
    """Front and back picture beside each other, and the column at which the back begins."""
    here, apart = window(tight), ((0, 0), (0, ATLAS_GAP))
    picture = np.concatenate([np.pad(front.picture[here], (*apart, (0, 0))), back.picture[here]], 1)
    clothing = np.concatenate([np.pad(front.clothing[here], apart), back.clothing[here]], 1)
    return Texture(picture, clothing), tight[2] - tight[0] + ATLAS_GAP
