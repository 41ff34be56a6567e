"""Ratios against the crypto floor and against peers, measured alternately in one run. Never imported by the node."""
