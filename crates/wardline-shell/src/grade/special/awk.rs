//! Programs of `awk` that only print: no `system`, no `getline`, no pipe, no redirected output, no environment.

use super::when;
use crate::grade::Grade;
use crate::grade::scan::{Scan, is_known};

/// Words that run, read or load something, wherever they stand.
const REFUSED: &[&str] = &["system", "getline", "ENVIRON", "PROCINFO", "@", "|&", "/inet"];

/// Words after which `/` begins a pattern.
const BEFORE_PATTERN: &[&str] = &["and", "case", "do", "else", "in", "print", "printf", "return"];

/// Grades an `awk`: its program is read.
pub(in crate::grade) fn check(scan: &Scan<'_>) -> Grade {
    let Some(program) = scan.operands.first() else { return Grade::Unknown };
    when(is_known(program) && !program.glob && is_harmless(&program.value))
}

fn is_harmless(program: &str) -> bool {
    if REFUSED.iter().any(|word| program.contains(word)) {
        return false;
    }
    let Some(code) = bare(program) else { return false };
    // `||` is no pipe.
    if code.replace("||", "  ").contains('|') {
        return false;
    }
    code.split([';', '{', '}']).all(|statement| !redirects(statement))
}

/// Does a statement print into a file? Within parentheses `>` compares.
fn redirects(statement: &str) -> bool {
    let Some(at) = statement.find("print") else { return false };
    let mut depth = 0_u32;
    for c in statement.get(at..).unwrap_or_default().chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '>' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// The program without its strings, patterns and comments; `None` when one has no end.
fn bare(program: &str) -> Option<String> {
    let mut out = String::with_capacity(program.len());
    let mut text = program.chars();
    while let Some(c) = text.next() {
        match c {
            '"' => {
                quoted(&mut text, '"')?;
                out.push('S');
            }
            '/' if begins_pattern(&out) => {
                quoted(&mut text, '/')?;
                out.push('S');
            }
            '#' => {
                text.by_ref().find(|c| *c == '\n');
                out.push('\n');
            }
            '\\' => return None,
            _ => out.push(c),
        }
    }
    Some(out)
}

/// Reads to the end of a string or pattern. Brackets in a pattern may hold its delimiter, where implementations differ.
fn quoted(text: &mut std::str::Chars<'_>, end: char) -> Option<()> {
    let mut bracket = false;
    loop {
        match text.next()? {
            '\\' => drop(text.next()?),
            '\n' => return None,
            '[' if end == '/' => bracket = true,
            ']' => bracket = false,
            c if c == end && bracket => return None,
            c if c == end => return Some(()),
            _ => {}
        }
    }
}

/// Does a `/` behind this code begin a pattern? Otherwise it divides.
fn begins_pattern(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\t']);
    let Some(last) = before.chars().next_back() else { return true };
    if last.is_ascii_alphanumeric() || last == '_' {
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        return BEFORE_PATTERN.contains(&before.get(start..).unwrap_or_default());
    }
    !matches!(last, ')' | ']' | '$')
}

#[cfg(test)]
mod tests {
    use super::is_harmless;

    #[test]
    fn programs_are_read_to_their_end() {
        for program in [
            "{print $1}",
            "NR>7 {sum += $9} END {print sum}",
            "/a|b/ {print \"x > y\"}",
            "{print ($1 > 2)}",
            "$1 ~ /x/ || $2 > 3",
            "BEGIN{FS=\",\"} {printf \"%s\\n\", $2}",
            "{a = b / c; print a / 2}",
            "!seen[$0]++",
            "{gsub(/[a-z]/, \"\"); print}",
        ] {
            assert!(is_harmless(program), "{program}");
        }
        for program in [
            "{system(\"id\")}",
            "{print > \"f\"}",
            "{print $1 >> \"f\"}",
            "{print | \"sh\"}",
            "{\"id\" | getline x}",
            "BEGIN{print ENVIRON[\"KEY\"]}",
            "{printf \"%s\", $1 > $2}",
            "@load \"filefuncs\"",
            "{print /\"/ > \"f\"}",
            "{print \"a\" | \"cat\"}",
            "BEGIN{print (1)>\"f\"}",
            "{x = \"unended}",
        ] {
            assert!(!is_harmless(program), "{program}");
        }
    }
}
