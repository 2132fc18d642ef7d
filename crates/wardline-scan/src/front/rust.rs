//! Rust, read with tree-sitter-rust.
//!
//! What differs from the shape of the source: paths are members (`std::fs::read` is `std.fs.read`) and `use` names modules
//! with dots; the last expression of a body is its `return`; a block that stands as a value is a call of a function
//! without parameters; `format!` and what is like it are texts with values in them, other macros are calls of `name!` with
//! their arguments as far as these are expressions; `?` and `.await` give the value; types have no lifetimes.

mod expression;
mod items;
mod macros;

use tree_sitter::Node;

use super::{Builder, DEPTH, problems};
use crate::{
    ir::{Declare, Expr, ExprKind, Module, Name, Stmt, StmtKind},
    language::Language,
};

/// Lowers a Rust file.
pub fn lower(text: &str) -> Module {
    let mut lowering = Lowering { build: Builder::new(), text, depth: 0 };
    let Some(tree) = parse(text) else {
        lowering.build.problem(super::whole(text), "the grammar did not read it");
        return lowering.build.module(Language::Rust, Vec::new());
    };
    problems(&mut lowering.build, &tree);
    let body = lowering.block(tree.root_node(), Use::Effect);
    lowering.build.module(Language::Rust, body)
}

fn parse(text: &str) -> Option<tree_sitter::Tree> {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_rust::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// The state of lowering one text.
struct Lowering<'t> {
    build: Builder,
    text: &'t str,
    /// How many statements and expressions are open.
    depth: usize,
}

/// What becomes of the last expression of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It runs for its effect.
    Effect,
    /// It is the value of the function around it.
    Value,
}

/// The named children of a node that are no comments.
fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let children = node.named_children(&mut cursor);
    children.filter(|child| !child.kind().ends_with("comment")).collect()
}

/// Whether a child that is no named node has this text: `async`, `mut`.
fn has_word(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == word)
}

impl<'t> Lowering<'t> {
    fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn name_of(&mut self, node: Node<'_>) -> Name {
        let source = self.source(node);
        self.build.name(source.strip_prefix("r#").unwrap_or(source))
    }

    fn make(&mut self, node: Node<'_>, kind: ExprKind) -> Expr {
        let span = self.build.span(node);
        self.build.expr(span, kind)
    }

    /// Goes one level deeper, unless that is too deep: then the node is a problem and nothing of it is read.
    fn deeper<T>(&mut self, node: Node<'_>, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEPTH {
            let span = self.build.span(node);
            self.build.problem(span, format!("nested deeper than {DEPTH}"));
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        Some(value)
    }

    /// The statements of a block or of the file.
    fn block(&mut self, node: Node<'_>, last: Use) -> Vec<Stmt> {
        let children = named(node);
        let value =
            (last == Use::Value).then(|| children.last().copied()).flatten().filter(|child| is_value(*child));
        let mut statements = Vec::new();
        let mut decorators = Vec::new();
        for child in children {
            match child.kind() {
                "attribute_item" => decorators.extend(self.attribute(child)),
                _ if Some(child) == value => self.tail(child, &mut statements),
                _ => self.statement(child, std::mem::take(&mut decorators), &mut statements),
            }
        }
        statements
    }

    /// An expression whose value is the value of the function around it.
    fn tail(&mut self, node: Node<'_>, into: &mut Vec<Stmt>) {
        let node =
            if node.kind() == "expression_statement" { node.named_child(0).unwrap_or(node) } else { node };
        let span = self.build.span(node);
        let kind = match node.kind() {
            "if_expression" => self.deeper(node, |lowering| lowering.if_statement(node, Use::Value)),
            "match_expression" => self.deeper(node, |lowering| lowering.match_statement(node, Use::Value)),
            "block" | "unsafe_block" => {
                self.deeper(node, |lowering| StmtKind::Block(lowering.inner(node, Use::Value)))
            }
            "for_expression" | "while_expression" | "return_expression" | "loop_expression" => {
                return self.statement(node, Vec::new(), into);
            }
            _ => Some(StmtKind::Return(Some(self.expression(node)))),
        };
        into.extend(kind.map(|kind| Stmt { span, kind }));
    }

    /// The statements of a `block`, or of the block in an `unsafe` or labelled one.
    fn inner(&mut self, node: Node<'_>, last: Use) -> Vec<Stmt> {
        match named(node).into_iter().rfind(|child| child.kind() == "block") {
            Some(block) if node.kind() != "block" => self.block(block, last),
            _ => self.block(node, last),
        }
    }

    fn statement(&mut self, node: Node<'_>, decorators: Vec<Expr>, into: &mut Vec<Stmt>) {
        let span = self.build.span(node);
        let kind = self.deeper(node, |lowering| lowering.any_statement(node, decorators)).flatten();
        into.extend(kind.map(|kind| Stmt { span, kind }));
    }

    fn any_statement(&mut self, node: Node<'_>, decorators: Vec<Expr>) -> Option<StmtKind> {
        Some(match node.kind() {
            "empty_statement"
            | "inner_attribute_item"
            | "macro_definition"
            | "extern_crate_declaration"
            | "shebang" => return None,
            "expression_statement" => return self.any_statement(node.named_child(0)?, decorators),
            "let_declaration" => self.declaration(node),
            "function_item" | "function_signature_item" => {
                StmtKind::Function(Box::new(self.function(node, decorators)))
            }
            "struct_item" | "enum_item" | "union_item" | "trait_item" | "impl_item" => {
                StmtKind::Class(Box::new(self.class(node, decorators)))
            }
            "mod_item" | "foreign_mod_item" => StmtKind::Block(self.body(node, Use::Effect)),
            "use_declaration" => StmtKind::Import(self.imports(node)),
            "const_item" | "static_item" => self.constant(node, decorators),
            "type_item" | "associated_type" => return None,
            "if_expression" => self.if_statement(node, Use::Effect),
            "match_expression" => self.match_statement(node, Use::Effect),
            "while_expression" => StmtKind::While {
                test: self.field(node, "condition"),
                body: self.body(node, Use::Effect),
                otherwise: Vec::new(),
                body_first: false,
            },
            "loop_expression" => {
                let test = self.make(node, ExprKind::Literal(crate::ir::Literal::Bool(true)));
                StmtKind::While {
                    test,
                    body: self.body(node, Use::Effect),
                    otherwise: Vec::new(),
                    body_first: true,
                }
            }
            "for_expression" => StmtKind::ForEach {
                target: self.field(node, "pattern"),
                over: self.field(node, "value"),
                keys: false,
                body: self.body(node, Use::Effect),
                otherwise: Vec::new(),
            },
            "block" | "unsafe_block" => StmtKind::Block(self.inner(node, Use::Effect)),
            "return_expression" => StmtKind::Return(named(node).first().map(|value| self.expression(*value))),
            "break_expression" => StmtKind::Break,
            "continue_expression" => StmtKind::Continue,
            "ERROR" => StmtKind::Opaque(self.block(node, Use::Effect)),
            _ => StmtKind::Expr(self.expression(node)),
        })
    }

    /// `let pattern: T = value else { … };`
    fn declaration(&mut self, node: Node<'_>) -> StmtKind {
        let declare = Declare {
            target: self.field(node, "pattern"),
            declared_type: node.child_by_field_name("type").map(|node| self.expression(node)),
            value: node.child_by_field_name("value").map(|node| self.expression(node)),
            block_scoped: true,
            constant: !has_word(node, "mutable_specifier"),
            decorators: Vec::new(),
        };
        let declared = StmtKind::Declare(Box::new(declare));
        let Some(alternative) = node.child_by_field_name("alternative") else { return declared };
        let span = self.build.span(node);
        let test = self.make(alternative, ExprKind::Opaque(Vec::new()));
        let escape = StmtKind::If { test, then: self.block(alternative, Use::Effect), otherwise: Vec::new() };
        StmtKind::Opaque(vec![Stmt { span, kind: declared }, Stmt { span, kind: escape }])
    }

    fn constant(&mut self, node: Node<'_>, decorators: Vec<Expr>) -> StmtKind {
        StmtKind::Declare(Box::new(Declare {
            target: self.field(node, "name"),
            declared_type: node.child_by_field_name("type").map(|node| self.expression(node)),
            value: node.child_by_field_name("value").map(|node| self.expression(node)),
            block_scoped: true,
            constant: node.kind() == "const_item",
            decorators,
        }))
    }

    /// The block in the field `body`.
    fn body(&mut self, node: Node<'_>, last: Use) -> Vec<Stmt> {
        node.child_by_field_name("body").map(|body| self.block(body, last)).unwrap_or_default()
    }

    /// The expression in a field; where the text is broken and has none, an opaque one.
    fn field(&mut self, node: Node<'_>, field: &str) -> Expr {
        match node.child_by_field_name(field) {
            Some(child) => self.expression(child),
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        }
    }
}

/// Whether the node is an expression whose value a block may have: no item, and nothing that a `;` ends.
fn is_value(node: Node<'_>) -> bool {
    let ended = node.kind() == "expression_statement" && has_word(node, ";");
    let item = node.kind().ends_with("_item")
        || node.kind().ends_with("_declaration")
        || node.kind() == "macro_definition";
    !ended && !item && !matches!(node.kind(), "empty_statement" | "ERROR")
}
