//! Comprehensions: loops that give a value.

use super::{interpreter::Interpreter, value::Value};
use crate::ir::{Clause, ComprehensionKind, Expr, ExprKind};

impl<'p> Interpreter<'p> {
    pub(super) fn comprehension(
        &mut self,
        element: &'p Expr,
        clauses: &'p [Clause],
        kind: ComprehensionKind,
    ) -> Value<'p> {
        let mark = self.mark_now();
        for clause in clauses {
            match clause {
                Clause::For(target, over) => {
                    let container = self.eval(over);
                    let item = self.iterated(&container, false);
                    self.assign(target, item, None);
                }
                Clause::If(test) => {
                    self.eval(test);
                    self.refine(test, true);
                }
            }
        }
        let made = match (&element.kind, kind) {
            (ExprKind::List { elements, .. }, ComprehensionKind::Map) => {
                let mut values = elements.iter().map(|part| self.eval(part));
                let key = values.next().unwrap_or_else(Value::unknown);
                let value = values.next().unwrap_or_else(Value::unknown);
                value.tainted(&key.deep_taint())
            }
            _ => self.eval(element),
        };
        self.take_back(mark);
        match kind {
            ComprehensionKind::Map => Value::map(std::collections::BTreeMap::new(), Some(made)),
            _ => Value::list(Vec::new(), Some(made)),
        }
    }
}
