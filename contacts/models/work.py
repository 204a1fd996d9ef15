"""What people do around a contact: tasks, notes, and being told."""

from django.db import models

from contacts.models.business import Business, User
from contacts.models.contact import Contact


class Task(models.Model):
    """Something that somebody should do for a contact."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200, blank=True, help_text="A person or a workflow.")

    class Meta:
        indexes = [models.Index(name="tasks_of_a_contact", fields=["contact", "-created_at", "-id"])]

    def __str__(self) -> str:
        return self.title


class Note(models.Model):
    """What a person wrote about a contact."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(name="notes_of_a_contact", fields=["contact", "-created_at", "-id"])]

    def __str__(self) -> str:
        return self.text[:60]


class Notification(models.Model):
    """A message to the people of a business: all of a role, a team, or one of them."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="notifications")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, blank=True, related_name="+")
    audience = models.CharField(
        max_length=260,
        help_text="`role:manager`, `team:NAME` or `user:EMAIL`, whoever that is when it is read.",
    )
    message = models.TextField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                name="notifications_newest_first",
                fields=["business", "audience", "-id"],
            )
        ]

    def __str__(self) -> str:
        return self.message[:60]


class NotificationRead(models.Model):
    notification = models.ForeignKey(Notification, models.CASCADE, related_name="reads")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="contacts_read_once_by_each", fields=["notification", "user"])
        ]

    def __str__(self) -> str:
        return f"{self.user} read {self.notification_id}"
