//! The front-end of C#.
//!
//! - `using` takes all names of a namespace; what stands in a namespace stands in the file.
//! - Type arguments are left out: `List<string>` is `List`. What `new T(x) { A = b }` sets are arguments by name.
//! - A property with code is a function that is decorated with `property`, any other a declaration; a constructor is a function
//!   named `constructor`. A member that is named without an object is one of `this`, or of its class when it is static.
//! - A public method of a controller or page is decorated with `action`: its parameters are what the request says.
//! - `F(x, out var y)` gives `y` what `F` gives, of `TryParse` what `Parse` would, before the call itself.
//! - A class within another stands before it, so that its name is known to all of the file.

mod declarations;
mod expressions;
mod statements;
mod text;

use std::collections::HashSet;

use tree_sitter::Node;

use super::lower::children;
use crate::{
    ir::{Expr, ExprKind, Module, Name, Stmt, StmtKind},
    language::Language,
};

/// Names that are in the tree and not in the text.
pub const MADE_UP: &[&str] = &["action"];

/// What a class around this place has.
#[derive(Default)]
struct Around {
    name: Option<Name>,
    members: HashSet<Name>,
    statics: HashSet<Name>,
    /// Whether its public methods are called by requests.
    controller: bool,
}

/// Where this place is.
#[derive(Default)]
struct CSharp {
    classes: Vec<Around>,
    /// The variables of the functions around, innermost last; a function in another sees those around it.
    scopes: Vec<HashSet<Name>>,
    /// Classes within others.
    inner: Vec<Stmt>,
}

type Lower<'t, 'b> = super::lower::Lower<'t, 'b, CSharp>;

/// Lowers a whole file.
pub fn lower(text: &str) -> Module {
    super::file(text, Language::CSharp, &tree_sitter_c_sharp::LANGUAGE.into(), |text, build, root| {
        Lower::new(text, build, CSharp::default()).file(root)
    })
}

/// Lowers a pattern of a rule: a statement with or without its `;`, or an expression that is no statement.
pub fn lower_pattern(text: &str) -> Module {
    let plain = lower(text);
    if plain.problems.is_empty() {
        return plain;
    }
    let ended = lower(&format!("{text};"));
    if ended.problems.is_empty() {
        return ended;
    }
    let mut valued = lower(&format!("_ = {text};"));
    if !valued.problems.is_empty() {
        return plain;
    }
    for statement in &mut valued.body {
        if let StmtKind::Expr(Expr { kind: ExprKind::Assign { value, .. }, .. }) = &statement.kind {
            statement.kind = StmtKind::Expr((**value).clone());
        }
    }
    valued
}

impl<'t> Lower<'t, '_> {
    fn file(mut self, root: Node<'t>) -> Vec<Stmt> {
        self.state.scopes.push(HashSet::new());
        let mut body = Vec::new();
        for child in children(root) {
            let statements = self.stmts(child);
            body.append(&mut self.state.inner);
            body.extend(statements);
        }
        body
    }

    /// A variable that is made here.
    fn variable(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node).trim_start_matches('@');
        let name = self.build.name(text);
        if let Some(scope) = self.state.scopes.last_mut() {
            scope.insert(name.clone());
        }
        self.make(node, ExprKind::Name(name))
    }

    /// A name without an object: a variable, a member of the class around, or what comes from elsewhere.
    fn named(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node).trim_start_matches('@');
        let name = self.build.name(text);
        let variable = self.state.scopes.iter().any(|scope| scope.contains(&name));
        let object = match self.state.classes.last() {
            Some(around) if !variable && around.statics.contains(&name) => around.name.clone(),
            Some(around) if !variable && around.members.contains(&name) => Some("this".into()),
            _ => None,
        };
        match object {
            Some(object) => {
                let object = Box::new(self.made_name(node, &object));
                self.make(node, ExprKind::Member { object, name })
            }
            None => self.make(node, ExprKind::Name(name)),
        }
    }

    /// The name without type arguments.
    fn bare(&mut self, node: Node<'t>) -> Name {
        let text = self.source(node);
        let text = text.split('<').next().unwrap_or(text).trim().trim_start_matches('@');
        self.build.name(text)
    }

    /// A type: a name or a member, without type arguments.
    fn type_expr(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "qualified_name" | "alias_qualified_name" => {
                let qualifier =
                    node.child_by_field_name("qualifier").or_else(|| node.child_by_field_name("alias"));
                let name = node.child_by_field_name("name");
                match (qualifier, name) {
                    (Some(qualifier), Some(name)) => {
                        let object = Box::new(self.type_expr(qualifier));
                        let name = self.bare(name);
                        self.make(node, ExprKind::Member { object, name })
                    }
                    _ => self.opaque(node),
                }
            }
            "array_type" => match node.child_by_field_name("type") {
                Some(of) => {
                    let object = Box::new(self.type_expr(of));
                    let index = Box::new(self.opaque(node));
                    self.make(node, ExprKind::Index { object, index })
                }
                None => self.opaque(node),
            },
            "nullable_type" | "ref_type" | "scoped_type" => match node.child_by_field_name("type") {
                Some(of) => self.type_expr(of),
                None => self.opaque(node),
            },
            _ => {
                let name = self.bare(node);
                self.make(node, ExprKind::Name(name))
            }
        }
    }
}
