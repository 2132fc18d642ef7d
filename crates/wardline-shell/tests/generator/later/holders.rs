//! Programs that run other programs, or a script, without being shells.

use super::super::form::{quoted, raw_string, string};
use super::super::{Form, Rng};

/// The script as the last word of a command.
fn held(form: &Form, before: &str) -> Form {
    let script = form.for_sh();
    let words = before.split(' ').map(str::to_owned).chain(std::iter::once(script));
    Form { bash: false, ..form.command(words.collect()) }
}

/// A script of one line for `sh`.
fn line(form: &Form) -> Option<String> {
    Some(form.for_sh()).filter(|script| !script.contains('\n'))
}

/// A wrapper's words before those of the command.
fn wrapped(form: &Form, before: &str) -> Option<Form> {
    let words = form.program()?;
    Some(form.command(before.split(' ').map(str::to_owned).chain(words.iter().cloned()).collect()))
}

pub(super) fn find_exec(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = quoted(&form.for_sh());
    let words = form.program().and_then(|words| words.split_last());
    let text = match (rng.below(3), words) {
        (0, Some((last, before))) if last.starts_with('/') && !before.is_empty() => {
            let before: Vec<String> = before.iter().map(|word| quoted(word)).collect();
            format!("find {} -maxdepth 0 -exec {} {{}} \\;", quoted(last), before.join(" "))
        }
        (1, _) => format!("find /tmp -maxdepth 0 -exec sh -c {script} \\;"),
        _ => format!("find . -maxdepth 0 -execdir sh -c {script} x {{}} +"),
    };
    Some(Form { bash: false, ..form.text(text) })
}

pub(super) fn parallel(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.program()?;
    let (last, before) = form.simple()?.split_last()?;
    if before.is_empty() || last.starts_with('-') {
        return None;
    }
    let before = before.join(" ");
    let text = match rng.below(4) {
        0 => format!("parallel {before} ::: {last}"),
        1 => format!("echo {last} | parallel {before}"),
        2 => format!("parallel -j 1 {before} {{}} ::: {last}"),
        _ => format!("parallel ::: '{before} {last}'"),
    };
    Some(form.text(text))
}

pub(super) fn awk_system(form: &Form, rng: &mut Rng) -> Option<Form> {
    let code = string(&form.for_sh());
    let program = match rng.below(3) {
        0 => format!("BEGIN {{ system({code}) }}"),
        1 => format!("BEGIN {{ {code} | getline x }}"),
        _ => format!("BEGIN {{ cmd = {code}; print \"\" | cmd }}"),
    };
    Some(Form {
        bash: false,
        ..form.text(format!("{} {}", rng.text(&["awk", "mawk", "gawk"]), quoted(&program)))
    })
}

pub(super) fn sed_e(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = line(form)?;
    let text = match rng.below(2) {
        0 => format!("echo x | sed {}", quoted(&format!("1e {script}"))),
        _ => format!("sed -n {} /dev/stdin <<< x", quoted(&format!("1e {script}"))),
    };
    Some(if text.contains("<<<") { form.bash(text) } else { Form { bash: false, ..form.text(text) } })
}

pub(super) fn git_alias(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = form.for_sh();
    let text = match rng.below(3) {
        0 => format!("git -c {} x", quoted(&format!("alias.x=!{script}"))),
        1 => format!("git -c {} -p log", quoted(&format!("core.pager={script}"))),
        _ => format!("git -C /p -c {} show-it", quoted(&format!("alias.show-it=!{script}"))),
    };
    // Only an alias runs on any machine and without a terminal.
    (!text.contains("core.pager")).then(|| Form { bash: false, ..form.text(text) })
}

pub(super) fn tar_checkpoint(form: &Form, rng: &mut Rng) -> Option<Form> {
    let action = quoted(&format!("--checkpoint-action=exec={}", form.for_sh()));
    let text = match rng.coin() {
        true => format!("tar -cf /dev/null /dev/null --checkpoint=1 {action}"),
        false => format!("tar cf /dev/null --checkpoint=1 {action} /etc/hosts"),
    };
    Some(Form { bash: false, ..form.text(text) })
}

pub(super) fn env_s(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.program()?;
    let words = form.simple()?.join(" ");
    let text = match rng.below(3) {
        0 => format!("env -S '{words}'"),
        1 => format!("env --split-string='{words}'"),
        _ => format!("env '-S{words}'"),
    };
    Some(form.text(text))
}

/// Programs that busybox has with the same options.
const APPLETS: &[&str] = &[
    "cat", "chmod", "chown", "cp", "crontab", "dd", "find", "insmod", "install", "kill", "ln", "mkdir", "mv",
    "nc", "reboot", "rm", "rmdir", "sed", "shred", "tee", "touch", "truncate", "unlink", "wget",
];

pub(super) fn busybox(form: &Form, rng: &mut Rng) -> Option<Form> {
    let first = form.words.as_deref()?.first()?;
    APPLETS
        .contains(&first.as_str())
        .then(|| wrapped(form, rng.text(&["busybox", "/bin/busybox", "toybox"])))?
}

pub(super) fn ssh_localhost(form: &Form, rng: &mut Rng) -> Option<Form> {
    Some(held(form, rng.text(&["ssh localhost", "ssh -o BatchMode=yes root@127.0.0.1", "ssh -p 22 ::1"])))
}

pub(super) fn docker_root(form: &Form, rng: &mut Rng) -> Option<Form> {
    let before = rng.text(&[
        "docker run --rm -v /:/host alpine chroot /host",
        "docker run --rm --volume=/:/mnt debian chroot /mnt",
        "podman run --rm -v /:/host:rw alpine chroot /host",
    ]);
    let words = form.program()?;
    Some(form.command(before.split(' ').map(str::to_owned).chain(words.iter().cloned()).collect()))
}

pub(super) fn make(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = line(form)?.replace('$', "$$");
    // Make takes a backslash before `#` away, and `%` in `printf` is avoided.
    if script.contains('#') {
        return None;
    }
    let file = quoted(&format!("all:\n\t@{script}"));
    let text = match rng.coin() {
        true => format!("printf '%s\\n' {file} | make -f -"),
        false => format!("printf '%s\\n' {file} > /tmp/Makefile; make -C /tmp -f Makefile all"),
    };
    (!text.contains("-C /tmp") || form.script.contains(" /")).then(|| Form { bash: false, ..form.text(text) })
}

pub(super) fn runners(form: &Form, rng: &mut Rng) -> Option<Form> {
    if rng.coin() {
        let before = rng.text(&["su -c", "script -q /dev/null -c", "sg root -c", "runuser root -c"]);
        return Some(held(form, before));
    }
    wrapped(
        form,
        rng.text(&[
            "flock /tmp/lock",
            "setarch -R",
            "linux64",
            "strace -f -o /dev/null",
            "runuser -u root --",
            "chroot /",
            "unshare -r",
            "prlimit --nofile=99",
            "taskset 1",
            "systemd-run --wait",
            "uv run --",
            "poetry run",
            "bundle exec",
            "dbus-run-session --",
        ]),
    )
}

pub(super) fn editors(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = line(form)?;
    // `!`, `%` and `#` mean something else to editors.
    if script.contains(['!', '%', '#', '|']) {
        return None;
    }
    let text = match rng.below(4) {
        0 => format!("vim -es -c {} -c q", quoted(&format!("!{script}"))),
        1 => format!("vi -c {} -c q!", quoted(&format!(":!{script}"))),
        2 => format!("ed -s <<'E_3'\n!{script}\nq\nE_3"),
        _ => format!("printf '%s\\n' {} q | ed -s", quoted(&format!("!{script}"))),
    };
    Some(Form { bash: false, ..form.text(text) })
}

pub(super) fn sessions(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = quoted(&form.for_sh());
    let text = match rng.below(4) {
        0 => format!("tmux new-session -d {script}"),
        1 => format!("screen -dm sh -c {script}"),
        2 => format!("npm exec -c {script}"),
        _ => format!("watch -n 1 -g {script}"),
    };
    Some(Form { bash: false, ..form.text(text) })
}

pub(super) fn language_heredoc(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = form.for_sh();
    let (text, raw) = (string(&script), raw_string(&script));
    let (runs, code) = match rng.below(6) {
        0 => ("python3 -", format!("import os\nos.system({text})")),
        1 => ("python3", format!("import subprocess\ncmd = {text}\nsubprocess.check_call(cmd, shell=True)")),
        2 => ("perl", format!("my $c = {raw};\nsystem($c);")),
        3 => ("node", format!("const {{ execSync }} = require(\"child_process\");\nexecSync({text});")),
        4 => ("ruby", format!("c = {raw}\nsystem(c)")),
        _ => ("python3 -", format!("from os import system as s\nfor c in [{text}]:\n    s(c)")),
    };
    let code = format!("{runs} <<'E_4'\n{code}\nE_4");
    (!form.script.contains("E_4")).then(|| Form { bash: false, top: false, ..form.text(code) })
}
