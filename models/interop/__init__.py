"""Other people's weight formats, in and out."""
