"""From a parsed file to chunks: slices that an encoder reads whole, cut where the text itself parts."""
