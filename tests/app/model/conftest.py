"""A look with everything that a project may hold, and its project."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from projects import painted

from app.model.project import SUFFIX, save_project
from app.model.state import (
    GarmentInput,
    JointEdit,
    LookState,
    MaskEdit,
    MotionInput,
    PersonInput,
)
from fashionmirror_core.cloth.fabric import FabricName
from fashionmirror_core.cloth.tailoring import Cut, Fit


@pytest.fixture
def files(tmp_path: Path, sample_photo: Path) -> dict[str, Path]:
    """Inputs in the user's folder."""
    folder = tmp_path / "photos"
    folder.mkdir()
    places = {name: folder / name for name in ("ana.png", "墨綠 洋裝.webp", "back.webp", "walk.mp4", "street.jpg")}
    shutil.copy(sample_photo, places["ana.png"])
    for name in ("墨綠 洋裝.webp", "back.webp", "walk.mp4", "street.jpg"):
        places[name].write_bytes(name.encode() * 50)
    return places


@pytest.fixture
def look(files: dict[str, Path], sample_state: LookState) -> LookState:
    """A look with everything that a project may hold."""
    return sample_state.model_copy(
        update={
            "person": PersonInput(path=files["ana.png"], turns=1),
            "garments": (
                GarmentInput(path=files["墨綠 洋裝.webp"], cutout=painted(7), sleeve=0.5),
                GarmentInput(
                    path=files["墨綠 洋裝.webp"],
                    hem=1.5,
                    back=files["back.webp"],
                    fit=Fit.LOOSE,
                    fabric=FabricName.SILK,
                    cut=Cut.TANK,
                    tucked=False,
                ),
            ),
            "motion": MotionInput(path=files["walk.mp4"]),
            "clip": sample_state.clip.model_copy(update={"background": str(files["street.jpg"]), "fps": 12.5}),
            "removed_edit": painted(255),
            "clothing_edits": {0: MaskEdit(change=painted(0)), 3: MaskEdit(change=painted(7))},
            "joint_edits": {2: {4: JointEdit(x=1.5, y=-2.0), 7: JointEdit(hidden=True)}},
            "in_point": 1,
            "out_point": 3,
        }
    )


@pytest.fixture
def saved(look: LookState, tmp_path: Path) -> Path:
    path = tmp_path / f"look{SUFFIX}"
    save_project(look, path)
    return path
