"""MediaPipe for PyInstaller, which has no hook for it: four solutions, their graphs and models.

The program imports ``mediapipe.python.solutions.pose``, ``face_detection``, ``face_mesh`` and ``hands`` by name, past
the ``__init__`` files above them; the libraries that its bindings link come with PyInstaller's analysis. Everything else
of the wheel (larger models, tasks) stays behind.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs

hiddenimports = [
    *(f"mediapipe.python.solutions.{name}" for name in ("pose", "face_detection", "face_mesh", "hands")),
    "mediapipe.python._framework_bindings",
]
datas = collect_data_files(
    "mediapipe",
    includes=[
        *("modules/pose_landmark/*.binarypb", "modules/pose_landmark/*.tflite", "modules/pose_detection/*.tflite"),
        *("modules/face_detection/face_detection_full_range*", "modules/face_detection/face_detection_short_range*"),
        *("modules/face_landmark/face_landmark_front_cpu.binarypb", "modules/face_landmark/face_landmark.tflite"),
        *("modules/hand_landmark/*.binarypb", "modules/hand_landmark/hand_landmark_lite.tflite"),
        *("modules/hand_landmark/handedness.txt", "modules/palm_detection/palm_detection_lite.tflite"),
    ],
)
binaries = collect_dynamic_libs("mediapipe.python")
