"""What the log of evidence is told of each command: a command either changes nothing that a court would ask about, or writes an act."""

from typing import Final

_FILES: Final = "before: who, what, why; behind: each file with its digest before and after, and its octets without secrets"
_AGREED: Final = "each step with the signed file as it is then, in the transaction of the step"
_UPDATE: Final = "each step with the request, and with the answer where there is one, in the transaction of the step"
_SENT: Final = "who, why, the partner; in the first transaction of what is submitted"
_MESSAGE: Final = "for each message who, why, its state before and after, in the transaction of the step"
_DOCUMENT: Final = "who, the reason, the document; in the transaction of the decision"

#: By the words of the command: what its act says.
ACTS: Final = {
    "init": "who made the home, and every file of it: the first entry of the log",
    "serve": "at its start and while it runs: what was changed in files without a command",
    "submit": _SENT,
    "doctor": "with `--ping`, as of n2n partner ping; else it changes nothing",
    "partner add": _FILES,
    "partner ping": _SENT,
    "partner offer": _AGREED,
    "partner accept": _AGREED,
    "partner counter": _AGREED,
    "partner activate": _AGREED,
    "partner propose": _AGREED,
    "partner rollback": _AGREED,
    "partner approve": _AGREED,
    "partner reject": _AGREED,
    "partner update": _UPDATE,
    "partner update-accept": _UPDATE,
    "partner update-reject": _UPDATE,
    "partner gate": "whether the gate was passed, with its record, in the transaction of the record",
    "partner import": _FILES,
    "cert add": _FILES,
    "cert add-crl": "before and behind, with the list that was taken in",
    "cert switch": _FILES,
    "message resend": _MESSAGE,
    "message cancel": _MESSAGE,
    "message hold": _MESSAGE,
    "message release": _MESSAGE,
    "message deliver-again": _MESSAGE,
    "message keep": "who and why, in the transaction of the order",
    "document release": _DOCUMENT,
    "document refuse": _DOCUMENT,
    "document keep": _DOCUMENT,
    "co use": _SENT,
    "co ask": _SENT,
    "co reply": _SENT,
    "co verify": _SENT,
    "aeo verify": _SENT,
    "aeo publish": _SENT,
    "aeo own import": "who, why and the file, in the transaction that takes it in",
    "notice send": _SENT,
    "notice ack": _SENT,
    "notice withdraw": _SENT,
    "pack new": _FILES,
    "pack activate": _FILES,
    "codelist import": _FILES,
    "reconcile run": _SENT,
    "retention run": "who ordered it; what was removed is told by entries of its own",
    "directory publish": "before and behind, with what was signed",
    "evidence hold": "for each message, or for the partner: who, why and the number of the case, in the transaction of the order",
    "evidence release": "for each message, or for the partner: who and why, in the transaction of the order",
    "evidence import": "who, why, out of which place, up to which page of its index",
}

#: Commands that change nothing and are written all the same, as `evidence.retrieved`: evidence is nobody's reading matter.
RETRIEVALS: Final = {
    "evidence search": "who, why and what was asked, before anything is shown",
    "evidence show": "who, why and the message, before anything is shown",
    "evidence export": "who, why and the messages, before the bundle is made",
    "evidence archive": "who, why and the place, before anything is taken there; the last page of its index behind",
}

#: Commands that change nothing of a home; those that need none, and those that make homes of their own.
READS: Final = frozenset(
    {
        *("time", "explain", "demo", "bench", "simulate"),
        *("partner list", "partner explain", "partner check", "partner retry-plan", "partner show", "partner versions"),
        *("partner diff", "partner updates", "partner gates", "partner gate-records", "partner export", "partner compare"),
        *("profile list", "profile show", "profile diff"),
        *("cert list", "cert revocations", "cert try", "cert forecast"),
        *("message list", "message show"),
        *("document check", "document convert", "document seal", "document verify", "document list", "document show"),
        *("document late", "document batch"),
        *("co show", "co list", "consignment show", "manifest show"),
        # Who asked for what is in a log of its own: n2n aeo queries.
        *("aeo lookup", "aeo match", "aeo board", "aeo queries", "aeo own list"),
        *("notice list", "notice show", "pack list", "pack check", "codelist list"),
        *("reconcile compare", "reconcile show", "retention plan"),
        *(
            "evidence verify",
            "evidence authority",
            "evidence holds",
            "evidence retrievals",
            "evidence archive-check",
            "audit list",
            "audit show",
        ),
        *("directory list", "directory find"),
    }
)

#: What a node does by itself, on a standing order that is an act: what of it is written.
SERVED: Final = {
    "a file of the settings was changed by hand": "that it was, with its digest and octets before and after; by whom is not known",
    "the admin port": "nothing: it only tells",
    "a version of an agreement ends, or nobody answered it in time": "the step, by n2n",
    "a partner asks for new certificates, or answers": "the step, by the partner's name; nobody but two people here accepts it",
    "another of our keys takes over": "nothing more: n2n cert switch, or the change of node.toml, has said when",
    "retention": "`evidence.purged` for what is removed, with the rule",
    "lists of operators, nights, receipts, answers": "the messages that go out",
    "revocation lists are fetched": "with each message that they were asked about",
}
