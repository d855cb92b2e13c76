# SPDX-License-Identifier: Apache-2.0
"""What would make a package as decided: things to do on the computer, and lines to write into the policy."""

from __future__ import annotations

from collections.abc import Iterator

from zhengban.model.finding import Finding

from .entry import Entry, NearMiss


def ways_to_comply(
    finding: Finding | None, decided_by: Entry | None, near_misses: tuple[NearMiss, ...]
) -> tuple[str, ...]:
    """The ways out of a finding, the one that changes no policy first; none where there is no finding."""
    return tuple(_ways(finding, decided_by, near_misses)) if finding is not None else ()


def _ways(finding: Finding, decided_by: Entry | None, near_misses: tuple[NearMiss, ...]) -> Iterator[str]:
    manager, _colon, rest = finding.package.partition(":")
    name = rest.rpartition(":")[0]
    place = f" ({decided_by.place})" if decided_by is not None else ""
    match finding.code:
        case "unlisted":
            yield "remove it"
            for miss in near_misses:
                yield f"make it fit {miss.entry.label} ({miss.entry.place}): {miss.why}"
            yield f"list it as software with `packages: [{{manager: {manager}, name: {name}}}]` and its own number"
        case "out_of_scope":
            yield "remove it"
            yield f"add this computer, its department or its kind to `for` of the entry{place}"
        case "version_not_allowed":
            yield "upgrade or downgrade it into the range"
            yield f"extend `versions` of the entry{place}"
        case "forbidden":
            yield "remove it"
        case "retired":
            yield "remove it, or move to its successor"
            yield f"allow it again: `state: allowed`{place}"
        case "missing_required":
            yield "install it"
            yield f"require it of fewer computers: `for` of the entry{place}"
        case _:
            yield finding.remedy
    if finding.code in ("unlisted", "out_of_scope", "version_not_allowed", "retired", "forbidden"):
        exactly = ", naming exactly this package," if finding.code == "forbidden" else ""
        yield f"an exception{exactly} with an end and a reason (policies/exceptions.yml)"
