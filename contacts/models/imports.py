"""A file of contacts on its way in: its pieces, and its rows as they were read."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from contacts.models.business import Business


class ImportQuerySet(models.QuerySet["Import"]):
    def of(self, business: Business | int) -> Self:
        return self.filter(business=business)


class Import(models.Model):
    """One file of contacts. Three numbers say how far it is, each written with the work that it counts.

    `read_to`: the last row that was read into `ImportRow`. `checked_to`: the last of which is known what it would
    change. `written_to`: the last that has changed its contact. Whoever is killed goes on after them.
    """

    class State(models.TextChoices):
        MAPPING = "mapping", "Waits for its columns"
        CHECKING = "checking", "Is being checked"
        CHECKED = "checked", "Checked, not yet imported"
        RUNNING = "running", "Is being imported"
        DONE = "done", "Imported"
        DISCARDED = "discarded", "Discarded"

    class Match(models.TextChoices):
        EMAIL = "email", "Email"
        PHONE = "phone", "Phone"

    business = models.ForeignKey(Business, models.PROTECT, related_name="+")
    filename = models.CharField(max_length=200)
    size = models.BigIntegerField()
    lines = models.BigIntegerField(help_text="Lines of the file, from which progress is judged.")
    note = models.CharField(max_length=400, blank=True, help_text="What to look at after decoding.")
    delimiter = models.CharField(max_length=1)
    headers = models.JSONField(default=list)
    header_row = models.BigIntegerField(default=1)
    header_ends = models.BigIntegerField(default=0)
    samples = models.JSONField(default=list, help_text="The first rows, for the page that maps columns.")
    fingerprint = models.CharField(max_length=64)
    targets = models.JSONField(default=list, help_text="What each column means, in the order of the columns.")
    match = models.CharField(max_length=5, choices=Match, default=Match.EMAIL)
    tags = models.JSONField(default=list, help_text="Put on every contact of the file.")
    starts = models.BooleanField(
        default=True, help_text="Whether workflows may start because a contact was created or tagged."
    )
    state = models.CharField(max_length=9, choices=State, default=State.MAPPING)
    read_to = models.BigIntegerField(default=0)
    read_bytes = models.BigIntegerField(default=0, help_text="Where the row after `read_to` begins.")
    read_whole = models.BooleanField(default=False)
    checked_to = models.BigIntegerField(default=0)
    written_to = models.BigIntegerField(default=0)
    found = models.JSONField(default=dict, help_text="What the check counted.")
    result = models.JSONField(default=dict, help_text="What the import did.")
    check_jobs = ArrayField(
        models.BigIntegerField(), default=list, help_text="Jobs that checked it as it is now."
    )
    run_jobs = ArrayField(models.BigIntegerField(), default=list, help_text="Jobs that imported of it.")
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="imports_by_their_headers", fields=["business", "fingerprint", "-id"]),
        ]

    def __str__(self) -> str:
        return self.filename


class ImportPiece(models.Model):
    """A part of the file, in UTF-8. Removed when the import is over."""

    source = models.ForeignKey(Import, models.CASCADE, related_name="pieces", db_index=False)
    start = models.BigIntegerField(help_text="The place of its first byte in the file.")
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contacts_each_place_of_a_file_once", fields=["source", "start"])
        ]

    def __str__(self) -> str:
        return f"{self.source}, from byte {self.start}"


class ImportRow(models.Model):
    """A row that could be read. Removed when the import is over.

    The table is logged as every other: what a person was shown and agreed to is what is imported, also after
    the database itself has crashed in between.
    """

    source = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    number = models.BigIntegerField(help_text="As a spreadsheet counts: the header is row 1.")
    external_id = models.CharField(max_length=200, blank=True)
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    numbers = ArrayField(models.CharField(max_length=254), default=list)
    labels = ArrayField(models.CharField(max_length=40), default=list, help_text="One for each number.")
    lines = ArrayField(
        models.CharField(max_length=9), default=list, help_text="One line type for each number."
    )
    timezone = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=200), default=list)
    status_id = models.BigIntegerField(null=True, blank=True)
    blocks = models.PositiveSmallIntegerField(default=0, help_text="Bit mask of channels to block.")
    frees = models.PositiveSmallIntegerField(default=0, help_text="Bit mask of channels said to be free.")
    address_keys = ArrayField(
        models.BigIntegerField(), default=list, help_text="What is locked for its addresses."
    )
    id_key = models.BigIntegerField(null=True, blank=True, help_text="What is locked for its external id.")
    same_as = models.BigIntegerField(
        null=True, blank=True, help_text="The earlier row about the same contact, which is imported instead."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contacts_each_row_of_a_file_once", fields=["source", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.source}, row {self.number}"
