//! The tree of a script: what the reader makes and the walk follows. Spans are byte ranges in the text of the [`Script`].

use std::ops::Range;
use std::rc::Rc;

pub(crate) type Span = Range<usize>;

/// A text that was read as shell. Nested texts (`sh -c '…'`, backticks) are scripts of their own.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) text: Rc<str>,
    pub(crate) list: List,
    /// Bodies of here-documents, by the number that their redirect holds.
    pub(crate) heredocs: Vec<HereDoc>,
    pub(crate) census: Census,
    /// Tells the texts of one analysis apart.
    pub(crate) serial: u32,
}

/// What a second parser's answer is compared with.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Census {
    /// Simple commands, outside of words.
    pub(crate) commands: usize,
    /// Deepest nesting of parentheses and of `case`, which cost brush-parser exponential time.
    pub(crate) parens: u32,
    pub(crate) cases: u32,
    /// Shells read a place of this text differently; what is there.
    pub(crate) contested: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct HereDoc {
    pub(crate) body: Word,
    /// The delimiter was quoted: the body is taken as it is.
    pub(crate) quoted: bool,
    pub(crate) delimiter: String,
    pub(crate) strip_tabs: bool,
}

pub(crate) type List = Vec<AndOr>;

/// Pipelines joined by `&&` and `||`.
#[derive(Debug)]
pub(crate) struct AndOr {
    pub(crate) first: Pipeline,
    pub(crate) rest: Vec<(Link, Pipeline)>,
    pub(crate) background: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    And,
    Or,
}

#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    pub(crate) stages: Vec<Node>,
    pub(crate) negated: bool,
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Simple(Simple),
    Group(List),
    Subshell(List),
    For { name: String, words: Option<Vec<Word>>, body: List },
    ArithmeticFor { head: Word, body: List },
    Loop { condition: List, body: List },
    If { arms: Vec<(List, List)>, otherwise: Option<List> },
    Case { subject: Word, arms: Vec<(Vec<Word>, List)> },
    Function { name: String, body: Rc<Node> },
    Coproc(Box<Node>),
    Arithmetic(Word),
    Test(Vec<Word>),
}

#[derive(Debug, Default)]
pub(crate) struct Simple {
    pub(crate) assignments: Vec<Assignment>,
    pub(crate) words: Vec<Word>,
    /// Arrays among the arguments of `declare` and its like.
    pub(crate) declared: Vec<Assignment>,
}

#[derive(Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) append: bool,
    /// The element of an array that is set: `a[i]=…`.
    pub(crate) subscript: Option<Word>,
    pub(crate) value: Word,
    /// The elements of `a=( … )`.
    pub(crate) elements: Vec<Word>,
    pub(crate) array: bool,
}

#[derive(Debug)]
pub(crate) struct Redirect {
    /// The descriptor that is redirected; `None` for both outputs.
    pub(crate) descriptor: Option<u32>,
    pub(crate) operator: Operator,
    pub(crate) target: Word,
    pub(crate) heredoc: Option<usize>,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Read,
    Write,
    Append,
    Clobber,
    ReadWrite,
    Both,
    BothAppend,
    DuplicateIn,
    DuplicateOut,
    HereDoc,
    HereString,
}

impl Operator {
    /// Does it say where standard input comes from?
    pub(crate) fn reads(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite | Self::HereDoc | Self::HereString)
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Read => "<",
            Self::Write => ">",
            Self::Append => ">>",
            Self::Clobber => ">|",
            Self::ReadWrite => "<>",
            Self::Both => "&>",
            Self::BothAppend => "&>>",
            Self::DuplicateIn => "<&",
            Self::DuplicateOut => ">&",
            Self::HereDoc => "<<",
            Self::HereString => "<<<",
        }
    }
}

/// A word: adjacent pieces, some quoted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// Unquoted text: tilde, braces and globs still have their meaning in it.
    Text(String),
    /// Text whose characters stand for themselves.
    Quoted(String),
    Parameter(Parameter),
    /// `$( … )` and backticks.
    Command {
        list: Rc<List>,
        quoted: bool,
        span: Span,
    },
    /// Backticks, whose text is unescaped and read on its own.
    Backtick {
        text: String,
        quoted: bool,
        span: Span,
    },
    /// `<( … )` and `>( … )`.
    Process {
        list: Rc<List>,
        span: Span,
    },
    /// `$(( … ))` and `$[ … ]`: only the substitutions inside matter.
    Arithmetic {
        inside: Word,
        span: Span,
    },
}

/// `$x`, `${x}` and `${x op word}`.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `!` of `${!x}`, `#` of `${#x}`.
    pub(crate) prefix: Option<u8>,
    /// What stands in `${x[…]}`.
    pub(crate) subscript: Option<Word>,
    pub(crate) operation: Operation,
    /// The word after the operation; with the signs of the operation where it is another one.
    pub(crate) operand: Word,
    pub(crate) quoted: bool,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Plain,
    /// `:-`, `-`: the operand when there is no value.
    Default,
    /// `:=`, `=`: likewise, and the variable is set to it.
    Assign,
    /// `:?`, `?`.
    Demand,
    /// `:+`, `+`: the operand when there is a value.
    Alternate,
    /// Everything else: cuts, replacements, changes of case.
    Other,
}

impl Node {
    /// Is it the keyword `time`, with its `-p` and `--` perhaps, and no command after it? A line or list may end with it, but
    /// no operator joins it to another command.
    pub(crate) fn is_lone_time(&self) -> bool {
        let NodeKind::Simple(simple) = &self.kind else { return false };
        let mut words = simple.words.iter().map(Word::bare).peekable();
        let mut any = false;
        while words.next_if_eq(&Some("time")).is_some() {
            words.next_if_eq(&Some("-p"));
            words.next_if_eq(&Some("--"));
            any = true;
        }
        any && words.next().is_none() && simple.assignments.is_empty() && self.redirects.is_empty()
    }
}

impl Simple {
    /// Can the next word still be the program? `time` is read as one and is none to bash.
    pub(crate) fn awaits_program(&self) -> bool {
        self.words.iter().all(|word| matches!(word.bare(), Some("time" | "-p" | "--")))
    }
}

impl Word {
    /// Does an unquoted blank or operator stand in it?
    pub(crate) fn holds_blanks(&self) -> bool {
        self.pieces.iter().any(|piece| {
            matches!(piece, Piece::Text(text) if text.contains([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']))
        })
    }

    /// The text of a word without any quoting or expansion: the only kind that can be a keyword.
    pub(crate) fn bare(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text of a word that needs no expansion at all (globs, braces and tildes count as text here).
    pub(crate) fn constant(&self) -> Option<String> {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) | Piece::Quoted(text) => out.push_str(text),
                _ => return None,
            }
        }
        Some(out)
    }
}
