"""Reading a definition that came from a file: every problem is collected with its place, none stops the reading.

Here: typed access to nested mappings. Not here: what the definitions mean. Numbers with decimals must be written as
text ("0.15"): a JSON number would pass through binary floating point and lose the digits it was approved with.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)


class Reader:
    """One mapping inside a definition. What is missing or malformed notes a problem and returns a stand-in."""

    def __init__(self, content: Any, place: str = "", problems: list[str] | None = None) -> None:
        self.problems: list[str] = [] if problems is None else problems
        self.place = place
        self.content: Mapping[str, Any] = {}
        if isinstance(content, Mapping):
            self.content = content
        else:
            self.fail("", "is not an object")

    def fail(self, key: str, problem: str) -> None:
        """Note a problem at a key of this mapping, or of the mapping itself."""
        path = ".".join(part for part in (self.place, key) if part)
        self.problems.append(f"{path} {problem}" if path else f"The content {problem}")

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.content.get(key) is not None

    def text(self, key: str, default: str | None = None) -> str:
        """Text that is not blank."""
        if default is not None and self.content.get(key) in (None, ""):
            return default
        value = self.content.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fail(key, "needs text")
            return ""
        return value

    def optional_decimal(self, key: str) -> Decimal | None:
        """A number, or nothing."""
        return self.decimal(key) if self.has(key) else None

    def decimal(self, key: str) -> Decimal:
        """A finite number, written as text or as a whole number."""
        value = self.content.get(key)
        if isinstance(value, float):
            self.fail(key, f'must be written as text, "{value}", so that no digit is lost')
            return Decimal(0)
        if isinstance(value, bool) or not isinstance(value, int | str):
            self.fail(key, "needs a number")
            return Decimal(0)
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.fail(key, f"is not a number: {value}")
            return Decimal(0)
        if not number.is_finite():
            self.fail(key, f"is not a finite number: {value}")
            return Decimal(0)
        return number

    def positive(self, key: str) -> Decimal:
        """A number above zero."""
        before = len(self.problems)
        number = self.decimal(key)
        if number <= 0 and len(self.problems) == before:
            self.fail(key, "must be above zero")
        return number if number > 0 else Decimal(1)

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        if not self.has(key) and default is not None:
            return default
        value = self.content.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(key, "needs a whole number")
            return 0
        return value

    def optional_integer(self, key: str) -> int | None:
        """A whole number, or nothing."""
        return self.integer(key) if self.has(key) else None

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        if not self.has(key) and default is not None:
            return default
        value = self.content.get(key)
        if not isinstance(value, bool):
            self.fail(key, "needs true or false")
            return False
        return value

    def choice(self, key: str, kind: type[E]) -> E:
        """One member of an enumeration."""
        value = self.content.get(key)
        for member in kind:
            if member.value == value:
                return member
        self.fail(key, f"must be one of {', '.join(kind)}")
        return next(iter(kind))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; missing means empty."""
        value = self.content.get(key, [])
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            self.fail(key, "needs a list of texts")
            return ()
        return tuple(value)

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; missing means empty."""
        value = self.content.get(key, [])
        if not isinstance(value, list | tuple) or not all(type(item) is int for item in value):
            self.fail(key, "needs a list of whole numbers")
            return ()
        return tuple(value)

    def section(self, key: str) -> "Reader":
        """A mapping inside this one."""
        return Reader(self.content.get(key), ".".join(part for part in (self.place, key) if part), self.problems)

    def sections(self, key: str, unique: str) -> list["Reader"]:
        """A list of mappings that is not empty, whose members differ in the value of `unique`."""
        value = self.content.get(key)
        if not isinstance(value, list | tuple) or not value:
            self.fail(key, "needs a list with at least one entry")
            return []
        seen: set[object] = set()
        readers = []
        for position, item in enumerate(value):
            name = item.get(unique) if isinstance(item, Mapping) else None
            reader = Reader(item, f"{self.place}.{key}[{name or position}]".lstrip("."), self.problems)
            if name is not None and str(name) in seen:
                reader.fail(unique, "is used twice")
            seen.add(str(name))
            readers.append(reader)
        return readers

    def each(self, key: str, unique: str, build: Callable[["Reader"], Any]) -> tuple[Any, ...]:
        """Build every member of a list of mappings."""
        return tuple(build(reader) for reader in self.sections(key, unique))
