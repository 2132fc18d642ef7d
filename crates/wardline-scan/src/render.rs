//! The tree as text: what tests compare, and what people look at who write rules.
//!
//! One line for a statement; blocks are indented under it. Expressions are written fully bracketed: names as they are,
//! texts in quotes, `(call f x y=z)`, `(+ a b)`.

use std::fmt::Write as _;

use crate::ir::{
    Argument, Class, Clause, Entry, Expr, ExprKind, Function, Imported, Literal, Module, ParameterKind, Stmt,
    StmtKind, TemplatePart,
};

/// The whole module.
pub fn module(module: &Module) -> String {
    let mut out = Out::default();
    out.block(&module.body, 0);
    for problem in &module.problems {
        let _ = writeln!(out.text, "! {}..{} {}", problem.span.start, problem.span.end, problem.what);
    }
    out.text
}

/// One expression.
pub fn expression(expr: &Expr) -> String {
    let mut out = Out::default();
    out.expr(expr);
    out.text
}

#[derive(Default)]
struct Out {
    text: String,
    indent: usize,
}

impl Out {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn line(&mut self, indent: usize) {
        self.indent = indent;
        for _ in 0..indent {
            self.put("  ");
        }
    }

    /// A head on a line of its own, with expressions after it, and blocks under it.
    fn head(&mut self, indent: usize, word: &str, values: &[&Expr]) {
        self.line(indent);
        self.put(word);
        for value in values {
            self.put(" ");
            self.expr(value);
        }
        self.put("\n");
    }

    fn under(&mut self, indent: usize, word: &str, body: &[Stmt]) {
        if !body.is_empty() {
            self.head(indent, word, &[]);
            self.block(body, indent + 1);
        }
    }

    fn block(&mut self, body: &[Stmt], indent: usize) {
        for statement in body {
            self.statement(statement, indent);
        }
    }

    fn statement(&mut self, statement: &Stmt, indent: usize) {
        match &statement.kind {
            StmtKind::Expr(value) => self.head(indent, "do", &[value]),
            StmtKind::Declare(declare) => {
                let values: Vec<_> =
                    [Some(&declare.target), declare.declared_type.as_ref(), declare.value.as_ref()]
                        .into_iter()
                        .flatten()
                        .collect();
                let word = match (declare.constant, declare.block_scoped) {
                    (true, _) => "const",
                    (_, true) => "let",
                    _ => "declare",
                };
                self.decorators(&declare.decorators, indent);
                self.head(indent, word, &values);
            }
            StmtKind::If { test, then, otherwise } => {
                self.head(indent, "if", &[test]);
                self.block(then, indent + 1);
                self.under(indent, "else", otherwise);
            }
            StmtKind::While { test, body, otherwise, body_first } => {
                self.head(indent, if *body_first { "do-while" } else { "while" }, &[test]);
                self.block(body, indent + 1);
                self.under(indent, "else", otherwise);
            }
            StmtKind::For { init, test, update, body } => {
                self.head(indent, "for", &test.iter().collect::<Vec<_>>());
                self.under(indent, "init", init);
                self.head(indent, "update", &update.iter().collect::<Vec<_>>());
                self.block(body, indent + 1);
            }
            StmtKind::ForEach { target, over, keys, body, otherwise } => {
                self.head(indent, if *keys { "for-keys" } else { "for-each" }, &[target, over]);
                self.block(body, indent + 1);
                self.under(indent, "else", otherwise);
            }
            StmtKind::Function(function) => self.function(function, indent),
            StmtKind::Class(class) => self.class(class, indent),
            StmtKind::Block(body) => {
                self.head(indent, "block", &[]);
                self.block(body, indent + 1);
            }
            StmtKind::Opaque(body) => {
                self.head(indent, "opaque", &[]);
                self.block(body, indent + 1);
            }
            _ => self.other_statement(statement, indent),
        }
    }

    fn other_statement(&mut self, statement: &Stmt, indent: usize) {
        match &statement.kind {
            StmtKind::Switch { subject, arms } => {
                self.head(indent, "switch", &[subject]);
                for arm in arms {
                    self.head(
                        indent,
                        "case",
                        &arm.patterns.iter().chain(arm.guard.as_ref()).collect::<Vec<_>>(),
                    );
                    self.block(&arm.body, indent + 1);
                    self.under(indent, if arm.falls_through { "next" } else { "" }, &[]);
                }
            }
            StmtKind::Return(value) => self.head(indent, "return", &value.iter().collect::<Vec<_>>()),
            StmtKind::Throw(value) => self.head(indent, "throw", &value.iter().collect::<Vec<_>>()),
            StmtKind::Break => self.head(indent, "break", &[]),
            StmtKind::Continue => self.head(indent, "continue", &[]),
            StmtKind::Try { body, catches, otherwise, finally } => {
                self.head(indent, "try", &[]);
                self.block(body, indent + 1);
                for catch in catches {
                    self.head(
                        indent,
                        "catch",
                        &catch.types.iter().chain(catch.name.as_ref()).collect::<Vec<_>>(),
                    );
                    self.block(&catch.body, indent + 1);
                }
                self.under(indent, "else", otherwise);
                self.under(indent, "finally", finally);
            }
            StmtKind::With { items, body } => {
                let values: Vec<_> =
                    items.iter().flat_map(|(value, target)| std::iter::once(value).chain(target)).collect();
                self.head(indent, "with", &values);
                self.block(body, indent + 1);
            }
            StmtKind::Import(imports) => {
                for import in imports {
                    self.line(indent);
                    let what = match &import.what {
                        Imported::Whole => "",
                        Imported::One(name) => name,
                        Imported::All => "*",
                    };
                    let _ = writeln!(self.text, "import {} {what} as {}", import.module, import.local);
                }
            }
            StmtKind::Export(names) => {
                for (local, outside) in names {
                    self.line(indent);
                    let _ = writeln!(self.text, "export {local} as {outside}");
                }
            }
            StmtKind::Delete(values) => self.head(indent, "delete", &values.iter().collect::<Vec<_>>()),
            StmtKind::Global(names) => {
                self.line(indent);
                let _ = writeln!(self.text, "global {}", names.join(" "));
            }
            _ => {}
        }
    }

    fn decorators(&mut self, decorators: &[Expr], indent: usize) {
        for decorator in decorators {
            self.head(indent, "@", &[decorator]);
        }
    }

    fn function(&mut self, function: &Function, indent: usize) {
        self.decorators(&function.decorators, indent);
        self.line(indent);
        for (word, is) in [
            ("async ", function.is_async),
            ("static ", function.is_static),
            ("generator ", function.is_generator),
        ] {
            self.put(if is { word } else { "" });
        }
        self.put("function ");
        self.put(function.name.as_deref().unwrap_or("_"));
        self.parameters(function);
        self.put("\n");
        self.block(&function.body, indent + 1);
    }

    fn parameters(&mut self, function: &Function) {
        for parameter in &function.parameters {
            self.put(match parameter.kind {
                ParameterKind::Plain => " ",
                ParameterKind::NamedOnly => " named:",
                ParameterKind::Rest => " rest:",
                ParameterKind::NamedRest => " named-rest:",
            });
            self.expr(&parameter.target);
            for (sign, value) in [(":", &parameter.declared_type), ("=", &parameter.default)] {
                if let Some(value) = value {
                    self.put(sign);
                    self.expr(value);
                }
            }
            for decorator in &parameter.decorators {
                self.put("@");
                self.expr(decorator);
            }
        }
        if let Some(returns) = &function.returns {
            self.put(" -> ");
            self.expr(returns);
        }
    }

    fn class(&mut self, class: &Class, indent: usize) {
        self.decorators(&class.decorators, indent);
        self.head(
            indent,
            &format!("class {}", class.name.as_deref().unwrap_or("_")),
            &class.bases.iter().collect::<Vec<_>>(),
        );
        self.block(&class.members, indent + 1);
    }

    /// `(word a b c)`.
    fn form<'e>(&mut self, word: &str, parts: impl IntoIterator<Item = &'e Expr>) {
        self.put("(");
        self.put(word);
        for part in parts {
            self.put(" ");
            self.expr(part);
        }
        self.put(")");
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Name(name) => self.put(name),
            ExprKind::Member { object, name } => {
                self.expr(object);
                self.put(".");
                self.put(name);
            }
            ExprKind::Index { object, index } => {
                self.expr(object);
                self.put("[");
                self.expr(index);
                self.put("]");
            }
            ExprKind::Call { callee, arguments, is_new } => {
                self.put(if *is_new { "(new " } else { "(call " });
                self.expr(callee);
                self.arguments(arguments);
                self.put(")");
            }
            ExprKind::Binary { operator, left, right } => {
                self.form(&format!("{operator:?}"), [&**left, &**right]);
            }
            ExprKind::Unary { operator, value } => self.form(&format!("{operator:?}"), [&**value]),
            ExprKind::Conditional { test, then, otherwise } => {
                self.form("?", [&**test, &**then, &**otherwise])
            }
            ExprKind::Assign { target, operator, value } => match operator {
                Some(operator) => self.form(&format!("{operator:?}="), [&**target, &**value]),
                None => self.form("=", [&**target, &**value]),
            },
            ExprKind::List { elements, kind } => self.form(&format!("{kind:?}"), elements),
            ExprKind::Await(value) => self.form("await", [&**value]),
            ExprKind::Yield(value) => self.form("yield", value.as_deref()),
            ExprKind::Spread(value) => self.form("spread", [&**value]),
            ExprKind::Cast { value, to } => {
                self.form("cast", std::iter::once(&**value).chain(to.as_deref()));
            }
            ExprKind::Command(value) => self.form("command", [&**value]),
            ExprKind::Opaque(parts) => self.form("opaque", parts),
            _ => self.other_expr(expr),
        }
    }

    fn other_expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Slice(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    self.put(if place == 0 { "" } else { ":" });
                    if let Some(part) = part {
                        self.expr(part);
                    }
                }
            }
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::Tagged { tag, template } => self.form("tagged", [&**tag, &**template]),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Function(function) => {
                let indent = self.indent;
                self.put("(function");
                self.parameters(function);
                self.put(" {\n");
                self.block(&function.body, indent + 1);
                self.line(indent);
                self.put("})");
            }
            ExprKind::Class(class) => {
                let indent = self.indent;
                self.put("(\n");
                self.class(class, indent + 1);
                self.line(indent);
                self.put(")");
            }
            ExprKind::Comprehension { element, clauses, kind } => {
                self.put("(each ");
                let _ = write!(self.text, "{kind:?} ");
                self.expr(element);
                for clause in clauses {
                    self.put(" ");
                    match clause {
                        Clause::For(target, over) => self.form("for", [target, over]),
                        Clause::If(test) => self.form("if", [test]),
                    }
                }
                self.put(")");
            }
            ExprKind::Element(element) => {
                self.put("<");
                self.put(&element.tag);
                for attribute in &element.attributes {
                    self.put(" ");
                    self.put(attribute.name.as_deref().unwrap_or("..."));
                    if let Some(value) = &attribute.value {
                        self.put("=");
                        self.expr(value);
                    }
                }
                for child in &element.children {
                    self.put(" ");
                    self.expr(child);
                }
                self.put(">");
            }
            _ => {}
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            self.put(" ");
            if let Some(name) = &argument.name {
                self.put(name);
                self.put("=");
            }
            self.expr(&argument.value);
        }
    }

    fn template(&mut self, parts: &[TemplatePart]) {
        self.put("(text");
        for part in parts {
            self.put(" ");
            match part {
                TemplatePart::Text(text) => {
                    let _ = write!(self.text, "{text:?}");
                }
                TemplatePart::Value(value) => self.expr(value),
            }
        }
        self.put(")");
    }

    fn map(&mut self, entries: &[Entry]) {
        self.put("{");
        for (place, entry) in entries.iter().enumerate() {
            self.put(if place == 0 { "" } else { ", " });
            if let Some(key) = &entry.key {
                self.expr(key);
                self.put(": ");
            }
            self.expr(&entry.value);
        }
        self.put("}");
    }

    fn literal(&mut self, literal: &Literal) {
        let _ = match literal {
            Literal::Text(text) => write!(self.text, "{text:?}"),
            Literal::Bytes(text) => write!(self.text, "b{text:?}"),
            Literal::Integer(number) => write!(self.text, "{number}"),
            Literal::Number(number) => write!(self.text, "{number}"),
            Literal::Bool(value) => write!(self.text, "{value}"),
            Literal::Null => write!(self.text, "null"),
            Literal::Regex(pattern) => write!(self.text, "/{pattern}/"),
        };
    }
}
