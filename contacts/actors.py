"""Who does something, and what made them: given to every service that changes anything."""

from dataclasses import dataclass

from contacts.words import Source


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts. `label` is how the timeline names it: a person, a key, a workflow."""

    source: str
    label: str = ""
    role: str | None = None
    user_id: int | None = None

    @classmethod
    def contact(cls, label: str = "") -> "Actor":
        return cls(Source.CONTACT.value, label)

    @classmethod
    def provider(cls, label: str) -> "Actor":
        return cls(Source.PROVIDER.value, label)


@dataclass(frozen=True, slots=True)
class Cause:
    """The enrollment that stands behind a change, and how many workflows stand behind that one."""

    workflow_id: int | None = None
    enrollment_id: int | None = None
    depth: int = 0


NO_CAUSE = Cause()
