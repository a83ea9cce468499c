"""A TOML document that remembers the line of every value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

from chainrule.errors import ChainRuleError, ConfigError
from chainrule.files import reading

Place: TypeAlias = tuple[str | int, ...]
"""The path to a value: ``("layers", 0, "units")``."""


_TWICE = r"Cannot declare \((.*?),?\) twice"
"""tomllib's message for a table that is opened a second time."""


class Document:
    """The tables of a TOML file, overridden by settings from the command line.

    Args:
        file: the file to read.
        settings: ``a.b=c`` strings; ``layers.0.units=64`` reaches into a list, and a
            value that is not TOML is taken as a string.

    Raises:
        ConfigError: the file cannot be read or is not TOML, or a setting is malformed.
    """

    def __init__(self, file: str | Path, settings: Sequence[str] = ()) -> None:
        self.file = Path(file)
        with reading(self.file, ConfigError, "TOML"):
            text = self.file.read_text(encoding="utf-8")
            self.tables: dict[str, Any] = self._parsed(text)
            self._written: dict[Place, str] = {
                place: f"{file}:{line}" for place, line in lines_of(text)
            }
        self._settings: dict[Place, str] = {}
        self._check_integers(self.tables, ())
        for setting in settings:
            with reading(f"--set {setting}", ConfigError, "NAME=VALUE"):
                self._set(setting)

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            message = re.sub(r" \(at line (\d+), column \d+\)$", "", str(error))
            message = re.sub(_TWICE, _several, message)
            found = re.search(r"at line (\d+)", str(error))
            line = found[1] if found else text.count("\n") + 1
            raise ConfigError(f"{self.file}:{line}: {message}") from None

    def _check_integers(self, value: Any, place: Place) -> None:
        """Refuse integers of more than 64 bits, as TOML has none."""
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise self.error(
                place,
                f"{place[-1]} must be an integer of 64 bits, got one of "
                f"{value.bit_length()}",
            )
        for key, inner in _items(value):
            self._check_integers(inner, (*place, key))

    def where(self, place: Place) -> str:
        """Return ``file:line`` of a value, or of the innermost table around it.

        A setting of the command line there, or inside that table, comes first.
        """
        while place:
            if place in self._settings:
                return self._settings[place]
            settings = self._within(place)
            if settings or place in self._written:
                written = self._written.get(place, str(self.file))
                return " ".join([*settings, "over", written] if settings else [written])
            place = place[:-1]
        return str(self.file)

    def _within(self, place: Place) -> list[str]:
        """Return the settings inside a table."""
        settings = self._settings.items()
        return [setting for at, setting in settings if at[: len(place)] == place]

    def error(self, place: Place, message: str) -> ConfigError:
        """Return the error for a mistake in a value."""
        return ConfigError(f"{self.where(place)}: {message}")

    @contextmanager
    def at(self, place: Place) -> Iterator[None]:
        """Add the line to an error raised in the block."""
        try:
            yield
        except ConfigError:
            raise
        except (ChainRuleError, MemoryError) as error:
            raise self.error(place, str(error) or "out of memory") from error

    def _set(self, setting: str) -> None:
        name, equals, text = setting.partition("=")
        parts = [part.strip() for part in name.split(".")]
        if not equals or not all(parts):
            raise ConfigError(
                f"--set {setting}: must be NAME=VALUE, such as training.epochs=5"
            )
        place: list[str | int] = []
        inside: Any = self.tables
        for part in parts[:-1]:
            key = _key(inside, part, setting)
            place.append(key)
            inside = inside.setdefault(key, {}) if key == part else inside[key]
            if not isinstance(inside, (dict, list)):
                raise ConfigError(f"--set {setting}: {part} is a value, not a table")
        last = _key(inside, parts[-1], setting)
        inside[last] = _value(text.strip())
        self._settings[(*place, last)] = f"--set {setting}"
        self._check_integers(inside[last], (*place, last))


def _several(found: re.Match[str]) -> str:
    """Return the message for a table that is opened a second time."""
    name = ".".join(re.findall(r"'([^']*)'", found[1]))
    return (
        f"[{name}] is opened twice: write [[{name}]] each time for a list, such as "
        "layers, or put all keys under the first one"
    )


def _key(inside: dict[str, Any] | list[Any], part: str, setting: str) -> Any:
    if isinstance(inside, dict):
        return part
    if not part.isdecimal() or int(part) >= len(inside):
        raise ConfigError(
            f"--set {setting}: {part} must be an index, 0 to {len(inside) - 1}"
        )
    return int(part)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def lines_of(text: str) -> Iterator[tuple[Place, int]]:
    """Yield (place, line) for every table and key of a valid TOML text.

    The text is cut into statements: lines are joined until they parse, which an
    unclosed string or list does not.
    """
    table: Place = ()
    lengths: dict[Place, int] = {}
    pending, start = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        pending = f"{pending}\n{line}" if pending else line
        try:
            statement = tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        if pending.lstrip().startswith("["):
            is_list = pending.lstrip().startswith("[[")
            table = _opened(statement, lengths, is_list)
            yield table, start
        else:
            for place in _places(statement):
                yield (*table, *place), start
        pending, start = "", number + 1


def _opened(
    statement: dict[str, Any], lengths: dict[Place, int], is_list: bool
) -> Place:
    """Return the place that a table header opens."""
    place: Place = ()
    inside: Any = statement
    while inside:
        name, inside = next(iter(inside.items()))
        place = (*place, name)
        if isinstance(inside, list):
            inside = inside[0]
        if is_list and not inside:
            lengths[place] = lengths.get(place, 0) + 1
        if place in lengths:
            place = (*place, lengths[place] - 1)
    return place


def _places(value: Any) -> Iterator[Place]:
    """Yield the places inside a value."""
    for key, inner in _items(value):
        yield (key,)
        for rest in _places(inner):
            yield (key, *rest)


def _items(value: Any) -> Iterator[tuple[str | int, Any]]:
    """Yield (key, value) for what a table or a list holds."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
