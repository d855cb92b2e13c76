# SPDX-License-Identifier: Apache-2.0
"""Stands in for ``typing`` below the guard's hooks: loading the real one takes them longer than deciding.

The guard's installation puts this file beside the program as ``typing.py``. Annotations mean nothing where it is used,
so every form is the same empty one; named tuples are real. Only what the program's modules import is here.
"""

from operator import itemgetter

TYPE_CHECKING = False


class _Form:
    def __getitem__(self, _parameters):
        return self


Any = BinaryIO = Callable = Collection = Dict = FrozenSet = Iterable = Iterator = List = Optional = _Form()
Sequence = Set = Tuple = Union = Any


def _make(cls, *values, **named):
    """What ``__new__`` of every named tuple is; the real ones are compiled, which takes longer than a few of these."""
    for field in cls._fields[len(values) :]:
        if field in named:
            values += (named.pop(field),)
        elif field in cls._field_defaults:
            values += (cls._field_defaults[field],)
    if named or len(values) != len(cls._fields):
        raise TypeError("{} is made of {}".format(cls.__name__, ", ".join(cls._fields)))
    return tuple.__new__(cls, values)


def _replace(self, **named):
    return type(self)(**dict(zip(self._fields, self), **named))


def _describe(self):
    return "{}({})".format(type(self).__name__, ", ".join(map("{}={!r}".format, self._fields, self)))


class _MakesNamedTuples(type):
    """A class with fields becomes what ``typing.NamedTuple`` makes of it: defaults, methods and all."""

    def __new__(mcs, name, bases, body):
        made = type.__new__(mcs, name, (), body)
        if not bases:
            return made
        # Asked of the class: since Python 3.14 its body does not hold them any more.
        fields = tuple(made.__annotations__)
        kept = {key: value for key, value in body.items() if key not in fields and "annot" not in key}
        kept.update({field: property(itemgetter(place)) for place, field in enumerate(fields)})
        kept.update(__slots__=(), __new__=_make, __repr__=_describe, _replace=_replace, _fields=fields)
        kept["_field_defaults"] = {field: body[field] for field in fields if field in body}
        return type(name, (tuple,), kept)


class NamedTuple(metaclass=_MakesNamedTuples):
    """The base of a class that lists its fields."""
