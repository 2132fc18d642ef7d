//! What a `git push` would publish: asked of git, for the question that a person is put.
//!
//! A repository's configuration makes git run programs, and a project is not trusted. So git only ever looks at it inside
//! the sandbox: the repository read-only, no network, an empty home, little time, little output. Where that can't be had
//! the question says so; it never goes without the sandbox.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use wardline_policy::{Decision, Facts, Verdict};
use wardline_sandbox::{
    Confinement, Program, Resource, ResourceLimits, Stdio3, Stream, start_with, system_paths,
};
use wardline_shell::{Analysis, Certainty, Command, Effect, EffectKind, Target};

use crate::World;

/// The question that is answered here.
const RULE: &str = "ask.git.push";
/// Seconds that git may take for one push.
const WALL_SECONDS: u64 = 2;
/// Bytes that are read of what it prints.
const MOST_OUTPUT: u64 = 16 * 1024;
/// Commits that are named in the question; the others are counted.
const NAMED: usize = 5;
/// Longest first line of a commit that is shown, in characters.
const LONGEST_SUBJECT: usize = 72;
/// Pushes of one script that are looked into.
const MOST_PUSHES: usize = 2;
/// The private home inside: nothing of it is ever filled.
const HOME: &str = "/run/wardline/home";

/// Asks git; prints `base NAME`, `count N` and a line for each of the first commits, or `error WHY`.
/// `$1` is what is pushed, `$2` the remote, `$3` the branch there; both may be empty.
const SCRIPT: &str = r#"
fail() { echo "error $1"; exit 0; }
git() { command git -c 'safe.directory=*' -c core.fsmonitor=false -c core.hooksPath=/dev/null -c core.pager=cat "$@"; }
command -v git >/dev/null || fail 'git is not among the programs of the system'
git rev-parse --git-dir >/dev/null 2>&1 || fail 'git does not take the directory for a repository'
commit=$(git rev-parse --verify -q "$1^{commit}" 2>/dev/null) || fail 'there is no such commit in the repository'
if [ -z "$2$3" ]; then
  base=$(git rev-parse --verify -q --symbolic-full-name '@{push}' 2>/dev/null) ||
    base=$(git rev-parse --verify -q --symbolic-full-name '@{upstream}' 2>/dev/null) || base=
else
  branch=${3:-$(git symbolic-ref -q --short HEAD)}
  base=refs/remotes/$2/${branch#refs/heads/}
  git rev-parse --verify -q "$base^{commit}" >/dev/null 2>&1 || base=
fi
if [ -n "$base" ]; then set -- "$base..$commit"; else set -- "$commit" --not --remotes; fi
count=$(git rev-list --count "$@" 2>/dev/null) || fail 'git could not compare the commits'
echo "base ${base#refs/remotes/}"
echo "count $count"
git log --no-show-signature --no-color --format='%h %s' -n 5 "$@" 2>/dev/null
"#;

/// Says in each question about a push what would be pushed. True when a question was changed, so that the verdict is due
/// again; its decision is the same.
pub(crate) fn describe(
    world: &World,
    analysis: Option<&Analysis>,
    verdict: &Verdict,
    facts: &mut Facts,
) -> bool {
    let (Some(analysis), Decision::Ask) = (analysis, verdict.decision) else { return false };
    let asked = |refusal: &&mut wardline_policy::Refusal| refusal.rule == RULE && refusal.waiver.is_none();
    let mut changed = false;
    for refusal in facts.refusals.iter_mut().filter(asked).take(MOST_PUSHES) {
        let Some(at) = refusal.command else { continue };
        let pushes = |effect: &&Effect| effect.kind == EffectKind::Push && effect.command == at;
        let (Some(command), Some(effect)) = (analysis.commands.get(at), analysis.effects.iter().find(pushes))
        else {
            continue;
        };
        if command.program.as_deref() != Some("git") {
            continue;
        }
        let found = match Push::of(command, effect).map_err(str::to_owned).and_then(|push| push.look(world)) {
            Ok(found) => found,
            Err(why) => format!("what would be pushed could not be determined: {why}"),
        };
        refusal.text = format!("{}; {found}", refusal.text);
        changed = true;
    }
    changed
}

/// One `git push`, as far as the command says it.
#[derive(Debug, PartialEq, Eq)]
struct Push {
    directory: PathBuf,
    /// What is pushed: a branch, a tag, a commit.
    source: String,
    /// The remote that is named; empty for the usual one.
    remote: String,
    /// The branch there; empty for the one of the same name.
    branch: String,
}

/// Options before `push` that do not change which repository is meant.
const PLAIN: [&str; 4] = ["-p", "-P", "--no-pager", "--paginate"];
/// Options of `push` that push more than what is named.
const SEVERAL: [&str; 6] =
    ["--all", "--branches", "--mirror", "--tags", "--follow-tags", "--recurse-submodules"];

impl Push {
    fn of(command: &Command, effect: &Effect) -> Result<Self, &'static str> {
        let start = command.directory.as_deref().ok_or("the directory is only known when it runs")?;
        let mut directory = PathBuf::from(start);
        let sure = command.certainty == Certainty::Proven && effect.certainty == Certainty::Proven;
        if !sure || command.elsewhere || command.arguments.iter().any(|word| !word.complete || word.glob) {
            return Err("a part of the command is only known when it runs");
        }
        if command.assignments.iter().any(|(name, _)| name.starts_with("GIT_")) {
            return Err("a variable tells git of another repository or other settings");
        }
        let mut words = command.arguments.iter().map(|word| word.value.as_str());
        loop {
            match words.next() {
                Some("push") => break,
                Some("-C") => directory.push(words.next().unwrap_or_default()),
                Some(word) if PLAIN.contains(&word) => {}
                _ => return Err("an option tells git of another repository or other settings"),
            }
        }
        if words.any(|word| SEVERAL.iter().any(|option| word.split('=').next() == Some(option))) {
            return Err("more than one branch or tag would be pushed");
        }
        let Target::Name(remote) = &effect.target else { return Err("the remote is not known") };
        let spec = effect.detail.trim_start_matches('+');
        let (source, branch) = match spec.split_once(':') {
            Some((source, branch)) => (source, branch),
            None if spec == "HEAD" => (spec, ""),
            None => (spec, spec),
        };
        if [source, branch, remote]
            .iter()
            .any(|name| name.starts_with('-') || name.contains(char::is_whitespace))
        {
            return Err("more than one branch or tag would be pushed");
        }
        Ok(Self {
            directory,
            source: if source.is_empty() { "HEAD" } else { source }.to_owned(),
            remote: remote.clone(),
            branch: branch.to_owned(),
        })
    }

    /// Asks git in the sandbox.
    fn look(&self, world: &World) -> Result<String, String> {
        let (root, elsewhere) = repository(&self.directory)?;
        let mut confinement = Confinement::new(&root, HOME);
        confinement.cwd.clone_from(&self.directory);
        confinement.read = system_paths();
        confinement.read.extend(elsewhere);
        confinement.pinned = vec![root];
        confinement.environment = environment();
        confinement.limits = limits();
        let argv = ["/bin/sh", "-c", SCRIPT, "sh", &self.source, &self.remote, &self.branch];
        let program = Program { argv: argv.iter().map(OsString::from).collect() };
        let stdio = Stdio3 { stdin: Stream::Null, stdout: Stream::Piped, stderr: Stream::Null };
        let started = start_with(&world.executable, &confinement, &program, stdio);
        let mut child = started
            .map_err(|e| format!("the sandbox for looking is missing ({})", first_line(&e.to_string())))?;
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout
                .take(MOST_OUTPUT)
                .read_to_end(&mut output)
                .map_err(|e| format!("git was not heard ({e})"))?;
        }
        let ended = child.wait().map_err(|e| e.to_string())?;
        if ended.limits_hit.iter().any(|hit| hit.limit == Resource::Time) {
            return Err(format!("git took longer than {WALL_SECONDS} seconds"));
        }
        told(&String::from_utf8_lossy(&output))
    }
}

/// The root of the repository that `directory` lies in, and where its data are when they are not in it.
fn repository(directory: &Path) -> Result<(PathBuf, Option<PathBuf>), &'static str> {
    let real = directory.canonicalize().map_err(|_missing| "the directory is not there")?;
    let root = real.ancestors().find(|path| path.join(".git").symlink_metadata().is_ok());
    let root = root.filter(|root| root.parent().is_some()).ok_or("there is no repository")?;
    let git = root.join(".git");
    let kind = git.symlink_metadata().map_err(|_missing| "there is no repository")?;
    if kind.is_dir() {
        return Ok((root.to_path_buf(), None));
    }
    // A linked working tree or a submodule names the place of its data. Only a repository's own folder is followed: the
    // file is the project's, and could name anything.
    let text = if kind.is_file() && kind.len() < 4096 { std::fs::read_to_string(&git).ok() } else { None };
    let named =
        text.as_deref().and_then(|text| text.trim().strip_prefix("gitdir: ").map(|path| root.join(path)));
    let named = named.and_then(|path| path.canonicalize().ok());
    let data = named.as_deref().and_then(|path| {
        path.ancestors()
            .find(|path| path.file_name().is_some_and(|name| name == ".git") && path.join("HEAD").is_file())
    });
    match data {
        Some(data) => Ok((root.to_path_buf(), Some(data.to_path_buf()))),
        None => Err("the data of the repository lie elsewhere"),
    }
}

/// What git is given: no configuration of the system's or the person's, no prompt, nothing fetched.
fn environment() -> BTreeMap<String, String> {
    let fixed = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("HOME", HOME),
        ("LC_ALL", "C.UTF-8"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_PAGER", "cat"),
    ];
    fixed.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn limits() -> ResourceLimits {
    const MIB: u64 = 1 << 20;
    ResourceLimits {
        processes: Some(32),
        memory: Some(512 * MIB),
        file_size: Some(MIB),
        open_files: Some(256),
        wall_seconds: Some(WALL_SECONDS),
        scratch: Some(4 * MIB),
        ..ResourceLimits::default()
    }
}

/// The answer of [`SCRIPT`] in words. What commits say is the repository's text: it is cut, and shown like any other text
/// that is not ours.
fn told(output: &str) -> Result<String, String> {
    let mut lines = output.lines();
    let first = lines.next().ok_or("git gave no answer")?;
    if let Some(why) = first.strip_prefix("error ") {
        return Err(why.to_owned());
    }
    let base = first.strip_prefix("base ").ok_or("git gave no answer")?.trim();
    let count = lines.next().and_then(|line| line.strip_prefix("count ")?.trim().parse::<usize>().ok());
    let count = count.ok_or("git gave no answer")?;
    let whose = if base.is_empty() {
        "that no remote branch has".to_owned()
    } else {
        format!("that `{}` does not have", shortened(base))
    };
    if count == 0 {
        return Ok(format!("no commits {whose}, as last fetched"));
    }
    let named: Vec<String> = lines.take(NAMED).map(shortened).collect();
    let more = count.saturating_sub(named.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let commits = if count == 1 { "commit" } else { "commits" };
    Ok(format!("{count} {commits} {whose}, as last fetched: {}{more}", named.join("; ")))
}

fn shortened(line: &str) -> String {
    let mut characters = line.chars().filter(|character| !character.is_control());
    let head: String = characters.by_ref().take(LONGEST_SUBJECT).collect();
    if characters.next().is_some() { format!("{head}…") } else { head }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push_of(script: &str) -> Result<Push, &'static str> {
        let context = wardline_shell::Context::new("/p", "/home/me");
        let analysis = wardline_shell::analyze(script, &context, &wardline_shell::Limits::default());
        let effect = analysis.effects.iter().find(|effect| effect.kind == EffectKind::Push).unwrap();
        Push::of(&analysis.commands[effect.command], effect)
    }

    #[test]
    fn the_command_says_what_is_pushed_where() {
        let table = [
            ("git push", ["/p", "HEAD", "", ""]),
            ("git push origin", ["/p", "HEAD", "origin", ""]),
            ("git push origin main", ["/p", "main", "origin", "main"]),
            ("git push -u origin HEAD", ["/p", "HEAD", "origin", ""]),
            ("git push origin a:b", ["/p", "a", "origin", "b"]),
            ("cd web && git push origin main", ["/p/web", "main", "origin", "main"]),
            ("git -C web push origin main", ["/p/web", "main", "origin", "main"]),
        ];
        for (script, [directory, source, remote, branch]) in table {
            let expected = Push {
                directory: directory.into(),
                source: source.to_owned(),
                remote: remote.to_owned(),
                branch: branch.to_owned(),
            };
            assert_eq!(push_of(script), Ok(expected), "{script}");
        }
    }

    #[test]
    fn what_the_command_leaves_open_is_not_guessed() {
        for script in [
            "git push origin $BRANCH",
            "git push origin a b",
            "git push --all origin",
            "git push --tags",
            "git push --follow-tags origin main",
            "GIT_DIR=/x git push",
            "git --git-dir=/x push",
            "git -c remote.origin.url=/x push",
            "cd $X; git push",
        ] {
            assert!(push_of(script).is_err(), "{script}");
        }
    }

    #[test]
    fn answers_are_put_in_words() {
        let table = [
            ("error there is none", Err("there is none")),
            ("", Err("git gave no answer")),
            ("base x", Err("git gave no answer")),
            ("base origin/a\ncount 0\n", Ok("no commits that `origin/a` does not have, as last fetched")),
            (
                "base origin/a\ncount 1\n1 \u{1b}[2Kone\n",
                Ok("1 commit that `origin/a` does not have, as last fetched: 1 [2Kone"),
            ),
            (
                "base \ncount 7\n1 a\n2 b\n",
                Ok("7 commits that no remote branch has, as last fetched: 1 a; 2 b; and 5 more"),
            ),
        ];
        for (output, expected) in table {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(told(output), expected, "{output:?}");
        }
    }

    #[test]
    fn only_the_folder_of_a_repository_is_followed() {
        let dir = crate::scratch::Dir::new("push-repository");
        dir.write("main/.git/HEAD", "ref: refs/heads/main");
        dir.write("main/.git/worktrees/w/HEAD", "ref: refs/heads/w");
        dir.write("secrets/key", "");
        dir.write("linked/.git", "gitdir: ../main/.git/worktrees/w\n");
        dir.write("lying/.git", "gitdir: ../secrets\n");
        dir.write("plain/file", "");
        let root = dir.path().canonicalize().unwrap();
        assert_eq!(repository(&root.join("main")), Ok((root.join("main"), None)));
        assert_eq!(repository(&root.join("linked")), Ok((root.join("linked"), Some(root.join("main/.git")))));
        assert!(repository(&root.join("lying")).is_err());
        assert!(repository(&root.join("plain")).is_err());
    }
}
