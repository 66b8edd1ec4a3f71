"""What the two pictures of a garment's cloth show, on small drawn garments."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.cloth.pictures import ClothPictures, cloth_pictures
from fashionmirror_core.garment.garment import Garment
from fashionmirror_core.vocabulary import Category

SIZE = 160
TEE = [(0.30, 0.14), (0.70, 0.14), (0.95, 0.32), (0.84, 0.44), (0.74, 0.36), (0.74, 0.92), (0.26, 0.92), (0.26, 0.36),
       (0.16, 0.44), (0.05, 0.32)]  # fmt: skip
TEE_LANDMARKS = {
    "neck_r": (0.42, 0.14), "neck_l": (0.58, 0.14), "neck_c": (0.5, 0.22),
    "shoulder_r": (0.28, 0.16), "shoulder_l": (0.72, 0.16), "armpit_r": (0.26, 0.37), "armpit_l": (0.74, 0.37),
    "cuff_outer_r": (0.05, 0.32), "cuff_inner_r": (0.16, 0.44), "cuff_outer_l": (0.95, 0.32), "cuff_inner_l": (0.84, 0.44),
    "hem_r": (0.26, 0.92), "hem_l": (0.74, 0.92),
}  # fmt: skip
BLUE = (60, 90, 170)


def drawn(colour: tuple[int, int, int] = BLUE, noise: float = 2.0) -> Garment:
    """A plain tee whose neck shows the inside of its back, darker."""
    outline = [np.round(np.array(TEE) * SIZE).astype(np.int32)]
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    weave = np.random.default_rng(3).normal(0, noise, (SIZE, SIZE, 1))
    image[..., :3] = np.clip(np.array(colour) + weave, 0, 255)
    alpha = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(alpha, outline, (255,))
    neck = [TEE_LANDMARKS[name] for name in ("neck_r", "neck_c", "neck_l")]
    hole = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(hole, [np.round(np.array(neck) * SIZE).astype(np.int32)], (1,))
    image[hole > 0, :3] = np.array(colour) // 3
    image[..., 3] = alpha
    landmarks = {name: (x * SIZE, y * SIZE) for name, (x, y) in TEE_LANDMARKS.items()}
    return Garment(image, Category.UPPER, landmarks)


def inner(pictures: ClothPictures, picture: np.ndarray) -> np.ndarray:
    """The part of a picture that lies over the garment's own."""
    x, y = pictures.offset
    return picture[y : y + SIZE, x : x + SIZE]


def test_cloth_covers_the_whole_picture_and_a_margin() -> None:
    pictures = cloth_pictures(drawn())
    assert pictures.front.shape == pictures.back.shape
    assert min(pictures.offset) >= 0.12 * SIZE
    assert (pictures.front[..., 3] == 255).all()
    assert np.abs(pictures.front[..., :3].astype(int) - BLUE).max() < 16


def test_the_core_is_the_pictures_own() -> None:
    garment = drawn()
    pictures = cloth_pictures(garment)
    middle = (slice(70, 130), slice(60, 100))
    assert (
        np.abs(inner(pictures, pictures.front)[middle][..., :3].astype(int) - garment.image[middle][..., :3]).max() <= 2
    )
