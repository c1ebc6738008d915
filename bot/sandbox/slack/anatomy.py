"""Where a block keeps its interactive elements, and which blocks stand inside others."""

from collections.abc import Iterator, Sequence
from typing import Any

Json = dict[str, Any]


def every_block(blocks: Sequence[Json]) -> Iterator[Json]:
    """The blocks, and those inside containers."""
    for block in blocks:
        yield block
        yield from block.get("child_blocks") or ()


def elements_in(block: Json) -> list[Json]:
    """The interactive elements of one block."""
    match block["type"]:
        case "actions":
            return list(block["elements"])
        case "card":
            return list(block.get("actions") or [])
        case "section":
            return [block["accessory"]] if block.get("accessory", {}).get("type", "image") != "image" else []
        case "input":
            return [block["element"]]
        case _:
            return []
