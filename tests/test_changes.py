"""A change is data: what it does, whether it went stale, and what takes it back, for any record and any change."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.changes import (
    Change,
    FieldChange,
    Verb,
    decode,
    differences,
    encode,
    inverse,
    is_applied,
    moved,
    new_values,
    rebased,
    seal,
)
from bot.models import Choice, Emails, FullName, Kind, Money, Phone, Phones, Record, Ref, Value, When

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    TEXT,
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.builds(FullName, TEXT, TEXT),
    st.builds(Money, st.integers(0, 10**15), st.sampled_from(["EUR", "USD"])),
    st.builds(Emails, TEXT, st.lists(TEXT, max_size=2).map(tuple)),
    st.builds(Phones, st.builds(Phone, TEXT, TEXT, TEXT), st.just(())),
    st.builds(Choice, TEXT),
    st.builds(Ref, st.sampled_from(list(Kind)), TEXT, TEXT),
    st.builds(When, st.datetimes(timezones=st.just(UTC)), st.booleans()),
)
FIELDS = st.dictionaries(st.sampled_from(["name", "email", "phone", "amount", "stage", "due"]), VALUES)


def record_of(values: dict[str, Value]) -> Record:
    return Record(kind=Kind.PERSON, id="11111111-1111-4111-8111-111111111111", name="Ada", values=values)


def update_of(record: Record, wanted: dict[str, Value]) -> Change:
    fields = differences(record, wanted)
    return Change(verb=Verb.UPDATE, kind=record.kind, record_id=record.id, name=record.name, fields=fields)


def applied(change: Change, values: dict[str, Value]) -> dict[str, Value]:
    """The field values after the update."""
    return {**values, **new_values(change)}


@given(before=FIELDS, wanted=FIELDS)
def test_an_update_and_its_inverse_give_back_every_touched_field(before, wanted):
    """Applying any change and then its inverse leaves each touched field as it was."""
    change = update_of(record_of(before), wanted)

    after = applied(change, before)
    back = applied(inverse(change), after)

    assert {key: back.get(key) for key in wanted} == {key: before.get(key) for key in wanted}
    assert {key: value for key, value in back.items() if key not in wanted} == {
        key: value for key, value in before.items() if key not in wanted
    }


@given(before=FIELDS, wanted=FIELDS)
def test_a_change_survives_the_store_and_keeps_its_seal(before, wanted):
    """What is read back is the same change with the same seal."""
    change = update_of(record_of(before), wanted)

    assert decode(encode(change)) == change
    assert seal(decode(encode(change))) == seal(change)


@given(before=FIELDS, wanted=FIELDS, behind_our_back=FIELDS)
def test_only_touched_fields_can_go_stale(before, wanted, behind_our_back):
    """Somebody else's edit makes a change stale exactly when it moved a touched field to a third value."""
    change = update_of(record_of(before), wanted)
    now = record_of({**before, **behind_our_back})

    stale = {each.key for each in moved(change, now)}

    touched = {each.key: each for each in change.fields}
    assert stale == {key for key, each in touched.items() if now.values.get(key) not in (each.old, each.new)}


@given(before=FIELDS, wanted=FIELDS, behind_our_back=FIELDS)
def test_a_rebased_change_is_fresh_and_means_the_same(before, wanted, behind_our_back):
    """On top of the record as it is now nothing is stale, and the proposed values are the same."""
    change = update_of(record_of(before), wanted)
    now = record_of({**before, **behind_our_back})

    fresh = rebased(change, now)

    assert moved(fresh, now) == ()
    assert is_applied(fresh, record_of(applied(fresh, now.values)))
    assert [each.new for each in fresh.fields] == [each.new for each in change.fields]


def test_the_seal_sees_every_difference():
    """Another value, another id and another name each give another seal."""
    base = Change(
        verb=Verb.UPDATE, kind=Kind.DEAL, record_id="1", name="Renewal", fields=(FieldChange("name", "a", "b"),)
    )
    others = [
        Change(
            verb=Verb.UPDATE, kind=Kind.DEAL, record_id="1", name="Renewal", fields=(FieldChange("name", "a", "c"),)
        ),
        Change(verb=Verb.UPDATE, kind=Kind.DEAL, record_id="2", name="Renewal", fields=base.fields),
        Change(verb=Verb.UPDATE, kind=Kind.DEAL, record_id="1", name="renewal", fields=base.fields),
        Change(verb=Verb.DELETE, kind=Kind.DEAL, record_id="1", name="Renewal", fields=base.fields),
    ]

    assert len({seal(each) for each in [base, *others]}) == 5


def test_what_was_created_goes_and_what_was_deleted_comes_back():
    """The inverse of a create is a delete of what it made, the inverse of a delete restores what it took."""
    created = Change(
        verb=Verb.CREATE, kind=Kind.NOTE, record_id="1", name="Call", fields=(FieldChange("title", None, "Call"),)
    )

    undone = inverse(created)

    assert (undone.verb, undone.fields) == (Verb.DELETE, (FieldChange("title", "Call", None),))
    assert inverse(undone).verb is Verb.RESTORE
    assert inverse(undone).fields == created.fields


def test_a_delete_is_stale_when_anything_shown_moved():
    """A delete showed the whole record, so any shown field that moved makes it stale."""
    shown = Change(
        verb=Verb.DELETE, kind=Kind.DEAL, record_id="1", name="Renewal", fields=(FieldChange("name", "Renewal", None),)
    )

    assert [each.now for each in moved(shown, record_of({"name": "Renewal 2027"}))] == ["Renewal 2027"]
    assert moved(shown, record_of({"name": "Renewal", "stage": Choice("WON")})) == ()


def test_times_are_kept_to_the_microsecond():
    """An aware time is the same after the store."""
    at = datetime(2026, 11, 24, 15, 0, 0, 123456, tzinfo=UTC)
    change = Change(
        verb=Verb.CREATE, kind=Kind.TASK, record_id="1", name="x", fields=(FieldChange("due", None, When(at)),)
    )

    assert decode(encode(change)) == change


def test_what_the_crm_finds_out_about_a_number_is_no_difference():
    """The country of a shared calling code and a dropped zero: the update is applied, and fresh; another number not."""
    before = record_of({"phone": None})
    sent = Phones(Phone("4165550123", "", "+1"), (Phone("030123", "DE", "+49"),))
    change = update_of(before, {"phone": sent})

    stored = record_of({"phone": Phones(Phone("4165550123", "CA", "+1"), (Phone("30123", "DE", "+49"),))})

    assert is_applied(change, stored)
    assert not moved(change, stored)
    assert not differences(stored, {"phone": sent})
    other = record_of({"phone": Phones(Phone("4165550199", "CA", "+1"), (Phone("30123", "DE", "+49"),))})
    assert not is_applied(change, other)
    assert moved(change, other)
    assert not is_applied(change, record_of({"phone": Phones(Phone("4165550123", "CA", "+1"))}))
