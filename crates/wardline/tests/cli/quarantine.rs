//! Trap files: what a session changes of what runs later on the host, seen from the host, and a person's review of it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Ran, Sealed, feed, there};
use crate::waive::at_terminal;

/// Trap files of every kind, with where they lie.
const TRAPS: [&str; 36] = [
    "Makefile",
    "sub/Makefile",
    "package.json",
    "sub/package.json",
    "justfile",
    "Taskfile.yml",
    ".github/workflows/ci.yml",
    ".github/actions/x/action.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "AGENTS.md",
    "sub/CLAUDE.md",
    ".cursorrules",
    "build.rs",
    "setup.py",
    "sub/conftest.py",
    "noxfile.py",
    "tox.ini",
    "Rakefile",
    "Gemfile",
    "build.gradle",
    "Dockerfile",
    "docker-compose.yml",
    ".npmrc",
    "pip.conf",
    ".eslintrc.js",
    ".gitmodules",
    ".envrc",
    "sub/.envrc",
    ".mise.toml",
    ".vscode/tasks.json",
    ".husky/pre-commit",
    ".cargo/config.toml",
    ".mcp.json",
    ".pre-commit-config.yaml",
    ".claude/settings.json",
];

/// Ways to change a file `$f` in a directory `$d`, none of which may show on the host.
const WAYS: [(&str, &str); 7] = [
    ("modify", "echo EVIL >> $f"),
    ("replace", "echo EVIL > $d/tmp-x; mv -f $d/tmp-x $f"),
    ("remove and make", "rm -f $f; echo EVIL > $f"),
    ("rename the parent", "mv $d $d-x; mkdir -p $d; echo EVIL > $f; mv $d-x/* $d-x/.[!.]* $d/; rm -rf $d-x"),
    ("symbolic link", "echo EVIL > $d/tmp-y; rm -f $f; ln -sf tmp-y $f"),
    ("hard link", "echo EVIL > $d/tmp-z; rm -f $f; ln -f $d/tmp-z $f"),
    ("through a hard link", "ln $f $d/tmp-l; echo EVIL >> $d/tmp-l"),
];

fn exec(world: &Sealed, script: &str) -> Ran {
    world.unseen("home/p/script", script);
    world.run(&["exec", "--", "bash", "script"])
}

/// Every file below a directory that says `EVIL` and has a trap's name.
fn evil(root: &Path, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .filter(|name| std::fs::read_to_string(root.join(name)).is_ok_and(|text| text.contains("EVIL")))
        .map(|name| (*name).to_owned())
        .collect()
}

#[test]
fn no_trap_file_changes_on_the_host_in_any_way() {
    let world = Sealed::new("traps");
    for (what, way) in WAYS {
        for name in TRAPS {
            world.write(&format!("home/p/{name}"), "good\n");
        }
        let script: String = TRAPS
            .iter()
            .map(|name| {
                let directory = Path::new(name)
                    .parent()
                    .filter(|dir| *dir != Path::new(""))
                    .unwrap_or_else(|| Path::new("."));
                let way = if directory == Path::new(".") && what.contains("parent") { "true" } else { way };
                format!("f={name} d={}; ( {way} ) 2>/dev/null\n", directory.display())
            })
            .collect();
        let ran = exec(&world, &script);
        for name in TRAPS {
            assert_eq!(world.read(&format!("home/p/{name}")), "good\n", "{what}: {name}: {ran:?}");
        }
    }
}

#[test]
fn no_new_trap_file_stays_on_the_host_made_in_any_way() {
    let world = Sealed::new("traps-new");
    let ways = [
        ("create", "mkdir -p $d; echo EVIL > $f"),
        ("rename", "mkdir -p $d; echo EVIL > tmp-x; mv tmp-x $f"),
        (
            "rename the parent",
            "mkdir -p $d-x; echo EVIL > $d-x/${f##*/}; mkdir -p ${d%/*}; mv -T $d-x $d || mv $d-x/* $d-x/.[!.]* $d/",
        ),
        ("symbolic link", "mkdir -p $d; echo EVIL > tmp-y; ln -sf $PWD/tmp-y $f"),
        ("hard link", "mkdir -p $d; echo EVIL > tmp-z; ln -f tmp-z $f"),
        (
            "a linked parent",
            "mkdir -p other/$d; echo EVIL > other/$f; [ -e ${f%%/*} ] || ln -s other/${f%%/*} ${f%%/*}",
        ),
    ];
    for (what, way) in ways {
        let fresh = Sealed::new("traps-new-one");
        let script: String = TRAPS
            .iter()
            .map(|name| {
                let directory = Path::new(name)
                    .parent()
                    .filter(|dir| *dir != Path::new(""))
                    .unwrap_or_else(|| Path::new("."));
                format!("f={name} d={}; ( {way} ) 2>/dev/null\n", directory.display())
            })
            .collect();
        let ran = exec(&fresh, &script);
        assert_eq!(evil(&fresh.project(), &TRAPS), Vec::<String>::new(), "{what}: {ran:?}");
        assert!(ran.stderr.contains("held back"), "{what}: {ran:?}");
    }
    drop(world);
}

/// What git on the host would run, follow or believe.
#[test]
fn no_git_trap_reaches_the_host() {
    let world = Sealed::new("traps-git");
    world.write("home/p/Makefile", "good\n");
    world.git(&["add", "Makefile"]);
    world.git(&["commit", "-qm", "one"]);
    world.git(&["worktree", "add", "-q", "../p/old-wt"]);
    let attacks = [
        ("a hook", "echo EVIL > .git/hooks/pre-commit"),
        (
            "a hook over a sample",
            "mv .git/hooks/pre-commit.sample .git/hooks/pre-commit; echo EVIL >> .git/hooks/pre-commit",
        ),
        (
            "another hooks directory",
            "mv .git/hooks .git/h; mkdir .git/hooks; echo EVIL > .git/hooks/post-checkout",
        ),
        ("settings", "git config core.fsmonitor EVIL"),
        (
            "settings by a lock file",
            "cp .git/config .git/config.lock; echo '[x]EVIL' >> .git/config.lock; mv .git/config.lock .git/config",
        ),
        ("settings of a worktree", "echo '[core] fsmonitor=EVIL' > .git/config.worktree"),
        ("a common directory", "mkdir -p evil; echo ../evil-EVIL > .git/commondir"),
        ("attributes", "echo 'EVIL filter=x' > .git/info/attributes"),
        ("another .git", "mv .git .git-x; mkdir .git; echo EVIL > .git/config"),
        (
            "settings of the old worktree",
            "echo '[core] fsmonitor=EVIL' > .git/worktrees/old-wt/config.worktree",
        ),
        ("the common directory of the old worktree", "echo EVIL > .git/worktrees/old-wt/commondir"),
        ("the pointer of the old worktree", "echo 'gitdir: EVIL' > old-wt/.git"),
        ("a nested repository with a hook", "git init -q n1; echo EVIL > n1/.git/hooks/pre-commit"),
        ("a nested repository with settings", "git init -q n2; git -C n2 config core.fsmonitor EVIL"),
        ("a bare repository", "git init -q --bare n3; git -C n3 config core.fsmonitor EVIL"),
        ("a pointer elsewhere", "mkdir n4; git init -q --bare n4e; echo 'gitdir: ../n4e#EVIL' > n4/.git"),
        (
            "a new worktree with another common directory",
            "git worktree add -q n5; echo ../../../EVIL > .git/worktrees/n5/commondir",
        ),
        (
            "a submodule's settings",
            "mkdir -p .git/modules/n6/objects .git/modules/n6/refs; echo ref: refs/heads/x > .git/modules/n6/HEAD; echo '[alias] x=!EVIL' > .git/modules/n6/config",
        ),
        ("an include", "git config include.path ../EVIL"),
        ("a list of ignored files", "echo EVIL >> .git/info/exclude"),
    ];
    for (what, attack) in attacks {
        let ran = exec(&world, &format!("( {attack} ) 2>&1; true"));
        let found = Command::new("grep")
            .args(["-rl", "EVIL", "--exclude=script", "--exclude=*.txt", "--exclude-dir=evil", "."])
            .current_dir(world.project())
            .output()
            .unwrap();
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        assert_eq!(found, "", "{what}: {ran:?}");
        assert!(there(&world.project().join(".git/HEAD")), "{what}: {ran:?}");
    }
    assert!(world.git(&["status", "--short"]).lines().all(|line| !line.contains("Makefile")));
}

#[test]
fn git_works_inside_on_quarantined_files() {
    let world = Sealed::new("traps-git-works");
    for name in ["Makefile", "package.json", ".github/workflows/ci.yml", "sub/Makefile"] {
        world.write(&format!("home/p/{name}"), "v1\n");
    }
    world.git(&["add", "-f", "Makefile", "package.json", ".github", "sub", "a.txt"]);
    world.git(&["commit", "-qm", "one"]);
    let script = r#"set -e
git config user.name t; git config user.email t@t
clean() { test -z "$(git status --short -uno)" || { git status --short; exit 7; }; }
git branch -q start
git checkout -q -b feature; echo v2 > Makefile; sed -i s/v1/v2/ .github/workflows/ci.yml; git commit -qam two; clean
git rm -q package.json; git commit -qm three; clean
git checkout -q start; grep -q v1 Makefile package.json; clean
git checkout -q feature; grep -q v2 Makefile; clean
git checkout -q start; echo more >> a.txt; git commit -qam four; git checkout -q feature; git rebase -q start; clean
echo dirty > Makefile; git stash -q; grep -q v2 Makefile; git stash pop -q; grep -q dirty Makefile; git checkout -q Makefile
git checkout -q --orphan empty; git rm -rfq .; git commit -q --allow-empty -m e; git checkout -q feature; grep -q v2 Makefile; clean
git worktree add -q wt -b w; (cd wt; echo v3 > Makefile; git commit -qam wt); git merge -q w -m m; grep -q v3 Makefile; clean
git tag v1; git branch -q --track t2 start; git reset -q --hard HEAD~1; grep -q v2 Makefile
git revert --no-edit HEAD -q 2>/dev/null || git revert --no-edit HEAD >/dev/null; clean
git cherry-pick w >/dev/null || git cherry-pick --abort; clean
git init -q m; git -C m config user.name t; git -C m config user.email t@t; git -C m commit -q --allow-empty -m m
git -c protocol.file.allow=always submodule add -q ./m mod; git commit -qm sub
git -c protocol.file.allow=always submodule update --init -q; clean
echo WORKS
"#;
    let ran = exec(&world, script);
    assert!(ran.stdout.contains("WORKS"), "{ran:?}");
    for name in ["Makefile", "package.json", ".github/workflows/ci.yml", "sub/Makefile"] {
        assert_eq!(world.read(&format!("home/p/{name}")), "v1\n", "{name}");
    }
    assert!(world.git(&["log", "--all", "--oneline"]).contains("three"), "commits are on the host");
}

/// How editors and tools save; each must succeed inside and leave the host alone.
#[test]
fn tools_save_inside_as_they_do_elsewhere() {
    let world = Sealed::new("traps-save");
    let table = [
        ("in place", "sed -i s/good/better/ Makefile; grep -q better Makefile"),
        (
            "rename over",
            "echo better > .Makefile.swp; mv .Makefile.swp Makefile; grep -q better Makefile && [ ! -e .Makefile.swp ]",
        ),
        ("keeps the mode", "echo better > x; chmod 751 x; mv x Makefile; [ $(stat -c %a Makefile) = 751 ]"),
        (
            "keeps the time",
            "touch -d 2001-01-01 x; mv x Makefile; [ $(stat -c %Y Makefile) = $(date -d 2001-01-01 +%s) ]",
        ),
        (
            "backup, then new",
            "mv Makefile Makefile~; echo better > Makefile; grep -q good Makefile~ && grep -q better Makefile",
        ),
        (
            "remove, then exclusively",
            "python3 -c \"import os; os.unlink('Makefile'); open('Makefile','x').write('better')\" && grep -q better Makefile",
        ),
        (
            "exclusively only once",
            "python3 -c \"import os; os.unlink('Makefile'); open('Makefile','x').write('a'); open('Makefile','x')\" 2>&1 | grep -q FileExists",
        ),
        ("no replace", "echo better > x; mv -n x Makefile; grep -q good Makefile && [ -e x ]"),
        (
            "from another directory",
            "mkdir -p d; echo better > d/x; cd d; mv x ../Makefile; grep -q better ../Makefile",
        ),
        ("from another file system", "echo better > /tmp/x; mv /tmp/x Makefile; grep -q better Makefile"),
        ("to another file system", "mv Makefile /tmp/y; grep -q good /tmp/y; [ ! -s Makefile ]"),
        (
            "by descriptor",
            "python3 -c \"import os; d=os.open('.',os.O_RDONLY); os.close(os.open('x',os.O_CREAT|os.O_TRUNC|os.O_WRONLY,dir_fd=d)); os.rename('x','Makefile',src_dir_fd=d,dst_dir_fd=d)\" && [ ! -s Makefile ]",
        ),
        (
            "a directory is no file",
            "mkdir d2; mv -T d2 Makefile 2>/dev/null; [ $? = 1 ] && grep -q good Makefile",
        ),
        (
            "one onto another",
            "echo p > package.json; mv package.json Makefile; grep -q p Makefile; [ ! -s package.json ]",
        ),
        (
            "many at once",
            "for i in $(seq 50); do (echo $i > x$i; mv x$i Makefile) & done; wait; [ $(wc -l < Makefile) = 1 ]",
        ),
        (
            "threads and signals",
            "python3 - <<'E'\nimport os,signal,threading\nsignal.signal(signal.SIGALRM,lambda *a:None); signal.siginterrupt(signal.SIGALRM,False); signal.setitimer(signal.ITIMER_REAL,0.001,0.001)\nfor i in range(300):\n  open('x','w').write(str(i)); os.rename('x','Makefile')\nsignal.setitimer(signal.ITIMER_REAL,0)\nassert open('Makefile').read()=='299'\nE\n",
        ),
    ];
    for (name, script) in table {
        world.write("home/p/Makefile", "good\n");
        world.write("home/p/package.json", "{}\n");
        let ran = exec(&world, &format!("( {script} ) && echo WORKS"));
        assert!(ran.stdout.contains("WORKS"), "{name}: {ran:?}");
        assert_eq!(world.read("home/p/Makefile"), "good\n", "{name}");
        assert_eq!(world.read("home/p/package.json"), "{}\n", "{name}");
    }
}

#[test]
fn ordinary_files_and_results_are_not_held() {
    let world = Sealed::new("traps-open");
    let script = "mkdir -p node_modules/x target src; for f in node_modules/x/package.json target/Makefile src/main.rs Cargo.toml x.sh; do echo x > $f; done; git init -q nested; git -C nested config user.name t";
    let ran = exec(&world, script);
    assert!(!ran.stderr.contains("held back"), "{ran:?}");
    for file in
        ["node_modules/x/package.json", "target/Makefile", "src/main.rs", "Cargo.toml", "nested/.git/config"]
    {
        assert!(there(&world.project().join(file)), "{file}");
    }
}

#[test]
fn a_rule_of_the_person_opens_a_file() {
    let world = Sealed::new("traps-rule");
    world.config(r#"{"permission": {"edit": {"package.json": "allow"}}}"#);
    world.write("home/p/package.json", "{}\n");
    world.write("home/p/Makefile", "good\n");
    exec(&world, "echo x >> package.json; echo x >> Makefile");
    assert_eq!(world.read("home/p/package.json"), "{}\nx\n");
    assert_eq!(world.read("home/p/Makefile"), "good\n");
}

/// The name of the only held change of a file.
fn id(world: &Sealed, file: &str) -> String {
    let listed = world.run(&["quarantine", "--json"]);
    let mut found =
        listed.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of = |value: &serde_json::Value| value["path"].as_str().unwrap().ends_with(file);
    found.find(of).unwrap().get("id").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_person_accepts_or_discards_what_is_held() {
    let world = Sealed::new("traps-review");
    for name in ["Makefile", "package.json", "justfile"] {
        world.write(&format!("home/p/{name}"), "old\n");
    }
    let ran = exec(
        &world,
        "printf 'new\\033[2K\\n' > Makefile; chmod 755 Makefile; rm package.json; echo mine > justfile; mkdir -p a/b; echo x > a/b/AGENTS.md; rm -rf /tmp/x",
    );
    for what in ["M ", "D ", "A ", "wardline quarantine accept"] {
        assert!(ran.stderr.contains(what), "{ran:?}");
    }
    let shown = world.run(&["quarantine", "show", &id(&world, "Makefile")]);
    assert!(shown.stdout.contains("+new\\u{1b}[2K") && shown.stdout.contains("-old"), "{shown:?}");
    assert!(shown.stdout.contains("644 → 755"), "{shown:?}");

    // Nobody at a terminal, or no: nothing happens.
    assert_eq!(world.run(&["quarantine", "accept", "--all"]).code, 2);
    let make = id(&world, "Makefile");
    assert_eq!(at_terminal(&world, &format!("quarantine accept {make}"), "n").0, 20);
    assert_eq!(world.read("home/p/Makefile"), "old\n");

    let (code, text) = at_terminal(&world, &format!("quarantine accept {make}"), "y");
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains("\u{1b}[2K"), "control characters are shown, not sent: {text:?}");
    assert_eq!(world.read("home/p/Makefile"), "new\u{1b}[2K\n");
    assert_eq!(world.run(&["quarantine", "show", &make]).code, 1, "it is not held any more");

    // The host has changed meanwhile: a conflict, and nothing is guessed.
    world.write("home/p/justfile", "the person's\n");
    let just = id(&world, "justfile");
    let (code, text) = at_terminal(&world, &format!("quarantine accept {just}"), "y");
    assert_eq!(code, 1, "{text}");
    assert_eq!(world.read("home/p/justfile"), "the person's\n");
    assert_eq!(at_terminal(&world, &format!("quarantine discard {just}"), "y").0, 0);

    let (code, text) = at_terminal(&world, "quarantine accept --all", "y");
    assert_eq!(code, 0, "{text}");
    assert!(!there(&world.project().join("package.json")), "{text}");
    assert_eq!(world.read("home/p/a/b/AGENTS.md"), "x\n", "{text}");
    assert!(world.run(&["quarantine"]).stdout.contains("nothing is held"));
    let words: Vec<String> =
        world.rows().iter().filter_map(|row| row["body"]["quarantine"].as_str().map(str::to_owned)).collect();
    assert_eq!(words, ["accepted", "discarded", "accepted", "accepted"]);
    assert_eq!(std::fs::read_dir(world.path("home/.local/state/wardline/quarantine")).unwrap().count(), 0);
}

#[test]
fn an_accepted_change_follows_no_link() {
    let world = Sealed::new("traps-link");
    exec(&world, "mkdir sub; echo EVIL > sub/Makefile");
    world.write("home/elsewhere/keep", "");
    std::fs::remove_dir_all(world.path("home/p/sub")).unwrap();
    std::os::unix::fs::symlink(world.path("home/elsewhere"), world.path("home/p/sub")).unwrap();
    let (code, text) = at_terminal(&world, "quarantine accept --all", "y");
    assert_eq!(code, 1, "{text}");
    assert!(!there(&world.path("home/elsewhere/Makefile")), "{text}");
}

#[test]
fn only_a_person_reviews() {
    let world = Sealed::new("traps-agent");
    world.write("home/p/Makefile", "old\n");
    exec(&world, "echo new > Makefile");
    for command in
        ["wardline quarantine accept --all", "script -qc 'wardline quarantine accept --all' /dev/null"]
    {
        let ran = world.run(&["check", "bash", command, "--json"]);
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["decision"], "deny", "{command}");
    }
    let mut inside = world.command(&["quarantine", "accept", "--all"]);
    assert_eq!(feed(inside.env("WARDLINE", "1"), b"").code, 2);
    assert_eq!(world.read("home/p/Makefile"), "old\n");
}

#[test]
fn nothing_is_lost_or_left_when_the_caller_is_killed() {
    let world = Sealed::new("traps-kill");
    world.write("home/p/Makefile", "old\n");
    world.unseen("home/p/script", "echo new > Makefile; echo EVIL > justfile; touch ready; sleep 600");
    let mut command = world.command(&["exec", "--", "bash", "script"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait("the program", || there(&world.project().join("ready")));
    let running = world.run(&["quarantine"]);
    assert!(running.stdout.contains("its session runs"), "{running:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    wait("the keeper", || !there(&world.project().join("justfile")));
    assert_eq!(world.read("home/p/Makefile"), "old\n");
    wait("the list", || {
        let listed = world.run(&["quarantine"]).stdout;
        listed.contains("Makefile") && listed.contains("justfile") && !listed.contains("session runs")
    });
}

fn wait(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What cannot be copied is read-only instead, and stops nobody from working. (Root reads everything.)
#[test]
fn a_file_that_cannot_be_read_is_read_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = Sealed::new("quarantine-unreadable");
    let path = world.write("home/p/setup.py", "old\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    world.unseen("home/p/try.sh", "chmod 700 setup.py; echo evil >> setup.py; echo on");
    let ran = world.run(&["exec", "--", "sh", "try.sh"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "on\n"), "{ran:?}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(world.read("home/p/setup.py"), "old\n", "{ran:?}");
}

#[test]
fn what_is_read_only_for_want_of_a_copy_is_named_at_the_end() {
    let world = Sealed::new("quarantine-uncopied");
    world.write("home/p/package.json", "{}");
    let large = world.write("home/p/Makefile", "all:\n");
    std::fs::File::options().write(true).open(&large).unwrap().set_len(17 << 20).unwrap();
    let script = world.unseen("home/p/change.sh", "echo x >> Makefile; echo x >> package.json");
    let ran = world.run(&["exec", "--", "sh", script.to_str().unwrap()]);
    let (named, held) = ran.stderr.split_once("held back").unwrap();
    assert!(named.contains("no copy could be made") && named.contains("p/Makefile"), "{ran:?}");
    assert!(held.contains("package.json") && !held.contains("Makefile"), "{ran:?}");
    assert_eq!(large.metadata().unwrap().len(), 17 << 20);
    let rows = world.rows();
    let end = rows.iter().find(|row| row["body"]["read_only_for_want_of_a_copy"].is_array()).unwrap();
    assert!(
        end["body"]["read_only_for_want_of_a_copy"][0].as_str().unwrap().ends_with("p/Makefile"),
        "{end}"
    );
    let ran = world.run(&["exec", "--", "true"]);
    assert!(ran.stderr.contains("no copy could be made"), "{ran:?}");
}

#[test]
fn no_tree_is_too_deep_and_no_name_too_long_for_the_look_at_the_end() {
    const DEEP: &str = "
import os
top = os.getcwd()
for number in range(700):
    os.mkdir('d' * 8); os.chdir('d' * 8)
    if number in (5, 300, 699): open('.envrc', 'w').write('evil')
os.chdir(top)
os.mkdir('x' * 255); open('x' * 255 + '/.envrc', 'w').write('evil')
os.mkdir('many')
for number in range(5000): open('many/' + 'y' * 200 + str(number), 'w').close()
print('made')
";
    if !Path::new("/usr/bin/python3").exists() {
        println!("SKIPPED: no python3 here, no deep tree was made");
        return;
    }
    let world = Sealed::new("quarantine-deep");
    let script = world.unseen("home/p/deep.py", DEEP);
    let ran = world.run(&["exec", "--", "/usr/bin/python3", script.to_str().unwrap()]);
    assert!(ran.code == 0 && ran.stdout == "made\n", "{ran:?}");
    assert!(!ran.stderr.contains("COULD NOT BE MOVED AWAY"), "{ran:?}");
    let find = Command::new("find").arg(world.project()).args(["-name", ".envrc"]).output().unwrap();
    assert!(find.stdout.is_empty(), "something stayed: {} bytes of names", find.stdout.len());
    assert_eq!(std::fs::read_dir(world.project().join("many")).unwrap().count(), 5000);
}
