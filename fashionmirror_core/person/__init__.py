"""A photo becomes a subject: pose, matte, labels, limbs, and what of it goes."""
