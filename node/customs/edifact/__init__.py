"""UN/EDIFACT: interchanges, segment tables, CUSCAR to the canonical manifest and back, and CUSRES.

An *interchange* is what lies between UNB and UNZ and holds *messages*, from UNH to UNT. A message is a row of *segments*; a segment has *elements*, and these have
*components*. A *table* says which segments may stand where and what their elements look like; a *mapping* says which element is which field of the canonical
document. Both are files of a pack: this package gets their octets.
"""
