//! Which variables may be set without a question.
//!
//! A variable that a program takes for a command, a place to load code from, or options decides what runs later. Such names follow
//! customs; what follows none of them is a name of the script's own.

use crate::answer::Word;

/// Names that look dangerous by custom and are not, with values that only choose how something is done. Sorted.
const HARMLESS: &[&str] = &[
    "CARGO_INCREMENTAL",
    "CARGO_NET_OFFLINE",
    "CARGO_TERM_COLOR",
    "CGO_ENABLED",
    "COLUMNS",
    "COMPOSE_PROJECT_NAME",
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_OPTIONAL_LOCKS",
    "GIT_TERMINAL_PROMPT",
    "GO111MODULE",
    "GOARCH",
    "GOMAXPROCS",
    "GOOS",
    "NODE_ENV",
    "NODE_NO_WARNINGS",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONIOENCODING",
    "PYTHONUNBUFFERED",
    "PYTHONUTF8",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "RUST_MIN_STACK",
    "RUST_TEST_THREADS",
];

/// Names that mean something to the shell, the loader or many programs. Sorted.
const DANGEROUS: &[&str] = &[
    "AR",
    "AS",
    "CC",
    "CDPATH",
    "CPP",
    "CXX",
    "EMACS",
    "ENV",
    "FC",
    "FIGNORE",
    "FPATH",
    "GCC",
    "GLOBIGNORE",
    "HISTCONTROL",
    "HISTFILE",
    "HISTIGNORE",
    "HISTSIZE",
    "HUSKY",
    "IFS",
    "INPUTRC",
    "LD",
    "LESS",
    "LINKER",
    "LOGNAME",
    "MAIL",
    "MAKE",
    "NM",
    "NULLCMD",
    "OBJCOPY",
    "OVERCOMMIT_DISABLE",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "RANLIB",
    "READNULLCMD",
    "RUSTC",
    "RUSTDOC",
    "RUSTFMT",
    "SHELL",
    "SHELLOPTS",
    "SKIP",
    "STRIP",
    "TEMP",
    "TMP",
    "TMPDIR",
    "UID",
    "USER",
    "VISUAL",
];

/// Beginnings of names that belong to a program which takes commands, places or options from them.
const FAMILIES: &[&str] = &[
    "ANDROID_",
    "ANSIBLE_",
    "AWS_",
    "AZURE_",
    "BASH",
    "BAZEL",
    "BORG_",
    "BUNDLE_",
    "CARGO_",
    "CCACHE_",
    "CLAUDE",
    "CMAKE_",
    "CODEX",
    "COMPOSER_",
    "CORECLR_",
    "COREPACK_",
    "CURL_",
    "DENO_",
    "DOCKER_",
    "DOTNET_",
    "DYLD_",
    "ESLINT",
    "FZF_",
    "GCC_",
    "GCONV_",
    "GEM_",
    "GH_",
    "GIT_",
    "GLIBC_",
    "GNUPG",
    "GO",
    "GPG_",
    "GRADLE_",
    "GREP_",
    "GUILE_",
    "HELM_",
    "HG",
    "JAVA",
    "JDK_",
    "JVM_",
    "KUBE",
    "LD_",
    "LESS",
    "LIBRARY_",
    "LUA",
    "MAKE",
    "MALLOC_",
    "MAN",
    "MAVEN_",
    "MYSQL_",
    "NIX_",
    "NODE_",
    "NPM_",
    "NVM_",
    "OPENSSL_",
    "PAM_",
    "PERL",
    "PG",
    "PHP",
    "PIP_",
    "PKG_",
    "PLAYWRIGHT_",
    "POETRY_",
    "POSTGRES_",
    "PROMPT",
    "PUPPETEER_",
    "PYENV_",
    "PYTEST_",
    "PYTHON",
    "QT_",
    "RBENV_",
    "RCLONE_",
    "RESTIC_",
    "RSYNC_",
    "RUBY",
    "RUST",
    "SBT_",
    "SDKMAN_",
    "SSH_",
    "SSL_",
    "SUDO_",
    "SVN_",
    "SYSTEMD_",
    "TAR_",
    "TERRAFORM_",
    "TF_",
    "UV_",
    "VIM",
    "VIRTUALENV",
    "VIRTUAL_",
    "WARDLINE",
    "WGET",
    "XDG_",
    "YARN_",
    "ZDOT",
    "_JAVA",
    "npm_",
    "yarn_",
];

/// Parts of names that say what the value is for: something to run, load, talk to or read settings from.
const PARTS: &[&str] = &[
    "AGENT",
    "ASKPASS",
    "BROWSER",
    "CMD",
    "COMMAND",
    "CONF",
    "EDITOR",
    "EXEC",
    "FLAGS",
    "HOME",
    "HOOK",
    "INDEX_URL",
    "INIT",
    "INTERPRETER",
    "LAUNCHER",
    "LOADER",
    "OPTIONS",
    "OPTS",
    "PAGER",
    "PATH",
    "PLUGIN",
    "PRELOAD",
    "PROXY",
    "REGISTRY",
    "SHELL",
    "STARTUP",
    "TEMPLATE",
    "WRAPPER",
];

/// May this variable be set to this value?
pub(super) fn harmless(name: &str, value: &Word) -> bool {
    // `a[$(id)]=1` runs what stands between the brackets; those names are not listed anywhere.
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !plain || value.value.starts_with("() {") || value.value.contains("[$(") || value.value.contains("[`")
    {
        return false;
    }
    if HARMLESS.binary_search(&name).is_ok() {
        return true;
    }
    // Programs read their variables in capitals, `npm_config_…` and `http_proxy` apart.
    let own = name.chars().all(|c| !c.is_ascii_uppercase());
    if own {
        return !name.starts_with("npm_")
            && !name.starts_with("yarn_")
            && !name.ends_with("_proxy")
            && !SHELL.contains(&name);
    }
    let loud = name.to_ascii_uppercase();
    DANGEROUS.binary_search(&loud.as_str()).is_err()
        && !FAMILIES.iter().any(|start| loud.starts_with(start) || name.starts_with(start))
        && !PARTS.iter().any(|part| loud.contains(part))
}

/// Variables of zsh in small letters that are paths or hooks of the shell.
const SHELL: &[&str] =
    &["cdpath", "fpath", "path", "precmd_functions", "preexec_functions", "chpwd_functions", "module_path"];

/// Could the value of a variable that the script does not set be a secret?
pub(super) fn may_be_secret(name: &str) -> bool {
    let loud = name.to_ascii_uppercase();
    let parts = [
        "KEY", "TOKEN", "SECRET", "PASS", "PWD_", "CRED", "AUTH", "PRIVATE", "URL", "URI", "DSN", "CONN",
        "COOKIE", "SESSION", "SIGN", "CERT", "SALT", "WEBHOOK", "PAT", "JWT",
    ];
    loud != "PATH" && !loud.ends_with("_PATH") && parts.iter().any(|part| loud.contains(part))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_are_sorted() {
        assert!(super::HARMLESS.is_sorted());
        assert!(super::FAMILIES.is_sorted());
        assert!(super::PARTS.is_sorted());
    }

    #[test]
    fn dangerous_names_are_found() {
        let mut names = super::DANGEROUS.to_vec();
        names.sort_unstable();
        assert_eq!(names, super::DANGEROUS);
    }
}
