//! From a tool's name and input to an [`Action`]: the row type of the dialects' tool tables and its interpreter.
//!
//! A table says which permission a tool needs and what each field of its input is; everything else is here, once.

use serde_json::{Map, Value};

use crate::call::{AccessKind, Action};
use crate::{loose, patch};

/// One row: names that mean the same tool, its permission, its fields.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) names: &'static [&'static str],
    pub(crate) permission: &'static str,
    pub(crate) fields: &'static [Field],
}

/// What a field (under any of its names, all of which count) is.
#[derive(Debug)]
pub(crate) enum Field {
    /// Shell text or an argument vector. Must be there.
    Script(&'static [&'static str]),
    /// A path, or a list of paths. Must be there.
    Path(&'static [&'static str], AccessKind),
    /// A path or list of paths; the working directory when it is not there.
    PathOrHere(&'static [&'static str], AccessKind),
    /// A path or list of paths that may be missing.
    MaybePath(&'static [&'static str], AccessKind),
    /// Paths inside a list of objects: `list[].name`.
    Each(&'static str, &'static [&'static str], AccessKind),
    /// A file pattern below the directory in another field.
    Within(&'static [&'static str], &'static [&'static str], AccessKind),
    /// A patch whose headers name the files. Must be there.
    Patch(&'static [&'static str]),
    /// Text that the permission's patterns see. Must be there.
    Target(&'static [&'static str]),
    /// Text with URLs in it; each URL is a target, or the text itself when there is none.
    Urls(&'static [&'static str]),
    /// The tool's own working directory.
    Workdir(&'static [&'static str]),
}

/// Keys of the policy that no MCP tool may pose as.
const OWN_KEYS: &[&str] = &[
    "bash",
    "read",
    "edit",
    "glob",
    "grep",
    "list",
    "external_directory",
    "webfetch",
    "websearch",
    "codesearch",
    "task",
    "skill",
    "doom_loop",
    "question",
    "suggest",
    "plan_enter",
    "plan_exit",
    "todoread",
    "todowrite",
    "lsp",
    "notebook_read",
    "interactive_terminal",
    "notebook_edit",
    "recall",
    "semantic_search",
    "codebase_search",
];

/// The row of a tool, from its own dialect's table first, then from the others': agents borrow each other's tools.
pub(crate) fn find(own: &'static [Tool], name: &str) -> Option<&'static Tool> {
    let tables = std::iter::once(own).chain(crate::dialect::TABLES.iter().copied());
    tables.flatten().find(|tool| tool.names.contains(&name))
}

/// The action of a tool that a table knows.
pub(crate) fn known(tool: &Tool, input: &Value) -> Action {
    let empty = Map::new();
    let mut build = Builder::new(tool.permission);
    let fields = input.as_object().unwrap_or_else(|| {
        if !tool.fields.is_empty() {
            build.action.doubts.push("the tool's input is not an object".to_owned());
        }
        &empty
    });
    for field in tool.fields {
        build.field(fields, field);
    }
    build.finish()
}

/// The action of an MCP tool.
pub(crate) fn mcp(server: &str, tool: &str, input: &Value) -> Action {
    let key = format!("{}_{}", sanitised(server), plain(tool));
    let key = if OWN_KEYS.contains(&key.as_str()) { format!("mcp_{key}") } else { key };
    unknown(&key, tool, input)
}

/// The action of a tool that no table knows: asked under `permission`, with everything that may be a path or a command.
pub(crate) fn unknown(permission: &str, tool: &str, input: &Value) -> Action {
    let mut build = Builder::new(permission);
    let found = loose::scan(tool, input);
    build.action.paths = found.paths;
    if found.truncated {
        build.action.doubts.push("more possible paths than are looked at".to_owned());
    }
    for script in found.scripts {
        build.script(&script);
    }
    // Nothing of the input is a pattern's subject: an MCP rule is about the tool as a whole.
    build.targets.clear();
    build.finish()
}

/// The key of a tool without a row. `*` and control characters could not be told from a pattern in a rule.
pub(crate) fn key_of(tool: &str) -> String {
    let key = plain(tool).to_lowercase();
    if key.is_empty() { "unnamed_tool".to_owned() } else { key }
}

/// A name in which nothing is a pattern and nothing moves a line.
fn plain(name: &str) -> String {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '*' || c == '?';
    name.chars().map(|c| if odd(c) { '_' } else { c }).collect()
}

fn sanitised(server: &str) -> String {
    server.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' }).collect()
}

/// Shell text for an argument vector, or nothing for an empty one. `["bash", "-lc", script]` is the script itself.
pub(crate) fn argv(items: &[Value]) -> Option<String> {
    let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    match words.as_slice() {
        [] => None,
        [shell, flags, script]
            if ["sh", "bash", "zsh"].contains(&shell.rsplit('/').next().unwrap_or(shell))
                && ["-c", "-lc", "-ic", "-ilc"].contains(flags) =>
        {
            Some((*script).to_owned())
        }
        words => Some(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
    }
}

/// A word that a POSIX shell reads back as it is.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

struct Builder {
    action: Action,
    targets: Vec<String>,
}

impl Builder {
    fn new(permission: &str) -> Self {
        Self {
            action: Action {
                permission: permission.to_owned(),
                targets: Vec::new(),
                paths: Vec::new(),
                script: None,
                cwd: None,
                doubts: Vec::new(),
            },
            targets: Vec::new(),
        }
    }

    fn field(&mut self, input: &Map<String, Value>, field: &Field) {
        match field {
            Field::Script(names) => self.scripts(input, names),
            Field::Path(names, access) => {
                if self.paths(input, names, *access) == 0 {
                    self.missing(names);
                }
            }
            Field::PathOrHere(names, access) => {
                if self.paths(input, names, *access) == 0 {
                    self.path(*access, ".");
                }
            }
            Field::MaybePath(names, access) => {
                self.paths(input, names, *access);
            }
            Field::Each(list, names, access) => {
                for item in input.get(*list).and_then(Value::as_array).into_iter().flatten() {
                    match item.as_object() {
                        Some(object) => _ = self.paths(object, names, *access),
                        None => self.doubt(&format!("`{list}` holds something that is not an object")),
                    }
                }
            }
            Field::Within(base, names, access) => self.within(input, base, names, *access),
            Field::Patch(names) => self.patch(input, names),
            Field::Target(names) => {
                let found = self.texts(input, names);
                if found.is_empty() {
                    self.missing(names);
                }
                self.targets.extend(found);
            }
            Field::Urls(names) => {
                let found = self.texts(input, names);
                if found.is_empty() {
                    self.missing(names);
                }
                self.targets.extend(found.iter().flat_map(|text| urls(text)));
            }
            Field::Workdir(names) => self.action.cwd = self.texts(input, names).into_iter().next(),
        }
    }

    fn scripts(&mut self, input: &Map<String, Value>, names: &[&str]) {
        let mut any = false;
        for value in names.iter().filter_map(|name| input.get(*name)) {
            let script = match value {
                Value::String(text) => Some(text.clone()),
                Value::Array(items) if items.iter().all(Value::is_string) => argv(items),
                _ => None,
            };
            match script {
                Some(script) => {
                    any = true;
                    self.script(&script);
                }
                None => self.doubt("the command is neither text nor a list of words"),
            }
        }
        if !any {
            self.missing(names);
        }
    }

    /// Several scripts in one input are one script: each must pass.
    fn script(&mut self, script: &str) {
        if patch::is_embedded(script) {
            self.action.paths.extend(patch::files(script));
        }
        self.targets.push(script.to_owned());
        self.action.script = Some(match self.action.script.take() {
            None => script.to_owned(),
            Some(before) => format!("{before}\n{script}"),
        });
    }

    fn paths(&mut self, input: &Map<String, Value>, names: &[&str], access: AccessKind) -> usize {
        let found = self.texts(input, names);
        for path in &found {
            self.path(access, path);
        }
        found.len()
    }

    fn path(&mut self, access: AccessKind, path: &str) {
        let entry = (access, loose::local_path(path));
        if !self.action.paths.contains(&entry) {
            self.action.paths.push(entry);
        }
    }

    fn within(&mut self, input: &Map<String, Value>, base: &[&str], names: &[&str], access: AccessKind) {
        let base = self.texts(input, base).into_iter().next();
        for pattern in self.texts(input, names) {
            let joined = match &base {
                Some(base) if !pattern.starts_with(['/', '~']) => {
                    format!("{}/{pattern}", base.trim_end_matches('/'))
                }
                _ => pattern,
            };
            self.path(access, &joined);
        }
    }

    fn patch(&mut self, input: &Map<String, Value>, names: &[&str]) {
        let texts = self.texts(input, names);
        let files: Vec<_> = texts.iter().flat_map(|text| patch::files(text)).collect();
        if texts.is_empty() {
            self.missing(names);
        } else if files.is_empty() {
            self.doubt("the patch names no file");
        }
        for (access, path) in files {
            self.path(access, &path);
        }
    }

    /// Every non-empty text under any of the names, lists flattened.
    fn texts(&mut self, input: &Map<String, Value>, names: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for name in names {
            let Some(value) = input.get(*name) else { continue };
            match value {
                Value::String(text) if !text.is_empty() => found.push(text.clone()),
                Value::String(_) | Value::Null => {}
                Value::Array(items) if items.iter().all(Value::is_string) => {
                    found.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => self.doubt(&format!("field `{name}` is not text")),
            }
        }
        found
    }

    fn missing(&mut self, names: &[&str]) {
        let name = names.first().copied().unwrap_or("input");
        self.doubt(&format!("field `{name}` is missing"));
    }

    fn doubt(&mut self, text: &str) {
        self.action.doubts.push(text.to_owned());
    }

    /// Targets are what the tables name, else the paths for the file permissions, else everything.
    fn finish(mut self) -> Action {
        if self.targets.is_empty() && matches!(self.action.permission.as_str(), "read" | "edit" | "list") {
            self.targets = self.action.paths.iter().map(|(_, path)| path.clone()).collect();
            self.targets.dedup();
        }
        if self.targets.is_empty() {
            self.targets.push("*".to_owned());
        }
        self.action.targets = self.targets;
        self.action
    }
}

/// URLs in running text, without the punctuation around them; the whole text if there is none.
fn urls(text: &str) -> Vec<String> {
    let found: Vec<String> = text
        .split(|c: char| c.is_whitespace() || "<>\"'`()[]{}".contains(c))
        .filter(|word| word.contains("://"))
        .map(|word| word.trim_end_matches([',', '.', ';', '!']).to_owned())
        .collect();
    if found.is_empty() { vec![text.to_owned()] } else { found }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_url_in_a_sentence_is_the_target() {
        let cases: &[(&str, &[&str])] = &[
            ("https://a.b/c", &["https://a.b/c"]),
            ("read (https://a.b/c), then http://x.", &["https://a.b/c", "http://x"]),
            ("a.b/c", &["a.b/c"]),
        ];
        for (text, wanted) in cases {
            assert_eq!(&urls(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_argument_vector_reads_back_as_the_same_words() {
        let cases = [
            (json!(["bash", "-lc", "rm -rf x && ls"]), "rm -rf x && ls"),
            (json!(["/bin/sh", "-c", "a | b"]), "a | b"),
            (json!(["rm", "a b", "it's"]), r"rm 'a b' 'it'\''s'"),
            (json!(["echo", "$(id)"]), "echo '$(id)'"),
            (json!(["echo", ""]), "echo ''"),
        ];
        for (items, wanted) in cases {
            assert_eq!(argv(items.as_array().unwrap()).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn an_mcp_tool_cannot_pose_as_a_permission() {
        assert_eq!(mcp("external", "directory", &json!({})).permission, "mcp_external_directory");
        assert_eq!(mcp("my srv", "do", &json!({})).permission, "my_srv_do");
        assert_eq!(key_of("*"), "_");
        assert_eq!(key_of(""), "unnamed_tool");
    }
}
