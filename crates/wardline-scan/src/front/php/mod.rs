//! The front-end of PHP.
//!
//! - Variables are names without their `$`; `$this` is `this`. Namespaces are members (`App\Db::find` is `App.Db.find`), and `use`
//!   names modules with dots.
//! - `echo`, `print`, `exit`, `include` and what is like them are calls of that name; backticks are a call of `shell_exec`.
//! - `<?= x ?>` is an `echo`; the text between the tags is text that is written out, and not in the tree.
//! - A file without an opening tag is text as a whole; a pattern of a rule has none and is code ([`lower_code`]).

mod declarations;
mod expressions;
mod statements;

use tree_sitter::{Language as Grammar, Node};

use super::lower::children;
use crate::{
    ir::{Expr, ExprKind, Module},
    language::Language,
};

/// Nothing besides what all front-ends have.
struct Php;

type Lower<'t, 'b> = super::lower::Lower<'t, 'b, Php>;

/// Lowers a whole file.
pub fn lower(text: &str) -> Module {
    read(text, &tree_sitter_php::LANGUAGE_PHP.into())
}

/// Lowers a text that is code from its first byte on.
pub fn lower_code(text: &str) -> Module {
    read(text, &tree_sitter_php::LANGUAGE_PHP_ONLY.into())
}

fn read(text: &str, grammar: &Grammar) -> Module {
    super::file(text, Language::Php, grammar, |text, build, root| Lower::new(text, build, Php).block(root))
}

impl<'t> Lower<'t, '_> {
    /// The expression in field `name`; an empty opaque one where the grammar found none.
    fn field(&mut self, node: Node<'t>, name: &str) -> Expr {
        self.expr_or(node, node.child_by_field_name(name))
    }

    /// An expression; where there is none, an empty opaque one in the place of `around`.
    fn expr_or(&mut self, around: Node<'t>, node: Option<Node<'t>>) -> Expr {
        match node {
            Some(node) => self.expr(node),
            None => self.opaque(around),
        }
    }

    fn boxed(&mut self, node: Node<'t>, name: &str) -> Box<Expr> {
        Box::new(self.field(node, name))
    }

    fn first(&mut self, node: Node<'t>) -> Expr {
        self.expr_or(node, children(node).first().copied())
    }

    fn exprs(&mut self, nodes: Vec<Node<'t>>) -> Vec<Expr> {
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    /// A variable, function, class or constant by its name; namespaces are members.
    fn named(&mut self, node: Node<'t>) -> Expr {
        let text = self.source(node).trim_start_matches(['$', '\\', '&']);
        let mut parts = text.split('\\').map(str::trim);
        let mut name = self.made_name(node, parts.next().unwrap_or_default());
        for part in parts {
            let part = self.build.name(part);
            name = self.make(node, ExprKind::Member { object: Box::new(name), name: part });
        }
        name
    }
}
