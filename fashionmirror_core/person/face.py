"""The face's surface in a picture, by MediaPipe's face mesh: where its eyes, nose, mouth and chin are, with their depth."""

from __future__ import annotations

import cv2
import numpy as np

from fashionmirror_core.motion import mediapipe_loading

POINTS = 468
NOSE_TIP, CHIN = 1, 152
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)
"""Corners of the person's eyes."""
ACROSS = ((263, 33), (362, 133), (454, 234), (356, 127), (291, 61), (397, 172), (284, 54))
"""Points that mirror each other, the person's left one first."""
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136),
    *(172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)  # fmt: skip
"""The face's outline, in order."""
FEATURES = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 61, 291, 17, 1, 50, 280)
"""Points around brows, eyes, nose and mouth."""

_SIDE = 256  # pixels of the picture that the network sees
_SUREST = 0.3  # least confidence


def face_points(picture: np.ndarray, middle: tuple[float, float], reach: float) -> np.ndarray | None:
    """(468, 3) float32 in the picture's pixels, depth away from the viewer and relative; None where no face is found.

    picture: (H, W, 3) uint8 RGB. middle: of the face, (x, y); reach: from there to the sides of the square that is looked
    at, pixels. Takes 0.1 s.
    """
    scale = _SIDE / (2 * reach)
    matrix = np.array([[scale, 0, _SIDE / 2 - scale * middle[0]], [0, scale, _SIDE / 2 - scale * middle[1]]])
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    square = cv2.warpAffine(picture, matrix, (_SIDE, _SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    meshes = mediapipe_loading.solution("face_mesh")
    with (
        mediapipe_loading.quiet_stderr(),
        meshes.FaceMesh(static_image_mode=True, max_num_faces=1, min_detection_confidence=_SUREST) as finder,
    ):
        found = finder.process(square).multi_face_landmarks
    if not found:
        return None
    landmarks = [(point.x, point.y, point.z) for point in found[0].landmark[:POINTS]]
    points = np.array(landmarks, np.float32) * np.float32(_SIDE)
    points[:, :2] = (points[:, :2] - matrix[:, 2].astype(np.float32)) / np.float32(scale)
    points[:, 2] /= np.float32(scale)
    return points
