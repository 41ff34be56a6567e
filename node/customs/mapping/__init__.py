"""Documents in other people's forms: a *map* is a table of paths, read in both directions; what does not go across is told as a *loss*."""
