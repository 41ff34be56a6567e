"""The environment variables that the command line reads."""

from collections.abc import Callable, Mapping
from pathlib import Path

from node.cli.problems import CommandFailed, ExitCode

#: Names the home where no --home is given.
HOME_VARIABLE = "N2N_HOME"
#: The password of every own key, or with `_SIGN` and the like appended of one.
PASSWORD_VARIABLE = "N2N_KEY_PASSWORD"  # noqa: S105 - the name of a variable
#: With `_NAME` appended: the password of a username token that agreements call by this name.
PULL_PASSWORD_VARIABLE = "N2N_PULL_PASSWORD"  # noqa: S105 - the name of a variable
#: Where systemd puts the credentials of a unit.
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
#: A fail point at which the process kills itself; for tests of crashes.
FAILPOINT_VARIABLE = "N2N_FAILPOINT"


def arm_failpoint(environment: Mapping[str, str]) -> str | None:
    """Arm the fail point that the environment names; its name. Raises CommandFailed for one that is not there."""
    name = environment.get(FAILPOINT_VARIABLE)
    if name:
        from node.failpoints import arm

        try:
            arm(name)
        except ValueError as error:
            raise CommandFailed(ExitCode.USAGE, FAILPOINT_VARIABLE, str(error)) from error
    return name or None


def passwords(environment: Mapping[str, str]) -> Callable[[str], bytes | None]:
    """The passwords of own keys by name; after `pull/` those of username tokens, after `env/` a variable, after `credential/` what systemd has passed."""

    def password(name: str) -> bytes | None:
        kind, slash, of_token = name.rpartition("/")
        if kind == "env":
            return environment[of_token].encode() if of_token in environment else None
        if kind == "credential":
            return _credential(environment, of_token)
        if slash:
            # Never the password of a key: it would be told to a partner.
            value = environment.get(f"{PULL_PASSWORD_VARIABLE}_{_plain(of_token)}") if kind == "pull" else None
            return value.encode() if value else None
        plain = _plain(name)
        value = environment.get(f"{PASSWORD_VARIABLE}_{plain}", environment.get(PASSWORD_VARIABLE))
        return value.encode() if value is not None else None

    return password


def _credential(environment: Mapping[str, str], name: str) -> bytes | None:
    """A file of the folder that systemd has made for this process alone."""
    folder = environment.get(CREDENTIALS_VARIABLE)
    if not folder or not name or name.startswith("."):
        return None
    try:
        return (Path(folder) / name).read_bytes()
    except OSError:
        return None


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in name).upper()
