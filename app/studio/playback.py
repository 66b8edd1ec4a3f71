"""What is seen: the frame at the playhead in the picture's layers, and the clip on the timeline.

A frame that isn't rendered shows the still, with the motion's pose moving over it. Layers that nobody looks at are not
unpacked; lanes of the timeline are filled a few frames at a time, so that a long clip doesn't stop the window.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.engine import plan
from app.engine.frames import FrameState
from app.engine.notes import Note
from app.engine.views import GarmentView, LookView, MotionView, PersonView
from app.model.state import GarmentInput, LookState
from app.widgets import layers
from app.widgets.attention_view import decidedness
from app.widgets.inspector import LAYERS
from app.widgets.pictures import to_image

if TYPE_CHECKING:
    from app.studio.context import Context

_TURN_STEP = 15.0  # degrees by a key
_SLICE_S = 0.006  # of a turn of the event loop, for drawing lanes
_LANE_PX = 40  # height of a lane's picture: sharp at scale 2
_DRAWN_LANES = 256  # frames whose lanes are kept to be shown at other places

LanePictures = tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]


class Playback(QObject):
    """The playhead is the window's ``transport``."""

    shown = Signal()  # another frame, or other pixels of it
    look_changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._window = context, context.window
        self.frames = context.engine.frames
        self.person: PersonView | None = None
        self.garment: GarmentView | None = None
        self.look: LookView | None = None
        self._preview: tuple[LookState, np.ndarray] | None = None  # a look, and its still that was made before
        self._motion: MotionView | None = None
        self.joints_are_held = False  # the pose in the viewer is the user's, who drags it
        self._turn = 0.0  # degrees of the still, in (-180, 180]
        self._turned: tuple[LookView, np.ndarray] | None = None  # a look's still as it was drawn last, turned
        self._falling: np.ndarray | None = None  # the look that is being dressed
        self._still_is_newer = False  # than the rendered frames, until the playhead moves
        self._away = False  # the picture shows something else
        self._followed_from: int | None = None  # the playhead goes with the render, and then back here
        self._tinted: tuple[LookView | None, np.ndarray | None] | None = None  # of ``_removed_lane``
        self._moving = False
        self.wanted = {name: name in ("result", "source") for name in LAYERS}
        self._lanes: OrderedDict[int, None] = OrderedDict()  # frames whose lanes are to be drawn
        self._laned: dict[int, tuple[str, bool]] = {}  # frame -> ``_lane_key`` of what its lanes show
        self._drawn_lanes: OrderedDict[tuple[str, bool], LanePictures] = OrderedDict()
        self._lane_timer = QTimer(self, interval=0)
        self._lane_timer.timeout.connect(self._draw_lanes)
        self._refresh_soon = QTimer(self, singleShot=True, interval=0)
        self._refresh_soon.timeout.connect(self.refresh)
        self._connect()
        self._show_layer_controls()
        self._invitation = self.tr("Drop a photo of a person here, or choose a sample at the left")
        self._window.viewer.empty_text = self._invitation

    def _connect(self) -> None:
        engine, window, transport = self._context.engine, self._window, self._window.transport
        engine.person_ready.connect(self._person_ready)
        engine.garment_ready.connect(self._garment_ready)
        engine.motion_ready.connect(self._motion_ready)
        engine.look_ready.connect(self._look_ready)
        engine.input_failed.connect(self._input_failed)
        engine.still_falling.connect(self._still_falling)
        engine.still_turned.connect(self._still_turned)
        window.viewer.turn_dragged.connect(self.turn)
        window.viewer.front_requested.connect(self.face_front)
        self.frames.changed.connect(self._frames_changed)
        self.frames.reset.connect(self._clip_changed)
        self._context.document.changed.connect(self._state_changed)
        transport.frame_changed.connect(self._playhead_moved)
        transport.speed_changed.connect(lambda _: self._refresh_soon.start())
        transport.points_changed.connect(self._points_moved)
        transport.loop_changed.connect(self._loop_changed)
        window.timeline.frame_requested.connect(transport.seek)
        window.timeline.points_changed.connect(transport.set_points)
        window.inspector.layer_toggled.connect(self.show_layer)
        window.inspector.layer_opacity_changed.connect(window.viewer.set_opacity)
        window.viewer.mode_changed.connect(lambda mode: window.actions_by_id[f"view.{mode}"].setChecked(True))

    def handlers(self) -> dict[str, Callable[..., Any]]:
        return {
            **{f"layer.{name}": partial(self.show_layer, name) for name in LAYERS},
            "edit.copy_frame": self.copy_picture,
            "view.turn_left": lambda: self.turn(-_TURN_STEP),
            "view.turn_right": lambda: self.turn(_TURN_STEP),
            "view.front": self.face_front,
        }

    @property
    def frame(self) -> int:
        return self._window.transport.frame

    # ------------------------------------------------------------------------------------------ layers

    def show_layer(self, name: str, visible: bool) -> None:
        self.wanted[name] = visible
        self._show_layer_controls()
        self.refresh()

    def _show_layer_controls(self) -> None:
        for name, visible in self.wanted.items():
            self._window.viewer.set_visible(name, visible)
            self._window.inspector.layers.show_layer(name, visible, self._window.viewer.opacity(name))
            self._window.actions_by_id[f"layer.{name}"].setChecked(visible)

    def copy_picture(self) -> None:
        """The result, or the photo where there is none, onto the clipboard."""
        from PySide6.QtGui import QGuiApplication

        viewer = self._window.viewer
        pixels = viewer.layer("result")
        pixels = viewer.layer("source") if pixels is None else pixels
        if pixels is not None:
            QGuiApplication.clipboard().setImage(to_image(pixels))

    # ------------------------------------------------------------------------------------------ the picture

    def show_instead(self, pixels: np.ndarray) -> None:
        """Another picture, (H, W, 3) uint8, until ``come_back``."""
        self._away = True
        viewer = self._window.viewer
        self._window.pair.set_look(None, None, None)
        for name in ("result", "removed", "clothing", "flow", "skeleton"):
            viewer.set_layer(name, None)
        viewer.set_layer("source", pixels)
        viewer.set_visible("source", True)

    def come_back(self) -> None:
        if self._away:
            self._away = False
            self._show_layer_controls()
            self.refresh()

    def preview(self, state: LookState, still: np.ndarray) -> None:
        """Shows ``still``, (H, W, 3) uint8, as the look of ``state`` until the engine has made its own."""
        self._preview = (state, still)
        self._refresh_soon.start()

    @property
    def _still(self) -> np.ndarray | None:
        if self._falling is not None:
            return self._falling
        if self.look is not None:
            return self.look.still
        state = self._context.document.state
        if self._preview is None or (state.person, state.garments) != (
            self._preview[0].person,
            self._preview[0].garments,
        ):
            return None
        return self._preview[1]

    def refresh(self, fade: bool = False) -> None:
        """Shows what the playhead is at. fade: lets a new still appear softly."""
        if self._away:
            return
        viewer, look, index = self._window.viewer, self.look, self.frame
        turned = None if self._turned is None or self._turned[0] is not look else self._turned[1]
        image = None if turned is not None else self._frame_image(index)
        rendered = image is not None
        result = turned if turned is not None else image if rendered else self._still
        viewer.turnable = look is not None and not self.joints_are_held
        self._window.status.show_turn(0.0 if look is None else self._turn)
        viewer.outdated = rendered and self.frames.state(index) is not FrameState.fresh
        viewer.set_layer("source", self.person.image if self.person else None)
        viewer.set_layer("result", result, fade)
        viewer.set_layer("removed", look.removed_mask if look and turned is None else None)
        clothing = self.frames.clothing_mask(index) if rendered and self.wanted["clothing"] else None
        viewer.set_layer("clothing", clothing if rendered or look is None or turned is not None else look.clothing_mask)
        viewer.set_layer("flow", self.frames.flow(index) if rendered and self.wanted["flow"] else None)
        self._show_attention(index, rendered)
        self._show_pose(index, rendered)
        if turned is not None:
            viewer.set_visible("skeleton", False)  # it lies as the photo does
        self._show_available(rendered)
        self.shown.emit()

    def _frame_image(self, index: int) -> np.ndarray | None:
        """The frame's picture; None where the still says more: not rendered, or of what was worn before."""
        if index >= self.frames.count:
            return None
        stale = self.frames.state(index) is not FrameState.fresh
        return None if stale and self._still_is_newer else self.frames.image(index)

    def pose(self, index: int) -> np.ndarray | None:
        """(25, 3): the joints at a frame, photo pixels; of the photo where there is no clip."""
        if self.look is not None and self.look.poses is not None and index < len(self.look.poses):
            return np.asarray(self.look.poses.joints[index], np.float32)
        return None if self.person is None else np.asarray(self.person.pose.joints, np.float32)

    def _show_pose(self, index: int, rendered: bool) -> None:
        viewer, playing = self._window.viewer, self._window.transport.playing
        joints = self.frames.pose(index) if rendered else None
        if joints is None:
            moving = playing or index > 0
            own = None if self.person is None else np.asarray(self.person.pose.joints, np.float32)
            joints = self.pose(index) if moving or self.joints_are_held else own
        ahead = not rendered and self.frames.count > 0 and (playing or index > 0)
        viewer.set_visible("skeleton", self.wanted["skeleton"] or ahead)
        if not self.joints_are_held:
            viewer.set_pose(joints, False)

    def _show_attention(self, index: int, rendered: bool) -> None:
        window, look, garment = self._window, self.look, self.garment
        seen = self.wanted["attention"] and look is not None and garment is not None
        window.dock.setVisible(seen)
        if not seen or look is None or garment is None:
            window.pair.set_look(None, None, None)
            return
        attention = self.frames.attention(index) if rendered else None
        attention = look.attention if attention is None else attention
        window.pair.set_look(attention, look.stage, garment.image, (look.size[1], look.size[0]))

    def _show_available(self, rendered: bool) -> None:
        there = {
            "result": self.look is not None or rendered,
            "source": self.person is not None,
            "removed": self.look is not None,
            "clothing": self.look is not None,
            "attention": self.look is not None and self.garment is not None,
            "skeleton": self.person is not None,
            "flow": rendered,
        }
        for name, available in there.items():
            self._window.inspector.layers.set_available(name, available)

    # ------------------------------------------------------------------------------------------ turning

    def turn(self, degrees: float) -> None:
        """Turns the still by so much more, to the picture's right; frames come back as soon as the playhead moves."""
        if self.look is None or self._away or not degrees:
            return
        self._window.transport.pause()
        self._turn_to(180 - (180 - self._turn - degrees) % 360)

    def face_front(self) -> None:
        self._turn_to(0.0)

    def _turn_to(self, degrees: float) -> None:
        self._turn = degrees
        self._window.status.show_turn(degrees)
        if degrees:
            self._context.engine.turn(degrees)
        elif self._turned is not None:
            self._turned = None
            self.refresh()

    def _still_turned(self, state: LookState, degrees: float, image: np.ndarray) -> None:
        if self.look is not None and self._turn and plan.look_key(state) == plan.look_key(self.look.state):
            self._turned = (self.look, image)
            self.refresh()

    # ------------------------------------------------------------------------------------------ what comes in

    def _still_falling(self, state: LookState, image: np.ndarray) -> None:
        """The cloth falls into place before the eyes; not while a clip is played or the look is seen from another side."""
        wanted = plan.look_key(state) == plan.look_key(self._context.document.state)
        if wanted and self._context.settings.animated and not self._turn and not self._window.transport.playing:
            self._falling, self._still_is_newer = image, True
            self.refresh()

    def _state_changed(self, old: LookState, new: LookState) -> None:
        if new.person is None:
            self.person = None
            self._window.viewer.empty_text = self._invitation
        if not new.garments:
            self.garment = None
        if not new.dressable:
            self.look = None
            self.look_changed.emit()
        if old.person != new.person or self.look is None or plan.look_key(self.look.state) == plan.look_key(new):
            self._falling = None  # else it is seen until the next look's cloth falls
        if new.motion is None:
            self._motion = None
        points = new.in_point, new.out_point
        if points != self._window.transport.points:
            self._window.transport.set_points(*points)
        self._refresh_soon.start()

    def _person_ready(self, given: object, view: PersonView) -> None:
        self._window.viewer.empty_text = self._invitation
        if self.person is not view:
            self.face_front()
            self.look = None if self.person is not None else self.look
        self.person = view
        self.refresh()

    def _input_failed(self, kind: str, given: object, note: Note) -> None:
        """What depends on it goes: the picture never shows a look that the inputs don't make."""
        state = self._context.document.state
        if kind == "motion" or given not in (state.person, *state.garments):
            return
        self.look = self._preview = self._falling = None
        if kind == "person":
            self.person = None
            self._window.viewer.empty_text = note.text
        self.refresh()
        self.look_changed.emit()

    def _garment_ready(self, given: GarmentInput, view: GarmentView) -> None:
        garments = self._context.document.state.garments
        if garments and given.unworn == garments[0].unworn:
            self.garment = view

    def _motion_ready(self, given: object, view: MotionView) -> None:
        self._motion = view

    def _look_ready(self, look: LookView) -> None:
        new = self.look is None or self.look.still is not look.still
        if self._turned is not None and not new:
            self._turned = (look, self._turned[1])
        elif self._turn:
            self._context.engine.turn(self._turn)  # another look is seen from the same side
        self.look, self._preview, self._falling = look, None, None
        self._still_is_newer |= new
        if look.poses is not None and self._window.transport.fps != look.poses.fps:
            self._clip_changed()
        self.refresh(fade=new and not self._window.transport.playing)
        self.look_changed.emit()

    def _playhead_moved(self, frame: int) -> None:
        if not self._moving:
            self._followed_from = None
            self._still_is_newer = False
            self.face_front()
        self._window.timeline.set_frame(frame)
        self.refresh()

    def _points_moved(self, first: int | None, last: int | None) -> None:
        self._window.timeline.set_points(first, last)
        state = self._context.document.state
        if (state.in_point, state.out_point) != (first, last):
            new = state.model_copy(update={"in_point": first, "out_point": last})
            self._context.document.apply(new, self.tr("In and Out Points"), "points")

    def _loop_changed(self, loop: bool) -> None:
        self._window.timeline.loop = loop
        self._window.actions_by_id["play.loop"].setChecked(loop)

    # ------------------------------------------------------------------------------------------ the timeline

    @property
    def fps(self) -> float:
        if self.look is not None and self.look.poses is not None:
            return float(self.look.poses.fps)
        own = self._context.document.state.clip.fps
        return own or (self._motion.fps if self._motion else 25.0)

    def _clip_changed(self) -> None:
        count = self.frames.count
        self._window.timeline.set_clip(count, self.fps)
        self._window.timeline.set_points(*self._window.transport.points)
        self._window.transport.set_clip(count, self.fps)
        self._window.timeline.set_frame(self.frame)
        self._lanes.clear()
        self._laned.clear()
        self._tell_timeline(range(count))
        self._refresh_soon.start()

    def _frames_changed(self, frames: list[int]) -> None:
        self._tell_timeline(frames)
        if not self.frames.unrendered:
            self._still_is_newer = False
        if self.frame in frames:
            self._refresh_soon.start()
        elif self._followed_from is not None:
            made = next((index for index in frames if self.frames.state(index) is FrameState.fresh), None)
            if made is not None:
                self._follow_to(made)

    def follow(self) -> None:
        """Frames appear in the picture as they come, until the user goes to another one or ``unfollow``."""
        self.face_front()
        if not self._window.transport.playing:
            self._followed_from = self.frame

    def unfollow(self, complete: bool = False) -> None:
        """complete: the clip is there; back to where the user was."""
        start, self._followed_from = self._followed_from, None
        if complete and start is not None:
            self._window.transport.seek(start)

    def _follow_to(self, index: int) -> None:
        self._moving = True
        self._window.transport.seek(index)
        self._moving = False

    def _tell_timeline(self, frames: Iterable[int]) -> None:
        timeline = self._window.timeline
        for index in frames:
            if index >= timeline.count:
                break
            timeline.set_state(index, self.frames.state(index))
            timeline.set_edited(index, self.frames.edited(index))
            timeline.set_thumbnail(index, self.frames.thumbnail(index))
            if self._laned.get(index) != self._lane_key(index):
                self._lanes[index] = None
        if self._lanes:
            self._lane_timer.start()

    def _lane_key(self, index: int) -> tuple[str, bool] | None:
        """Names the pictures of a frame's lanes; None where there are none."""
        key = self.frames.shown(index)
        return None if key is None else (key, self.look is not None)

    def _draw_lanes(self) -> None:
        until = perf_counter() + _SLICE_S
        while self._lanes and perf_counter() < until:
            index, _ = self._lanes.popitem(last=False)
            if index < self._window.timeline.count:
                self._draw_lane(index)
        if not self._lanes:
            self._lane_timer.stop()

    def _draw_lane(self, index: int) -> None:
        key = self._lane_key(index)
        if self._laned.get(index) == key:
            return
        clothing, removed, attention = (None, None, None) if key is None else self._lane_pictures(index, key)
        timeline = self._window.timeline
        timeline.set_lane("clothing", index, clothing)
        timeline.set_lane("removed", index, removed)
        timeline.set_lane("attention", index, attention)
        if key is None:
            del self._laned[index]
        else:
            self._laned[index] = key

    def _lane_pictures(self, index: int, key: tuple[str, bool]) -> LanePictures:
        """Clothing, removed and attention at a frame, small. A walk shows the same frames again and again."""
        if key not in self._drawn_lanes:
            clothing, attention, look = self.frames.clothing_mask(index), self.frames.attention(index), self.look
            heat = None
            if attention is not None and look is not None:
                decided = layers.eight_bit(decidedness(attention, look.stage))
                heat = np.round(layers.heat_colors()[decided]).astype(np.uint8)
            pictures = None if clothing is None else _tint(clothing, "clothing"), self._removed_lane(), heat
            self._drawn_lanes[key] = pictures
            while len(self._drawn_lanes) > _DRAWN_LANES:
                self._drawn_lanes.popitem(last=False)
        return self._drawn_lanes[key]

    def _removed_lane(self) -> np.ndarray | None:
        """The same at every frame of a look."""
        if self._tinted is None or self._tinted[0] is not self.look:
            removed = None if self.look is None else self.look.removed_mask
            self._tinted = (self.look, None if removed is None else _tint(removed, "removed"))
        return self._tinted[1]


def _tint(mask: np.ndarray, name: str) -> np.ndarray:
    """A mask (H, W) as a small picture in its layer's colour, (h, w, 4) uint8."""
    import cv2

    scale = _LANE_PX / mask.shape[0]
    small = cv2.resize(mask, (max(1, round(mask.shape[1] * scale)), _LANE_PX), interpolation=cv2.INTER_AREA)
    color = layers.CLOTHING_COLOR if name == "clothing" else layers.REMOVED_COLOR
    picture = np.empty((*small.shape, 4), np.uint8)
    picture[..., :3] = color.red(), color.green(), color.blue()
    picture[..., 3] = layers.eight_bit(small)
    return picture
