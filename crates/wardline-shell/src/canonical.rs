//! One spelling for each command: quotes only where they are needed, single spaces, the plain name of the program.

use crate::answer::{Certainty, Word};

/// Directories whose programs are what their names say.
const STANDARD: &[&str] =
    &["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"];

/// Would a shell take `text` for something else if it stood without quotes?
pub(crate) fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.starts_with(['~', '#'])
        || text.contains(|c: char| c.is_whitespace() || c.is_control() || "|&;<>()$`\\\"'*?[]{}!".contains(c))
}

/// `text` in single quotes.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The name of a program without a standard directory before it.
pub(crate) fn program_name(value: &str) -> &str {
    if !value.starts_with('/') {
        return value;
    }
    let standard = STANDARD.iter().find_map(|directory| value.strip_prefix(directory));
    standard.filter(|name| !name.is_empty() && !name.contains('/')).unwrap_or(value)
}

/// The last part of a path.
pub(crate) fn basename(value: &str) -> &str {
    value.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(value)
}

/// The canonical text of a command.
pub(crate) fn canonical(program: &Word, arguments: &[Word]) -> String {
    let sure = program.complete && program.certainty < Certainty::Opaque;
    let name = if sure { program_name(&program.value) } else { &program.canonical };
    let name = if sure && name != "[" && needs_quotes(name) && !program.glob {
        quote(name)
    } else {
        name.to_owned()
    };
    joined(&name, arguments.iter().map(|word| word.canonical.as_str()))
}

/// `name` and `arguments` with single spaces between.
pub(crate) fn joined<'w>(name: &str, arguments: impl Iterator<Item = &'w str>) -> String {
    let mut out = name.to_owned();
    for argument in arguments {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(argument);
    }
    out
}
