"""Bodies in Liquid: what is refused when saving, and what comes out."""

import pytest

from messaging import templates
from messaging.templates import CannotRender, check_template, render

VARIABLES = {"contact.first_name", "business.name"}
ADA = {"contact": {"first_name": "Ada"}, "business": {"name": "Clinic"}}


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("Hi {{ contact.first_name }} of {{business.name}}", None),
        ("Hi {{ contact.first_name | default: 'there' | upcase }}", None),
        ("{% if contact.first_name == 'Ada' %}Hi{% endif %}", None),
        ("{% assign x = contact.first_name %}{{ x }}", None),
        ("no template at all", None),
        ("{{ contact.nickname }}", "Unknown variable contact.nickname"),
        ("{{ contact }}", "Unknown variable contact"),
        ("{{ contact.first_name.size }}", "Unknown variable contact.first_name.size"),
        ("{% if user.name %}x{% endif %}", "Unknown variable user.name"),
        ("{{ contact.first_name | shout }}", "Unknown filter shout"),
        ("{{ contact.first_name", "not a Liquid template"),
        ("{% if contact.first_name %}", "not a Liquid template"),
        ("{% render 'x' %}", "not a Liquid template"),
        ("{% for i in (1..10) reversed %}{% endfor %}", "range"),
        ("x" * 20_001, "longer than"),
        ("a\0b", "NUL"),
    ],
)
def test_a_template_is_checked_when_it_is_saved(source, complaint):
    wrong = check_template(source, variables=VARIABLES)

    assert wrong is None if complaint is None else complaint in (wrong or "")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{contact.first_name}}!", "Hi Ada!"),
        ("{{ contact.first_name }} of {{ business.name }}", "Ada of Clinic"),
        ("{{ contact.last_name }}|{{ user.name }}", "|"),
        ("{{ contact.first_name | upcase }}", "ADA"),
        ("{% if contact.first_name == 'Ada' %}yes{% endif %}", "yes"),
        ("}} { % no", "}} { % no"),
        ("{{ contact['first_name'] }}", "Ada"),
        ("{%- raw -%}{{ contact.first_name }}{% endraw %}", "{{ contact.first_name }}"),
    ],
)
def test_a_template_is_filled_in(source, text):
    assert render(source, ADA) == text


@pytest.mark.parametrize(
    "source", ["Hi {{ contact.first_name }}, {{business.name}} {{contact.zip}}.", "{{ a.b }}"]
)
def test_plain_variables_come_out_as_the_engine_itself_renders_them(source):
    assert render(source, ADA) == templates.ENVIRONMENT.from_string(source).render(**ADA)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaaaaaaaaaaaa'" * 10 + " }}",
        "{% assign a = '"
        + "x," * 200
        + "' | split: ',' %}{% for i in a %}{% for j in a %}{% endfor %}{% endfor %}",
        "{% assign a = '" + "x," * 400 + "' | split: ',' %}{% assign x = 'aaaaaaaaa' %}"
        "{% for i in a %}{% assign x = x | append: x %}{% endfor %}",
        "{% for i in (1..10000000000) reversed %}{% endfor %}",
        "{{ contact.first_name | truncate: 'x' }}",
        "{% break %}",
    ],
)
def test_what_would_grow_or_run_without_end_is_stopped(source):
    with pytest.raises(CannotRender):
        render(source, ADA)
