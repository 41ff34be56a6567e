"""What a document is, whether it is right, and whether its sender may say this now.

Eight *stages*, in order: safe octets, known type, structure, header, code lists, rules inside the document, what is on file and the life cycle, the seal. All
findings of a stage are told at once; a later stage is told only when no earlier one refuses or holds. Source: DESIGN 3.1.
"""
