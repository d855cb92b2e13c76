# SPDX-License-Identifier: Apache-2.0
"""The known ways in and out of a host, as data: the door test tries them, and so do our own tests.

This is the one place that says how far the guard reaches. When a way becomes blocked or seen, its line changes here.
"""

from typing import NamedTuple

SHUT, OPEN, SEEN = "shut", "open", "detected-only"


class Way(NamedTuple):
    """One way.

    ``script``: POSIX sh (``-e``) in a directory of its own, with the stage's variables (``guard_stage``). Exit status 0
    means that it went through, 77 that it cannot be tried here. Empty: it is not tried, only listed.
    ``needs``: commands, one of which has to be there. ``sample``: the stage's variable without which there is nothing
    to try: the policy of this host has no such software.
    ``is_real``: the throw-away package is really installed, so what dpkg's database says afterwards decides; otherwise
    dpkg is told to change nothing.
    ``code``: why the guard blocks it. ``expected``: how the way should be found. ``past_it``: what it is where it went
    through: whether the next run sees what came or went.
    ``outside``: what kind of programs outside packages it brings: where the policy has those looked for, the next run
    has to see it; ``undo`` takes it away.
    """

    name: str
    script: str
    code: str = "unlisted"
    sample: str = ""
    needs: str = ""
    is_real: bool = False
    expected: str = SHUT
    past_it: str = SEEN
    manager: str = "dpkg"
    outside: str = ""
    undo: str = ""


def _real(name: str, script: str, code: str = "unlisted", needs: str = "", expected: str = SHUT) -> Way:
    """The throw-away package, really installed."""
    return Way(name, script, code=code, needs=needs, is_real=True, expected=expected)


def _beyond(name: str, script: str, needs: str = "", sample: str = "", outside: str = "", undo: str = "") -> Way:
    """What nothing of ours blocks, nor sees but where the policy has programs outside packages looked for."""
    return Way(name, script, "", sample, needs, False, OPEN, OPEN, "", outside, undo)


def _listed(name: str, needs: str, expected: str) -> Way:
    """Not tried: nothing throw-away can be made for it on the spot."""
    return Way(name, "", code="", needs=needs, expected=expected, past_it=expected, manager="")


_DRY = "-o Dpkg::Options::=--no-act"

WAYS = (
    _real("apt", 'apt install -y "$NAME"'),
    _real("apt-get with a version", 'apt-get install -y "$NAME=1.0"'),
    _real("apt-get with a local file", 'apt-get install -y "$DEB"'),
    _real("apt-get -c with #clear", 'apt-get -c "$CLEAR" install -y "$NAME"'),
    _real("apt-get with another hook", 'apt-get -o DPkg::Pre-Install-Pkgs::=true install -y "$NAME"'),
    _real("apt-get along with a repair", 'apt-get install -y "$REPAIR_DEB" "$DEB"'),
    _real(
        "behind an approved apt-get", 'apt-get %s -o DPkg::Post-Invoke::="dpkg -i $DEB" install -y "$REPAIR_DEB"' % _DRY
    ),
    _real("aptitude", 'aptitude install -y "$NAME"', needs="aptitude"),
    _real("PackageKit", 'pkcon install-local -y "$DEB"', needs="pkcon"),
    _real("gdebi", 'gdebi --non-interactive "$DEB"', needs="gdebi"),
    _real("dpkg -i", 'dpkg -i "$DEB"'),
    _real("dpkg --force-all", 'dpkg --force-all -i "$DEB"'),
    _real("dpkg --unpack, then --configure", 'dpkg --unpack "$DEB"; dpkg --configure "$NAME"'),
    _real("dpkg in another directory", 'cd "${DEB%/*}"; dpkg --unpack -- "${DEB##*/}"'),
    _real("dpkg with a hook of one's own", 'dpkg --pre-invoke=true -i "$DEB"'),
    _real("dpkg under another name", 'cp "$(command -v dpkg)" tool; ./tool -i "$DEB"'),
    _real("dpkg with many files", 'dpkg -i "$REPAIR_DEB" "$DEB"'),
    _real("dpkg with a directory", 'mkdir -p tree/below; cp "$DEB" tree/below/x.deb; dpkg -D0 -iR tree'),
    _real("dpkg with a renamed file", 'cp "$DEB" approved_1.0_all.deb; dpkg -i approved_1.0_all.deb'),
    _real("dpkg --root with / by another name", 'ln -s / slash; dpkg --root="$PWD/slash" -i "$DEB"'),
    _real(
        "dpkg with a pipe",
        'mkfifo p.deb; { cat "$DEB" > p.deb & }; writer=$!; dpkg -i p.deb || code=1; kill $writer || :; exit ${code-0}',
        code="unreadable",
    ),
    Way(
        "dpkg --admindir",
        'mkdir -p db/info db/updates; cp /var/lib/dpkg/status db/; dpkg --admindir="$PWD/db" -i "$DEB"',
        code="foreign_database",
        past_it=OPEN,
    ),
    Way(
        "DPKG_ADMINDIR",
        'mkdir -p db/info db/updates; cp /var/lib/dpkg/status db/; DPKG_ADMINDIR="$PWD/db" dpkg -i "$DEB"',
        code="foreign_database",
        past_it=OPEN,
    ),
    # What follows is about software of this host: dpkg is told to change nothing.
    Way(
        "an approved name in a wrong version",
        'dpkg --no-act -i "$WRONG_VERSION"',
        "version_not_allowed",
        "WRONG_VERSION",
    ),
    Way(
        "the same with apt-get",
        'apt-get %s install -y --allow-downgrades "$WRONG_VERSION"' % _DRY,
        "version_not_allowed",
        "WRONG_VERSION",
    ),
    Way("what is forbidden", 'dpkg --no-act -i "$FORBIDDEN"', "forbidden", "FORBIDDEN"),
    Way("a private upgrade", 'dpkg --no-act -i "$EDITION"', "private_upgrade", "EDITION"),
    Way("apt-get remove of what is on record", 'apt-get %s remove -y "$KEPT"' % _DRY, "recorded", "KEPT"),
    Way("dpkg -r of what is on record", 'dpkg --no-act --force-all -r "$KEPT"', "recorded", "KEPT"),
    Way("dpkg -P of what is on record", 'dpkg --no-act --force-all -P "$KEPT"', "recorded", "KEPT"),
    Way("a package that takes its place", 'dpkg --no-act -i "$REPLACING"', "recorded", "REPLACING"),
    Way("apt-get purge of what is required", 'apt-get %s purge -y "$REQUIRED"' % _DRY, "required", "REQUIRED"),
    Way("dpkg -r of what is required", 'dpkg --no-act --force-all -r "$REQUIRED"', "required", "REQUIRED"),
    Way("dpkg -r of what the host needs", "dpkg --no-act --force-all -r apt", "protected"),
    # Where the guard does not reach.
    _real("a file under the name of a repair", 'dpkg -i "$REPAIR_DEB"', code="", expected=SEEN),
    _real(
        "dpkg where its configuration is hidden",
        "unshare -m true || exit 77; unshare -m sh -c 'mount -t tmpfs none /etc/dpkg/dpkg.cfg.d && dpkg -i \"$DEB\"'",
        code="",
        needs="unshare",
        expected=SEEN,
    ),
    _beyond("a forged file under an approved name and version", 'dpkg --no-act -i "$FORGED"', sample="FORGED"),
    _beyond("dpkg-deb -x /", 'dpkg-deb -x "$DEB" /'),
    _beyond("ar and tar", 'ar x "$DEB"; tar -xf data.tar* -C /', needs="ar"),
    _beyond(
        "pip",
        'pip3 install -q --no-index --no-deps "$WHEEL"',
        needs="pip3",
        outside="pip",
        undo='pip3 uninstall -q -y "$NAME"',
    ),
    _beyond(
        "npm",
        'npm install --offline --no-audit --no-fund -g "$NPM"',
        needs="npm",
        outside="npm",
        undo='npm uninstall -g "$NAME"',
    ),
    _beyond("an AppImage in /opt", 'cp "$TOOL" "$LEFT_OPT.AppImage"; "$LEFT_OPT.AppImage"', outside="programs"),
    _beyond(
        "a tarball in /opt",
        'mkdir "$LEFT_OPT"; tar -cf - -C "${TOOL%/*}" tool | tar -xf - -C "$LEFT_OPT"; "$LEFT_OPT/tool"',
        outside="programs",
    ),
    _beyond("make install", 'install -m 755 "$TOOL" "$LEFT_BIN"; "$LEFT_BIN"', outside="programs"),
    _beyond("a program in a folder of one's own", 'cp "$TOOL" own; ./own'),
    # Their packages are among the facts, so an unlisted one is found; nothing stops it from coming.
    _listed("snap", "snap", SEEN),
    _listed("flatpak", "flatpak", SEEN),
    _listed("rpm beside dpkg", "rpm", SEEN),
    _listed("busybox dpkg", "busybox", OPEN),
    _listed("containers", "podman docker", OPEN),
)
