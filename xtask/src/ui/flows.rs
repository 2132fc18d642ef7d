//! The flows: what a person does in the page, and what must have come of it in the project, the rules and the journal.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::browser::Browser;
use super::scene::{BEFORE, RULES, Scene};

/// What a flow is.
type Flow = fn(&mut Browser, &Scene) -> Result<(), String>;

/// Every flow, in the order of one person's visit.
pub(super) const FLOWS: &[(&str, Flow)] = &[
    ("log in", log_in),
    ("see the changes", see),
    ("scan", scan),
    ("mark as reviewed", review),
    ("filter the trace", filter),
    ("reject a hunk", reject_hunk),
    ("reject a file", reject_file),
    ("undo the revert", undo),
    ("rewind", rewind),
    ("accept a held change", accept_held),
    ("set a dropdown", dropdown),
    ("append a rule", append),
    ("refuse rules that are none", broken_rules),
    ("test a command", test),
    ("keyboard only", keyboard),
    ("live", live),
    ("approve", approve),
    ("deny by the keyboard", deny),
    ("what comes while the page does not listen", early),
    ("leave a rule from a question", leave_rule),
    ("switch the mode", switch),
    ("stop a session", stop),
    ("sessions and doctor", others),
    ("another site", cross_site),
];

fn check(good: bool, what: impl Into<String>) -> Result<(), String> {
    if good { Ok(()) } else { Err(what.into()) }
}

fn log_in(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/changes"))?;
    page.sees("Open the link that")?;
    page.go("about:blank")?;
    page.begin(&scene.link)?;
    page.sees("Since checkpoint")?;
    check(
        page.text("location.hash + document.cookie")?.is_empty(),
        "the secret stays in the address, or a script reads the cookie",
    )
}

fn see(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/changes"))?;
    for text in ["helper.py", "results.txt", "slug.py", "Hunk 2 of 2", "Held back", "Makefile"] {
        page.sees(text)?;
    }
    Ok(())
}

fn scan(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/changes"))?;
    page.click("button", "Scan the changes")?;
    page.sees("The gate is ")?;
    page.until("a finding beside its line", "document.querySelector('.patch .finding') !== null")
}

fn review(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/changes"))?;
    page.click("section[aria-labelledby] button", "Mark as reviewed")?;
    page.until("the mark", "document.querySelector('section.file .chip.allow')?.textContent === 'reviewed'")
}

fn filter(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/trace"))?;
    page.sees("python3 -m pytest")?;
    page.click("nav.filters a", "Denied")?;
    page.until("the denied", "location.search.includes('denied') && document.readyState === 'complete'")?;
    page.sees("rm -rf /etc")?;
    check(!page.text("document.body.innerText")?.contains("pytest"), "what was allowed is among the denied")?;
    page.click("nav.filters a", "Outside the task")?;
    page.until("the outside", "location.search.includes('outside') && document.readyState === 'complete'")?;
    page.sees("/etc/hostname")?;
    check(
        !page.text("document.body.innerText")?.contains("pytest"),
        "what stays inside is among what leads outside",
    )?;
    page.click("nav.filters a", "Not seen before")?;
    page.sees("cat slug.py")
}

fn reject_hunk(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/changes"))?;
    page.click(".hunk:nth-of-type(3) button", "Reject hunk")?;
    page.sees("Back to checkpoint")?;
    page.click("button", "Take it back")?;
    page.sees("Your own changes are as they were")?;
    let now = scene.read("slug/slug.py");
    check(
        now.contains("strip(' -')") && now.contains("len(words(title))"),
        format!("one hunk of two was to go: {now}"),
    )
}

fn reject_file(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    scene.write("slug/mine.txt", "mine\n")?;
    page.go(&scene.at("/changes"))?;
    let section = "section.file:has(code) .row form button";
    page.until("helper.py", "document.body.innerText.includes('helper.py')")?;
    let first = page.text("document.querySelector('section.file h2 code').textContent")?;
    page.click(section, "Reject file")?;
    page.click("button", "Take it back")?;
    page.sees("Your own changes are as they were")?;
    check(!scene.root.join("home/slug").join(&first).exists(), format!("{first} is still there"))?;
    check(scene.read("slug/mine.txt") == "mine\n", "the person's own file is gone")
}

fn undo(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/changes"))?;
    page.click("button", "Undo the last revert")?;
    page.click("button", "Take it back")?;
    page.sees("Your own changes are as they were")?;
    check(scene.root.join("home/slug/helper.py").exists(), "helper.py did not come back")
}

fn rewind(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/trace"))?;
    // The row of the session's beginning is the last that has a checkpoint.
    page.until("a way back", "document.querySelector('.rewind button') !== null")?;
    page.value("[...document.querySelectorAll('.rewind')].slice(0, -1).forEach(it => it.remove())")?;
    page.click(".rewind button", "Rewind here")?;
    page.sees("This happens whole or not at all")?;
    page.click("button", "Take it back")?;
    page.sees("Your own changes are as they were")?;
    check(scene.read("slug/slug.py") == BEFORE, "slug.py is not as it was before the session")?;
    check(!scene.root.join("home/slug/results.txt").exists(), "results.txt is still there")?;
    check(scene.read("slug/mine.txt") == "mine\n", "the person's own file is gone")
}

fn accept_held(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    check(scene.read("slug/Makefile").contains("true"), "the Makefile was not held back")?;
    page.go(&scene.at("/changes"))?;
    page.click("section.held button", "Accept")?;
    page.click("button", "Accept it")?;
    page.sees("Accepted")?;
    check(scene.read("slug/Makefile").contains("echo later"), "the change was not made")
}

fn rules(scene: &Scene) -> String {
    scene.read(".config/wardline/config.jsonc")
}

fn dropdown(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/permissions"))?;
    page.value("(() => { const it = document.getElementById('tool-webfetch'); it.focus(); it.value = 'deny'; it.dispatchEvent(new Event('input', {bubbles: true})); })()")?;
    page.click("form:has(#tool-webfetch) button", "Set")?;
    page.sees("Change your rules")?;
    page.click("#confirm", "Save")?;
    page.sees("Saved.")?;
    check(
        rules(scene) == RULES.replace("\"webfetch\": \"ask\"", "\"webfetch\": \"deny\""),
        format!("more or less than one word changed: {}", rules(scene)),
    )?;
    page.until("the dropdown", "document.getElementById('tool-webfetch').value === 'deny'")
}

fn append(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/permissions"))?;
    page.click("#append input[name=pattern]", "")?;
    page.write("cargo publish *")?;
    page.value("document.querySelector('#append select').value = 'deny'")?;
    page.click("#append button", "Append")?;
    page.sees("cargo publish")?;
    page.click("#confirm", "Save")?;
    page.sees("Saved.")?;
    let now = rules(scene);
    let kept = [
        "// what I let agents do",
        "\"git push *\": \"ask\", // never without me",
        "\"docker *\": \"deny\",\n      \"cargo publish *\": \"deny\"\n",
    ];
    check(
        kept.iter().all(|part| now.contains(part)),
        format!("not at the bottom, or a comment is gone: {now}"),
    )
}

fn broken_rules(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    let before = rules(scene);
    page.go(&scene.at("/permissions"))?;
    page.click("summary", "The file as it is")?;
    page.value("document.getElementById('text').value = '{\"permission\": {\"bash\": \"perhaps\"}}'")?;
    page.click("button", "Show the difference")?;
    page.sees("there would be no policy")?;
    check(
        page.value("document.getElementById('confirm') === null")? == Value::Bool(true),
        "it can be saved",
    )?;
    check(rules(scene) == before, "the file was written")
}

fn test(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/permissions"))?;
    page.click("#target", "")?;
    page.write("docker ps && cargo build")?;
    page.click("#test button", "Test")?;
    page.until("the verdict", "document.querySelector('#tested .chip')?.textContent === 'deny'")?;
    page.sees("docker *")?;
    page.sees("config.jsonc:")
}

fn keyboard(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/sessions"))?;
    let trace = page.text("[...document.querySelectorAll('header [data-key]')].find(it => it.textContent.startsWith('Trace')).dataset.key")?;
    page.press(&trace)?;
    page.until("the trace", "location.pathname === '/trace' && document.readyState === 'complete'")?;
    page.press("j")?;
    page.press("j")?;
    page.press("k")?;
    page.until(
        "the first row",
        "document.activeElement === document.querySelectorAll('main [data-row]')[0]",
    )?;
    page.press("Enter")?;
    page.until("the row, whole", "location.pathname === '/trace/row' && document.readyState === 'complete'")?;
    // A filter is reached by Tab as well, and shows that it has the focus.
    page.go(&scene.at("/trace"))?;
    for _ in 0..40 {
        page.press("Tab")?;
        if page.text("document.activeElement.textContent")? == "Denied" {
            check(
                page.text("getComputedStyle(document.activeElement).outlineStyle")? == "solid",
                "the focus is not to be seen",
            )?;
            page.press("Enter")?;
            return page.until("the filter", "location.search.includes('show=denied')");
        }
    }
    Err("Tab does not reach the filters".to_owned())
}

fn live(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/trace"))?;
    page.until("the stream", "document.getElementById('live').textContent === 'live'")?;
    page.value("window.same = true")?;
    let output = scene.run(&["exec", "--", "echo", "a-sign-of-life"]).output().map_err(|e| e.to_string())?;
    check(output.status.success(), String::from_utf8_lossy(&output.stderr))?;
    page.sees("a-sign-of-life")?;
    check(page.value("window.same")? == Value::Bool(true), "the page was loaded anew instead of kept")
}

/// What asks, and waits for the page.
fn asking(scene: &Scene, words: &[&str]) -> Result<Child, String> {
    let mut command = scene.run(&["exec", "--on-ask", "wait:90", "--"]);
    command.args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())
}

fn ended(mut asker: Child) -> Result<Option<i32>, String> {
    asker.wait().map(|status| status.code()).map_err(|e| e.to_string())
}

fn approve(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/approvals"))?;
    page.sees("No question waits")?;
    page.until("the stream", "document.getElementById('live').textContent === 'live'")?;
    let asker = asking(scene, &["git", "push", "nowhere", "--dry-run"])?;
    page.sees("git push nowhere --dry-run")?;
    page.until("the yes", "document.querySelector('[data-guard]')?.disabled === false")?;
    page.click("button", "Run, this once")?;
    page.sees("Allowed, this once")?;
    check(ended(asker)? != Some(20), "it was refused all the same")?;
    let rows = scene.read(".local/state/wardline/journal.jsonl");
    check(
        rows.contains("\"kind\":\"approval\"") && rows.contains("\"by\":\"web\""),
        "the journal does not say that the page answered",
    )
}

/// Nothing that happens is missed: not while the page loads itself again, and not before it listens. The stream is ours here, so
/// that the order of things is certain.
fn early(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    const STREAM: &str = "const came = []; window.tell = topic => came.filter(it => it[0] === topic).forEach(it => it[1]({})); \
        window.EventSource = function () { return {addEventListener: (...it) => came.push(it)}; };";
    const HOLD: &str = "const get = window.fetch; window.fetch = (...it) => get(...it).then(page => new Promise(done => { \
        window.held = true; setTimeout(done, 5000, page); })); tell('approvals'); true";
    let script = page.at_each_load(STREAM)?;
    for (before, event, words) in [(HOLD, "approvals", "meanwhile"), ("true", "ready", "before")] {
        page.go(&scene.at("/approvals"))?;
        page.sees("No question waits")?;
        page.value(before)?;
        page.until("a page that is on its way", &format!("window.held === true || {}", event == "ready"))?;
        let mut asker = asking(scene, &["git", "push", words])?;
        is_put(scene, words)?;
        check(page.text("document.body.innerText")?.contains("No question waits"), "it was seen before")?;
        page.value(&format!("tell('{event}'); true"))?;
        page.sees(&format!("git push {words}"))?;
        asker.kill().ok();
        asker.wait().map_err(|e| e.to_string())?;
    }
    page.forget(&script)
}

/// Waits until a question about these words is put.
fn is_put(scene: &Scene, words: &str) -> Result<(), String> {
    for _ in 0..200 {
        let listed = scene.run(&["approve", "--list", "--json"]).output().map_err(|e| e.to_string())?;
        if String::from_utf8_lossy(&listed.stdout).contains(words) {
            return Ok(());
        }
        sleep(Duration::from_millis(50));
    }
    Err(format!("no question about {words} was put"))
}

fn deny(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/sessions"))?;
    let asker = asking(scene, &["git", "push", "there"])?;
    let sign = "document.getElementById('waiting').textContent === '1' && document.title.startsWith('(1) ')";
    page.until("the sign on another pane", sign)?;
    // Also on one that does not load itself again.
    page.go(&scene.at("/doctor"))?;
    page.until("the sign on the doctor's pane", sign)?;
    page.press("1")?;
    page.sees("git push")?;
    page.until("the no under the cursor", "document.activeElement.textContent === 'Deny'")?;
    page.press("Enter")?;
    page.sees("Denied.")?;
    check(ended(asker)? == Some(20), "it was not refused")
}

/// A question is answered by a rule of the project's, with an end, at the bottom of a file whose comments stay; the next one like it
/// is not asked.
fn leave_rule(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    let before = rules(scene);
    for (hold, file) in [("project", "/projects/slug-"), ("user", "config.jsonc")] {
        let words = if hold == "user" { ["date", "+%j"] } else { ["date", "+%U"] };
        page.go(&scene.at("/approvals"))?;
        let asker = asking(scene, &words)?;
        page.sees(&words.join(" "))?;
        page.click("summary", "Manage rules")?;
        page.value(&format!("document.querySelector('details select[name=hold]').value = '{hold}'"))?;
        page.click("details input[name=until]", "")?;
        page.write("2h")?;
        page.click("button", "Look at them")?;
        page.sees("What else they would have let through")?;
        page.sees(file)?;
        page.sees("\"expires\"")?;
        page.click("#confirm", "Leave these rules, and run")?;
        page.sees("The rules hold from now on, and the question is answered")?;
        check(ended(asker)? == Some(0), "it was refused all the same")?;
        check(ended(asking(scene, &words)?)? == Some(0), "it was asked again although a rule says yes")?;
    }
    let now = rules(scene);
    // The line above the new rule gains a comma.
    let stays = |line: &str| now.lines().any(|other| other == line || other == format!("{line},"));
    check(
        before.lines().all(stays) && now.contains("\"date +%j\": {"),
        format!("not appended, or a line is gone: {now}"),
    )
}

fn switch(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/approvals"))?;
    page.value("document.getElementById('mode').value = 'supervised'")?;
    page.click("button", "Switch")?;
    page.sees("Switched, from the next action on")?;
    let asker = asking(scene, &["touch", "watched.txt"])?;
    page.sees("touch watched.txt")?;
    check(!scene.root.join("home/slug/watched.txt").exists(), "it did not wait")?;
    page.until("the yes", "document.querySelector('[data-guard]')?.disabled === false")?;
    page.click("button", "Run, this once")?;
    page.sees("Allowed, this once")?;
    check(
        ended(asker)? == Some(0) && scene.root.join("home/slug/watched.txt").exists(),
        "it did not run after the yes",
    )?;
    page.value("document.getElementById('mode').value = 'policy'")?;
    page.click("button", "Switch")?;
    page.sees("Switched, from the next action on")
}

/// Freezes a session that writes as long as it runs, lets it go on, looks at it, and ends it.
fn stop(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    let ticks = scene.root.join("home/slug/ticks");
    let size = || fs::metadata(&ticks).map_or(0, |found| found.len());
    let rests = || {
        let before = size();
        sleep(Duration::from_millis(300));
        size() == before
    };
    let script = "setsid sh -c 'while :; do printf x >> ticks; sleep 0.02; done' & wait";
    let mut command = scene.run(&["run", "--", "sh", "-c", script]);
    let session = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    let goes = |page: &mut Browser, what: &str| -> Result<(), String> {
        let before = size();
        for _ in 0..600 {
            if size() > before + 3 {
                return Ok(());
            }
            page.value("true")?;
            sleep(Duration::from_millis(50));
        }
        Err(format!("it does not write {what}"))
    };
    goes(page, "at first")?;
    page.go(&scene.at("/sessions"))?;
    page.sees("Running now")?;
    page.click("button", "Freeze")?;
    page.sees("Frozen: nothing of it runs")?;
    check(rests(), "it writes although it is frozen")?;
    page.click("button", "Let it go on")?;
    page.sees("It goes on")?;
    goes(page, "after it was let go on")?;
    page.click("button", "Stop…")?;
    page.sees("It is frozen now")?;
    page.sees("while :; do printf x >> ticks")?;
    check(rests(), "it writes while a person looks at it")?;
    page.click("button", "End it")?;
    page.sees("Ended, with everything")?;
    check(ended(session)? == Some(137), "it was not ended")?;
    fs::remove_file(ticks).map_err(|e| e.to_string())
}

fn others(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    page.go(&scene.at("/sessions"))?;
    page.sees("claude")?;
    page.go(&scene.at("/doctor"))?;
    page.sees("What a session gets on this host")?;
    page.value("window.before = true")?;
    page.click("button", "Try everything again")?;
    page.until("a new report", "window.before === undefined && document.readyState === 'complete'")
}

/// A page of another origin, in the same browser with the same cookie, can neither read nor do anything.
fn cross_site(page: &mut Browser, scene: &Scene) -> Result<(), String> {
    let before = rules(scene);
    page.go("data:text/html,<title>other</title>")?;
    let address = scene.at("/permissions/ask");
    let attempt = format!(
        "fetch({}, {{method: 'POST', mode: 'no-cors', credentials: 'include', headers: {{'content-type': 'application/x-www-form-urlencoded'}}, \
         body: 'what=default&permission=bash&decision=allow'}}).then(it => it.type + it.status, e => 'refused ' + e)",
        json!(address)
    );
    page.text(&attempt)?;
    let look = format!(
        "fetch({}, {{credentials: 'include'}}).then(it => it.text(), e => 'refused')",
        json!(scene.at("/permissions"))
    );
    check(page.text(&look)? == "refused", "another site reads the page")?;
    check(rules(scene) == before, "another site changed the rules")
}

/// The panes, for looking at.
const PANES: [&str; 6] =
    ["/changes", "/approvals", "/trace", "/permissions?target=git+push+origin", "/sessions", "/doctor"];

/// No serious finding of axe, in any pane, in the dark and in the light; how many were looked at.
pub(super) fn accessible(page: &mut Browser, scene: &Scene, axe: &str) -> Result<usize, String> {
    const RUN: &str = "axe.run(document, {resultTypes: ['violations']}).then(it => JSON.stringify(it.violations\
        .filter(it => ['serious', 'critical'].includes(it.impact)).map(it => it.id + ': ' + it.nodes.slice(0, 3).map(it => it.html).join(' … '))))";
    let mut looked = 0;
    let mut asker = asking(scene, &["git", "push", "origin", "main"])?;
    page.go(&scene.at("/approvals"))?;
    page.sees("git push origin main")?;
    for scheme in ["light", "dark"] {
        page.light(scheme)?;
        for pane in PANES {
            page.go(&scene.at(pane))?;
            page.value(&format!("{axe}; true"))?;
            let found = page.text(RUN)?;
            check(found == "[]", format!("{pane} in the {scheme}: {found}"))?;
            looked += 1;
        }
    }
    asker.kill().ok();
    asker.wait().ok();
    page.light("light")?;
    Ok(looked)
}

/// Takes the pictures of the README: every pane in the light, the first in the dark too.
pub(super) fn pictures(page: &mut Browser, scene: &Scene, place: &Path) -> Result<(), String> {
    fs::create_dir_all(place).map_err(|e| e.to_string())?;
    log_in(page, scene)?;
    scan(page, scene)?;
    let mut asker = asking(scene, &["git", "push", "origin", "main"])?;
    page.go(&scene.at("/approvals"))?;
    page.sees("git push origin main")?;
    for (scheme, suffix, panes) in
        [("light", "", &PANES[..]), ("dark", "-dark", PANES.get(..1).unwrap_or_default())]
    {
        page.light(scheme)?;
        for pane in panes {
            page.go(&scene.at(pane))?;
            page.until("the stream", "['live', ''].includes(document.getElementById('live').textContent)")?;
            let name = pane.trim_start_matches('/').split('?').next().unwrap_or_default();
            fs::write(place.join(format!("ui-{name}{suffix}.png")), page.picture()?)
                .map_err(|e| e.to_string())?;
        }
    }
    asker.kill().ok();
    asker.wait().map(drop).map_err(|e| e.to_string())
}
