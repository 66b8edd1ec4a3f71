"""Which sheet lies over which: limbs before or under the trunk, trousers from the seat, arms round the shoulders."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from fashionmirror_core.avatar.anatomy import CLAVICLE, Anatomy
from fashionmirror_core.avatar.inflating import SKIRT_LENGTH, Sheets
from fashionmirror_core.avatar.pieces import Cutting
from fashionmirror_core.avatar.sheets import sampled
from fashionmirror_core.avatar.shoulders import amid, depths, near_shoulder
from fashionmirror_core.body.fitted import ARM_OF, Bone
from fashionmirror_core.imaging.boxes import Box
from fashionmirror_core.imaging.easing import smoothstep
from fashionmirror_core.vocabulary import ARM_PARTS, LEG_PARTS, Part

SHOULDER_END, BODY_SHOULDER_END = (0.13, 0.26), (0.18, 0.4)
"""Of the arm's length: up to there it belongs to the shoulder, a sheet and the body's own arm, which is round."""
HEM_SHOWS = 0.05  # statures above a hem, from which nothing of the legs is seen under it
HIDDEN_GAP = 0.004  # statures between what lies over each other
ON_TOP = 0.002  # statures that an arm's front lies before the trunk's at least
FAR = 1e6  # pixels: the depth of what isn't there
TROUSERS_CELLS = (-2, 3, 8)  # below the end of the trunk, where the photo shows trousers if a leg hangs from it
OFF_SEAT = 0.006  # statures that trousers stand off belly and seat
STRAIGHT_CELLS = 1.0  # over which arm and trunk read the photo straight where they lie over each other at the shoulder
SEAM_CELLS = 4  # beside a leg or the trunk, within which the other one reads the photo straight
SEAT_SLOPE = 0.45  # of the way down that trousers come nearer to the legs


def in_order(anatomy: Anatomy, sheets: dict[str, Sheets], cutting: Cutting) -> dict[str, Sheets]:
    """The sheets, each over or under the trunk."""
    trunk = sheets.get(Part.TRUNK)
    if trunk is None:  # all of it was taken off, and nothing new covers it
        return sheets
    for part in LEG_PARTS:
        if part in sheets:
            leg = _hung(anatomy, sheets[part], trunk, cutting)
            leg = _under(anatomy, leg, trunk, cutting.box)
            sheets[part], sheets[Part.TRUNK] = (
                _straight(anatomy, leg, trunk),
                _straight(anatomy, sheets[Part.TRUNK], leg),
            )
    for part in ARM_PARTS:
        if part in sheets:
            sheets[part] = _before(anatomy, sheets[part], trunk)
            joint = anatomy.body.joints[ARM_OF[part.side][0]]
            arm, trunk = sheets[part], sheets[Part.TRUNK]
            sheets[Part.TRUNK] = _at_shoulder(anatomy, trunk, arm, joint)
            arm = _at_shoulder(anatomy, arm, trunk, joint)
            sheets[part] = _on_top(arm, sheets[Part.TRUNK], anatomy.stature)
    return sheets


def _hung(anatomy: Anatomy, leg: Sheets, trunk: Sheets, cutting: Cutting) -> Sheets:
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
    if not len(known) or low.y[last[there]].max() > anatomy.hips + SKIRT_LENGTH * anatomy.stature:
        return leg
    x, y = grid.place[..., 0], grid.place[..., 1]
    nearest = known[np.abs(low.x[known][None] - x.reshape(-1, 1)).argmin(1)].reshape(x.shape)
    below = y - low.y[last[nearest]]
    beside = np.abs(low.x[nearest] - x) < 2 * low.cell
    deep = []
    profile = anatomy.leg_depth(Part(leg.piece.name).side, grid.y)
    for sheet, sign, skin in zip((trunk.inflation.front, trunk.inflation.back), (-1, 1), profile, strict=True):
        end = sheet[np.maximum(last - 2, 0), columns]
        hangs = sign * end[nearest] - SEAT_SLOPE * np.clip(below, 0, None)
        # A top's hem may stand farther off than the body does.
        limit = sign * np.interp(y, grid.y, skin) + OFF_SEAT * anatomy.stature
        deep.append(np.clip(np.minimum(hangs, limit) - sign * own.plane, 0, None))
    share = beside * np.clip(1.5 * own.fullness, 0, 1)
    front = np.minimum(own.front, own.plane - share * deep[0])
    back = np.maximum(own.back, own.plane + share * deep[1])
    return replace(leg, inflation=replace(own, front=front, back=back))


def _under(anatomy: Anatomy, leg: Sheets, trunk: Sheets, box: Box) -> Sheets:
    """What a leg has under the trunk's cloth stays inside of it."""
    gap = HIDDEN_GAP * anatomy.stature
    own = leg.inflation
    front = np.maximum(own.front, trunk.at(trunk.inflation.front, leg.grid.place, -np.inf) + gap)
    back = np.minimum(own.back, trunk.at(trunk.inflation.back, leg.grid.place, np.inf) - gap)
    middle = (front + back) / 2
    crossed = front > back
    # Far from the hem the cloth hides the leg in every pose: there is nothing that could come through.
    reach = round(HEM_SHOWS * anatomy.stature / leg.grid.cell)
    covered = trunk.covers(box, leg.grid.place)
    below = np.concatenate([covered[reach:], np.zeros_like(covered[:reach])])
    return replace(
        leg,
        dropped=covered & below,
        inflation=replace(own, front=np.where(crossed, middle, front), back=np.where(crossed, middle, back)),
    )


def _straight(anatomy: Anatomy, own: Sheets, other: Sheets) -> Sheets:
    """A sheet of trunk or leg that shows the photo straight beside the other one, where trousers go on in that: mirrored
    along its own rim, creases would be blots. A skirt's hem is no such place.
    """
    trunk = own if own.piece.name == Part.TRUNK else other
    if trunk.grid.y[np.flatnonzero(trunk.grid.inside.any(1))[-1]] > anatomy.hips + SKIRT_LENGTH * anatomy.stature:
        return own
    grid = own.grid
    beside = other.at(np.ones(other.grid.inside.shape), grid.place, 0.0)
    reach = 2 * SEAM_CELLS + 1
    near = cv2.dilate((beside > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    share = cv2.GaussianBlur((near & amid(grid.inside, beside)).astype(np.float32), (0, 0), STRAIGHT_CELLS)
    return replace(own, straight=share if own.straight is None else np.maximum(own.straight, share))


def _before(anatomy: Anatomy, arm: Sheets, trunk: Sheets) -> Sheets:
    """An arm that the photo shows before the trunk lies before it, whatever the fit says of its depth. At the shoulder
    it goes round the trunk.
    """
    own, grid, gap = arm.inflation, arm.grid, HIDDEN_GAP * anatomy.stature
    cover = trunk.at(trunk.inflation.front, grid.place, np.inf)
    beneath = trunk.at(trunk.inflation.back, grid.place, -np.inf)
    beyond = np.where(grid.nodes & np.isfinite(cover), np.clip(own.front - cover + gap, 0, None), 0)
    # The slope from there to where the arm leaves the trunk is soft.
    push = np.maximum(cv2.GaussianBlur(cv2.dilate(beyond.astype(np.float32), np.ones((5, 5))), (0, 0), 2.5), beyond)
    along = own.position / max(float(own.position[grid.nodes].max()), 1e-6)
    away = smoothstep(along, *SHOULDER_END)
    most = np.where(np.isfinite(cover), cover - gap, np.inf)
    behind = np.where(grid.nodes & np.isfinite(beneath), np.clip(beneath + gap - own.back, 0, None), 0)
    return replace(
        arm,
        inflation=replace(
            own,
            front=own.front - away * push,
            plane=np.minimum(own.plane - away * push, most),
            back=own.back - away * push + (1 - away) * behind,
        ),
        stands=np.minimum(own.plane - smoothstep(along, *BODY_SHOULDER_END) * push, most),
    )


def _on_top(arm: Sheets, trunk: Sheets, stature: float) -> Sheets:
    """An arm whose front and rim nowhere lie behind the trunk's front: between shoulder and arm the two would cross."""
    own, low = arm.inflation, trunk.grid
    closed = low.rim if trunk.open is None else low.rim & ~trunk.open
    nearest = np.where(closed, trunk.inflation.plane, np.minimum(trunk.inflation.front, trunk.inflation.back))
    nearest = cv2.erode(np.where(low.nodes, nearest, FAR).astype(np.float32), np.ones((3, 3), np.uint8))
    x, y = np.moveaxis((arm.grid.place - (low.x[0], low.y[0])) / low.cell, -1, 0).astype(np.float32)
    cover = cv2.remap(nearest, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=FAR)
    cover = cover - ON_TOP * stature
    return replace(arm, inflation=replace(own, front=np.minimum(own.front, cover), plane=np.minimum(own.plane, cover)))


def _at_shoulder(anatomy: Anatomy, own: Sheets, other: Sheets, joint: np.ndarray) -> Sheets:
    """A sheet that follows the body near the shoulder, and is open where the other sheet goes on."""
    grid, inflation = own.grid, own.inflation
    near = near_shoulder(grid, joint, anatomy.stature)
    beside = other.at(np.ones(other.grid.inside.shape), grid.place, 0.0)
    upper = anatomy.on(Bone.CHEST, Bone.SPINE2, *CLAVICLE.values(), *(bones[0] for bones in ARM_OF.values())) > 0.5
    front, back = depths(grid, (near > 0) & grid.nodes, anatomy.skin[upper], anatomy.normals[upper], anatomy.stature)
    open_rim = grid.rim & (near > 0.05) & amid(grid.inside, beside)
    # Towards the outline of the shoulder the sheets close as before.
    share = near * np.where(open_rim, 1.0, np.clip(2 * inflation.fullness, 0, 1))
    changed = replace(
        inflation,
        front=inflation.front + share * (front - inflation.front),
        back=inflation.back + share * (back - inflation.back),
        plane=inflation.plane + near * ((front + back) / 2 - inflation.plane),
    )
    straight = cv2.GaussianBlur((near * beside).astype(np.float32), (0, 0), STRAIGHT_CELLS)
    return replace(
        own,
        inflation=changed,
        open=open_rim if own.open is None else own.open | open_rim,
        straight=straight if own.straight is None else np.maximum(own.straight, straight),
        stands=None if own.stands is None else own.stands + near * ((front + back) / 2 - own.stands),
    )
