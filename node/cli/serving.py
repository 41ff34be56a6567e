"""The serving process of `n2n serve`: `python -m node.cli.serving HOME LOG [--json]`; nothing of it is typed by people."""

import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from node.cli.environment import arm_failpoint, passwords
from node.cli.log import set_up
from node.cli.problems import ExitCode, tell

if TYPE_CHECKING:
    from node.service import Service


def main(words: Sequence[str]) -> int:
    """Serve a home until told to stop; the exit code."""
    folder, log, as_json = Path(words[0]), words[1], "--json" in words[2:]
    set_up(as_json=log == "json")
    try:
        from node.app import Node
        from node.service import serve

        if armed := arm_failpoint(os.environ):
            logging.getLogger("node").warning("fail point %s is armed: the node will kill itself there", armed)
        node = Node.open(folder, passwords(os.environ))
        try:
            serve(node, lambda service: announce(service, as_json=as_json))
        finally:
            node.close()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told in one line with its exit code
        return tell(error, as_json=as_json)
    return ExitCode.DONE


def announce(service: "Service", *, as_json: bool) -> None:
    """Say where the node is to be found, as soon as it is."""
    home = service.node.home
    admin = f"http://127.0.0.1:{service.admin.address[1]}" if service.admin else None
    inbox = home.data / "inbox"
    if as_json:
        document = {
            "party_id": home.party_ids[0].value,
            "address": service.address,
            "admin": admin,
            "inbox": str(inbox),
            "pid": os.getpid(),
        }
        print(json.dumps(document, ensure_ascii=False), flush=True)
        return
    print(f"{home.party_ids[0].value} listens on {service.address}")
    print(f"accepted messages appear in {inbox}" + (f"; health and status: {admin}/status" if admin else ""))
    print(f"next: n2n --home {home.folder} submit --partner NAME FILE --wait 30", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
