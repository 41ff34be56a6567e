"""The tables of what was recorded of the files of a home; as `tables`, never imported by a node in service."""

from sqlmodel import Field, SQLModel


class ConfiguredPlaceRow(SQLModel, table=True):
    """One home on this store: where several nodes work on one database, each has files of its own."""

    __tablename__ = "configured_place"
    __table_args__ = {"sqlite_with_rowid": False}

    place: str = Field(primary_key=True)
    #: Keys the digests of what may hold a secret.
    salt: str
    #: Sizes and times of all files, as one digest: as long as it is the same, nothing was changed.
    mark: str
    #: JSON: the order that changes files right now, or was cut off; empty for none.
    under_way: str


class ConfiguredFileRow(SQLModel, table=True):
    """One file as the log of evidence says that it is."""

    __tablename__ = "configured_file"
    __table_args__ = {"sqlite_with_rowid": False}

    place: str = Field(primary_key=True)
    #: Below the home.
    path: str = Field(primary_key=True)
    #: Its size and times, so that what stands still is not read.
    stat: str
    #: By which another content is known.
    seal: str
    #: JSON: what the log says of it.
    told: str
