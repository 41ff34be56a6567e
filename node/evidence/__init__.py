"""What happened, so that others can check it: entries, their chain, the tree above it, checkpoints, and bundles. Knows no disk and no clock."""
