"""`n2n serve`: the node at work."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.invocation import Json, current

if TYPE_CHECKING:
    from node.app import Service


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    log: Annotated[str | None, typer.Option(help="text or json; else text on a terminal.")] = None,
    _json: Json = False,
) -> None:
    """Receive, send and deliver until SIGTERM or Ctrl-C; the log goes to standard error.

    Accepted messages appear as folders in data/inbox.
    """
    from node.app import Node
    from node.app import serve as run
    from node.cli.log import set_up

    set_up(as_json=(log or ("text" if sys.stderr.isatty() else "json")) == "json")
    node = Node.open(current.home_folder(), current.passwords())
    try:
        run(node, _announce)
    finally:
        node.close()


def _announce(service: "Service") -> None:
    home = service.node.home
    admin = f"http://127.0.0.1:{service.admin.address[1]}" if service.admin else None
    inbox = home.data / "inbox"
    document = {"party_id": home.party_ids[0].value, "address": service.address, "admin": admin, "inbox": str(inbox)}
    if current.as_json:
        print(json.dumps(document, ensure_ascii=False), flush=True)
        return
    print(f"{document['party_id']} listens on {service.address}", flush=True)
    print(f"accepted messages appear in {inbox}" + (f"; health and status: {admin}/status" if admin else ""), flush=True)
    print("next: n2n submit --partner NAME --action ACTION FILE --wait 30", flush=True)
