"""Names to keys and certificates: `certs/own` (our keys), `certs/partners` (what partners sign and encrypt with), `certs/trust` (anchors).

`read_folder` (folder.py) reads what lies there; `Keyring` (keyring.py) is the handler's port over it; `find_path` of `node.security.path` judges a certificate.
Time is always told.
"""
