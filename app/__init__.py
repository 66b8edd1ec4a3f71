"""The studio: everything that needs Qt lives here, and nothing in the core knows it."""
