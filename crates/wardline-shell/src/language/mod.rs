//! Reads one-liners and short programs of other languages for what they call with which constants.
//!
//! No grammar of any language: `token` cuts the text, `reader` folds constants through assignments, concatenation,
//! formatting and decoding, and `acts` looks up what is called in the tables of `tables`. `given` says where an
//! interpreter gets its code from. Everything is counted, so that hostile text costs no more than its length.

mod acts;
mod aliases;
mod awk;
mod fold;
mod format;
mod given;
mod literal;
mod methods;
mod reader;
pub(crate) mod remembered;
mod statement;
mod tables;
mod tcl;
mod token;
mod value;
mod windows;

#[cfg(test)]
mod tests;

use crate::answer::{Certainty, Word};
use crate::effect::{EffectKind, Source};

pub(crate) use given::{Given, given};

/// What a piece of code does, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// It has a shell run this text. Parts that can't be told stand as `$` and a name.
    Shell { text: String, certainty: Certainty },
    /// It runs this program with these arguments, without a shell.
    Program { argv: Vec<String>, certainty: Certainty },
    /// It does this to a file: `effect::code` makes an effect of it.
    File {
        kind: EffectKind,
        path: String,
        recursive: bool,
        /// What is written, when it can be told.
        sources: Vec<Source>,
        /// A mode, an owner, the name of a link.
        detail: String,
        certainty: Certainty,
    },
    /// It talks to this host (empty: unknown); `sends` when bytes of this machine go there.
    Network { host: String, sends: bool, sources: Vec<Source> },
    /// It waits for connections from others.
    Listens,
    /// It ties a shell to a connection.
    RemoteShell { host: String },
    /// It runs code that comes from this kind of place.
    Evaluates { source: Source },
    /// It signals this process (`*`: all).
    Signals { target: String },
    /// It starts processes without end.
    Exhausts,
    /// It runs something that can't be told.
    Hidden(String),
}

/// What was found in a piece of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) deeds: Vec<Deed>,
    /// All that it calls is known: nothing else happens than the deeds.
    pub(crate) understood: bool,
    /// It looks at something besides its arguments and standard input: files, the environment.
    pub(crate) looks: bool,
}

/// A group of languages that are cut into tokens and read alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Python,
    Script,
    Perl,
    Ruby,
    Php,
    Lua,
    R,
    Julia,
    Groovy,
    Awk,
    Tcl,
    PowerShell,
}

/// Most deeds that are told of one piece of code.
const MOST_DEEDS: usize = 128;
/// Longest code that is read; what is longer is hidden.
const LONGEST_CODE: usize = 256 * 1024;

/// The family of a language, by the name of its interpreter.
pub(crate) fn family(language: &str) -> Option<Family> {
    Some(match language {
        "python" | "python2" | "python3" | "pypy" | "pypy3" | "ipython" | "jython" | "micropython" => {
            Family::Python
        }
        "node" | "nodejs" | "deno" | "bun" | "tsx" | "ts-node" | "qjs" | "osascript-js" => Family::Script,
        "perl" => Family::Perl,
        "ruby" | "jruby" | "irb" => Family::Ruby,
        "php" | "hhvm" => Family::Php,
        "lua" | "luajit" | "texlua" => Family::Lua,
        "R" | "Rscript" | "r" => Family::R,
        "julia" => Family::Julia,
        "groovy" | "groovysh" => Family::Groovy,
        "awk" | "gawk" | "mawk" | "nawk" | "original-awk" => Family::Awk,
        "tclsh" | "expect" | "wish" | "jimsh" => Family::Tcl,
        "pwsh" | "powershell" => Family::PowerShell,
        _ => return None,
    })
}

/// Reads code of a language (`python3`, `node`, `perl`, `ruby`, `php`, `lua`, `awk` …), given on the command line, in a
/// here-document, or in a file whose text is known.
pub(crate) fn deeds(language: &str, code: &Word) -> Vec<Deed> {
    read(language, code, &[]).deeds
}

/// Like [`deeds`], with the arguments that the code is given, and whether nothing was left out.
pub(crate) fn read(language: &str, code: &Word, arguments: &[Word]) -> Reading {
    let Some(family) = family(language) else { return Reading::default() };
    if code.value.len() > LONGEST_CODE {
        let why = format!("the {language} code is too long to read");
        return Reading { deeds: vec![Deed::Hidden(why)], ..Reading::default() };
    }
    remembered::reading(family, code, arguments, || {
        let mut reading = reader::code(family, &code.value, arguments, code.complete);
        reading.deeds.truncate(MOST_DEEDS);
        // What another program put into the code may stand anywhere in it.
        reading.understood &= code.complete;
        reading
    })
}

/// Are the deeds all that the code does, so that no text in it needs to be taken for a path?
pub(crate) fn understood(language: &str, code: &Word) -> bool {
    read(language, code, &[]).understood
}
