"""Arithmetic on pictures and masks as arrays: nothing here knows what a picture shows."""
