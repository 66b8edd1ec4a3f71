"""Makes the pictures beside this file from the built-in samples: ``python docs/pictures/make.py [NAME ...]``.

demo.jpg: photo, garment and six frames. looks.jpg: looks from the front, the side and the back. finished.jpg: a look without
and with the generator. failures.jpg: what still goes wrong. masks.jpg: labels found frame by frame, and masks that go from
pose to pose. first_sight.jpg: looks before there is a drape, and with it. Without names, all of these. patches.jpg, by
``make.py patches WITH WITHOUT``: masks of two weights files, trained with and without the loss on clothing patches.
worn.jpg, by ``make.py worn [PHOTO ...]``: the persons, and those of further photos, in ten garments, walking, with hands on
the hips or feet crossed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from fashionmirror_core import Garment, Motion, Person, TryOn, samples
from fashionmirror_core.vocabulary import Label

HERE = Path(__file__).parent
HEIGHT, WIDTH = 400, 300
CELL, HEAD = (230, 142), (130, 142)  # height and width of worn.jpg's cells, and of the garments above them
MOTIONS = (("walk", 0.55), ("akimbo", 0.75), ("crossed-feet", 0.6))  # and which of their frames are shown
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
FIRST_SIGHTS = (
    ("ines", "tee-blue"),
    ("amara", "dress-floral-panel"),
    ("carla", "longsleeve-fuchsia"),
    ("theo", "trousers-pink"),
)
CLOTHES = {Label.UPPER: (240, 190, 40), Label.LOWER: (60, 190, 90), Label.DRESS: (40, 90, 230)}
IN_A_ROW = (92, 95, 98)  # frames of the catwalk


def tile(picture: np.ndarray, size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    """A photo at the sheet's size, cut about its middle."""
    height, width = picture.shape[:2]
    scaled = cv2.resize(picture[..., :3], (round(width * size[0] / height), size[0]), interpolation=cv2.INTER_AREA)
    left = max(0, (scaled.shape[1] - size[1]) // 2)
    cut = scaled[:, left : left + size[1]]
    return cv2.copyMakeBorder(cut, 0, 0, 0, size[1] - cut.shape[1], cv2.BORDER_CONSTANT, value=(255, 255, 255))


def shown(garment: Garment, size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    """The cut-out on white."""
    height, width = garment.image.shape[:2]
    scale = 0.92 * min(size[0] / height, size[1] / width)
    small = cv2.resize(garment.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    alpha = small[..., 3:] / 255
    canvas = np.full((*size, 3), 255, np.uint8)
    y, x = (size[0] - small.shape[0]) // 2, (size[1] - small.shape[1]) // 2
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small[..., :3] * alpha + 255 * (1 - alpha)
    return canvas


def sheet(rows: list[list[np.ndarray]], name: str) -> None:
    picture = np.concatenate([np.concatenate(row, 1) for row in rows])
    cv2.imwrite(str(HERE / name), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])


def worn(engine: TryOn, persons: list[Person], garments: list[Garment]) -> None:
    """worn.jpg: a row a person, a column a garment, each cell a frame of one of the motions."""
    top = [np.full((*HEAD, 3), 255, np.uint8), *(shown(garment, HEAD) for garment in garments)]
    motions = [(Motion.template(name), share) for name, share in MOTIONS]
    rows = [top]
    for number, person in enumerate(persons):
        cells: dict[int, np.ndarray] = {}
        # What covers the same part needs the person undressed once.
        for column in sorted(range(len(garments)), key=lambda column: garments[column].category):
            motion, share = motions[(number + column) % len(motions)]
            look = engine.prepare(person, garments[column])
            poses = engine.poses(look, motion)
            (frame,) = engine.frames(look, poses, indices=[int(share * len(poses))])
            cells[column] = tile(frame.image, CELL)
        rows.append([tile(person.image, CELL), *(cells[column] for column in range(len(garments)))])
    sheet(rows, "worn.jpg")


def tinted(picture: np.ndarray, mask: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    share = 0.7 * np.clip(mask, 0, 1)[..., None]
    return np.uint8(picture * (1 - share) + share * np.array(color))


def segmented(engine: TryOn, frame: np.ndarray) -> np.ndarray:
    """A frame with the clothes that the human encoder finds in it: tops yellow, skirts and trousers green, dresses blue."""
    person = Person.from_photo(frame)
    stage = person.stage(*engine.stage_size)
    image, matte = stage.crop(person.image, cv2.BORDER_REPLICATE), stage.crop(person.matte)
    labels = engine.inference.labels(image, matte, person.pose.transformed(stage.scale, stage.offset))
    assert labels is not None
    size = (person.image.shape[1], person.image.shape[0])
    likeliest = np.stack([stage.uncrop(share, size) for share in labels]).argmax(0) * (person.matte > 0.5)
    picture = person.image
    for label, color in CLOTHES.items():
        picture = tinted(picture, likeliest == label, color)
    return picture


def masks(engine: TryOn, persons: dict[str, Person]) -> None:
    """The supplement's Fig. 2: frames in a row, the labels of each, and M_c^t."""
    sample = samples.sample_look()
    person, garment = persons[sample.person.stem], Garment.from_photo(sample.garment)
    look, motion = engine.prepare(person, garment), Motion.template("catwalk")
    frames = [frame.image for frame in engine.frames(look, engine.poses(look, motion), indices=IN_A_ROW)]
    carried = [mask for index, mask in enumerate(engine.masks(person, garment, motion)) if index in IN_A_ROW]
    named = [tile(segmented(engine, frame)) for frame in frames]
    followed = [
        tile(tinted(frame, mask, CLOTHES[Label.DRESS])) for frame, mask in zip(frames, carried, strict=True)
    ]  # fmt: skip
    sheet([[tile(frame) for frame in frames] + named + followed], "masks.jpg")


def first_sights(engine: TryOn, persons: dict[str, Person]) -> None:
    """Photo, garment, what the mask network alone makes of them, and the drape."""
    photographed = {path.stem: Garment.from_photo(path) for path in samples.photographed()}
    rows = []
    for name, key in FIRST_SIGHTS:
        person, garment = persons[name], photographed[key]
        sketch = engine.first_sight(person, garment)
        assert sketch is not None
        rows.append(
            [tile(person.image), shown(garment), tile(sketch.image), tile(engine.prepare(person, garment).still)]
        )
    sheet([rows[0] + rows[1], rows[2] + rows[3]], "first_sight.jpg")


def patches(persons: dict[str, Person], files: list[str]) -> None:
    """The supplement's Fig. 3: photo, garment, and M_c^s by weights that learned with the patch loss and without."""
    photographed = {path.stem: Garment.from_photo(path) for path in samples.photographed()}
    engines = [TryOn.load("cpu", weights=file) for file in files]
    rows = []
    for name, key in FIRST_SIGHTS:
        person, garment = persons[name], photographed[key]
        sights = [engine.first_sight(person, garment) for engine in engines]
        found = [tinted(person.image, sight.clothing_mask > 0.5, CLOTHES[Label.DRESS]) for sight in sights if sight]
        rows.append([tile(person.image), shown(garment), *map(tile, found)])
    sheet([rows[0] + rows[1], rows[2] + rows[3]], "patches.jpg")


def looks(engine: TryOn, persons: dict[str, Person]) -> None:
    """demo.jpg, looks.jpg, finished.jpg and failures.jpg."""
    garments = {path.stem: Garment.from_photo(path) for path in samples.garments()}
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


def main(names: list[str]) -> None:
    persons = {path.stem: Person.from_photo(path) for path in samples.persons()}
    if names[:1] == ["patches"]:
        return patches(persons, names[1:])
    engine = TryOn.load("cpu")
    if names[:1] == ["worn"]:
        further = [Person.from_photo(photo) for photo in names[1:]]
        return worn(
            engine, [*persons.values(), *further], [Garment.from_photo(path) for path in samples.photographed()]
        )
    if not names or "masks" in names:
        masks(engine, persons)
    if not names or "first_sight" in names:
        first_sights(engine, persons)
    if not names or "looks" in names:
        looks(engine, persons)


if __name__ == "__main__":
    main(sys.argv[1:])
