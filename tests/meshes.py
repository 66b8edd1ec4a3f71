"""Small surfaces with textures, for the tests of drawing."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.avatar.surface import Surface, Texture

BONES = 22


def still() -> np.ndarray:
    """Transforms that move nothing."""
    return np.repeat(np.eye(3, 4, dtype=np.float32)[None], BONES, 0)


def moved(
    rotation: np.ndarray, about: tuple[float, float, float] = (0, 0, 0), by: tuple[float, ...] = (0, 0, 0)
) -> np.ndarray:
    """Transforms that turn all bones about a point, then shift them."""
    turn = np.asarray(rotation, np.float64)
    shift = np.asarray(about) - turn @ np.asarray(about) + np.asarray(by)
    return np.repeat(np.concatenate([turn, shift[:, None]], 1).astype(np.float32)[None], BONES, 0)


def yaw(degrees: float) -> np.ndarray:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])


def texture(picture: np.ndarray, clothing: np.ndarray | None = None) -> Texture:
    return Texture(picture, np.zeros(picture.shape[:2], np.uint8) if clothing is None else clothing)


def plain(color: tuple[int, int, int, int], size: tuple[int, int] = (4, 4)) -> Texture:
    """One premultiplied colour, half of it clothes."""
    return texture(np.full((*size, 4), color, np.uint8), np.full(size, color[3] // 2, np.uint8))


def noise(seed: int, size: tuple[int, int], soft: bool = True) -> Texture:
    """(h, w) of random premultiplied colours; soft: with random alpha."""
    rng = np.random.default_rng(seed)
    alpha = rng.integers(0, 256, size) if soft else np.full(size, 255)
    color = rng.random((*size, 3)) * alpha[..., None]
    picture = np.concatenate([color, alpha[..., None]], -1).astype(np.uint8)
    return texture(picture, (rng.random(size) * alpha).astype(np.uint8))


def surface(
    vertices: np.ndarray,
    triangles: np.ndarray,
    texel: np.ndarray,
    shown: Texture,
    name: str = "sheet",
    bias: float = 0.0,
) -> Surface:
    """All on the first bone; source is where the vertices are."""
    vertices = np.asarray(vertices, np.float32)
    count = len(vertices)
    weld = np.unique(np.round(vertices, 3), axis=0, return_index=True, return_inverse=True)
    return Surface(
        name=name,
        vertices=vertices,
        triangles=np.asarray(triangles, np.int32).reshape(-1, 3),
        weld=weld[1][weld[2].reshape(-1)].astype(np.int32),
        bones=np.zeros((count, 4), np.int32),
        weights=np.tile(np.array([1, 0, 0, 0], np.float32), (count, 1)),
        texel=np.asarray(texel, np.float32),
        source=vertices[:, :2].copy(),
        texture=shown,
        bias=bias,
    )


def sheet(
    box: tuple[float, float, float, float],
    shown: Texture,
    z: float = 0.0,
    step: float = 7.3,
    name: str = "sheet",
    bias: float = 0.0,
) -> Surface:
    """A grid of triangles in a plane that faces the viewer; its texels are the pixels, from the box's corner on."""
    x0, y0, x1, y1 = box
    across = np.linspace(x0, x1, max(2, int((x1 - x0) / step) + 1))
    down = np.linspace(y0, y1, max(2, int((y1 - y0) / step) + 1))
    xs, ys = np.meshgrid(across, down)
    vertices = np.stack([xs.ravel(), ys.ravel(), np.full(xs.size, z)], -1)
    cells = np.arange(xs.size).reshape(xs.shape)
    a, b, c, d = (part.ravel() for part in (cells[:-1, :-1], cells[:-1, 1:], cells[1:, :-1], cells[1:, 1:]))
    triangles = np.concatenate([np.stack([a, c, b], -1), np.stack([b, c, d], -1)])
    return surface(vertices, triangles, vertices[:, :2] - (np.ceil(x0), np.ceil(y0)), shown, name, bias)


def ball(
    center: tuple[float, float, float], radius: float, shown: Texture, name: str = "ball", bias: float = 0.0
) -> Surface:
    """A closed ball of triangles; the front and the back show the same texels."""
    around, along = 48, 24
    theta = np.linspace(0, np.pi, along + 1)
    phi = np.linspace(0, 2 * np.pi, around, endpoint=False)
    t, p = np.meshgrid(theta, phi, indexing="ij")
    unit = np.stack([np.sin(t) * np.cos(p), -np.cos(t), np.sin(t) * np.sin(p)], -1).reshape(-1, 3)
    cells = np.arange((along + 1) * around).reshape(along + 1, around)
    a, b = cells[:-1], np.roll(cells[:-1], -1, 1)
    c, d = cells[1:], np.roll(cells[1:], -1, 1)
    triangles = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
    height, width = shown.clothing.shape
    texel = (unit[:, :2] + 1) / 2 * (width - 1, height - 1)
    made = surface(unit * radius + center, triangles, texel, shown, name, bias)
    corner = made.vertices[made.triangles] - center
    outward = np.einsum("tc,tc->t", np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), corner.mean(1))
    assert (outward >= -1e-3).all()
    return made
