"""The person as layers that move: how they are cut from the photo, and how a skeleton carries them."""
