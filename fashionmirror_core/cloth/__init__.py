"""The garment on the body: its fit, its size, and which place of the garment each place of the person wears."""
