"""What runs off the GUI thread: the engine, pose extraction, exports; and the store of rendered frames."""
