"""A picture of a garment becomes a Garment: cut out, its kind known, its landmarks and parts found."""
