"""Faces and hands in a picture, by two small detectors of MediaPipe: whether somebody is in it at all."""

from __future__ import annotations

import numpy as np

from fashionmirror_core.motion import mediapipe_loading

# On 561 photos of garments on floors and walls no face is surer than 0.7 and two hands are "found"; of 240 people in the
# street 98 % have such a face, and of those cropped below the head 55 % a hand.
_FACE, _HAND = 0.7, 0.5


def shows_face_or_hand(rgb: np.ndarray) -> bool:
    """Whether a picture (H, W, 3) uint8 shows a person's face or hand. Takes about 50 ms."""
    faces, hands = mediapipe_loading.solution("face_detection"), mediapipe_loading.solution("hands")
    with mediapipe_loading.quiet_stderr():
        with faces.FaceDetection(model_selection=1, min_detection_confidence=_FACE) as detector:
            if detector.process(rgb).detections:
                return True
        with hands.Hands(
            static_image_mode=True, model_complexity=0, max_num_hands=2, min_detection_confidence=_HAND
        ) as detector:
            found = detector.process(rgb).multi_handedness or []
    return any(hand.classification[0].score > _HAND for hand in found)
