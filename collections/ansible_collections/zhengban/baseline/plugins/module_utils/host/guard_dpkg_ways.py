# SPDX-License-Identifier: Apache-2.0
"""The known ways past the guard with apt and dpkg. Source: apt-get(8), dpkg(1)."""

from .guard_way import OPEN, SEEN, Way, beyond, listed, real

_DRY = "-o Dpkg::Options::=--no-act"

DPKG_WAYS = (
    real("apt", 'apt install -y "$NAME"'),
    real("apt-get with a version", 'apt-get install -y "$NAME=1.0"'),
    real("apt-get with a local file", 'apt-get install -y "$DEB"'),
    real("apt-get -c with #clear", 'apt-get -c "$CLEAR" install -y "$NAME"'),
    real("apt-get with another hook", 'apt-get -o DPkg::Pre-Install-Pkgs::=true install -y "$NAME"'),
    real("apt-get along with a repair", 'apt-get install -y "$REPAIR_DEB" "$DEB"'),
    real(
        "behind an approved apt-get", 'apt-get %s -o DPkg::Post-Invoke::="dpkg -i $DEB" install -y "$REPAIR_DEB"' % _DRY
    ),
    real("aptitude", 'aptitude install -y "$NAME"', needs="aptitude"),
    real("PackageKit", 'pkcon install-local -y "$DEB"', needs="pkcon"),
    real("gdebi", 'gdebi --non-interactive "$DEB"', needs="gdebi"),
    real("dpkg -i", 'dpkg -i "$DEB"'),
    real("dpkg --force-all", 'dpkg --force-all -i "$DEB"'),
    real("dpkg --unpack, then --configure", 'dpkg --unpack "$DEB"; dpkg --configure "$NAME"'),
    real("dpkg in another directory", 'cd "${DEB%/*}"; dpkg --unpack -- "${DEB##*/}"'),
    real("dpkg with a hook of one's own", 'dpkg --pre-invoke=true -i "$DEB"'),
    real("dpkg under another name", 'cp "$(command -v dpkg)" tool; ./tool -i "$DEB"'),
    real("dpkg with many files", 'dpkg -i "$REPAIR_DEB" "$DEB"'),
    real("dpkg with a directory", 'mkdir -p tree/below; cp "$DEB" tree/below/x.deb; dpkg -D0 -iR tree'),
    real("dpkg with a renamed file", 'cp "$DEB" approved_1.0_all.deb; dpkg -i approved_1.0_all.deb'),
    real("dpkg --root with / by another name", 'ln -s / slash; dpkg --root="$PWD/slash" -i "$DEB"'),
    real(
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
    real("a file under the name of a repair", 'dpkg -i "$REPAIR_DEB"', code="", expected=SEEN),
    real(
        "dpkg where its configuration is hidden",
        "unshare -m true || exit 77; unshare -m sh -c 'mount -t tmpfs none /etc/dpkg/dpkg.cfg.d && dpkg -i \"$DEB\"'",
        code="",
        needs="unshare",
        expected=SEEN,
    ),
    Way(
        "a forged file under an approved name and version",
        'dpkg --no-act -i "$FORGED"',
        code="",
        sample="FORGED",
        expected=OPEN,
        past_it=OPEN,
    ),
    beyond("dpkg-deb -x /", 'dpkg-deb -x "$DEB" /', manager="dpkg"),
    beyond("ar and tar", 'ar x "$DEB"; tar -xf data.tar* -C /', needs="ar", manager="dpkg"),
    listed("busybox dpkg", "busybox", OPEN, "dpkg"),
)
