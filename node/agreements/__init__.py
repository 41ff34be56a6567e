"""What was agreed with whom: a preset (what a network prescribes) and an agreement (what two parties fixed) become P-Modes.

`profiles/messaging/NAME.toml` is a preset, `partners/NAME/agreement.toml` an agreement. Their keys are the standard's parameter names in the
standard's order (parameters.py); a key that this node does not know, or knows and cannot do, is refused by name. `Agreements` (agreements.py) is the
handler's port: it finds the P-Mode of a message, or says which came closest and why not (matching.py).
"""
