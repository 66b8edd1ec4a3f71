"""Editing by hand: brush and eraser on the masks and on a garment's cut-out, landmarks and joints that are dragged.

A mode at a time, over the picture, left with Escape; each stroke and each drag is a step of undo. Only the frame that is
looked at is made anew at once; the others that depend on it are stale until they are rendered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.engine.frames import FrameState
from app.model.state import JointEdit, LookState, MaskEdit, Painting
from app.studio.inputs import Inputs
from app.studio.landmarks import LandmarkMending
from app.studio.playback import Playback
from app.studio.rendering import Rendering
from app.widgets.actions import reach

if TYPE_CHECKING:
    from app.studio.context import Context

MODES = ("clothing", "removed", "cutout", "landmarks", "joints")
MODE_KEYS = ("paint.done", "paint.swap", "paint.smaller", "paint.larger")
"""Actions whose keys reach a mode from wherever the focus is: a slider of its bar, a joint, the layers."""
_AFTER_STROKE = 250  # milliseconds without another stroke, after which the frame is made anew


class Editing(QObject):
    """``mode``: one of MODES, or "" while nothing is mended."""

    def __init__(self, context: Context, playback: Playback, inputs: Inputs, rendering: Rendering) -> None:
        super().__init__(context.window)
        self._context, self._window, self._document = context, context.window, context.document
        self._playback, self._inputs, self._rendering = playback, inputs, rendering
        self.mode = ""
        self._frame = 0  # that is painted on
        self._garment = 0
        self._before = np.zeros((0, 0), np.float32)  # the mask before the next stroke
        self._change = np.zeros((0, 0), np.float32)  # of the clothing mask at this frame, in [-1, 1]
        self._own = False  # the document changes by a stroke of this mode
        self.landmarks = LandmarkMending(context, playback, inputs)
        self._again = _single_shot(self, _AFTER_STROKE, self._render_frame)
        self._connect()

    def _connect(self) -> None:
        window, viewer = self._window, self._window.viewer
        viewer.strokes.finished.connect(self._stroke)
        viewer.joints.moved.connect(self._joint_moved)
        viewer.joints.hidden.connect(self._joint_hidden)
        window.inspector.mend_requested.connect(lambda garment: self.begin("landmarks", garment))
        window.paint_bar.done.connect(self.end)
        window.paint_bar.reset_requested.connect(self.reset)
        self._document.changed.connect(self._state_changed)
        window.transport.frame_changed.connect(self._frame_changed)
        self._playback.frames.changed.connect(self._frames_changed)
        self._playback.look_changed.connect(self._look_changed)

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            **{f"paint.{mode}": lambda on, mode=mode: self.begin(mode) if on else self.end() for mode in MODES},
            "paint.done": self.end,
            "paint.reset_frame": self.reset,
            "look.reset_edits": self.reset_all,
        }

    # ------------------------------------------------------------------------------------------ modes

    def begin(self, mode: str, garment: int = 0) -> None:
        """Enters a mode, from another one too; says what is needed where it can't."""
        self.end()
        if objection := self._objection(mode, garment):
            self._context.tell(objection, "warning")
            self._show_mode()
            return
        self._window.transport.pause()
        self._playback.face_front()
        self.mode, self._garment = mode, garment
        self._show_mode()
        self._window.viewer.setFocus()
        self._enter()

    def cut_out(self, garment: int) -> None:
        """The remedy of a garment whose cut-out is doubtful."""
        self.begin("cutout", max(garment, 0))

    def end(self) -> None:
        """Back to looking; what was done is kept."""
        if not self.mode:
            return
        window = self._window
        window.viewer.end_painting()  # a stroke that is under way still belongs to the mode
        self._playback.joints_are_held = False
        self.landmarks.leave()
        self.mode = ""
        window.paint_bar.hide()
        window.banner.hide()
        self._show_mode()
        self._playback.come_back()
        self._playback.refresh()

    def _show_mode(self) -> None:
        actions = self._window.actions_by_id
        for mode in MODES:
            actions[f"paint.{mode}"].setChecked(mode == self.mode)
        reach(actions, MODE_KEYS, bool(self.mode))

    def _objection(self, mode: str, garment: int) -> str:
        """What is missing for a mode; "" if nothing."""
        state = self._document.state
        if mode in ("cutout", "landmarks"):
            views = self._inputs.views.garments
            return (
                ""
                if garment < len(views) and views[garment] is not None
                else self.tr("There is no garment to mend yet.")
            )
        if self._playback.look is None:
            return self.tr("Masks and joints can be mended when a person wears a garment.")
        if mode in ("clothing", "joints") and (state.motion is None or not self._playback.frames.count):
            return self.tr("This is mended on a frame; choose a motion first.")
        return ""

    def _enter(self) -> None:
        {
            "clothing": self._enter_clothing,
            "removed": self._enter_removed,
            "cutout": self._enter_cutout,
            "landmarks": self._enter_landmarks,
            "joints": self._enter_joints,
        }[self.mode]()

    # ------------------------------------------------------------------------------------------ clothing, a frame

    def _enter_clothing(self) -> None:
        """Paints on the mask as the frame shows it; a frame that isn't there yet is rendered first."""
        self._frame = self._playback.frame
        frames = self._playback.frames
        mask = frames.clothing_mask(self._frame) if self._fresh(self._frame) else None
        if mask is None:
            self._window.viewer.end_painting()
            self._window.paint_bar.hide()
            self._context.tell(self.tr("This frame is rendered, then it can be painted on."), lasting=True)
            self._rendering.render_frame(self._frame)
            return
        self._window.banner.hide()
        change = frames.change(self._frame)
        self._change = np.zeros_like(mask) if change is None else change
        self._paint_on(mask)

    def _fresh(self, frame: int) -> bool:
        frames = self._playback.frames
        return frame < frames.count and frames.state(frame) is FrameState.fresh

    def _clothing_stroke(self, mask: np.ndarray) -> LookState:
        covered, target = stroke(self._before, mask)
        self._change = self._change * (1 - covered) + target * covered
        painted = np.clip(np.rint(128 + 127 * self._change), 0, 255).astype(np.uint8)
        state = self._document.state
        edits = {**state.clothing_edits, self._frame: MaskEdit(change=Painting.of(painted))}
        return state.model_copy(update={"clothing_edits": edits})

    # ------------------------------------------------------------------------------------------ removed and cut-out

    def _enter_removed(self) -> None:
        look = self._playback.look
        if look is not None:
            edit = self._document.state.removed_edit
            painted = None if edit is None else edit.pixels
            own = painted is not None and painted.shape == look.removed_mask.shape
            self._paint_on(_unit(painted) if own and painted is not None else look.removed_mask)

    def _enter_cutout(self) -> None:
        """Shows the garment's own picture, with what is cut out of it."""
        state = self._document.state
        view = self._inputs.garment_view(state.garments[self._garment])
        if view is None:
            self.end()
            return
        picture, cutout = view.picture, state.garments[self._garment].cutout
        self._playback.show_instead(np.ascontiguousarray(picture[..., :3]))
        if cutout is not None and cutout.pixels.shape == picture.shape[:2]:
            self._paint_on(_unit(cutout.pixels))
        elif (own := _own_cutout(picture)) is not None:
            self._paint_on(own)
        else:
            self._context.tell(self.tr("Finding the garment in its picture"), lasting=True)
            self._context.background.run(lambda: _found_cutout(picture), self._cutout_found, self._cutout_not_found)

    def _cutout_found(self, alpha: np.ndarray) -> None:
        if self.mode == "cutout" and alpha.shape == self._window.viewer.picture_size[::-1]:
            self._window.banner.hide()
            self._paint_on(alpha)

    def _cutout_not_found(self, line: str) -> None:
        width, height = self._window.viewer.picture_size
        self._cutout_found(np.zeros((height, width), np.float32))

    # ------------------------------------------------------------------------------------------ landmarks

    def _enter_landmarks(self) -> None:
        if not self.landmarks.enter(self._garment):
            self.end()
            return
        self._show_bar()

    # ------------------------------------------------------------------------------------------ strokes

    def _paint_on(self, mask: np.ndarray) -> None:
        viewer = self._window.viewer
        if mask.shape != viewer.picture_size[::-1]:
            return  # of the look before; the new one is on its way
        self._before = mask
        viewer.begin_painting(mask, self.mode)
        self._show_bar()

    def _show_bar(self) -> None:
        bar = self._window.paint_bar
        bar.show_mode(self.mode)
        bar.show()
        bar.raise_()

    def _stroke(self, target: str, pixels: np.ndarray) -> None:
        """target: the mode that it was painted in. pixels: (H, W) uint8, the mask after the stroke."""
        mask, state = _unit(pixels), self._document.state
        if target == "clothing":
            new, text = self._clothing_stroke(mask), self.tr("Paint Clothing Mask")
        elif target == "removed":
            new = state.model_copy(update={"removed_edit": Painting.of(pixels)})
            text = self.tr("Paint Removed Mask")
        else:
            garments = list(state.garments)
            garments[self._garment] = garments[self._garment].model_copy(update={"cutout": Painting.of(pixels)})
            new, text = state.model_copy(update={"garments": tuple(garments)}), self.tr("Paint Cut-out")
        self._before = mask
        self._apply(new, text)

    def _apply(self, new: LookState, text: str) -> None:
        self._own = True
        self._document.apply(new, text)
        self._own = False
        if self.mode in ("clothing", "joints", "removed"):
            self._again.start()

    def _render_frame(self) -> None:
        """The frame that is mended, as it becomes; a render of the whole clip comes to it by itself."""
        frame = self._playback.frame
        frames = self._playback.frames
        if frame < frames.count and frames.state(frame) in (FrameState.stale, FrameState.missing):
            self._rendering.render_frame(frame)

    # ------------------------------------------------------------------------------------------ joints

    def _enter_joints(self) -> None:
        self._frame = self._playback.frame
        self._playback.joints_are_held = True
        self._playback.refresh()
        self._window.viewer.set_pose(self._joints(), True)
        self._show_bar()

    def _joints(self) -> np.ndarray | None:
        """The frame's joints, with those that the user hid told as unseen."""
        joints = self._playback.pose(self._frame)
        if joints is None:
            return None
        joints = joints.copy()
        for joint, edit in self._document.state.joint_edits.get(self._frame, {}).items():
            if edit.hidden:
                joints[joint, 2] = 0
        return joints

    def _joint_moved(self, joint: int, x: float, y: float) -> None:
        self._edit_joint(joint, JointEdit(x=x, y=y), self.tr("Move Joint"))

    def _joint_hidden(self, joint: int) -> None:
        self._edit_joint(joint, JointEdit(hidden=True), self.tr("Hide Joint"))

    def _edit_joint(self, joint: int, edit: JointEdit, text: str) -> None:
        state = self._document.state
        here = {**state.joint_edits.get(self._frame, {}), joint: edit}
        self._apply(state.model_copy(update={"joint_edits": {**state.joint_edits, self._frame: here}}), text)

    # ------------------------------------------------------------------------------------------ taking back

    def reset(self) -> None:
        """What was mended here: in a mode what that mode paints, else all of this frame."""
        state, frame = self._document.state, self._playback.frame
        update: dict[str, Any] = {}
        if self.mode == "removed":
            update["removed_edit"] = None
        elif self.mode == "cutout":
            garments = list(state.garments)
            garments[self._garment] = garments[self._garment].model_copy(update={"cutout": None})
            update["garments"] = tuple(garments)
        elif self.mode == "landmarks":
            self._document.apply(self.landmarks.reset(), self.tr("Reset Landmarks"))
            return
        if self.mode in ("", "clothing"):
            update["clothing_edits"] = {k: edit for k, edit in state.clothing_edits.items() if k != frame}
        if self.mode in ("", "joints"):
            update["joint_edits"] = {k: edit for k, edit in state.joint_edits.items() if k != frame}
        texts = {"removed": self.tr("Reset Mask"), "cutout": self.tr("Reset Cut-out")}
        text = texts.get(self.mode, self.tr("Reset This Frame"))
        self._document.apply(state.model_copy(update=update), text)

    def reset_all(self) -> None:
        state = self._document.state
        plain = {"cutout": None, "landmarks": ()}
        garments = tuple(garment.model_copy(update=plain) for garment in state.garments)
        update: dict[str, Any] = {"removed_edit": None, "clothing_edits": {}, "joint_edits": {}, "garments": garments}
        self._document.apply(state.model_copy(update=update), self.tr("Reset All Edits"))

    # ------------------------------------------------------------------------------------------ what changes below it

    def _state_changed(self, old: LookState, new: LookState) -> None:
        """Undo, redo, reset and other inputs: what is painted on is read again."""
        if self._own or not self.mode:
            return
        if self.mode == "cutout":
            if self._garment >= len(new.garments):
                self.end()
            elif old.garments != new.garments:
                self._enter_cutout_again(old, new)
        elif self.mode == "landmarks":
            if not self.landmarks.follow(old, new):
                self.end()
        elif not new.dressable:
            self.end()
        elif self.mode == "clothing" and old.clothing_edits != new.clothing_edits:
            self._enter_clothing()
        elif self.mode == "removed" and old.removed_edit != new.removed_edit:
            self._enter_removed()  # and again when the engine has found its own
        elif self.mode == "joints" and old.joint_edits != new.joint_edits:
            self._again.start()

    def _enter_cutout_again(self, old: LookState, new: LookState) -> None:
        before, after = (state.garments[min(self._garment, len(state.garments) - 1)] for state in (old, new))
        if before.path != after.path:
            self.end()
        elif before.cutout != after.cutout:
            if after.cutout is not None:
                self._paint_on(_unit(after.cutout.pixels))
            else:
                picture_view = self._inputs.garment_view(before)
                if picture_view is not None:
                    picture = picture_view.picture
                    self._context.background.run(
                        lambda: _found_cutout(picture), self._cutout_found, self._cutout_not_found
                    )

    def _frame_changed(self, frame: int) -> None:
        if self.mode == "clothing":
            self._enter_clothing()
        elif self.mode == "joints":
            self._frame = frame
            self._window.viewer.set_pose(self._joints(), True)

    def _frames_changed(self, frames: list[int]) -> None:
        waits = self.mode == "clothing" and self._frame in frames and not self._window.viewer.painting
        if waits and self._fresh(self._frame):
            self._enter_clothing()

    def _look_changed(self) -> None:
        if not self.mode or self._playback.look is None:
            return
        if self.mode == "joints":
            self._window.viewer.set_pose(self._joints(), True)
        elif self.mode == "removed" and self._document.state.removed_edit is None:
            self._enter_removed()


def stroke(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a stroke did to a mask, both (H, W) float32: how much it covered, in [0, 1], and what it painted, -1 or 1.

    A brush goes towards one, an eraser towards zero: by the part of the way that a pixel went.
    """
    up = after > before
    room = np.where(up, 1 - before, before)
    moved = np.abs(after - before)
    covered = np.where(moved > 1 / 300, moved / np.maximum(room, 1e-3), 0).clip(0, 1).astype(np.float32)
    return covered, np.where(up, np.float32(1), np.float32(-1))


def _unit(pixels: np.ndarray) -> np.ndarray:
    """(H, W) uint8 -> float32 in [0, 1]."""
    return pixels.astype(np.float32) / 255


def _own_cutout(picture: np.ndarray) -> np.ndarray | None:
    """The cut-out (H, W) float32 that a picture's own alpha is, None where it is none."""
    from fashionmirror_core.imaging.transparency import read_alpha

    reading = read_alpha(picture)
    return _unit(reading.picture[..., 3]) if reading.picture.shape[2] == 4 else None


def _found_cutout(picture: np.ndarray) -> np.ndarray:
    """The garment in a picture (H, W, 3|4) uint8 as the engine cuts it out: (H, W) float32."""
    import cv2

    from fashionmirror_core.garment.cutout import cut_out
    from fashionmirror_core.garment.garment import LONGEST_SIDE
    from fashionmirror_core.imaging.transparency import read_alpha

    own = _own_cutout(picture)
    if own is not None:
        return own
    reading = read_alpha(picture)
    height, width = reading.picture.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = cv2.resize(reading.picture, size, interpolation=cv2.INTER_AREA)
    found = np.zeros(picture.shape[:2], np.float32)
    x, y = reading.offset
    found[y : y + height, x : x + width] = cv2.resize(cut_out(small).alpha, (width, height)).clip(0, 1)
    return found


def _single_shot(parent: QObject, interval: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent, singleShot=True, interval=interval)
    timer.timeout.connect(slot)
    return timer
