"""The durable record: exchanges going out, messages that came in, their octets, their history, and what was refused.

`StoredMessages` (messages.py) is the handler's `Messages` port on SQLite or PostgreSQL; `FileQuarantine` (files.py) its `Quarantine`. Their twins in memory are in
in_memory.py. All writing goes through one `GroupCommit` (group_commit.py): a caller returns when the transaction with its rows is on disk.
What a statement says in the words of each database is one `Wording`; what else differs is behind the protocols of connection.py.
The tables are SQLModel classes (tables.py) and the statements SQLAlchemy Core over them (statements.py); what runs is their text, prepared when the
code is written (prepared.py), so that a node in service loads neither library.
"""
