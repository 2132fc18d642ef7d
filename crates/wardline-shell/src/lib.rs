//! Reads a command line as a shell would and says what it may touch and what it could not tell.
//!
//! The way through the crate, from text to answer:
//!
//! 1. `limits` refuses what is too long or holds characters no command needs; everything after it is counted.
//! 2. `reader` (with `lexer` and `words`) turns the text into the tree of `syntax`, in linear time.
//! 3. `opinion` asks brush-parser, and where that errs tree-sitter-bash, whether the text holds a command that the
//!    reader did not see. Parsers that disagree are a doubt, never a choice.
//! 4. `walk` follows the tree as a shell would run it: variables, directory, functions, aliases (`scope`, `expand`), arrays,
//!    loops, streams (`interp`); what commands are sure to print (`output`) and leave in files (`relay`) is known later on.
//! 5. `build` makes one [`Command`] of each simple command: its spelling (`canonical`, `spelling`), the paths it touches
//!    (`programs`, `paths`), the commands inside it (`wrappers`, `inner`), and what it changes in the shell (`state`).
//! 6. `effect` says what each command would change or read in the world, following bytes through pipes and files; `language`
//!    reads the one-liners of other languages for it.
//! 7. `refusal` holds the rules over effects that refuse what is never right, and `grade` says which commands need no question.
//!
//! What can't be told is a [`Doubt`] or an [`Certainty::Opaque`] part, never a skip. This is static reading: it explains and
//! narrows, it is no boundary. Nothing here touches files, the environment, the network or the clock.
#![forbid(unsafe_code)]

mod answer;
mod build;
mod canonical;
mod code;
mod effect;
mod escapes;
mod expand;
mod gitconfig;
mod held;
mod inner;
mod interp;
mod kilo;
mod lexer;
mod limits;
mod names;
mod opinion;
mod options;
mod output;
mod paths;
mod programs;
mod proposal;
mod reader;
mod redirects;
mod relay;
mod running;
mod scope;

mod grade;
mod language;
mod refusal;
mod special;
mod spelling;
mod state;
mod syntax;
mod walk;
mod words;
mod wrappers;

use std::collections::BTreeMap;

pub use answer::{
    Access, Analysis, Certainty, Channel, Command, Doubt, DoubtKind, Input, Kind, ParserUsed, Redirected,
    TouchedPath, Word,
};
pub use effect::{Effect, EffectKind, Source, Target, Zone};
pub use grade::Grade;
pub use limits::Limits;
pub use proposal::proposals;
pub use refusal::{Alternative, Ground, Refusal, Rule, Severity, judge, rule, rules};

/// Where the command would start: what relative paths, `~` and `$HOME` mean.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The working directory: an absolute path.
    pub cwd: &'a str,
    /// The home directory: an absolute path.
    pub home: &'a str,
    /// The root of the project: an absolute path. Empty: the working directory.
    pub project: &'a str,
    /// Texts of files that the script may run, by absolute path; see [`Analysis::wanted`].
    pub texts: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Context<'a> {
    /// A script that starts in `cwd`, which is the project's root too.
    pub const fn new(cwd: &'a str, home: &'a str) -> Self {
        Self { cwd, home, project: cwd, texts: None }
    }
}

/// Reads `script` and lists every command in it, the paths those commands may touch, and what could not be told.
///
/// Never fails and never panics: what can't be read is a [`Doubt`], and then the whole text is also listed as one command, so
/// that a rule can still match it. The answer depends on the arguments alone.
///
/// # Examples
///
/// ```
/// use wardline_shell::{Context, Limits, analyze};
///
/// let context = Context::new("/work", "/home/me");
/// let analysis = analyze("cd web && sudo rm -rf 'dist'", &context, &Limits::default());
/// let seen: Vec<_> = analysis.commands.iter().map(|c| c.canonical.as_str()).collect();
/// assert_eq!(seen, ["cd web", "sudo rm -rf dist", "rm -rf dist"]);
/// assert_eq!(analysis.commands[2].paths[0].text, "/work/web/dist");
/// ```
pub fn analyze(script: &str, context: &Context<'_>, limits: &Limits) -> Analysis {
    walk::analyze(script, context, limits)
}
