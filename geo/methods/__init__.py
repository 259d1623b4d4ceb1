"""Compute every figure: each formula with its source, from a Dataset and Parameters."""
