"""Statistics: intervals, paired tests, corrections, power. Arrays in, plain values out."""
