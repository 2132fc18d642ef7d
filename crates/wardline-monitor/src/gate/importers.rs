//! Files that nobody touched and that what was touched changes the meaning of: those that import it.
//!
//! A helper that loses its check is harmless by itself; the harm is where it is called. So callers are looked at in both
//! states, and what is new in them counts. Which files import which is told by their lines, and which of them a change
//! concerns by the names that it is known under, however far it goes: too many rather than too few.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wardline_scan::language::Language;

use super::pieces::{Names, Piece, changed, pieces, spread};
use super::tree::{Content, is_dependency};
use super::view::View;

/// Files that are looked at besides; more is said.
pub(super) const MOST: usize = 2_000;

/// Texts by path.
type Texts = BTreeMap<String, String>;
/// Files that nobody touched.
type Others = BTreeMap<String, Other>;

/// A file that nobody touched.
struct Other {
    text: String,
    /// The lines and pieces of it that import something.
    imports: String,
    directory: String,
    language: Language,
}

impl Other {
    fn new(name: &str, text: String, language: Language) -> Self {
        let imports =
            |line: &&str| ["import", "require", "from", "export"].iter().any(|word| line.contains(word));
        let mut lines: Vec<&str> = text.lines().filter(imports).collect();
        let pieces = pieces(&text);
        lines.extend(pieces.iter().filter(|piece| piece.is_import()).flat_map(|piece| piece.text.lines()));
        let imports = lines.join("\n");
        let directory =
            Path::new(name).parent().map_or_else(String::new, |parent| parent.to_string_lossy().into_owned());
        Self { imports, directory, language, text }
    }
}

/// The files that a change concerns because they import what was touched, or what imports that, and so on, with their texts. At
/// most [`MOST`]; false when there are more.
pub(super) fn find(tree: &View<'_>, before: &Texts, after: &Texts) -> (Texts, bool) {
    let touched: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let families: BTreeSet<Language> = touched.iter().filter_map(|path| family(path)).collect();
    if families.is_empty() {
        return (BTreeMap::new(), true);
    }
    let others = others(tree, &touched, &families);
    let mut left = reaching(&others, touched.iter().filter_map(|path| Target::of(path)).collect());
    let mut names = Names::default();
    let mut whole = Vec::new();
    for path in touched {
        let side = |texts: &Texts| texts.get(path).cloned().unwrap_or_default();
        let change = changed(&side(before), &side(after));
        whole.extend(Target::of(path).filter(|_| change.whole));
        names.known.extend(change.known);
    }
    let mut found = BTreeMap::new();
    loop {
        let concerned =
            |name: &&String| others.get(*name).is_some_and(|other| concerns(other, &whole, &names));
        let more: Vec<&String> = left.iter().copied().filter(|name| concerned(name)).collect();
        if more.is_empty() {
            return (found, true);
        }
        for name in more {
            if found.len() >= MOST {
                return (found, false);
            }
            left.remove(name);
            let Some(Other { text, .. }) = others.get(name) else { continue };
            if pass_on(text, &whole, &mut names) {
                whole.extend(Target::of(name));
            }
            found.insert(name.clone(), text.clone());
        }
    }
}

/// Every file from which imports lead to one of `wanted`, over however many others.
fn reaching(others: &Others, mut wanted: Vec<Target>) -> BTreeSet<&String> {
    let mut reaching = BTreeSet::new();
    while !wanted.is_empty() {
        let imports =
            |(_, other): &(&String, &Other)| wanted.iter().any(|target| target.is_imported_by(other));
        let more: Vec<&String> = others
            .iter()
            .filter(|(name, _)| !reaching.contains(name))
            .filter(imports)
            .map(|(name, _)| name)
            .collect();
        wanted = more.iter().filter_map(|path| Target::of(path)).collect();
        reaching.extend(more);
    }
    reaching
}

/// The texts of the files that nobody touched, of these families.
fn others(tree: &View<'_>, touched: &BTreeSet<&String>, families: &BTreeSet<Language>) -> Others {
    let mut others = BTreeMap::new();
    for path in tree.files.keys().filter(|path| !is_dependency(path)) {
        let name = path.to_string_lossy().into_owned();
        let Some(language) = family(&name).filter(|language| families.contains(language)) else { continue };
        if !touched.contains(&name)
            && let Content::Text(text) = tree.read(path).1
        {
            let other = Other::new(&name, text, language);
            others.insert(name, other);
        }
    }
    others
}

/// Whether a file is concerned: it speaks of one of the names, or what it imports is another as a whole.
fn concerns(other: &Other, whole: &[Target], names: &Names) -> bool {
    Piece { text: &other.text }.speaks_of(&names.known)
        || whole.iter().any(|target| target.is_imported_by(other))
}

/// Adds the names under which a concerned file passes the change on; whether it does as a whole.
fn pass_on(text: &str, whole: &[Target], names: &mut Names) -> bool {
    let pieces = pieces(text);
    let mut own = Names { known: std::mem::take(&mut names.known), whole: false };
    for piece in pieces.iter().filter(|piece| piece.is_import()) {
        // The name of a module that is another as a whole is whatever the import gives it.
        if whole.iter().any(|target| target.is_named_in(piece.text)) {
            piece.give(&mut own);
        }
    }
    spread(&pieces, &mut own);
    names.known = own.known;
    own.whole
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
    /// Whether it is what its directory is imported as.
    package: bool,
}

impl Target {
    fn of(path: &str) -> Option<Self> {
        let language = family(path)?;
        let path = Path::new(path);
        let directory = path.parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = path.file_stem()?.to_string_lossy().into_owned();
        let package = matches!(stem.as_str(), "__init__" | "index");
        let above = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let stem = if package { above.unwrap_or_default() } else { stem };
        Some(Self { stem, directory, language, package })
    }

    fn is_imported_by(&self, other: &Other) -> bool {
        if other.language != self.language {
            return false;
        }
        if other.language == Language::Go {
            // The files of a package see each other.
            return other.directory == self.directory;
        }
        let below = self.package && Path::new(&other.directory).starts_with(&self.directory);
        self.is_named_in(&other.imports) || below && other.imports.lines().any(is_of_package)
    }

    fn is_named_in(&self, text: &str) -> bool {
        !self.stem.is_empty() && text.contains(&self.stem)
    }
}

/// Whether a line imports from the directory that it stands in, or from one above it, without saying its name.
fn is_of_package(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("from .") || [".\"", ".'", "./\"", "./'", ".`"].iter().any(|end| line.contains(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_found_however_far_and_nothing_else() {
        let dir = crate::scratch::Dir::new("gate-importers");
        for (name, text) in [
            ("store.py", "def find(): pass\n"),
            ("shop/views.py", "from store import find\n"),
            ("shop/urls.py", "from . import views\n"),
            ("shop/other.py", "store = 1\n"),
            ("lib/__init__.py", "import os\n"),
            ("main.py", "import shop.urls\n\nshop.urls.views.find('x')\n"),
            ("far.py", "import main\n\nmain.other()\n"),
            ("shop/many.py", "from . import (\n    urls,\n    views,\n)\nviews.find(1)\n"),
            ("store.js", "module.exports = (name) => name;\n"),
            ("app.js", "const anything = require('./store');\nmodule.exports = anything;\n"),
            ("server.js", "const app = require('./app');\napp('x');\n"),
            ("go/a.go", "package a\nfunc Find() {}\n"),
            ("go/b.go", "package a\nfunc view() { Find() }\n"),
            ("go/c.go", "package a\nfunc other() {}\n"),
            ("node_modules/m/x.py", "import store\n"),
        ] {
            dir.write(name, text);
        }
        let view = View::of_tree(dir.path(), "/usr/bin:/bin");
        let of = |names: &[&str]| {
            let text = |name: &&str| (*name).to_owned();
            let after = names
                .iter()
                .map(|name| (text(name), std::fs::read_to_string(dir.path().join(name)).unwrap_or_default()))
                .collect();
            let (found, whole) = find(&view, &BTreeMap::new(), &after);
            assert!(whole);
            found.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(
            of(&["store.py"]),
            ["main.py", "shop/many.py", "shop/urls.py", "shop/views.py"],
            "what speaks of `find`, or of what that is of"
        );
        assert_eq!(of(&["store.js"]), ["app.js", "server.js"], "under whatever name it is imported");
        assert_eq!(of(&["go/a.go"]), ["go/b.go"]);
        assert!(of(&["store.txt"]).is_empty());
    }
}
