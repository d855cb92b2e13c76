# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the results of a run's tasks say about each computer: the rows of the callback ``summary``. No Ansible here."""

from __future__ import annotations

import dataclasses

COLUMNS = ("computer", "verdict", "planned", "done", "left out", "failed", "reason")
PLANNING = ("plan", "deploy", "maintain", "restore")


@dataclasses.dataclass
class Row:
    """One computer, or a host that is none; the counts are of actions."""

    computer: str
    verdict: str = ""
    planned: int = 0
    done: int = 0
    left_out: int = 0
    failed: int = 0
    reason: str = ""


class Rows:
    """Takes up results in the order they come in."""

    def __init__(self):
        self._by_host = {}

    def note(self, host, action, result):
        """Take up what an action of the collection (its short name) answered for a host, also when it failed."""
        if action == "arm":
            self._note_arming(result)
        elif "computer" in result:
            row = self._row(host)
            row.computer = result["computer"] or row.computer
            if action in PLANNING:
                self._note_plan(row, result)
            elif action == "apply":
                self._note_applied(row, result)
            elif action == "recover":
                row.done += len(result.get("records") or ())
                if result.get("pending"):
                    row.reason = f"still open: {result['pending']}"

    def note_failure(self, host, reason):
        """Take up that a task of any kind failed on a host: what could not be asked is unread, never compliant."""
        row = self._row(host)
        row.verdict = row.verdict or "unread"
        row.reason = str(reason)

    def cells(self):
        """The rows as texts, by computer, below the names of the columns."""
        rows = sorted(self._by_host.values(), key=lambda row: row.computer)
        return [COLUMNS, *(tuple(str(cell) for cell in dataclasses.astuple(row)) for row in rows)]

    def totals(self):
        """The sums as one line; None without a row."""
        rows = list(self._by_host.values())
        if not rows:
            return None
        verdicts = {}
        for row in rows:
            verdicts[row.verdict or "not judged"] = verdicts.get(row.verdict or "not judged", 0) + 1
        counted = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        sums = (f"{sum(getattr(row, name) for row in rows)} {label}" for name, label in _SUMS)
        return f"{len(rows)} computer{'' if len(rows) == 1 else 's'}: {counted}; {', '.join(sums)}"

    def _row(self, host):
        return self._by_host.setdefault(host, Row(computer=host))

    def _note_plan(self, row, result):
        row.verdict = result.get("verdict", "")
        row.planned = len(result.get("actions") or ())
        refusals = result.get("refusals") or ()
        row.left_out = len(refusals)
        if result.get("pending"):
            row.verdict, row.reason = "unread", f"still open: {result['pending']}"
        else:
            row.reason = "; ".join(_reasons(result, refusals))

    def _note_arming(self, result):
        """One arming is about all computers: who gets no seat is left out with the whole plan."""
        without_seat = result.get("without_seat") or {}
        for row in self._by_host.values():
            if row.computer in without_seat:
                row.left_out, row.reason = row.left_out + row.planned, without_seat[row.computer]

    def _note_applied(self, row, result):
        outcomes = result.get("outcomes") or ()
        row.done = sum(outcome["state"] == "done" for outcome in outcomes)
        state = result.get("state", "done")
        if state in ("failed", "refused"):
            row.failed = row.planned - row.done
        if state != "left_out":
            row.reason = result.get("reason") or row.reason
        if result.get("needs_restart"):
            row.reason = f"restart the computer; {row.reason}".rstrip("; ")


_SUMS = (("planned", "planned"), ("done", "done"), ("left_out", "left out"), ("failed", "failed"))


def _reasons(result, refusals):
    if result.get("mode") == "audit" and result.get("actions"):
        yield "audit only"
    if refusals:
        more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
        yield f"{refusals[0]['package']}: {refusals[0]['reason']}{more}"
    elif result.get("findings"):
        count = len(result["findings"])
        yield f"{count} finding{'' if count == 1 else 's'}"
