//! Variables that decide which programs or libraries run later.

use super::{name, note, note_sure};
use crate::answer::{Certainty, Kind, Word};
use crate::effect::{Call, EffectKind, Effects};
use crate::options::part_of;

/// What makes a value of a variable decide what runs.
#[derive(Clone, Copy)]
enum When {
    /// Any value but an empty one.
    Always,
    /// A pager or editor that is not one of the usual.
    UnusualTool,
    /// A value that looks like a path or a command; `ENV=production` is no shell start file.
    Path,
    /// A path in a place that others can write to, or one that depends on the directory.
    LoosePath,
    /// A value that holds one of these words.
    Holds(&'static [&'static str]),
}

const JAVA: When = When::Holds(&[
    "-javaagent",
    "-agentpath",
    "-agentlib",
    "OnOutOfMemoryError",
    "OnError",
    "-Xbootclasspath",
]);

/// Sorted by name.
static VARIABLES: &[(&str, When)] = &[
    ("BASH_ENV", When::Always),
    ("BROWSER", When::UnusualTool),
    ("CARGO_BUILD_RUSTC", When::LoosePath),
    ("CARGO_BUILD_RUSTC_WRAPPER", When::LoosePath),
    ("CDPATH", When::LoosePath),
    ("CODEX_HOME", When::Always),
    ("CVS_RSH", When::UnusualTool),
    ("DYLD_INSERT_LIBRARIES", When::Always),
    ("DYLD_LIBRARY_PATH", When::LoosePath),
    ("EDITOR", When::UnusualTool),
    ("ENV", When::Path),
    ("FCEDIT", When::UnusualTool),
    ("GCONV_PATH", When::Always),
    ("GIT_ASKPASS", When::UnusualTool),
    ("GIT_CONFIG", When::Path),
    ("GIT_CONFIG_COUNT", When::Always),
    ("GIT_CONFIG_GLOBAL", When::Path),
    ("GIT_CONFIG_PARAMETERS", When::Always),
    ("GIT_CONFIG_SYSTEM", When::Path),
    ("GIT_EDITOR", When::UnusualTool),
    ("GIT_EXEC_PATH", When::Always),
    ("GIT_EXTERNAL_DIFF", When::UnusualTool),
    ("GIT_PAGER", When::UnusualTool),
    ("GIT_PROXY_COMMAND", When::Always),
    ("GIT_SEQUENCE_EDITOR", When::UnusualTool),
    ("GIT_SSH", When::UnusualTool),
    ("GIT_SSH_COMMAND", When::UnusualTool),
    ("GIT_TEMPLATE_DIR", When::Always),
    ("JAVA_TOOL_OPTIONS", JAVA),
    ("JDK_JAVA_OPTIONS", JAVA),
    ("LD_AUDIT", When::Always),
    ("LD_LIBRARY_PATH", When::LoosePath),
    ("LD_PRELOAD", When::Always),
    ("LESSCLOSE", When::Always),
    ("LESSOPEN", When::Always),
    ("LUA_INIT", When::Always),
    ("MAKEFLAGS", When::Holds(&["--eval", "SHELL="])),
    ("MANPAGER", When::UnusualTool),
    ("MAVEN_OPTS", JAVA),
    (
        "NODE_OPTIONS",
        When::Holds(&["--require", "-r ", "--import", "--loader", "--experimental-loader", "--eval", "-e "]),
    ),
    ("NODE_PATH", When::LoosePath),
    ("OPENSSL_CONF", When::LoosePath),
    ("PAGER", When::UnusualTool),
    ("PATH", When::LoosePath),
    ("PERL5DB", When::Always),
    ("PERL5LIB", When::LoosePath),
    ("PERL5OPT", When::Holds(&["-M", "-m", "-I", "-d", "-e"])),
    ("PROMPT_COMMAND", When::Always),
    ("PS4", When::Holds(&["$(", "`"])),
    ("PYTHONBREAKPOINT", When::Path),
    ("PYTHONHOME", When::LoosePath),
    ("PYTHONPATH", When::LoosePath),
    ("PYTHONSTARTUP", When::Always),
    ("RIPGREP_CONFIG_PATH", When::Always),
    ("RSYNC_RSH", When::UnusualTool),
    ("RUBYLIB", When::LoosePath),
    ("RUBYOPT", When::Holds(&["-r", "-I", "-e"])),
    ("RUSTC", When::LoosePath),
    ("RUSTC_WORKSPACE_WRAPPER", When::LoosePath),
    ("RUSTC_WRAPPER", When::LoosePath),
    ("SSH_ASKPASS", When::UnusualTool),
    ("SUDO_ASKPASS", When::UnusualTool),
    ("SUDO_EDITOR", When::UnusualTool),
    ("SYSTEMD_PAGER", When::UnusualTool),
    (
        "TAR_OPTIONS",
        When::Holds(&["--checkpoint-action", "--to-command", "-I", "--use-compress-program", "-F"]),
    ),
    ("VISUAL", When::UnusualTool),
    ("ZDOTDIR", When::LoosePath),
    ("_JAVA_OPTIONS", JAVA),
    ("npm_config_git", When::LoosePath),
    ("npm_config_script_shell", When::Always),
];

/// Pagers, editors and remote shells that only do what they are known for. Sorted.
const USUAL: &[&str] = &[
    ":",
    "bat",
    "batcat",
    "cat",
    "code",
    "delta",
    "echo",
    "ed",
    "emacs",
    "emacsclient",
    "false",
    "firefox",
    "gedit",
    "google-chrome",
    "head",
    "helix",
    "hx",
    "joe",
    "kak",
    "kate",
    "less",
    "lynx",
    "mcedit",
    "micro",
    "more",
    "most",
    "nano",
    "nvim",
    "pico",
    "ssh",
    "subl",
    "true",
    "vi",
    "view",
    "vim",
    "w3m",
    "xdg-open",
    "zed",
];

/// Assignments of a command and before it, and what builtins set.
pub(super) fn effects(call: &Call<'_>, out: &mut Effects<'_>) {
    for (variable, value) in &call.command.assignments {
        // What is set but not exported reaches no program, unless the variable is in the environment already.
        let exported = call.command.kind != Kind::Assignment || IN_ENVIRONMENT.contains(&variable.as_str());
        one(variable, value, exported, out);
    }
    if matches!(
        call.name,
        "export" | "declare" | "typeset" | "readonly" | "local" | "env" | "sudo" | "doas" | "setenv"
    ) {
        let wraps = matches!(call.name, "env" | "sudo" | "doas");
        for word in call.arguments {
            match word.value.split_once('=') {
                Some((variable, value)) if !variable.starts_with('-') => {
                    let plain = variable.trim_end_matches('+');
                    one(plain, &part_of(word, value), true, out);
                }
                // The arguments of the wrapped command are its own.
                _ if wraps && !word.value.starts_with('-') => break,
                _ => {}
            }
        }
    }
    if call.name == "unset" {
        for word in call.arguments.iter().filter(|word| HISTORY.contains(&word.value.as_str())) {
            note(out, EffectKind::Evade, name(&word.value), "history");
        }
    }
}

/// Variables that are always in the environment, or that the shell itself obeys.
const IN_ENVIRONMENT: &[&str] =
    &["PATH", "PROMPT_COMMAND", "PS4", "HISTFILE", "HISTSIZE", "HISTFILESIZE", "HISTIGNORE", "LD_PRELOAD"];
const HISTORY: &[&str] = &["HISTFILE", "HISTSIZE", "HISTFILESIZE"];

fn one(variable: &str, value: &Word, exported: bool, out: &mut Effects<'_>) {
    let text = value.value.as_str();
    let none = match variable {
        "HISTFILE" => matches!(text, "" | "/dev/null"),
        "HISTSIZE" | "HISTFILESIZE" | "SAVEHIST" => text == "0",
        "HISTIGNORE" => text == "*",
        _ => false,
    };
    if none {
        return note(out, EffectKind::Evade, name(variable), "history");
    }
    let numbered = variable.starts_with("GIT_CONFIG_KEY_") || variable.starts_with("GIT_CONFIG_VALUE_");
    let function = variable.starts_with("BASH_FUNC_");
    let row = VARIABLES.binary_search_by(|(known, _)| (*known).cmp(variable)).ok();
    let when = row.and_then(|at| VARIABLES.get(at)).map(|(_, when)| *when);
    let when = when.or_else(|| (numbered || function).then_some(When::Always));
    let Some(when) = when.filter(|_| !text.is_empty()) else { return };
    if decides(variable, when, value) {
        // Of a list of directories the part that decides is known.
        let sure = if matches!(when, When::LoosePath) { Certainty::Proven } else { value.certainty };
        let certainty = if exported { sure } else { sure.max(Certainty::Assumed) };
        note_sure(out, EffectKind::Configure, name(variable), text, certainty);
    }
}

fn decides(variable: &str, when: When, value: &Word) -> bool {
    let text = value.value.trim();
    match when {
        When::Always => text != "/dev/null",
        When::Path => text != "/dev/null" && (text.contains(['/', '$', '`', ' ']) || text.ends_with(".sh")),
        When::Holds(words) => words.iter().any(|word| text.contains(word)),
        When::LoosePath => loose(text, variable),
        When::UnusualTool => {
            let mut words = text.split_whitespace();
            let program = crate::canonical::program_name(words.next().unwrap_or_default());
            let shell = text.contains([';', '|', '&', '`', '<', '>', '!']) || text.contains("$(");
            let runs = text.contains("ProxyCommand") || text.contains("LocalCommand");
            shell || runs || (USUAL.binary_search(&program).is_err() && value.complete)
        }
    }
}

/// Does a list of directories begin with one that anybody can write to, or that depends on where a program starts?
fn loose(list: &str, variable: &str) -> bool {
    let temporary = |path: &str| {
        ["/tmp", "/var/tmp", "/dev/shm", "/private/tmp"].iter().any(|place| {
            path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let mut entries = list.split(':');
    let first = entries.next().unwrap_or_default();
    let relative = variable == "PATH" && matches!(first, "" | "." | "./");
    relative || temporary(first) || (variable != "PATH" && list.split(':').any(temporary)) || {
        let before_own =
            list.split(':').take_while(|entry| !entry.contains("$PATH") && !entry.starts_with("/usr"));
        variable == "PATH" && before_own.into_iter().any(|entry| temporary(entry) || entry == ".")
    }
}

#[cfg(test)]
mod tests {
    use super::{USUAL, VARIABLES};

    #[test]
    fn the_tables_are_sorted_so_that_every_row_is_found() {
        for pair in VARIABLES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} comes after {}", pair[0].0, pair[1].0);
        }
        assert!(USUAL.is_sorted());
    }
}
