//! Variables of the environment whose value programs run: pagers, editors, transports, compilers, options with commands in them.

use crate::answer::Word;
use crate::canonical::basename;
use crate::expand::known;
use crate::options::part_of;
use crate::wrappers::{self, Inner};

use super::{editors, own, shell};

/// What a variable holds: `Z` a text for a shell, `X` a program, `D` a directory of programs, `F` code that is loaded, `P` and `N` code of
/// Python and Perl, `O` a text after `|`, `M` options of make, `T` options of tar, `G` options of Go, `A` options of a language's
/// runtime that may load code.
const VARIABLES: &[(&str, char)] = &[
    ("ANSIBLE_VAULT_PASSWORD_FILE", 'X'),
    ("AR", 'Z'),
    ("BORG_PASSCOMMAND", 'Z'),
    ("BORG_RSH", 'Z'),
    ("BROWSER", 'Z'),
    ("BUNDLE_EDITOR", 'Z'),
    ("CARGO_BUILD_RUSTC", 'Z'),
    ("CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER", 'Z'),
    ("CARGO_BUILD_RUSTC_WRAPPER", 'Z'),
    ("CC", 'Z'),
    ("CCACHE_PREFIX", 'Z'),
    ("CMAKE_CXX_COMPILER_LAUNCHER", 'Z'),
    ("CMAKE_C_COMPILER_LAUNCHER", 'Z'),
    ("CONFIG_SHELL", 'X'),
    ("CSCOPE_EDITOR", 'Z'),
    ("CVS_RSH", 'Z'),
    ("CXX", 'Z'),
    ("DELTA_PAGER", 'Z'),
    ("EDITOR", 'Z'),
    ("FACTERLIB", 'D'),
    ("FCEDIT", 'Z'),
    ("FZF_DEFAULT_COMMAND", 'Z'),
    ("GCONV_PATH", 'D'),
    ("GEM_EDITOR", 'Z'),
    ("GH_EDITOR", 'Z'),
    ("GH_PAGER", 'Z'),
    ("GIT_ASKPASS", 'X'),
    ("GIT_CONFIG_GLOBAL", 'F'),
    ("GIT_CONFIG_PARAMETERS", 'F'),
    ("GIT_CONFIG_SYSTEM", 'F'),
    ("GIT_EDITOR", 'Z'),
    ("GIT_EXEC_PATH", 'D'),
    ("GIT_EXTERNAL_DIFF", 'Z'),
    ("GIT_PAGER", 'Z'),
    ("GIT_PROXY_COMMAND", 'Z'),
    ("GIT_SEQUENCE_EDITOR", 'Z'),
    ("GIT_SSH", 'X'),
    ("GIT_SSH_COMMAND", 'Z'),
    ("GIT_TEMPLATE_DIR", 'D'),
    ("GOFLAGS", 'G'),
    ("HGEDITOR", 'Z'),
    ("HGMERGE", 'Z'),
    ("IPYTHONDIR", 'D'),
    ("JAVA_TOOL_OPTIONS", 'A'),
    ("JDK_JAVA_OPTIONS", 'A'),
    ("KUBECTL_EXTERNAL_DIFF", 'Z'),
    ("KUBE_EDITOR", 'Z'),
    ("LD", 'Z'),
    ("LESSCLOSE", 'Z'),
    ("LESSEDIT", 'Z'),
    ("LESSOPEN", 'O'),
    ("LUA_INIT", 'L'),
    ("MAKEFLAGS", 'M'),
    ("MANOPT", 'Z'),
    ("MANPAGER", 'Z'),
    ("MYSQL_PAGER", 'Z'),
    ("NODE_OPTIONS", 'A'),
    ("OPENSSL_CONF", 'F'),
    ("OPENSSL_ENGINES", 'D'),
    ("PAGER", 'Z'),
    ("PERL5DB", 'N'),
    ("PERL5LIB", 'D'),
    ("PERL5OPT", 'A'),
    ("PHPRC", 'F'),
    ("PSQL_EDITOR", 'Z'),
    ("PSQL_PAGER", 'Z'),
    ("PYTHONBREAKPOINT", 'A'),
    ("PYTHONHOME", 'D'),
    ("PYTHONSTARTUP", 'F'),
    ("PYTHONWARNINGS", 'A'),
    ("RCLONE_PASSWORD_COMMAND", 'Z'),
    ("RESTIC_PASSWORD_COMMAND", 'Z'),
    ("RSYNC_CONNECT_PROG", 'Z'),
    ("RSYNC_RSH", 'Z'),
    ("RUBYOPT", 'A'),
    ("RUSTC", 'Z'),
    ("RUSTC_WORKSPACE_WRAPPER", 'Z'),
    ("RUSTC_WRAPPER", 'Z'),
    ("RUSTDOC", 'Z'),
    ("SSH_ASKPASS", 'X'),
    ("SSH_SK_HELPER", 'X'),
    ("SUDO_ASKPASS", 'X'),
    ("SUDO_EDITOR", 'Z'),
    ("SVN_EDITOR", 'Z'),
    ("SVN_SSH", 'Z'),
    ("SYSTEMD_EDITOR", 'Z'),
    ("SYSTEMD_PAGER", 'Z'),
    ("TAR_OPTIONS", 'T'),
    ("TEXEDIT", 'Z'),
    ("VISUAL", 'Z'),
    ("WGETRC", 'F'),
    ("_JAVA_OPTIONS", 'A'),
    ("npm_config_node_options", 'A'),
    ("npm_config_script_shell", 'X'),
];

/// Programs that such variables name every day.
const USUAL: &[&str] = &[
    "",
    ":",
    "bat",
    "cat",
    "ccache",
    "clang",
    "clang++",
    "code",
    "delta",
    "emacs",
    "emacsclient",
    "false",
    "firefox",
    "g++",
    "gcc",
    "helix",
    "hx",
    "less",
    "micro",
    "more",
    "most",
    "musl-gcc",
    "nano",
    "nvim",
    "rustc",
    "sccache",
    "ssh",
    "subl",
    "tig",
    "true",
    "vi",
    "view",
    "vim",
    "xdg-open",
    "zed",
];

/// The command that a program will run because a variable has this value.
pub(crate) fn inner_of_environment(name: &str, value: &Word) -> Option<Inner> {
    if value.value.is_empty() {
        return None;
    }
    let listed = VARIABLES.binary_search_by(|(known, _)| (*known).cmp(name)).ok();
    let role =
        listed.and_then(|at| VARIABLES.get(at)).map_or_else(|| by_pattern(name), |(_, role)| Some(*role))?;
    let hidden = |what: &str| Some(Inner::Hidden(format!("`{name}` {what} `{}`", value.written)));
    match role {
        'Z' | 'X' if is_usual(&value.value) => None,
        'Z' => Some(shell(value)),
        'X' => Some(super::program(value)),
        'D' => hidden("names a directory of code that is run:"),
        'F' => hidden("names a file that decides what is run:"),
        'O' => value.value.trim_start_matches('-').strip_prefix('|').map(|text| {
            let text = text.trim_start_matches(['|', '-']).trim();
            shell(&part_of(value, text))
        }),
        'N' => {
            editors::in_language("perl", value, value.value.trim_start_matches("BEGIN")).into_iter().next()
        }
        'L' => editors::in_language("lua", value, &value.value).into_iter().next(),
        'M' => options(value, own::make),
        'T' => options(value, |words| wrappers::peel("tar", words).inner),
        'G' => {
            let text = value.value.split_once("-toolexec=").map(|(_, text)| text.trim_matches(['"', '\'']));
            text.map(|text| shell(&part_of(value, text)))
        }
        'A' => loads(&value.value).then(|| hidden("makes a runtime load code:"))?,
        _ => None,
    }
}

/// Variables with a changing part: what cargo runs for a target, settings of git and npm.
fn by_pattern(name: &str) -> Option<char> {
    let cargo = name
        .strip_prefix("CARGO_TARGET_")
        .filter(|rest| rest.ends_with("_RUNNER") || rest.ends_with("_LINKER"));
    if cargo.is_some() {
        return Some('Z');
    }
    if name.starts_with("GIT_CONFIG_VALUE_") {
        return Some('Z');
    }
    name.eq_ignore_ascii_case("npm_config_script_shell").then_some('X')
}

/// The first command among options that stand in one text.
fn options(value: &Word, read: impl Fn(&[Word]) -> Vec<Inner>) -> Option<Inner> {
    let mut text = value.value.trim_start();
    // Options without dashes, as make accepts them.
    if let Some(rest) = text.strip_prefix("--eval=").or_else(|| text.strip_prefix("--eval ")) {
        let mut out = Vec::new();
        own::makefile(&part_of(value, &rest.replace("\\ ", " ")), &mut out);
        return out.into_iter().next();
    }
    if text.contains("--checkpoint-action=exec=") {
        text = text.split_once("--checkpoint-action=exec=").map_or("", |(_, rest)| rest);
        return Some(shell(&part_of(value, text)));
    }
    let words: Vec<Word> = text.split_whitespace().take(64).map(known).collect();
    read(&words).into_iter().next()
}

/// Do options of a runtime load code: `--require x`, `-r x`, `-agentpath:x`, `-Mmodule`?
fn loads(text: &str) -> bool {
    let marks = [
        "--require",
        "-r",
        "--import",
        "--loader",
        "--experimental-loader",
        "-agentpath",
        "-javaagent",
        "-XX:On",
        "-M",
        "-mbase",
        "-I",
        "-d",
        "os.system",
        "all:",
    ];
    text.split_whitespace().any(|word| marks.iter().any(|mark| word.starts_with(mark)))
}

/// A program that only shows or edits, with plain flags.
pub(crate) fn is_usual(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = basename(words.next().unwrap_or_default());
    let plain = |word: &str| {
        word.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'))
            && !matches!(word, "-c" | "-S" | "-s" | "-e" | "-o" | "-wrapper")
    };
    USUAL.contains(&first) && words.all(plain)
}

#[cfg(test)]
mod tests {
    use super::VARIABLES;

    #[test]
    fn the_table_is_sorted_so_that_every_variable_is_found() {
        for pair in VARIABLES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} comes after {}", pair[0].0, pair[1].0);
        }
    }
}
