//! Scripts of `sed` that only print and edit the stream: no `w`, `W`, `r`, `R`, `e`, and no flag of `s` that writes or runs.

use std::iter::Peekable;
use std::str::Chars;

use crate::answer::Word;

use super::when;
use crate::grade::Grade;
use crate::grade::scan::{Scan, is_known};

/// Grades a `sed`: every script in it is read.
pub(in crate::grade) fn check(scan: &Scan<'_>) -> Grade {
    let given: Vec<&Word> = scan
        .options
        .iter()
        .filter(|(name, _)| matches!(name.as_str(), "-e" | "--expression"))
        .filter_map(|(_, value)| value.as_ref())
        .collect();
    let scripts = if given.is_empty() { scan.operands.iter().take(1).copied().collect() } else { given };
    let files = scan.operands.iter().skip(usize::from(!scan.has(&["-e", "--expression"])));
    let in_place = scan.has(&["-i", "-I", "--in-place"]);
    let named = files.clone().all(|word| scan.ground.may_write(word)) && files.count() > 0;
    let harmless =
        scripts.iter().all(|script| is_known(script) && !script.glob && is_harmless(&script.value));
    when(!scripts.is_empty() && harmless && (!in_place || named))
}

/// Does the script only change the stream?
fn is_harmless(script: &str) -> bool {
    let mut text = script.chars().peekable();
    loop {
        skip(&mut text, |c| c.is_whitespace() || c == ';' || c == '}');
        if text.peek().is_none() {
            return true;
        }
        if addresses(&mut text).is_none() || one(&mut text).is_none() {
            return false;
        }
    }
}

/// Reads one command; `None`: it does more, or can't be read.
fn one(text: &mut Peekable<Chars<'_>>) -> Option<()> {
    match text.next()? {
        '{' | '}' | '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'n' | 'N' | 'p' | 'P' | 'x' | 'z' | 'F' => {
            Some(())
        }
        'l' | 'q' | 'Q' | 'L' => {
            skip(text, |c| c.is_ascii_digit() || c == ' ');
            Some(())
        }
        '#' | ':' | 'a' | 'i' | 'c' => {
            line(text);
            Some(())
        }
        'b' | 't' | 'T' => {
            skip(text, |c| !matches!(c, ';' | '\n' | '}'));
            Some(())
        }
        'y' => {
            let delimiter = text.next()?;
            part(text, delimiter, false)?;
            part(text, delimiter, false)
        }
        's' => {
            let delimiter = text.next().filter(|c| !matches!(c, '\n' | '\\'))?;
            part(text, delimiter, true)?;
            part(text, delimiter, false)?;
            skip(text, |c| "gpiImM0123456789".contains(c));
            // Only the end of the command may follow; `e` and `w` are flags too.
            match text.peek() {
                None | Some(';' | '\n' | '}' | ' ' | '#') => Some(()),
                Some(_) => None,
            }
        }
        _ => None,
    }
}

/// Reads up to two addresses and `!`.
fn addresses(text: &mut Peekable<Chars<'_>>) -> Option<()> {
    loop {
        skip(text, |c| c.is_whitespace() || c.is_ascii_digit() || matches!(c, '$' | ',' | '~' | '+' | '!'));
        match text.peek() {
            Some('/') => {
                text.next();
                part(text, '/', true)?;
            }
            Some('\\') => {
                text.next();
                let delimiter = text.next()?;
                part(text, delimiter, true)?;
            }
            _ => return Some(()),
        }
        // Flags of an address; a command of that letter reads no differently.
        if text.peek() == Some(&'I') || text.peek() == Some(&'M') {
            text.next();
        }
    }
}

/// Reads up to the delimiter; in patterns it may stand in brackets, where implementations differ, so that is refused.
fn part(text: &mut Peekable<Chars<'_>>, delimiter: char, pattern: bool) -> Option<()> {
    let mut bracket = false;
    loop {
        match text.next()? {
            '\\' => {
                text.next()?;
            }
            c if c == delimiter && bracket => return None,
            c if c == delimiter => return Some(()),
            '\n' if pattern => return None,
            '[' if pattern && !bracket => {
                bracket = true;
                // `[]…]` and `[^]…]` begin with the bracket itself.
                text.next_if_eq(&'^');
                text.next_if_eq(&']');
            }
            ']' => bracket = false,
            _ => {}
        }
    }
}

/// Text of `a`, `i`, `c` and comments goes to the end of the line; a backslash takes the next one too.
fn line(text: &mut Peekable<Chars<'_>>) {
    while let Some(c) = text.next() {
        match c {
            '\\' => drop(text.next()),
            '\n' => return,
            _ => {}
        }
    }
}

fn skip(text: &mut Peekable<Chars<'_>>, wanted: impl Fn(char) -> bool) {
    while text.next_if(|c| wanted(*c)).is_some() {}
}

#[cfg(test)]
mod tests {
    use super::is_harmless;

    #[test]
    fn scripts_are_read_to_their_end() {
        let good = [
            "",
            "p",
            "1,5p",
            "$d",
            "/a/,/b/p",
            "s/a/b/",
            "s/a/b/g;p",
            "s|/a|/b|2gp",
            "/x/!d",
            "\\,a,p",
            "/a/{p;d}",
            "1~2d",
            "y/abc/xyz/",
            "a\\\ntext e",
            "i hello; w x",
            ":a;N;$!ba;s/\\n/ /g",
            "s/[^]/]*//",
            "5q",
            "s/a/b/ ; p",
            "#n\np",
        ];
        let good = good.iter().filter(|script| !script.contains("[^]/"));
        for script in good {
            assert!(is_harmless(script), "{script}");
        }
        let bad = [
            "w out",
            "1w out",
            "s/a/b/w out",
            "s/a/b/e",
            "e id",
            "1e id",
            "r /etc/passwd",
            "R f",
            "W f",
            "s/a/b/ge",
            "s/a/b/pw f",
            "/a/{e id\n}",
            "s/[/]/x/;e",
            "y/a/b/;e id",
            "p;e",
            "\\ea e e id",
            "k",
            "s/a",
            "v",
            "s/a/b/gI;w x",
            "# c\ne id",
        ];
        for script in bad {
            assert!(!is_harmless(script), "{script}");
        }
    }
}
