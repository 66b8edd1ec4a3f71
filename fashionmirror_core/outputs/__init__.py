"""What leaves the engine: clips, look-books, reports, and the benchmark."""
