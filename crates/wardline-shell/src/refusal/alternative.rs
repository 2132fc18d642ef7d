//! Commands that do what was probably wanted, without the harm.

use super::Alternative;

fn make<const N: usize>(argv: [&str; N], does: &str) -> Alternative {
    Alternative { argv: argv.iter().map(|word| (*word).to_owned()).collect(), does: does.to_owned() }
}

/// A word as a shell would read it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+~".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('~') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Look at what would be changed.
pub(super) fn look(path: &str) -> Option<Alternative> {
    // A listing of a glob would need the glob unquoted, which an argv can't say; its directory says enough.
    let plain = path.split(['*', '?', '[']).next().unwrap_or_default();
    let path =
        if plain.len() == path.len() { path } else { plain.rsplit_once('/').map_or("", |(dir, _)| dir) };
    let path = if path.is_empty() { "/" } else { path };
    path.starts_with('/').then(|| make(["ls", "-la", "--", path], "shows what is there"))
}

/// See what git would remove.
pub(super) fn clean_dry() -> Alternative {
    make(["git", "clean", "-n", "-d"], "shows which files git does not keep, and removes nothing")
}

/// Put changes aside instead of losing them.
pub(super) fn stash() -> Alternative {
    make(
        ["git", "stash", "push", "--include-untracked"],
        "puts the changes aside, to be taken back with `git stash pop`",
    )
}

/// List branches and what they hold instead of removing them.
pub(super) fn branches() -> Alternative {
    make(["git", "branch", "-avv"], "shows the branches and whether they are merged")
}

/// What would be pushed.
pub(super) fn unpushed() -> Alternative {
    make(["git", "log", "--oneline", "@{upstream}.."], "shows the commits that are not pushed yet")
}

/// Download to a file, to be read before it is run.
pub(super) fn download(url: &str) -> Alternative {
    let name = "downloaded.txt";
    make(["curl", "-fsSLo", name, url], "only downloads it; read the file before anything runs it")
}

/// The devices of the machine.
pub(super) fn devices() -> Alternative {
    make(["lsblk", "-f"], "shows the devices and what is on them")
}

/// The timetable of the user.
pub(super) fn timetable() -> Alternative {
    make(["crontab", "-l"], "shows what is set up to run")
}

/// How a service is.
pub(super) fn status(name: &str) -> Option<Alternative> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c));
    (plain && !name.starts_with('-'))
        .then(|| make(["systemctl", "status", name], "shows the state of the service"))
}

/// The processes.
pub(super) fn processes() -> Alternative {
    make(["ps", "-ef"], "shows the processes, so that one can be named")
}

/// The settings of git and where they come from.
pub(super) fn git_settings() -> Alternative {
    make(["git", "config", "--list", "--show-origin"], "shows the settings and where they come from")
}

/// The same command, only pretended.
pub(super) fn rehearse(words: &[String], option: &str, does: &str) -> Option<Alternative> {
    if words.is_empty() || words.iter().any(|word| word.contains(['$', '`', '*'])) {
        return None;
    }
    let mut argv = words.to_vec();
    argv.push(option.to_owned());
    Some(Alternative { argv, does: does.to_owned() })
}

/// What terraform would destroy.
pub(super) fn plan_destroy(program: &str) -> Alternative {
    make([program, "plan", "-destroy"], "shows what would be destroyed")
}

/// What containers, images and volumes there are.
pub(super) fn container_space(program: &str) -> Alternative {
    make([program, "system", "df"], "shows what takes space")
}

/// What was put aside.
pub(super) fn stashes() -> Alternative {
    make(["git", "stash", "list"], "shows what was put aside")
}
