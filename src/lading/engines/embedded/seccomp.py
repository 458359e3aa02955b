"""The system calls a container may make: everything else is refused.

A server or a training run needs files, memory, threads, sockets and timers. What changes the
machine (mounts, modules, clocks, namespaces, tracing, kernel programs) is not listed, and so
answers EPERM. Source of the shape: OCI runtime specification 1.1, config-linux.md, "Seccomp".
"""

from __future__ import annotations

import errno
import platform
from typing import Any

_FILES = """
access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr
flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd getdents
getdents64 getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl lchown
lgetxattr link linkat listxattr llistxattr lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod
mknodat newfstatat open openat openat2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read
readahead readlink readlinkat readv removexattr rename renameat renameat2 rmdir sendfile setxattr
splice stat statfs statx symlink symlinkat sync sync_file_range syncfs tee truncate umask unlink
unlinkat utime utimensat utimes vmsplice write writev
"""
_WAITING = """
epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 io_cancel
io_destroy io_getevents io_pgetevents io_setup io_submit pipe pipe2 poll ppoll pselect6 select
signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime
"""
_MEMORY = """
brk get_mempolicy madvise map_shadow_stack mbind membarrier memfd_create mincore mlock mlock2
mlockall mmap mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free
pkey_mprotect remap_file_pages set_mempolicy set_mempolicy_home_node
"""
_PROCESSES = """
arch_prctl capget capset execve execveat exit exit_group fork futex futex_requeue futex_wait
futex_waitv futex_wake get_robust_list get_thread_area getcpu getegid geteuid getgid getgroups
getpgid getpgrp getpid getppid getpriority getresgid getresuid getrlimit getrusage getsid gettid
getuid ioprio_get ioprio_set kill pidfd_open pidfd_send_signal prctl prlimit64 restart_syscall rseq
sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
sched_setscheduler sched_yield set_robust_list set_thread_area set_tid_address setfsgid setfsuid
setgid setgroups setpgid setpriority setregid setresgid setresuid setreuid setrlimit setsid setuid
sysinfo tgkill time times tkill uname vfork wait4 waitid
"""
_SIGNALS_AND_TIME = """
alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep pause
rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
rt_sigtimedwait rt_tgsigqueueinfo setitimer sigaltstack timer_create timer_delete timer_getoverrun
timer_gettime timer_settime
"""
_MESSAGES = """
accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify
mq_open mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd recvfrom recvmmsg recvmsg
semctl semget semop semtimedop sendmmsg sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown
socketpair
"""
_SANDBOXING_ITSELF = """
getrandom landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp
"""
_GROUPS = (
    _FILES,
    _WAITING,
    _MEMORY,
    _PROCESSES,
    _SIGNALS_AND_TIME,
    _MESSAGES,
    _SANDBOXING_ITSELF,
)

# Linux, include/uapi/linux/sched.h: CLONE_NEWNS, then NEW- CGROUP, UTS, IPC, USER, PID, NET.
_NAMESPACE_FLAGS = (
    0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000
)
# Calls of any other kind (32-bit programs) kill the caller.
_ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}
# Linux, include/linux/socket.h: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK.
_SOCKET_FAMILIES = (1, 2, 10, 16)
# Linux, include/uapi/linux/personality.h: PER_LINUX, ADDR_NO_RANDOMIZE, and the query.
_PERSONALITIES = (0, 0x0004_0000, 0xFFFF_FFFF)


def profile() -> dict[str, Any]:
    """The `linux.seccomp` object of a configuration, for this machine's kind of processor."""
    names = sorted(name for group in _GROUPS for name in group.split())
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": errno.EPERM,
        "architectures": [_ARCHITECTURES.get(platform.machine(), "SCMP_ARCH_X86_64")],
        "syscalls": [
            {"names": names, "action": "SCMP_ACT_ALLOW"},
            _when("clone", _NAMESPACE_FLAGS, "SCMP_CMP_MASKED_EQ"),
            *(_when("socket", family) for family in _SOCKET_FAMILIES),
            *(_when("personality", value) for value in _PERSONALITIES),
            # Its flags lie in memory, out of a filter's sight; C libraries then fall back to clone.
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
        ],
    }


def _when(name: str, value: int, operator: str = "SCMP_CMP_EQ") -> dict[str, Any]:
    """Allow a call whose first argument is `value`, or has none of its bits when masked."""
    first = {"index": 0, "value": value, "op": operator}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [first]}
