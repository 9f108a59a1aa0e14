"""The thin front end: it knows no model and imports no NumPy, Pillow or Keras."""
