//! Python 3.13, read with tree-sitter-python.
//!
//! What differs from the shape of the source: `assert t, m` is `if not t: raise AssertionError(m)`; `import a.b` is an
//! import of `a` as `a` and one of `a.b` that binds nothing; a chained comparison is an `and` (its middle operand stands
//! twice); `...` is the name `...`; a long chain of one associative operator is a balanced tree; a bare name in a
//! `case` is a name that is bound, as in the source.

mod expression;
mod import;
mod parameter;
mod remarks;
mod text;

use tree_sitter::{Node, Tree};

use super::{
    Builder, DEPTH,
    again::{Again, Before, Source},
    problems,
};
use crate::{
    ir::{
        Arm, Catch, Class, Declare, Expr, ExprKind, Function, Module, Name, Operator, Stmt, StmtKind,
        UnaryOperator,
    },
    language::Language,
};

/// Lowers a Python file.
pub fn lower(text: &str) -> Module {
    read(text, parse(text, None), false).0
}

/// Lowers a Python file as the grammar reads it with all its remarks.
#[cfg(test)]
fn lower_unblanked(text: &str) -> Module {
    read(text, super::again::parse(&tree_sitter_python::LANGUAGE.into(), (text, text), None), false).0
}

/// Lowers a Python file of which an earlier state was lowered.
pub(super) fn lower_again(text: &str, before: Option<Before<'_>>) -> (Module, Option<Source>) {
    read(text, parse(text, before), true)
}

fn parse(text: &str, before: Option<Before<'_>>) -> Option<(Tree, Option<Again>)> {
    let seen = before.map(|before| remarks::blanked(before.text));
    let before = before.zip(seen.as_deref());
    super::again::parse(&tree_sitter_python::LANGUAGE.into(), (text, &remarks::blanked(text)), before)
}

fn read(text: &str, parsed: Option<(Tree, Option<Again>)>, keep: bool) -> (Module, Option<Source>) {
    let mut lowering = Lowering { build: Builder::new(), text, depth: 0, copying: false, yields: false };
    let Some((tree, again)) = parsed else {
        lowering.build.problem(super::whole(text), "the grammar did not read it");
        return (lowering.build.module(Language::Python, Vec::new()), None);
    };
    if keep {
        lowering.build.keep(again);
    }
    problems(&mut lowering.build, &tree);
    let body = lowering.block(tree.root_node());
    let source = lowering.build.kept().map(|pieces| Source::new(tree, pieces));
    (lowering.build.module(Language::Python, body), source)
}

/// The state of lowering one text.
struct Lowering<'t> {
    build: Builder,
    text: &'t str,
    /// How many statements and expressions are open.
    depth: usize,
    /// Whether this is the second copy of an operand of a chained comparison.
    copying: bool,
    /// Whether the function at hand had a `yield` so far.
    yields: bool,
}

/// The named children of a node that are no comments.
fn named(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    let children = node.named_children(&mut cursor);
    children.filter(|child| !matches!(child.kind(), "comment" | "line_continuation")).collect()
}

/// The children of a node in a field, comments left out.
fn fields<'n>(node: Node<'n>, field: &str) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    let children = node.children_by_field_name(field, &mut cursor);
    children.filter(|child| child.is_named() && child.kind() != "comment").collect()
}

impl<'t> Lowering<'t> {
    /// The source of a node.
    fn source(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn name_of(&mut self, node: Node<'_>) -> Name {
        let source = self.source(node);
        self.build.name(source)
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

    /// The statements of a `block`, a module, or what stands in their place.
    fn block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let mut statements = Vec::new();
        for child in named(node) {
            self.statement(child, &mut statements);
        }
        statements
    }

    fn block_of(&mut self, node: Node<'_>, field: &str) -> Vec<Stmt> {
        node.child_by_field_name(field).map(|block| self.block(block)).unwrap_or_default()
    }

    /// The block of a clause that has no field for it.
    fn last_block(&mut self, node: Node<'_>) -> Vec<Stmt> {
        let block = named(node).into_iter().rfind(|child| child.kind() == "block");
        block.map(|block| self.block(block)).unwrap_or_default()
    }

    fn statement(&mut self, node: Node<'_>, into: &mut Vec<Stmt>) {
        if let Some((mut known, yields)) = self.build.take(node, self.depth) {
            into.append(&mut known);
            self.yields |= yields;
            return;
        }
        let begun = self.build.begin(node, self.depth);
        let (from, outer) = (into.len(), std::mem::take(&mut self.yields));
        self.deeper(node, |lowering| lowering.any_statement(node, into));
        self.build.end(begun, into.get(from..).unwrap_or_default(), self.yields);
        self.yields |= outer;
    }

    fn any_statement(&mut self, node: Node<'_>, into: &mut Vec<Stmt>) {
        let span = self.build.span(node);
        let kind = match node.kind() {
            "expression_statement" => return self.expression_statement(node, into),
            "pass_statement" | "type_conversion" => return,
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                StmtKind::Import(self.imports(node))
            }
            "return_statement" => StmtKind::Return(self.expression_list(&named(node), node)),
            "raise_statement" => {
                let cause = node.child_by_field_name("cause");
                let raised: Vec<_> = named(node).into_iter().filter(|child| Some(*child) != cause).collect();
                if let Some(cause) = cause {
                    let value = self.expression(cause);
                    into.push(Stmt { span: value.span, kind: StmtKind::Expr(value) });
                }
                StmtKind::Throw(self.expression_list(&raised, node))
            }
            "break_statement" => StmtKind::Break,
            "continue_statement" => StmtKind::Continue,
            "delete_statement" => StmtKind::Delete(self.deleted(node)),
            "global_statement" | "nonlocal_statement" => {
                StmtKind::Global(named(node).into_iter().map(|name| self.name_of(name)).collect())
            }
            "assert_statement" => self.assert(node),
            "print_statement" | "exec_statement" => self.python2(node),
            "type_alias_statement" => self.type_alias(node),
            "if_statement" => self.if_statement(node),
            "while_statement" => StmtKind::While {
                test: self.expression_field(node, "condition"),
                body: self.block_of(node, "body"),
                otherwise: self.else_of(node),
                body_first: false,
            },
            "for_statement" => StmtKind::ForEach {
                target: self.expression_field(node, "left"),
                over: self.expression_field(node, "right"),
                keys: false,
                body: self.block_of(node, "body"),
                otherwise: self.else_of(node),
            },
            "try_statement" => self.try_statement(node),
            "with_statement" => self.with_statement(node),
            "match_statement" => self.match_statement(node),
            "function_definition" => StmtKind::Function(Box::new(self.function(node, Vec::new(), span))),
            "class_definition" => StmtKind::Class(Box::new(self.class(node, Vec::new(), span))),
            "decorated_definition" => match self.decorated(node) {
                Some(kind) => kind,
                None => return,
            },
            "block" => return into.append(&mut self.block(node)),
            "ERROR" => StmtKind::Opaque(self.block(node)),
            other if other.ends_with("_clause") => StmtKind::Opaque(self.block(node)),
            _ => StmtKind::Expr(self.expression(node)),
        };
        into.push(Stmt { span, kind });
    }

    fn expression_statement(&mut self, node: Node<'_>, into: &mut Vec<Stmt>) {
        let span = self.build.span(node);
        let children = named(node);
        let typed = children.first().filter(|child| child.kind() == "assignment");
        if let Some((assignment, declared)) =
            typed.and_then(|node| Some((*node, node.child_by_field_name("type")?)))
        {
            let declare = Declare {
                target: self.expression_field(assignment, "left"),
                declared_type: Some(self.expression(declared)),
                value: assignment.child_by_field_name("right").map(|right| self.expression(right)),
                block_scoped: false,
                constant: false,
                decorators: Vec::new(),
            };
            into.push(Stmt { span, kind: StmtKind::Declare(Box::new(declare)) });
        } else if let Some(value) = self.expression_list(&children, node) {
            into.push(Stmt { span, kind: StmtKind::Expr(value) });
        }
    }

    fn deleted(&mut self, node: Node<'_>) -> Vec<Expr> {
        let mut targets = Vec::new();
        for child in named(node) {
            if child.kind() == "expression_list" {
                targets.extend(named(child).into_iter().map(|target| self.expression(target)));
            } else {
                targets.push(self.expression(child));
            }
        }
        targets
    }

    /// `assert test, message` as `if not test: raise AssertionError(message)`.
    fn assert(&mut self, node: Node<'_>) -> StmtKind {
        let children = named(node);
        let mut parts = children.iter().map(|child| self.expression(*child)).collect::<Vec<_>>().into_iter();
        let test = parts.next().unwrap_or_else(|| self.make(node, ExprKind::Opaque(Vec::new())));
        let arguments = parts.map(|value| crate::ir::Argument { name: None, value }).collect();
        let error = self.build.name("AssertionError");
        let callee = Box::new(self.make(node, ExprKind::Name(error)));
        let raised = self.make(node, ExprKind::Call { callee, arguments, is_new: false });
        let test = self.make(node, ExprKind::Unary { operator: UnaryOperator::Not, value: Box::new(test) });
        let then = vec![Stmt { span: raised.span, kind: StmtKind::Throw(Some(raised)) }];
        StmtKind::If { test, then, otherwise: Vec::new() }
    }

    /// Statements that only Python 2 has: read as the calls that they became.
    fn python2(&mut self, node: Node<'_>) -> StmtKind {
        let span = self.build.span(node);
        let word = node.kind().trim_end_matches("_statement");
        self.build.problem(span, format!("`{word}` statement of Python 2"));
        let name = self.build.name(word);
        let callee = Box::new(self.make(node, ExprKind::Name(name)));
        let values = named(node).into_iter().map(|child| self.expression(child)).collect::<Vec<_>>();
        let arguments = values.into_iter().map(|value| crate::ir::Argument { name: None, value }).collect();
        StmtKind::Expr(self.make(node, ExprKind::Call { callee, arguments, is_new: false }))
    }

    fn type_alias(&mut self, node: Node<'_>) -> StmtKind {
        StmtKind::Declare(Box::new(Declare {
            target: self.expression_field(node, "left"),
            declared_type: None,
            value: Some(self.expression_field(node, "right")),
            block_scoped: false,
            constant: false,
            decorators: Vec::new(),
        }))
    }

    /// `if` with its `elif`s: each is an `if` in the `else` of the one before. What would nest too deep is put side by
    /// side, as a problem.
    fn if_statement(&mut self, node: Node<'_>) -> StmtKind {
        let mut clauses = vec![node];
        let mut otherwise = Vec::new();
        for alternative in fields(node, "alternative") {
            match alternative.kind() {
                "elif_clause" => clauses.push(alternative),
                _ => otherwise = self.block_of(alternative, "body"),
            }
        }
        let fit = DEPTH.saturating_sub(self.depth).max(1);
        if let Some(first) = clauses.get(fit) {
            let span = self.build.span(*first);
            self.build.problem(span, format!("nested deeper than {DEPTH}"));
            for clause in clauses.drain(fit..) {
                let test = self.expression_field(clause, "condition");
                otherwise.push(Stmt { span: test.span, kind: StmtKind::Expr(test) });
                otherwise.append(&mut self.block_of(clause, "consequence"));
            }
            let inner = std::mem::take(&mut otherwise);
            otherwise.push(Stmt { span, kind: StmtKind::Opaque(inner) });
        }
        let before = self.depth;
        let mut read = Vec::new();
        for clause in clauses {
            let test = self.expression_field(clause, "condition");
            read.push((self.build.span(clause), test, self.block_of(clause, "consequence")));
            self.depth = (self.depth + 1).min(DEPTH);
        }
        self.depth = before;
        while read.len() > 1 {
            let Some((span, test, then)) = read.pop() else { break };
            let kind = StmtKind::If { test, then, otherwise: std::mem::take(&mut otherwise) };
            otherwise = vec![Stmt { span, kind }];
        }
        match read.pop() {
            Some((_, test, then)) => StmtKind::If { test, then, otherwise },
            None => StmtKind::Opaque(otherwise),
        }
    }

    /// The `else` of a loop.
    fn else_of(&mut self, node: Node<'_>) -> Vec<Stmt> {
        node.child_by_field_name("alternative")
            .map(|clause| self.block_of(clause, "body"))
            .unwrap_or_default()
    }

    fn try_statement(&mut self, node: Node<'_>) -> StmtKind {
        let body = self.block_of(node, "body");
        let (mut catches, mut otherwise, mut finally) = (Vec::new(), Vec::new(), Vec::new());
        for clause in named(node) {
            match clause.kind() {
                "except_clause" | "except_group_clause" => catches.push(self.catch(clause)),
                "else_clause" => otherwise = self.block_of(clause, "body"),
                "finally_clause" => finally = self.last_block(clause),
                _ => {}
            }
        }
        StmtKind::Try { body, catches, otherwise, finally }
    }

    fn catch(&mut self, clause: Node<'_>) -> Catch {
        let mut values = fields(clause, "value");
        let mut name = clause.child_by_field_name("alias");
        if let [only] = values.as_slice()
            && only.kind() == "as_pattern"
        {
            name = only.child_by_field_name("alias");
            values = named(*only).into_iter().take(1).collect();
        }
        if let [only] = values.as_slice()
            && only.kind() == "tuple"
        {
            values = named(*only);
        }
        Catch {
            types: values.into_iter().map(|value| self.expression(value)).collect(),
            name: name.map(|name| self.expression(name)),
            body: self.last_block(clause),
        }
    }

    fn with_statement(&mut self, node: Node<'_>) -> StmtKind {
        let mut items = Vec::new();
        for clause in named(node).into_iter().filter(|child| child.kind() == "with_clause") {
            for item in named(clause) {
                let value = item.child_by_field_name("value").unwrap_or(item);
                // A parenthesised list of items may be read as a tuple of `as` patterns.
                let within = if value.kind() == "tuple" { named(value) } else { Vec::new() };
                if within.iter().any(|part| part.kind() == "as_pattern") {
                    items.extend(within);
                } else {
                    items.push(value);
                }
            }
        }
        let items = items.into_iter().map(|item| self.with_item(item)).collect();
        StmtKind::With { items, body: self.block_of(node, "body") }
    }

    fn with_item(&mut self, mut item: Node<'_>) -> (Expr, Option<Expr>) {
        while item.kind() == "parenthesized_expression"
            && let Some(inner) = item.named_child(0)
        {
            item = inner;
        }
        let alias = item.child_by_field_name("alias").filter(|_| item.kind() == "as_pattern");
        match (alias, item.named_child(0)) {
            (Some(alias), Some(value)) => (self.expression(value), Some(self.expression(alias))),
            _ => (self.expression(item), None),
        }
    }

    fn match_statement(&mut self, node: Node<'_>) -> StmtKind {
        let subjects = fields(node, "subject");
        let subject = match self.expression_list(&subjects, node) {
            Some(subject) => subject,
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        };
        let mut arms = Vec::new();
        if let Some(body) = node.child_by_field_name("body") {
            for clause in named(body).into_iter().filter(|child| child.kind() == "case_clause") {
                arms.push(self.arm(clause));
            }
        }
        StmtKind::Switch { subject, arms }
    }

    fn arm(&mut self, clause: Node<'_>) -> Arm {
        let cases: Vec<_> =
            named(clause).into_iter().filter(|child| child.kind() == "case_pattern").collect();
        let mut patterns = Vec::new();
        if let [only] = cases.as_slice() {
            self.case(*only, &mut patterns);
        } else {
            let elements = cases.into_iter().map(|case| self.expression(case)).collect();
            patterns.push(self.make(clause, ExprKind::List { elements, kind: crate::ir::ListKind::Tuple }));
        }
        let guard = clause.child_by_field_name("guard").and_then(|guard| guard.named_child(0));
        Arm {
            patterns,
            guard: guard.map(|guard| self.expression(guard)),
            body: self.block_of(clause, "consequence"),
            falls_through: false,
        }
    }

    /// The patterns of a case: those of an alternative one by one, none for `_`.
    fn case(&mut self, case: Node<'_>, into: &mut Vec<Expr>) {
        if self.source(case) == "_" {
            return;
        }
        let inner = named(case);
        match inner.as_slice() {
            [union] if union.kind() == "union_pattern" => {
                for pattern in named(*union) {
                    into.push(self.expression(pattern));
                }
            }
            _ => into.push(self.expression(case)),
        }
    }

    fn decorated(&mut self, node: Node<'_>) -> Option<StmtKind> {
        let mut decorators = Vec::new();
        for decorator in named(node).into_iter().filter(|child| child.kind() == "decorator") {
            if let Some(value) = named(decorator).first() {
                decorators.push(self.expression(*value));
            }
        }
        let span = self.build.span(node);
        let definition = node.child_by_field_name("definition")?;
        Some(match definition.kind() {
            "class_definition" => StmtKind::Class(Box::new(self.class(definition, decorators, span))),
            _ => StmtKind::Function(Box::new(self.function(definition, decorators, span))),
        })
    }

    fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>, span: crate::span::Span) -> Function {
        let id = self.build.function();
        let name = node.child_by_field_name("name").map(|name| self.name_of(name));
        let outer = std::mem::replace(&mut self.yields, false);
        let parameters = node.child_by_field_name("parameters");
        let parameters = parameters.map(|list| self.parameters(list)).unwrap_or_default();
        let returns = node.child_by_field_name("return_type").map(|kind| self.expression(kind));
        let body = self.block_of(node, "body");
        let is_generator = std::mem::replace(&mut self.yields, outer);
        let is_static = decorators
            .iter()
            .any(|decorator| matches!(&decorator.kind, ExprKind::Name(name) if &**name == "staticmethod"));
        let is_async = node.child(0).is_some_and(|first| first.kind() == "async");
        Function { id, name, parameters, returns, decorators, body, is_async, is_generator, is_static, span }
    }

    fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>, span: crate::span::Span) -> Class {
        let name = node.child_by_field_name("name").map(|name| self.name_of(name));
        let mut bases = Vec::new();
        if let Some(list) = node.child_by_field_name("superclasses") {
            for base in named(list) {
                // `metaclass=M`: a value that takes part, though no base.
                bases.push(
                    match base.child_by_field_name("value").filter(|_| base.kind() == "keyword_argument") {
                        Some(value) => {
                            let value = self.expression(value);
                            self.make(base, ExprKind::Opaque(vec![value]))
                        }
                        None => self.expression(base),
                    },
                );
            }
        }
        let members = self.block_of(node, "body");
        Class { name, bases, decorators, members, span }
    }

    /// Several expressions side by side are a tuple, one is itself (also when it is an `expression_list`).
    fn expression_list(&mut self, nodes: &[Node<'_>], whole: Node<'_>) -> Option<Expr> {
        match nodes {
            [] => None,
            [one] if !self.source(whole).trim_end().ends_with(',') => Some(self.expression(*one)),
            [one] if whole.kind() != "expression_statement" => Some(self.expression(*one)),
            many => {
                let elements = many.iter().map(|node| self.expression(*node)).collect();
                Some(self.make(whole, ExprKind::List { elements, kind: crate::ir::ListKind::Tuple }))
            }
        }
    }

    /// The expression in a field; where the text is broken and has none, an opaque one.
    fn expression_field(&mut self, node: Node<'_>, field: &str) -> Expr {
        match node.child_by_field_name(field) {
            Some(child) => self.expression(child),
            None => self.make(node, ExprKind::Opaque(Vec::new())),
        }
    }

    /// The operator of a binary expression or augmented assignment.
    fn operator(text: &str) -> Operator {
        match text.strip_suffix('=').filter(|_| !matches!(text, "<=" | ">=" | "==" | "!=")).unwrap_or(text) {
            "+" => Operator::Add,
            "-" => Operator::Subtract,
            "*" => Operator::Multiply,
            "/" => Operator::Divide,
            "//" => Operator::FloorDivide,
            "%" => Operator::Modulo,
            "**" => Operator::Power,
            "&" => Operator::BitAnd,
            "|" => Operator::BitOr,
            "^" => Operator::BitXor,
            "<<" => Operator::ShiftLeft,
            ">>" => Operator::ShiftRight,
            "and" => Operator::And,
            "or" => Operator::Or,
            "==" => Operator::Equal,
            "!=" | "<>" => Operator::NotEqual,
            "is" => Operator::Identical,
            "is not" => Operator::NotIdentical,
            "<" => Operator::Less,
            "<=" => Operator::LessEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterEqual,
            "in" => Operator::In,
            "not in" => Operator::NotIn,
            _ => Operator::Other,
        }
    }
}
