# SPDX-License-Identifier: Apache-2.0
"""Stands in for ``typing`` below the guard's hooks: loading the real one takes them longer than deciding.

The guard's installation puts this file beside the program as ``typing.py``. Annotations mean nothing where it is used,
so every form is the same empty one; named tuples are real. Only what the program's modules import is here.
"""

import collections

TYPE_CHECKING = False


class _Form:
    def __getitem__(self, _parameters):
        return self


Any = BinaryIO = Callable = Collection = Dict = FrozenSet = Iterable = Iterator = List = Optional = _Form()
Sequence = Set = Tuple = Union = Any


class _MakesNamedTuples(type):
    """A class with fields becomes what ``typing.NamedTuple`` makes of it: defaults, methods and all."""

    def __new__(mcs, name, bases, body):
        made = type.__new__(mcs, name, (), body)
        if not bases:
            return made
        # Asked of the class: since Python 3.14 its body does not hold them any more.
        fields = tuple(made.__annotations__)
        base = collections.namedtuple(name, fields)  # type: ignore[misc]
        base.__new__.__defaults__ = tuple(body[field] for field in fields if field in body)
        kept = {key: value for key, value in body.items() if key not in fields and "annot" not in key}
        return type(name, (base,), dict(kept, __slots__=()))


class NamedTuple(metaclass=_MakesNamedTuples):
    """The base of a class that lists its fields."""
