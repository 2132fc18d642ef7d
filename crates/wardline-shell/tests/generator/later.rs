//! The transforms that were written after the rules, and that no rule was changed for.

mod bytes;
mod holders;
mod shell;

use super::Transform;

macro_rules! transforms {
    ($($name:literal $module:ident :: $apply:ident),* $(,)?) => {
        &[$(Transform { name: $name, apply: $module::$apply }),*]
    };
}

/// All of them: other parts of the shell, then bytes that become a script on their way, then programs that run others.
pub(crate) static ALL: &[Transform] = transforms![
    "array" shell::array,
    "array-map" shell::map,
    "nameref" shell::nameref,
    "indirection" shell::indirection,
    "printf-v" shell::printf_v,
    "read" shell::read,
    "set" shell::set,
    "lower-case" shell::lower_case,
    "mapfile" shell::mapfile,
    "trap" shell::trap,
    "coproc" shell::coproc,
    "here-string" shell::here_string,
    "sourced" shell::sourced,
    "side-effect" shell::side_effect,
    "unicode-escapes" shell::unicode_escapes,
    "tabs" shell::tabs,
    "bidi-comment" shell::bidi_comment,
    "link" shell::link,
    "relay" bytes::relay,
    "bash-env" bytes::bash_env,
    "hex" bytes::hex,
    "reversed" bytes::reversed,
    "rot13" bytes::rot13,
    "octal" bytes::octal,
    "openssl" bytes::openssl,
    "tail" bytes::tail,
    "find-exec" holders::find_exec,
    "parallel" holders::parallel,
    "awk-system" holders::awk_system,
    "sed-e" holders::sed_e,
    "git-alias" holders::git_alias,
    "tar-checkpoint" holders::tar_checkpoint,
    "env-S" holders::env_s,
    "busybox" holders::busybox,
    "ssh-localhost" holders::ssh_localhost,
    "docker-root" holders::docker_root,
    "make" holders::make,
    "runners" holders::runners,
    "editors" holders::editors,
    "sessions" holders::sessions,
    "language-heredoc" holders::language_heredoc,
];
