//! The question about a `git push` says what would be pushed, and asking for it runs nothing of the repository's.

use crate::common::Sealed;

/// A project with a remote that has its first commit, and two commits that it has not.
fn ahead(name: &str) -> Sealed {
    let world = Sealed::new(name);
    let remote = world.path("remote.git").to_string_lossy().into_owned();
    world.git(&["init", "--quiet", "--bare", &remote]);
    world.git(&["checkout", "-q", "-b", "main"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    world.git(&["remote", "add", "origin", &remote]);
    world.git(&["push", "-q", "-u", "origin", "main"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "second"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "third"]);
    world
}

/// The reasons of the verdict about a command.
fn reasons(world: &Sealed, command: &str) -> String {
    let ran = world.run(&["check", "--json", "bash", command]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let field = |name: &str| answer.get(name).unwrap().to_string();
    assert_eq!(field("decision"), "\"ask\"", "{command}: {}", ran.stdout);
    field("reasons")
}

#[test]
fn the_question_says_what_would_be_pushed() {
    let world = ahead("push-says");
    for command in ["git push", "git push origin main", "git push origin HEAD", "git push origin HEAD:main"] {
        let reasons = reasons(&world, command);
        for part in ["2 commits that `origin/main` does not have", "second", "third"] {
            assert!(reasons.contains(part), "{command}: {part}: {reasons}");
        }
        assert!(!reasons.contains("first"), "{command}: {reasons}");
    }
    let explained = world.run(&["check", "--explain", "bash", "git push"]).stdout;
    assert!(explained.contains("2 commits that `origin/main` does not have"), "{explained}");
    world.git(&["checkout", "-q", "-b", "topic"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "fourth"]);
    let new = reasons(&world, "git push -u origin topic");
    assert!(new.contains("3 commits that no remote branch has") && new.contains("fourth"), "{new}");
    world.git(&["push", "-q", "origin", "topic"]);
    let none = reasons(&world, "git push origin topic");
    assert!(none.contains("no commits that `origin/topic` does not have"), "{none}");
}

#[test]
fn a_question_that_git_cannot_answer_says_why() {
    let world = ahead("push-why");
    for (command, why) in [
        ("git push origin nothing", "there is no such commit"),
        ("git push origin $BRANCH", "only known when it runs"),
        ("git push --all", "more than one branch"),
        ("git -C / push", "there is no repository"),
        ("GIT_DIR=/x git push", "another repository"),
    ] {
        let reasons = reasons(&world, command);
        assert!(reasons.contains("could not be determined"), "{command}: {reasons}");
        assert!(reasons.contains(why), "{command}: {reasons}");
    }
}

#[test]
fn looking_runs_nothing_that_the_repository_names() {
    let world = ahead("push-hostile");
    let marker = world.path("home/MARKER");
    let run = format!("touch {}", marker.display());
    for (key, value) in [
        ("core.fsmonitor", run.clone()),
        ("core.pager", run.clone()),
        ("pager.log", run.clone()),
        ("core.sshCommand", run.clone()),
        ("core.askPass", run.clone()),
        ("diff.external", run.clone()),
        ("gpg.program", run.clone()),
        ("log.showSignature", "true".to_owned()),
        ("alias.log", format!("!{run}")),
        ("alias.rev-parse", format!("!{run}")),
        ("filter.x.clean", run.clone()),
        ("remote.origin.uploadpack", run.clone()),
    ] {
        world.git(&["config", key, &value]);
    }
    world.write("home/p/.git/hooks/post-index-change", &format!("#!/bin/sh\n{run}\n"));
    let reasons = reasons(&world, "git push");
    assert!(!marker.exists(), "the repository's configuration ran: {reasons}");
    assert!(reasons.contains("2 commits that `origin/main` does not have"), "{reasons}");
    // The trap is a real one: git outside the sandbox runs it.
    world.git(&["status"]);
    assert!(marker.exists(), "nothing was set up that could have run");
}
