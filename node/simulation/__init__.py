"""Whole nodes under one simulated clock, network, disk and chance: years of trouble in minutes, and the same again from the same seed."""
