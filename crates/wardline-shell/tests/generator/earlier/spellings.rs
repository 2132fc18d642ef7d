//! The words of one command, spelled another way.

use super::super::form::{quoted, tame};
use super::super::{Form, Rng, places};

/// All words, each spelled by `spell`.
fn each(form: &Form, mut spell: impl FnMut(usize, &str) -> String) -> Option<String> {
    let words = form.words.as_deref()?;
    Some(words.iter().enumerate().map(|(at, word)| spell(at, word)).collect::<Vec<_>>().join(" "))
}

/// A word in two halves; the first has at least one character.
fn halves(word: &str, rng: &mut Rng) -> Option<(String, String)> {
    let count = word.chars().count();
    let at = 1 + rng.below(count.saturating_sub(1));
    (count > 1).then(|| (word.chars().take(at).collect(), word.chars().skip(at).collect()))
}

/// The words, with the last one apart; it must be an operand.
fn last(form: &Form) -> Option<(&[String], &str)> {
    let (last, before) = form.simple()?.split_last()?;
    (!before.is_empty() && !last.starts_with('-')).then_some((before, last.as_str()))
}

fn joined(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

pub(super) fn quotes(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.simple()?;
    let text = each(form, |_, word| match (halves(word, rng), rng.below(4)) {
        (Some((a, b)), 0) => format!("{a}''{b}"),
        (Some((a, b)), 1) => format!("\"{a}\"{b}"),
        (Some((a, b)), 2) => format!("{a}'{b}'"),
        _ => format!("\"{word}\""),
    })?;
    Some(form.text(text))
}

pub(super) fn backslashes(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.simple()?;
    let all = rng.coin();
    let text = each(form, |at, word| {
        let mark = |c: char| if c.is_ascii_alphanumeric() { format!("\\{c}") } else { c.to_string() };
        if all {
            word.chars().map(mark).collect()
        } else if at == 0 {
            format!("\\{word}")
        } else {
            word.to_owned()
        }
    })?;
    Some(form.text(text))
}

pub(super) fn ansi_c(form: &Form, rng: &mut Rng) -> Option<Form> {
    let octal = rng.coin();
    let all = rng.coin();
    let code = |c: char| match (c.is_ascii(), octal) {
        (false, _) => c.to_string(),
        (true, true) => format!("\\{:03o}", u32::from(c)),
        (true, false) => format!("\\x{:02x}", u32::from(c)),
    };
    let text = each(form, |at, word| {
        if all || at == 0 {
            format!("$'{}'", word.chars().map(code).collect::<String>())
        } else {
            quoted(word)
        }
    })?;
    Some(form.bash(text))
}

pub(super) fn locale(form: &Form, _: &mut Rng) -> Option<Form> {
    form.simple()?;
    let text = each(form, |_, word| format!("$\"{word}\""))?;
    Some(form.bash(text))
}

pub(super) fn continuation(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.simple()?;
    let text = each(form, |_, word| match halves(word, rng) {
        Some((a, b)) => format!("{a}\\\n{b}"),
        None => word.to_owned(),
    })?;
    Some(form.text(text))
}

pub(super) fn ifs(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    let gap = rng.text(&["${IFS}", "$IFS$9", "${IFS%?}"]);
    (words.len() > 1 && !words.iter().any(|word| word.contains('='))).then(|| form.bash(words.join(gap)))
}

pub(super) fn braces(form: &Form, _: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    (words.len() > 1).then(|| form.bash(format!("{{{}}}", words.join(","))))
}

pub(super) fn variable_program(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    let gap = rng.text(&["; ", "\n", " && "]);
    let name = rng.text(&["a", "CMD", "_x1"]);
    let text = match rng.coin() {
        true => format!("{name}={}{gap}${name} {}", quoted(first), joined(rest)),
        false => format!("{name}={}{gap}\"${{{name}}}\" {}", quoted(first), joined(rest)),
    };
    Some(form.text(text))
}

pub(super) fn variable_target(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (before, last) = last(form)?;
    let gap = rng.text(&["; ", "\n", " && "]);
    let name = rng.text(&["t", "TARGET", "d"]);
    Some(form.text(format!("{name}={last}{gap}{} \"${name}\"", joined(before))))
}

pub(super) fn declared(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (before, last) = last(form)?;
    let word = rng.text(&["export", "declare", "readonly", "typeset", "declare -x"]);
    Some(form.bash(format!("{word} P={last}; {} ${{P}}", joined(before))))
}

pub(super) fn concatenation(form: &Form, rng: &mut Rng) -> Option<Form> {
    let (first, rest) = form.simple()?.split_first()?;
    let (a, b) = halves(first, rng)?;
    let text = match rng.coin() {
        true => format!("a={a} b={b}; $a$b {}", joined(rest)),
        false => format!("a={a}; a=${{a}}{b}; $a {}", joined(rest)),
    };
    Some(form.text(text))
}

pub(super) fn default(form: &Form, rng: &mut Rng) -> Option<Form> {
    form.simple()?;
    let all = rng.coin();
    let text = each(
        form,
        |at, word| {
            if all || at == 0 { format!("${{nope_{at}:-{word}}}") } else { word.to_owned() }
        },
    )?;
    Some(form.text(text))
}

pub(super) fn cut(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    let at = rng.below(words.len());
    let word = words.get(at)?;
    let (set, used) = match rng.below(3) {
        0 => (format!("{word}ZZ"), "${x%ZZ}"),
        1 => (format!("ZZ{word}"), "${x#ZZ}"),
        _ => (format!("{word}QwQw"), "${x%%Q*}"),
    };
    if word.contains(['Q', 'Z']) {
        return None;
    }
    let text = each(form, |index, word| if index == at { used.to_owned() } else { word.to_owned() })?;
    Some(form.text(format!("x={set}; {text}")))
}

pub(super) fn slice(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    let at = rng.below(words.len());
    let word = words.get(at)?;
    let (set, used) = match rng.below(3) {
        0 => (format!("zz{word}"), "${x:2}".to_owned()),
        1 => (format!("{word}zzz"), format!("${{x:0:{}}}", word.chars().count())),
        _ => (format!("@@{word}"), "${x/@@/}".to_owned()),
    };
    let text = each(form, |index, word| if index == at { used.clone() } else { word.to_owned() })?;
    Some(form.bash(format!("x={set}; {text}")))
}

pub(super) fn substitution(form: &Form, rng: &mut Rng) -> Option<Form> {
    let words = form.simple()?;
    let at = if rng.coin() { 0 } else { rng.below(words.len()) };
    let word = words.get(at)?;
    if word.starts_with('-') {
        return None;
    }
    let new = match rng.below(4) {
        0 => format!("$(echo {word})"),
        1 => format!("`echo {word}`"),
        2 => format!("$(printf %s {word})"),
        _ => format!("\"$(printf '%s\\n' {word})\""),
    };
    let text = each(form, |index, word| if index == at { new.clone() } else { word.to_owned() })?;
    Some(form.text(text))
}

/// The path with its last character as a set: it matches the same file and no other.
fn bracketed(path: &str) -> Option<String> {
    let mut start = path.to_owned();
    let last = start.pop().filter(char::is_ascii_alphanumeric)?;
    Some(format!("{start}[{last}]"))
}

pub(super) fn glob_program(form: &Form, _: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    let path = bracketed(&places::program(first)?)?;
    Some(form.text(format!("{path} {}", joined(rest))))
}

pub(super) fn glob_target(form: &Form, _: &mut Rng) -> Option<Form> {
    let (first, rest) = form.words.as_deref()?.split_first()?;
    if !rest.iter().any(|word| places::there(word)) || !tame(first) {
        return None;
    }
    let spell = |word: &String| match bracketed(word) {
        Some(path) if places::there(word) => path,
        _ => quoted(word),
    };
    Some(form.text(format!("{first} {}", rest.iter().map(spell).collect::<Vec<_>>().join(" "))))
}
