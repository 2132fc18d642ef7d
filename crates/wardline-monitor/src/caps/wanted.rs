//! What a manifest's names lead to, and what a command line starts.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use wardline_policy::{Capabilities, Named, Problem};
use wardline_sandbox::Sight;

use super::problem;
use crate::World;

/// The paths that a manifest names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Each with its name, where it really leads, and what is wanted of it.
    pub(crate) paths: Vec<(&'static str, Named, PathBuf, Sight)>,
    /// Those that lead nowhere.
    pub(crate) missing: Vec<(&'static str, Named)>,
}

const READ: Sight = Sight { read: true, write: false, execute: false };

impl Wanted {
    /// Finds where the names lead. One that leaves the place it is named from is a problem: the manifest says other than
    /// it seems to.
    pub(crate) fn find(
        world: &World,
        directory: &Path,
        caps: &Capabilities,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let lists = [
            ("files.read", &caps.read, READ),
            ("files.write", &caps.write, Sight { write: true, ..READ }),
            ("files.execute", &caps.execute, Sight { execute: true, ..READ }),
        ];
        let mut wanted = Self::default();
        for (kind, name, sight) in
            lists.iter().flat_map(|(kind, list, sight)| list.iter().map(move |name| (*kind, name, *sight)))
        {
            let (root, rest) = root_of(world, directory, &name.text);
            let Ok(path) = root.join(rest).canonicalize() else {
                wanted.missing.push((kind, name.clone()));
                continue;
            };
            let root = root.canonicalize().unwrap_or(root);
            if path.starts_with(&root) {
                wanted.paths.push((kind, name.clone(), path, sight));
            } else {
                let text =
                    format!("`{}` leaves `{}`: it leads to `{}`", name.text, root.display(), path.display());
                problems.push(problem(&name.origin, &text, "name where it leads, from `/` or `~/`"));
            }
        }
        wanted
    }
}

/// The place that a name starts from, and the rest of it.
fn root_of<'n>(world: &World, directory: &Path, name: &'n str) -> (PathBuf, &'n str) {
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    match first {
        "~" | "$HOME" => (world.home.clone(), rest),
        "$PROJECT" => (world.project.clone(), rest),
        "" if name.starts_with('/') => (PathBuf::from("/"), rest),
        _ => (directory.to_path_buf(), name),
    }
}

/// What a command line starts, by real paths.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    /// The program as it is named.
    pub(crate) spelled: PathBuf,
    /// The program.
    pub(crate) program: PathBuf,
    /// The script that an interpreter was told to run, if the program is one.
    pub(crate) script: Option<PathBuf>,
    /// Whether nothing but the script tells the interpreter what to do.
    pub(crate) plain: bool,
}

impl Started {
    /// Program and script.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.program.as_path()).chain(self.script.as_deref())
    }
}

/// Programs that run the script they are given. A version may follow the name.
const INTERPRETERS: [&str; 18] = [
    "python", "pypy", "node", "nodejs", "deno", "bun", "tsx", "ts-node", "ruby", "perl", "php", "lua",
    "luajit", "sh", "bash", "dash", "zsh", "java",
];
/// Options of Python that change nothing of what runs.
const PLAIN_OPTIONS: [&str; 5] = ["-u", "-B", "-I", "-E", "-s"];

/// What is started by `program` with the arguments of `argv`, from the directory of `world`.
pub(crate) fn started(world: &World, program: &Path, argv: &[OsString]) -> Started {
    let spelled = normal(&world.cwd.join(program));
    let program = spelled.canonicalize().unwrap_or_else(|_| spelled.clone());
    // A link tells by its own name what it is: `python3` may lead to `python3.11`, `sh` to `busybox`.
    let is_interpreter = [&spelled, &program].iter().any(|path| interpreter(path).is_some());
    let python =
        [&spelled, &program].iter().any(|path| interpreter(path).is_some_and(|name| name.starts_with("py")));
    let mut plain = true;
    let mut script = None;
    for word in argv.iter().skip(1).filter(|_| is_interpreter) {
        let text = word.to_string_lossy();
        let path = world.cwd.join(word);
        if !text.starts_with('-') && path.is_file() {
            script = path.canonicalize().ok();
            break;
        }
        plain &= python && PLAIN_OPTIONS.contains(&&*text);
    }
    Started { spelled, program, script, plain }
}

fn interpreter(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    INTERPRETERS.into_iter().find(|known| *known == stem || *known == name)
}

/// The path without `.` and `..`, links as they are.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Dir;

    #[test]
    fn the_script_of_an_interpreter_is_found() {
        let dir = Dir::new("started");
        for name in ["p/server.py", "p/x/tool.sh", "bin/python3.11", "bin/tool"] {
            dir.write(name, "");
        }
        let environment = [("HOME".to_owned(), dir.path().join("home").to_string_lossy().into_owned())];
        let world = World::new(environment.into(), &dir.path().join("p"), "/w".into()).unwrap();
        // The command line, its script, whether nothing else says what runs.
        let table: [(&str, Option<&str>, bool); 9] = [
            ("bin/python3.11 server.py", Some("p/server.py"), true),
            ("bin/python3.11 -u -I server.py --flag", Some("p/server.py"), true),
            ("bin/python3.11 -c code server.py", Some("p/server.py"), false),
            ("bin/python3.11 -m http.server", None, false),
            ("bin/python3.11 -i server.py", Some("p/server.py"), false),
            ("bin/tool server.py", None, true),
            ("bin/sh -s x/tool.sh", Some("p/x/tool.sh"), false),
            ("bin/perl -E server.py", Some("p/server.py"), false),
            ("bin/node x/tool.sh", Some("p/x/tool.sh"), true),
        ];
        for (line, script, plain) in table {
            let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let program = dir.path().join(&argv[0]);
            let started = started(&world, &program, &argv);
            let expected = script.map(|name| dir.path().join(name).canonicalize().unwrap());
            assert_eq!(started.script, expected, "{line}");
            assert!(started.plain == plain || script.is_none(), "{line}");
        }
    }
}
