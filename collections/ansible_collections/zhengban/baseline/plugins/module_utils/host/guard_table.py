# SPDX-License-Identifier: Apache-2.0
"""The guard's table: the policy for this computer, as ``zhengban.guard`` compiled it. Source: DESIGN 10.

It lies on the host for root alone. A table that is not exactly what was written is no table: nobody guesses.
"""

import json
import os
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .match import misfit, name_matches
from .version import MANAGERS, VersionError, parse_range

FILE = "guard.json"
FORMAT = "zhengban.guard/1"
APPROVED = ("product", "base", "dependency")

# What the table holds, and what each part of it is made of.
_SHAPE: Dict[str, Any] = {
    "format": str,
    "computer": str,
    "mode": str,
    "message": str,
    "policy": str,
    "written_at": int,
    "protected": [str],
    "rules": [
        {
            "manager": str,
            "name": str,
            "versions": str,
            "publisher": str,
            "signer": str,
            "fits": str,
            "misfits": str,
            "is_required": bool,
            "label": str,
            "edition": str,
            "numbers": [str],
        }
    ],
    "bases": [{"number": str, "manager": str, "names": [str], "globs": [str], "signers": [str], "publishers": [str]}],
    "exceptions": [{"manager": str, "name": str, "versions": str, "number": str, "ends_at": int}],
    "recorded": [{"package": str, "number": str, "label": str, "edition": str}],
}
_CHOICES = {
    "mode": ("audit", "enforce"),
    "fits": ("", "product", "forbidden", "retired", "out_of_scope"),
    "misfits": ("", "version", "out_of_scope"),
    "manager": ("", *MANAGERS),
}


class TableError(Exception):
    """There is no table that can be used; ``code`` is ``table_missing`` or ``table_corrupt``, the text says why."""

    def __init__(self, code: str, text: str) -> None:
        Exception.__init__(self, text)
        self.code = code


class Ruling(NamedTuple):
    """What is decided about one package.

    ``verdict``: product, base, dependency, forbidden, retired, out_of_scope, version or unlisted. ``rule`` is the line
    of the table that is about it, None when none is.
    """

    verdict: str
    rule: Optional[Dict[str, Any]]


def load_table(state_dir: str) -> "Table":
    """Read the table of a state directory.

    Raises:
        TableError: it is not there, cannot be read, or is not what a controller writes.
    """
    path = os.path.join(state_dir, FILE)
    try:
        with open(path, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        raise TableError("table_missing", "{} is missing".format(path)) from None
    except OSError as err:
        raise TableError("table_corrupt", "{}: {}".format(path, err.strerror)) from err
    try:
        return Table(json.loads(text.decode("utf-8")))
    except (ValueError, RecursionError) as err:
        raise TableError("table_corrupt", "{}: {}".format(path, err)) from err


def write_table(plain: Dict[str, Any]) -> str:
    """The document as it lies on a host: a JSON object of ASCII alone, so that no transport can spoil it, its keys each
    on a line of their own: where there is no Python, the hook looks for one.
    """
    return json.dumps(plain, ensure_ascii=True, indent=1) + "\n"


class Table:
    """A table in use: the same decisions about packages that the judge makes, from the same matching code.

    ``plain`` is the document; its moments (``written_at``, ``ends_at``) are seconds UTC.

    Raises:
        ValueError: ``plain`` has another shape than ``zhengban.guard/1``.
    """

    def __init__(self, plain: Any) -> None:
        _check(plain, _SHAPE, "table")
        if plain["format"] != FORMAT:
            raise ValueError("the format is {!r}, not {!r}".format(plain["format"], FORMAT))
        self.plain: Dict[str, Any] = plain
        self.recorded: Dict[str, Dict[str, Any]] = {row["package"]: row for row in plain["recorded"]}
        self._exact: Dict[Tuple[str, str], List[Dict[str, Any]]] = {}
        self._globs: Dict[str, List[Dict[str, Any]]] = {}
        for rule in plain["rules"]:
            try:
                parse_range(rule["manager"], rule["versions"])
            except VersionError as err:
                raise ValueError(str(err)) from err
            if "*" in rule["name"] or "?" in rule["name"]:
                self._globs.setdefault(rule["manager"], []).append(rule)
            else:
                self._exact.setdefault((rule["manager"], rule["name"]), []).append(rule)
        self._bases = [(base, frozenset(base["names"])) for base in plain["bases"]]

    def before_signatures(self) -> "Table":
        """The table while nobody knows who signed what comes: every rule that asks for it may yet be met, and none that
        forbids for it is.
        """
        rules = [
            dict(rule, signer="") for rule in self.plain["rules"] if not rule["signer"] or rule["fits"] == "product"
        ]
        bases = [dict(base, signers=[]) for base in self.plain["bases"]]
        return Table(dict(self.plain, rules=rules, bases=bases))

    def on_system(self, system: str, version: str) -> "System":
        """The table for the operating system that runs here, as os-release names it; it says which bases count."""
        found = self.choose("platform", system, version, None)
        numbers = found[0]["numbers"] if found else []
        return System(self, [pair for pair in self._bases if pair[0]["number"] in numbers])

    def choose(
        self, manager: str, name: str, version: str, publisher: Optional[str]
    ) -> Optional[Tuple[Dict[str, Any], str]]:
        """The rule that decides about a package and what of it the package does not meet; None when none is about it.

        An exact name beats a glob even when its version does not fit. Rules stand strictest first: of those that fit
        the first decides, else the first that does not.
        """
        found = _first(self._exact.get((manager, name), ()), manager, version, publisher)
        if found is None:
            loose = [rule for rule in self._globs.get(manager, ()) if name_matches(rule["name"], name)]
            found = _first(loose, manager, version, publisher)
        return found

    def is_excused(self, ruling: Ruling, manager: str, name: str, version: str, now: float) -> bool:
        """Whether an exception that still runs at ``now`` (seconds UTC) covers a package that is not approved."""
        # A clock from before the table was written is wrong, and brings no exception back.
        now = max(now, self.plain["written_at"])
        return any(
            now < rule["ends_at"] and _covers(rule, ruling, manager, name, version) for rule in self.plain["exceptions"]
        )


class System:
    """A table on one operating system."""

    def __init__(self, table: Table, bases: Sequence[Tuple[Dict[str, Any], Any]]) -> None:
        self.table = table
        self._bases = bases

    def rule(self, manager: str, name: str, version: str, publisher: Optional[str]) -> Ruling:
        """What is decided about a package by itself; ``dependency`` is never among it."""
        found = self.table.choose(manager, name, version, publisher)
        rule, unmet = found if found else (None, "")
        verdict = ""
        if rule:
            verdict = rule["fits"] if not unmet else rule["misfits"] if unmet == "version" else "unlisted"
            if verdict not in ("out_of_scope", "unlisted"):
                return Ruling(verdict, rule)
        if any(_vouches(base, names, manager, name, publisher) for base, names in self._bases):
            return Ruling("base", rule)
        return Ruling(verdict or "unlisted", rule)


def _first(
    rules: Sequence[Dict[str, Any]], manager: str, version: str, publisher: Optional[str]
) -> Optional[Tuple[Dict[str, Any], str]]:
    unfit: Optional[Tuple[Dict[str, Any], str]] = None
    for rule in rules:
        unmet = misfit(manager, rule["versions"], rule["publisher"], rule["signer"], version, publisher)
        if not unmet and rule["fits"]:
            return rule, ""
        if unmet and rule["misfits"] and unfit is None:
            unfit = rule, unmet
    return unfit


def _vouches(base: Dict[str, Any], names: Any, manager: str, name: str, publisher: Optional[str]) -> bool:
    if base["manager"] != manager or not (name in names or any(name_matches(glob, name) for glob in base["globs"])):
        return False
    return all(
        not patterns or (publisher and any(name_matches(pattern, publisher) for pattern in patterns))
        for patterns in (base["signers"], base["publishers"])
    )


def _covers(rule: Dict[str, Any], ruling: Ruling, manager: str, name: str, version: str) -> bool:
    if rule["number"]:
        # What only looks like the entry is unlisted, and the entry's exception is not about it.
        return ruling.verdict != "unlisted" and ruling.rule is not None and rule["number"] in ruling.rule["numbers"]
    if ruling.verdict == "forbidden" and ("*" in rule["name"] or "?" in rule["name"]):
        return False
    return (
        rule["manager"] == manager
        and name_matches(rule["name"], name)
        and not misfit(manager, rule["versions"], "", "", version, None)
    )


def _check(value: Any, shape: Any, place: str) -> None:
    """Raise ValueError where a value is not of a shape: a type, a list of one, or a mapping with exactly these keys."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise ValueError("{} is no list".format(place))
        # Lists of thousands of names are looked through at once.
        if isinstance(shape[0], type) and set(map(type, value)) <= {shape[0]}:
            return
        for item in value:
            _check(item, shape[0], place)
    elif isinstance(shape, dict):
        if not isinstance(value, dict) or value.keys() != shape.keys():
            raise ValueError("{} has not the keys {}".format(place, ", ".join(sorted(shape))))
        for key, inner in shape.items():
            if value[key].__class__ is not inner:
                _check(value[key], inner, "{}.{}".format(place, key))
            if key in _CHOICES and value[key] not in _CHOICES[key]:
                raise ValueError("{}.{} is {!r}".format(place, key, value[key]))
    elif value.__class__ is not shape:  # JSON's true is no number here, and isinstance would let it pass
        raise ValueError("{} is no {}".format(place, shape.__name__))
