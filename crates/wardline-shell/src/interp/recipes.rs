//! Makefiles and package manifests, as far as it takes to see what a target or a script runs.

use std::collections::BTreeMap;

/// Most lines of recipes that are followed.
const MOST_LINES: usize = 256;
/// Most targets that are followed.
const MOST_TARGETS: usize = 64;

#[derive(Debug, Default)]
struct Makefile {
    /// Prerequisites and recipe lines by target.
    rules: BTreeMap<String, (Vec<String>, Vec<String>)>,
    variables: BTreeMap<String, String>,
    first: Option<String>,
}

/// The lines that `make` has a shell run for these targets (none: the first one of the file).
pub(crate) fn of(text: &str, targets: &[String], settings: &[String]) -> Vec<String> {
    let mut file = read(text);
    for setting in settings {
        if let Some((name, value)) = setting.split_once('=') {
            file.variables.insert(name.to_owned(), value.to_owned());
        }
    }
    let mut queue: Vec<String> =
        if targets.is_empty() { file.first.iter().cloned().collect() } else { targets.to_vec() };
    let mut seen: Vec<String> = Vec::new();
    let mut out = shells(text);
    while let Some(target) = queue.pop() {
        if seen.contains(&target) || seen.len() >= MOST_TARGETS {
            continue;
        }
        // What is needed comes first, but the order changes nothing in what is run.
        if let Some((needs, lines)) = file.rules.get(&target) {
            queue.extend(needs.iter().cloned());
            out.extend(lines.iter().map(|line| filled(line, &target, &file.variables)));
        }
        if file.rules.get(&target).is_none_or(|(_, lines)| lines.is_empty()) {
            for (needs, lines, stem) in file.patterns(&target) {
                queue.extend(needs.iter().map(|need| need.replace('%', stem)));
                let lines = lines.iter().map(|line| line.replace("$*", stem));
                out.extend(lines.map(|line| filled(&line, &target, &file.variables)));
            }
        }
        seen.push(target);
    }
    out.truncate(MOST_LINES);
    out
}

impl Makefile {
    /// The rules for names of a form that `target` has, and what stands for `%` in it.
    fn patterns<'a>(&'a self, target: &'a str) -> Vec<(&'a [String], &'a [String], &'a str)> {
        let fits = |name: &str| {
            let (before, after) = name.split_once('%')?;
            target.strip_prefix(before)?.strip_suffix(after)
        };
        let rules = self.rules.iter();
        rules
            .filter_map(|(name, (needs, lines))| Some((needs.as_slice(), lines.as_slice(), fits(name)?)))
            .collect()
    }
}

/// What `make` runs while it reads the file: `$(shell …)`, `X != …`.
fn shells(text: &str) -> Vec<String> {
    let called = text.match_indices("$(shell ").filter_map(|(at, start)| {
        let rest = text.get(at + start.len()..)?;
        let mut depth = 1_u32;
        let end = rest.char_indices().take(LONGEST).find_map(|(at, character)| {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(at)
        });
        rest.get(..end?).map(str::to_owned)
    });
    let assigned = text.lines().filter(|line| !line.starts_with('\t')).filter_map(|line| {
        let (name, command) = line.split_once("!=")?;
        name.trim().bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()).then(|| command.trim().to_owned())
    });
    called.chain(assigned).take(MOST_TARGETS).map(|line| line.replace("$$", "$")).collect()
}

/// The files that a makefile reads besides, as they are written.
pub(crate) fn includes(text: &str) -> Vec<String> {
    let named = |line: &str| {
        let words = line.split('#').next().unwrap_or_default().split_once([' ', '\t']);
        match words {
            Some(("include" | "-include" | "sinclude", files)) => files.to_owned(),
            _ => String::new(),
        }
    };
    let files = text.lines().map(named).collect::<Vec<_>>().join(" ");
    files.split_whitespace().take(MOST_TARGETS).map(str::to_owned).collect()
}

fn read(text: &str) -> Makefile {
    let mut file = Makefile::default();
    let mut current: Vec<String> = Vec::new();
    let joined = text.replace("\\\n", " ");
    for line in joined.lines() {
        if let Some(recipe) = line.strip_prefix('\t') {
            add(&mut file, &current, recipe);
            continue;
        }
        let plain = line.split('#').next().unwrap_or_default();
        if plain.trim().is_empty() {
            continue;
        }
        if let Some((name, value)) = setting(plain) {
            file.variables.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let Some((names, rest)) = plain.split_once(':') else { continue };
        let (needs, recipe) = rest
            .trim_start_matches(':')
            .split_once(';')
            .map_or((rest, None), |(needs, recipe)| (needs, Some(recipe)));
        current = names.split_whitespace().map(str::to_owned).collect();
        if file.first.is_none() {
            file.first = current.iter().find(|name| !name.starts_with('.')).cloned();
        }
        let needs: Vec<String> =
            filled(needs, "", &file.variables).split_whitespace().map(str::to_owned).collect();
        for name in current.iter().take(MOST_TARGETS) {
            file.rules.entry(name.clone()).or_default().0.extend(needs.iter().cloned());
        }
        recipe.iter().for_each(|recipe| add(&mut file, &current, recipe));
    }
    file
}

fn add(file: &mut Makefile, current: &[String], recipe: &str) {
    for name in current.iter().take(MOST_TARGETS) {
        let lines = &mut file.rules.entry(name.clone()).or_default().1;
        if lines.len() < MOST_LINES {
            lines.push(recipe.trim_start().trim_start_matches(['@', '-', '+']).trim_start().to_owned());
        }
    }
}

fn setting(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', '+', '!']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    (!name.is_empty() && !name.contains([' ', ':', '\t'])).then(|| (name, value.trim()))
}

/// Longest line with its variables put in, in bytes.
const LONGEST: usize = 4096;

/// Puts in variables: `$(X)`, `${X}`, `$@`; `$$` is a `$` for the shell.
fn filled(line: &str, target: &str, variables: &BTreeMap<String, String>) -> String {
    let mut text = line.to_owned();
    for _ in 0..4 {
        let (next, changed) = once(&text, target, variables);
        text = next;
        if !changed || text.len() > LONGEST {
            break;
        }
    }
    text.replace("$$", "$")
}

fn once(line: &str, target: &str, variables: &BTreeMap<String, String>) -> (String, bool) {
    let (mut out, mut rest, mut changed) = (String::new(), line, false);
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let close = match after.as_bytes().get(1) {
            Some(b'(') => ')',
            Some(b'{') => '}',
            Some(b'@') => {
                out.push_str(target);
                changed = true;
                rest = after.get(2..).unwrap_or_default();
                continue;
            }
            other => {
                let length = 1 + usize::from(other == Some(&b'$'));
                out.push_str(after.get(..length).unwrap_or(after));
                rest = after.get(length..).unwrap_or_default();
                continue;
            }
        };
        let Some(end) = after.find(close) else { break };
        let name = after.get(2..end).unwrap_or_default();
        match name {
            "MAKE" => out.push_str("make"),
            "RM" => out.push_str("rm -f"),
            _ => match variables.get(name) {
                Some(value) => {
                    out.push_str(value);
                    changed = true;
                }
                None => {
                    out.push_str(&format!("${{{}}}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")))
                }
            },
        }
        rest = after.get(end + 1..).unwrap_or_default();
        if out.len() > LONGEST {
            return (out, false);
        }
    }
    out.push_str(rest);
    (out, changed)
}

/// The `scripts` of a package manifest, by name.
pub(crate) fn package_scripts(text: &str) -> Vec<(String, String)> {
    let mut reader = Json { rest: text };
    let mut out = Vec::new();
    let Some(start) = text.find("\"scripts\"") else { return out };
    reader.rest = text.get(start..).unwrap_or_default();
    if reader.string().is_none() || !reader.eat(':') || !reader.eat('{') {
        return out;
    }
    while out.len() < MOST_LINES {
        let Some(name) = reader.string() else { break };
        if !reader.eat(':') {
            break;
        }
        let Some(line) = reader.string() else { break };
        out.push((name, line));
        if !reader.eat(',') {
            break;
        }
    }
    out
}

struct Json<'a> {
    rest: &'a str,
}

impl Json<'_> {
    fn eat(&mut self, expected: char) -> bool {
        match self.rest.trim_start().strip_prefix(expected) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut characters = self.rest.trim_start().strip_prefix('"')?.chars();
        let mut out = String::new();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => match characters.next()? {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    'u' => {
                        let digits = characters.as_str().get(..4)?;
                        out.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                        characters = characters.as_str().get(4..)?.chars();
                    }
                    other => out.push(other),
                },
                other => out.push(other),
            }
        }
        self.rest = characters.as_str();
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::{includes, of, package_scripts};

    #[test]
    fn recipes_are_found_with_what_they_need() {
        let text = "D = /etc\n.PHONY: all\nall: clean\n\t@echo $$HOME\nclean:\n\trm -rf $(D)\n";
        assert_eq!(of(text, &[], &[]), ["echo $HOME", "rm -rf /etc"]);
        assert_eq!(of(text, &["clean".to_owned()], &["D=/usr".to_owned()]), ["rm -rf /usr"]);
    }

    #[test]
    fn forms_of_names_and_what_runs_while_it_is_read() {
        let text = "V != a b\nW := $(shell c (d))\n%.o: %.c\n\techo $* $@\n%.c:\n\tgen $@\n";
        assert_eq!(of(text, &["x.o".to_owned()], &[]), ["c (d)", "a b", "echo x x.o", "gen x.c"]);
        assert_eq!(includes("include a.mk b.mk # c\n-include d\nincluded: x\n"), ["a.mk", "b.mk", "d"]);
    }

    #[test]
    fn scripts_are_found() {
        let text = r#"{"name":"x","scripts":{"build":"tsc","clean":"rm -rf \"dist\""},"a":1}"#;
        let found = package_scripts(text);
        assert_eq!(
            found,
            [("build".to_owned(), "tsc".to_owned()), ("clean".to_owned(), "rm -rf \"dist\"".to_owned())]
        );
    }
}
