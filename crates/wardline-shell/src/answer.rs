//! What an analysis says: commands, the paths they may touch, and doubts. Plain data, no behaviour.

use std::ops::Range;
use std::sync::Arc;

use crate::effect::Effect;
use crate::effect::elsewhere::Shared;
use crate::grade::Grade;
use crate::refusal::Refusal;

/// How sure a statement is. The greater, the less is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Follows from the text alone.
    Proven,
    /// Follows if an ordinary assumption holds (a glob matches, a variable keeps its value, a word is a path).
    Assumed,
    /// Depends on something the text does not say.
    Opaque,
}

/// What would be done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Its content is read.
    Read,
    /// Its name, kind or entries are looked at.
    List,
    /// It is created, changed or replaced.
    Write,
    /// It is removed.
    Delete,
    /// It is run.
    Execute,
}

/// Why something could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DoubtKind {
    /// The text is not shell that the readers agree on.
    Unparsed,
    /// A limit was reached before the end: what follows was not looked at.
    Limit,
    /// The script holds so many commands that none was looked at, or not all: whatever it does, it is nothing to be run.
    Flood,
    /// A program, a script or a path is made while the command runs.
    Dynamic,
    /// A path is known only in part, because the directory it starts from is not.
    Unresolved,
}

/// Something that could not be told: it tightens a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// The kind of doubt.
    pub kind: DoubtKind,
    /// What could not be told, and of which part of the text.
    pub text: String,
}

/// What sort of statement a [`Command`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A program, a builtin, or anything else that is run by name.
    Simple,
    /// A call of a function or alias that the same script defines; what it runs is listed beside it.
    Call,
    /// Variables are set and nothing is run: `X=1`.
    Assignment,
    /// A redirect without a command of its own: `> f`, `{ …; } > f`.
    Redirect,
    /// `(( … ))` or `[[ … ]]`.
    Test,
    /// The whole text, because it could not be read or not to its end.
    Raw,
}

/// A stream of bytes inside the script: a pipe between two commands, or the output of a substitution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(pub(crate) u32);

/// What a command reads on its standard input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// Whatever the script was given.
    #[default]
    Inherited,
    /// What other commands of the script print.
    Pipe(Channel),
    /// A here-document or here-string.
    Text(Arc<Word>),
    /// A file: `< file`.
    File(Word),
}

/// A redirect of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirected {
    /// The descriptor that is redirected; `None` for `&>` and `>&file`, which take both outputs.
    pub descriptor: Option<u32>,
    /// The operator as it is written: `<`, `>`, `>>`, `>|`, `<>`, `&>`, `&>>`, `<&`, `>&`, `<<`, `<<<`.
    pub operator: &'static str,
    /// The file, descriptor or text.
    pub target: Word,
}

/// One argument of a command, after quotes are removed and what is known is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as it is written. Empty when it comes from an expansion alone.
    pub written: String,
    /// Its value; parts that are not known stand as they are written.
    pub value: String,
    /// The word with needless quotes removed, as it stands in [`Command::canonical`].
    pub canonical: String,
    /// Opaque when the value may be another one, Assumed when it rests on a variable or stands for names that match.
    pub certainty: Certainty,
    /// The value holds unquoted `*`, `?` or `[…]`: it stands for all the names that match.
    pub glob: bool,
    /// The word is literal: its value does not depend on variables, substitutions, globs or the home directory.
    pub literal: bool,
    /// Every part of the value is filled in. With an opaque certainty: this is one value that it may have.
    pub complete: bool,
    /// Streams that are part of the value: the substitutions in it, and those in the variables it uses.
    pub fed_by: Vec<Channel>,
    /// The name of the variable that the value begins with, if nothing is known of it: it may well be empty, so that
    /// `$X/bin` is `/bin`. `value` then begins with the variable as it is written.
    pub open_prefix: Option<String>,
    /// How the value came about, a step each: "`$T` is `/` (line 1)". Empty for a literal.
    pub trace: Vec<String>,
}

/// A path that a command may touch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TouchedPath {
    /// Absolute and normalised against the directory the command runs in; as written when that can't be told.
    pub text: String,
    /// Like `text`, with its `..` left in: the kernel follows a link before it takes `..`, so only whoever can look at
    /// files knows where this leads.
    pub joined: String,
    /// The path as it is written, quotes removed.
    pub written: String,
    /// What would be done to it.
    pub access: Access,
    /// Opaque when `text` is not the whole truth about the path.
    pub certainty: Certainty,
    /// Everything below the path is touched too.
    pub recursive: bool,
    /// `text` holds `*`, `?` or `[…]` that stand for names.
    pub glob: bool,
    /// With `recursive`: names that begin with a dot are left out.
    pub skips_hidden: bool,
    /// It is named to a program of which it is not known that it shows or changes what is in it: a key given to `ssh`, an
    /// argument of a program that is not known.
    pub used: bool,
    /// What makes it a path that is touched: "argument of `cat`", "redirect >".
    pub because: String,
}

/// One command of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Byte range in the script. For a command found inside a string (`sh -c '…'`), the range of the command that holds it.
    pub span: Range<usize>,
    /// What sort of statement it is.
    pub kind: Kind,
    /// The source text, with its redirects: what an allow rule must match.
    pub literal: String,
    /// The text with quotes, leading assignments and needless space removed: what an allow rule must match as well.
    pub canonical: String,
    /// Other spellings of the same command; an ask or deny rule that matches any of them applies.
    pub forms: Vec<String>,
    /// It was found inside another command: `sudo`, `env`, `xargs`, `sh -c` …
    pub derived: bool,
    /// It changes the working directory (`cd`, `pushd`, `popd`, `chdir`).
    pub directory_change: bool,
    /// The name of the program, as far as it is known; a path in a standard directory is reduced to its last part.
    pub program: Option<String>,
    /// The arguments after the program.
    pub arguments: Vec<Word>,
    /// Variables set for this command alone: name and value (`X=1 make`), or set by it (`X=1`).
    pub assignments: Vec<(String, Word)>,
    /// The paths it may touch.
    pub paths: Vec<TouchedPath>,
    /// What could not be told about this command.
    pub doubts: Vec<Doubt>,
    /// How sure it is that this command is what runs.
    pub certainty: Certainty,
    /// What it reads on its standard input.
    pub input: Input,
    /// The stream that its standard output goes to; `None` when it goes to the script's own output or to a file.
    pub prints: Option<Channel>,
    /// Its redirects, in order.
    pub redirects: Vec<Redirected>,
    /// The directory it runs in, when there is only one that it can be.
    pub directory: Option<String>,
    /// The command that it was found inside, by its index: a wrapper, a shell with `-c`, a substitution.
    pub holder: Option<usize>,
    /// It runs in the background or beside others: `&`, a pipeline, `coproc`.
    pub parallel: bool,
    /// It runs in a container or on another host: its paths are not this machine's, but for those that are shared.
    pub elsewhere: bool,
    /// The paths that it may touch there.
    pub(crate) foreign: Vec<TouchedPath>,
    /// The directories of this machine that it sees, and where.
    pub(crate) shared: Vec<Shared>,
    /// Code that it runs and that does not stand among its arguments, where the text is known: the language and the text.
    pub(crate) code: Option<(String, Word)>,
    /// What is known of it as a whole: whether it needs a question.
    pub grade: Grade,
}

/// Which reading the commands come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParserUsed {
    /// Our reader; brush-parser saw no command that it did not see.
    Brush,
    /// brush-parser refused the text and tree-sitter-bash took part.
    TreeSitter,
    /// No parser: the text was refused before parsing.
    None,
}

/// What a script may do, as far as can be told without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// Every command, in the order of the text; commands found inside another one follow it.
    pub commands: Vec<Command>,
    /// What could not be told about the script as a whole; each command holds its own doubts besides.
    pub doubts: Vec<Doubt>,
    /// What the commands would change or read in the world.
    pub effects: Vec<Effect>,
    /// The effects that are refused, or asked whoever allows the rest.
    pub refusals: Vec<Refusal>,
    /// Files whose text would say more: scripts, makefiles and package manifests that a command would run. Absolute.
    pub wanted: Vec<String>,
    /// Which reading the commands come from.
    pub parser: ParserUsed,
    pub(crate) script: String,
    /// A limit was reached: the script is one target.
    pub(crate) whole: bool,
}

impl Analysis {
    /// The targets that Kilo would match its `bash` rules against: the text of each command node of the syntax tree, with its
    /// redirects, without directory changes, wrappers left whole. Where a limit was reached, the script is the one target.
    /// Parses the script again on each call.
    pub fn kilo_targets(&self) -> Vec<String> {
        if self.whole {
            return vec![self.script.clone()];
        }
        crate::kilo::targets(&self.script)
    }
}
