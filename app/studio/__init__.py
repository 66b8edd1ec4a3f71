"""The controllers that stand between the document, the engine and the window."""
