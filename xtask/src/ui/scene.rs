//! A project, a person's configuration, and a session of a scripted agent in it, by the real binary.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The person's rules, with comments.
pub(super) const RULES: &str = "{\n  // what I let agents do\n  \"permission\": {\n    \"webfetch\": \"ask\",\n    \"bash\": {\n      \"git push *\": \"ask\", // never without me\n      \"date *\": \"ask\",\n      \"docker *\": \"deny\"\n    }\n  }\n}\n";

/// A file before and after the agent.
pub(super) const BEFORE: &str = "def slug(title):\n    text = title.strip()\n    text = text.lower()\n    return text.replace(' ', '-')\n\n\ndef title(slug):\n    return slug.replace('-', ' ')\n\n\ndef words(title):\n    return title.split()\n\n\ndef count(title):\n    return len(words(title))\n";

/// What the agent does: calls that it puts to Wardline as its hook, and their effects.
const AGENT: &str = r#"#!/bin/sh
said() {
  printf '{"hook_event_name":"%s","session_id":"s","tool_use_id":"%s","tool_name":"Bash","tool_input":{"command":"%s"},"tool_response":{}}' "$1" "$2" "$3" | WARDLINE_BINARY hook claude >/dev/null 2>&1
}
call() { said PreToolUse "$1" "$2" && eval "$3"; said PostToolUse "$1" "$2"; }
call t1 "cat slug.py" "cat slug.py > /dev/null"
call t2 "sed -i s/x/y/ slug.py" "sed -i \"s/title.strip()/title.strip(' -')/; s/len(words(title))/eval(title)/\" slug.py"
call t3 "python3 -m pytest" "printf 'ok\n' > results.txt; printf 'import os\nos.system(input())\n' > helper.py"
said PreToolUse t4 "rm -rf /etc"
said PreToolUse t5 "cat /etc/hostname"
printf 'all:\n\techo later\n' > Makefile
"#;

/// The world of the flows; it is removed, and the server ended, when dropped.
pub(super) struct Scene {
    pub(super) root: PathBuf,
    pub(super) wardline: PathBuf,
    server: Child,
    /// The first link.
    pub(super) link: String,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
        fs::remove_dir_all(&self.root).ok();
    }
}

impl Scene {
    pub(super) fn new(workspace: &Path) -> Result<Self, String> {
        let wardline = crate::agents::binary(workspace)?;
        let root = PathBuf::from("/var/tmp").join(format!("wl-page-{}", std::process::id()));
        let said = |e: std::io::Error| e.to_string();
        fs::create_dir_all(root.join("home/slug")).map_err(said)?;
        fs::create_dir_all(root.join("home/.config/wardline")).map_err(said)?;
        let agent = AGENT.replace("WARDLINE_BINARY", &wardline.to_string_lossy());
        for (name, text) in [("slug.py", BEFORE), ("Makefile", "all:\n\ttrue\n"), ("claude", &agent)] {
            fs::write(root.join("home/slug").join(name), text).map_err(said)?;
        }
        fs::set_permissions(root.join("home/slug/claude"), fs::Permissions::from_mode(0o755))
            .map_err(said)?;
        fs::write(root.join("home/.config/wardline/config.jsonc"), RULES).map_err(said)?;
        Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(root.join("home/slug"))
            .status()
            .map_err(said)?;
        let started = Self::session(&wardline, &root).and_then(|()| Self::serve(&wardline, &root));
        match started {
            Ok((server, link)) => Ok(Self { root, wardline, server, link }),
            Err(e) => {
                fs::remove_dir_all(&root).ok();
                Err(e)
            }
        }
    }

    fn command(wardline: &Path, root: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(wardline);
        command.args(arguments).current_dir(root.join("home/slug")).env_clear();
        command
            .env("HOME", root.join("home"))
            .env("USER", "tester")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null());
        command
    }

    fn session(wardline: &Path, root: &Path) -> Result<(), String> {
        let output =
            Self::command(wardline, root, &["run", "--", "./claude"]).output().map_err(|e| e.to_string())?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        if told.contains("files changed") { Ok(()) } else { Err(format!("the session did not run: {told}")) }
    }

    fn serve(wardline: &Path, root: &Path) -> Result<(Child, String), String> {
        let mut server = Self::command(wardline, root, &["ui"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut link = String::new();
        let out = server.stdout.take().ok_or("the server has no output")?;
        BufReader::new(out).read_line(&mut link).map_err(|e| e.to_string())?;
        Ok((server, link.trim().to_owned()))
    }

    /// Runs the binary in the project.
    pub(super) fn run(&self, arguments: &[&str]) -> Command {
        Self::command(&self.wardline, &self.root, arguments)
    }

    /// The address of a pane.
    pub(super) fn at(&self, pane: &str) -> String {
        format!("{}{pane}", self.link.split("/#").next().unwrap_or_default())
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.root.join("home").join(name)).unwrap_or_default()
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.root.join("home").join(name), text).map_err(|e| e.to_string())
    }
}
