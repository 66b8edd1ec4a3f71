"""Poses over time: motions, their files and sources, smoothing, templates, retargeting, and the pose estimator."""
