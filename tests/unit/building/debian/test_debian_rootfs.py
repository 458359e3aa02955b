"""Unpacked packages look like an installed system, without its surplus."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from lading.building.debian import maintainer, rootfs
from lading.building.debian.contents import read
from lading.building.debian.fetch import fetch
from lading.building.debian.maintainer import Alternative, Link
from lading.building.layers.entry import Entry, Kind
from lading.building.lockfile import Deb
from lading.building.progress import Silent
from lading.errors import ArchiveError
from tests.unit.building.debian.tiny_archive import MULTIARCH, TinyArchive, packed, tar

Files = Mapping[str, bytes | str | None]


def fetched(archive: TinyArchive, cache: Path, *debs: Deb) -> dict[Deb, Path]:
    return fetch(debs, cache, Silent())


def base(archive: TinyArchive, cache: Path, files: Files, postinst: str = "") -> dict[str, Entry]:
    deb = archive.add("one", files, postinst=postinst)
    entries = rootfs.base_entries(fetched(archive, cache, deb), "3.11")
    return {entry.path: entry for entry in entries}


@pytest.mark.parametrize(
    ("member", "pack"),
    [
        ("data.tar.xz", lzma.compress),
        ("data.tar.gz", gzip.compress),
        ("data.tar.zst", zstandard.compress),
        ("data.tar", bytes),
    ],
)
def test_every_compression_of_debian_is_read(tmp_path: Path, member: str, pack) -> None:  # type: ignore[no-untyped-def]
    content = packed("Package: a\nVersion: 1\n", pack(tar({"usr/bin/a": b"x"})), member=member)
    deb = Deb("a", "1", "amd64", "", "", hashlib.sha256(content).hexdigest(), len(content))
    (tmp_path / "a.deb").write_bytes(content)
    found = read(deb, tmp_path / "a.deb")
    assert [(entry.path, entry.content) for entry in found.entries] == [("usr/bin/a", b"x")]
    assert found.control == "Package: a\nVersion: 1\n"


def test_a_damaged_file_is_refused_and_removed(archive: TinyArchive, tmp_path: Path) -> None:
    deb = archive.add("one", {"a": b"x"})
    (path,) = fetched(archive, tmp_path, deb).values()
    path.write_bytes(bytes(deb.size))
    with pytest.raises(ArchiveError) as refused:
        rootfs.base_entries({deb: path}, "3.11")
    assert refused.value.problem == "the downloaded package was damaged, and is now removed"
    assert not path.exists()


def test_usr_is_merged_whatever_the_package_says(archive: TinyArchive, tmp_path: Path) -> None:
    found = base(
        archive,
        tmp_path,
        {"bin/ls": b"ls", "lib/x/libz.so.1": "../../usr/lib/libreal.so", "lib64/ld.so": "/lib/ld"},
    )
    assert found["usr/bin/ls"].content == b"ls"
    assert found["usr/lib/x/libz.so.1"].target == "../libreal.so"
    assert found["bin"].target == "usr/bin"
    assert found["lib64"].target == "usr/lib64"
    assert found["var/run"].target == "../run"
    assert not any(path.startswith(("bin/", "lib/", "lib64/")) for path in found)


def test_documentation_stays_out_but_copyright_does_not(
    archive: TinyArchive, tmp_path: Path
) -> None:
    found = base(
        archive,
        tmp_path,
        {
            "usr/share/doc/one/copyright": b"c",
            "usr/share/doc/one/changelog.gz": b"x",
            "usr/share/doc/two": "one",
            "usr/share/man/man1/one.1.gz": b"x",
            "usr/share/locale/de/one.mo": b"x",
            "usr/share/lintian/overrides/one": b"x",
        },
    )
    kept = {path for path in found if path.startswith("usr/share/") and "licen" not in path}
    assert kept == {
        "usr/share/doc",
        "usr/share/doc/one",
        "usr/share/doc/one/copyright",
        "usr/share/doc/two",
    }


def test_set_user_id_is_dropped_and_hard_links_are_links(tmp_path: Path) -> None:
    data = lzma.compress(tar({"usr/bin/a": b"x"}, {"usr/bin/b": "usr/bin/a"}))
    content = packed("Package: a\nVersion: 1\n", data)
    deb = Deb("a", "1", "amd64", "", "", hashlib.sha256(content).hexdigest(), len(content))
    (tmp_path / "a.deb").write_bytes(content)
    a, b = read(deb, tmp_path / "a.deb").entries
    assert a.mode == 0o755
    assert (b.kind, b.target) == (Kind.SYMLINK, "/usr/bin/a")


def test_a_path_that_leaves_the_root_is_refused(tmp_path: Path) -> None:
    content = packed("Package: a\n", lzma.compress(tar({"../etc/passwd": b"x"})))
    deb = Deb("a", "1", "amd64", "", "", hashlib.sha256(content).hexdigest(), len(content))
    (tmp_path / "a.deb").write_bytes(content)
    with pytest.raises(ArchiveError, match="a: is not a Debian package"):
        read(deb, tmp_path / "a.deb")


def test_every_folder_above_an_entry_is_there_and_paths_are_sorted(
    archive: TinyArchive, tmp_path: Path
) -> None:
    found = base(archive, tmp_path, {"opt/a/b/c": b"x"})
    assert list(found) == sorted(found)
    for path in found:
        above = path.rpartition("/")[0]
        assert not above or found[above].kind is Kind.FOLDER


def test_the_authorities_become_one_bundle(archive: TinyArchive, tmp_path: Path) -> None:
    folder = "usr/share/ca-certificates/mozilla"
    found = base(archive, tmp_path, {f"{folder}/B.crt": b"bbb", f"{folder}/A.crt": b"aaa\n"})
    assert found["etc/ssl/certs/ca-certificates.crt"].content == b"aaa\nbbb\n"
    assert found["usr/lib/ssl/cert.pem"].target == "/etc/ssl/certs/ca-certificates.crt"
    assert f"{folder}/A.crt" not in found


def test_the_image_has_its_user_and_mount_points(archive: TinyArchive, tmp_path: Path) -> None:
    found = base(archive, tmp_path, {})
    passwd = found["etc/passwd"].content
    assert isinstance(passwd, bytes)
    assert b"nonroot:x:65532:65532:nonroot:/tmp:" in passwd
    assert found["tmp"].mode == 0o1777
    assert found["run/lading"].kind is Kind.FOLDER
    assert [found[f"etc/{name}"].content for name in ("hosts", "hostname", "resolv.conf")] == [
        b"",
        b"",
        b"",
    ]


def test_packages_are_recorded_for_scanners(archive: TinyArchive, tmp_path: Path) -> None:
    found = base(archive, tmp_path, {})
    assert found["var/lib/dpkg/status.d/one"].content == (
        b"Package: one\nStatus: install ok installed\nVersion: 1.0\nArchitecture: amd64\n"
    )


def test_beside_the_record_of_a_package_are_the_files_that_the_image_has_of_it(
    archive: TinyArchive, tmp_path: Path
) -> None:
    files: Files = {"lib/one.so": b"", "usr/share/man/one.1": b"", "etc/passwd": b"its own"}
    found = base(archive, tmp_path, files)
    assert found["var/lib/dpkg/status.d/one.md5sums"].content == (
        b"d41d8cd98f00b204e9800998ecf8427e  usr/lib/one.so\n"
    )


def test_of_alternatives_the_highest_priority_wins(archive: TinyArchive, tmp_path: Path) -> None:
    def script(flavour: str, priority: int) -> str:
        return (
            "#!/bin/sh\nset -e\nupdate-alternatives --install /lib/libblas.so.3 \\\n"
            f"    libblas.so.3 /usr/lib/{flavour}/libblas.so.3 {priority}\n"
        )

    slow = archive.add("slow", {"usr/lib/slow/libblas.so.3": b"s"}, postinst=script("slow", 10))
    fast = archive.add("fast", {"usr/lib/fast/libblas.so.3": b"f"}, postinst=script("fast", 100))
    below = fetched(archive, tmp_path, slow)
    in_base = {entry.path: entry for entry in rootfs.base_entries(below, "3.11")}
    assert in_base["usr/lib/libblas.so.3"].target == "/etc/alternatives/libblas.so.3"
    assert in_base["etc/alternatives/libblas.so.3"].target == "/usr/lib/slow/libblas.so.3"
    added = rootfs.package_entries(below, fetched(archive, tmp_path, fast))
    targets = {entry.path: entry.target for entry in added}
    assert targets["etc/alternatives/libblas.so.3"] == "/usr/lib/fast/libblas.so.3"
    assert "usr/lib/libblas.so.3" not in targets


def test_packages_bring_only_what_the_base_lacks(archive: TinyArchive, tmp_path: Path) -> None:
    gconv = f"{MULTIARCH}/gconv/ISO8859-1.so"
    authority = "usr/share/ca-certificates/A.crt"
    libc = archive.add(
        "libc6",
        {
            "lib/x86_64-linux-gnu/gconv/ISO8859-1.so": b"c",
            "etc/a": b"a",
            "etc/hosts": b"h",
            "proc": None,
            authority: b"a",
        },
    )
    dash = archive.add("dash", {"bin/dash": b"d", "proc": None, "var/tmp/x": b"x"})
    below = fetched(archive, tmp_path, libc)
    assert gconv not in {entry.path for entry in rootfs.base_entries(below, "3.11")}
    added = {e.path: e for e in rootfs.package_entries(below, fetched(archive, tmp_path, dash))}
    assert added[gconv].content == b"c"
    assert added["usr/bin/sh"].target == "dash"
    assert not {"etc/a", "etc/hosts", "proc", authority} & set(added)
    assert added["var/tmp"].mode == 0o1777
    assert "var/lib/dpkg/status.d/dash" in added
    assert "var/lib/dpkg/status.d/libc6" not in added


def test_loops_and_variables_of_a_script_are_filled_in() -> None:
    script = (
        "tools='java keytool'\nbase=/usr/lib/jvm\nfor i in $tools; do\n"
        "  update-alternatives --install /usr/bin/$i $i ${base}/bin/$i 17"
        " --slave /m/$i $i.1 /n/$i\n"
        "done\n"
    )
    assert list(maintainer.alternatives(script)) == [
        Alternative(
            f"/usr/bin/{name}",
            name,
            f"/usr/lib/jvm/bin/{name}",
            17,
            (Link(f"/m/{name}", f"{name}.1", f"/n/{name}"),),
        )
        for name in ("java", "keytool")
    ]


def test_a_package_that_cannot_do_without_its_script_is_refused(
    archive: TinyArchive, tmp_path: Path
) -> None:
    with pytest.raises(ArchiveError) as refused:
        base(archive, tmp_path, {}, "#!/bin/sh\n# locale-gen is fine in a comment\n  locale-gen\n")
    assert str(refused.value) == (
        "one: cannot be put into an image: its postinst runs locale-gen, which generates locales;"
        " take locales-all, or the C.UTF-8 that every image has; leave it out of `packages`,"
        " or take a package that does without"
    )


def test_what_a_script_would_have_run_besides_is_listed(
    archive: TinyArchive, tmp_path: Path
) -> None:
    deb = archive.add("one", postinst="#!/bin/sh\nadduser --system x\nfc-cache -s\nldconfig\n")
    assert rootfs.left_out(fetched(archive, tmp_path, deb)) == {"one": ("adduser", "fc-cache")}
