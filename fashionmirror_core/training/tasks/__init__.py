"""What is learned, a file a task."""
