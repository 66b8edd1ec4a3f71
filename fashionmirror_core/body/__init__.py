"""The body under the clothes: the one place that knows anatomy."""
