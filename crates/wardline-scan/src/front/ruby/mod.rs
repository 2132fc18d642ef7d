//! The front-end of Ruby and of its templates (ERB).
//!
//! - A call without arguments is a member, with or without its brackets: `x.name`; a name that is no variable and that the class
//!   around has as a method is a member of `this`. The flow runs such a member where it is a method.
//! - The last value of a method or block is what it returns, and is in a `return`.
//! - A block is an argument named `&block`, and a parameter of that name in methods that take one; `yield` calls it. Blocks of
//!   `each` and what is like it are loops.
//! - Symbols are texts. Keys with a colon are arguments by name in calls. `@x` is a field `x` of `this`, unless the class has a
//!   method `x` of its own.
//! - `a << b` is a call of `push`. Backticks and `%x( )` are commands.
//! - A class within another stands before it, so that its name is known to all of the file.
//! - In a template only the code is read, at its own place; `<%== x %>` is a call of `raw`.

mod declarations;
mod expressions;
mod statements;
mod text;

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::lower::children;
use crate::{
    ir::{Module, Name, Stmt},
    language::Language,
};

/// The name of the argument and parameter that a block is.
pub(super) const BLOCK: &str = "&block";

/// What a class around this place has.
#[derive(Default)]
struct Around {
    name: Option<Name>,
    methods: HashSet<Name>,
    statics: HashSet<Name>,
    constants: HashSet<Name>,
}

/// The variables of a method, or of a block in it.
struct Scope {
    names: HashSet<Name>,
    /// Whether it sees the variables around it.
    block: bool,
    /// The name of the parameter that holds the block it is given.
    given: Option<Name>,
}

/// Where this place is.
#[derive(Default)]
struct Ruby<'t> {
    classes: Vec<Around>,
    scopes: Vec<Scope>,
    /// Whether the method around is one of its class and not of its objects; a class body is.
    statics: Vec<bool>,
    /// Whether this place is in a loop, and in no block within.
    repeats: bool,
    /// Classes within others.
    inner: Vec<Stmt>,
    /// The text of each heredoc by where its beginning stands.
    heredocs: HashMap<usize, Node<'t>>,
    /// Whether the text is a pattern of a rule: its last value is no result.
    pattern: bool,
}

type Lower<'t, 'b> = super::lower::Lower<'t, 'b, Ruby<'t>>;

/// Lowers a whole file.
pub fn lower(text: &str) -> Module {
    read(text, Language::Ruby, false)
}

/// Lowers a pattern of a rule.
pub fn lower_pattern(text: &str) -> Module {
    read(text, Language::Ruby, true)
}

/// Lowers the code in a template.
pub fn lower_template(template: &str) -> Module {
    read(&code_of(template), Language::Erb, false)
}

fn read(text: &str, language: Language, pattern: bool) -> Module {
    super::file(text, language, &tree_sitter_ruby::LANGUAGE.into(), |text, build, root| {
        let state = Ruby { heredocs: heredocs(root), pattern, ..Ruby::default() };
        Lower::new(text, build, state).file(root)
    })
}

/// The text of each heredoc stands after the line of its beginning, in the same order.
fn heredocs(root: Node<'_>) -> HashMap<usize, Node<'_>> {
    let (mut beginnings, mut bodies) = (Vec::new(), Vec::new());
    let mut cursor = root.walk();
    'walk: loop {
        let node = cursor.node();
        match node.kind() {
            "heredoc_beginning" => beginnings.push(node.start_byte()),
            "heredoc_body" => bodies.push(node),
            _ => {}
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                break 'walk;
            }
        }
    }
    beginnings.sort_unstable();
    bodies.sort_by_key(Node::start_byte);
    beginnings.into_iter().zip(bodies).collect()
}

/// The code of a template with blanks for all else: every byte of it stays where it is.
fn code_of(template: &str) -> String {
    let mut code = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find("<%") {
        let (before, tag) = rest.split_at_checked(open).unwrap_or((rest, ""));
        blanks(before, &mut code);
        let (mark, kept) = match tag.get(2..).and_then(|tag| tag.chars().next()) {
            Some('=') if tag.starts_with("<%==") => ("<%==", "raw "),
            Some('=') => ("<%=", "   "),
            Some('-') => ("<%-", "   "),
            // A comment, or the text `<%`.
            Some('#' | '%') => ("<%", ""),
            _ => ("<%", "  "),
        };
        let inner = tag.get(mark.len()..).unwrap_or_default();
        let end = inner.find("%>").unwrap_or(inner.len());
        let (inside, after) = inner.split_at_checked(end).unwrap_or((inner, ""));
        if kept.is_empty() {
            blanks(mark, &mut code);
            blanks(inside, &mut code);
        } else {
            code.push_str(kept);
            match inside.strip_suffix('-') {
                Some(inside) => {
                    code.push_str(inside);
                    code.push(' ');
                }
                None => code.push_str(inside),
            }
        }
        let closing = after.strip_prefix("%>");
        if closing.is_some() {
            code.push_str(if kept.is_empty() { "  " } else { " ;" });
        }
        rest = closing.unwrap_or_default();
    }
    blanks(rest, &mut code);
    code
}

fn blanks(text: &str, into: &mut String) {
    into.extend(text.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
}

impl<'t> Lower<'t, '_> {
    fn file(mut self, root: Node<'t>) -> Vec<Stmt> {
        self.state.classes.push(Around::default());
        self.state.scopes.push(Scope { names: HashSet::new(), block: false, given: None });
        let mut body = Vec::new();
        for child in children(root) {
            let statements = self.stmts(child);
            body.append(&mut self.state.inner);
            body.extend(statements);
        }
        body
    }

    /// Whether a name is a variable here.
    fn is_variable(&self, name: &str) -> bool {
        for scope in self.state.scopes.iter().rev() {
            if scope.names.contains(name) {
                return true;
            }
            if !scope.block {
                return false;
            }
        }
        false
    }

    fn bind(&mut self, name: Name) {
        if !self.is_variable(&name)
            && let Some(scope) = self.state.scopes.last_mut()
        {
            scope.names.insert(name);
        }
    }

    /// Whether a variable holds the block that the method is given.
    fn is_given_block(&self, name: &str) -> bool {
        self.state.scopes.iter().rev().any(|scope| scope.given.as_deref() == Some(name))
    }
}
