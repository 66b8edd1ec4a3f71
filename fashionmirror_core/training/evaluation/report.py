"""A report: every look's values, their means as a table and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fashionmirror_core.errors import InputError
from fashionmirror_core.media.files import Change
from fashionmirror_core.training.evaluation import metrics, sheets
from fashionmirror_core.training.evaluation.systems import TRUTH, Values

KINDS = ("swap", "reconstruction")

TABLE = {
    "ssim": "SSIM, frame ↑",
    "ssim_person": "SSIM, person's box ↑",
    "ssim_clothes": "SSIM, clothes ↑",
    "ssim_shoes": "SSIM, shoes ↑",
    "ssim_hands": "SSIM, hands ↑",
    "ssim_face": "SSIM, face ↑",
    "psnr": "PSNR, frame, dB ↑",
    "psnr_person": "PSNR, person's box, dB ↑",
    "vgg_person": "VGG distance, person's box ↓",
    "lpips_person": "LPIPS, person's box ↓",
    "still_ssim_person": "SSIM, person's box, still ↑",
    "iou_removed": "IoU of M_r ↑",
    "iou_clothing_source": "IoU of M_c, still ↑",
    "iou_clothing": "IoU of M_c, frames ↑",
    "color_difference": "garment's colour, CIEDE2000 ↓",
    "face_identity": "face kept, SSIM with the source's ↑",
    "flow_warp_error": "flow-warp error ↓",
    "flow_warp_ratio": "flow-warp error, of the truth's own",
    "mask_consistency": "M_c from frame to frame, IoU ↑",
    "seconds_prepare": "preparation, s",
    "seconds_frame": "a frame, s",
}
"""Names and titles of all that is measured, in the table's order; the arrow points to better."""


@dataclass(frozen=True)
class LookResult:
    """values: by system and metric (names of ``TABLE``)."""

    clip: str
    look: int
    kind: str
    frames: int
    values: dict[str, Values]


@dataclass
class Report:
    """The results and where they come from. systems: name -> weights. skipped: one line for each clip or look left out."""

    data: str
    licence: str
    systems: dict[str, str]
    estimated: bool
    looks: list[LookResult] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    sheet: np.ndarray | None = field(default=None, repr=False)

    def of_kind(self, kind: str) -> list[LookResult]:
        return [look for look in self.looks if look.kind == kind]

    def mean(self, kind: str, system: str, metric: str) -> float:
        """Over the looks that have it; NaN where none has."""
        return metrics.mean_of([look.values[system].get(metric, metrics.NAN) for look in self.of_kind(kind)])

    def table(self) -> str:
        """Markdown: rows are metrics, columns systems, with swaps and reconstructions one below the other."""
        columns = [TRUTH, *self.systems]
        lines = [f"| | {' | '.join(columns)} |", "| --- |" + " --- |" * len(columns)]
        for kind in KINDS:
            looks = self.of_kind(kind)
            if not looks:
                continue
            frames = sum(look.frames for look in looks)
            lines.append(f"| **{kind}**: {len(looks)} looks, {frames} frames |" + " |" * len(columns))
            for metric, title in TABLE.items():
                means = [self.mean(kind, system, metric) for system in columns]
                if not np.isnan(means).all():
                    lines.append(f"| {title} | {' | '.join(_number(metric, mean) for mean in means)} |")
        return "\n".join(lines)

    def markdown(self) -> str:
        weights = ", ".join(f"{name}: {found}" for name, found in self.systems.items() if found)
        persons = "estimated from the source's picture" if self.estimated else "the data's own joints and matte"
        lines = [
            f"# {self.data}",
            "",
            f"Licence: {self.licence}. Weights: {weights}. Persons: {persons}. Left out: {len(self.skipped)}.",
            "",
            self.table(),
            *(["", *(f"- left out: {line}" for line in self.skipped)] if self.skipped else []),
        ]
        return "\n".join(lines) + "\n"

    def as_json(self) -> str:
        """NaN is null."""
        kinds = {kind: len(self.of_kind(kind)) for kind in KINDS if self.of_kind(kind)}
        means = {
            kind: {
                system: _known({metric: self.mean(kind, system, metric) for metric in TABLE})
                for system in (TRUTH, *self.systems)
            }
            for kind in kinds
        }
        looks = [
            {"clip": look.clip, "look": look.look, "kind": look.kind, "frames": look.frames}
            | {"values": {system: _known(values) for system, values in look.values.items()}}
            for look in self.looks
        ]
        return json.dumps(
            {
                "data": self.data,
                "licence": self.licence,
                "systems": self.systems,
                "estimated": self.estimated,
                "counts": kinds,
                "means": means,
                "looks": looks,
                "skipped": self.skipped,
            },
            indent=2,
        )

    def write(self, folder: Path) -> None:
        """report.json, report.md and sheet.png. Raises InputError where the folder can't be written to."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another place.") from error
        with Change() as change:  # the three belong together
            change.file(folder / "report.json").write_text(self.as_json() + "\n", encoding="utf-8")
            change.file(folder / "report.md").write_text(self.markdown(), encoding="utf-8")
            if self.sheet is not None:
                sheets.write_png(change.file(folder / "sheet.png"), self.sheet)


def _known(values: Values) -> dict[str, float | None]:
    """The metrics of these values, for JSON; NaN becomes None."""
    return {
        metric: None if np.isnan(values[metric]) else round(values[metric], 5) for metric in TABLE if metric in values
    }


def _number(metric: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    places = 1 if metric.startswith(("psnr", "color")) else 4 if metric == "flow_warp_error" else 3
    return f"{value:.{places}f}"
