#!/usr/bin/env python3
"""Measures Wardline against named peers in one run and prints ratios.

    bench/ratios.py hook      CPU of one cold hook call, against /bin/true and peers that are installed
    bench/ratios.py exec      wall time of one confined /bin/true, against bwrap --unshare-all and codex sandbox, and the
                              memory of our processes

ROUNDS (60) is the number of runs. The state directory lies in the home directory, on a real disk: `exec` waits for it.

Build first: cargo build --release. Peers are used when found and named as missing when not:
openmoat (cargo install openmoat), cc-safety-net (npm install -g cc-safety-net), bwrap (apt-get install bubblewrap), codex
(CODEX names it; else it is installed by npm into the cache directory of bench/escapes.py).
Each peer's runs are interleaved with ours, so that load on the machine falls on all alike.
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import escapes

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
WARDLINE = os.environ.get("WARDLINE_BIN", os.path.join(TARGET, "release", "wardline"))
ROUNDS = int(os.environ.get("ROUNDS", "60"))

CALL = {
    "session_id": "bench",
    "transcript_path": "/dev/null",
    "permission_mode": "default",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "git status && ls -la src | head -20"},
    "tool_use_id": "toolu_bench",
}


def measure(argv, stdin, cwd, env):
    """One run: (CPU seconds of the child and its children, wall seconds, exit code)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    done = subprocess.run(argv, input=stdin, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wall = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, done.returncode


def compare(name, contenders, stdin, pick):
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as home:
        project = os.path.join(home, "project")
        os.makedirs(os.path.join(project, "src"))
        subprocess.run(["git", "init", "-q", project], check=False)
        env = {"HOME": home, "PATH": os.environ["PATH"], "USER": "bench"}
        if any(label == "openmoat" for label, _ in contenders):
            # Without its policy in place it would only say that it is not set up.
            subprocess.run(["openmoat", "init", "--yes", "--hosts", "claude-code"], cwd=project, env=env, capture_output=True, check=False)
        figures = {label: [] for label, _ in contenders}
        codes = {}
        for round_number in range(ROUNDS + 3):
            for label, argv in contenders:
                call = dict(stdin, cwd=project, tool_use_id=f"toolu_{round_number}") if stdin else None
                # A command of its own each time, so that no repeat is met.
                if call:
                    call["tool_input"] = {"command": f"git status && ls -la src | head -{round_number + 1}"}
                data = json.dumps(call).encode() if call else b""
                cpu, wall, code = measure(argv, data, project, env)
                codes[label] = code
                if round_number >= 3:
                    figures[label].append((cpu, wall)[pick])
    ours = statistics.median(figures["wardline"])
    print(f"{name}, {ROUNDS} interleaved runs, median ({('CPU', 'wall')[pick]})")
    for label, _ in contenders:
        values = sorted(figures[label])
        middle = statistics.median(values)
        p95 = values[int(len(values) * 0.95) - 1]
        ratio = middle / ours if ours else float("nan")
        print(f"  {label:28} {middle * 1000:8.2f} ms   p95 {p95 * 1000:8.2f} ms   {ratio:6.2f} x wardline   exit {codes[label]}")


def memory(binary):
    """The most memory that each process of one `exec` without proxy traffic had, in MB: resident, and its share of it."""
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as home:
        project = os.path.join(home, "project")
        os.makedirs(project)
        env = {"HOME": home, "PATH": os.environ["PATH"], "USER": "bench"}
        child = subprocess.Popen([binary, "exec", "--", "/bin/sleep", "1"], cwd=project, env=env)
        time.sleep(0.5)
        print("memory of one exec while its program runs, MB")
        shares = 0.0
        for pid in family(child.pid):
            status, rollup = fields(f"/proc/{pid}/status"), fields(f"/proc/{pid}/smaps_rollup")
            if status.get("Name", "sleep") == "sleep":
                continue
            peak, share = (int(text.split()[0]) / 1024 for text in (status["VmHWM"], rollup["Pss"]))
            shares += share
            print(f"  {status['Name']:28} {peak:8.2f} resident at most   {share:8.2f} its share now")
        print(f"  {'together':28} {'':8}                    {shares:8.2f}")
        child.wait()


def fields(path):
    """A file of `Name: value` lines."""
    with open(path, encoding="utf-8") as file:
        return dict((part.strip() for part in line.split(":", 1)) for line in file if ":" in line)


def family(pid):
    """A process and all that come from it."""
    found = [pid]
    for one in found:
        with open(f"/proc/{one}/task/{one}/children", encoding="utf-8") as file:
            found.extend(int(child) for child in file.read().split())
    return found


def peer(name, argv, hint):
    if shutil.which(argv[0]):
        return [(name, argv)]
    print(f"  missing peer: {name} ({hint})")
    return []


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "hook"
    if not os.path.exists(WARDLINE):
        sys.exit(f"{WARDLINE} is missing: cargo build --release")
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as place:
        measure_all(what, installed(place))


def installed(place):
    """A copy of the binary, as an installation makes one and as the peers are. What a linker wrote lies in the page cache in single
    pages, what was copied or read from a disk in larger pieces, which are mapped faster."""
    return shutil.copy2(WARDLINE, os.path.join(place, "wardline"))


def measure_all(what, binary):
    if what == "hook":
        contenders = [("/bin/true", ["/bin/true"]), ("wardline", [binary, "hook", "claude"])]
        openmoat = os.environ.get("OPENMOAT_HOOK", "openmoat guard --host claude-code").split()
        contenders += peer("openmoat", openmoat, "cargo install openmoat; OPENMOAT_HOOK sets its command line")
        net = os.environ.get("CC_SAFETY_NET", "cc-safety-net --claude-code").split()
        contenders += peer("cc-safety-net", net, "npm install -g cc-safety-net")
        compare("cold hook", contenders, CALL, 0)
    elif what == "exec":
        contenders = [("/bin/true", ["/bin/true"]), ("wardline", [binary, "exec", "--", "/bin/true"])]
        bwrap = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "/bin/true"]
        contenders += peer("bwrap --unshare-all", bwrap, "apt-get install bubblewrap")
        codex = os.environ.get("CODEX") or escapes.npm("@openai/codex", "codex")
        command = [codex or "codex", "sandbox", "-c", "sandbox_mode=workspace-write", "--", "/bin/true"]
        contenders += peer("codex sandbox", command, "npm install @openai/codex")
        compare("confined /bin/true", contenders, None, 1)
        memory(binary)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
