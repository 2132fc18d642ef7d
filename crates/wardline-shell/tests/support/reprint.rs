//! bash's own reading of a text: `bash --pretty-print` reads a script, runs nothing, and writes it again in its own words. Our
//! reading of both must list the same programs and arguments.

use std::io::Write as _;
use std::process::{Command, Stdio};

use wardline_shell::{Analysis, DoubtKind};

/// The script as bash writes it again; nothing when bash cannot read it, or writes what cannot be compared.
pub(crate) fn reprint(text: &str) -> Option<String> {
    // What stands behind redirects is written before them, and may then be read as something else: `<1 {` becomes `{ <1`.
    let printed = printed(text)?;
    (self::printed(&printed)?.trim_end() == printed.trim_end()).then_some(printed)
}

fn printed(text: &str) -> Option<String> {
    // At the end of a file this would join lines, at the end of a command it is a character.
    if text.ends_with('\\') {
        return None;
    }
    let mut child = Command::new("/bin/bash")
        .args(["--norc", "--noprofile", "--pretty-print", "-O", "extglob", "/dev/stdin"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    // bash may stop reading at an error.
    stdin.write_all(text.as_bytes()).and_then(|()| stdin.write_all(b"\n")).ok();
    drop(stdin);
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // `$'\e'` is written as the character itself, which has no place in a command.
    let plain = text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | 0x20..=0x7e));
    (output.status.success() && output.stderr.is_empty() && plain).then_some(text)
}

/// Whether the analysis says that it could not read all of the text.
pub(crate) fn doubted(analysis: &Analysis) -> bool {
    let own = analysis.commands.iter().flat_map(|command| &command.doubts);
    let unread = |kind| matches!(kind, DoubtKind::Unparsed | DoubtKind::Limit);
    analysis.doubts.iter().chain(own).any(|doubt| unread(doubt.kind))
}

/// Words that are no names of programs where a command begins.
const RESERVED: &[&str] = &[
    "!", "{", "}", "[[", "]]", "if", "then", "elif", "else", "fi", "case", "esac", "in", "for", "select",
    "while", "until", "do", "done", "function", "coproc", "time",
];

/// Whether a program has the name of a reserved word, as in `<a time`: bash writes that as `time < a`, which says something else.
pub(crate) fn reserved(analysis: &Analysis) -> bool {
    let mut programs = analysis.commands.iter().filter_map(|command| command.program.as_deref());
    programs.any(|program| program != "[[" && RESERVED.contains(&program))
}

/// The programs with their arguments, in order; what is only known when it runs is `_`, because it is written in other words.
pub(crate) fn outline(analysis: &Analysis) -> Vec<String> {
    let line = |command: &wardline_shell::Command| {
        // `[[ x ]]` is written as `[[ -n x ]]`.
        let program = command.program.as_ref().filter(|program| *program != "[[")?;
        let arguments = command.arguments.iter();
        let arguments = arguments.map(|word| if word.literal { word.value.as_str() } else { "_" });
        Some(std::iter::once(program.as_str()).chain(arguments).collect::<Vec<_>>().join("\u{1f}"))
    };
    analysis.commands.iter().filter_map(line).collect()
}
