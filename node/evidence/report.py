"""The report of a bundle: one page for people in each language, which asks nothing of any network and can be printed. Source: ux 1.6."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape as in_html
from typing import Any, Final

from node.evidence.case import Case
from node.evidence.commands import MOST, PREPARATION, Step, steps
from node.evidence.entry import Clock, Entry, read_instant
from node.evidence.finding import Check, Finding
from node.evidence.manifest import FILE, Manifest, read_manifest
from node.evidence.report_words import CHECKS, KINDS, OUTCOMES, label
from node.evidence.story import Moment, Story, stories
from node.evidence.verify import examine
from node.evidence.words import LANGUAGES

#: Before every log.
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: What is said of a time that a message says of itself, where it is not as agreed.
_TIMELINESS: Final = {"stale": "time-stale", "ahead": "time-ahead", "unreadable": "time-unreadable"}
_STYLE = """
body{font:1rem/1.5 "Noto Sans TC","PingFang TC","Microsoft JhengHei",Georgia,serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.25rem;border-top:2px solid #111;padding-top:.8rem;margin-top:2rem}h3{font-size:1.05rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
pre{background:#f3f3f3;border:1px solid #bbb;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.75rem}
.mark{font-weight:bold;white-space:nowrap}.fails{color:#9b0000}.outcome{font-size:1.2rem;font-weight:bold}
li{margin:.4rem 0}dt{font-weight:bold}dd{margin:0 0 .5rem 0}
@media print{body{margin:0;max-width:none;font-size:10pt}h2,h3,dt{break-after:avoid}tr,li,dd{break-inside:avoid}}
"""


def reports(files: Mapping[str, bytes], at: datetime) -> dict[str, bytes]:
    """The pages of a bundle by their names, from its other files. Raises ManifestRefused."""
    case, findings = examined(files, at)
    told = stories(case, findings)
    commands = list(steps(case))
    return {
        f"report.{language}.html": "".join(_page(case, findings, told, commands, zh)).encode()
        for zh, language in enumerate(LANGUAGES)
    }


def examined(files: Mapping[str, bytes], at: datetime) -> tuple[Case, list[Finding]]:
    """The files as the checks go through them, and what they find. Raises ManifestRefused."""
    case = Case(files, read_manifest(files[FILE]), at)
    return case, examine(case)


def _page(case: Case, findings: list[Finding], told: list[Story], commands: list[Step], zh: int) -> Iterator[str]:
    manifest = case.manifest
    yield f'<!DOCTYPE html>\n<html lang="{LANGUAGES[zh]}"><head><meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_l('title', zh)}</title><style>{_STYLE}</style></head><body><h1>{_l('title', zh)}</h1>"
    yield f"<p>{_l('made', zh)}: {moment(manifest.made_at)}, {_l('by', zh)} {escape(manifest.made_by)}. {_l('log', zh)}: {escape(manifest.log)}.</p>"
    yield f"<p>{escape(scope_of(manifest, zh))} {_l('utc', zh)}</p>"
    yield f"<p>{_l('reading', zh)}{' ' + _l('redacted', zh) if manifest.redacted else ''}</p>"
    for story in told:
        yield from _story(story, zh)
    yield f"<h2>{_l('whole', zh)}</h2>"
    yield from _findings([one for one in findings if one.check not in (Check.SIGNATURES, Check.RECEIPTS)], zh)
    yield f"<p>{_l('seal-later', zh)}</p>"
    yield from _anchors(case, zh)
    yield from _commands(commands, len(told), zh)
    yield "</body></html>\n"


def _story(story: Story, zh: int) -> Iterator[str]:
    exchange = story.exchange
    heading, proves, does_not, acts = (pair[zh].format(partner=exchange.partner) for pair in OUTCOMES[story.outcome])
    yield f'<h2>{_l("message", zh)} {escape(exchange.message_id)}</h2><p class="outcome">{escape(heading)}</p><dl>'
    for name, value in header_rows(story, zh):
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
    yield f"</dl><h3>{_l('when', zh)}</h3><table><tr>"
    yield "".join(f"<th>{_l(name, zh)}</th>" for name in ("entry", "fact", "at", "offset", "before")) + "</tr>"
    for one in story.moments:
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in moment_row(one, zh)) + "</tr>"
    yield "</table>"
    if particular := particular_rows(story, zh):
        yield "<ul>" + "".join(f"<li>{escape(one)}</li>" for one in particular) + "</ul>"
    if story.parts:
        yield f"<h3>{_l('payloads', zh)}</h3><table><tr><th>{_l('name', zh)}</th><th>{_l('size', zh)}</th><th>SHA-256</th></tr>"
        for part in story.parts:
            size = _l("absent", zh) if part.size is None else str(part.size)
            yield f"<tr><td>{part.name}</td><td>{size}</td><td><code>{part.sha256}</code></td></tr>"
        yield "</table>"
    if story.signatures:
        yield f"<h3>{_l('signatures', zh)}</h3>"
        yield from _findings(list(story.signatures), zh)
    if story.six:
        yield f"<h3>{_l('six', zh)}</h3>"
        yield from _findings(list(story.six), zh)
    yield f"<dl><dt>{_l('proves', zh)}</dt><dd>{escape(proves)}</dd><dt>{_l('not', zh)}</dt><dd>{escape(does_not)}</dd>"
    yield f"<dt>{_l('acts', zh)}</dt><dd>{escape(acts)}</dd></dl>"


def scope_of(manifest: Manifest, zh: int) -> str:
    """What the bundle is about, and that it tells of nothing else."""
    scope, many = manifest.scope, len(manifest.exchanges)
    count = label("one" if many == 1 else "many", zh).format(many=many)
    if "messages" in scope:
        return label("scope-messages", zh).format(count=count)
    begins, ends = read_instant(scope["from"]), read_instant(scope["to"])
    # Whoever names no time means all of it.
    since = label("beginning", zh) if begins <= _BEGINNING else moment(begins)
    return label("scope-time", zh).format(count=count, partner=scope["partner"], since=since, until=moment(ends))


def header_rows(story: Story, zh: int) -> list[tuple[str, str]]:
    """Between whom, which way, and what the header of the message says."""
    exchange, message = story.exchange, story.message
    rows = [("partner", exchange.partner), ("direction", label(exchange.direction, zh))]
    if message is not None:
        info = message.collaboration_info
        rows += [
            ("written", message.message_info.timestamp),
            ("from", ", ".join(one.value for one in message.from_party.party_ids)),
            ("to", ", ".join(one.value for one in message.to_party.party_ids)),
            ("service", f"{info.service.value}, {info.action}"),
            ("conversation", info.conversation_id),
        ]
    return [(label(name, zh), value) for name, value in rows]


def moment_row(one: Moment, zh: int) -> tuple[str, ...]:
    """One entry as the cells of a table."""
    before = label("no-stamp", zh) if one.before is None else moment(one.before)
    return str(one.number), KINDS[one.kind.value][zh], moment(one.at), offset(one.clock, zh), before


def particular_rows(story: Story, zh: int) -> list[str]:
    """The entries of a story that say more than their kind, each with its number."""
    told = ((one.number, particulars(one.entry, zh)) for one in story.moments)
    return [f"{label('entry', zh)} {number}: {said}" for number, said in told if said]


def particulars(entry: Entry, zh: int) -> str:
    """What an entry says beyond its kind: who did what and why, what an attempt brought, or that a message was too old or ahead. Empty where that is nothing."""
    facts = entry.facts
    if "who" in facts:
        return f"{facts['who']}: {facts.get('what', '')} ({facts.get('why', '')})"
    said = [": ".join(str(facts[name]) for name in ("event", "detail") if facts.get(name)), _timeliness(facts.get("time"), zh)]
    return "; ".join(filter(None, said))


def _timeliness(time: Any, zh: int) -> str:
    """Why somebody should look at the time that a message says; empty where it is as agreed."""
    if not isinstance(time, Mapping) or (said := _TIMELINESS.get(str(time.get("timeliness")))) is None:
        return ""
    age = time.get("age_ms")
    seconds = f"{abs(age) / 1000:,.3f}" if isinstance(age, int) else "?"
    return label(said, zh).format(timestamp=time.get("timestamp", ""), seconds=seconds)


def offset(clock: Clock | None, zh: int) -> str:
    """How far the clock of the node was off, in words."""
    if clock is None:
        return label("unknown-offset", zh)
    said = {"ms": abs(clock.offset_ms), "within": clock.within_ms, "source": clock.source, "at": moment(clock.measured_at)}
    return label("ahead" if clock.offset_ms >= 0 else "behind", zh).format_map(said)


def mark(finding: Finding, zh: int) -> str:
    """Whether it holds, as a sign and a word."""
    if finding.is_note:
        return f"• {label('note', zh)}"
    return f"✘ {label('bad', zh)}" if finding.fails else f"✔ {label('ok', zh)}"


def _findings(findings: list[Finding], zh: int) -> Iterator[str]:
    yield "<ul>"
    for one in findings:
        number = f"{one.step}. " if one.step else ""
        style = "mark fails" if one.fails else "mark"
        yield f'<li><span class="{style}">{mark(one, zh)}</span> {number}{escape(one.says(LANGUAGES[zh]))}</li>'
    yield "</ul>"


def anchors_of(case: Case, zh: int) -> list[tuple[str, str, str]]:
    """Whose anchors these are, their names, and their fingerprints."""
    signers = case.manifest.signers
    rows = [(label("node", zh), signers.node), *signers.partners.items(), (label("time", zh), signers.time)]
    return [(whose, one.subject, one.sha256) for whose, row in rows for one in case.certificates(row)]


def _anchors(case: Case, zh: int) -> Iterator[str]:
    yield f"<h2>{_l('anchors', zh)}</h2><p>{_l('anchors-why', zh)}</p><table><tr>"
    yield "".join(f"<th>{_l(name, zh)}</th>" for name in ("whose", "subject", "fingerprint")) + "</tr>"
    for whose, subject, digest in anchors_of(case, zh):
        yield f"<tr><td>{escape(whose)}</td><td>{escape(subject)}</td><td><code>{digest}</code></td></tr>"
    yield "</table>"


def _commands(commands: list[Step], exchanges: int, zh: int) -> Iterator[str]:
    yield f"<h2>{_l('self', zh)}</h2><p>{_l('self-why', zh)}</p>"
    if exchanges > MOST:
        yield f"<p>{escape(label('self-few', zh).format(most=MOST))}</p>"
    yield f'<h3>{_l("prepare", zh)}</h3><pre class="sh">{escape(PREPARATION)}</pre>'
    for one in commands:
        named = [CHECKS[one.check.value][zh], label("step", zh).format(step=one.step) if one.step else "", one.about]
        yield f'<h3>{escape(", ".join(filter(None, named)))}</h3><pre class="sh">{escape(one.script)}</pre>'


def moment(at: datetime) -> str:
    """As the report writes it."""
    return f"{at:%Y-%m-%d %H:%M:%S.%f} UTC"


def visible(text: str) -> str:
    """The text, in which what nobody sees, and what would turn the writing of others, stands by its number."""
    return text if text.isprintable() else "".join(one if one.isprintable() else f"[U+{ord(one):04X}]" for one in text)


def escape(text: str) -> str:
    """The text as part of a page."""
    return in_html("\n".join(map(visible, text.split("\n"))))


def _l(name: str, zh: int) -> str:
    return escape(label(name, zh))
