//! Expressions and types.

use tree_sitter::Node;

use super::Lower;
use crate::{
    front::lower::{binary_operator, children, operator_text},
    ir::{Argument, Entry, Expr, ExprKind, ListKind, Literal, UnaryOperator},
};

/// Types of the language, by which a value is cast as by a call.
const TYPES: &[&str] = &[
    "string",
    "bool",
    "byte",
    "rune",
    "any",
    "error",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "float32",
    "float64",
    "complex64",
    "complex128",
];

impl<'t> Lower<'t, '_> {
    /// An expression.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.expr_here(node))
    }

    fn expr_here(&mut self, node: Node<'t>) -> Expr {
        match node.kind() {
            "identifier" | "field_identifier" | "package_identifier" | "blank_identifier" => {
                self.name_expr(node)
            }
            "selector_expression" => self.selector(node),
            "index_expression" => {
                let object = Box::new(self.field(node, "operand"));
                let index = Box::new(self.field(node, "index"));
                self.make(node, ExprKind::Index { object, index })
            }
            "slice_expression" => self.slice(node),
            "call_expression" => self.call(node),
            "type_assertion_expression" | "type_conversion_expression" => self.cast(node),
            "type_instantiation_expression" => self.first(node),
            "parenthesized_expression" => self.first(node),
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "composite_literal" => {
                let written = node.child_by_field_name("type");
                let body = node.child_by_field_name("body").unwrap_or(node);
                self.composite(node, written, body)
            }
            "func_literal" => {
                let function = self.function(node);
                self.make(node, ExprKind::Function(Box::new(function)))
            }
            "variadic_argument" => {
                let value = self.first(node);
                self.make(node, ExprKind::Spread(Box::new(value)))
            }
            "expression_list" => {
                let elements = self.exprs(children(node));
                self.make(node, ExprKind::List { elements, kind: ListKind::Tuple })
            }
            "literal_element" => self.first(node),
            "iota" => {
                let value = Literal::Integer(self.state.iota);
                self.make(node, ExprKind::Literal(value))
            }
            "nil" | "true" | "false" => self.literal(node),
            kind if kind.ends_with("_literal") => self.literal(node),
            kind if kind.ends_with("_type") || kind == "type_identifier" => self.type_expr(node),
            _ => {
                let parts = self.exprs(children(node));
                self.make(node, ExprKind::Opaque(parts))
            }
        }
    }

    /// `x.y`; a pointer is what it points to.
    fn selector(&mut self, node: Node<'t>) -> Expr {
        let object = self.field(node, "operand");
        let object = match object.kind {
            ExprKind::Unary { operator: UnaryOperator::Reference, value } => value,
            _ => Box::new(object),
        };
        let Some(field) = node.child_by_field_name("field") else { return *object };
        let name = self.spelled(field);
        self.make(node, ExprKind::Member { object, name })
    }

    fn slice(&mut self, node: Node<'t>) -> Expr {
        let object = Box::new(self.field(node, "operand"));
        let bounds = ["start", "end", "capacity"];
        let bounds = bounds.map(|name| node.child_by_field_name(name).map(|bound| self.expr(bound)));
        let [start, end, _] = bounds;
        let index = Box::new(self.make(node, ExprKind::Slice(vec![start, end])));
        self.make(node, ExprKind::Index { object, index })
    }

    fn call(&mut self, node: Node<'t>) -> Expr {
        let arguments = node.child_by_field_name("arguments").map_or_else(Vec::new, children);
        let function = node.child_by_field_name("function");
        if let (Some(function), [value]) = (function, arguments.as_slice())
            && self.is_conversion(function)
        {
            let value = Box::new(self.expr(*value));
            let to = Some(Box::new(self.type_expr(function)));
            return self.make(node, ExprKind::Cast { value, to });
        }
        let callee = Box::new(self.field(node, "function"));
        let arguments =
            arguments.into_iter().map(|value| Argument { name: None, value: self.expr(value) }).collect();
        self.make(node, ExprKind::Call { callee, arguments, is_new: false })
    }

    fn is_conversion(&self, function: Node<'t>) -> bool {
        let name = self.source(function);
        matches!(function.kind(), "identifier" | "type_identifier")
            && (TYPES.contains(&name)
                || (self.state.others.contains(name) && !self.state.classes.contains(name)))
    }

    /// `x.(T)`, `[]byte(x)`. Whether `a.B(x)` and `B(x)` are casts or calls is for the grammar to guess; they are calls.
    fn cast(&mut self, node: Node<'t>) -> Expr {
        let written = node.child_by_field_name("type");
        if let Some(written) = written
            && node.kind() == "type_conversion_expression"
            && matches!(written.kind(), "qualified_type" | "type_identifier" | "generic_type")
            && !self.is_conversion(written)
        {
            let callee = Box::new(self.type_expr(written));
            let value = self.field(node, "operand");
            let arguments = vec![Argument { name: None, value }];
            return self.make(node, ExprKind::Call { callee, arguments, is_new: false });
        }
        let value = Box::new(self.field(node, "operand"));
        let to = node.child_by_field_name("type").map(|to| Box::new(self.type_expr(to)));
        self.make(node, ExprKind::Cast { value, to })
    }

    fn unary(&mut self, node: Node<'t>) -> Expr {
        let operator = match operator_text(self.text, node) {
            "!" => UnaryOperator::Not,
            "-" => UnaryOperator::Negate,
            "+" => UnaryOperator::Plus,
            "^" => UnaryOperator::BitNot,
            _ => UnaryOperator::Reference,
        };
        let value = Box::new(self.field(node, "operand"));
        self.make(node, ExprKind::Unary { operator, value })
    }

    fn binary(&mut self, node: Node<'t>) -> Expr {
        let written = operator_text(self.text, node);
        let operator = binary_operator(written);
        if let Some(operands) = self.long_chain(node, operator, written) {
            let operands = self.exprs(operands);
            return self.joined(operands, operator);
        }
        let left = Box::new(self.field(node, "left"));
        let right = Box::new(self.field(node, "right"));
        self.make(node, ExprKind::Binary { operator, left, right })
    }

    /// `T{…}`, and what stands in one without its type.
    fn composite(&mut self, node: Node<'t>, written: Option<Node<'t>>, body: Node<'t>) -> Expr {
        self.nested(node, |lower| {
            let kind = written.map_or("", |written| written.kind());
            let inner = written
                .and_then(|written| {
                    written.child_by_field_name("element").or_else(|| written.child_by_field_name("value"))
                })
                .map(pointed);
            match (written, kind) {
                (_, "slice_type" | "array_type" | "implicit_length_array_type") => {
                    lower.elements(node, body, inner)
                }
                (Some(written), "type_identifier" | "qualified_type" | "generic_type")
                    if !children(body).iter().any(|entry| lower.has_literal_key(*entry)) =>
                {
                    lower.structure(node, written, body)
                }
                _ => lower.entries(node, body, inner),
            }
        })
    }

    fn has_literal_key(&self, entry: Node<'t>) -> bool {
        entry
            .child_by_field_name("key")
            .and_then(|key| children(key).first().copied())
            .is_some_and(|key| key.kind() != "identifier")
    }

    fn elements(&mut self, node: Node<'t>, body: Node<'t>, inner: Option<Node<'t>>) -> Expr {
        let mut elements = Vec::new();
        for element in children(body) {
            let value = element.child_by_field_name("value").unwrap_or(element);
            elements.push(self.element(value, inner));
        }
        self.make(node, ExprKind::List { elements, kind: ListKind::List })
    }

    /// A value in a literal; one in braces has the type of the literal's elements.
    fn element(&mut self, node: Node<'t>, inner: Option<Node<'t>>) -> Expr {
        match children(node).first() {
            Some(value) if value.kind() == "literal_value" => self.composite(*value, inner, *value),
            Some(value) if node.kind() == "literal_element" => self.expr(*value),
            _ => self.expr(node),
        }
    }

    fn structure(&mut self, node: Node<'t>, written: Node<'t>, body: Node<'t>) -> Expr {
        let callee = Box::new(self.type_expr(written));
        let mut arguments = Vec::new();
        for entry in children(body) {
            let name = entry.child_by_field_name("key").map(|key| self.spelled(key));
            let value = entry.child_by_field_name("value").unwrap_or(entry);
            arguments.push(Argument { name, value: self.element(value, None) });
        }
        self.make(node, ExprKind::Call { callee, arguments, is_new: true })
    }

    /// A map, or a struct whose type has no name: its fields are texts.
    fn entries(&mut self, node: Node<'t>, body: Node<'t>, inner: Option<Node<'t>>) -> Expr {
        let is_map = has_map_keys(node);
        let mut entries = Vec::new();
        for entry in children(body) {
            let key = entry.child_by_field_name("key").map(|key| match children(key).first() {
                Some(name) if name.kind() == "identifier" && !is_map => {
                    let text = self.source(*name).into();
                    self.make(*name, ExprKind::Literal(Literal::Text(text)))
                }
                _ => self.element(key, None),
            });
            let value = entry.child_by_field_name("value").unwrap_or(entry);
            entries.push(Entry { key, value: self.element(value, inner) });
        }
        self.make(node, ExprKind::Map(entries))
    }

    /// A type.
    pub(super) fn type_expr(&mut self, node: Node<'t>) -> Expr {
        self.nested(node, |lower| lower.type_here(node))
    }

    fn type_here(&mut self, node: Node<'t>) -> Expr {
        let parts = children(node);
        match (node.kind(), parts.as_slice()) {
            ("qualified_type", [package, name]) => {
                let object = Box::new(self.name_expr(*package));
                let name = self.spelled(*name);
                self.make(node, ExprKind::Member { object, name })
            }
            ("pointer_type", [inner]) => {
                let value = Box::new(self.type_expr(*inner));
                self.make(node, ExprKind::Unary { operator: UnaryOperator::Reference, value })
            }
            ("generic_type" | "parenthesized_type" | "negated_type", [inner, ..]) => self.type_expr(*inner),
            ("slice_type" | "array_type" | "implicit_length_array_type", [.., element]) => {
                let object = Box::new(self.made_name(node, "Array"));
                let index = Box::new(self.type_expr(*element));
                self.make(node, ExprKind::Index { object, index })
            }
            ("map_type", [key, value]) => {
                let object = Box::new(self.made_name(node, "map"));
                let elements = vec![self.type_expr(*key), self.type_expr(*value)];
                let index = Box::new(self.make(node, ExprKind::List { elements, kind: ListKind::Tuple }));
                self.make(node, ExprKind::Index { object, index })
            }
            ("function_type", _) => self.made_name(node, "func"),
            ("interface_type", _) => self.made_name(node, "interface"),
            ("struct_type", _) => self.made_name(node, "struct"),
            ("channel_type", _) => self.made_name(node, "chan"),
            _ => {
                let name = self.spelled(node);
                self.make(node, ExprKind::Name(name))
            }
        }
    }
}

/// Whether a literal is a map's: its keys are values.
fn has_map_keys(node: Node<'_>) -> bool {
    node.child_by_field_name("type").is_some_and(|written| written.kind() == "map_type")
}

/// What a pointer points to.
fn pointed(written: Node<'_>) -> Node<'_> {
    match children(written).first() {
        Some(inner) if written.kind() == "pointer_type" => *inner,
        _ => written,
    }
}
