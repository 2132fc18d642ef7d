//! Which language a file is in.

use crate::finding::GapReason;

/// A language that a front-end reads, or a format that has checks of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python.
    Python,
    /// JavaScript, with JSX.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// HTML, with scripts and templates in it (Jinja, EJS, Handlebars), and Vue and Svelte components.
    Html,
    /// Go.
    Go,
    /// Java.
    Java,
    /// PHP.
    Php,
    /// Ruby.
    Ruby,
    /// HTML and other text with Ruby in it (`<%= … %>`).
    Erb,
    /// C#.
    CSharp,
    /// Rust.
    Rust,
    /// Scripts of a POSIX shell, bash, ksh and the like: checks of their own, no rules.
    Shell,
    /// Dockerfiles: checks of their own, no rules.
    Dockerfile,
    /// GitHub's workflows and composite actions: checks of their own, no rules.
    Workflow,
}

/// Name in rules, and the extensions (lower case, without the dot) by which a file is known.
const TABLE: &[(Language, &str, &[&str])] = &[
    (Language::Python, "python", &["py", "pyi", "pyw"]),
    (Language::JavaScript, "javascript", &["js", "jsx", "mjs", "cjs"]),
    (Language::TypeScript, "typescript", &["ts", "mts", "cts"]),
    (Language::Tsx, "tsx", &["tsx"]),
    (
        Language::Html,
        "html",
        &[
            "html",
            "htm",
            "xhtml",
            "vue",
            "svelte",
            "astro",
            "ejs",
            "jinja",
            "jinja2",
            "j2",
            "hbs",
            "handlebars",
        ],
    ),
    (Language::Go, "go", &["go"]),
    (Language::Java, "java", &["java"]),
    (Language::Php, "php", &["php", "phtml", "php5", "php7", "inc"]),
    (Language::Ruby, "ruby", &["rb", "rake", "ru", "gemspec"]),
    (Language::Erb, "erb", &["erb", "rhtml"]),
    (Language::CSharp, "csharp", &["cs"]),
    (Language::Rust, "rust", &["rs"]),
    (Language::Shell, "bash", &["sh", "bash", "ksh", "dash"]),
    (Language::Dockerfile, "dockerfile", &["dockerfile", "containerfile"]),
    // By its place: a workflow is YAML.
    (Language::Workflow, "workflow", &[]),
];

/// Extensions of code that no front-end reads.
const UNREAD: [&str; 46] = [
    "asm", "awk", "bas", "bat", "c", "cc", "clj", "cljs", "cmd", "coffee", "cpp", "cxx", "d", "dart", "erl",
    "ex", "exs", "f90", "fs", "fsx", "groovy", "h", "hpp", "hs", "jl", "jsp", "cshtml", "razor", "kt", "kts",
    "lua", "m", "ml", "mm", "nim", "pas", "pl", "pm", "ps1", "r", "scala", "sol", "swift", "tcl", "vb",
    "zig",
];

/// Why a file whose name no language claims is not looked at, when it holds code.
pub(crate) fn unread(path: &str) -> Option<GapReason> {
    let extension = path.rsplit_once('.')?.1.to_ascii_lowercase();
    match extension.as_str() {
        "ipynb" => Some(GapReason::Unparsed("the code of a notebook is not looked at".to_owned())),
        other => UNREAD.contains(&other).then_some(GapReason::Unsupported),
    }
}

impl Language {
    /// Every language.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(language, ..)| *language)
    }

    /// The languages whose files are one program: they import each other, and a rule has one number in all of them.
    pub fn family(self) -> &'static [Self] {
        match self {
            Self::Python => &[Self::Python],
            Self::JavaScript | Self::TypeScript | Self::Tsx | Self::Html => {
                &[Self::JavaScript, Self::TypeScript, Self::Tsx, Self::Html]
            }
            Self::Go => &[Self::Go],
            Self::Java => &[Self::Java],
            Self::Php => &[Self::Php],
            Self::Ruby | Self::Erb => &[Self::Ruby, Self::Erb],
            Self::CSharp => &[Self::CSharp],
            Self::Rust => &[Self::Rust],
            Self::Shell | Self::Dockerfile | Self::Workflow => &[],
        }
    }

    /// The name by which rules say it (Semgrep's `languages` key).
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(language, ..)| *language == self).map_or("", |(_, name, _)| name)
    }

    /// The language of a rule's `languages` entry.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = match name {
            "py" | "python3" => "python",
            "js" | "jsx" => "javascript",
            "ts" => "typescript",
            "golang" => "go",
            "c#" => "csharp",
            "rb" => "ruby",
            "rs" => "rust",
            other => other,
        };
        TABLE.iter().find(|(_, known, _)| *known == name).map(|(language, ..)| *language)
    }

    /// The language of a file: by its name, else by the program that its first line names (`#!/usr/bin/env python3`).
    pub fn of(path: &str, text: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if let Some(format) = Self::of_place(path, name) {
            return Some(format);
        }
        if let Some((stem, extension)) = name.rsplit_once('.')
            && !stem.is_empty()
        {
            let extension = extension.to_ascii_lowercase();
            let known = TABLE.iter().find(|(_, _, extensions)| extensions.contains(&extension.as_str()));
            if let Some((language, ..)) = known {
                return Some(*language);
            }
        }
        Self::of_shebang(text)
    }

    /// Formats that are known by a whole name or a place.
    fn of_place(path: &str, name: &str) -> Option<Self> {
        let image = ["Dockerfile", "Containerfile"].iter().any(|known| {
            name.strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('-'))
        });
        if image && !name.ends_with(".dockerignore") {
            return Some(Self::Dockerfile);
        }
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let path = path.replace('\\', "/");
        let workflows = path.strip_suffix(name).is_some_and(|folder| folder.ends_with(".github/workflows/"));
        let action = name == "action.yml" || name == "action.yaml";
        (yaml && (workflows || action)).then_some(Self::Workflow)
    }

    fn of_shebang(text: &str) -> Option<Self> {
        let line = text.strip_prefix("#!")?.lines().next()?;
        let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
        let program = words.find(|word| *word != "env" && !word.starts_with('-') && !word.contains('='))?;
        let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        match program {
            "python" | "pypy" => Some(Self::Python),
            "node" | "nodejs" | "bun" => Some(Self::JavaScript),
            "deno" | "ts-node" | "tsx" => Some(Self::TypeScript),
            "ruby" => Some(Self::Ruby),
            "php" => Some(Self::Php),
            "sh" | "bash" | "dash" | "ash" | "ksh" | "mksh" => Some(Self::Shell),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name_or_its_first_line() {
        let rows = [
            ("a/b.py", "", Some(Language::Python)),
            ("A.PY", "", Some(Language::Python)),
            ("x.d.ts", "", Some(Language::TypeScript)),
            (".py", "", None),
            ("bin/tool", "#!/usr/bin/env -S LANG=C python3.12 -u\n", Some(Language::Python)),
            ("bin/tool", "#!/usr/local/bin/node\n", Some(Language::JavaScript)),
            ("bin/tool", "#!/bin/sh\n", Some(Language::Shell)),
            ("install.sh", "", Some(Language::Shell)),
            ("Dockerfile", "", Some(Language::Dockerfile)),
            ("docker/Dockerfile.prod", "", Some(Language::Dockerfile)),
            ("Dockerfile.dockerignore", "", None),
            ("web.Dockerfile", "", Some(Language::Dockerfile)),
            (".github/workflows/ci.yml", "", Some(Language::Workflow)),
            ("sub\\.github\\workflows\\ci.yaml", "", Some(Language::Workflow)),
            (".github/actions/x/action.yml", "", Some(Language::Workflow)),
            (".github/dependabot.yml", "", None),
            ("notes.txt", "#!/usr/bin/python\n", Some(Language::Python)),
            ("C:\\app\\Main.java", "", Some(Language::Java)),
            ("README", "", None),
        ];
        for (path, text, language) in rows {
            assert_eq!(Language::of(path, text), language, "{path} {text:?}");
        }
        for (language, name, _) in TABLE {
            assert_eq!(Language::from_name(name), Some(*language));
        }
    }
}
