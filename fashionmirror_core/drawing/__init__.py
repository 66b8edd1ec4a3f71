"""Frames at the photo's resolution: background, composition, and masks that were painted by hand."""
