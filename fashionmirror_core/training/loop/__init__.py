"""The training loop: batches in their order, steps, checkpoints, and the output of a run."""
