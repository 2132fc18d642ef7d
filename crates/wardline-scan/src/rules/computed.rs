//! Constants of the source that are put together: by operators, methods and functions that spell a name in pieces.
//!
//! `getattr(cursor, "exe" + "cute")` is `cursor.execute`. Rules find patterns by the words of a file, so what is spelled
//! in pieces has to be known before they are looked for.

use super::walk::{self, Node};
use crate::{
    flow::constant::{self, Constant},
    ir::{Argument, Clause, Expr, ExprKind, Literal, Module, Name, TemplatePart},
    language::Language,
};

/// How deep the parts of a constant are followed.
const DEPTH: u32 = 24;

/// How many elements of a list are joined.
const ELEMENTS: usize = 256;

/// Gives the one value that a name has.
pub(super) type Values<'a, 'm> = &'a dyn Fn(&str) -> Option<&'m Expr>;

/// The names that are put together where a module takes a member, a global or a module by its name, and that it does not
/// spell anywhere.
pub(super) fn names(module: &Module) -> Vec<Name> {
    let mut pieces = Vec::new();
    walk::block(&module.body, &mut |node| {
        if let Node::Expr(expr) = node {
            pieces.extend(by_name(expr, module.language));
        }
    });
    if pieces.is_empty() {
        return Vec::new();
    }
    let names = super::names::Names::new(module, &[]);
    let text = |expr| match names.constant(expr)? {
        Literal::Text(text) => Some(text),
        _ => None,
    };
    pieces.into_iter().filter_map(text).collect()
}

/// The expression that says which member, global or module is meant, unless it is written there as text.
fn by_name(expr: &Expr, language: Language) -> Option<&Expr> {
    let (said, sure) = match &expr.kind {
        ExprKind::Index { index, .. } => (&**index, false),
        ExprKind::Call { callee, arguments, .. } => match (&callee.kind, arguments.as_slice()) {
            (ExprKind::Index { index, .. }, _) => (&**index, true),
            (ExprKind::Name(name), [_, said, ..]) if &**name == "getattr" => (&said.value, true),
            (ExprKind::Name(name), [said, ..]) => match &**name {
                "require" | "__import__" | "import" | "import_module" => (&said.value, true),
                _ => return None,
            },
            (ExprKind::Member { name, .. }, [said, ..])
                if matches!(
                    &**name,
                    "import_module" | "require" | "__getattribute__" | "__getattr__" | "attrgetter"
                ) =>
            {
                (&said.value, true)
            }
            _ => return None,
        },
        _ => return None,
    };
    match &said.kind {
        ExprKind::Literal(_) | ExprKind::Slice(_) => None,
        // `rows[i]`: worth a look where it is called, or in Python not at all.
        ExprKind::Name(_) => sure.then_some(said),
        ExprKind::Member { .. } => None,
        _ if sure || language != Language::Python => Some(said),
        ExprKind::Binary { .. } | ExprKind::Call { .. } | ExprKind::Index { .. } | ExprKind::Template(_) => {
            Some(said)
        }
        _ => None,
    }
}

/// The constant that an expression is, if it is one.
pub(super) fn constant<'m>(expr: &'m Expr, python: bool, of: Values<'_, 'm>) -> Option<Literal> {
    let constant = Pieces { python, of }.value(expr, DEPTH)?;
    Some(match constant {
        Constant::Null => Literal::Null,
        Constant::Bool(value) => Literal::Bool(value),
        Constant::Integer(number) => Literal::Integer(number),
        Constant::Number(number) => Literal::Number(number),
        Constant::Text(text) => Literal::Text(text),
        Constant::Bytes(text) => Literal::Bytes(text),
        Constant::Regex(pattern) => Literal::Regex(pattern),
        Constant::Key(_) => return None,
    })
}

struct Pieces<'a, 'm> {
    python: bool,
    of: Values<'a, 'm>,
}

impl<'m> Pieces<'_, 'm> {
    fn value(&self, expr: &'m Expr, depth: u32) -> Option<Constant> {
        let depth = depth.checked_sub(1)?;
        match &expr.kind {
            ExprKind::Literal(literal) => Some(Constant::from(literal)),
            ExprKind::Name(name) => self.value((self.of)(name)?, depth),
            ExprKind::Cast { value, .. } => self.value(value, depth),
            ExprKind::Binary { operator, left, right } => {
                let (left, right) = (self.value(left, depth)?, self.value(right, depth)?);
                constant::binary(*operator, &left, &right, self.python)
            }
            ExprKind::Unary { operator, value } => constant::unary(*operator, &self.value(value, depth)?),
            ExprKind::Template(parts) => self.template(parts, depth),
            ExprKind::Index { object, index } => self.element(object, index, depth),
            ExprKind::Call { callee, arguments, .. } => self.call(callee, arguments, depth),
            _ => None,
        }
    }

    fn template(&self, parts: &'m [TemplatePart], depth: u32) -> Option<Constant> {
        let mut text = String::new();
        for part in parts {
            match part {
                TemplatePart::Text(part) => text.push_str(part),
                TemplatePart::Value(value) => text.push_str(&self.value(value, depth)?.shown(self.python)?),
            }
        }
        Constant::text(text)
    }

    /// `text[2]`, `text[1:4]`, `text[::-1]`.
    fn element(&self, object: &'m Expr, index: &'m Expr, depth: u32) -> Option<Constant> {
        let text = self.text(object, depth)?;
        let ExprKind::Slice(parts) = &index.kind else {
            return match self.value(index, depth)? {
                Constant::Integer(place) => constant::character(&text, place),
                _ => None,
            };
        };
        let mut bounds = [None; 3];
        for (bound, part) in bounds.iter_mut().zip(parts) {
            if let Some(part) = part {
                let Constant::Integer(number) = self.value(part, depth)? else { return None };
                *bound = Some(number);
            }
        }
        match bounds {
            [low, high, None | Some(1)] => Some(constant::slice(&text, low, high)),
            [None, None, Some(-1)] => Constant::text(text.chars().rev().collect()),
            _ => None,
        }
    }

    fn text(&self, expr: &'m Expr, depth: u32) -> Option<String> {
        match self.value(expr, depth)? {
            Constant::Text(text) | Constant::Bytes(text) => Some(text.to_string()),
            _ => None,
        }
    }

    fn call(&self, callee: &'m Expr, arguments: &'m [Argument], depth: u32) -> Option<Constant> {
        let values = || {
            arguments.iter().map(|argument| self.value(&argument.value, depth)).collect::<Option<Vec<_>>>()
        };
        let ExprKind::Member { object, name } = &callee.kind else {
            let ExprKind::Name(name) = &callee.kind else { return None };
            return match (&**name, arguments) {
                ("chr", [code]) => characters(&[self.value(&code.value, depth)?]),
                ("str" | "String", [value]) => {
                    Constant::text(self.value(&value.value, depth)?.shown(self.python)?)
                }
                _ => None,
            };
        };
        match (&**name, arguments) {
            ("fromCharCode" | "fromCodePoint", _) => characters(&values()?),
            // `"".join(pieces)` and `pieces.join("")`.
            ("join", [pieces]) if self.python => {
                joined(&self.text(object, depth)?, &self.list(&pieces.value, depth)?)
            }
            ("join", [glue]) => joined(&self.text(&glue.value, depth)?, &self.list(object, depth)?),
            ("fromhex", [digits]) => bytes(&self.text(&digits.value, depth)?),
            ("decode" | "encode" | "toString", _) => Constant::text(self.text(object, depth)?),
            _ => {
                let values = values()?;
                constant::method(&self.text(object, depth)?, name, &values.iter().collect::<Vec<_>>())
            }
        }
    }

    /// The elements of a list of constants.
    fn list(&self, expr: &'m Expr, depth: u32) -> Option<Vec<Constant>> {
        let depth = depth.checked_sub(1)?;
        let one = |c: char| Constant::Text(c.to_string().into());
        let list: Vec<Constant> = match &expr.kind {
            ExprKind::Name(name) => return self.list((self.of)(name)?, depth),
            ExprKind::List { elements, .. } => {
                elements.iter().map(|element| self.value(element, depth)).collect::<Option<_>>()?
            }
            ExprKind::Comprehension { element, clauses, .. } => return self.spelled(element, clauses, depth),
            ExprKind::Call { callee, arguments, .. } => match (&callee.kind, arguments.as_slice()) {
                (ExprKind::Member { object, name }, []) if &**name == "reverse" => {
                    self.list(object, depth)?.into_iter().rev().collect()
                }
                (ExprKind::Member { object, name }, [by]) if &**name == "split" => {
                    let (text, by) = (self.text(object, depth)?, self.text(&by.value, depth)?);
                    match by.as_str() {
                        "" => text.chars().map(one).collect(),
                        by => text.split(by).map(Constant::from).collect(),
                    }
                }
                (ExprKind::Name(name), [text]) if &**name == "reversed" => {
                    self.list(&text.value, depth)?.into_iter().rev().collect()
                }
                (ExprKind::Name(name), [by, list]) if &**name == "map" => {
                    let chr = matches!(&by.value.kind, ExprKind::Name(name) if &**name == "chr");
                    let list = self.list(&list.value, depth)?;
                    match chr {
                        true => list
                            .iter()
                            .map(|code| characters(std::slice::from_ref(code)))
                            .collect::<Option<_>>()?,
                        false => return None,
                    }
                }
                _ => return None,
            },
            _ => self.text(expr, depth)?.chars().map(one).collect(),
        };
        (list.len() <= ELEMENTS).then_some(list)
    }

    /// `chr(c) for c in [101, 118]`, `c for c in "eval"`.
    fn spelled(&self, element: &'m Expr, clauses: &'m [Clause], depth: u32) -> Option<Vec<Constant>> {
        let [Clause::For(target, over)] = clauses else { return None };
        let ExprKind::Name(each) = &target.kind else { return None };
        let list = self.list(over, depth)?;
        match &element.kind {
            ExprKind::Name(name) if name == each => Some(list),
            ExprKind::Call { callee, arguments, .. } => match (&callee.kind, arguments.as_slice()) {
                (ExprKind::Name(chr), [Argument { value: Expr { kind: ExprKind::Name(name), .. }, .. }])
                    if &**chr == "chr" && name == each =>
                {
                    list.iter().map(|code| characters(std::slice::from_ref(code))).collect()
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// The text of these numbers of characters.
fn characters(codes: &[Constant]) -> Option<Constant> {
    let character = |code: &Constant| match code {
        Constant::Integer(code) => u32::try_from(*code).ok().and_then(char::from_u32),
        _ => None,
    };
    Constant::text(codes.iter().map(character).collect::<Option<_>>()?)
}

fn joined(glue: &str, pieces: &[Constant]) -> Option<Constant> {
    let text = |piece: &Constant| match piece {
        Constant::Text(text) | Constant::Bytes(text) => Some(text.to_string()),
        _ => None,
    };
    Constant::text(pieces.iter().map(text).collect::<Option<Vec<_>>>()?.join(glue))
}

/// The text of these hexadecimal digits.
fn bytes(digits: &str) -> Option<Constant> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
    Constant::text(String::from_utf8(bytes).ok()?)
}
