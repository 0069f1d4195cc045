"""Experiments: data, training, and the tools around them."""
