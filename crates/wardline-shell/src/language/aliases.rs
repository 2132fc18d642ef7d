//! Imports: which names stand for which modules and functions.

use super::Deed;
use super::Family;
use super::reader::Reader;
use super::token::{Piece, Token};
use super::value::{Shape, Value};
use crate::effect::Source;

impl Reader {
    /// Reads an import after its first word; `None` when it is a call of that name.
    pub(super) fn import(&mut self, word: &str) -> Option<Value> {
        match self.family {
            Family::Python => self.python_import(word),
            Family::Script if word == "import" && !self.is_sign(0, "(") && !self.is_sign(0, ".") => {
                self.script_import()
            }
            Family::Perl if matches!(word, "use" | "no" | "require") => {
                let name = self.name_at(0)?;
                self.at += 1;
                self.imported(&name);
                while !matches!(self.token(0), None | Some(Token::Line(_) | Token::Sign(";" | "}")))
                    && self.step()
                {
                    self.at += 1;
                }
                Some(Value::unknown())
            }
            Family::Ruby | Family::Lua if matches!(word, "require" | "require_relative") => {
                let bracket = usize::from(self.is_sign(0, "("));
                let module = match self.token(bracket) {
                    Some(Token::Text(pieces)) => constant(pieces)?,
                    _ => return None,
                };
                self.at += 1 + 2 * bracket;
                self.imported(&module);
                Some(if self.family == Family::Lua { Value::name(&module) } else { Value::unknown() })
            }
            Family::Php if matches!(word, "use") => Some(Value::unknown()),
            Family::Julia if matches!(word, "using" | "import") => {
                while let Some(Token::Name(_) | Token::Sign("," | ":" | ".")) = self.token(0) {
                    self.at += 1;
                }
                Some(Value::unknown())
            }
            Family::Groovy if word == "import" => {
                while let Some(Token::Name(_) | Token::Sign("." | "*")) = self.token(0) {
                    self.at += 1;
                }
                Some(Value::unknown())
            }
            _ => None,
        }
    }

    fn imported(&mut self, module: &str) {
        let module = module.strip_prefix("node:").unwrap_or(module).replace("::", ".").replace('/', ".");
        if !super::tables::is_pure_module(self.family, &module)
            && !super::tables::is_known_module(self.family, &module)
        {
            self.understood = false;
        }
        if self.imports.len() < 64 {
            self.imports.push(module);
        }
    }

    fn dotted(&mut self) -> Option<String> {
        let mut name = self.name_at(0)?;
        self.at += 1;
        while self.is_sign(0, ".") {
            let Some(part) = self.name_at(1) else { break };
            name.push('.');
            name.push_str(&part);
            self.at += 2;
        }
        Some(name)
    }

    fn alias(&mut self) -> Option<String> {
        if !self.is_name(0, "as") {
            return None;
        }
        let name = self.name_at(1);
        self.at += 2;
        name
    }

    /// `import os as o, sys`, `from os import system as s`.
    fn python_import(&mut self, word: &str) -> Option<Value> {
        if word == "from" {
            while self.eat(".") {}
            let module = self.dotted()?;
            self.imported(&module);
            self.at += usize::from(self.is_name(0, "import"));
            let bracket = self.eat("(");
            while let Some(name) = self.name_at(0) {
                self.at += 1;
                let alias = self.alias().unwrap_or_else(|| name.clone());
                let full = format!("{module}.{name}");
                let value = if full == "os.environ" { self.environment() } else { Value::name(&full) };
                self.variables.insert(alias, value);
                if !self.eat(",") {
                    break;
                }
            }
            if self.is_sign(0, "*") {
                self.at += 1;
                self.everything(&module);
            }
            self.at += usize::from(bracket && self.is_sign(0, ")"));
            return Some(Value::unknown());
        }
        if word != "import" {
            return None;
        }
        while let Some(module) = self.dotted() {
            self.imported(&module);
            let alias = self.alias();
            let root = module.split('.').next().unwrap_or_default().to_owned();
            match alias {
                Some(alias) => self.variables.insert(alias, Value::name(&module)),
                None => self.variables.insert(root.clone(), Value::name(&root)),
            };
            if !self.eat(",") {
                break;
            }
        }
        Some(Value::unknown())
    }

    /// `from os import *`: the functions that are judged are known by their own names.
    fn everything(&mut self, module: &str) {
        for name in super::acts::members(self.family, module) {
            self.variables.insert(name.to_owned(), Value::name(&format!("{module}.{name}")));
        }
    }

    /// `import fs from 'fs'`, `import {exec as e} from 'child_process'`, `import * as cp from '…'`, `import 'x'`.
    fn script_import(&mut self) -> Option<Value> {
        let start = self.at;
        let found = (start..self.tokens.list.len()).take(64).find_map(|at| match self.tokens.list.get(at) {
            Some(Token::Text(pieces)) => Some((at, constant(pieces))),
            _ => None,
        });
        let (end, module) = found?;
        let module = module.unwrap_or_default();
        self.imported(&module);
        self.remote(&module);
        let name = module_name(&module);
        while self.at < end {
            if self.is_sign(0, "{") {
                let close = self.close().min(end);
                self.at += 1;
                while self.at < close {
                    if let Some(item) = self.name_at(0) {
                        self.at += 1;
                        let alias = self.alias().unwrap_or_else(|| item.clone());
                        self.variables.insert(alias, Value::name(&format!("{name}.{item}")));
                    } else {
                        self.at += 1;
                    }
                }
            } else {
                let alias = self.name_at(0).filter(|word| !matches!(word.as_str(), "from" | "as" | "type"));
                if let Some(alias) = alias {
                    self.variables.insert(alias, Value::name(&name));
                }
                self.at += 1;
            }
        }
        self.at = end + 1;
        Some(Value::unknown())
    }

    /// Code that is loaded from an address.
    pub(super) fn remote(&mut self, module: &str) {
        if let Some((_, rest)) = module.split_once("://").filter(|(scheme, _)| scheme.starts_with("http")) {
            let host = super::acts::host_of(rest);
            self.deeds.push(Deed::Network { host: host.clone(), sends: false, sources: Vec::new() });
            self.deeds.push(Deed::Evaluates { source: Source::Network(host) });
        }
    }

    /// `require(x)`, `__import__(x)`, `importlib.import_module(x)`.
    pub(super) fn required(&mut self, module: &Value) -> Value {
        match module.constant() {
            Some(name) => {
                self.remote(&name);
                let name = module_name(&name);
                self.imported(&name);
                Value::name(&name)
            }
            None => {
                self.understood = false;
                match &module.shape {
                    Shape::Unknown if !module.from.is_empty() => {
                        self.deeds.push(Deed::Hidden(
                            "it loads a module that is only known when it runs".to_owned(),
                        ));
                        Value::unknown()
                    }
                    _ => Value::name("?"),
                }
            }
        }
    }
}

fn module_name(module: &str) -> String {
    module.strip_prefix("node:").unwrap_or(module).replace('/', ".")
}

fn constant(pieces: &[Piece]) -> Option<String> {
    match pieces {
        [Piece::Text(text)] => Some(text.clone()),
        _ => None,
    }
}
