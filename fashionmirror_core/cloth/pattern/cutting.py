import sys
sys.path.insert(0, "/work/wt/lead")
from dataclasses import replace
import numpy as np


def cut(garment, mannequin, tailoring):
    from tests.core.cloth import patterns

    p = patterns.skirt(mannequin) if garment.category == "lower" else patterns.tee(mannequin, spacing=0.02)
    f = p.flat
    h, w = garment.image.shape[:2]
    t = (f - f.min(0)) / np.ptp(f, axis=0) * np.array([w - 1, h - 1])
    return replace(p, texel=t)
