"""What comes in from files and goes out to them: pictures (``images``) and video (``probing``, ``reading``, ``writing``).

Import from the modules: ffmpeg is looked for only when it is used, and nothing here loads cv2 until a picture of more
than 8 bits asks for it.
"""
