//! The transforms that were there while the rules were made.

mod scripts;
mod spellings;
mod words;

use super::Transform;

macro_rules! transforms {
    ($($name:literal $module:ident :: $apply:ident),* $(,)?) => {
        &[$(Transform { name: $name, apply: $module::$apply }),*]
    };
}

/// All of them: first those that spell words another way, then those that say the same in other words, then those that put a
/// script somewhere else.
pub(crate) static ALL: &[Transform] = transforms![
    "quotes" spellings::quotes,
    "backslashes" spellings::backslashes,
    "ansi-c" spellings::ansi_c,
    "locale-quotes" spellings::locale,
    "continuation" spellings::continuation,
    "ifs" spellings::ifs,
    "braces" spellings::braces,
    "variable-program" spellings::variable_program,
    "variable-target" spellings::variable_target,
    "variable-declared" spellings::declared,
    "concatenation" spellings::concatenation,
    "default" spellings::default,
    "cut" spellings::cut,
    "slice" spellings::slice,
    "substitution" spellings::substitution,
    "glob-program" spellings::glob_program,
    "glob-target" spellings::glob_target,
    "full-path" words::full_path,
    "options" words::options,
    "operands-first" words::operands_first,
    "path-forms" words::path_forms,
    "directory" words::directory,
    "env" words::env,
    "nohup" words::nohup,
    "timeout" words::timeout,
    "nice" words::nice,
    "sudo" words::sudo,
    "command" words::command,
    "xargs" words::xargs,
    "redirect-first" words::redirect_first,
    "assignment-first" words::assignment_first,
    "loop-constant" words::loop_constant,
    "language-delete" words::language_delete,
    "sh-c" scripts::sh_c,
    "sh-c-twice" scripts::sh_c_twice,
    "eval" scripts::eval,
    "base64" scripts::base64,
    "heredoc" scripts::heredoc,
    "printed" scripts::printed,
    "function" scripts::function,
    "alias" scripts::alias,
    "loop" scripts::one_loop,
    "case-if" scripts::branch,
    "group" scripts::group,
    "padding" scripts::padding,
    "lines" scripts::lines,
    "behind" scripts::behind,
    "language-command" scripts::language_command,
];
