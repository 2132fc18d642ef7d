//! Parts of the shell that the earlier transforms do not use.

use super::super::form::quoted;
use super::super::{Form, Rng};

fn joined(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The words before the last, and the last, which is an operand.
fn split(form: &Form) -> Option<(String, &str)> {
    let (last, before) = form.simple()?.split_last()?;
    (!before.is_empty() && !last.starts_with('-')).then(|| (joined(before), last.as_str()))
}

pub(super) fn array(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.words.as_deref()?;
    let all = joined(words);
    let text = match rng.below(4) {
        0 => format!("a=({all}); \"${{a[@]}}\""),
        1 => format!("declare -a run=({all})\n\"${{run[@]}}\""),
        2 => {
            let (first, rest) = words.split_first()?;
            format!("a=({}); a+=({}); \"${{a[@]}}\"", quoted(first), joined(rest))
        }
        _ => {
            let (first, rest) = words.split_first()?;
            format!("a=(x {} y); ${{a[1]}} {}", quoted(first), joined(rest))
        }
    };
    Some(form.bash(text))
}

pub(super) fn map(form: &Form, _: &mut Rng) -> Option<Form> {
    let (before, last) = split(form)?;
    Some(form.bash(format!("declare -A m=([a]=/tmp [t]={last}); {before} \"${{m[t]}}\"")))
}

pub(super) fn nameref(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (before, last) = split(form)?;
    let declare = rng.text(&["declare -n", "typeset -n"]);
    Some(form.bash(format!("target={last}; {declare} r=target; {before} \"$r\"")))
}

pub(super) fn indirection(form: &Form, _: &mut Rng) -> Option<Form> {
    let (before, last) = split(form)?;
    Some(form.bash(format!("target={last}; name=target; {before} \"${{!name}}\"")))
}

pub(super) fn printf_v(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (first, rest) = form.simple()?.split_first()?;
    let half = first.len() / 2;
    let (a, b) = (first.get(..half)?, first.get(half..)?);
    let text = match rng.coin() {
        true => format!("printf -v p %s {first}; $p {}", joined(rest)),
        false => format!("printf -v p '%s%s' '{a}' {b}; \"$p\" {}", joined(rest)),
    };
    Some(form.bash(text))
}

pub(super) fn read(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    let text = match (rng.coin(), split(form)) {
        (true, Some((before, last))) => format!("read -r t <<< {last}; {before} \"$t\""),
        _ => {
            let names: Vec<String> = (0..words.len()).map(|at| format!("w{at}")).collect();
            let uses: Vec<String> = names.iter().map(|name| format!("\"${name}\"")).collect();
            format!("read -r {} <<< '{}'; {}", names.join(" "), words.join(" "), uses.join(" "))
        }
    };
    Some(form.bash(text))
}

pub(super) fn set(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.words.as_deref()?;
    let (first, rest) = words.split_first()?;
    let text = match rng.below(3) {
        0 => format!("set -- {}; \"$@\"", joined(words)),
        1 => format!("set -- {}; {} \"$@\"", joined(rest), quoted(first)),
        _ => format!("set -- x {}; shift; \"$@\"", joined(words)),
    };
    Some(form.text(text))
}

pub(super) fn lower_case(form: &Form, _: &mut Rng) -> Option<Form> {
    let (first, rest) = form.simple()?.split_first()?;
    let plain = first.chars().all(|c| c.is_ascii_lowercase());
    plain.then(|| form.bash(format!("x={}; ${{x,,}} {}", first.to_uppercase(), joined(rest))))
}

pub(super) fn mapfile(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    let text = match rng.coin() {
        true => format!("mapfile -t a < <(printf '%s\\n' {}); \"${{a[@]}}\"", words.join(" ")),
        false => format!("readarray -t a <<'E'\n{}\nE\n\"${{a[@]}}\"", words.join("\n")),
    };
    Some(form.bash(text))
}

pub(super) fn trap(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = quoted(&form.script);
    let text = match rng.below(3) {
        0 => format!("trap {script} EXIT"),
        1 => format!("trap -- {script} 0; exit 0"),
        _ => format!("trap {script} DEBUG; true; trap - DEBUG"),
    };
    Some(Form { top: false, ..form.bash(text) })
}

pub(super) fn coproc(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner()?;
    let text = match rng.coin() {
        true => format!("coproc {{\n{inner}\n}}; wait"),
        false => format!("coproc WORK {{ {inner}\n}}\nwait \"$WORK_PID\""),
    };
    Some(form.bash(text))
}

pub(super) fn here_string(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = quoted(&form.script);
    let text = match rng.below(3) {
        0 => format!("bash <<< {script}"),
        1 => format!("bash -s <<<{script}"),
        _ => format!("x={script}; bash <<< \"$x\""),
    };
    Some(Form { top: false, ..form.bash(text) })
}

pub(super) fn sourced(form: &Form, rng: &mut Rng) -> Option<Form> {
    let script = quoted(&form.script);
    let text = match rng.below(4) {
        0 => format!(". <(printf '%s\\n' {script})"),
        1 => format!("source /dev/stdin <<< {script}"),
        2 => format!("bash <(cat <<'E_1'\n{}\nE_1\n)", form.script),
        _ => format!(". /dev/fd/3 3<<'E_1'\n{}\nE_1", form.script),
    };
    (!form.script.contains("E_1")).then(|| Form { top: false, ..form.bash(text) })
}

pub(super) fn side_effect(form: &Form, rng: &mut Rng) -> Option<Form> {
    let inner = form.inner()?;
    let text = match rng.below(5) {
        0 => format!("echo $(( $({inner}\n) + 1 ))"),
        1 => format!("[[ -n $({inner}\n) ]]"),
        2 => format!("ls ${{nothing:-$({inner}\n)}}"),
        3 => format!("X=$({inner}\n) true"),
        _ => format!("cat <({inner}\n) /dev/null"),
    };
    Some(form.bash(text))
}

pub(super) fn unicode_escapes(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.words.as_deref()?;
    let wide = rng.coin();
    let code =
        |c: char| if wide { format!("\\U{:08x}", u32::from(c)) } else { format!("\\u{:04x}", u32::from(c)) };
    let word = |word: &String| format!("$'{}'", word.chars().map(code).collect::<String>());
    Some(form.bash(words.iter().map(word).collect::<Vec<_>>().join(" ")))
}

pub(super) fn tabs(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.words.as_deref()?;
    let gap = rng.text(&["\t", " \t\t ", "\t \\\n\t"]);
    Some(form.text(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(gap)))
}

pub(super) fn bidi_comment(form: &Form, rng: &mut Rng) -> Option<Form> {
    let mark = rng.text(&["\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}"]);
    Some(form.text(format!("# {mark}harmless{mark}\n{}", form.script)))
}

pub(super) fn link(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (before, last) = split(form)?;
    let program = form.words.as_deref()?.first()?;
    let (parent, name) = last
        .strip_prefix('/')?
        .rsplit_once('/')
        .map_or(("/".to_owned(), last.get(1..)?), |(parent, name)| (format!("/{parent}"), name));
    let fits =
        ["rm", "chmod", "truncate", "unlink", "shred", "tee", "cp", "dd", "cat"].contains(&program.as_str());
    let make = rng.text(&["ln -s", "ln -sfn", "ln --symbolic"]);
    (fits && !name.is_empty())
        .then(|| form.text(format!("{make} {parent} /tmp/way && {before} /tmp/way/{name}")))
}
