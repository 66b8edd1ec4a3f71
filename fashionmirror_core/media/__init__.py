"""What comes in from files and goes out to them: pictures (``images``) and video (``video``).

Import from the two modules: ``video`` looks for ffmpeg only when it is used, and nothing here loads cv2 until a picture
of more than 8 bits asks for it.
"""
