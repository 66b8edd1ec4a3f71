"""What a designer sees: the window, the viewer, the timeline and their neighbours."""
