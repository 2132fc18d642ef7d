//! What must go on working: a sandbox that breaks ordinary work is switched off, and then protects nobody.

use std::fs;

use wardline_sandbox::{Confinement, Forward};

use crate::world::Place;

/// One piece of ordinary work, as a shell script.
pub(crate) struct Control {
    pub(crate) name: &'static str,
    pub(crate) script: &'static str,
    /// Text that its output holds.
    pub(crate) says: &'static str,
    /// Its exit code.
    pub(crate) code: u8,
    /// What is true on the host afterwards.
    pub(crate) check: fn(&Place) -> bool,
    pub(crate) needs: &'static [&'static str],
    pub(crate) with: fn(&mut Confinement),
}

const WORK: Control =
    Control { name: "", script: "", says: "", code: 0, check: |_| true, needs: &[], with: |_| {} };

fn project_file(place: &Place, name: &str) -> String {
    fs::read_to_string(place.project().join(name)).unwrap_or_default()
}

pub(crate) const CONTROLS: &[Control] = &[
    Control {
        name: "edit a file of the project",
        script: "cd $PROJECT && echo two >> source.txt",
        check: |place| project_file(place, "source.txt") == "one\ntwo\n",
        ..WORK
    },
    Control {
        name: "make, move and remove directories",
        script: "mkdir -p a/b && echo x > a/b/c && mv a d && rm -r d && mkdir kept",
        check: |place| place.project().join("kept").is_dir(),
        ..WORK
    },
    Control {
        name: "archives, copies and modes",
        script: "mkdir t && cp -a source.txt .git t/ && tar -cf t.tar t && mkdir u && tar -xpf t.tar -C u \
                 && install -m 755 u/t/source.txt v && chmod 1777 u && chmod u+x,g-s,u-s v && cp -a u w \
                 && git -C w/t status --porcelain && cat w/t/source.txt",
        says: "one",
        needs: &["tar", "git"],
        ..WORK
    },
    Control {
        name: "git status and diff",
        script: "echo two >> source.txt && git status --porcelain && git --no-pager diff --stat",
        says: " M source.txt",
        needs: &["git"],
        ..WORK
    },
    Control {
        name: "git commit",
        script: "echo two >> source.txt && git add -A && git commit -qm two && git log --oneline | wc -l",
        says: "2",
        check: |place| place.project().join(".git/logs/HEAD").exists(),
        needs: &["git"],
        ..WORK
    },
    Control {
        name: "git branch, merge and rebase",
        script: "git checkout -qb topic && echo t > t && git add t && git commit -qm t && git checkout -q main \
                 && echo m > m && git add m && git commit -qm m && git checkout -q topic && git rebase -q main \
                 && git checkout -q main && git merge -q topic && ls",
        says: "t",
        needs: &["git"],
        ..WORK
    },
    Control {
        name: "git stash and worktree",
        script: "echo two >> source.txt && git stash -q && git stash pop -q && git worktree add -q /tmp/w \
                 && ls /tmp/w",
        says: "source.txt",
        needs: &["git"],
        ..WORK
    },
    Control {
        name: "git gc",
        script: "git gc -q && git log --oneline",
        says: "start",
        needs: &["git"],
        ..WORK
    },
    Control {
        name: "git init of another repository",
        script: "mkdir new && cd new && git init -q && git commit -q --allow-empty -m x && git log --oneline",
        says: "x",
        needs: &["git"],
        ..WORK
    },
    Control { name: "python", script: "/usr/bin/python3 -c 'print(6*7)'", says: "42", ..WORK },
    Control {
        name: "python processes",
        script: "/usr/bin/python3 -c 'import multiprocessing as m; print(m.Pool(2).map(abs, [-1, -2]))'",
        says: "[1, 2]",
        ..WORK
    },
    Control {
        name: "python threads",
        script: "/usr/bin/python3 -c 'import threading as t; [t.Thread(target=print, args=(i,)).start() for i in range(4)]'",
        says: "3",
        ..WORK
    },
    Control { name: "node", script: "node -e 'console.log(6*7)'", says: "42", needs: &["node"], ..WORK },
    Control {
        name: "node, network interfaces",
        script: "node -e 'console.log(Object.keys(require(\"os\").networkInterfaces()))'",
        says: "lo",
        needs: &["node"],
        ..WORK
    },
    Control {
        name: "node workers",
        script: "node -e 'const w = require(\"worker_threads\"); \
                 new w.Worker(\"require(\\\"worker_threads\\\").parentPort.postMessage(7)\", {eval: true}) \
                 .on(\"message\", console.log)'",
        says: "7",
        needs: &["node"],
        ..WORK
    },
    Control {
        name: "localhost server and client",
        script: r#"/usr/bin/python3 - <<'E'
import http.server, threading, urllib.request
s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
threading.Thread(target=s.serve_forever, daemon=True).start()
print(urllib.request.urlopen('http://localhost:%d/source.txt' % s.server_port).read())
E"#,
        says: "one",
        ..WORK
    },
    Control {
        name: "localhost server, version 6",
        script: "/usr/bin/python3 -c 'import socket; s = socket.create_server((\"::1\", 0), family=socket.AF_INET6); \
                 c = socket.create_connection(s.getsockname()[:2]); print(\"joined\")'",
        says: "joined",
        ..WORK
    },
    Control {
        name: "unix sockets of one's own",
        script: "/usr/bin/python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind(\"/tmp/s\"); s.listen(); \
                 c = socket.socket(socket.AF_UNIX); c.connect(\"/tmp/s\"); a = socket.socket(socket.AF_UNIX); \
                 a.bind(\"\\0x\"); print(\"joined\")'",
        says: "joined",
        ..WORK
    },
    Control { name: "pipes", script: "seq 100000 | sort -rn | head -1", says: "100000", ..WORK },
    Control {
        name: "much output",
        script: "head -c 3000000 /dev/zero | tr '\\0' x | fold -w 100; echo end",
        says: "end",
        ..WORK
    },
    Control { name: "exit code", script: "exit 7", code: 7, ..WORK },
    Control { name: "death by signal", script: "kill -9 $$", code: 137, ..WORK },
    Control {
        name: "signals to one's own",
        script: "sleep 60 & kill %1 && wait; echo went on",
        says: "went on",
        ..WORK
    },
    Control {
        name: "trap of a signal",
        script: "trap 'echo caught' USR1; kill -USR1 $$",
        says: "caught",
        ..WORK
    },
    Control {
        name: "private temporary files that can be executed",
        script: "printf '#!/bin/sh\\necho ran' > /tmp/x && chmod +x /tmp/x && /tmp/x",
        says: "ran",
        check: |_| !std::path::Path::new("/tmp/x").exists(),
        ..WORK
    },
    Control {
        name: "private home",
        script: "echo x > ~/.cache-file && cat ~/.cache-file",
        says: "x",
        check: |place| !place.home().join(".cache-file").exists(),
        ..WORK
    },
    Control {
        name: "named directory of the home",
        script: "cat ~/.agent/state && echo more > ~/.agent/more",
        says: "kept",
        check: |place| place.home().join(".agent/more").exists(),
        ..WORK
    },
    Control {
        name: "shared memory of one's own",
        script: "echo x > /dev/shm/x && cat /dev/shm/x",
        says: "x",
        ..WORK
    },
    Control {
        name: "null and random devices",
        script: "head -c 4 /dev/urandom > /dev/null && echo fine",
        says: "fine",
        ..WORK
    },
    Control {
        name: "standard streams by path",
        script: "echo fine > /dev/stdout; echo e > /dev/stderr",
        says: "fine",
        ..WORK
    },
    Control {
        name: "own processes",
        script: "test $(ps -e | wc -l) -lt 8 && echo few",
        says: "few",
        needs: &["ps"],
        ..WORK
    },
    Control {
        name: "a terminal of one's own",
        script: "script -qec 'tty && stty size' /dev/null </dev/null",
        says: "/dev/pts/",
        needs: &["script"],
        ..WORK
    },
    Control {
        name: "a program that is refused can go on",
        script: "unshare -U true; strace true; mount -t tmpfs x /tmp; echo went on",
        says: "went on",
        ..WORK
    },
    Control {
        name: "the egress door",
        script: "/usr/bin/python3 -c 'import socket; s = socket.create_connection((\"127.0.0.1\", 3128)); s.sendall(b\"hello\"); \
                 s.shutdown(1); print(s.makefile().read())'",
        says: "proxy heard hello",
        with: |confinement| confinement.egress = Some(confinement.project.with_file_name("egress.sock")),
        ..WORK
    },
    Control {
        name: "a forward, version 6, a low port",
        script: "/usr/bin/python3 -c 'import socket; s = socket.create_connection((\"::1\", 80)); s.sendall(b\"hello\"); \
                 s.shutdown(1); print(s.makefile().read())'",
        says: "proxy heard hello",
        with: |confinement| {
            let socket = confinement.project.with_file_name("egress.sock");
            confinement.forwards = vec![Forward { port: 80, socket }];
        },
        ..WORK
    },
    Control {
        name: "a large transfer through the door",
        script: "/usr/bin/python3 -c 'import socket; s = socket.create_connection((\"127.0.0.1\", 3128)); \
                 s.sendall(b\"x\" * 5000000); s.shutdown(1); print(len(s.makefile().read()))'",
        says: "5000012",
        with: |confinement| confinement.egress = Some(confinement.project.with_file_name("egress.sock")),
        ..WORK
    },
    Control {
        name: "a named socket of the host",
        script: "/usr/bin/python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect(\"/run/named.sock\"); \
                 s.sendall(b\"hi\"); s.shutdown(1); print(s.makefile().read())'",
        says: "proxy heard hi",
        with: |confinement| {
            let socket = confinement.project.with_file_name("egress.sock");
            confinement.sockets = vec![(socket, "/run/named.sock".into())];
        },
        ..WORK
    },
    Control {
        name: "a file of the host under another name",
        script: "cat ~/inside.txt; echo x > ~/inside.txt",
        says: "original",
        code: 1,
        with: |confinement| {
            let file = confinement.project.with_file_name("outside").join("target.txt");
            confinement.files = vec![(file, confinement.home.join("inside.txt"))];
        },
        ..WORK
    },
    Control {
        name: "orphans are collected, many at a time",
        script: "for n in $(seq 100); do (sleep 0.1 &); done; sleep 0.6; \
                 cat /proc/[0-9]*/stat | grep -c ') Z ' || echo none",
        says: "none",
        ..WORK
    },
    Control {
        name: "covered directories of /proc can be listed, are empty and stay so",
        script: "for d in acpi asound bus fs irq scsi driver; do [ -e /proc/$d ] || continue; seen=1; ls -A /proc/$d || exit 3; \
                 [ -z \"$(ls -A /proc/$d)\" ] || exit 4; (chmod 777 /proc/$d) 2>/dev/null && exit 5; \
                 (: > /proc/$d/x) 2>/dev/null && exit 6; done; echo seen $seen",
        says: "seen 1",
        ..WORK
    },
    Control {
        name: "files of /etc are the host's, with their modes, and cannot be changed",
        script: "stat -c %a%s /etc/passwd; (echo x >> /etc/passwd) 2>/dev/null && exit 3; (rm -f /etc/passwd) 2>/dev/null && exit 4; \
                 (chmod 600 /etc/passwd) 2>/dev/null && exit 5; (: > /etc/new) 2>/dev/null && exit 6; \
                 [ -e /etc/shadow ] && exit 7; exec 3</etc/passwd && echo same $(wc -c <&3)",
        says: "same",
        ..WORK
    },
    Control {
        name: "a compiler",
        script: "echo 'int main(void){return 42;}' > a.c && gcc -o a a.c && ./a",
        code: 42,
        needs: &["gcc"],
        ..WORK
    },
];
