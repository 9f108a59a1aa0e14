"""Reads the digits: the only folder, with training, that imports Keras."""
