"""What a workflow may be made of: every mistake is blamed on its own path, with a sentence that says what to do."""

import pytest

from contacts.services.errors import Invalid
from workflows import definition
from workflows.definition import steps as step_kinds
from workflows.definition import triggers as trigger_kinds
from workflows.matching import MATCHERS
from workflows.steps import KINDS

WAIT = {"kind": "wait", "for": "1h"}
IF = {"kind": "if_else", "condition": {"field": "dnd.sms", "op": "is", "value": True}}


def errors(**data):
    with pytest.raises(Invalid) as caught:
        definition.read({"name": "Flow"} | data)
    return caught.value.errors


def of_step(step):
    return errors(steps=[{"kind": "stop"}, step])


def of_trigger(trigger):
    return errors(triggers=[trigger])


def of_dnd(**filters):
    return of_trigger({"type": "contact_dnd", "filters": filters})


def nested(depth):
    inner = [{"kind": "stop"}]
    for _ in range(depth - 1):
        inner = [IF | {"then": inner}]
    return inner


def grouped(depth):
    condition = {"field": "tag", "op": "is_empty"}
    for _ in range(depth - 1):
        condition = {"all": [condition]}
    return IF | {"condition": condition}


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ({"kind": "send_sms"}, "body"),
        ({"kind": "send_sms", "body": ""}, "body"),
        ({"kind": "send_sms", "body": " \n "}, "body"),
        ({"kind": "send_sms", "body": 5}, "body"),
        ({"kind": "send_sms", "body": None}, "body"),
        ({"kind": "send_sms", "body": ["x"]}, "body"),
        ({"kind": "send_sms", "body": "a\0b"}, "body"),
        ({"kind": "send_sms", "body": "half \ud83d"}, "body"),
        ({"kind": "send_sms", "body": "x" * 1_601}, "body"),
        ({"kind": "send_sms", "body": "x", "subject": "y"}, "subject"),
        ({"kind": "send_sms", "body": "x", "wait.for": "y"}, "wait.for"),
        ({"kind": "make_call"}, "say"),
        ({"kind": "make_call", "say": " "}, "say"),
        ({"kind": "make_call", "say": "x" * 1_601}, "say"),
        ({"kind": "make_call", "say": "x", "body": "x"}, "body"),
        ({"kind": "send_whatsapp"}, "body"),
        ({"kind": "send_whatsapp", "body": "x" * 1_601}, "body"),
        ({"kind": "send_facebook", "body": ""}, "body"),
        ({"kind": "send_gmb", "body": "x", "subject": "y"}, "subject"),
        ({"kind": "send_email", "body": "x"}, "subject"),
        ({"kind": "send_email", "subject": "two\nlines", "body": "x"}, "subject"),
        ({"kind": "send_email", "subject": "x" * 201, "body": "x"}, "subject"),
        ({"kind": "send_email", "subject": "x", "body": "x" * 20_001}, "body"),
        ({"kind": "send_preferred"}, "text"),
        ({"kind": "send_preferred", "text": " "}, "text"),
        ({"kind": "send_preferred", "text": "x" * 1_601}, "text"),
        ({"kind": "send_preferred", "call": 5}, "call"),
        ({"kind": "send_preferred", "email": "x"}, "email"),
        ({"kind": "send_preferred", "email": {"subject": "x"}}, "email.body"),
        ({"kind": "send_preferred", "email": {"subject": "x", "body": "y", "cc": "z"}}, "email.cc"),
        ({"kind": "send_preferred", "body": "x"}, "body"),
        ({"kind": "add_tag"}, "tag"),
        ({"kind": "add_tag", "tag": "x" * 201}, "tag"),
        ({"kind": "remove_tag", "tag": {}}, "tag"),
        ({"kind": "set_dnd", "enable": True, "channels": "all"}, "direction"),
        ({"kind": "set_dnd", "direction": "automations", "enable": True, "channels": "all"}, "direction"),
        ({"kind": "set_dnd", "direction": "outbound", "channels": "all"}, "enable"),
        ({"kind": "set_dnd", "direction": "outbound", "enable": "yes", "channels": "all"}, "enable"),
        ({"kind": "set_dnd", "direction": "outbound", "enable": 1, "channels": "all"}, "enable"),
        ({"kind": "set_dnd", "direction": "outbound", "enable": True}, "channels"),
        ({"kind": "set_dnd", "direction": "outbound", "enable": True, "channels": []}, "channels"),
        ({"kind": "set_dnd", "direction": "outbound", "enable": True, "channels": "sms"}, "channels"),
        ({"kind": "set_dnd", "direction": "outbound", "enable": True, "channels": ["fax"]}, "channels.0"),
        (
            {"kind": "set_dnd", "direction": "inbound", "enable": True, "channels": ["sms", "email"]},
            "channels",
        ),
        ({"kind": "set_dnd", "direction": "inbound", "enable": True, "channels": "all", "note": 1}, "note"),
        ({"kind": "add_to_workflow"}, "workflow"),
        ({"kind": "add_to_workflow", "workflow": 12}, "workflow"),
        ({"kind": "add_to_workflow", "workflow": "twelve"}, "workflow"),
        ({"kind": "add_to_workflow", "workflow": "9" * 19}, "workflow"),
        ({"kind": "remove_from_workflow"}, "which"),
        ({"kind": "remove_from_workflow", "which": "others"}, "which"),
        ({"kind": "remove_from_workflow", "which": "another"}, "workflow"),
        ({"kind": "remove_from_workflow", "which": "all", "workflow": "1"}, "workflow"),
        ({"kind": "internal_notification", "to": "managers"}, "message"),
        ({"kind": "internal_notification", "message": "x"}, "to"),
        ({"kind": "internal_notification", "to": "managers", "message": "x" * 2_001}, "message"),
        ({"kind": "create_task"}, "title"),
        ({"kind": "create_task", "title": "x", "due_in": "2 h"}, "due_in"),
        ({"kind": "create_task", "title": "x", "due_in": 2}, "due_in"),
        ({"kind": "wait"}, "for"),
        ({"kind": "wait", "for": "1.5h"}, "for"),
        ({"kind": "wait", "for": "-1h"}, "for"),
        ({"kind": "wait", "for": "1w"}, "for"),
        ({"kind": "wait", "for": "٣h"}, "for"),
        ({"kind": "wait", "for": "366d"}, "for"),
        ({"kind": "wait", "for": "999999999d"}, "for"),
        ({"kind": "wait", "for": "1h", "until": "2027-01-01T00:00:00Z"}, "until"),
        ({"kind": "wait", "until": "tomorrow"}, "until"),
        ({"kind": "wait", "until": "2027-01-01T00:00:00"}, "until"),
        ({"kind": "wait", "until": "2027-02-30T00:00:00Z"}, "until"),
        ({"kind": "wait", "until": "0001-01-01T00:00:00+14:00"}, "until"),
        ({"kind": "wait", "until": "9999-12-31T23:59:59Z"}, "until"),
        ({"kind": "stop", "why": "x"}, "why"),
        ({"kind": "if_else"}, "condition"),
        (IF | {"then": {}}, "then"),
        (IF | {"else": [{"kind": "add_tag"}]}, "else.0.tag"),
        (IF | {"then": [IF | {"else": [{"kind": "send_sms"}]}]}, "then.0.else.0.body"),
        (IF | {"otherwise": []}, "otherwise"),
        ({"kind": "add_tag", "tag": "x", "then": []}, "then"),
        ({"kind": "make_coffee"}, "kind"),
        ({"kind": ["stop"]}, "kind"),
        ({"tag": "x"}, "kind"),
    ],
)
def test_a_mistake_in_a_step_is_blamed_on_its_path(step, path):
    assert list(of_step(step)) == [f"steps.1.{path}"]


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        ("dnd.sms", ""),
        ({}, ".field"),
        ({"field": "dnd.fax", "op": "is", "value": True}, ".field"),
        ({"field": "contact.password", "op": "is", "value": "x"}, ".field"),
        ({"field": {}, "op": "is", "value": True}, ".field"),
        ({"field": "dnd.sms", "op": "contains", "value": True}, ".op"),
        ({"field": "dnd.sms", "op": ["is"], "value": True}, ".op"),
        ({"field": "dnd.sms", "op": "is", "value": "yes"}, ".value"),
        ({"field": "dnd.sms", "op": "is"}, ".value"),
        ({"field": "dnd.state", "op": "is", "value": "some"}, ".value"),
        ({"field": "dnd.state", "op": "any_of", "value": []}, ".value"),
        ({"field": "dnd.state", "op": "any_of", "value": ["on", "some"]}, ".value.1"),
        ({"field": "tag", "op": "is", "value": ""}, ".value"),
        ({"field": "tag", "op": "any_of", "value": "vip"}, ".value"),
        ({"field": "tag", "op": "any_of", "value": ["vip", 1]}, ".value.1"),
        ({"field": "tag", "op": "is_empty", "value": True}, ".value"),
        ({"field": "tag", "op": "is", "value": "vip", "not": True}, ".not"),
        ({"all": []}, ".all"),
        ({"any": {}}, ".any"),
        ({"all": [{"field": "tag", "op": "is"}]}, ".all.0.value"),
        ({"all": [{"field": "tag", "op": "is_empty"}], "any": []}, ".any"),
    ],
)
def test_a_mistake_in_a_condition_is_blamed_on_its_path(condition, path):
    assert list(of_step(IF | {"condition": condition})) == [f"steps.1.condition{path}"]


@pytest.mark.parametrize(
    ("filters", "path"),
    [
        ({"direction": "both"}, "direction"),
        ({"direction": None}, "direction"),
        ({"direction": "automations"}, "direction"),
        ({"flag": "enabled"}, "flag"),
        ({"flag": "enabled_specific"}, "channels"),
        ({"flag": "enabled_specific", "channels": []}, "channels"),
        ({"flag": "disabled_specific", "channels": "sms"}, "channels"),
        ({"flag": "disabled_specific", "channels": ["sms", "fax"]}, "channels.1"),
        ({"flag": "enabled_all", "channels": ["sms"]}, "channels"),
        ({"flag": "disabled_all", "channels": ["sms"]}, "channels"),
        ({"channels": ["sms"]}, "channels"),
        ({"direction": "inbound", "flag": "enabled_specific", "channels": ["sms", "email"]}, "channels"),
        ({"tags": ["vip"]}, "tags"),
        ({"tags": {"op": "any_of"}}, "tags.values"),
        ({"tags": {"op": "any_of", "values": []}}, "tags.values"),
        ({"tags": {"op": "none_of", "values": []}}, "tags.values"),
        ({"tags": {"op": "any_of", "values": "vip"}}, "tags.values"),
        ({"tags": {"op": "any_of", "values": ["vip", None]}}, "tags.values.1"),
        ({"tags": {"op": "any_of", "values": ["t"] * 101}}, "tags.values"),
        ({"tags": {"op": "has", "values": ["vip"]}}, "tags.op"),
        ({"tags": {"op": "any_of", "values": ["vip"], "case": True}}, "tags.case"),
        ({"sources": ["staff"]}, "sources.0"),
        ({"sources": "user"}, "sources"),
        ({"reasons": ["user_request", "bored"]}, "reasons.1"),
        ({"statuses": []}, "statuses"),
    ],
)
def test_a_mistake_in_a_filter_is_blamed_on_its_path(filters, path):
    assert list(of_dnd(**filters)) == [f"triggers.0.filters.{path}"]


@pytest.mark.parametrize(
    ("trigger", "path"),
    [
        ("contact_dnd", ""),
        ({}, ".type"),
        ({"type": "full_moon"}, ".type"),
        ({"type": []}, ".type"),
        ({"type": "manual", "filters": []}, ".filters"),
        ({"type": "manual", "filters": {"tags": {"op": "any_of", "values": ["vip"]}}}, ".filters.tags"),
        ({"type": "manual", "name": 1}, ".name"),
        ({"type": "manual", "name": "x" * 201}, ".name"),
        ({"type": "manual", "when": "now"}, ".when"),
        ({"type": "do_not_contact_changed", "filters": {"enabled": "on"}}, ".filters.enabled"),
        ({"type": "tag_added", "filters": {"channels": ["sms"]}}, ".filters.channels"),
    ],
)
def test_a_mistake_in_a_trigger_is_blamed_on_its_path(trigger, path):
    assert list(of_trigger(trigger)) == [f"triggers.0{path}"]


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0"}, "name"),
        ({"settings": []}, "settings"),
        ({"settings": {"allow_reentry": "yes"}}, "settings.allow_reentry"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"triggers": {}}, "triggers"),
        ({"triggers": [{"type": "manual"}] * 51}, "triggers"),
        ({"steps": "none"}, "steps"),
        ({"steps": [{"kind": "stop"}] * 201}, "steps"),
        ({"steps": ["stop"]}, "steps.0"),
        ({"published": True}, "published"),
    ],
)
def test_a_mistake_in_a_workflow_is_blamed_on_its_path(data, path):
    assert list(errors(**data)) == [path]


def test_every_mistake_is_told_at_once_in_one_sentence_each():
    found = errors(steps=[{"kind": "send_sms"}, {"kind": "add_tag"}], triggers=[{"type": "x"}], name="")

    assert set(found) == {"name", "steps.0.body", "steps.1.tag", "triggers.0.type"}
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in found.values())


def test_a_strange_key_can_be_shown():
    [path] = errors(**{"half \ud83d key\0" + "x" * 500: 1})

    assert path.encode()
    assert len(path) <= 100


@pytest.mark.parametrize("data", [None, [], "flow", 5])
def test_what_is_no_object_is_no_workflow(data):
    with pytest.raises(Invalid):
        definition.read(data)


def test_steps_nest_ten_deep_and_conditions_five():
    definition.read({"name": "x", "steps": nested(10)})
    assert list(errors(steps=nested(11))) == ["steps" + ".0.then" * 10]
    definition.read({"name": "x", "steps": [grouped(5)]})
    assert list(errors(steps=[grouped(6)])) == ["steps.0.condition" + ".all.0" * 4]


def test_a_condition_has_at_most_fifty_parts():
    part = {"field": "tag", "op": "is_empty"}
    definition.read({"name": "x", "steps": [IF | {"condition": {"any": [part] * 49}}]})
    assert list(of_step(IF | {"condition": {"any": [part] * 50}})) == ["steps.1.condition"]


def test_steps_in_branches_count():
    assert list(errors(steps=[IF | {"then": [WAIT] * 100, "else": [WAIT] * 100}])) == ["steps"]


def test_a_workflow_is_kept_in_one_form():
    found = definition.read(
        {
            "name": "  Two   words ",
            "settings": {"allow_reentry": True},
            "triggers": [{"type": "tag_added", "filters": {"tags": {"op": "any_of", "values": [" a  b "]}}}],
            "steps": [
                {"kind": "wait", "until": "2027-01-01T09:00:00+02:00"},
                IF,
                {"kind": "add_to_workflow", "workflow": "007"},
            ],
        }
    )

    assert found.name == "Two words"
    assert found.settings == {"allow_reentry": True, "remove_when_all_dnd": False}
    assert found.triggers == [
        {"type": "tag_added", "name": "", "filters": {"tags": {"op": "any_of", "values": ["a b"]}}}
    ]
    assert found.steps[0] == {"kind": "wait", "until": "2027-01-01T07:00:00Z"}
    assert found.steps[1] == IF | {"then": [], "else": []}
    assert found.steps[2] == {"kind": "add_to_workflow", "workflow": "7"}


def test_reading_what_was_kept_changes_nothing():
    kept = definition.read({"name": "x", "steps": [IF | {"then": [WAIT]}], "triggers": [{"type": "manual"}]})
    again = definition.read(
        {"name": kept.name, "settings": kept.settings, "triggers": kept.triggers, "steps": kept.steps}
    )

    assert again == kept


def test_each_kind_of_step_and_trigger_has_its_function():
    assert set(KINDS) == set(step_kinds.KINDS)
    assert set(MATCHERS) | {"manual"} == set(trigger_kinds.FILTERS)


def test_the_program_says_what_follows_each_step():
    a, b, c, d = ({"kind": "add_tag", "tag": name} for name in "abcd")
    stop = {"kind": "stop"}
    program = definition.compile_program(
        definition.read(
            {"name": "x", "steps": [a, IF | {"then": [b, IF | {"else": [c]}], "else": [stop]}, d]}
        ).steps
    )

    assert [(s["path"], s["kind"], s["next"], s["else"]) for s in program] == [
        ("0", "add_tag", 1, None),
        ("1", "if_else", 2, 5),
        ("1.then.0", "add_tag", 3, None),
        ("1.then.1", "if_else", 6, 4),
        ("1.then.1.else.0", "add_tag", 6, None),
        ("1.else.0", "stop", None, None),
        ("2", "add_tag", None, None),
    ]


def test_an_empty_branch_leads_to_what_follows():
    program = definition.compile_program(definition.read({"name": "x", "steps": [IF, WAIT, IF]}).steps)

    assert [(s["next"], s["else"]) for s in program] == [(1, 1), (2, None), (None, None)]
    assert program[1]["config"] == {"for": 3600}
