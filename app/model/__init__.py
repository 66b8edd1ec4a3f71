"""The document: what a designer works on, observable and undoable, without widgets."""
