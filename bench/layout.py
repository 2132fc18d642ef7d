#!/usr/bin/env python3
"""Which functions a cold start enters, so that the linker can put them side by side (crates/wardline/start.order).

    bench/layout.py write     enters them anew and writes the list
    bench/layout.py check     says how much of what is entered stands in the piece that the list made

The kernel maps code in pieces of 64 kB around what is run. Functions that are spread over 12 MB cost twice the faults and
4 MB more memory than the same functions side by side. The list only moves code: a name in it that is gone is passed over, and
a function that is missing runs from where it is.

Needs a binary with its names, on x86-64 Linux:
    CARGO_PROFILE_RELEASE_STRIP=none cargo build --release     (WARDLINE_BIN names another place)

A breakpoint lies on the first byte of each function; the first process that hits it reports it and takes it away. Forked
processes have a copy of the code, breakpoints included, so all stages of `exec` are seen. See ptrace(2).
"""

import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
WARDLINE = os.path.realpath(os.environ.get("WARDLINE_BIN", os.path.join(TARGET, "release", "wardline")))
LIST = os.path.join(ROOT, "crates", "wardline", "start.order")
SECTION = ".text.start"

TRACEME, CONT, GETREGS, SETREGS, SETOPTIONS = 0, 7, 12, 13, 0x4200
FORK, VFORK, CLONE, EXEC, EXITKILL = 0x2, 0x4, 0x8, 0x10, 0x100000
WAIT_FOR_ALL = 0x40000000  # __WALL
REGISTERS = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"
BREAKPOINT = 0xCC

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS.split()]


def functions():
    """Where each function of the binary is: address to (name, size)."""
    found = {}
    listing = subprocess.run(["nm", "-S", "--defined-only", WARDLINE], capture_output=True, text=True, check=False).stdout
    for line in listing.splitlines():
        fields = line.split()
        if len(fields) == 4 and fields[2] in "tTwW":
            found.setdefault(int(fields[0], 16), (fields[3], int(fields[1], 16)))
    if not found:
        sys.exit(f"{WARDLINE} has no names: CARGO_PROFILE_RELEASE_STRIP=none cargo build --release")
    return found


def mapped(pid):
    """Where the binary lies in a process, and its executable ranges."""
    base, ranges = None, []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        for line in maps:
            fields = line.split()
            if len(fields) < 6 or os.path.realpath(fields[5]) != WARDLINE:
                continue
            start, end = (int(part, 16) for part in fields[0].split("-"))
            base = start - int(fields[2], 16) if base is None else base
            if "x" in fields[1]:
                ranges.append((start, end))
    return base, ranges


def arm(pid, known):
    """Puts a breakpoint on every function; returns the bytes that were there."""
    base, ranges = mapped(pid)
    there = {}
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        for start, end in ranges:
            memory.seek(start)
            code = bytearray(memory.read(end - start))
            for address in known:
                if start <= base + address < end:
                    there[base + address] = code[base + address - start]
                    code[base + address - start] = BREAKPOINT
            memory.seek(start)
            view = memoryview(code)
            while view:
                view = view[memory.write(view):]
    return base, there


def entered(arguments, stdin, cwd, env, known):
    """The addresses of the functions that a call of the binary enters, over all its processes, in the order of first entry."""
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        pid = os.fork()
        if pid == 0:
            os.dup2(given.fileno(), 0)
            os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
            os.chdir(cwd)
            libc.ptrace(TRACEME, 0, None, None)
            os.execve(WARDLINE, [WARDLINE, *arguments], env)
    os.waitpid(pid, 0)
    libc.ptrace(SETOPTIONS, pid, None, FORK | VFORK | CLONE | EXEC | EXITKILL)
    base, there = arm(pid, known)
    order, begun = {}, {pid}
    libc.ptrace(CONT, pid, None, None)
    while True:
        try:
            process, status = os.waitpid(-1, WAIT_FOR_ALL)
        except ChildProcessError:
            return [address - base for address in order]
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            continue
        stopped, event, passed_on = os.WSTOPSIG(status), status >> 16, 0
        if stopped == signal.SIGTRAP and not event:
            step_over(process, there, order)
        elif stopped == signal.SIGSTOP and process not in begun:
            begun.add(process)
        elif not event and stopped != signal.SIGTRAP:
            passed_on = stopped
        libc.ptrace(CONT, process, None, passed_on)


def step_over(process, there, order):
    """Notes the function whose breakpoint was hit, and lets it run."""
    registers = Registers()
    libc.ptrace(GETREGS, process, None, ctypes.byref(registers))
    address = registers.rip - 1
    if address not in there:
        return
    with open(f"/proc/{process}/mem", "r+b", buffering=0) as memory:
        memory.seek(address)
        memory.write(bytes([there[address]]))
    registers.rip = address
    libc.ptrace(SETREGS, process, None, ctypes.byref(registers))
    order[address] = None


def starts():
    """What is started: arguments and standard input."""
    def call(tool, given, number):
        return json.dumps({
            "session_id": "layout", "transcript_path": "/dev/null", "permission_mode": "default",
            "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": given, "tool_use_id": f"toolu_{number}",
        }).encode()

    yield ["hook", "claude"], call("Bash", {"command": "git status && ls -la src | head -20"}, 1)
    yield ["hook", "claude"], call("Bash", {"command": "cargo test 2>&1 | tail -5"}, 2)
    yield ["hook", "claude"], call("Bash", {"command": "rm -rf ~/"}, 3)
    yield ["hook", "claude"], call("Edit", {"file_path": "src/a.rs", "old_string": "a", "new_string": "b"}, 4)
    yield ["exec", "--", "/bin/true"], b""


def measure(known):
    """All functions that the starts enter, as names with sizes, in the order of first entry."""
    order = {}
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as home:
        project = os.path.join(home, "project")
        os.makedirs(os.path.join(project, "src"))
        with open(os.path.join(project, "src", "a.rs"), "w", encoding="utf-8") as file:
            file.write("fn a() {}\n")
        subprocess.run(["git", "init", "-q", project], check=False)
        env = {"HOME": home, "PATH": os.environ["PATH"], "USER": "layout"}
        for arguments, stdin in starts():
            for address in entered(arguments, stdin, project, env, known):
                order.setdefault(address)
    return [(address, *known[address]) for address in order]


def pattern(name):
    """A name without what changes from build to build: the hashes of crates and of instances."""
    if name.startswith("_ZN"):
        return re.sub(r"17h[0-9a-f]{16}E", "17h????????????????E", name)
    if name.startswith("_R"):
        name = re.sub(r"Cs[0-9A-Za-z]{8,13}_", "Cs*_", name)
        return re.sub(r"(?<=[a-zA-Z_])B[0-9a-zA-Z]{0,3}_", "B*_", name)
    return name


def write(known):
    """The list: names that only stand for what is entered, then those that many instances of a generic function share."""
    everything, taken = {}, {}
    for name, size in known.values():
        everything[pattern(name)] = everything.get(pattern(name), 0) + size
    for _, name, size in measure(known):
        taken[pattern(name)] = taken.get(pattern(name), 0) + size
    ordered = sorted(taken, key=lambda name: everything[name] > 1.5 * taken[name])
    with open(LIST, "w", encoding="utf-8") as file:
        file.write("".join(f"{name}\n" for name in ordered))
    print(f"{len(ordered)} names, {sum(taken.values()) // 1024} kB are entered, {sum(everything[n] for n in taken) // 1024} kB have these names")


def check(known):
    """How much of what is entered stands in the piece."""
    sections = subprocess.run(["readelf", "-SW", WARDLINE], capture_output=True, text=True, check=False).stdout
    found = re.search(re.escape(SECTION) + r"\s+PROGBITS\s+(\w+)\s+\w+\s+(\w+)", sections)
    if not found:
        sys.exit(f"{WARDLINE} has no {SECTION}: see crates/wardline/build.rs for when it is made")
    start, size = (int(part, 16) for part in found.groups())
    got = measure(known)
    inside = [row for row in got if start <= row[0] < start + size]
    print(f"{SECTION}: {size // 1024} kB; entered and in it: {len(inside)} of {len(got)} functions, "
          f"{sum(row[2] for row in inside) // 1024} of {sum(row[2] for row in got) // 1024} kB")


def main():
    what = {"write": write, "check": check}.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if what is None:
        sys.exit(__doc__.strip())
    what(functions())


if __name__ == "__main__":
    main()
