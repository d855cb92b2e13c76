# SPDX-License-Identifier: Apache-2.0
"""What dnf 4 offers, would do, and does, asked through its own library: no table for people is parsed.

This file runs on its own, under the Python that dnf itself runs under: it imports nothing of ours. Arguments: a file
with the question and one for the answer, both JSON. The question holds ``ask``:

* ``offers`` with ``names``: the answer maps each to the ``[version, arch]`` of its packages in the repositories.
* ``resolve`` with ``comes`` and ``leaves``, lists of ``[name, version, arch]``: the answer has ``steps`` (kind, name,
  arch, old, new) and ``brings``.
* ``run``, with ``steps`` besides: the same, and the transaction is carried out if it is exactly these. The answer has
  the ``difference`` (empty: none) and ``ran``.

``error`` says why there is no answer. Package lists are used as they are. Source: dnf's API reference; libdnf.
"""

import contextlib
import json
import os
import sys
import time
from typing import Any, Dict, List

LOCK_SECONDS = 120


def open_base(dnf, with_repositories):
    """dnf as it is configured here, without what would do more than is asked: plugins are made for its command line."""
    base = dnf.Base()
    conf = base.conf
    conf.read(priority=dnf.conf.PRIO_MAINCONFIG)
    conf.substitutions.update_from_etc(conf.installroot, varsdir=conf.varsdir)
    if not conf.releasever:
        conf.releasever = dnf.rpm.detect_releasever(conf.installroot)
    conf.cachedir = conf.system_cachedir
    conf.install_weak_deps = False
    conf.clean_requirements_on_remove = False
    conf.assumeyes = True
    if with_repositories:
        base.read_all_repos()
        for repo in base.repos.iter_enabled():
            repo._repo.setSyncStrategy(dnf.repo.SYNC_ONLY_CACHE)
    base.fill_sack(load_system_repo=True, load_available_repos=with_repositories)
    return base


def list_offers(base, names):
    """{name: [[version, arch]]} of what the repositories have for this machine's architecture, highest first."""
    arches = ("noarch", base.conf.arch)
    found: Dict[str, List[Any]] = {name: [] for name in names}
    for package in base.sack.query().available().filter(name=names, arch=arches):
        if [package.evr, package.arch] not in found[package.name]:
            found[package.name].append([package.evr, package.arch])
    return found


def resolve(base, comes, leaves):
    """Let dnf work out the transaction; raises dnf's own errors."""
    installed = base.sack.query().installed()
    for name, version, arch in leaves:
        base.package_remove(_only(installed, name, version, (arch,)))
    for name, version, arch in comes:
        # A package may turn from one for all architectures into one for this, and back.
        offered = _only(base.sack.query().available(), name, version, (arch, "noarch", base.conf.arch))
        if installed.filter(name=name):
            base.package_upgrade(offered)
        else:
            base.package_install(offered)
    base.resolve(allow_erasing=True)
    return list(base.transaction or ())


def _only(query, name, version, arches):
    for arch in arches:
        for package in query.filter(name=name, evr=version, arch=arch):
            return package
    raise ValueError("{} {} is not there".format(name, version))


def read_steps(dnf, items):
    """The lines of a transaction; ``[kind, name, arch, old, new]``, the arch of an upgrade that of what was there."""
    gone: Dict[str, List[Any]] = {}
    coming, steps = [], []
    for item in items:
        action = item.action
        if action in (dnf.transaction.PKG_UPGRADED, dnf.transaction.PKG_DOWNGRADED):
            gone.setdefault(item.pkg.name, []).append(item.pkg)
        elif action in (dnf.transaction.PKG_UPGRADE, dnf.transaction.PKG_DOWNGRADE):
            coming.append(item.pkg)
        elif action in (dnf.transaction.PKG_INSTALL, dnf.transaction.PKG_OBSOLETE):
            steps.append(["install", item.pkg.name, item.pkg.arch, "", item.pkg.evr])
        elif action in (dnf.transaction.PKG_REMOVE, dnf.transaction.PKG_OBSOLETED):
            steps.append(["remove", item.pkg.name, item.pkg.arch, item.pkg.evr, ""])
        elif action != _reason_change(dnf):
            raise ValueError("dnf would {} {}".format(item.action_name.lower(), item.pkg))
    for package in coming:
        olds = gone.get(package.name, [])
        old = next((one for one in olds if one.arch == package.arch), None) or next(iter(olds), None)
        if old is None:
            raise ValueError("dnf would upgrade {}, which is not there".format(package))
        olds.remove(old)
        steps.append(["upgrade", package.name, old.arch, old.evr, package.evr])
    for packages in gone.values():
        steps += [["remove", package.name, package.arch, package.evr, ""] for package in packages]
    return sorted(steps)


def _reason_change(dnf):
    return getattr(dnf.transaction, "PKG_REASON_CHANGE", None)


def read_brings(base, items):
    """Pairs of a name that comes and one that it needs or recommends, both among what comes."""
    coming = [item.pkg for item in items if item.pkg in base.transaction.install_set]
    everything = base.sack.query().filter(pkg=coming)
    pairs = set()
    for package in coming:
        for wanted in list(package.requires) + list(package.recommends):
            for provider in everything.filter(provides=wanted):
                if provider.name != package.name:
                    pairs.add((package.name, provider.name))
    return [list(pair) for pair in sorted(pairs)]


def speaker():
    """What rpm and the packages' scripts say goes to the output."""
    import dnf.callback

    class Speaker(dnf.callback.TransactionProgress):
        def error(self, message):
            sys.stdout.write("{}\n".format(message))
            sys.stdout.flush()

        def scriptout(self, msgs):
            if msgs:
                sys.stdout.write("{}\n".format(msgs))
                sys.stdout.flush()

    return Speaker()


def carry_out(base):
    """Download, check signatures as dnf -y does, and run. Raises dnf's own errors, ValueError."""
    packages = list(base.transaction.install_set)
    base.download_packages(packages)
    for package in packages:
        code, said = base.package_signature_check(package)
        if code == 1:
            base.package_import_key(package)
            code, said = base.package_signature_check(package)
        if code:
            raise ValueError(said)
    base.do_transaction(display=[speaker()])


def locked(dnf, base):
    """Nobody else's dnf may change anything from here on; waits for one that does."""
    deadline = time.time() + LOCK_SECONDS
    while True:
        lock = dnf.lock.build_rpmdb_lock(base.conf.persistdir, True)
        try:
            lock.__enter__()
            return lock
        except dnf.exceptions.LockError:
            if time.time() >= deadline:
                raise
        time.sleep(1)


def answer(question):
    """The answer to a question; errors of dnf become its ``error``."""
    import dnf
    import dnf.exceptions
    import dnf.lock
    import dnf.rpm
    import dnf.transaction

    asked = question["ask"]
    comes, leaves = question.get("comes", []), question.get("leaves", [])
    said = {"error": "", "ran": False}
    base = lock = None
    try:
        if asked == "run":
            base = dnf.Base()
            lock = locked(dnf, base)
        base = open_base(dnf, asked == "offers" or bool(comes))
        if asked == "offers":
            said["offers"] = list_offers(base, question["names"])
            return said
        items = resolve(base, comes, leaves)
        said["steps"] = read_steps(dnf, items)
        said["brings"] = read_brings(base, items) if items else []
        if asked == "run":
            said["difference"] = _difference(question["steps"], said["steps"])
            if not said["difference"]:
                said["ran"] = True
                carry_out(base)
    except (dnf.exceptions.Error, ValueError, OSError) as err:
        said["error"] = str(err) or type(err).__name__
    finally:
        if lock is not None:
            # The transaction has taken and released the same lock.
            with contextlib.suppress(FileNotFoundError):
                lock.__exit__(None, None, None)
        if base is not None:
            base.close()
    return said


def _difference(planned, actual):
    parts = []
    for title, only in (
        ("not planned", [step for step in actual if step not in planned]),
        ("planned and missing", [step for step in planned if step not in actual]),
    ):
        if only:
            named = ["{} {}:{} {}".format(s[0], s[1], s[2], " to ".join(v for v in s[3:] if v)) for s in only[:10]]
            parts.append("{}: {}".format(title, ", ".join(named)))
    return "; ".join(parts)


def main(argv):
    """Read the question, write the answer whole or not at all."""
    with open(argv[0], "rb") as file:
        question = json.loads(file.read().decode("utf-8"))
    text = json.dumps(answer(question))
    descriptor = os.open(argv[1] + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    os.rename(argv[1] + ".new", argv[1])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
