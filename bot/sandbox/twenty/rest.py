"""Twenty's REST surface: paths in their real order, hazards kept (twenty.md section 1)."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from bot.sandbox.twenty.candidates import candidates
from bot.sandbox.twenty.grammar import COMPARATORS, DOCUMENTED_COMPARATORS, Node, parse
from bot.sandbox.twenty.order import ID, parse_order
from bot.sandbox.twenty.paging import Paging, page, parse_limit
from bot.sandbox.twenty.predicates import UUID, compile_filter
from bot.sandbox.twenty.refusals import NotTaught, Refusal, bad, denied, invalid, not_found
from bot.sandbox.twenty.rows import Row
from bot.sandbox.twenty.schema import Kind, Profile
from bot.sandbox.twenty.values import incoming
from bot.sandbox.twenty.workspace import Workspace

EXAMPLES = "Valid examples: /rest/companies/id or /rest/companies or /rest/batch/companies"
MOST_AT_ONCE = 200
TOO_MANY = "TOO_MANY_RECORDS_TO_UPDATE"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; `body` is JSON to be."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, as far as it can be read without executing anything."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    body: bytes

    def one(self, name: str) -> str | None:
        """A parameter; given twice it is a list to the server, which then ignores it."""
        values = self.query.get(name, ())
        return values[0] if len(values) == 1 else None

    def json(self) -> Any:
        """The body, {} when empty."""
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError:
            raise bad("Unexpected token in JSON") from None


def answer(crm: Workspace, ask: Ask) -> Answer:
    """What the CRM answers; nothing is ever raised but `NotTaught`."""
    try:
        return _Rest(crm, ask).answer()
    except Refusal as refusal:
        envelope = refusal.envelope(new=crm.profile is Profile.CURRENT)
        return Answer(refusal.status, envelope, refusal.headers)


class _Rest:
    def __init__(self, crm: Workspace, ask: Ask) -> None:
        self._crm = crm
        self._ask = ask
        self._new = crm.profile is Profile.CURRENT
        self._documented = crm.profile is Profile.DOCUMENTED

    def answer(self) -> Answer:
        method = "PATCH" if self._ask.method == "PUT" else self._ask.method
        segments = [unquote(each) for each in self._ask.path.split("/") if each]
        if method not in ("GET", "POST", "PATCH", "DELETE"):
            raise self._unrouted()
        name, row_id, verb = self._route(method, segments)
        run = self._verb(method, verb, row_id)
        kind = self._kind(name)
        self._node = self._filter()
        self._depth = self._read_depth()
        self._limit = self._read_limit()
        if self._crm.rate_limit:
            self._crm.rate_limit.charge()
        self._permit(method, kind)
        return run(kind)

    def _route(self, method: str, segments: list[str]) -> tuple[str, str | None, str]:
        """The plural, the id and the special verb of a path, in the server's order."""
        special = self._special(method, segments)
        if special and self._documented:
            raise self._unrouted()
        if special:
            return special
        if len(segments) not in (1, 2):
            raise bad(f"Query path '/rest/{'/'.join(segments)}' invalid. {EXAMPLES}")
        if len(segments) == 2 and not UUID.fullmatch(segments[1]):
            raise bad(f"'{segments[1]}' is not a valid UUID")
        return segments[0], segments[1].lower() if len(segments) == 2 else None, ""

    def _special(self, method: str, segments: list[str]) -> tuple[str, str | None, str] | None:
        match method, segments:
            case "POST", ["batch", plural]:
                return plural, None, "batch"
            case "POST", [plural, "duplicates"]:
                return plural, None, "duplicates"
            case "GET", [plural, "groupBy"]:
                return plural, None, "groupBy"
            case "PATCH", ["restore", plural] if not self._new:
                return plural, None, "restore"
            case "PATCH", [plural, "restore"] if self._new:
                return plural, None, "restore"
            case "PATCH", [plural, row_id, "restore"] if self._new and UUID.fullmatch(row_id):
                return plural, row_id.lower(), "restore"
            case "PATCH", [_, "merge"]:
                raise NotTaught("merging records")
            case "PATCH", [plural, "restore"] | [plural, _, "restore"] if self._documented:
                return plural, None, "restore"
        return None

    def _verb(self, method: str, verb: str, row_id: str | None) -> Callable[[Kind], Answer]:
        if verb == "restore":
            return (lambda kind: self._restore_one(kind, row_id)) if row_id else self._restore_many
        if verb:
            return {"batch": self._batch, "duplicates": self._duplicates, "groupBy": self._group}[verb]
        if row_id is None:
            many = {"GET": self._list, "POST": self._create, "PATCH": self._update_many, "DELETE": self._delete_many}
            return many[method]
        ones = {"GET": self._get, "PATCH": self._update, "DELETE": self._delete}
        if method not in ones:
            raise bad(f"Query path '/rest{self._ask.path}' invalid. {EXAMPLES}")
        return lambda kind: ones[method](kind, row_id)

    def _unrouted(self) -> Refusal:
        return Refusal(f"Cannot {self._ask.method} /rest/{self._ask.path.lstrip('/')}", status=404)

    def _kind(self, name: str) -> Kind:
        schema = self._crm.schema
        if name in schema.kinds:
            return schema.kinds[name]
        if self._documented and name in ("noteTargets", "taskTargets", "workflows"):
            raise self._unrouted()
        singular = schema.by_singular(name)
        near = [singular.plural] if singular else get_close_matches(name, schema.kinds, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "eg: companies"
        raise bad(f"object '{name}' not found. {hint}")

    def _permit(self, method: str, kind: Kind) -> None:
        """Role permissions; system objects are not asked for any (twenty.md section 4)."""
        refused = (method, kind.singular) in self._crm.denied and not kind.system
        if refused or (method == "POST" and kind.singular == "workspaceMember"):
            raise denied(new=self._new)
        if method == "DELETE" and kind.singular == "workspaceMember":
            raise invalid("Please use /deleteUserFromWorkspace to remove a workspace member")
        if method != "GET" and kind.singular in ("workspaceMember", "workflow"):
            raise NotTaught(f"{method} on {kind.plural}")

    # -- parameters

    def _filter(self) -> Node | None:
        text = self._ask.one("filter")
        comparators = DOCUMENTED_COMPARATORS if self._documented else COMPARATORS
        return parse(text, comparators=comparators) if text else None

    def _read_depth(self) -> int:
        values = self._ask.query.get("depth", ("0",))
        if list(values) not in (["0"], ["1"]):
            raise bad(f"'depth={','.join(values)}' parameter invalid. Allowed values are 0, 1")
        return int(values[0])

    def _read_limit(self) -> int:
        values = self._ask.query.get("limit")
        return parse_limit(",".join(values) if values else None, most=60 if self._documented else MOST_AT_ONCE)

    def _matching(self, kind: Kind) -> list[Row]:
        test = compile_filter(self._node, kind, self._crm.schema, self._crm.rows.get)
        return [row for row in candidates(self._node, kind, self._crm.rows) if test(row)]

    def _show(self, kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
        only = self._crm.reader.only(kind, self._ask.one("fields")) if self._new else None
        return self._crm.reader.show(kind, row, depth=self._depth, only=only)

    def _one(self, kind: Kind, row_id: str, *, trash: bool) -> Row:
        row = self._crm.rows.get(kind.plural, row_id)
        if row is None or (row["deletedAt"] and not trash):
            raise not_found()
        return row

    # -- reads

    def _list(self, kind: Kind) -> Answer:
        keys = parse_order(self._ask.one("order_by") or "", kind)
        after, before = self._ask.one("starting_after"), self._ask.one("ending_before")
        rows = self._matching(kind)
        shown, info = page(rows, Paging(keys, self._limit, after, before, bare=self._documented))
        records = [self._show(kind, row) for row in shown]
        return Answer(200, {"data": {kind.plural: records}, "totalCount": len(rows), "pageInfo": info})

    def _get(self, kind: Kind, row_id: str) -> Answer:
        return Answer(200, {"data": {kind.singular: self._show(kind, self._one(kind, row_id, trash=False))}})

    def _group(self, kind: Kind) -> Answer:
        text = self._ask.one("group_by") or ""
        return Answer(200, self._crm.reader.groups(kind, self._matching(kind), text))

    def _duplicates(self, kind: Kind) -> Answer:
        body = self._ask.json()
        given: list[Any] = [self._one(kind, each, trash=False) for each in body.get("ids", [])]
        given += [incoming(kind, each, None) for each in body.get("data", [])]
        return Answer(200, {"data": [self._duplicates_of(kind, each) for each in given]})

    def _duplicates_of(self, kind: Kind, given: Row) -> dict[str, Any]:
        found = self._crm.reader.duplicates(kind, given)
        shown, info = page(found, Paging((ID,), MOST_AT_ONCE, None, None, bare=False))
        records = [self._show(kind, row) for row in shown]
        return {f"{kind.singular}Duplicates": records, "totalCount": len(found), "pageInfo": info}

    # -- writes

    def _create(self, kind: Kind) -> Answer:
        make = self._crm.writer.upsert if self._ask.one("upsert") == "true" else self._crm.writer.create
        row = make(kind, self._ask.json())
        return Answer(201, {"data": {f"create{kind.capital}": self._show(kind, row)}})

    def _batch(self, kind: Kind) -> Answer:
        bodies = self._ask.json()
        if not isinstance(bodies, list) or len(bodies) > MOST_AT_ONCE:
            raise bad(f"A batch is an array of at most {MOST_AT_ONCE} records")
        made: list[Row] = []
        try:
            made.extend(self._crm.writer.create(kind, body) for body in bodies)
        except Refusal:
            for row in made:
                self._crm.writer.destroy(kind, row)
            raise
        return Answer(201, {"data": {f"create{kind.capital_plural}": [self._show(kind, row) for row in made]}})

    def _update(self, kind: Kind, row_id: str) -> Answer:
        body = self._ask.json()
        row = self._crm.writer.update(kind, self._one(kind, row_id, trash=True), body)
        return Answer(200, {"data": {f"update{kind.capital}": self._show(kind, row)}})

    def _update_many(self, kind: Kind) -> Answer:
        """The hazard: an empty id is dropped from the path, and no filter is every row (twenty.md section 1.1)."""
        body, rows = self._ask.json(), self._matching(kind)
        if len(rows) > MOST_AT_ONCE:
            raise invalid(f"Cannot update more than {MOST_AT_ONCE} records at once", TOO_MANY)
        updated = [self._crm.writer.update(kind, row, body) for row in rows]
        return Answer(200, {"data": {f"update{kind.capital_plural}": [self._show(kind, row) for row in updated]}})

    def _remove(self, kind: Kind, row: Row) -> dict[str, str]:
        """For good, unless the newer servers read exactly `soft_delete=true` (twenty.md section 7)."""
        soft = self._ask.one("soft_delete") == "true" and self._crm.soft_delete
        (self._crm.writer.trash if soft else self._crm.writer.destroy)(kind, row)
        return {"id": row["id"]}

    def _delete(self, kind: Kind, row_id: str) -> Answer:
        removed = self._remove(kind, self._one(kind, row_id, trash=True))
        return Answer(200, {"data": {f"delete{kind.capital}": removed}})

    def _delete_many(self, kind: Kind) -> Answer:
        if self._node is None:
            verb = "delete" if self._ask.one("soft_delete") == "true" else "destroy"
            text = f"Filters are mandatory for bulk {verb} operations. Please provide at least one filter"
            raise bad(f"{text} to prevent accidental deletion of all records.")
        removed = [self._remove(kind, row) for row in self._matching(kind)]
        return Answer(200, {"data": {f"delete{kind.capital_plural}": removed}})

    def _restore_one(self, kind: Kind, row_id: str) -> Answer:
        row = self._crm.writer.restore(kind, self._one(kind, row_id, trash=True))
        return Answer(200, {"data": {f"restore{kind.capital}": self._show(kind, row)}})

    def _restore_many(self, kind: Kind) -> Answer:
        test = compile_filter(self._node, kind, self._crm.schema, self._crm.rows.get)
        # The server looks among the trashed rows itself, whether or not the filter mentions `deletedAt`.
        found = [
            row for row in self._crm.rows.walk(kind.plural) if row["deletedAt"] and test({**row, "deletedAt": None})
        ]
        if self._node is not None:
            found += [row for row in self._matching(kind) if row["deletedAt"] and row not in found]
        restored = [self._crm.writer.restore(kind, row) for row in found]
        return Answer(200, {"data": {f"restore{kind.capital_plural}": [self._show(kind, row) for row in restored]}})
