//! Files that nobody touched and that what was touched changes the meaning of: those that import it.
//!
//! A helper that loses its check is harmless by itself; the harm is where it is called. So callers are looked at in both
//! states, and what is new in them counts. Which files import which is told by their lines, too many rather than too few.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wardline_scan::language::Language;

use super::tree::{Content, is_dependency};
use super::view::View;

/// How far imports are followed back from what was touched.
const ROUNDS: usize = 2;
/// Files that are looked at besides; more is said.
pub(super) const MOST: usize = 2_000;

/// The files that import one of `touched`, with their texts. At most [`MOST`]; false when there are more.
pub(super) fn find(tree: &View<'_>, touched: &BTreeSet<&String>) -> (BTreeMap<String, String>, bool) {
    let families: BTreeSet<Language> = touched.iter().filter_map(|path| family(path)).collect();
    let mut found = BTreeMap::new();
    if families.is_empty() {
        return (found, true);
    }
    let mut others: BTreeMap<String, (String, Language)> = BTreeMap::new();
    for path in tree.files.keys().filter(|path| !is_dependency(path)) {
        let name = path.to_string_lossy().into_owned();
        let Some(language) = family(&name).filter(|language| families.contains(language)) else { continue };
        if !touched.contains(&name)
            && let Content::Text(text) = tree.read(path).1
        {
            others.insert(name, (text, language));
        }
    }
    let mut wanted: Vec<Target> = touched.iter().filter_map(|path| Target::of(path)).collect();
    for _ in 0..ROUNDS {
        let imports = |(name, (text, language)): &(&String, &(String, Language))| {
            wanted.iter().any(|target| target.is_imported_by(name, text, *language))
        };
        let more: Vec<String> = others.iter().filter(imports).map(|(name, _)| name.clone()).collect();
        wanted = more.iter().filter_map(|path| Target::of(path)).collect();
        for name in more {
            if found.len() >= MOST {
                return (found, false);
            }
            if let Some((text, _)) = others.remove(&name) {
                found.insert(name, text);
            }
        }
    }
    (found, true)
}

/// The first of the languages that see each other's files, for those in which files are followed.
fn family(path: &str) -> Option<Language> {
    let first = Language::of(path, "")?.family().first().copied()?;
    matches!(first, Language::Python | Language::JavaScript | Language::Go | Language::Java).then_some(first)
}

/// What is imported: a file by the last part of its name.
struct Target {
    stem: String,
    directory: String,
    language: Language,
}

impl Target {
    fn of(path: &str) -> Option<Self> {
        let language = family(path)?;
        let path = Path::new(path);
        let directory = path.parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        // A package is imported by its directory's name.
        let stem = match stem.as_str() {
            "__init__" | "index" => path.parent()?.file_name()?.to_string_lossy().into_owned(),
            _ => stem,
        };
        Some(Self { stem, directory, language })
    }

    fn is_imported_by(&self, name: &str, text: &str, language: Language) -> bool {
        if language != self.language {
            return false;
        }
        if language == Language::Go {
            // The files of a package see each other.
            return Path::new(name).parent().is_some_and(|parent| parent.to_string_lossy() == self.directory);
        }
        let imports = |line: &str| {
            line.contains(&self.stem)
                && ["import", "require", "from", "export"].iter().any(|word| line.contains(word))
        };
        text.contains(&self.stem) && text.lines().any(imports)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_found_over_two_files_and_nothing_else() {
        let dir = crate::scratch::Dir::new("gate-importers");
        for (name, text) in [
            ("store.py", "def find(): pass\n"),
            ("shop/views.py", "from store import find\n"),
            ("shop/urls.py", "from . import views\n"),
            ("shop/other.py", "store = 1\n"),
            ("lib/__init__.py", "import os\n"),
            ("app.js", "const store = require('./store');\n"),
            ("go/a.go", "package a\n"),
            ("go/b.go", "package a\n"),
            ("node_modules/m/x.py", "import store\n"),
        ] {
            dir.write(name, text);
        }
        let view = View::of_tree(dir.path());
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let (found, whole) = find(&view, &names.iter().collect());
            assert!(whole);
            found.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(of(&["store.py"]), ["shop/urls.py", "shop/views.py"]);
        assert_eq!(of(&["go/a.go"]), ["go/b.go"]);
        assert!(of(&["store.txt"]).is_empty());
    }
}
