//! Which of the caller's environment variables a confined program gets.

use std::collections::BTreeMap;

/// Environment variables that every program gets when they are set; a trailing `*` stands for any rest.
const ALWAYS: [&str; 18] = [
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "PATH",
    "TERM",
    "COLORTERM",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "NO_COLOR",
    "FORCE_COLOR",
    "CI",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "COLUMNS",
];

/// Variables by which a program loads or runs what somebody else names; a trailing `*` stands for any rest. No pattern
/// passes them on, only a human who spells one out.
const NEVER_BY_PATTERN: [&str; 22] = [
    "LD_*",
    "DYLD_*",
    "GLIBC_TUNABLES",
    "GCONV_PATH",
    "BASH_ENV",
    "BASH_FUNC_*",
    "ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "PROMPT_COMMAND",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PYTHON*",
    "PERL5*",
    "PERLLIB",
    "RUBY*",
    "GEM_*",
    "GIT_*",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "LUA_*",
];

/// What a program gets that a capability manifest bounds, without being named: where it is and how to write.
const PLAIN: [&str; 8] = ["HOME", "PATH", "TMPDIR", "WARDLINE", "LANG", "LANGUAGE", "LC_*", "TZ"];

/// Whether a variable needs no name in a capability manifest.
pub(crate) fn is_plain(name: &str) -> bool {
    PLAIN.iter().any(|pattern| fits(name, pattern))
}

/// Whether a variable makes a program load or run what somebody else names.
pub(crate) fn loads(name: &str) -> bool {
    NEVER_BY_PATTERN.iter().any(|pattern| fits(name, pattern))
}

/// Whether a variable is read by more programs than the one it is meant for, so that nothing else may be in it.
pub(crate) fn is_reserved(name: &str) -> bool {
    let proxy = name.to_ascii_uppercase().ends_with("_PROXY") || name.starts_with("WARDLINE");
    proxy || loads(name) || ALWAYS.iter().chain(&PLAIN).any(|pattern| fits(name, pattern))
}

fn fits(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// Those of the caller's variables that are on the list of all programs or among `named`, which may end in `*`;
/// `spelled` are the words of the human.
pub(crate) fn passed_on<'a>(
    own: impl Iterator<Item = (String, String)>,
    named: impl Iterator<Item = &'a str>,
    spelled: &[String],
) -> BTreeMap<String, String> {
    let patterns: Vec<&str> = ALWAYS.into_iter().chain(named).collect();
    own.filter(|(name, _)| patterns.iter().any(|pattern| fits(name, pattern)))
        .filter(|(name, _)| !loads(name) || spelled.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_program_load_something_passes_by_its_own_name_only() {
        let never = "LD_PRELOAD LD_LIBRARY_PATH BASH_ENV ENV NODE_OPTIONS PYTHONSTARTUP PYTHONPATH PERL5OPT RUBYOPT \
                     GIT_SSH_COMMAND GIT_CONFIG_GLOBAL JAVA_TOOL_OPTIONS PROMPT_COMMAND GCONV_PATH";
        let variables =
            never.split_ascii_whitespace().chain(["HOME", "PATH", "LC_ALL", "ANTHROPIC_API_KEY", "OTHER"]);
        let all: Vec<(String, String)> = variables.map(|name| (name.to_owned(), "x".to_owned())).collect();
        let passed = |words: &[&str]| {
            let spelled: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            passed_on(all.iter().cloned(), words.iter().copied(), &spelled)
        };
        assert_eq!(passed(&[]).into_keys().collect::<Vec<_>>(), ["HOME", "LC_ALL", "PATH"]);
        let everything = passed(&["*", "LD_*", "GIT_*"]);
        assert!(never.split_ascii_whitespace().all(|name| !everything.contains_key(name)), "{everything:?}");
        assert!(everything.contains_key("OTHER") && everything.contains_key("ANTHROPIC_API_KEY"));
        assert!(passed(&["NODE_OPTIONS"]).contains_key("NODE_OPTIONS"), "a human spelled it out");
    }
}
