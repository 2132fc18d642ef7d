//! `import` and `from … import …`.

use tree_sitter::Node;

use super::{Lowering, fields, named};
use crate::ir::{Import, Imported, Name};

impl Lowering<'_> {
    pub(super) fn imports(&mut self, node: Node<'_>) -> Vec<Import> {
        match node.kind() {
            "import_statement" => self.whole_modules(node),
            "future_import_statement" => {
                let module = self.build.name("__future__");
                self.names_of(node, &module)
            }
            _ => {
                let module = node.child_by_field_name("module_name");
                let module = match module {
                    Some(module) => self.dotted(module),
                    None => self.build.name(""),
                };
                if named(node).iter().any(|child| child.kind() == "wildcard_import") {
                    let local = self.build.name("");
                    return vec![Import { module, what: Imported::All, local }];
                }
                self.names_of(node, &module)
            }
        }
    }

    /// `import a.b, c as d`. Without `as` the first part of the name is bound, to the module of that name.
    fn whole_modules(&mut self, node: Node<'_>) -> Vec<Import> {
        let mut imports = Vec::new();
        for item in fields(node, "name") {
            let (module, alias) = self.item(item);
            if let Some(local) = alias {
                imports.push(Import { module, what: Imported::Whole, local });
                continue;
            }
            let first = module.split('.').next().unwrap_or_default();
            let first = self.build.name(first);
            let nothing = self.build.name("");
            let inner = first != module;
            imports.push(Import { module: first.clone(), what: Imported::Whole, local: first });
            if inner {
                imports.push(Import { module, what: Imported::Whole, local: nothing });
            }
        }
        imports
    }

    fn names_of(&mut self, node: Node<'_>, module: &Name) -> Vec<Import> {
        let mut imports = Vec::new();
        for item in fields(node, "name") {
            let (name, alias) = self.item(item);
            let local = alias.unwrap_or_else(|| name.clone());
            imports.push(Import { module: module.clone(), what: Imported::One(name), local });
        }
        imports
    }

    fn item(&mut self, item: Node<'_>) -> (Name, Option<Name>) {
        if item.kind() == "aliased_import" {
            let name = item.child_by_field_name("name").unwrap_or(item);
            let alias = item.child_by_field_name("alias").map(|alias| self.name_of(alias));
            return (self.dotted(name), alias);
        }
        (self.dotted(item), None)
    }

    /// A dotted name without the spaces that may stand between its parts.
    fn dotted(&mut self, node: Node<'_>) -> Name {
        let source: String = self.source(node).chars().filter(|c| !c.is_whitespace() && *c != '\\').collect();
        self.build.name(&source)
    }
}
