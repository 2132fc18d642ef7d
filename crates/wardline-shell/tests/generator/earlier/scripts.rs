//! A whole script put somewhere else: in a string, a function, a loop, behind other commands, in another language.

use super::super::form::{self, quoted, raw_string, string};
use super::super::{Form, Rng};

/// The script as one command of these words: it may be read by a shell of its own.
fn given(form: &Form, before: &str, script: &str) -> Form {
    let words = before.split(' ').map(str::to_owned).chain(std::iter::once(script.to_owned()));
    form.command(words.collect())
}

pub(super) fn sh_c(form: &Form, rng: &mut Rng) -> Option<Form> {
    let options = rng.text(&["-c", "-ec", "-xc", "-e -c", "-uc"]);
    Some(given(form, &format!("{} {options}", form.shell()), &form.script))
}

pub(super) fn sh_c_twice(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = sh_c(form, rng)?;
    sh_c(&inner, rng)
}

pub(super) fn eval(form: &Form, rng: &mut Rng) -> Option<Form> {
    Some(match (form.simple(), rng.below(3)) {
        (Some(words), 0) => form.text(format!("eval {}", words.join(" "))),
        (_, 1) => Form { top: false, ..form.text(format!("x={}; eval \"$x\"", quoted(&form.script))) },
        _ => given(form, "eval", &form.script),
    })
}

pub(super) fn base64(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (code, shell) = (form::base64(&form.script), form.shell());
    let text = match rng.below(4) {
        0 => format!("echo {code} | base64 -d | {shell}"),
        1 => format!("{shell} -c \"$(echo {code} | base64 -d)\""),
        2 => format!("eval \"$(printf %s {code} | base64 --decode)\""),
        _ => format!("base64 -d <<E | {shell}\n{code}\nE"),
    };
    // `base64 -d <<E | sh` ends with its document: nothing may follow on the line.
    Some(Form { top: false, ..form.text(text) })
}

pub(super) fn heredoc(form: &Form, rng: &mut Rng) -> Option<Form> {
    let shell = form.shell();
    let text = match rng.below(3) {
        0 => format!("{shell} <<'END'\n{}\nEND", form.script),
        1 => format!("cat <<'END' | {shell}\n{}\nEND", form.script),
        _ => format!("{shell} -s <<'X_1'\n{}\nX_1", form.script),
    };
    let clash = ["\nEND", "\nX_1"].iter().any(|end| form.script.contains(end));
    (!clash).then(|| Form { top: false, ..form.text(text) })
}

pub(super) fn printed(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (script, shell) = (quoted(&form.script), form.shell());
    let text = match rng.below(3) {
        0 if !form.script.contains('\\') && !form.script.starts_with('-') => {
            format!("echo {script} | {shell}")
        }
        1 => format!("printf '%s\\n' {script} | {shell} -s"),
        _ => format!("printf %s {script} | {shell}"),
    };
    Some(Form { top: false, ..form.text(text) })
}

pub(super) fn function(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner()?;
    let text = match (form.simple().and_then(|words| words.split_last()), rng.below(3)) {
        (Some((last, before)), 0) if !before.is_empty() => {
            format!("f() {{ {} \"$1\"; }}; f {last}", before.join(" "))
        }
        (_, 1) => format!("go() {{\n{inner}\n}}\ngo"),
        _ => format!("clean_up()\n{{\n  {inner}\n}}\nclean_up a b"),
    };
    Some(form.text(text))
}

pub(super) fn alias(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner().filter(|text| !text.contains('\n'))?;
    let text = match (form.simple().and_then(|words| words.split_first()), rng.coin()) {
        (Some((first, rest)), true) => format!("alias ll={first}\nll {}", rest.join(" ")),
        _ => format!("alias ll={}\nll", quoted(inner)),
    };
    Some(Form { top: true, ..form.bash(format!("shopt -s expand_aliases\n{text}")) })
}

pub(super) fn one_loop(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner()?;
    let text = match rng.below(4) {
        0 => format!("for i in 1; do\n{inner}\ndone"),
        1 => format!("while true; do\n{inner}\nbreak; done"),
        2 => format!("until false; do\n{inner}\nbreak\ndone"),
        _ => format!("i=0; while [ $i -lt 1 ]; do\n{inner}\ni=$((i+1)); done"),
    };
    Some(form.text(text))
}

pub(super) fn branch(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner()?;
    let text = match rng.below(5) {
        0 => format!("if true; then\n{inner}\nfi"),
        1 => format!("case x in x)\n{inner}\n;; esac"),
        2 => format!("if [ -d / ]; then :\n{inner}\nelse exit; fi"),
        3 => format!("case abc in z*) ;; a*)\n{inner}\n;; *) ;; esac"),
        _ => format!("if false; then :; else\n{inner}\nfi"),
    };
    Some(form.text(text))
}

pub(super) fn group(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner()?;
    let text = match rng.below(5) {
        0 => format!("(\n{inner}\n)"),
        1 => format!("{{\n{inner}\n}}"),
        2 => format!("! {{\n{inner}\n}}"),
        3 => format!("( ( {{ {inner}\n}} ) )"),
        _ => format!("time {{\n{inner}\n}}"),
    };
    Some(if text.starts_with("time") { form.bash(text) } else { form.text(text) })
}

pub(super) fn padding(form: &Form, rng: &mut Rng) -> Option<Form> {
    let text = match rng.below(4) {
        0 => format!("{}{}", "true; ".repeat(60), form.script),
        1 => format!("{}{}", ":\n".repeat(80), form.script),
        2 => format!("echo ok{};\n{}", " ".repeat(4_000), form.script),
        _ => format!("# {}\n{}", "all is well ".repeat(300), form.script),
    };
    Some(form.text(text))
}

pub(super) fn lines(form: &Form, rng: &mut Rng) -> Option<Form> {
    let text = match rng.below(4) {
        0 => format!("\n\n{}\n", form.script),
        1 => format!("# list the files\n{}", form.script),
        2 => format!("ls # nothing\n{}\n# done\n", form.script),
        _ => format!("\\\n{}", form.script),
    };
    Some(form.text(text))
}

pub(super) fn behind(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = &form.script;
    let inner = form.inner()?;
    let text = match rng.below(6) {
        0 => format!("true && {script}"),
        1 => format!("false || {script}"),
        2 => format!("sleep 0 & {script}"),
        3 => format!("echo ok; {script}"),
        4 => format!("{{ {inner}\n}} & wait"),
        _ => format!("echo \"$({inner}\n)\""),
    };
    Some(form.text(text))
}

pub(super) fn language_command(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = form.for_sh();
    let (text, raw) = (string(&script), raw_string(&script));
    let (runs, code) = match rng.below(9) {
        0 => ("python3 -c", format!("import os; os.system({text})")),
        1 => ("python3 -c", format!("import subprocess as s\ns.run({text}, shell=True)")),
        2 => ("python3 -c", format!("__import__(\"os\").popen({text}).read()")),
        3 => ("perl -e", format!("system({raw});")),
        4 => ("perl -e", format!("exec {raw};")),
        5 => ("ruby -e", format!("system({raw})")),
        6 => ("node -e", format!("require(\"child_process\").execSync({text})")),
        7 => (
            "node -e",
            format!("const c = require(\"child_process\"); c.spawnSync(\"sh\", [\"-c\", {text}])"),
        ),
        _ => ("php -r", format!("system({raw});")),
    };
    Some(Form { bash: false, ..given(form, runs, &code) })
}
