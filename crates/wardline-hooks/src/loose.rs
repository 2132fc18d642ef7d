//! Possible paths and shell text in the input of a tool that no table knows (MCP servers, future tools).
//!
//! Over-reading is the safe side here: a word taken for a path lies inside the project and costs nothing, while a
//! path taken for a word would slip past the protection of sensitive files.

use serde_json::Value;

use crate::call::AccessKind;

/// Most possible paths taken from one input.
const MAX_PATHS: usize = 512;
/// Longest text that can be a path (Linux `PATH_MAX`).
const MAX_PATH_BYTES: usize = 4096;

/// Words in a field's name that say its text is a path, whatever it looks like.
const PATH_WORDS: &[&str] =
    &["path", "file", "dir", "folder", "cwd", "workdir", "root", "src", "dest", "target", "uri"];
/// Field names whose text is a shell command.
const SCRIPT_NAMES: &[&str] = &[
    "command",
    "commands",
    "cmd",
    "cmds",
    "script",
    "shell",
    "shell_command",
    "bash",
    "exec",
    "argv",
    "commandline",
];
/// Words in a tool's name that say it changes something.
const WRITING_WORDS: &[&str] = &[
    "write", "edit", "create", "delete", "remove", "move", "rename", "copy", "update", "append", "insert",
    "patch", "replace", "save", "put", "set", "upload", "download", "mkdir", "touch", "run", "exec", "apply",
    "add", "import",
];
/// Words in a tool's name that say it only looks.
const READING_WORDS: &[&str] = &[
    "read", "get", "list", "search", "find", "view", "fetch", "query", "show", "open", "grep", "glob",
    "stat", "tree", "describe", "lookup", "info", "diff", "status", "log",
];

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Loose {
    pub(crate) paths: Vec<(AccessKind, String)>,
    pub(crate) scripts: Vec<String>,
    pub(crate) truncated: bool,
}

/// Goes through every string of a tool's input.
pub(crate) fn scan(tool: &str, input: &Value) -> Loose {
    let mut found = Loose::default();
    walk(&mut found, accesses(tool), "", input);
    found
}

/// A tool whose name does not say that it only looks may also write.
fn accesses(tool: &str) -> &'static [AccessKind] {
    let words: Vec<String> = words(tool);
    let says = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if says(READING_WORDS) && !says(WRITING_WORDS) {
        &[AccessKind::Read]
    } else {
        &[AccessKind::Read, AccessKind::Write]
    }
}

/// `readFile`, `read_file` and `read-file` as lower-case words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for letter in name.chars() {
        let boundary = !letter.is_alphanumeric() || (letter.is_uppercase() && after_lower);
        if boundary {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_lower = letter.is_lowercase();
    }
    words
}

fn walk(found: &mut Loose, accesses: &[AccessKind], key: &str, value: &Value) {
    match value {
        Value::String(text) => {
            if is_script_name(key) && !text.trim().is_empty() {
                found.scripts.push(text.clone());
            }
            if may_be_path(key, text) {
                add_path(found, accesses, text);
            }
        }
        Value::Array(items) if is_script_name(key) && items.iter().all(Value::is_string) => {
            found.scripts.extend(crate::tools::argv(items));
            items.iter().for_each(|item| walk(found, accesses, "", item));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(found, accesses, key, item)),
        Value::Object(map) => {
            for (name, item) in map {
                // Some servers take a map from file name to content.
                if name.len() > 1 && has_path_shape(name) {
                    add_path(found, accesses, name);
                }
                walk(found, accesses, name, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn add_path(found: &mut Loose, accesses: &[AccessKind], text: &str) {
    let path = local_path(text);
    for &access in accesses {
        if found.paths.iter().any(|(known, name)| *known == access && name == &path) {
            continue;
        }
        if found.paths.len() >= MAX_PATHS {
            found.truncated = true;
            return;
        }
        found.paths.push((access, path.clone()));
    }
}

/// The path in a `file:` URL, or the text itself.
pub(crate) fn local_path(text: &str) -> String {
    let Some(rest) = text.strip_prefix("file://") else { return text.to_owned() };
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    percent_decoded(path)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair = (byte == b'%').then(|| (ahead.next().and_then(hex), ahead.next().and_then(hex)));
        if let Some((Some(high), Some(low))) = pair {
            decoded.push(high << 4 | low);
            bytes = ahead;
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn is_script_name(key: &str) -> bool {
    SCRIPT_NAMES.contains(&key.to_ascii_lowercase().as_str())
}

fn may_be_path(key: &str, text: &str) -> bool {
    if text.is_empty() || text.len() > MAX_PATH_BYTES || text.contains(['\n', '\r', '\0']) {
        return false;
    }
    let key = key.to_ascii_lowercase();
    PATH_WORDS.iter().any(|word| key.contains(word)) || has_path_shape(text) || is_one_word(text)
}

fn has_path_shape(text: &str) -> bool {
    ["/", "~", "./", "../", "file://", "$HOME", "\\"].iter().any(|start| text.starts_with(start))
        || (text.contains('/') && !text.contains("://") && !text.contains(char::is_whitespace))
}

/// One word with a letter in it and no scheme: `.env`, `id_rsa`, `notes.md`.
fn is_one_word(text: &str) -> bool {
    !text.contains(char::is_whitespace) && !text.contains("://") && text.contains(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(tool: &str, input: &Value) -> Vec<String> {
        let mut paths: Vec<String> = scan(tool, input).paths.into_iter().map(|(_, path)| path).collect();
        paths.dedup();
        paths
    }

    #[test]
    fn a_sensitive_name_is_found_wherever_a_tool_hides_it() {
        let cases = [
            json!({"path": ".env"}),
            json!({"q": ".env"}),
            json!({"uri": "file://.env"}),
            json!({"options": {"list": [{"x": [".env"]}]}}),
            json!({"files": [".env", "a"]}),
            json!({"note": "see ./x", "p": ".env"}),
        ];
        for input in cases {
            assert!(paths("srv_read", &input).contains(&".env".to_owned()), "{input}");
        }
        assert_eq!(
            paths("x_get", &json!({"u": "file:///home/a%20b/.ssh/id_rsa"})),
            ["/home/a b/.ssh/id_rsa"]
        );
        assert_eq!(paths("x_get", &json!({"changes": {"/etc/passwd": "text with words"}})), ["/etc/passwd"]);
        assert_eq!(paths("x_get", &json!({"my_path": "with space"})), ["with space"]);
        assert_eq!(
            paths("x_get", &json!({"n": 1, "b": true, "t": "two words", "u": "https://a.b/c"})),
            [""; 0]
        );
    }

    #[test]
    fn only_a_name_that_says_so_is_read_only() {
        let cases = [
            ("read_file", false),
            ("listFiles", false),
            ("fs_write", true),
            ("get_or_create", true),
            ("frobnicate", true),
            ("search_and_replace", true),
        ];
        for (tool, writes) in cases {
            let found = scan(tool, &json!({"path": "a"}));
            assert_eq!(found.paths.iter().any(|(access, _)| *access == AccessKind::Write), writes, "{tool}");
        }
    }

    #[test]
    fn command_fields_are_shell_text() {
        let input = json!({"cmd": "rm -rf x", "args": {"command": ["git", "commit", "-m", "two words"]}});
        assert_eq!(scan("t", &input).scripts, ["rm -rf x", "git commit -m 'two words'"]);
    }

    #[test]
    fn too_many_possible_paths_are_reported() {
        let many: Vec<String> = (0..2000).map(|n| format!("f{n}")).collect();
        assert!(scan("read", &json!({"x": many})).truncated);
    }
}
