"""Sheets of the best and the worst looks of an evaluation."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.cloth.attention import letterboxed
from fashionmirror_core.skeleton import Joint
from fashionmirror_core.training.evaluation import metrics, sheets
from fashionmirror_core.training.evaluation.report import LookResult
from fashionmirror_core.training.evaluation.scenes import Scene
from fashionmirror_core.training.evaluation.systems import Answer
from fashionmirror_core.vocabulary import DRESSING_ORDER, Category

ON_SHEET = 2  # best and worst looks shown
FRAMES_ON_SHEET = 3


class Gallery:
    """Keeps the sheets of the best and the worst looks, by SSIM of the last system."""

    def __init__(self) -> None:
        self.kept: list[tuple[float, np.ndarray]] = []

    def add(self, result: LookResult, scene: Scene, answers: dict[str, Answer]) -> None:
        if not any(answer.look for answer in answers.values()):
            return
        scores = {name: result.values[name].get("ssim_person", metrics.NAN) for name in answers}
        if scene.target is None or np.isnan(score := list(scores.values())[-1]):
            return
        said = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        title = f"{result.clip} look {result.look} ({result.kind}); SSIM of the person's box: {said}"
        self.kept.append((score, look_sheet(title, scene, answers)))
        self.kept.sort(key=lambda entry: -entry[0])
        if len(self.kept) > 2 * ON_SHEET:
            self.kept = self.kept[:ON_SHEET] + self.kept[-ON_SHEET:]

    @property
    def sheet(self) -> np.ndarray | None:
        """Best first."""
        return sheets.stacked([picture for _, picture in self.kept]) if self.kept else None


def look_sheet(title: str, scene: Scene, answers: dict[str, Answer]) -> np.ndarray:
    """Source, garment and truth; below them each engine's frames, attention and masks."""
    assert scene.target is not None
    shown = np.unique(np.linspace(0, len(scene.target) - 1, FRAMES_ON_SHEET).round().astype(int))
    engines = {name: answer for name, answer in answers.items() if answer.look is not None}
    garment = max(
        scene.garments, key=lambda worn: DRESSING_ORDER.index(worn.category)
    )  # the one that has the attention
    stages = [answer.look.stage for answer in engines.values() if answer.look is not None]
    laid_out = letterboxed(garment, (stages[0].height, stages[0].width))
    rows: list[list[sheets.Captioned]] = [
        [
            ("source", scene.person.image),
            ("garment", garment.image),
            ("its places", sheets.painted_places(laid_out)),
            *[(f"truth, frame {k}", scene.target.frames[k]) for k in shown],
        ]
    ]
    for name, answer in engines.items():
        look, masks = answer.look, answer.clothing_masks
        assert look is not None
        assert masks is not None
        assert answer.still is not None
        points = look.pose.points
        # Where this garment surely is: on the chest, or between hips and knees.
        upper = garment.category != Category.LOWER
        place = (
            0.75 * points[Joint.NECK] + 0.25 * points[Joint.MID_HIP]
            if upper
            else 0.75 * points[Joint.L_HIP] + 0.25 * points[Joint.L_KNEE]
        )
        rows.append([
            (f"{name}: still", answer.still),
            ("places attended to", sheets.painted_attention(answer.still, look.clothing_mask, look.attention, look.stage)),
            (
                f"the {'chest' if upper else 'left thigh'} attends to",
                sheets.attention_heat(laid_out, look.attention, look.stage, place),
            ),
            *[(f"{name}, frame {k}", answer.frames[k]) for k in shown],
        ])  # fmt: skip
        true_still = None if scene.dressed is None else sheets.tinted(scene.dressed[0], scene.dressed[2])
        rows.append([
            (f"{name}: M_r", sheets.tinted(scene.person.image, look.removed_mask)),
            ("M_c", sheets.tinted(answer.still, look.clothing_mask)),
            ("true M_c", true_still),
            *[(f"M_c, frame {k}", sheets.tinted(answer.frames[k], masks[k])) for k in shown],
        ])  # fmt: skip
    return sheets.grid(title, rows)
