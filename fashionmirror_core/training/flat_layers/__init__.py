"""Layers moved in the picture plane: what the networks of stage II learn on, and how training bends photos."""
