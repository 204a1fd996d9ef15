import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0001_initial"),
        ("workflows", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Setback",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="contacts.event",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=1)),
                (
                    "error",
                    models.CharField(
                        help_text="The error's class and where it was raised; no personal data.", max_length=200
                    ),
                ),
                ("retry_at", models.DateTimeField()),
            ],
        ),
    ]
