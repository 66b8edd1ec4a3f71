"""Makes the pictures beside this file from the built-in samples: ``python docs/pictures/make.py``.

demo.jpg: photo, garment and six frames. looks.jpg: looks from the front, the side and the back. finished.jpg: a look without
and with the generator. failures.jpg: what still goes wrong.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from fashionmirror_core import Garment, Motion, Person, TryOn, samples

HERE = Path(__file__).parent
HEIGHT, WIDTH = 400, 300
LOOKS = (
    ("amara", "skirt-navy"),
    ("carla", "dress-floral"),
    ("ines", "top-floral"),
    ("theo", "tee-bloom"),
)
FINISHED = ("theo", "tee-bloom")
FAILURES = (
    ("theo", "dress-print"),
    ("carla", "dress-floral"),
    ("ines", "trousers-plaid"),
    ("amara", "top-floral"),
)


def tile(picture: np.ndarray) -> np.ndarray:
    """A photo at the sheet's size, cut about its middle."""
    height, width = picture.shape[:2]
    scaled = cv2.resize(picture[..., :3], (round(width * HEIGHT / height), HEIGHT), interpolation=cv2.INTER_AREA)
    left = max(0, (scaled.shape[1] - WIDTH) // 2)
    cut = scaled[:, left : left + WIDTH]
    return cv2.copyMakeBorder(cut, 0, 0, 0, WIDTH - cut.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255))


def shown(garment: Garment) -> np.ndarray:
    """The cut-out on white."""
    height, width = garment.image.shape[:2]
    scale = 0.92 * min(HEIGHT / height, WIDTH / width)
    small = cv2.resize(garment.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    alpha = small[..., 3:] / 255
    canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    y, x = (HEIGHT - small.shape[0]) // 2, (WIDTH - small.shape[1]) // 2
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small[..., :3] * alpha + 255 * (1 - alpha)
    return canvas


def sheet(rows: list[list[np.ndarray]], name: str) -> None:
    picture = np.concatenate([np.concatenate(row, 1) for row in rows])
    cv2.imwrite(str(HERE / name), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def main() -> None:
    persons = {path.stem: Person.from_photo(path) for path in samples.persons()}
    garments = {path.stem: Garment.from_photo(path) for path in samples.garments()}
    engine = TryOn.load("cpu")

    sample = samples.sample_look()
    look = engine.prepare(persons[sample.person.stem], Garment.from_photo(sample.garment))
    poses = engine.poses(look, Motion.template("catwalk"))
    frames = [tile(frame.image) for frame in engine.frames(look, poses, indices=range(8, len(poses), 36))][:6]
    sheet([[tile(look.person.image), shown(look.garments[0]), *frames[:2]], frames[2:]], "demo.jpg")

    rows = []
    for person, garment in LOOKS:
        look = engine.prepare(persons[person], garments[garment])
        sides = [tile(look.still_before("keep", turn)) for turn in (0, 45, 90, 180)]
        rows.append([tile(persons[person].image), shown(garments[garment]), *sides])
    sheet(rows, "looks.jpg")

    look = engine.prepare(*(kind[name] for kind, name in zip((persons, garments), FINISHED, strict=True)))
    ways = (None, engine.finisher(look))
    turned = [[tile(look.still_before("keep", turn, way)) for turn in (0, 45, 70, 100, 140, 180)] for way in ways]
    sheet(turned, "finished.jpg")

    failures = [
        [tile(persons[person].image), shown(garments[garment]),
         tile(engine.prepare(persons[person], garments[garment]).still)]
        for person, garment in FAILURES
    ]  # fmt: skip
    sheet([failures[0] + failures[1], failures[2] + failures[3]], "failures.jpg")


if __name__ == "__main__":
    main()
