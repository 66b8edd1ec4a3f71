"""How far the engine is from the truth, in numbers and pictures."""
