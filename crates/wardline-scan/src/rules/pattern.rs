//! A pattern: the tree of its text, with what its reserved names mean.

use super::text::{self, DEEP, ELLIPSIS, MANY, METAVARIABLE};
use crate::{
    front,
    ir::{Expr, ExprId, ExprKind, Function, Literal, Module, Name, Stmt, StmtKind},
    language::Language,
};

use super::walk::{self, Node};

/// What an expression of a pattern stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// Itself.
    Plain,
    /// `$X`.
    Metavariable(Name),
    /// `...`.
    Ellipsis,
    /// `$...XS`.
    Many(Name),
    /// `<... e ...>`.
    Deep,
}

/// A pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    module: Module,
    marks: Vec<Mark>,
    /// For every expression that is a chain of plain names, the chain.
    paths: Vec<Option<Vec<Name>>>,
}

/// What a pattern looks for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape<'p> {
    Expr(&'p Expr),
    Statements(&'p [Stmt]),
}

impl Pattern {
    /// Reads a pattern, or says why it cannot be used.
    pub(super) fn read(language: Language, source: &str) -> Result<Self, String> {
        // What a pattern looks for in markup is the code in it.
        let language = match language {
            Language::Html => Language::JavaScript,
            Language::Erb => Language::Ruby,
            other => other,
        };
        let encoded = text::encode(language, source.trim())?;
        let lower = |text: &str| {
            front::lower_pattern(language, text)
                .ok_or_else(|| format!("patterns of {} are not supported", language.name()))
        };
        let mut module = lower(&encoded)?;
        if !module.problems.is_empty() {
            // An expression is no statement of its own where a `;` has to end it.
            let ended = lower(&format!("{encoded};"))?;
            module = if ended.problems.is_empty() { ended } else { module };
        }
        if let Some(problem) = module.problems.first() {
            return Err(format!("the pattern cannot be read: {}", problem.what));
        }
        let count = module.expressions as usize;
        let (mut marks, mut paths) = (vec![Mark::Plain; count], vec![None; count]);
        let mut problem = None;
        walk::block(&module.body, &mut |node| {
            if let Node::Expr(expr) = node {
                problem = problem.take().or_else(|| unsupported(expr));
                if let Some(slot) = marks.get_mut(expr.id.0 as usize) {
                    *slot = mark(expr);
                }
                if let Some(slot) = paths.get_mut(expr.id.0 as usize) {
                    *slot = path(language, expr);
                }
            } else if let Node::Block(stmts) = node {
                problem = problem.take().or_else(|| stmts.iter().find_map(unsupported_statement));
            }
        });
        let pattern = Self { module, marks, paths };
        match problem {
            Some(problem) => Err(problem),
            None if pattern.module.body.is_empty() => Err("the pattern is empty".to_owned()),
            None if pattern.module.body.iter().all(|stmt| pattern.is_ellipsis(stmt)) => {
                Err("the pattern is only `...`".to_owned())
            }
            None => Ok(pattern),
        }
    }

    /// What it looks for.
    pub(super) fn shape(&self) -> Shape<'_> {
        match self.module.body.as_slice() {
            [Stmt { kind: StmtKind::Expr(expr), .. }] => Shape::Expr(expr),
            stmts => Shape::Statements(stmts),
        }
    }

    /// What an expression of it stands for.
    pub(super) fn mark(&self, expr: &Expr) -> &Mark {
        self.marks.get(expr.id.0 as usize).unwrap_or(&Mark::Plain)
    }

    /// The chain of plain names that an expression of it is.
    pub(super) fn path(&self, id: ExprId) -> Option<&[Name]> {
        self.paths.get(id.0 as usize)?.as_deref()
    }

    /// Whether a statement of it is `...`.
    pub(super) fn is_ellipsis(&self, stmt: &Stmt) -> bool {
        matches!(&stmt.kind, StmtKind::Expr(expr) if *self.mark(expr) == Mark::Ellipsis)
    }

    /// The metavariable that it is, when it is one and nothing else.
    pub(super) fn lone(&self) -> Option<&str> {
        match self.shape() {
            Shape::Expr(expr) => match self.mark(expr) {
                Mark::Metavariable(name) => Some(name),
                _ => None,
            },
            Shape::Statements(_) => None,
        }
    }

    /// The names of all its metavariables.
    pub(super) fn metavariables(&self) -> Vec<Name> {
        let mut found = Vec::new();
        let mut take = |text: &str| {
            let name = text.strip_prefix(METAVARIABLE).or_else(|| text.strip_prefix(MANY));
            found.extend(name.or_else(|| text::whole_metavariable(text)).map(Name::from));
        };
        walk::block(&self.module.body, &mut |node| match node {
            Node::Expr(expr) => {
                for name in names_in(expr) {
                    take(name);
                }
            }
            Node::Function(function) => {
                function.name.iter().for_each(|name| take(name));
                let types =
                    function.parameters.iter().filter_map(|parameter| parameter.declared_type.as_ref());
                types.flat_map(names_in).for_each(&mut take);
            }
            Node::Block(stmts) => {
                for stmt in stmts {
                    if let StmtKind::Class(class) = &stmt.kind {
                        class.name.iter().for_each(|name| take(name));
                    }
                }
            }
            Node::Imports(imports) => {
                for import in imports {
                    take(&import.module);
                    take(&import.local);
                    if let crate::ir::Imported::One(name) = &import.what {
                        take(name);
                    }
                }
            }
        });
        found
    }
}

/// The names and texts in which a metavariable of an expression may stand.
fn names_in(expr: &Expr) -> Vec<&str> {
    match &expr.kind {
        ExprKind::Name(name) | ExprKind::Member { name, .. } => vec![name],
        ExprKind::Literal(Literal::Text(text)) => vec![text],
        ExprKind::Call { arguments, .. } => {
            arguments.iter().filter_map(|argument| argument.name.as_deref()).collect()
        }
        ExprKind::Function(function) => {
            let Function { name, .. } = function.as_ref();
            name.as_deref().into_iter().collect()
        }
        ExprKind::Class(class) => class.name.as_deref().into_iter().collect(),
        ExprKind::Element(element) => {
            let names = element.attributes.iter().filter_map(|attribute| attribute.name.as_deref());
            std::iter::once(element.tag.as_ref()).chain(names).collect()
        }
        _ => Vec::new(),
    }
}

/// The metavariable that a name of a pattern is.
pub(super) fn metavariable(name: &str) -> Option<&str> {
    name.strip_prefix(METAVARIABLE)
}

/// Whether a name of a pattern is `...`.
pub(super) fn is_ellipsis(name: &str) -> bool {
    name == ELLIPSIS
}

fn mark(expr: &Expr) -> Mark {
    match &expr.kind {
        ExprKind::Name(name) if is_ellipsis(name) => Mark::Ellipsis,
        ExprKind::Name(name) => match (metavariable(name), name.strip_prefix(MANY)) {
            (Some(name), _) => Mark::Metavariable(Name::from(name)),
            (None, Some(name)) => Mark::Many(Name::from(name)),
            (None, None) => Mark::Plain,
        },
        ExprKind::Spread(inner) if mark(inner) == Mark::Ellipsis => Mark::Ellipsis,
        ExprKind::Call { callee, .. } => match &callee.kind {
            ExprKind::Name(name) if name.as_ref() == DEEP => Mark::Deep,
            _ => Mark::Plain,
        },
        _ => Mark::Plain,
    }
}

fn path(language: Language, expr: &Expr) -> Option<Vec<Name>> {
    let plain = |name: &Name| !name.starts_with("__wl_");
    match &expr.kind {
        ExprKind::Name(name) if plain(name) => Some(vec![name.clone()]),
        ExprKind::Member { object, name } if plain(name) => {
            let mut path = path(language, object)?;
            path.push(name.clone());
            Some(path)
        }
        ExprKind::Call { callee, arguments, .. } if language != Language::Python => {
            match (&callee.kind, arguments.as_slice()) {
                (ExprKind::Name(name), [argument]) if name.as_ref() == "require" => {
                    match &argument.value.kind {
                        ExprKind::Literal(Literal::Text(text)) if !text.starts_with(['$', '.']) => {
                            Some(vec![Name::from(text.strip_prefix("node:").unwrap_or(text))])
                        }
                        _ => None,
                    }
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Why an expression cannot stand in a pattern.
fn unsupported(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Literal::Text(text)) if text.starts_with("=~/") => Some(
            "a regular expression in a text (`\"=~/…/\"`) is not supported: use `metavariable-regex`"
                .to_owned(),
        ),
        ExprKind::Opaque(_) => {
            Some("the pattern has an expression that is not supported in patterns".to_owned())
        }
        ExprKind::Slice(_) => None,
        _ => None,
    }
}

fn unsupported_statement(stmt: &Stmt) -> Option<String> {
    let what = match &stmt.kind {
        StmtKind::Opaque(_) => "this statement",
        StmtKind::Switch { .. } => "`switch` and `match`",
        StmtKind::Export(_) => "`export`",
        StmtKind::Global(_) => "`global`",
        _ => return None,
    };
    Some(format!("{what} is not supported in patterns"))
}

/// A number below 40 for each operator.
pub(super) fn operator_number(operator: crate::ir::Operator) -> u8 {
    // The operators are a plain enumeration in a fixed order; sums and the rest need no more than to be told apart.
    use crate::ir::Operator as O;
    match operator {
        O::Add => 0,
        O::Modulo => 1,
        O::Concat => 2,
        O::Equal => 3,
        O::NotEqual => 4,
        O::In => 5,
        O::NotIn => 6,
        O::And => 7,
        O::Or => 8,
        _ => 9,
    }
}
