"""What a container cannot do, tried from inside."""

from __future__ import annotations

import os
import re
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from lading.engines.embedded import container, doctor
from lading.engines.engine import Limits, Phase

pytestmark = pytest.mark.live


@pytest.mark.parametrize("path", ["/", "/bin", "/etc", "/work", "/run", "/usr", "/proc", "/sys"])
def test_its_root_cannot_be_written(inside, path):
    ended, said = inside.ask(f"echo x > {path}/x")
    assert ended.exit_code != 0
    assert re.search("Read-only file system|Permission denied|nonexistent|No such file", said)


def test_the_files_it_has_cannot_be_changed(inside):
    _, said = inside.ask("echo x >> /etc/hosts; chmod 777 /bin; rm /bin/sh; mount -o remount,rw /")
    assert said.count("Read-only file system") >= 2
    assert "can't create /etc/hosts" in said
    assert "Operation not permitted" in said or "permission denied" in said


def test_tmp_is_its_own_and_bounded(inside):
    limits = Limits(memory_bytes=64 * 1024**2)
    _, said = inside.ask("echo kept > /tmp/x && cat /tmp/x && stat -c %a /tmp", limits=limits)
    assert said.splitlines() == ["kept", "1777"]
    ended, said = inside.ask("dd if=/dev/zero of=/tmp/x bs=1M count=60", limits=limits)
    assert ended.exit_code != 0
    assert "No space left on device" in said


def test_a_writable_folder_takes_files_and_keeps_what_the_image_has(inside):
    _, said = inside.ask(
        "echo new > /etc/new; echo changed > /work/x && cat /work/x; ls /etc",
        writable=("/work", "/fresh/deep"),
    )
    lines = said.splitlines()
    assert "changed" in lines
    assert any("Read-only file system" in line for line in lines)
    assert "hosts" in lines


def test_it_sees_its_own_processes_only(inside):
    _, said = inside.ask("ls -d /proc/[0-9]* | wc -l; tail -c 99 /proc/1/cmdline; true")
    count, command = said.split("\n", 1)
    assert int(count) <= 3
    assert "tail -c 99" in command


def test_it_has_no_rights_and_cannot_get_any(inside):
    _, said = inside.ask("cat /proc/self/status")
    status = dict(line.split(":\t", 1) for line in said.splitlines() if ":\t" in line)
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_outside_it_is_not_root(inside):
    inside.engine.apply(inside.workload("while :; do sleep 1; done"))
    pid = inside.engine.observe("probe").pid
    owner = Path(f"/proc/{pid}").stat().st_uid
    assert owner != 0
    if os.geteuid() == 0:
        assert owner == 65532


def test_it_can_make_no_namespace_mount_or_device(inside):
    for attempt in ("unshare -r true", "unshare -n true", "mknod /tmp/device c 1 3"):
        ended, said = inside.ask(attempt)
        assert ended.exit_code != 0
        assert "Operation not permitted" in said
    ended, said = inside.ask("mount -t tmpfs none /tmp")
    assert ended.exit_code != 0
    assert "permission denied" in said.lower() or "not permitted" in said.lower()


def test_secrets_of_the_kernel_are_hidden(inside):
    _, said = inside.ask("wc -c < /proc/keys; wc -c < /proc/timer_list; ls /sys/firmware | wc -l")
    assert said.splitlines() == ["0", "0", "0"]


def test_it_has_loopback_and_nothing_else(inside):
    _, said = inside.ask("ip -o link; ip route")
    assert len(said.splitlines()) == 1
    assert "lo: <LOOPBACK,UP" in said


def test_it_reaches_neither_this_machine_nor_the_world(inside):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "10.0.2.2", "1.1.1.1"):
            ended, said = inside.ask(f"nc -w 2 {host} {port} < /dev/null")
            assert ended.exit_code != 0
            assert "can't connect" in said
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_it_cannot_reach_an_abstract_socket_of_this_machine(inside):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0lading-test-abstract")
        _, said = inside.ask("cat /proc/net/unix")
        assert "lading-test-abstract" not in said
        assert "lading-test-abstract" in Path("/proc/net/unix").read_text()


def test_with_egress_it_reaches_out_but_not_this_machine(inside):
    if not (finding := doctor.network()).ok:
        pytest.skip(f"{finding.detail}; {finding.mend}")
    try:
        with socket.create_connection(("deb.debian.org", 80), timeout=5):
            pass
    except OSError as problem:
        pytest.skip(f"this machine does not reach deb.debian.org: {problem}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        _, said = inside.ask(
            f"nc -w 10 deb.debian.org 80 < /dev/null; echo out $?; "
            f"nc -w 2 10.0.2.2 {port} < /dev/null; echo host $?",
            egress=True,
        )
    assert "out 0" in said
    assert "host 1" in said


def test_the_way_out_ends_with_the_container(inside):
    if not (finding := doctor.network()).ok:
        pytest.skip(f"{finding.detail}; {finding.mend}")
    inside.engine.apply(inside.workload("while :; do sleep 1; done", egress=True))
    pid = str(inside.engine.observe("probe").pid)
    assert _running("slirp4netns", pid)
    inside.engine.remove("probe")
    ended = threading.Event()
    for _ in range(100):
        if not _running("slirp4netns", pid):
            return
        ended.wait(0.02)
    raise AssertionError("slirp4netns outlived its container by 2 s")


def test_its_socket_is_reached_from_outside_by_its_owner_alone(inside):
    inside.engine.apply(
        inside.workload("nc -l -p 0 local:$LADING_SOCKET -e echo hello; sleep 5; exit 0")
    )
    folder = Path(inside.engine.observe("probe").address.removeprefix("unix:")).parent
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert folder.is_dir()
    _, said = inside.ask("touch /run/lading/http.sock && echo made", name="other")
    assert said == "made"


def test_environment_is_the_images_then_the_workloads(inside):
    _, said = inside.ask("env; pwd", env={"COLOUR": "blue", "NEW": "1"})
    lines = said.splitlines()
    for expected in ("COLOUR=blue", "SHAPE=round", "NEW=1", "LADING_SOCKET=/run/lading/http.sock"):
        assert expected in lines
    assert lines[-1] == "/work"


def test_without_a_command_the_images_own_is_run(inside):
    _, said = inside.ask("", command=None)
    assert said == "from the image"


def test_processes_are_limited(inside):
    script = "i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done; echo all were started"
    ended, said = inside.ask(script, limits=Limits(processes=16))
    assert "processes" not in ended.unenforced
    assert "can't fork" in said
    assert "all were started" not in said


def test_a_process_past_the_memory_limit_dies_alone(inside, limited):
    script = "dd if=/dev/zero of=/dev/null bs=200M count=1; echo $? and alive"
    ended, said = inside.ask(script, limits=Limits(memory_bytes=64 * 1024**2))
    assert "137 and alive" in said.splitlines()
    assert (ended.exit_code, ended.out_of_memory) == (0, True)


def test_a_container_past_its_memory_exits_as_killed(inside, limited):
    ended, _ = inside.ask(
        "exec dd if=/dev/zero of=/dev/null bs=200M count=1",
        limits=Limits(memory_bytes=64 * 1024**2),
    )
    assert (ended.exit_code, ended.out_of_memory) == (137, True)


def test_it_is_told_after_its_group_is_gone(inside, limited):
    command = "dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 0.3"
    engine, limits = inside.engine, Limits(memory_bytes=64 * 1024**2)
    engine.apply(inside.workload(command, limits=limits))
    inside.until("probe", lambda found: found.phase is Phase.EXITED)
    made = engine._container("probe")
    record = container.load(made)
    assert record is not None
    # Where systemd makes a container's group, it removes it when the container ends.
    without = replace(record, groups={})
    assert container.observe(made, without).out_of_memory


def test_within_its_memory_nothing_is_reported(inside, limited):
    limits = Limits(memory_bytes=64 * 1024**2)
    ended, _ = inside.ask("dd if=/dev/zero of=/dev/null bs=20M count=1", limits=limits)
    assert (ended.exit_code, ended.out_of_memory) == (0, False)


def test_memory_in_use_is_told(inside, limited):
    script = "dd if=/dev/zero of=/tmp/x bs=1M count=20; touch /run/lading/done; sleep 30"
    inside.engine.apply(inside.workload(script))
    socket_folder = Path(inside.engine.observe("probe").address.removeprefix("unix:")).parent
    inside.until("probe", lambda _: (socket_folder / "done").exists())
    assert 20 * 1024**2 <= inside.engine.observe("probe").memory_bytes < 60 * 1024**2


def test_the_processor_is_limited(inside, limited):
    inside.engine.apply(inside.workload("while :; do :; done", limits=Limits(cpu=0.2)))
    pid = inside.engine.observe("probe").pid
    before = _cpu_seconds(pid)
    threading.Event().wait(2)
    assert 0.1 < (_cpu_seconds(pid) - before) / 2 < 0.35


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _running(program: str, argument: str) -> bool:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                arguments = (folder / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if program in arguments[0] and argument in arguments:
                return True
    return False
