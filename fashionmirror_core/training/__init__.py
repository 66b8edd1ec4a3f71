"""Learning: data sets, pair synthesis, losses, trainer and evaluation (docs/method.md, "Learning").

Built upon the rendering path, which knows nothing of it; runs without Qt, MediaPipe and network.
"""
