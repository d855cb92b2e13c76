# SPDX-License-Identifier: Apache-2.0
"""The library of dnf 4, for ``dnf_program.py``. Source: dnf's API reference; libdnf."""

import contextlib
import sys
import time
from typing import Any, Dict, List

LOCK_SECONDS = 120


class Library:
    """dnf as it is configured here, without what would do more than is asked: plugins are made for its command line."""

    def __init__(self):
        import dnf
        import dnf.exceptions
        import dnf.lock
        import dnf.rpm
        import dnf.transaction

        self.dnf = dnf
        self.errors = (dnf.exceptions.Error,)
        self.base: Any = None
        self._lock: Any = None

    def lock(self):
        """Nobody else's dnf may change anything from here on; waits for one that does."""
        dnf, conf = self.dnf, self.dnf.Base().conf
        deadline = time.time() + LOCK_SECONDS
        while self._lock is None:
            lock = dnf.lock.build_rpmdb_lock(conf.persistdir, True)
            try:
                lock.__enter__()
                self._lock = lock
            except dnf.exceptions.LockError:
                if time.time() >= deadline:
                    raise
                time.sleep(1)

    def open(self, with_repositories):
        """Read the database, and the package lists of the repositories."""
        dnf = self.dnf
        self.base = dnf.Base()
        conf = self.base.conf
        conf.read(priority=dnf.conf.PRIO_MAINCONFIG)
        conf.substitutions.update_from_etc(conf.installroot, varsdir=conf.varsdir)
        if not conf.releasever:
            conf.releasever = dnf.rpm.detect_releasever(conf.installroot)
        conf.cachedir = conf.system_cachedir
        conf.install_weak_deps = False
        conf.clean_requirements_on_remove = False
        conf.assumeyes = True
        if with_repositories:
            self.base.read_all_repos()
            for repo in self.base.repos.iter_enabled():
                repo._repo.setSyncStrategy(dnf.repo.SYNC_ONLY_CACHE)
        self.base.fill_sack(load_system_repo=True, load_available_repos=with_repositories)

    def list_offers(self, names):
        """{name: [[version, arch]]} of what the repositories have for this machine's architecture, highest first."""
        arches = ("noarch", self.base.conf.arch)
        found: Dict[str, List[Any]] = {name: [] for name in names}
        for package in self.base.sack.query().available().filter(name=names, arch=arches):
            if [package.evr, package.arch] not in found[package.name]:
                found[package.name].append([package.evr, package.arch])
        return found

    def resolve(self, comes, leaves):
        """Let dnf work out the transaction, as ``dnf_program.read_steps`` takes it; raises dnf's own errors."""
        base = self.base
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
        return list(self._items())

    def _items(self):
        meant = self.dnf.transaction
        kinds = {
            meant.PKG_UPGRADED: "gone",
            meant.PKG_DOWNGRADED: "gone",
            meant.PKG_UPGRADE: "upgrade",
            meant.PKG_DOWNGRADE: "upgrade",
            meant.PKG_INSTALL: "install",
            meant.PKG_OBSOLETE: "install",
            meant.PKG_REMOVE: "remove",
            meant.PKG_OBSOLETED: "remove",
        }
        for item in self.base.transaction or ():
            if item.action in kinds:
                yield kinds[item.action], (item.pkg.name, item.pkg.evr, item.pkg.arch)
            elif item.action != getattr(meant, "PKG_REASON_CHANGE", None):
                raise ValueError("dnf would {} {}".format(item.action_name.lower(), item.pkg))

    def read_brings(self):
        """Pairs of a name that comes and one that it needs or recommends, both among what comes."""
        coming = list(self.base.transaction.install_set) if self.base.transaction else []
        everything = self.base.sack.query().filter(pkg=coming)
        pairs = set()
        for package in coming:
            for wanted in list(package.requires) + list(package.recommends):
                for provider in everything.filter(provides=wanted):
                    if provider.name != package.name:
                        pairs.add((package.name, provider.name))
        return [list(pair) for pair in sorted(pairs)]

    def carry_out(self):
        """Download, check signatures as dnf -y does, and run. Raises dnf's own errors, ValueError."""
        base = self.base
        packages = list(base.transaction.install_set)
        base.download_packages(packages)
        for package in packages:
            code, said = base.package_signature_check(package)
            if code == 1:
                base.package_import_key(package)
                code, said = base.package_signature_check(package)
            if code:
                raise ValueError(said)
        base.do_transaction(display=[_speaker()])

    def close(self):
        """Let go of everything."""
        if self._lock is not None:
            # The transaction has taken and released the same lock.
            with contextlib.suppress(FileNotFoundError):
                self._lock.__exit__(None, None, None)
        if self.base is not None:
            self.base.close()


def _only(query, name, version, arches):
    for arch in arches:
        for package in query.filter(name=name, evr=version, arch=arch):
            return package
    raise ValueError("{} {} is not there".format(name, version))


def _speaker():
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
