"""``fashionmirror garment``: what the program sees in a picture of a garment. Heavy imports happen inside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fashionmirror_core.cli.inputs import Overwrite, TakeAs, TakenAs, Turn

if TYPE_CHECKING:
    from fashionmirror_core.garment.sight import Sight

DOUBTFUL = 0.7  # an answer less likely than this is printed with its runner-up
LEAST_PART = 0.01  # of the garment's cloth: less isn't named
CONDITIONS = ("folded", "cut", "crumpled", "several", "worn")


def garment_command(
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture of a garment.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="CUTOUT.png", help="Also write the cut-out here.")
    ] = None,
    turn: Annotated[
        Turn | None, typer.Option("--turn-garment", help="Degrees clockwise that make it upright; it is found out.")
    ] = None,
    pick: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Which of several garments in the picture.")
    ] = None,
    take_as: TakenAs = TakeAs.auto,
    overwrite: Overwrite = False,
) -> None:
    """Say what a picture of a garment shows: kind, condition, landmarks and notes."""
    from fashionmirror_core.cli.checks import check_pictures, may_replace
    from fashionmirror_core.errors import InputError
    from fashionmirror_core.media.targets import check_outputs, check_target

    if output is not None:
        if output.suffix.lower() != ".png":
            raise InputError(f"{output.name} would lose the cut-out's transparency; give a name that ends in .png.")
        check_outputs({"--output": output}, [picture])
        check_target(output, overwrite=may_replace(output, overwrite))
    check_pictures([picture])
    from fashionmirror_core.garment.garment import Garment
    from fashionmirror_core.garment.sight import look
    from fashionmirror_core.media.images import read_image, write_image

    pixels = read_image(picture)
    turns = None if turn is None else turn.quarters
    notes, garment = [], None
    try:
        garment = Garment.from_photo(pixels, turns=turns, pick=pick, trusted=take_as is TakeAs.garment)
        notes += garment.warnings
    except InputError as error:
        if output is not None or pick is not None:
            raise
        notes.append(str(error))
    sight = look(pixels, turns) if garment is None or garment.sight is None else garment.sight
    pieces = () if garment is None else garment.pieces
    if output is not None and garment is not None:
        write_image(output, garment.image)
    told = _told(sight, notes) | ({"garments": list(pieces)} if pieces else {})
    print(
        json.dumps(told, indent=2, ensure_ascii=False)
        if as_json
        else _in_words(picture.name, sight, told, garment is None)
    )


def _told(sight: Sight, notes: list[str]) -> dict[str, Any]:
    """Everything, as JSON types; landmarks are those that the garment has, in pixels of the upright picture."""
    return {
        "turned": 90 * sight.quarters,
        "answers": {
            name: {choice: round(odds, 3) for choice, odds in choices.items()}
            for name, choices in sight.answers.items()
        },
        "landmarks": {
            name: {
                "x": round(x, 1),
                "y": round(y, 1),
                "certainty": round(sight.certainty[name], 3),
                "seen": round(sight.seen[name], 3),
            }
            for name, (x, y) in sight.points.items()
            if sight.exists[name] > 0.5
        },
        "parts": _shares(sight),
        "notes": notes,
    }


def _shares(sight: Sight) -> dict[str, float]:
    """Part -> its share of the garment's cloth in the picture, of those that are there."""
    from fashionmirror_core.networks.garment_encoder import PARTS

    seen = sight.parts.argmax(2)
    cloth = max(int((seen > 0).sum()), 1)
    shares = {name: round(float((seen == index).sum()) / cloth, 3) for index, name in enumerate(PARTS) if index}
    return {name: share for name, share in shares.items() if share >= LEAST_PART}


def _in_words(name: str, sight: Sight, told: dict[str, Any], refused: bool) -> str:
    is_one = sight.chance("garment") >= 0.5
    kind = f"{_likely(sight, 'kind')}, category {_likely(sight, 'category')}"
    if not is_one:
        kind = f"no garment ({sight.chance('garment'):.0%} that it is one)"
    notes = [f"note: {note}" for note in told["notes"]]
    lines = [f"{name}: {kind}"]
    if refused and not is_one:  # what its sleeves are is of no use then
        return "\n".join(lines + notes)
    sleeves = _likely(sight, "sleeves")
    if sight.answer("sleeves") != "none":
        sleeves += f" (left {_likely(sight, 'left_sleeve')}, right {_likely(sight, 'right_sleeve')})"
    if sight.answer("category") != "lower":
        lines.append(f"sleeves: {sleeves}; front: {_likely(sight, 'front')}; straps: {_likely(sight, 'straps')}")
    lines.append("parts: " + ", ".join(f"{name} {share:.0%}" for name, share in told["parts"].items()))
    condition = [word for word in CONDITIONS if sight.chance(word) > 0.5]
    condition += ["back view"] * (sight.answer("view") == "back") + ["on a hanger"] * (sight.chance("hanger") > 0.5)
    lines.append(f"condition: {', '.join(condition) or 'spread out'}")
    if sight.quarters:
        lines.append(f"turned by {90 * sight.quarters} degrees clockwise to hang upright")
    if several := told.get("garments"):
        lines.append("garments: " + ", ".join(f"{number} {name}" for number, name in enumerate(several, start=1)))
    for landmark, place in told["landmarks"].items():
        hidden = "" if place["seen"] > 0.5 else ", hidden"
        lines.append(f"  {landmark:18} {place['x']:7.1f} {place['y']:7.1f}  certainty {place['certainty']:.2f}{hidden}")
    return "\n".join(lines + notes)


def _likely(sight: Sight, attribute: str) -> str:
    """The likeliest choice; where it is doubtful, the next one with it."""
    choices = sorted(sight.answers[attribute].items(), key=lambda pair: -pair[1])
    (first, odds), (second, _) = choices[:2]
    return first if odds >= DOUBTFUL else f"{first} ({odds:.0%}, or {second})"
