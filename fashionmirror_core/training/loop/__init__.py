"""The training loop: batches in their order, steps, checkpoints, and what a run shows and leaves behind."""
