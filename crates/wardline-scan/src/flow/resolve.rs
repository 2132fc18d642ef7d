//! Which file an import means.

use std::sync::Arc;

use super::Unit;
use crate::{hash::HashMap, language::Language};

/// Where an imported module may be, best first, as paths beside `from` (a path with `/` between its parts, relative to
/// the root of the project, or absolute). Which of them exists is for the caller to see.
pub fn candidates(language: Language, from: &str, module: &str) -> Vec<String> {
    match language {
        Language::Python => python(from, module),
        Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Html => script(from, module),
        Language::Java => java(from, module),
        _ => Vec::new(),
    }
}

/// `a.b.C` is `a/b/C.java` under one of the directories around.
fn java(from: &str, module: &str) -> Vec<String> {
    let around = directory(from);
    let path = module.replace('.', "/") + ".java";
    let under = |depth| around.get(..depth).map(|root: &[&str]| [root, &[&path]].concat().join("/"));
    depths(&around).filter_map(under).collect()
}

/// The directories around a file; of a path from the root of the file system, the first one has no name.
fn directory(path: &str) -> Vec<&str> {
    let parts = path.split('/').enumerate();
    let mut parts: Vec<_> = parts
        .filter(|(place, part)| !(part.is_empty() && *place > 0 || *part == "."))
        .map(|(_, part)| part)
        .collect();
    parts.pop();
    parts
}

/// How many of the directories around a file one that is imported may lie in, least first. No file has two names: beside an
/// absolute path all are.
fn depths(around: &[&str]) -> std::ops::RangeInclusive<usize> {
    usize::from(around.first() == Some(&""))..=around.len()
}

fn python(from: &str, module: &str) -> Vec<String> {
    let rest = module.trim_start_matches('.');
    let dots = module.len().saturating_sub(rest.len());
    let parts: Vec<_> = rest.split('.').filter(|part| !part.is_empty()).collect();
    let mut around = directory(from);
    let files = |root: &[&str]| {
        let path = root.iter().chain(&parts).copied().collect::<Vec<_>>().join("/");
        let inside = if path.is_empty() { "__init__.py".to_owned() } else { format!("{path}/__init__.py") };
        [format!("{path}.py"), inside]
    };
    if dots > 0 {
        around.truncate(around.len().saturating_sub(dots - 1));
        return files(&around).into_iter().collect();
    }
    depths(&around).filter_map(|depth| around.get(..depth)).flat_map(files).collect()
}

/// Endings that an import of a script may leave out, or have for another.
const SCRIPTS: [&str; 8] = [".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".vue"];

fn script(from: &str, module: &str) -> Vec<String> {
    let mut around = directory(from);
    let rest = match module.strip_prefix("@/").or_else(|| module.strip_prefix("~/")) {
        Some(rest) => {
            around.truncate(around.iter().position(|part| *part == "src").map_or(0, |place| place + 1));
            rest
        }
        None if module.starts_with('.') => module,
        None => return Vec::new(),
    };
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(around.pop()),
            part => around.push(part),
        }
    }
    let path = around.join("/");
    let bare = path.strip_suffix(".js").or_else(|| path.strip_suffix(".jsx")).unwrap_or(&path);
    let mut paths = vec![path.clone()];
    paths.extend(SCRIPTS.iter().map(|ending| format!("{bare}{ending}")));
    paths.extend(SCRIPTS.iter().map(|ending| format!("{path}/index{ending}")));
    paths
}

/// The files of a program by their paths.
#[derive(Debug, Default)]
pub(super) struct Paths {
    files: HashMap<String, usize>,
    /// The files of each package of Go, which is a directory.
    packages: HashMap<String, Vec<usize>>,
}

impl Paths {
    pub(super) fn new(units: &[Arc<Unit>]) -> Self {
        let mut paths = Self::default();
        for (number, unit) in units.iter().enumerate() {
            let path = unit.path.replace('\\', "/").trim_start_matches("./").to_owned();
            if unit.module.language == Language::Go {
                paths.packages.entry(directory(&path).join("/")).or_default().push(number);
            }
            paths.files.insert(path, number);
        }
        paths
    }

    /// The files that are one package with a file of Go.
    pub(super) fn package(&self, path: &str) -> &[usize] {
        let path = path.replace('\\', "/");
        self.packages.get(&directory(&path).join("/")).map_or(&[], Vec::as_slice)
    }

    /// The file that a module is which `from` imports.
    pub(super) fn find(&self, units: &[Arc<Unit>], from: usize, module: &str) -> Option<usize> {
        let unit = units.get(from)?;
        let path = unit.path.replace('\\', "/");
        let path = path.trim_start_matches("./");
        // A package does not see its own modules by their bare names.
        let own = directory(path).join("/");
        let package = unit.module.language == Language::Python
            && !module.starts_with('.')
            && self.files.contains_key(&format!("{own}/__init__.py"));
        candidates(unit.module.language, path, module).into_iter().find_map(|candidate| {
            let inside = package
                && !own.is_empty()
                && candidate.strip_prefix(&own).is_some_and(|rest| rest.starts_with('/'))
                && !module.starts_with(own.rsplit('/').next().unwrap_or_default());
            self.files.get(&candidate).copied().filter(|_| !inside)
        })
    }
}
