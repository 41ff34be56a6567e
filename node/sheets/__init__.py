"""What two administrations agreed, as one file that both sign: its octets, its signatures, its two readings, and the differences between versions in words.

`Sheet` is the agreement without taking sides: party `a` offered it, party `b` accepts it. `SignedSheet` (signing.py) is the file. `view.py` turns a sheet into
the tables of an agreement.toml as one of the two sees them. The package knows no disk, clock or database: octets, time and keys come in as arguments.
Source: decision 22.
"""
