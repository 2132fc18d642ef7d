//! Checks that the workspace keeps its own rules: which crate may depend on which, purity, where `unsafe` may stand,
//! a head in every file, and that the tests which SPECIFICATION.md names exist.
//!
//! The checks read text and no more, so that they run in a moment and as an ordinary test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The whole graph of internal dependencies. A change here is a change of the design.
const GRAPH: [(&str, &[&str]); 13] = [
    ("wardline-policy", &[]),
    ("wardline-shell", &[]),
    ("wardline-scan", &["wardline-secrets"]),
    ("wardline-secrets", &[]),
    ("wardline-audit", &["wardline-secrets"]),
    ("wardline-sys", &[]),
    ("wardline-proxy", &[]),
    ("wardline-checkpoint", &[]),
    ("wardline-sandbox", &["wardline-sys"]),
    (
        "wardline-monitor",
        &[
            "wardline-policy",
            "wardline-shell",
            "wardline-secrets",
            "wardline-scan",
            "wardline-audit",
            "wardline-checkpoint",
            "wardline-sandbox",
            "wardline-proxy",
        ],
    ),
    ("wardline-hooks", &["wardline-monitor"]),
    ("wardline-web", &["wardline-monitor"]),
    ("wardline", &["wardline-monitor", "wardline-hooks", "wardline-web"]),
];

/// The longest chain of crates that use each other.
const CHAIN: usize = 5;

/// Crates that do no I/O, and the dependencies that are known to do none either.
const PURE: [(&str, &[&str]); 4] = [
    ("wardline-policy", &["granit-parser", "jsonc-parser", "serde", "serde_json", "serde-saphyr", "sha2"]),
    ("wardline-shell", &["brush-parser", "tree-sitter", "tree-sitter-bash"]),
    ("wardline-secrets", &["serde_json"]),
    (
        "wardline-scan",
        &[
            "aho-corasick",
            "foldhash",
            "granit-parser",
            "regex-lite",
            "serde",
            "serde_json",
            "sha2",
            "similar",
            "tree-sitter",
            "tree-sitter-c-sharp",
            "tree-sitter-go",
            "tree-sitter-html",
            "tree-sitter-java",
            "tree-sitter-javascript",
            "tree-sitter-php",
            "tree-sitter-python",
            "tree-sitter-ruby",
            "tree-sitter-rust",
            "tree-sitter-typescript",
            "unicode-normalization",
            "wardline-secrets",
        ],
    ),
];

/// Parts of the standard library that reach outside of a program.
const OUTSIDE: [&str; 7] = ["fs", "net", "env", "process", "time", "thread", "os"];

/// The one crate with `unsafe` code.
const UNSAFE: &str = "wardline-sys";

/// Files longer than this are listed.
const LONG: usize = 800;

/// The problems found, one line each; none means tidy.
pub(crate) fn check(workspace: &Path) -> Vec<String> {
    let tree = Tree::read(workspace);
    let mut problems = Vec::new();
    tree.manifests(&mut problems);
    tree.graph(&mut problems);
    tree.purity(&mut problems);
    tree.unsafety(&mut problems);
    tree.heads(&mut problems);
    tree.specification(&mut problems);
    problems
}

/// The files that are worth splitting, longest first; a report and no problem.
pub(crate) fn long_files(workspace: &Path) -> Vec<String> {
    let tree = Tree::read(workspace);
    let mut long: Vec<(usize, String)> = tree
        .sources()
        .map(|(_, file)| (file.text.lines().count(), file.name.clone()))
        .filter(|(lines, _)| *lines > LONG)
        .collect();
    long.sort_by(|a, b| b.cmp(a));
    long.into_iter()
        .map(|(lines, name)| format!("{name}: {lines} lines, over {LONG}; look for a second idea in it"))
        .collect()
}

/// A text file, its path relative to the workspace.
struct File {
    name: String,
    text: String,
}

/// A crate of the workspace.
struct Package {
    name: String,
    manifest: File,
    /// Every Rust file in it: sources, tests, examples, benches.
    sources: Vec<File>,
}

struct Tree {
    root: PathBuf,
    packages: Vec<Package>,
}

impl Tree {
    fn read(root: &Path) -> Self {
        let mut folders: Vec<PathBuf> = fs::read_dir(root.join("crates"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        folders.push(root.join("xtask"));
        folders.sort();
        let packages = folders.iter().filter_map(|folder| Package::read(root, folder)).collect();
        Self { root: root.to_owned(), packages }
    }

    fn sources(&self) -> impl Iterator<Item = (&Package, &File)> {
        self.packages.iter().flat_map(|package| package.sources.iter().map(move |file| (package, file)))
    }

    /// Fields that every manifest has, and a crate that none may have.
    fn manifests(&self, problems: &mut Vec<String>) {
        for package in &self.packages {
            let File { name, text } = &package.manifest;
            let has = |section: &str, key: &str| keys(text).iter().any(|(_, s, k)| s == section && k == key);
            if !has("package", "license") {
                problems.push(format!("{name}:1: no licence; add `license.workspace = true`"));
            }
            if !has("lints", "workspace") {
                problems.push(format!("{name}:1: no lints; add `[lints]` with `workspace = true`"));
            }
        }
        let mut locked: Vec<File> = ["Cargo.toml", "Cargo.lock"]
            .map(|name| read(&self.root, &self.root.join(name)))
            .into_iter()
            .flatten()
            .collect();
        locked.extend(self.packages.iter().map(|package| File {
            name: package.manifest.name.clone(),
            text: package.manifest.text.clone(),
        }));
        for File { name, text } in locked {
            for (number, line) in lines(&text) {
                if line.contains("serde_yaml") {
                    problems.push(format!(
                        "{name}:{number}: serde_yaml is unmaintained; use the YAML reader of wardline-policy"
                    ));
                }
            }
        }
    }

    /// Internal dependencies, exactly as in [`GRAPH`].
    fn graph(&self, problems: &mut Vec<String>) {
        let expected: BTreeMap<&str, &[&str]> = GRAPH.into_iter().collect();
        let mut actual: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for package in self.packages.iter().filter(|package| package.name != "xtask") {
            let manifest = &package.manifest.name;
            let Some(allowed) = expected.get(package.name.as_str()) else {
                problems.push(format!("{manifest}:1: crate {} is not in the design; add it to GRAPH in xtask/src/tidy.rs and to ARCHITECTURE.md", package.name));
                continue;
            };
            let internal: Vec<(usize, String)> = dependencies(&package.manifest.text)
                .into_iter()
                .filter(|(_, name)| name == "wardline" || name.starts_with("wardline-"))
                .collect();
            for (line, name) in &internal {
                if !allowed.contains(&name.as_str()) {
                    problems.push(format!("{manifest}:{line}: {} must not depend on {name}; move what it needs, or change GRAPH in xtask/src/tidy.rs together with the design", package.name));
                }
            }
            for name in allowed.iter().filter(|name| !internal.iter().any(|(_, have)| have == *name)) {
                problems.push(format!("{manifest}:1: {} no longer depends on {name}; take the edge out of GRAPH in xtask/src/tidy.rs", package.name));
            }
            actual.insert(&package.name, internal.into_iter().map(|(_, name)| name).collect());
        }
        for name in actual.keys() {
            let length = chain(&actual, name, GRAPH.len());
            if length > CHAIN {
                problems.push(format!("crates/{name}/Cargo.toml:1: a chain of {length} crates begins here, over {CHAIN}; flatten it"));
            }
        }
        for name in expected.keys().filter(|name| !self.packages.iter().any(|package| package.name == **name))
        {
            problems.push(format!(
                "crates/{name}:1: the crate is missing; take it out of GRAPH in xtask/src/tidy.rs"
            ));
        }
    }

    /// Pure crates use nothing that reaches outside.
    fn purity(&self, problems: &mut Vec<String>) {
        for (name, known) in PURE {
            let Some(package) = self.packages.iter().find(|package| package.name == name) else { continue };
            for (line, dependency) in dependencies(&package.manifest.text) {
                if !known.contains(&dependency.as_str()) {
                    problems.push(format!("{}:{line}: {name} is pure and {dependency} is not known to be; do without it, or add it to PURE in xtask/src/tidy.rs once you made sure", package.manifest.name));
                }
            }
            for file in package.sources.iter().filter(|file| in_src(package, file) && !is_test_file(file)) {
                let code = code_only(&file.text);
                for (number, module) in outside(without_tests(&code)) {
                    problems.push(format!(
                        "{}:{number}: std::{module} in a pure crate; take the value as an argument",
                        file.name
                    ));
                }
            }
        }
    }

    /// `unsafe` stands in one crate only, and every other root forbids it.
    fn unsafety(&self, problems: &mut Vec<String>) {
        for (package, file) in self.sources().filter(|(package, _)| package.name != UNSAFE) {
            let code = code_only(&file.text);
            for (number, line) in lines(&code) {
                if words(line).any(|word| word == "unsafe") {
                    problems.push(format!("{}:{number}: unsafe outside {UNSAFE}; wrap it there", file.name));
                }
            }
            let root = file.name.ends_with("/src/lib.rs") || file.name.ends_with("/src/main.rs");
            if root && in_src(package, file) && !code.contains("#![forbid(unsafe_code)]") {
                problems.push(format!(
                    "{}:1: the crate root does not forbid unsafe code; add `#![forbid(unsafe_code)]`",
                    file.name
                ));
            }
        }
    }

    /// Every source file says at its top what it is for.
    fn heads(&self, problems: &mut Vec<String>) {
        for (_, file) in self.sources().filter(|(package, file)| in_src(package, file)) {
            if !file.text.lines().next().is_some_and(|line| line.starts_with("//! ")) {
                problems.push(format!(
                    "{}:1: no head; begin with a `//!` line that says what the file is for",
                    file.name
                ));
            }
        }
    }

    /// Tests and files that the tables of SPECIFICATION.md name exist.
    fn specification(&self, problems: &mut Vec<String>) {
        let Some(file) = read(&self.root, &self.root.join("SPECIFICATION.md")) else { return };
        for (number, line) in lines(&file.text).filter(|(_, line)| line.trim_start().starts_with('|')) {
            for quoted in line.split('`').skip(1).step_by(2) {
                if let Err(why) = self.named(quoted) {
                    problems.push(format!(
                        "{}:{number}: `{quoted}`: {why}; correct the name or write the test",
                        file.name
                    ));
                }
            }
        }
    }

    /// Whether what a specification names is there: `crate::module::test`, `path/file.rs`, `path/file.rs::test`.
    /// Everything else in backticks is no reference.
    fn named(&self, text: &str) -> Result<(), String> {
        let (path, test) = text.split_once("::").map_or((text, None), |(path, test)| (path, Some(test)));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        let top = path.split('/').next().unwrap_or_default();
        if path.contains('/')
            && path.chars().all(plain)
            && matches!(top, "crates" | "xtask" | "docs" | "bench" | "fuzz")
        {
            let on_disk = self.root.join(path);
            let Some(test) = test else {
                return if on_disk.exists() { Ok(()) } else { Err("no such file".to_owned()) };
            };
            let code =
                fs::read_to_string(on_disk).map_err(|error| format!("the file cannot be read ({error})"))?;
            let function = test.rsplit("::").next().unwrap_or_default();
            return if has_function(&code_only(&code), function) {
                Ok(())
            } else {
                Err("no such test in the file".to_owned())
            };
        }
        let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | ':');
        let Some(test) =
            test.filter(|_| text.chars().all(snake) && !matches!(path, "std" | "core" | "alloc"))
        else {
            return Ok(());
        };
        let name = path.replace('_', "-");
        let package = self
            .packages
            .iter()
            .find(|package| package.name == name || package.name == format!("wardline-{name}"));
        let package = package.ok_or_else(|| format!("there is no crate {name}"))?;
        let mut modules: Vec<&str> = test.split("::").collect();
        let function = modules.pop().unwrap_or_default();
        let found = package.sources.iter().any(|file| {
            let code = code_only(&file.text);
            has_function(&code, function) && modules.iter().all(|module| in_module(file, &code, module))
        });
        if found { Ok(()) } else { Err(format!("no such test in {}", package.name)) }
    }
}

impl Package {
    fn read(root: &Path, folder: &Path) -> Option<Self> {
        let manifest = read(root, &folder.join("Cargo.toml"))?;
        let mut sources = Vec::new();
        for part in ["src", "tests", "examples", "benches"] {
            rust_files(root, &folder.join(part), &mut sources);
        }
        let name = folder.file_name()?.to_str()?.to_owned();
        Some(Self { name, manifest, sources })
    }
}

fn read(root: &Path, path: &Path) -> Option<File> {
    let text = fs::read_to_string(path).ok()?;
    let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
    Some(File { name, text })
}

fn rust_files(root: &Path, folder: &Path, files: &mut Vec<File>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.extend(read(root, &path));
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// Line, section and key of everything that a manifest sets. `a.b = c` counts as `a`.
fn keys(manifest: &str) -> Vec<(usize, String, String)> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for (number, line) in lines(manifest) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once('=') {
            let key = key.split('.').next().unwrap_or_default().trim().trim_matches('"');
            keys.push((number, section.clone(), key.to_owned()));
        }
    }
    keys
}

/// What a crate depends on when it is used; what only its tests need is its own affair.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (number, section, key) in keys(manifest) {
        let name = match section.rsplit_once("dependencies.") {
            // `[dependencies.name]`
            Some((before, name)) if !before.ends_with('-') => name.to_owned(),
            Some(_) => continue,
            None if section == "dependencies" || section.ends_with(".dependencies") => key,
            None => continue,
        };
        if !found.iter().any(|(_, have)| *have == name) {
            found.push((number, name));
        }
    }
    found
}

/// The length of the longest chain that begins at a crate; `fuel` bounds it should there be a circle.
fn chain(graph: &BTreeMap<&str, Vec<String>>, name: &str, fuel: usize) -> usize {
    if fuel == 0 {
        return usize::MAX / 2;
    }
    let below = graph.get(name).into_iter().flatten().map(|next| chain(graph, next, fuel - 1)).max();
    below.unwrap_or(0) + 1
}

fn in_src(package: &Package, file: &File) -> bool {
    let folder = package.manifest.name.trim_end_matches("Cargo.toml");
    file.name.strip_prefix(folder).is_some_and(|rest| rest.starts_with("src/"))
}

fn is_test_file(file: &File) -> bool {
    let path = Path::new(&file.name);
    let in_tests = path.parent().is_some_and(|parent| parent.iter().any(|part| part == "tests"));
    in_tests || path.file_name().is_some_and(|name| name == "tests.rs")
}

fn has_function(code: &str, name: &str) -> bool {
    let mut last = "";
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).any(|word| {
        let found = last == "fn" && word == name;
        last = word;
        found
    })
}

/// Whether a file is, lies in or declares a module.
fn in_module(file: &File, code: &str, module: &str) -> bool {
    let path = Path::new(&file.name).with_extension("");
    path.iter().any(|part| part == module) || code.contains(&format!("mod {module} "))
}

/// Code without the modules that are only there for tests, which stand last in a file.
fn without_tests(code: &str) -> &str {
    let begin = code.match_indices("#[cfg(test)]").find(|(at, marker)| {
        let after = code.get(at + marker.len()..).unwrap_or_default().trim_start();
        after.starts_with("mod ")
    });
    begin.and_then(|(at, _)| code.get(..at)).unwrap_or(code)
}

/// Lines on which code names a module of [`OUTSIDE`], alone (`std::fs`) or in a group (`use std::{fs, io}`).
fn outside(code: &str) -> BTreeSet<(usize, &'static str)> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("std::") {
        let before = code.get(..at).unwrap_or_default();
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let after = code.get(at + 5..).unwrap_or_default();
        let number = before.matches('\n').count() + 1;
        for name in first_segments(after) {
            found.extend(OUTSIDE.into_iter().filter(|module| *module == name).map(|module| (number, module)));
        }
    }
    found
}

/// `fs::read` begins with `fs`; `{fs, io::{self, Read}}` with `fs` and `io`.
fn first_segments(after: &str) -> Vec<&str> {
    let word = |text: &'_ str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let Some(group) = after.strip_prefix('{') else {
        return after.get(..word(after)).into_iter().collect();
    };
    let mut depth = 0_usize;
    let mut begin = true;
    let mut segments = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => begin = true,
            c if begin && !c.is_whitespace() => {
                begin = false;
                let rest = group.get(at..).unwrap_or_default();
                segments.extend(rest.get(..word(rest)));
            }
            _ => {}
        }
    }
    segments
}

/// Rust code with comments and the contents of strings blanked out; lines stay where they are.
fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut last = ' ';
    while let Some(c) = rest.chars().next() {
        let (length, keep) = match c {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (string(rest), false),
            'r' | 'b' | 'c' if !(last.is_alphanumeric() || last == '_') => match prefixed_string(rest) {
                Some(length) => (length, false),
                None => (1, true),
            },
            '\'' => match character(rest) {
                Some(length) => (length, false),
                None => (1, true),
            },
            _ => (c.len_utf8(), true),
        };
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if keep {
            out.push_str(piece);
        } else {
            out.push(' ');
            out.extend(piece.chars().filter(|c| *c == '\n'));
        }
        last = c;
        rest = after;
    }
    out
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of `"…"`.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `r#"…"#`, `b"…"`, `br"…"` and `c"…"`.
fn prefixed_string(text: &str) -> Option<usize> {
    let letters = text.find(|c: char| !matches!(c, 'r' | 'b' | 'c'))?;
    let prefix = text.get(..letters).filter(|prefix| prefix.len() <= 2)?;
    let rest = text.get(letters..)?;
    if !prefix.contains('r') {
        return rest.starts_with('"').then(|| letters + string(rest));
    }
    let marks = rest.find(|c: char| c != '#')?;
    let inner = rest.get(marks..)?.strip_prefix('"')?;
    let end = format!("\"{}", rest.get(..marks)?);
    let length = inner.find(&end).map_or(inner.len(), |at| at + end.len());
    Some(letters + marks + 1 + length)
}

/// The length of `'c'`; lifetimes are none.
fn character(text: &str) -> Option<usize> {
    let inner = text.get(1..)?;
    let c = inner.chars().next()?;
    if c == '\\' {
        // The quote that closes it stands behind at least one escaped character.
        return inner.get(2..)?.find('\'').map(|at| at + 4);
    }
    inner.get(c.len_utf8()..)?.starts_with('\'').then(|| 2 + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_tidy() {
        let problems = check(&crate::workspace());
        assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    }

    /// A workspace as the design wants it, but for what a test changes.
    struct Sample(PathBuf);

    impl Sample {
        fn new(name: &str) -> Self {
            let sample =
                Self(std::env::temp_dir().join(format!("wardline-tidy-{}-{name}", std::process::id())));
            for (name, uses) in GRAPH {
                let uses: String = uses.iter().map(|name| format!("{name}.workspace = true\n")).collect();
                let text = format!(
                    "[package]\nlicense.workspace = true\n[lints]\nworkspace = true\n[dependencies]\n{uses}"
                );
                sample.write(&format!("crates/{name}/Cargo.toml"), &text);
                sample.write(
                    &format!("crates/{name}/src/lib.rs"),
                    "//! What it is for.\n#![forbid(unsafe_code)]\n",
                );
            }
            sample
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    impl Drop for Sample {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    #[test]
    fn every_kind_of_untidiness_is_found_with_its_place() {
        const GOOD: &str = "[package]\nlicense = \"MIT\"\n[lints]\nworkspace = true\n[dependencies]\n";
        let table: [(&str, &str, &str, &str); 15] = [
            ("nothing", "crates/wardline-sys/src/a.rs", "//! A.\nunsafe fn f() {}\n", ""),
            (
                "edge",
                "crates/wardline-proxy/Cargo.toml",
                &format!("{GOOD}wardline-sys.workspace = true\n"),
                "Cargo.toml:6: wardline-proxy must not depend on wardline-sys",
            ),
            (
                "lost-edge",
                "crates/wardline-hooks/Cargo.toml",
                GOOD,
                "wardline-hooks no longer depends on wardline-monitor",
            ),
            (
                "new-crate",
                "crates/wardline-extra/Cargo.toml",
                GOOD,
                "crate wardline-extra is not in the design",
            ),
            (
                "impure-crate",
                "crates/wardline-shell/Cargo.toml",
                &format!("{GOOD}\n[dependencies.rustix]\nversion = \"1\"\n"),
                "rustix is not known to be",
            ),
            (
                "impure-code",
                "crates/wardline-shell/src/a.rs",
                "//! A.\nuse std::{borrow::Cow, io::{self, Read}, env};\n",
                "a.rs:2: std::env in a pure crate",
            ),
            (
                "impure-path",
                "crates/wardline-policy/src/a/b.rs",
                "//! A.\n\nfn f() { ::std::fs::read(\"\") }\n",
                "a/b.rs:3: std::fs in a pure crate",
            ),
            (
                "unsafe",
                "crates/wardline-audit/tests/a.rs",
                "fn f() {\n    unsafe { g() }\n}\n",
                "a.rs:2: unsafe outside wardline-sys",
            ),
            (
                "unforbidden",
                "crates/wardline-audit/src/lib.rs",
                "//! A.\n// #![forbid(unsafe_code)]\n",
                "does not forbid unsafe code",
            ),
            ("headless", "crates/wardline/src/a.rs", "// A.\n", "a.rs:1: no head"),
            (
                "unlicensed",
                "crates/wardline-sys/Cargo.toml",
                "[package]\n[lints]\nworkspace = true\n",
                "no licence",
            ),
            ("unlinted", "crates/wardline-sys/Cargo.toml", "[package]\nlicense = \"MIT\"\n", "no lints"),
            ("yaml", "Cargo.lock", "\nname = \"serde_yaml\"\n", "Cargo.lock:2: serde_yaml"),
            (
                "lost-test",
                "SPECIFICATION.md",
                "| x | `wardline-audit::chain::no_such_test` |\n",
                "SPECIFICATION.md:1: `wardline-audit::chain::no_such_test`: no such test",
            ),
            (
                "lost-file",
                "SPECIFICATION.md",
                "\n| x | `crates/wardline/tests/none.rs` |\n",
                "SPECIFICATION.md:2: `crates/wardline/tests/none.rs`: no such file",
            ),
        ];
        for (name, path, text, problem) in table {
            let sample = Sample::new(name);
            sample.write(path, text);
            let problems = check(&sample.0);
            let expected = usize::from(!problem.is_empty());
            assert_eq!(problems.len(), expected, "{name}: {problems:?}");
            assert!(problems.iter().all(|found| found.contains(problem)), "{name}: {problems:?}");
        }
    }

    #[test]
    fn references_of_a_specification_are_told_from_other_code() {
        let sample = Sample::new("references");
        sample.write("crates/wardline-audit/tests/stress.rs", "#[test]\nfn holds() {}\n");
        sample.write(
            "crates/wardline-audit/src/chain.rs",
            "//! A.\n#[cfg(test)]\nmod tests {\n#[test]\nfn inner() {}\n}\n",
        );
        let tree = Tree::read(&sample.0);
        let table = [
            ("wardline_audit::stress::holds", true),
            ("wardline-audit::holds", true),
            ("audit::chain::tests::inner", true),
            ("crates/wardline-audit/tests/stress.rs", true),
            ("crates/wardline-audit/tests/stress.rs::holds", true),
            ("Decision::Allow", true),
            ("std::fs", true),
            ("git push", true),
            ("a/b", true),
            ("audit::other::holds", false),
            ("wardline_audit::stress::hold", false),
            ("nowhere::holds", false),
            ("crates/wardline-audit/tests/stress.rs::hold", false),
        ];
        for (text, good) in table {
            assert_eq!(tree.named(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn code_is_told_from_comments_and_strings() {
        let table = [
            ("a // unsafe\nb", "a  \nb"),
            ("a /* x /* y */ \n z */ b", "a  \n b"),
            ("f(\"un\\\"safe\")", "f( )"),
            ("f(r#\"un\"safe\"#, br\"x\", b\"y\")", "f( ,  ,  )"),
            ("f('\"', '\\'', '\\u{1}', 'ü')", "f( ,  ,  ,  )"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("let r#type = bar;", "let r#type = bar;"),
        ];
        for (text, code) in table {
            assert_eq!(code_only(text), code, "{text}");
        }
    }

    #[test]
    fn what_only_tests_use_is_left_alone() {
        let code =
            "use std::fmt;\n#[cfg(test)]\nuse x;\nfn f() {}\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        assert!(outside(without_tests(code)).is_empty());
        assert_eq!(outside(code).len(), 1);
        assert_eq!(
            dependencies("[dev-dependencies]\na = \"1\"\n[dev-dependencies.b]\nversion = \"1\"\n"),
            []
        );
        assert_eq!(dependencies("[target.'cfg(unix)'.dependencies]\na = \"1\"\n"), [(2, "a".to_owned())]);
    }
}
