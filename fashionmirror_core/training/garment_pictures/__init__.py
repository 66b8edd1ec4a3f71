"""Labelled photos of single garments as training data of the clothes encoder (``networks/garment_encoder``)."""
