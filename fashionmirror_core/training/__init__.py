"""Learning: data sets, pair synthesis, losses, trainer and evaluation (method.md, sections 6 and 7).

Built upon the rendering path, which knows nothing of it; runs without Qt, MediaPipe and network.
"""
