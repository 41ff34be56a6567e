"""`n2n simulate`: years of trouble between whole nodes in minutes, and the same again from the same seed."""

from typing import Annotated

import typer

from node.cli.invocation import Json, current, show
from node.cli.problems import CommandFailed, ExitCode


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    seed: Annotated[int, typer.Option(help="The same seed is the same run.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, help="So many runs, with seeds from --seed on.")] = 1,
    nations: Annotated[int, typer.Option(min=2, help="Nodes, each with about six partners.")] = 30,
    days: Annotated[
        int, typer.Option(min=1, help="Days of traffic and trouble; then everything works until all is settled.")
    ] = 365,
    messages: Annotated[int, typer.Option(min=1, help="Documents that producers hand over.")] = 10_000,
    shorten: Annotated[bool, typer.Option(help="Cut a run that breaks a promise down to few events.")] = True,
    _json: Json = False,
) -> None:
    """Whole nodes under one simulated clock, network and disk: outages of weeks, crashes at any step, lost and damaged answers.

    Every message must be delivered once, or fail and say why. Exit code 1 if a promise was broken; the report then ends with the shortest run
    that breaks it.
    """
    from node.simulation.plan import make_plan
    from node.simulation.report import figures, lines, story
    from node.simulation.shrink import shrink
    from node.simulation.year import run

    found = []
    for one in range(seed, seed + seeds):
        try:
            plan = make_plan(one, nations, days, messages)
        except ValueError as error:
            raise CommandFailed(ExitCode.USAGE, "simulate", str(error), "give larger numbers") from error
        outcome = run(plan)
        found.append(figures(outcome))
        if not current.as_json:
            print("\n".join(lines(outcome)), flush=True)
        if outcome.violations and shorten:
            invariant = outcome.violations[0].invariant
            plan = shrink(plan, lambda smaller: any(each.invariant == invariant for each in run(smaller).violations))  # noqa: B023
            found[-1]["story"] = list(story(plan, run(plan)))
            if not current.as_json:
                print("\n".join(found[-1]["story"]), flush=True)
    if current.as_json:
        show({"runs": found}, ())
    raise typer.Exit(ExitCode.NO if any(one["violations"] for one in found) else ExitCode.DONE)
