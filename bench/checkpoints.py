#!/usr/bin/env python3
"""Measures checkpoints of a large repository, beside git's own ways, in one run.

    bench/checkpoints.py [--files 40000] [--bytes 4000] [--no-git]

Makes a repository of that many files in a temporary directory, commits it, and takes: the first checkpoint, one where nothing
changed, one after six changed files; then `git stash create` in the same repository and `git add -A` with an empty shadow
repository. Prints wall seconds, what the store grew by against the bytes that changed, and whether `.git` is the same, byte by
byte, before and after the checkpoints. `--no-git` leaves git out, which takes most of the time and the disk where there are very many files.

Build first: cargo build --release.
"""

import argparse
import hashlib
import os
import random
import subprocess
import tempfile
import time

import ratios


def run(argv, cwd, env):
    begin = time.monotonic()
    subprocess.run(argv, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def size(directory):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(directory) for name in names)


def digest(directory):
    whole = hashlib.sha256()
    for at, below, names in os.walk(directory):
        below.sort()
        for name in sorted(names):
            path = os.path.join(at, name)
            with open(path, "rb") as file:
                whole.update(path.encode() + b"\0" + file.read() + b"\0")
    return whole.hexdigest()


def make(project, count, length):
    dice = random.Random(7)
    for number in range(count):
        directory = os.path.join(project, f"d{number % 200}", f"e{number % 7}")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, f"f{number}.txt"), "wb") as file:
            file.write(dice.randbytes(length // 2).hex().encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=40000)
    parser.add_argument("--bytes", type=int, default=4000)
    parser.add_argument("--no-git", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as root:
        home, project, shadow = (os.path.join(root, name) for name in ("home", "home/p", "shadow"))
        os.makedirs(project)
        env = {"HOME": home, "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null"}
        for who in ("AUTHOR", "COMMITTER"):
            env |= {f"GIT_{who}_NAME": "t", f"GIT_{who}_EMAIL": "t@t"}
        make(project, asked.files, asked.bytes)
        commands = [["init", "-q"]] + ([] if asked.no_git else [["add", "-A"], ["commit", "-qm", "x"]])
        for words in commands:
            run(["git", "-c", "gc.auto=0", "-c", "maintenance.auto=false", *words], project, env)
        create = [ratios.WARDLINE, "checkpoint", "create"]
        store = os.path.join(home, ".local/state/wardline/checkpoints")
        git = os.path.join(project, ".git")
        before = digest(git)
        print(f"first checkpoint    {run(create, project, env):7.2f} s")
        print(f"nothing changed     {run(create, project, env):7.2f} s")
        kept = size(store)
        for number in range(6):
            with open(os.path.join(project, f"d{number}", f"new{number}.txt"), "wb") as file:
                file.write(os.urandom(asked.bytes))
        print(f"six files changed   {run(create, project, env):7.2f} s")
        print(f"growth over changed bytes {(size(store) - kept) / (6 * asked.bytes):.3f}")
        print(f".git byte-identical {before == digest(git)}")
        if asked.no_git:
            return
        print(f"git stash create    {run(['git', 'stash', 'create'], project, env):7.2f} s")
        run(["git", "init", "-q", "--bare", shadow], root, env)
        add = ["git", f"--git-dir={shadow}", f"--work-tree={project}", "add", "-A"]
        print(f"shadow git add -A   {run(add, project, env):7.2f} s")


if __name__ == "__main__":
    main()
