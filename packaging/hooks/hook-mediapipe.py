"""MediaPipe for PyInstaller, which has no hook for it: the pose solution, its graph and its two models.

The program imports ``mediapipe.python.solutions.pose`` by name, past the ``__init__`` files above it; the libraries
that its bindings link come with PyInstaller's analysis. Everything else of the wheel (hands, faces, tasks) stays behind.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs

hiddenimports = ["mediapipe.python.solutions.pose", "mediapipe.python._framework_bindings"]
datas = collect_data_files(
    "mediapipe",
    includes=["modules/pose_landmark/*.binarypb", "modules/pose_landmark/*.tflite", "modules/pose_detection/*.tflite"],
)
binaries = collect_dynamic_libs("mediapipe.python")
