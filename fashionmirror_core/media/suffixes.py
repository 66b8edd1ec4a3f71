"""The one list of what can be read, by suffix: for the look-book, drops, dialogs, projects and training.

A suffix only says what a file may be; its content decides when it is read. Nothing is imported here, so that a window
that asks during a drag needn't wait.
"""

from __future__ import annotations

PICTURES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".tif", ".tiff", ".bmp", ".dib"),
    *(".gif", ".heic", ".heif", ".hif", ".avif"),
)
VIDEOS = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif", ".apng", ".mpg", ".mpeg", ".vob"),
    *(".ts", ".mts", ".m2ts", ".3gp", ".3g2", ".wmv", ".asf", ".flv", ".ogv", ".mxf"),
)
"""GIF and APNG are pictures and videos."""
MOTIONS = (".json", ".bvh")

READABLE_PICTURES = "JPEG, PNG, WebP, TIFF, BMP, GIF, HEIC or AVIF"
READABLE_VIDEOS = "MP4, MOV, WebM, MKV, AVI, MPEG, WMV or GIF"
"""For messages: the formats that people know."""
