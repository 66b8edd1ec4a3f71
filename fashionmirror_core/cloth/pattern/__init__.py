"""Sewing patterns: a garment's picture and a body become panels, sewn and meshed."""
