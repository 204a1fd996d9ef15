"""Bad input, said per field in one sentence each."""

from collections.abc import Mapping


class Invalid(ValueError):
    """The input does not fit. `errors` maps the dotted path of each field to one sentence that names the fix.

    `codes`: by path, what programs are told where there is a more exact word than `invalid`.
    """

    def __init__(self, errors: Mapping[str, str], codes: Mapping[str, str] | None = None) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)
        self.codes = dict(codes or {})


class RoleRequired(PermissionError):
    """This needs another role."""

    def __init__(self, role: str) -> None:
        super().__init__(f"This needs the role {role}.")
        self.role = role


class Conflict(Exception):
    """What is there already does not allow this. `code` is the problem's code over REST."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
