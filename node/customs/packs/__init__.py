"""Document types as files: a *pack* brings types with their schema, *rules*, code lists, profiles, life cycles, maps, labels and samples.

A pack is read from its files with every problem collected; it is made active only when its own samples fare as they say.
"""
