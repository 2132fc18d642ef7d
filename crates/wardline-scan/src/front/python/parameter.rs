//! Parameters of functions and lambdas.

use tree_sitter::Node;

use super::{Lowering, named};
use crate::ir::{Parameter, ParameterKind};

impl Lowering<'_> {
    pub(super) fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let mut plain = ParameterKind::Plain;
        for node in named(list) {
            match node.kind() {
                "keyword_separator" => plain = ParameterKind::NamedOnly,
                "positional_separator" => {}
                _ => {
                    let parameter = self.parameter(node, plain);
                    if parameter.kind == ParameterKind::Rest {
                        plain = ParameterKind::NamedOnly;
                    }
                    parameters.push(parameter);
                }
            }
        }
        parameters
    }

    fn parameter(&mut self, node: Node<'_>, plain: ParameterKind) -> Parameter {
        let declared_type = node.child_by_field_name("type");
        let default = node.child_by_field_name("value");
        let bound = match node.kind() {
            "default_parameter" | "typed_default_parameter" => node.child_by_field_name("name"),
            "typed_parameter" => node.named_child(0),
            _ => None,
        };
        let bound = bound.unwrap_or(node);
        let (bound, kind) = match bound.kind() {
            "list_splat_pattern" => (bound.named_child(0).unwrap_or(bound), ParameterKind::Rest),
            "dictionary_splat_pattern" => (bound.named_child(0).unwrap_or(bound), ParameterKind::NamedRest),
            _ => (bound, plain),
        };
        Parameter {
            target: self.expression(bound),
            declared_type: declared_type.map(|node| self.expression(node)),
            default: default.map(|node| self.expression(node)),
            kind,
            decorators: Vec::new(),
        }
    }
}
