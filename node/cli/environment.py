"""The environment variables that the command line reads."""

from collections.abc import Callable, Mapping

#: Names the home where no --home is given.
HOME_VARIABLE = "N2N_HOME"
#: The password of every own key, or with `_SIGN` and the like appended of one.
PASSWORD_VARIABLE = "N2N_KEY_PASSWORD"  # noqa: S105 - the name of a variable


def passwords(environment: Mapping[str, str]) -> Callable[[str], bytes | None]:
    """The passwords of own keys by name."""

    def password(name: str) -> bytes | None:
        plain = "".join(c if c.isalnum() else "_" for c in name).upper()
        value = environment.get(f"{PASSWORD_VARIABLE}_{plain}", environment.get(PASSWORD_VARIABLE))
        return value.encode() if value is not None else None

    return password
