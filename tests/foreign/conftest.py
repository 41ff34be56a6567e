"""Samples shaped like the files of other products, presets, and agreements read from text."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from node.agreements.agreement import Agreement, Known, Us, read_agreement
from node.agreements.presets import read_preset
from node.agreements.resolve import Layer
from node.configuration import Problems
from node.ebms.message import PartyId

SAMPLES = Path(__file__).with_name("samples")
PRESETS = (Path(__file__).parents[2] / "profiles" / "messaging",)
UNREGISTERED = "urn:oasis:names:tc:ebcore:partyid-type:unregistered"
US = PartyId("TW-CUSTOMS", UNREGISTERED)
#: Files of each sample by its name.
FILES = {
    "domibus": ["domibus.xml"],
    "holodeck": ["holodeck/pull.xml", "holodeck/push.xml"],
    "cppa3": ["cppa3.xml"],
    "phase4": ["phase4.json"],
}


@pytest.fixture(params=FILES)
def sample(request: pytest.FixtureRequest) -> tuple[str, dict[str, bytes]]:
    return request.param, {Path(one).name: (SAMPLES / one).read_bytes() for one in FILES[request.param]}


#: Among more presets others may come as near.
PROFILES = ("edelivery-as4-1.15", "edelivery-as4-1.15-pull", "edelivery-as4-2.0-eddsa", "edelivery-as4-2.0-ecdsa", "bdew-as4-1.1")


@pytest.fixture(scope="session")
def presets() -> Mapping[str, Layer]:
    found = {name: read_preset(name, PRESETS, Problems()) for name in PROFILES}
    return {name: one.whole() for name, one in found.items() if one is not None}


class AnyName(dict[str, Any]):
    """Whatever certificate an agreement names is there."""

    def __contains__(self, name: object) -> bool:
        return True


@pytest.fixture
def agreement(tmp_path: Path) -> Callable[[str], Agreement]:
    """An agreement of partner `hub` from the text of its file."""

    def read(text: str, ours: PartyId = US) -> Agreement:
        folder = tmp_path / "hub"
        folder.mkdir(exist_ok=True)
        (folder / "agreement.toml").write_text(text)
        problems = Problems()
        known = Known(Us((ours,), "sign", "encrypt"), AnyName(), AnyName(), PRESETS)
        found = read_agreement(folder, known, problems)
        assert found is not None, "\n".join(map(str, problems.found))
        return found

    return read
