"""What may go wrong with a statement, in the same words for every database."""


class Error(Exception):
    """The database refuses a statement, or fails; the cause is its own exception."""


class ConstraintError(Error):
    """A row would break a rule of its table, such as a key that is taken."""


class DiskError(Error):
    """The disk, the memory or the server of the database fails and not the work: a message cannot be taken now."""


class FullError(DiskError):
    """No room is left."""


class LostError(DiskError):
    """The connection is gone, and nothing of the transaction is committed."""


class ConflictError(Error):
    """Another process's transaction was in the way; the same work may be done again."""
