"""Makes the body model from Anny: ``python packaging/body_model.py [resources/body.npz]``.

Needs anny 0.6.2 (and what it needs: roma, trimesh, pyyaml), which the program itself never does. ``resources/body.md`` says
what the file holds. Trims Anny to a linear body of adults: the mean and the principal components of its phenotypes, 22
bones merged from its 163, their weights, and the vertices of a few landmarks. The hands are at ease (``hands``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hands import at_ease  # noqa: E402

from fashionmirror_core.body.fitted import Bone  # noqa: E402

SAMPLES, SHAPES = 500, 10
SPACING = 0.024  # metres between the places of the outline
FINGERS = 0.004  # metres from which on what moves as hands come to rest is none of it
# Anny's bone at which one of ours begins, and the prefixes of those that are merged into it; {side} is "", ".L" or ".R".
BONES = {
    Bone.PELVIS: ("root", ("root", "pelvis")),
    Bone.SPINE1: ("spine05", ("spine05", "spine04")),
    Bone.SPINE2: ("spine03", ("spine03",)),
    Bone.CHEST: ("spine02", ("spine02", "spine01")),
    Bone.NECK: ("neck01", ("neck",)),
    Bone.HEAD: ("head", ()),  # and all that is left: eyes, jaw, tongue
}
LIMBS = {
    "CLAVICLE": ("clavicle", ("clavicle", "shoulder01")),
    "UPPER_ARM": ("upperarm01", ("upperarm",)),
    "FOREARM": ("lowerarm01", ("lowerarm",)),
    "HAND": ("wrist", ("wrist", "finger", "metacarpal")),
    "THIGH": ("upperleg01", ("upperleg",)),
    "SHIN": ("lowerleg01", ("lowerleg",)),
    "FOOT": ("foot", ("foot",)),
    "TOES": ("toe2-1", ("toe",)),
}
FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")


def in_our_axes(points: np.ndarray) -> np.ndarray:
    """Anny has z up and y to the back: x to the person's left, y down, z away from the viewer."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], -1)


def merged(labels: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Our bone of each of Anny's bones, and Anny's bone at which each of ours begins."""
    groups, heads = np.full(len(labels), int(Bone.HEAD)), np.empty(len(Bone), int)
    wanted = {bone: (first, prefixes, "") for bone, (first, prefixes) in BONES.items()}
    for name, (first, prefixes) in LIMBS.items():
        wanted |= {Bone[f"{side}_{name}"]: (f"{first}.{side}", prefixes, f".{side}") for side in "LR"}
    for bone, (first, prefixes, side) in wanted.items():
        heads[bone] = labels.index(first)
        for number, label in enumerate(labels):
            if prefixes and label.startswith(prefixes) and label.endswith(side):
                groups[number] = bone
    return groups, heads


def phenotypes(rng: np.random.Generator) -> dict[str, float]:
    """An adult from teenager on, a man or a woman."""
    return {
        "gender": float(rng.choice([rng.uniform(0, 0.25), rng.uniform(0.75, 1)])),
        "age": float(rng.uniform(0.6, 0.85)),
        "muscle": float(rng.uniform(0.2, 0.8)),
        "weight": float(rng.uniform(0.05, 0.95)),
        "height": float(rng.uniform(0.1, 0.9)),
        "proportions": float(rng.uniform(0.1, 1)),
    }


def sampled(model: Any, heads: np.ndarray) -> tuple[np.ndarray, int]:
    """(SAMPLES, V + 22, 3): vertices, then where our bones begin, of bodies at rest; and V."""
    rng, bodies = np.random.default_rng(0), []
    for _ in range(SAMPLES):
        with torch.no_grad():
            body = model(phenotype_kwargs=phenotypes(rng))
        vertices, joints = (body[name][0].numpy() for name in ("rest_vertices", "rest_bone_heads"))
        bodies.append(in_our_axes(np.concatenate([vertices, joints[heads]])))
    return np.array(bodies), len(vertices)


def skinning(model: Any, groups: np.ndarray, count: int) -> np.ndarray:
    """(V, 22), rows sum to one."""
    weights = np.zeros((count, len(Bone)), np.float32)
    for bones, shares in zip(model.vertex_bone_indices.numpy().T, model.vertex_bone_weights.numpy().T, strict=True):
        np.add.at(weights, (np.arange(count), groups[bones]), shares)
    return weights / weights.sum(1, keepdims=True)


def landmarks(model: Any, vertices: np.ndarray, weights: np.ndarray) -> list[int]:
    """The vertices of left and right big toe, small toe and heel, and of the crown."""
    labels = list(model.bone_labels)
    indices, shares = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    found = []
    for side, outward in (("L", 1), ("R", -1)):
        foot = np.flatnonzero(weights[:, [Bone[f"{side}_FOOT"], Bone[f"{side}_TOES"]]].sum(1) > 0.8)
        sole = foot[vertices[foot, 1] > vertices[foot, 1].max() - 0.03]
        big = np.flatnonzero((shares * (indices == labels.index(f"toe1-2.{side}"))).sum(1) > 0.5)
        small = 0.75 * outward * vertices[sole, 0] - vertices[sole, 2]
        found += [big[vertices[big, 2].argmin()], sole[small.argmax()], sole[vertices[sole, 2].argmax()]]
    head = np.flatnonzero(weights[:, Bone.HEAD] > 0.5)
    return [int(row) for row in (*found, head[vertices[head, 1].argmin()])]


def sparse(vertices: np.ndarray) -> np.ndarray:
    """(n,) int32: vertices at an even spacing: the skin is dense at hands, face and feet."""
    _, rows = np.unique(np.floor(vertices.astype(np.float32) / SPACING).astype(np.int64), axis=0, return_index=True)
    return np.sort(rows).astype(np.int32)


def main(path: Path) -> None:
    import anny

    model = anny.Anny().to(torch.float32)
    groups, heads = merged(list(model.bone_labels))
    bodies, count = sampled(model, heads)
    mean = bodies.mean(0)
    spread = (bodies - mean).reshape(SAMPLES, -1)
    _, values, components = np.linalg.svd(spread, full_matrices=False)
    shapes = (components[:SHAPES] * (values[:SHAPES, None] / np.sqrt(SAMPLES))).reshape(SHAPES, -1, 3)
    weights = skinning(model, groups, count)
    faces = np.asarray(model.faces)
    left, right = (np.flatnonzero(weights[:, Bone[f"{side}_HAND"]] > 0.5) for side in "LR")
    wrists = mean[count:][[Bone.L_HAND, Bone.R_HAND]]
    vertices, vertex_shapes = at_ease(mean[:count], shapes[:, :count], (left, right), wrists, faces)
    outline = sparse(mean[:count])
    outline = outline[np.linalg.norm(vertices[outline] - mean[outline], axis=1) < FINGERS]
    known = torch.load(Path(anny.paths.get_anny_root_dir()) / "data/keypoints/coco.pth", weights_only=True)
    np.savez_compressed(
        path,
        vertices=vertices.astype(np.float32),
        vertex_shapes=vertex_shapes.astype(np.float16),
        joints=mean[count:].astype(np.float32),
        joint_shapes=shapes[:, count:].astype(np.float16),
        weights=weights.astype(np.float16),
        faces=faces.astype(np.uint16),
        face=np.stack([known[name][model.base_mesh_vertex_indices].numpy() for name in FACE]).astype(np.float16),
        points=np.array(landmarks(model, mean[:count], weights), np.int32),
        outline=outline,
        outline_vertices=mean[outline].astype(np.float32),
        outline_shapes=shapes[:, outline].astype(np.float16),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "resources" / "body.npz")
