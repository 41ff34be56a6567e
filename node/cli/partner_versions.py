"""`n2n partner show, versions, diff, rollback, approve, reject`: what was agreed when, what changed, and who looked at it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli.invocation import Json, red, show, table
from node.cli.sheet_steps import (
    AnswerBy,
    Digest,
    Out,
    Overlap,
    PartnerName,
    Since,
    Until,
    Who,
    Why,
    acted,
    agreeing,
    change_row,
    check_out,
    next_file,
    proposed_next,
    times,
    told,
    version_row,
    write_file,
)

Version = Annotated[int, typer.Argument(metavar="VERSION", help="The number of a version: n2n partner versions NAME.")]
OnlyVersion = Annotated[int | None, typer.Argument(metavar="[VERSION]", help="A version; else the newest.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `n2n partner`."""
    group.command("show")(show_)
    for command in (versions, diff, rollback, approve, reject):
        group.command()(command)


def show_(
    name: PartnerName,
    version: OnlyVersion = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as one page in both languages.")] = None,
    out: Out = None,
    digest: Digest = "",
    _json: Json = False,
) -> None:
    """Show the sheet that is agreed with a partner, as people read it.

    Example: n2n partner show kr --html kr.html
    """
    from node.sheets.page import page
    from node.sheets.showing import document, text_lines
    from node.sheets.signing import write_signed

    with agreeing(name) as (_, steps):
        kept = told(lambda: steps.version(name, version, digest) if version is not None else steps.latest(name))
        weak = steps.weaknesses(kept.sheet)
        if html is not None:
            html.write_text(page(kept.signed, weak), "utf-8")
        if out is not None:
            out.write_bytes(write_signed(kept.signed))
        lines = [
            *text_lines(kept.signed, weak, lang if lang == "zh" else "en", red),
            "",
            f"{name}: version {kept.sheet.version} is {kept.state.value}"
            + (f", to be answered or approved by {kept.answer_by:%Y-%m-%dT%H:%M:%SZ}" if kept.answer_by else ""),
        ]
        show({**version_row(kept), **document(kept.signed, weak)}, lines)


def versions(name: PartnerName, _json: Json = False) -> None:
    """Show every version with a partner, from when to when it holds, and each step with who took it.

    Example: n2n partner versions kr
    """
    with agreeing(name) as (node, steps):
        now = node.clock.now()
        rows: list[dict[str, Any]] = [
            {
                **version_row(one),
                "in_force": one.holds(now),
                "approved_by": [each.who for each in node.versions.approvals(one.id)],
                "steps": [
                    {"at": each.at, "who": each.who, "event": each.event, "after": each.after, "why": each.why}
                    for each in node.versions.steps(one.id)
                ],
            }
            for one in told(lambda: steps.versions(name))
        ]
    heads = ("VERSION", "STATE", "FROM", "UNTIL", "ANSWER BY", "RISK", "IN FORCE", "PROPOSED BY", "APPROVED BY")
    cells = [
        [
            *(one[key] for key in ("version", "state", "from", "until", "answer_by", "risk")),
            "yes" if one["in_force"] else "no",
            one["proposed_by"],
            ", ".join(one["approved_by"]),
        ]
        for one in rows
    ]
    show({"partner": name, "versions": rows}, table(heads, cells))


def diff(
    name: PartnerName,
    before: Annotated[int | None, typer.Argument(metavar="[V1]", help="A version; else the one before the newest.")] = None,
    after: Annotated[int | None, typer.Argument(metavar="[V2]", help="Another; else the newest.")] = None,
    lang: Annotated[str, typer.Option(help="en or zh.")] = "en",
    _json: Json = False,
) -> None:
    """Show what differs between two versions, what that does, and how risky it is.

    Example: n2n partner diff kr 1 2
    """
    from node.sheets.changes import changes, risk_of, shown

    with agreeing(name) as (_, steps):
        new = told(lambda: steps.version(name, after) if after is not None else steps.latest(name))
        old = told(lambda: steps.version(name, before if before is not None else max(new.sheet.version - 1, 1)))
    found = changes(old.sheet, new.sheet)
    lines = [f"{name}: from version {old.sheet.version} to version {new.sheet.version}, risk {risk_of(found).value}"]
    for one in sorted(found, key=lambda one: -one.risk.weight):
        line = f"{one.risk.value}: {one.path}: {one.effect.zh if lang == 'zh' else one.effect.en}"
        lines.append(red(line) if one.effect.weaker else line)
        lines += [f"    - {shown(one.before)}", f"    + {shown(one.after)}"]
    document = {
        "partner": name,
        "before": old.sheet.version,
        "after": new.sheet.version,
        "risk": risk_of(found).value,
        "changes": [change_row(one) for one in found],
    }
    show(document, lines if found else [f"{lines[0]}: nothing differs"])


def rollback(
    name: PartnerName,
    version: Version,
    out: Out = None,
    since: Since = "",
    until: Until = "",
    overlap: Overlap = "24h",
    answer_by: AnswerBy = "",
    who: Who = "",
    why: Why = "",
    _json: Json = False,
) -> None:
    """Propose what an older version said as the next one: one command here, and the partner accepts it as any other.

    Example: n2n partner rollback kr 3 --why "their new certificate does not work" --out version-5.json
    """
    from node.agreeing import concerns_partner

    with agreeing(name) as (node, steps):
        check_out(out, next_file(steps, name))
        kept = told(lambda: steps.rollback(name, version, times(since, until, overlap, answer_by), acted(node, who, why)))
        written = write_file(out, kept, f"version-{kept.sheet.version}.json")
        found = steps.changes(name, kept.sheet)
        must = [one.path for one in concerns_partner(found)]
    following = proposed_next(kept, written)
    said = (
        f"the partner's node does something else by: {', '.join(must)}"
        if must
        else "the partner signs it, and its node does nothing else"
    )
    lines = [f"{name}: version {kept.sheet.version} says what version {version} said; risk {kept.risk.value}", said]
    lines += ["next:", *(f"  {one}" for one in following)]
    show({**version_row(kept), "file": str(written), "partner_must_change": must, "next": following}, lines)


def approve(name: PartnerName, version: Version, digest: Digest = "", who: Who = "", why: Why = "", _json: Json = False) -> None:
    """Approve a version as a second person; one of high risk becomes active only then.

    With --digest, as n2n partner show says it, nothing else is approved than what was looked at.

    Example: n2n partner approve kr 2 --who "Lin Mei" --why "fingerprint compared with Seoul"
    """
    from node.sheets.fingerprint import grouped

    with agreeing(name) as (node, steps):
        agreed = told(lambda: steps.approve(name, version, acted(node, who, why), digest))
        kept, names = agreed.kept, [one.who for one in node.versions.approvals(agreed.kept.id)]
    lines = [
        f"{name}: version {version} is approved by {', '.join(names)}, and {kept.state.value}",
        f"SHA-256 of what was approved: {grouped(kept.sheet.digest)}",
    ]
    lines += [agreed.waits_for] if agreed.waits_for else []
    show({**version_row(kept), "approved_by": names, "waits_for": agreed.waits_for}, lines)


def reject(name: PartnerName, version: Version, digest: Digest = "", who: Who = "", why: Why = "", _json: Json = False) -> None:
    """Refuse or take back a version that is not active; what is active goes on.

    Example: n2n partner reject kr 2 --why "the fingerprint differs"
    """
    with agreeing(name) as (node, steps):
        kept = told(lambda: steps.reject(name, version, acted(node, who, why), digest))
    show(version_row(kept), [f"{name}: version {version} is {kept.state.value}; tell the partner"])
