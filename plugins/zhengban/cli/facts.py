# SPDX-License-Identifier: Apache-2.0
"""``zhengban facts``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import ACTION_FAILED, BAD_INPUT, FINDINGS
from .output import Format, FormatOption, encode_json, write_error, write_json, write_line, write_lines
from .selection import open_workspace, select_computers

if TYPE_CHECKING:
    from zhengban.intake.importing import Imported

app = typer.Typer(help="What computers say about themselves.", no_args_is_help=True, rich_markup_mode=None)


@app.command("collect")
def collect(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write the document there, not to the terminal.")
    ] = None,
    hosts: Annotated[
        str | None,
        typer.Option("--hosts", metavar="PATTERN", help="Collect from these hosts of the Ansible inventory instead."),
    ] = None,
    winrm: Annotated[
        Path | None,
        typer.Option("--winrm", metavar="FILE", help="Ask Windows computers without Ansible, as this file says."),
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Read what this machine has installed and print it: one JSON document "zhengban.facts/1".

    It needs no workspace and no root. Exit code 1 when a package manager was found and could not be read, or none was
    found: what that machine has is unknown.

    With --hosts, run the playbook zhengban.baseline.collect, which keeps the facts of those hosts in the workspace;
    exit code 3 when it failed on any of them.

    With --winrm, --hosts are computer numbers or host names with commas, or "all": those of the file, or where it names
    none, all in use. The file holds user and password (schema winrm), so only its owner may read it, or ansible-vault
    has encrypted it. Exit code 1 when something could not be read, 3 when a computer could not be asked.

    JSON with --winrm: a list, sorted by computer, of {computer, state: collected | unreachable | failed, packages,
    unread: {manager: why}, reason}.
    """
    if winrm is not None:
        _collect_over_winrm(context, winrm, hosts, output, format)
        return
    if hosts is None:
        _collect_here(output)
        return
    from .playbook import run_playbook

    if output is not None:
        raise typer.BadParameter(
            "it is for this machine's facts; those of --hosts go to the workspace", param_hint="--output"
        )
    if not hosts.strip():
        raise typer.BadParameter("the pattern is empty; 'all' means every host", param_hint="--hosts")
    if run_playbook(open_workspace(context), "zhengban.baseline.collect", hosts):
        raise typer.Exit(ACTION_FAILED)


def _collect_over_winrm(
    context: typer.Context, file: Path, hosts: str | None, output: Path | None, format: Format
) -> None:
    from zhengban.remote.access import read_access
    from zhengban.run.collecting import collect_over_winrm

    if output is not None or not hosts or not hosts.strip():
        raise typer.BadParameter(
            "name the computers with --hosts; their facts go to the workspace", param_hint="--winrm"
        )
    workspace = open_workspace(context)
    access = read_access(file)
    names = [name.strip() for name in hosts.split(",")] if hosts.strip() != "all" else list(access.numbers)
    done = collect_over_winrm(workspace, select_computers(workspace, names), access, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(done)
    for item in done:
        if item.state != "collected":
            write_error(f"{item.computer}: {item.reason}")
        elif format is Format.TEXT:
            write_line(f"{item.computer}: {item.packages} packages")
            write_lines(f"{item.computer}: {name} was not read: {why}" for name, why in item.unread.items())
    if any(item.state != "collected" for item in done):
        raise typer.Exit(ACTION_FAILED)
    if any(item.unread for item in done):
        raise typer.Exit(FINDINGS)


def _collect_here(output: Path | None) -> None:
    from zhengban.host import facts as host_facts

    document = host_facts.collect()
    if output is None:
        write_json(document)
    else:
        output.write_bytes(encode_json(document))
    managers = document["managers"]
    for name in sorted(managers):
        if not managers[name]["read"]:
            write_error(f"{name} was not read: {managers[name]['why']}")
    if not managers:
        write_error("no package manager was found on this machine")
    if not managers or not all(manager["read"] for manager in managers.values()):
        raise typer.Exit(FINDINGS)


@app.command("collector")
def write_collector(
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="Where to write it, such as zhengban-collector.pyz.")
    ],
    is_windows: Annotated[
        bool, typer.Option("--windows", help="The one for Windows, a batch file: zhengban-collector.cmd.")
    ] = False,
) -> None:
    """Write the collector for machines that nobody can ask: one file, which prints what "facts collect" does.

    It runs with Python 3.6 or later, installs nothing, changes nothing and needs no network. Carry it to the machine,
    run it as root, and carry the document back:

        python3 zhengban-collector.pyz /media/usb
        zhengban facts import /media/usb/*.json

    The one for Windows needs cmd.exe and reg.exe, no PowerShell. What it writes is read when it is imported:

        zhengban-collector.cmd E:\\

    It needs no workspace; the same version of zhengban writes the same bytes.
    """
    if is_windows:
        from zhengban.windows.bundle import collector_script

        output.write_bytes(collector_script())
        write_line(f"wrote {output}: run it there as administrator")
        return
    from zhengban.run.hostcode import build_collector

    output.write_bytes(build_collector())
    output.chmod(0o755)
    write_line(f"wrote {output}: run it with python3, as root")


@app.command("import")
def import_documents(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Documents that collectors have written.")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Keep facts that were carried over from computers nobody can ask.

    Each document goes to the computer whose identity (serial number, machine id) it has; else to the one that is called
    like its host, as long as that one has no identity in the register. A document from a machine that is not in the
    register, an older one than is known, one that was damaged or is of another format is named and left out, and the
    others are imported; exit code 2 when there was one. Of several from one computer the newest counts.

    How old the facts are goes by the clock of the computer they are of.

    JSON: a list, in the order of the files, of {file, state: imported | known | refused, computer, known_by: identity |
    host_name, host, collected_at, reason}.
    """
    from zhengban.intake.importing import import_facts

    done = import_facts(open_workspace(context), files, now=dt.datetime.now(dt.UTC))
    if format is Format.JSON:
        write_json(done)
    for item in done:
        if item.state == "refused":
            write_error(f"{item.file}: {item.reason}")
        elif format is Format.TEXT:
            write_line(_describe(item))
    if any(item.state == "refused" for item in done):
        raise typer.Exit(BAD_INPUT)


def _describe(item: Imported) -> str:
    if item.state == "known":
        return f"{item.file}: {item.reason}"
    by_name = f", by its name {item.host!r} alone: the register has no identity of it yet"
    return (
        f"{item.file}: {item.computer}, facts of {item.collected_at}{by_name if item.known_by == 'host_name' else ''}"
    )
