//! The same effect in other words: options, paths, wrappers, loops over constants, other languages.

use super::super::form::{quoted, raw_string, string};
use super::super::{Form, Rng, places};

/// A wrapper's words before those of the command.
fn wrapped(form: &Form, before: &str) -> Option<Form> {
    let words = form.program()?;
    let all = before.split(' ').map(str::to_owned).chain(words.iter().cloned());
    Some(form.command(all.collect()))
}

pub(super) fn full_path(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    let path = places::program(first)?;
    let path = if rng.coin() { path } else { format!("/usr{path}") };
    Some(form.command(std::iter::once(path).chain(rest.iter().cloned()).collect()))
}

/// Other ways to write an option of a program.
fn other_forms(program: &str, option: &str) -> &'static [&'static str] {
    match (program, option) {
        ("rm", "-rf") => {
            &["-r -f", "-fr", "--recursive --force", "--recu --forc", "-R -f", "-rfv", "-fRd", "-r --force"]
        }
        ("rm", "-r") => &["-R", "--recursive", "--recur", "-rv"],
        ("rm", "-f") => &["--force", "--fo", "-fv"],
        ("chmod" | "chown" | "setfacl", "-R") => &["--recursive", "--recurs"],
        ("cp", "-r") => &["-R", "--recursive", "-a", "-rp"],
        ("git", "--hard") => &["--hard -q", "-q --hard"],
        ("git", "--force") => &["-f", "-v --force"],
        ("git", "-fdx") => &["-f -d -x", "-xdf", "--force -dx"],
        ("git", "-D") => &["--delete --force", "-d -f"],
        ("curl", "-d") => &["--data", "--data-ascii", "-s -d"],
        ("curl", "-T") => &["--upload-file", "-s -T"],
        ("curl", "-F") => &["--form", "-sS -F"],
        ("truncate", "-s") => &["--size"],
        ("shred", "-u") => &["--remove", "-zu", "-fu"],
        ("ln", "-sf") => &["-s -f", "--symbolic --force", "-fs", "-sfv", "-sfn"],
        ("wipefs", "-a") => &["--all", "-af", "--all --force"],
        ("docker", "--privileged") => &["--privileged=true", "-it --privileged"],
        ("kubectl", "delete") => &["-n default delete", "--context prod delete"],
        ("kill", "-9") => &["-KILL", "-s KILL", "-s 9", "-SIGKILL"],
        ("usermod", "-aG") => &["-a -G", "--append --groups"],
        ("sed", "-i") => &["--in-place", "--in-place=.bak", "-E -i"],
        _ => &[],
    }
}

pub(super) fn options(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    let at = rest.iter().position(|word| !other_forms(first, word).is_empty())?;
    let mut words = vec![first.clone()];
    for (index, word) in rest.iter().enumerate() {
        if index == at {
            words.extend(rng.text(other_forms(first, word)).split(' ').map(str::to_owned));
        } else {
            words.push(word.clone());
        }
    }
    let dashes = ["rm", "chmod", "chown", "truncate", "shred"].contains(&first.as_str()) && rng.coin();
    if dashes && first != "truncate" {
        let at = words.iter().skip(1).position(|word| !word.starts_with('-'))? + 1;
        words.insert(at, "--".to_owned());
    }
    Some(form.command(words))
}

pub(super) fn operands_first(form: &Form, _: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    let (options, operands): (Vec<&String>, Vec<&String>) =
        rest.iter().partition(|word| word.starts_with('-'));
    let fits = ["rm", "chmod", "chown", "rmdir", "shred", "wipefs"].contains(&first.as_str());
    let all = std::iter::once(first).chain(operands.iter().copied()).chain(options.iter().copied());
    let plain = !options.is_empty() && !options.iter().any(|option| *option == "--");
    (fits && plain).then(|| form.command(all.cloned().collect()))
}

/// Another text for an absolute path.
fn detour(path: &str, rng: &mut Rng) -> String {
    let rest = path.trim_start_matches('/');
    match rng.below(5) {
        0 => format!("//{rest}"),
        1 => format!("/./{rest}"),
        2 => format!("/tmp/../{rest}"),
        3 => format!("/proc/self/root/{rest}"),
        _ => format!("/usr/./bin/../../{rest}"),
    }
}

pub(super) fn path_forms(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    if !rest.iter().any(|word| word.starts_with('/') && word != "/") {
        return None;
    }
    let mut words = vec![first.clone()];
    for word in rest {
        let change = word.starts_with('/') && word.len() > 1 && !word.contains([':', '*']);
        words.push(if change { detour(word, rng) } else { word.clone() });
    }
    Some(form.command(words))
}

/// Programs of whose operands one may be named from another directory.
const MOVABLE: &[&str] = &[
    "rm",
    "chmod",
    "chown",
    "find",
    "truncate",
    "unlink",
    "shred",
    "tee",
    "blkdiscard",
    "wipefs",
    "mkfs.ext4",
    "setfacl",
    "cat",
    "insmod",
    "crontab",
];

pub(super) fn directory(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.words.as_deref()?;
    if !MOVABLE.contains(&words.first()?.as_str())
        || words.iter().skip(1).any(|w| !w.starts_with('/') && w.contains('/'))
    {
        return None;
    }
    let last = words.iter().rposition(|word| word.starts_with('/') && word.len() > 1)?;
    let (parent, name) = words.get(last)?.trim_end_matches('/').rsplit_once('/')?;
    let parent = if parent.is_empty() { "/" } else { parent };
    let mut words = words.to_vec();
    *words.get_mut(last)? = name.to_owned();
    // Relative names that were there before would mean something else.
    let relative = |word: &String| !word.starts_with(['-', '/']) && word != name;
    if words.first()? == "rm" && words.iter().skip(1).any(relative) {
        return None;
    }
    let command = form.command(words).script;
    let text = match rng.below(4) {
        0 => format!("cd {parent} && {command}"),
        1 => format!("cd {parent}; {command}"),
        2 => format!("(cd {parent} && {command})"),
        _ => format!("pushd {parent} && {command}"),
    };
    Some(form.bash(text))
}

pub(super) fn env(form: &Form, rng: &mut Rng) -> Option<Form> {
    wrapped(form, rng.text(&["env", "/usr/bin/env", "env A=b", "env -u XYZ", "env -- A=b"]))
}

pub(super) fn nohup(form: &Form, rng: &mut Rng) -> Option<Form> {
    wrapped(form, rng.text(&["nohup", "setsid", "setsid -w", "stdbuf -o0", "stdbuf -i 0 -oL"]))
}

pub(super) fn timeout(form: &Form, rng: &mut Rng) -> Option<Form> {
    wrapped(
        form,
        rng.text(&[
            "timeout 60",
            "timeout -k 5 60",
            "timeout --signal=KILL 1m",
            "timeout -s TERM 9",
            "timeout --foreground 9",
        ]),
    )
}

pub(super) fn nice(form: &Form, rng: &mut Rng) -> Option<Form> {
    wrapped(
        form,
        rng.text(&[
            "nice",
            "nice -n 5",
            "nice --adjustment=5",
            "ionice -c 3",
            "ionice -c2 -n 7",
            "chrt -o 0",
        ]),
    )
}

pub(super) fn sudo(form: &Form, rng: &mut Rng) -> Option<Form> {
    wrapped(
        form,
        rng.text(&["sudo", "sudo -n", "sudo -u root", "sudo --", "doas", "sudo -E -H", "sudo -uroot"]),
    )
}

pub(super) fn command(form: &Form, rng: &mut Rng) -> Option<Form> {
    wrapped(form, rng.text(&["command", "exec", "command -p", "exec -a x", "command --"]))
}

pub(super) fn xargs(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.program()?;
    let (last, before) = form.simple()?.split_last()?;
    if before.is_empty() || last.starts_with('-') {
        return None;
    }
    let before = before.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let text = match rng.below(4) {
        0 => format!("echo {last} | xargs {before}"),
        1 => format!("printf '%s\\n' {last} | xargs -n 1 {before}"),
        2 => format!("echo {last} | xargs -I{{}} {before} {{}}"),
        _ => format!("printf '{last}\\0' | xargs -0 {before}"),
    };
    Some(form.text(text))
}

pub(super) fn redirect_first(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.words.as_deref()?;
    Some(form.text(format!(
        "{} {}",
        rng.text(&[">/dev/null", "2>/dev/null", "</dev/null", "2>&1"]),
        form.script
    )))
}

pub(super) fn assignment_first(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.words.as_deref()?;
    Some(form.text(format!(
        "{} {}",
        rng.text(&["X=1", "LANG=C LC_ALL=C", "X=$(true)", "FOO='a b'"]),
        form.script
    )))
}

pub(super) fn loop_constant(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (last, before) = form.simple()?.split_last()?;
    if before.is_empty() || last.starts_with('-') {
        return None;
    }
    let before = before.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let text = match rng.below(3) {
        0 => format!("for d in {last}; do {before} $d; done"),
        1 => format!("for d in {last}\ndo\n  {before} \"$d\"\ndone"),
        _ => format!("for d in '{last}' ; do x=$d; {before} \"$x\" ; done"),
    };
    Some(form.text(text))
}

/// A recursive delete of one folder in another language.
pub(super) fn language_delete(form: &Form, rng: &mut Rng) -> Option<Form> {
    let [program, option, path] = form.words.as_deref()? else { return None };
    if program != "rm" || option != "-rf" || !path.starts_with('/') {
        return None;
    }
    let (text, raw) = (string(path), raw_string(path));
    let (runs, code) = match rng.below(6) {
        0 => ("python3 -c", format!("import shutil; shutil.rmtree({text})")),
        1 => ("python3 -c", format!("from shutil import rmtree as r\nr({text}, ignore_errors=True)")),
        2 => ("node -e", format!("require(\"fs\").rmSync({text}, {{recursive: true, force: true}})")),
        3 => ("perl -e", format!("use File::Path; File::Path::remove_tree({raw})")),
        4 => ("ruby -e", format!("require \"fileutils\"; FileUtils.rm_rf({raw})")),
        _ => ("python3 -c", format!("import os; p = {text}; os.system(\"rm -rf \" + p)")),
    };
    Some(form.text(format!("{runs} {}", quoted(&code))))
}
