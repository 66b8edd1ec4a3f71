"""A person to dress, and simple sewing patterns for tests of what is done with patterns, cut to the person's measures."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from fashionmirror_core.body.fitted import ARM_OF, LEG_OF, PARENTS, Bone, FittedBody
from fashionmirror_core.body.model import BodyModel
from fashionmirror_core.cloth.mannequin import Mannequin
from fashionmirror_core.cloth.pattern.mesh import Mesh, Stretch, sew
from fashionmirror_core.cloth.pattern.pattern import SEAM, Pattern, Piece
from fashionmirror_core.vocabulary import Side

SCALE = 400.0  # pixels a metre


def standing(arms: float = 20.0, scale: float = SCALE) -> FittedBody:
    """An average body in a photo, the arms so many degrees nearer to the trunk than at rest."""
    model = BodyModel.load()
    rotations = np.tile(np.eye(3), (len(Bone), 1, 1))
    for bone in Bone:
        if ARM_OF[Side.LEFT][0] in (bone, PARENTS[bone], PARENTS[PARENTS[bone]]):
            rotations[bone] = Rotation.from_euler("z", arms, degrees=True).as_matrix()
        if ARM_OF[Side.RIGHT][0] in (bone, PARENTS[bone], PARENTS[PARENTS[bone]]):
            rotations[bone] = Rotation.from_euler("z", -arms, degrees=True).as_matrix()
    posed = model.posed(np.zeros(14), rotations)
    shift = np.array([300, 400, 0]) - scale * posed.joints[Bone.PELVIS]
    return FittedBody(
        shape=np.zeros(14, np.float32),
        rotations=rotations.astype(np.float32),
        joints=(scale * posed.joints + shift).astype(np.float32),
        vertices=(scale * posed.place(model.skin) + shift).astype(np.float32),
        landmarks=(scale * model.body_25(posed) + shift).astype(np.float32),
        scale=scale,
        up=np.array([0, -1, 0], np.float32),
    )


def mannequin(together: bool = False) -> Mannequin:
    return Mannequin(standing(), BodyModel.load(), together)


def tee(mannequin: Mannequin, half_girth: float = 0.5, sleeve: float = 0.24, spacing: float = 0.03) -> Pattern:
    """A T-shirt with sleeves of so many metres."""
    shoulder, along, out = _arm(mannequin)
    top = mannequin.joints[Bone.NECK][1] + 0.035
    neck, point, armpit = (0.075, top), shoulder + 0.045 * out, np.array([half_girth / 2, shoulder[1] + 0.16])
    middle = shoulder + sleeve * along
    outer, inner = middle + 0.085 * out, middle - 0.08 * out
    hem = np.array([half_girth / 2, 0.08])
    mirror = np.array([-1.0, 1.0])

    def panel(depth: float) -> list[Stretch]:
        left = [
            Stretch("shoulder_l", _line(neck, point), True),
            Stretch("outer_l", _line(point, outer), True),
            Stretch("cuff_l", _line(outer, inner)),
            Stretch("inner_l", _line(inner, armpit), True),
            Stretch("side_l", _line(armpit, hem), True),
        ]
        right = [
            Stretch(stretch.name.replace("_l", "_r"), (stretch.points * mirror)[::-1], stretch.seam)
            for stretch in left[::-1]
        ]
        turn = np.linspace(np.pi, 0, 13)[:, None]
        curve = np.concatenate([0.075 * np.cos(turn), top + depth * np.sin(turn)], 1)
        return [Stretch("neck", curve), *left, Stretch("hem", _line(hem, hem * mirror)), *right]

    mesh = sew([panel(0.09)], [panel(0.02)], spacing)
    piece, down, across = (np.zeros(len(mesh.flat)) for _ in range(3))
    for side, number in ((Side.RIGHT, Piece.R_SLEEVE), (Side.LEFT, Piece.L_SLEEVE)):
        place = mesh.flat * [side.sign, 1.0]
        edge = armpit - point
        beyond = ((place - point) @ [edge[1], -edge[0]]) / np.linalg.norm(edge)
        on = beyond > 1e-9
        piece[on], down[on] = number, beyond[on]
        offset = (place - shoulder) @ out
        across[on] = np.clip(offset[on] / np.where(offset[on] > 0, 0.085, 0.08), -1, 1)
        across[on & (mesh.side == SEAM)] = np.sign(across[on & (mesh.side == SEAM)])
    shoulders = {name: _ordered(mesh, f"shoulder_{name}") for name in "rl"}
    taped = np.concatenate([np.stack([seam[:-1], seam[1:]], 1) for seam in shoulders.values()])
    return _pattern(mesh, piece, down, across, shoulders, taped, np.zeros(0, np.int32), "tee")


def skirt(mannequin: Mannequin, length: float = 0.5, flare: float = 1.5, spacing: float = 0.03) -> Pattern:
    """A skirt held by an elastic at the waist."""
    waist, hem = np.array([0.23, -0.12]), np.array([0.2 * flare, -0.12 + length])
    mirror = np.array([-1.0, 1.0])
    panel = [
        Stretch("waist", _line(waist * mirror, waist)),
        Stretch("side_l", _line(waist, hem), True),
        Stretch("hem", _line(hem, hem * mirror)),
        Stretch("side_r", _line(hem * mirror, waist * mirror), True),
    ]
    mesh = sew([panel], [panel], spacing)
    none = np.zeros(len(mesh.flat))
    held = mesh.openings["waist"]
    return _pattern(mesh, none, none, none, {}, np.zeros((0, 2), np.int32), held, "skirt")


def trousers(mannequin: Mannequin, length: float = 0.75, spacing: float = 0.03) -> Pattern:
    """Straight trousers held by an elastic; length: metres of the inner seam."""
    hip, _, foot = (mannequin.joints[bone][:2] for bone in LEG_OF[Side.LEFT])
    down = (foot - hip) / np.linalg.norm(foot - hip)
    out = np.array([down[1], -down[0]])
    crotch, waist = np.array([0.0, 0.13]), np.array([0.2, -0.12])
    start = crotch[1] / down[1]
    end = hip + (start + length) * down
    outer, inner = end + 0.12 * out, end - 0.12 * out
    seat = hip + start * down + 0.14 * out
    mirror = np.array([-1.0, 1.0])
    left = [
        Stretch("outer_l", np.concatenate([_line(waist, seat), _line(seat, outer)[1:]]), True),
        Stretch("hem_l", _line(outer, inner)),
        Stretch("inner_l", _line(inner, crotch), True),
    ]
    right = [
        Stretch(stretch.name.replace("_l", "_r"), (stretch.points * mirror)[::-1], stretch.seam)
        for stretch in left[::-1]
    ]
    panel = [Stretch("waist", _line(waist * mirror, waist)), *left, *right]
    mesh = sew([panel], [panel], spacing)
    piece, along, across = (np.zeros(len(mesh.flat)) for _ in range(3))
    for side, number in ((Side.RIGHT, Piece.R_LEG), (Side.LEFT, Piece.L_LEG)):
        place = mesh.flat * [side.sign, 1.0]
        on = (place[:, 1] > crotch[1] + 1e-9) & (place[:, 0] > 0)
        piece[on], along[on] = number, place[on, 1] - crotch[1]
        across[on] = np.clip((place[on] - hip) @ out / 0.12, -1, 1)
        seams = on & (mesh.side == SEAM)
        across[seams] = np.sign(across[seams])
    held = mesh.openings["waist"]
    return _pattern(mesh, piece, along, across, {}, np.zeros((0, 2), np.int32), held, "trousers")


def _arm(mannequin: Mannequin) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The left shoulder (2,), the unit vectors down the arm and across it, upwards."""
    shoulder, _, hand = (mannequin.joints[bone][:2] for bone in ARM_OF[Side.LEFT])
    along = (hand - shoulder) / np.linalg.norm(hand - shoulder)
    return shoulder, along, np.array([along[1], -along[0]])


def _line(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.linspace(start, end, 9)


def _ordered(mesh: Mesh, seam: str) -> np.ndarray:
    """A seam's vertices, from the neck out."""
    seam = mesh.seams[seam]
    return seam[np.argsort(np.abs(mesh.flat[seam, 0]))].astype(np.int32)


def _pattern(
    mesh: Mesh,
    piece: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    shoulders: dict[str, np.ndarray],
    taped: np.ndarray,
    held: np.ndarray,
    kind: str,
) -> Pattern:
    return Pattern(
        flat=mesh.flat,
        side=mesh.side,
        piece=piece.astype(np.int8),
        triangles=mesh.triangles.astype(np.int32),
        front=mesh.front,
        texel=1000 * mesh.flat,
        along=along,
        across=across,
        openings={name: np.asarray(opening, np.int32) for name, opening in mesh.openings.items()},
        shoulders=shoulders,
        taped=taped.astype(np.int32),
        held=np.asarray(held, np.int32),
        kind=kind,
    )
