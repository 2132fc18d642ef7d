//! What kind of text a file holds, as far as it matters for how a secret would stand in it.

/// How values stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    /// Settings: a value after a name such as `password` is one, however simple.
    Settings,
    /// A program: values are quoted, and much that looks like one is code.
    Code,
    /// Words for people: only tokens of known make and keys are looked for.
    Prose,
    /// Made by a tool, or data: hashes and ids all over. Only what proves itself is looked for.
    Generated,
}

const SETTINGS: &[&str] = &[
    "env",
    "ini",
    "cfg",
    "conf",
    "config",
    "cnf",
    "properties",
    "yml",
    "yaml",
    "json",
    "json5",
    "jsonc",
    "toml",
    "xml",
    "plist",
    "tfvars",
    "rc",
    "netrc",
    "npmrc",
    "pypirc",
    "credentials",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ps1",
    "bat",
    "cmd",
    "htaccess",
    "service",
    "desktop",
    "reg",
    "ovpn",
    "pgpass",
    "vault",
    "secrets",
    "creds",
    "ftpconfig",
];
const CODE: &[&str] = &[
    "py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "go", "java", "kt", "kts", "scala", "php",
    "rb", "cs", "rs", "c", "h", "cc", "cpp", "hpp", "m", "mm", "swift", "pl", "pm", "lua", "r", "dart", "ex",
    "exs", "erl", "clj", "groovy", "gradle", "sql", "html", "htm", "vue", "svelte", "ejs", "erb", "jinja",
    "j2", "jinja2", "tf", "hcl", "ipynb", "vb", "fs", "coffee", "astro", "phtml", "twig", "hbs", "proto",
    "graphql",
];
const PROSE: &[&str] =
    &["md", "rst", "adoc", "txt", "tex", "po", "pot", "log", "csv", "tsv", "srt", "xlf", "xliff", "org"];
const GENERATED: &[&str] =
    &["lock", "map", "svg", "snap", "sum", "min.js", "min.css", "css", "scss", "less", "pb.go", "wasm"];
const LOCKS: &[&str] =
    &["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "composer.lock", "go.sum"];

/// What kind of text a file of this name holds. A file without an extension, or with an unknown one, holds settings: most
/// that have none (`config`, `.bashrc`, `credentials`) do.
pub(crate) fn document(path: &str) -> Document {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit(['/', '\\']).next().unwrap_or(&path);
    let ends = |list: &[&str]| {
        list.iter().any(|ending| name.strip_suffix(ending).is_some_and(|stem| stem.ends_with('.')))
    };
    if LOCKS.contains(&name) || ends(GENERATED) {
        Document::Generated
    } else if ends(SETTINGS) {
        // Catalogues of translations give words to names such as `password`.
        let catalogue = ["/locale/", "/locales/", "/i18n/", "/lang/", "/translations/", "/l10n/"]
            .iter()
            .any(|part| format!("/{path}").contains(part));
        if catalogue { Document::Prose } else { Document::Settings }
    } else if ends(CODE) {
        Document::Code
    } else if ends(PROSE)
        || ["license", "readme", "changelog", "copying", "authors", "notice"].contains(&name)
    {
        Document::Prose
    } else {
        Document::Settings
    }
}

/// Whether the file is a test, a fixture or an example, whose secrets are usually made up.
pub(crate) fn is_example(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let mut parts: Vec<&str> = path.split(['/', '\\']).collect();
    let name = parts.pop().unwrap_or_default();
    let directory = parts.iter().any(|part| {
        [
            "test",
            "tests",
            "__tests__",
            "spec",
            "specs",
            "testdata",
            "fixtures",
            "__fixtures__",
            "mocks",
            "__mocks__",
            "examples",
            "cypress",
            "e2e",
        ]
        .contains(part)
    });
    let marks =
        [".test.", ".spec.", "_test.", ".example", ".sample", ".template", ".dist", "-example.", "_spec."];
    directory
        || ["test_", "test.", "tests."].iter().any(|begin| name.starts_with(begin))
        || name == "conftest.py"
        || marks.iter().any(|mark| name.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_name_says() {
        let rows = [
            (".env", Document::Settings),
            ("a/.npmrc", Document::Settings),
            ("config", Document::Settings),
            ("app/config.PHP", Document::Code),
            ("locale/de/app.json", Document::Prose),
            ("src/i18n/de.json", Document::Prose),
            ("README.md", Document::Prose),
            ("LICENSE", Document::Prose),
            ("package-lock.json", Document::Generated),
            ("dist/app.min.js", Document::Generated),
            ("web/app.js", Document::Code),
        ];
        for (path, expected) in rows {
            assert_eq!(document(path), expected, "{path}");
        }
    }

    #[test]
    fn tests_and_examples_are_told_apart() {
        for path in [
            "tests/a.py",
            "src/a.test.ts",
            "pkg/a_test.go",
            ".env.example",
            "app/test_views.py",
            "spec/a.rb",
            "src/find/tests.rs",
        ] {
            assert!(is_example(path), "{path}");
        }
        for path in ["src/latest.py", "contest/a.py", ".env", "src/specification.ts"] {
            assert!(!is_example(path), "{path}");
        }
    }
}
