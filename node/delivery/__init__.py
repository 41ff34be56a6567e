"""To the national system: accepted messages become folders that a Consumer can take away."""
