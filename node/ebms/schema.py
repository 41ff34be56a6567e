"""Schema validation of eb:Messaging, with a schema of our own in `schemas/`."""

import threading
from importlib.resources import as_file, files
from typing import Any, Final

from lxml import etree

from node.ebms.errors import EbmsError, InvalidHeader
from node.ebms.header_reader import Element, message_id_of
from node.ebms.xml import compile_schema


def check_schema(messaging: Element) -> None:
    """The element has the shape that the schema gives eb:Messaging.

    Raises EbmsError InvalidHeader, which names the first difference.
    """
    schema = _schema()
    if not schema.validate(messaging):
        # spec: C 6.7.1
        raise EbmsError(InvalidHeader, _first_difference(schema), ref_to_message_id=message_id_of(messaging))


# libxml2 makes a validation context for each call and only reads the compiled schema, so the verdict would be right with one schema for all
# threads. But lxml keeps the error log on the schema object, and a thread that failed could read the reason of another's message: a log line about
# the wrong partner. Hence one compiled schema for each thread (about 1 ms, once), and no lock.
class _Compiled(threading.local):
    schema: etree.XMLSchema | None = None


_compiled: Final = _Compiled()


def _schema() -> etree.XMLSchema:
    if _compiled.schema is None:
        with as_file(files("node.ebms") / "schemas") as folder:
            _compiled.schema = compile_schema(file=str(folder / "messaging.xsd"))
    return _compiled.schema


def _first_difference(schema: etree.XMLSchema) -> str:
    log: Any = schema.error_log  # a list of entries, which the stubs do not say
    return str(log[0].message)[:400] if len(log) else "eb:Messaging is not valid"
