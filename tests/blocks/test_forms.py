"""Forms ask for exactly what the CRM has, and give back exactly what was there when nobody touched it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.blocks import ids
from bot.blocks.filled_in import FilledIn, read_form
from bot.blocks.forms import FormContext, form, loading, options, read_context, write_context
from bot.blocks.primitives import View
from bot.changes import Verb
from bot.fields import FIELDS, Holds, field
from bot.models import Choice, Emails, FullName, Kind, Link, Links, Money, Phone, Phones, Record, Ref, Refs, Value, When
from bot.sandbox.slack.blocks import check_options, check_view
from bot.sandbox.slack.forms import state_of

from blocks_samples import NOW, TZ, Samples, a_schema, an_id  # isort: skip

RECORDS = {record.kind: record for record in Samples().all if record.kind is not Kind.MEMBER}


def shown(record: Record, **changed: Value) -> View:
    context = FormContext(verb=Verb.UPDATE, kind=record.kind, record_id=record.id, record_name=record.name)
    return form(context, a_schema(record.kind), {**record.values, **changed}, timezone=TZ)


def submitted(view: View, **typed: dict[str, Any]) -> View:
    """The view as Slack sends it back: every input with its initial value, or with what was `typed`."""
    inputs = [(block["block_id"], block["element"]) for block in view["blocks"] if block["type"] == "input"]
    values = {key: {element["action_id"]: state_of(element)} for key, element in inputs}
    for key, answer in typed.items():
        values[key] = {action: {**state, **answer} for action, state in values[key].items()}
    return {**view, "state": {"values": values}}


def answered(record: Record, **typed: dict[str, Any]) -> FilledIn:
    return read_form(submitted(shown(record), **typed), FIELDS[record.kind], record.values, timezone=TZ)


def typed_into(kind: Kind, key: str, old: Value, **typed: Any) -> FilledIn:
    """What one field says after something was typed into it."""
    view = {"state": {"values": {key: {ids.INPUT: typed}}}}
    return read_form(view, [field(kind, key)], {key: old}, timezone=TZ, currency="EUR")


@pytest.mark.parametrize("kind", RECORDS)
def test_an_untouched_form_changes_nothing(kind: Kind) -> None:
    """Opened and submitted, every value comes back as it was: composites whole, moments to the millisecond."""
    record = RECORDS[kind]
    answers = answered(record)

    assert answers.errors == {}
    assert answers.values == {each.key: record.values.get(each.key) for each in FIELDS[kind]}


@pytest.mark.parametrize("kind", RECORDS)
def test_labels_are_the_fields_plain_names(kind: Kind) -> None:
    """Each input is labelled with its field's name and named by its key."""
    inputs = [block for block in shown(RECORDS[kind])["blocks"] if block["type"] == "input"]

    assert [(each.label, each.key) for each in FIELDS[kind]] == [(i["label"]["text"], i["block_id"]) for i in inputs]


@pytest.mark.parametrize(
    ("kind", "key", "value", "hint"),
    [
        (Kind.PERSON, "email", Emails("a@x.org", ("b@x.org",)), "The record has 1 more, and keeps it."),
        (
            Kind.PERSON,
            "phone",
            Phones(Phone("+1 555"), (Phone("+1 556"), Phone("+1 557"))),
            "With its country code, such as +1 555 0100. The record has 2 more, and keeps them.",
        ),
        (Kind.COMPANY, "domain", None, "A web address, such as acme.com."),
        (Kind.TASK, "assignee", None, "A member of the CRM, by name or email."),
        (Kind.TASK, "records", None, "Companies, people and deals, by name."),
    ],
)
def test_a_hint_says_what_fits_and_what_stays(kind: Kind, key: str, value: Value, hint: str) -> None:
    """It stays where a placeholder goes once something is typed."""
    (block,) = [each for each in shown(RECORDS[kind], **{key: value})["blocks"] if each.get("block_id") == key]
    assert block["hint"]["text"] == hint


def test_a_form_has_only_the_fields_of_this_crm() -> None:
    """A field that the connected CRM lacks is not asked for."""
    schema = msgspec.structs.replace(a_schema(Kind.COMPANY), fields=(field(Kind.COMPANY, "name"),))
    view = form(FormContext(verb=Verb.CREATE, kind=Kind.COMPANY), schema, {}, timezone=TZ)

    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == ["name"]


PHONES = Phones(Phone("5550100", "US", "+1"), (Phone("5550199", "US", "+1"),))
MAILS = Emails("ada@acme.example", ("countess@acme.example",))
SITES = Links(Link("https://acme.example", "Acme"), (Link("https://acme.example/shop"),))


@pytest.mark.parametrize(
    ("kind", "key", "old", "typed", "value"),
    [
        (Kind.PERSON, "email", MAILS, "new@acme.example", Emails("new@acme.example", MAILS.additional)),
        (Kind.PERSON, "email", MAILS, "", Emails("countess@acme.example")),
        (Kind.PERSON, "email", Emails("a@b.cd"), None, None),
        (Kind.PERSON, "phone", PHONES, "+44 20 7946 0958", Phones(Phone("+44 20 7946 0958"), PHONES.additional)),
        (Kind.PERSON, "phone", PHONES, "5550111", Phones(Phone("5550111", "", "+1"), PHONES.additional)),
        (Kind.PERSON, "phone", PHONES, "0044 20 7946 0958", Phones(Phone("0044 20 7946 0958"), PHONES.additional)),
        (Kind.PERSON, "phone", Phones(Phone("1", "DE")), "030 1234", Phones(Phone("030 1234", "DE"))),
        (Kind.PERSON, "phone", PHONES, "", Phones(Phone("5550199", "US", "+1"))),
        (Kind.PERSON, "name", None, "Ada King Lovelace", FullName("Ada", "King Lovelace")),
        (Kind.PERSON, "name", FullName("Mary Ann", "Lee"), "Mary Ann Smith", FullName("Mary Ann", "Smith")),
        (Kind.PERSON, "name", None, "Cher", FullName("Cher")),
        (Kind.PERSON, "name", None, "van der Berg, Anna", FullName("Anna", "van der Berg")),
        (Kind.PERSON, "name", FullName("Ada"), "Ada Lovelace, PhD", FullName("Ada", "Lovelace, PhD")),
        (Kind.COMPANY, "domain", SITES, "acme.org", Links(Link("https://acme.org", "Acme"), SITES.secondary)),
        (Kind.COMPANY, "domain", None, "http://acme.org/x", Links(Link("http://acme.org/x"))),
        (Kind.COMPANY, "employees", 5, "1200", 1200),
        (Kind.COMPANY, "employees", None, "2.5", 2.5),
        (Kind.COMPANY, "employees", 5, "", None),
        (Kind.DEAL, "amount", None, "€12.5k", Money(12_500_000_000, "EUR")),
        (Kind.DEAL, "amount", Money(1, "USD"), "12,500", Money(12_500_000_000, "USD")),
        (Kind.DEAL, "amount", None, "12", Money(12_000_000, "EUR")),
        (Kind.DEAL, "stage", None, "new business", Choice("NEW_BUSINESS")),
        (Kind.NOTE, "text", None, "  * a\n  * b\n\n", "  * a\n  * b"),
        (Kind.NOTE, "text", "x" * 3_001, "", "x" * 3_001),
        (Kind.NOTE, "text", "x" * 3_001, "shorter", "shorter"),
        (Kind.NOTE, "title", "Old", " New ", "New"),
    ],
)
def test_what_was_typed(kind: Kind, key: str, old: Value, typed: str | None, value: Value) -> None:
    """Text becomes a value; what hangs on the old value and was not touched stays with it."""
    answers = typed_into(kind, key, old, value=typed)

    assert answers.errors == {}
    assert answers.values == {key: value}


@pytest.mark.parametrize(
    ("kind", "key", "typed"),
    [
        (Kind.PERSON, "email", "ada at acme"),
        (Kind.PERSON, "email", "a@b.cd, e@f.gh"),
        (Kind.PERSON, "phone", "call me"),
        (Kind.PERSON, "phone", "123"),
        (Kind.PERSON, "phone", "415 555 0100"),
        (Kind.PERSON, "phone", "((--))"),
        (Kind.PERSON, "phone", "+1 415 555 0100 0200 0300 0400"),
        (Kind.COMPANY, "domain", "two words"),
        (Kind.COMPANY, "domain", "localhost"),
        (Kind.COMPANY, "domain", "http://acme/shop"),
        (Kind.COMPANY, "domain", "ada@acme.com"),
        (Kind.COMPANY, "domain", "https://bank.com@evil.com"),
        (Kind.COMPANY, "domain", "acme,com"),
        (Kind.PERSON, "linkedin", "ada"),
        (Kind.COMPANY, "employees", "many"),
        (Kind.COMPANY, "employees", "inf"),
        (Kind.COMPANY, "employees", "nan"),
        (Kind.DEAL, "amount", "a lot"),
        (Kind.NOTE, "title", "   "),
        (Kind.PERSON, "name", None),
        (Kind.PERSON, "name", " , "),
    ],
)
def test_what_does_not_fit_is_said_at_the_field(kind: Kind, key: str, typed: str | None) -> None:
    """The mistake is explained where it was made."""
    assert list(typed_into(kind, key, None, value=typed).errors) == [key]


def test_a_number_without_its_country_is_told_what_is_missing() -> None:
    """The sentence says what to add, before anybody has confirmed anything."""
    said = typed_into(Kind.PERSON, "phone", None, value="415 555 0100").errors["phone"]

    assert "country code" in said
    assert "+1 555 0100" in said


def test_pickers_give_days_and_moments() -> None:
    """A picked day is a whole day that no timezone shifts, a picked time a moment in UTC; emptied is None."""
    day = typed_into(Kind.DEAL, "close_date", None, selected_date="2026-05-04").values["close_date"]
    moment = typed_into(Kind.TASK, "due", None, selected_date_time=int(NOW.timestamp())).values["due"]

    assert day == When(NOW.replace(month=5, day=4, hour=12, minute=0), all_day=True)
    assert moment == When(NOW)
    assert typed_into(Kind.TASK, "due", When(NOW), selected_date_time=None).values == {"due": None}


def test_chosen_records_come_back_by_id() -> None:
    """Old ones keep their names, new ones take the option's, all removed is None, another kind is refused."""
    old = Refs((Ref(Kind.COMPANY, an_id(1), "Acme Inc"),))
    picked = options([Samples().company, Samples().person])["options"]
    person = picked[1]

    both = typed_into(Kind.NOTE, "records", old, selected_options=picked).values["records"]
    assert both == Refs((*old.to, Ref(Kind.PERSON, an_id(2), "Ada Lovelace")))
    assert typed_into(Kind.NOTE, "records", old, selected_options=[]).values == {"records": None}
    assert typed_into(Kind.NOTE, "records", old, selected_options=[{"value": f"member:{an_id(3)}"}]).errors
    assert typed_into(Kind.DEAL, "company", None, selected_option=person).errors
    assert typed_into(Kind.DEAL, "contact", None, selected_option=person).values["contact"] == both.to[1]
    assert typed_into(Kind.DEAL, "contact", None, selected_option={"value": "forged"}).errors


def test_a_whole_day_due_opens_in_the_morning() -> None:
    """A task's date without a time is shown as nine o'clock of the reader's day."""
    due = When(NOW.replace(hour=22, minute=0), all_day=True)  # the reader's midnight
    block = next(each for each in shown(RECORDS[Kind.TASK], due=due)["blocks"] if each.get("block_id") == "due")

    assert block["element"]["initial_date_time"] == int(NOW.replace(day=2, hour=7, minute=0).timestamp())


def test_the_thread_may_be_asked_for() -> None:
    """Whole thread is offered when there is one, and its answer comes back."""
    context = FormContext(verb=Verb.CREATE, kind=Kind.NOTE)
    view = form(context, a_schema(Kind.NOTE), {"title": "A"}, timezone=TZ, whole_thread=True)

    assert check_view(view) == []
    assert read_form(submitted(view), FIELDS[Kind.NOTE], {}, timezone=TZ).whole_thread
    unchecked = submitted(view, whole_thread={"selected_options": []})
    assert not read_form(unchecked, FIELDS[Kind.NOTE], {}, timezone=TZ).whole_thread


@given(st.text(max_size=400), st.text(max_size=400))
def test_the_context_survives(name: str, author: str) -> None:
    """What a form must remember fits into its metadata and comes back."""
    context = FormContext(verb=Verb.CREATE, kind=Kind.TASK, record_id=an_id(1), record_name=name, author=author)
    view = loading(context)

    assert len(view["private_metadata"]) <= 3_000
    assert read_context(view).record_id == an_id(1)
    assert write_context(read_context(view)) == view["private_metadata"]


@pytest.mark.parametrize("holds", list(Holds))
@given(text=st.text(max_size=120))
def test_reading_never_breaks(holds: Holds, text: str) -> None:
    """Whatever a client sends as text or option, the answer is a value or a sentence."""
    each = next((f for fields in FIELDS.values() for f in fields if f.holds is holds), None)
    if each is None:
        return
    option = {"value": text, "text": {"text": text}}
    state = {"value": text, "selected_option": option, "selected_options": [option], "selected_date": None}
    read_form({"state": {"values": {each.key: {"input": state}}}}, [each], {}, timezone=TZ)


def test_options_fit() -> None:
    """At most a hundred options, each once, whatever the records are called."""
    samples = Samples(lambda _: "<!here>" * 60)

    assert check_options(options([samples.company, samples.company, samples.person])) == []
    assert len(options([samples.company, samples.company])["options"]) == 1
    assert check_options(options([])) == []
