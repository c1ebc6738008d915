"""`state.values` for every kind of field, and what Slack's client would not let a person type."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.sandbox.slack import FormError, View, text_of
from bot.sandbox.slack.forms import check_complete, enter, entered, state_of, values_of

Json = dict[str, Any]


def option(text: str, value: str) -> Json:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


ONE, TWO = option("One", "1"), option("Two", "2")
OPTIONS = [ONE, TWO]


def element(kind: str, **more: Any) -> Json:
    return {"type": kind, "action_id": "v", **more}


def view_of(*elements: Json, optional: bool = False) -> View:
    blocks = [
        {
            "type": "input",
            "block_id": f"b{index}",
            "label": {"type": "plain_text", "text": f"Field {index}"},
            "optional": optional,
            "element": each,
        }
        for index, each in enumerate(elements)
    ]
    return View("V1", "U1", "T1", {"title": {"type": "plain_text", "text": "Form"}, "blocks": blocks}, "h", "V1")


CASES: dict[str, tuple[Json, Any, str, Any]] = {
    "text": (element("plain_text_input"), "Hi", "value", "Hi"),
    "lines": (element("plain_text_input", multiline=True), "a\nb", "value", "a\nb"),
    "emptied text": (element("plain_text_input", initial_value="x"), None, "value", None),
    "text of nothing": (element("plain_text_input"), "", "value", None),
    "number": (element("number_input", is_decimal_allowed=True), 1.5, "value", "1.5"),
    "email": (element("email_text_input"), "a@b.example", "value", "a@b.example"),
    "url": (element("url_text_input"), "https://b.example", "value", "https://b.example"),
    "select": (element("static_select", options=OPTIONS), "Two", "selected_option", TWO),
    "grouped": (element("static_select", option_groups=[{"options": OPTIONS}]), "Two", "selected_option", TWO),
    "emptied select": (element("static_select", options=OPTIONS, initial_option=ONE), None, "selected_option", None),
    "multi select": (element("multi_static_select", options=OPTIONS), ["One", "Two"], "selected_options", OPTIONS),
    "one of many": (element("multi_static_select", options=OPTIONS), "One", "selected_options", [ONE]),
    "radio": (element("radio_buttons", options=OPTIONS), "One", "selected_option", ONE),
    "check boxes": (element("checkboxes", options=OPTIONS), ["Two"], "selected_options", [TWO]),
    "checked": (element("checkboxes", options=[ONE]), True, "selected_options", [ONE]),
    "unchecked": (element("checkboxes", options=[ONE], initial_options=[ONE]), False, "selected_options", []),
    "user": (element("users_select"), "U1", "selected_user", "U1"),
    "users": (element("multi_users_select"), ["U1", "U2"], "selected_users", ["U1", "U2"]),
    "conversation": (element("conversations_select"), "C1", "selected_conversation", "C1"),
    "channels": (element("multi_channels_select"), ["C1"], "selected_channels", ["C1"]),
    "date": (element("datepicker"), date(2026, 3, 1), "selected_date", "2026-03-01"),
    "time": (element("timepicker"), "09:30", "selected_time", "09:30"),
    "moment": (element("datetimepicker"), datetime(2026, 3, 1, tzinfo=UTC), "selected_date_time", 1772323200),
}


@pytest.mark.parametrize(("field", "answer", "key", "value"), CASES.values(), ids=CASES.keys())
def test_answer_becomes_slacks_state(field: Json, answer: Any, key: str, value: Any) -> None:
    """Each kind of field has its own key in the state."""
    assert entered(field, answer) == {"type": field["type"], key: value}


INITIAL: dict[str, tuple[Json, Json]] = {
    "text": (element("plain_text_input", initial_value="x"), {"value": "x"}),
    "empty text": (element("plain_text_input"), {"value": None}),
    "blank text": (element("plain_text_input", initial_value=""), {"value": None}),
    "select": (element("external_select", initial_option=ONE), {"selected_option": ONE}),
    "no choice": (element("multi_external_select"), {"selected_options": []}),
    "no users": (element("multi_users_select"), {"selected_users": []}),
    "date": (element("datepicker", initial_date="2026-03-01"), {"selected_date": "2026-03-01"}),
}


@pytest.mark.parametrize(("field", "state"), INITIAL.values(), ids=INITIAL.keys())
def test_untouched_field_keeps_what_it_began_with(field: Json, state: Json) -> None:
    """A field that nobody touched is in the state all the same."""
    assert state_of(field) == {"type": field["type"], **state}


WRONG: dict[str, tuple[Json, Any]] = {
    "a break in a line": (element("plain_text_input"), "a\nb"),
    "too long": (element("plain_text_input", max_length=3), "four"),
    "too short": (element("plain_text_input", min_length=3), "a"),
    "no number": (element("number_input", is_decimal_allowed=True), "many"),
    "no whole number": (element("number_input", is_decimal_allowed=False), "1.5"),
    "out of range": (element("number_input", is_decimal_allowed=False, max_value="10"), "11"),
    "no email": (element("email_text_input"), "ana"),
    "no link": (element("url_text_input"), "acme"),
    "no option": (element("static_select", options=OPTIONS), "Three"),
    "two for one": (element("static_select", options=OPTIONS), ["One", "Two"]),
    "too many": (element("multi_static_select", options=OPTIONS, max_selected_items=1), ["One", "Two"]),
    "never offered": (element("external_select"), "One"),
    "no date": (element("datepicker"), "tomorrow"),
}


@pytest.mark.parametrize(("field", "answer"), WRONG.values(), ids=WRONG.keys())
def test_what_slacks_client_refuses_is_an_error(field: Json, answer: Any) -> None:
    """What no person could enter never reaches the bot."""
    with pytest.raises(FormError):
        entered(field, answer)


def test_option_is_found_by_its_beginning_when_that_is_clear() -> None:
    """A person picks an option by its text; the beginning is enough when only one begins so."""
    offered = [option("Acme Inc (company)", "1"), option("Acme deal", "2"), option("Globex", "3")]
    field = element("external_select")
    assert entered(field, "Glo", offered)["selected_option"]["value"] == "3"
    with pytest.raises(FormError, match="no option 'Acme'"):
        entered(field, "Acme", offered)


def test_required_field_keeps_the_form_back() -> None:
    """An empty required field is refused, an optional one is not."""
    with pytest.raises(FormError, match="'Field 0' is required"):
        check_complete(view_of(element("plain_text_input")))
    check_complete(view_of(element("plain_text_input"), element("multi_users_select"), optional=True))


def test_fields_that_are_not_named_keep_their_values() -> None:
    """Filling in one field leaves the others as they are."""
    view = view_of(element("plain_text_input", initial_value="kept"), element("datepicker"))
    enter(view, {"Field 1": "2026-03-01"}, lambda block, action: ())
    assert values_of(view) == {
        "b0": {"v": {"type": "plain_text_input", "value": "kept"}},
        "b1": {"v": {"type": "datepicker", "selected_date": "2026-03-01"}},
    }


def test_form_is_read_as_a_person_sees_it() -> None:
    """Labels, what stands in the fields, and errors can be read."""
    view = view_of(element("plain_text_input", initial_value="Call Ada"))
    view.errors = {"b0": "Too short"}
    assert text_of(view) == "Form\nField 0\nCall Ada\nToo short"
