"""Files of contacts: brought in, mapped, checked, and written as contacts. Call as `importing.bring(...)`.

What a file says about DND is written by whoever sees `dnd`: here it is read, kept with the row, and handed on.
"""

from contacts.services.importing.bringing import bring
from contacts.services.importing.choosing import choose, discard, go
from contacts.services.importing.planning import Plan, plans
from contacts.services.importing.repeats import find_repeats
from contacts.services.importing.staging import stage
from contacts.services.importing.telling import problems_file
from contacts.services.importing.writing import Written, keep_counted, write

__all__ = [
    "Plan",
    "Written",
    "bring",
    "choose",
    "discard",
    "find_repeats",
    "go",
    "keep_counted",
    "plans",
    "problems_file",
    "stage",
    "write",
]
