//! What assignments leave in variables: values, values with more at the end, arrays.

use std::rc::Rc;

use crate::answer::{Certainty, Word};
use crate::expand::{expand, known};
use crate::interp::arithmetic;
use crate::interp::parameters::{number_text, variable};
use crate::scope::nothing_known;
use crate::syntax::{Assignment, Simple};
use crate::walk::Walker;

/// What one assignment leaves.
pub(crate) struct Bound {
    pub(crate) name: String,
    pub(crate) value: Word,
    pub(crate) elements: Option<Vec<(String, Word)>>,
}

impl Walker {
    /// What the assignments leave in the variables, when they stand alone.
    pub(crate) fn bindings(&self, simple: &Simple) -> Vec<Bound> {
        simple.assignments.iter().map(|assignment| self.bound(assignment)).collect()
    }

    /// What one assignment leaves.
    pub(crate) fn bound(&self, assignment: &Assignment) -> Bound {
        let name = assignment.name.clone();
        let (value, elements) = if assignment.array {
            (nothing_known(), self.elements(assignment))
        } else {
            let value = self.value(&assignment.value);
            let value = if assignment.append { self.appended(&name, &value) } else { value };
            (value, None)
        };
        Bound { name, value, elements }
    }

    fn appended(&self, name: &str, value: &Word) -> Word {
        let sure = self.scope.get(name).is_some_and(|binding| binding.certain);
        let before = variable(name, &self.scope);
        let mut word = if sure && before.complete && value.complete {
            let certainty = before.certainty.max(value.certainty);
            Word { certainty, ..known(&format!("{}{}", before.value, value.value)) }
        } else {
            nothing_known()
        };
        word.carry(&before);
        word.carry(value);
        word
    }

    /// The members of an array after `a=( … )`, `a+=( … )` or `a[i]=…`; `None` when they can't be told.
    fn elements(&self, assignment: &Assignment) -> Option<Vec<(String, Word)>> {
        let before = || match self.scope.get(&assignment.name) {
            None => Some(Vec::new()),
            Some(binding) => match &binding.elements {
                Some(elements) if binding.certain => Some(elements.to_vec()),
                None if binding.value.complete => Some(vec![("0".to_owned(), binding.value.clone())]),
                _ => None,
            },
        };
        if let Some(subscript) = &assignment.subscript {
            let key = self.value(subscript);
            let key = Some(key).filter(|key| key.complete)?;
            let number = arithmetic::evaluate(&key.value, &|name| number_text(name, &self.scope));
            let key = number.map_or(key.value, |number| number.to_string());
            let mut elements = before()?;
            let value = self.value(&assignment.value);
            match elements.iter_mut().find(|(own, _)| *own == key) {
                Some((_, own)) => *own = value,
                None => elements.push((key, value)),
            }
            return Some(elements);
        }
        let mut elements = if assignment.append { before()? } else { Vec::new() };
        let script = Rc::clone(&self.frame.script);
        for word in &assignment.elements {
            let keyed = script.text.get(word.span.clone()).is_some_and(|text| text.starts_with('['));
            if keyed {
                let value = self.value(word);
                let (key, rest) =
                    value.value.split_once("]=").map(|(key, rest)| (key.to_owned(), rest.to_owned()))?;
                let key = key.strip_prefix('[').unwrap_or(&key).to_owned();
                let mut member =
                    Word { certainty: value.certainty, complete: value.complete, ..known(&rest) };
                member.carry(&value);
                elements.push((key, member));
                continue;
            }
            for value in expand(word, &script, &self.scope) {
                elements.push((elements.len().to_string(), value));
            }
        }
        if elements.iter().any(|(_, word)| word.certainty == Certainty::Opaque && !word.complete) {
            return elements
                .iter()
                .all(|(_, word)| word.complete || !word.value.is_empty())
                .then_some(elements);
        }
        Some(elements)
    }
}
