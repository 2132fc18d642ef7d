//! Permissions: what each tool may do, the patterns in their order, what a command would be told, and the file they stand in.
//!
//! Everything that changes a rule changes the text of the person's own file, is shown as a difference first, and is written by the
//! second click.

mod test;

use axum::http::StatusCode;
use maud::{Markup, html};
use wardline_monitor::audit::Kind;
use wardline_monitor::checkpoint::lines;
use wardline_monitor::policy::{Decision, EffectiveRule, Layer, Lint, PolicySet, Severity, lint};
use wardline_monitor::rules::{self, Draft, Edit};
use wardline_monitor::sources::{self, Choice};
use wardline_monitor::{Subject, undo};

use crate::Ui;
use crate::answer::{Answer, Ask};
use crate::html;

/// The tools that are always listed; those that rules name besides follow.
const TOOLS: [&str; 10] =
    ["bash", "edit", "read", "list", "glob", "grep", "webfetch", "websearch", "task", "external_directory"];
const DECISIONS: [Decision; 3] = [Decision::Allow, Decision::Ask, Decision::Deny];
/// The agent whose rules are shown.
const AGENT: &str = "code";

pub(crate) fn show(ui: &Ui, ask: &Ask) -> Answer {
    let text = std::fs::read_to_string(rules::file(ui.world())).unwrap_or_default();
    let body = match sources::policy(ui.world(), &Choice::default()) {
        Ok(policy) => {
            let own = rules::file(ui.world()).to_string_lossy().into_owned();
            let lints = lint(&policy);
            html! {
                (saved(ask))
                (test::form(ui, ask, &policy))
                (defaults(ask, &policy, &own))
                (patterns(ask, &policy, &own, &lints))
                (remarks(&lints))
                (whole(ask, &text))
                (effective(&policy))
            }
        }
        Err(e) => html! {
            p.problem role="alert" { "There is no policy, so every action is denied:\n" (html::block(&e.to_string())) }
            (whole(ask, &text))
        },
    };
    Answer::Page(html::page("/permissions", "Permissions", "policy", &body))
}

fn saved(ask: &Ask) -> Markup {
    html! { @if ask.query("done") == Some("saved") { p.done role="status" { "Saved. It holds from the next decision on that reads the file; running sessions keep the rules they began with." } } }
}

/// The decision that holds for a tool where no pattern says otherwise, and where it stands.
fn default_of<'p>(rules: &'p [EffectiveRule], permission: &str) -> Option<&'p EffectiveRule> {
    let matches = |rule: &&EffectiveRule| {
        rule.part == "base"
            && rule.pattern == "*"
            && rule.confined.is_none()
            && (rule.permission == permission || rule.permission == "*")
    };
    rules.iter().rfind(matches)
}

fn defaults(ask: &Ask, policy: &PolicySet, own: &str) -> Markup {
    let rules = policy.rules(AGENT);
    let mut tools: Vec<&str> = TOOLS.to_vec();
    for rule in &rules {
        let plain = rule.permission.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if plain && !tools.contains(&rule.permission.as_str()) {
            tools.push(&rule.permission);
        }
    }
    html! {
        h2 { "Tools" }
        table.tools {
            caption { "What holds where no pattern says otherwise; inside the sandbox the built-in rules are wider" }
            thead { tr { th scope="col" { "Tool" } th scope="col" { "Now" } th scope="col" { "Said by" } th scope="col" { "Yours" } } }
            tbody {
                @for tool in tools {
                    @let rule = default_of(&rules, tool);
                    @let mine = rule.filter(|rule| rule.origin.file == own && rule.permission == tool).map(|rule| rule.decision);
                    tr data-row {
                        th scope="row" { code { (html::line(tool)) } }
                        td { @match rule { Some(rule) => (html::decision(rule.decision.as_str())), None => (html::decision("ask")) } }
                        td { @match rule { Some(rule) => (html::line(&rule.origin.to_string())), None => "built in" } }
                        td {
                            form.row method="post" action="/permissions/ask" data-keep {
                                (ask.word())
                                input type="hidden" name="what" value="default"; input type="hidden" name="permission" value=(tool);
                                select name="decision" aria-label=(format!("What {tool} may do")) id=(format!("tool-{tool}")) {
                                    option value="" selected[mine.is_none()] { "as built in" }
                                    @for decision in DECISIONS { option value=(decision.as_str()) selected[mine == Some(decision)] { (decision.as_str()) } }
                                }
                                button.quiet { "Set" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The person's own patterns, in the order in which they stand: the last that matches decides.
fn patterns(ask: &Ask, policy: &PolicySet, own: &str, lints: &[Lint]) -> Markup {
    let rules = policy.rules(AGENT);
    let mut mine: Vec<&EffectiveRule> =
        rules.iter().filter(|rule| rule.origin.layer == Layer::User && rule.origin.file == own).collect();
    mine.sort_by_key(|rule| rule.origin.line);
    mine.dedup_by_key(|rule| (rule.permission.clone(), rule.pattern.clone(), rule.origin.line));
    html! {
        h2 { "Your patterns" }
        table.patterns {
            caption { "In order; the last that matches decides" }
            thead { tr { th scope="col" { "Line" } th scope="col" { "Permission" } th scope="col" { "Pattern" } th scope="col" { "Says" } th scope="col" { "" } } }
            tbody {
                @for rule in mine {
                    tr data-row {
                        td.number { (rule.origin.line) }
                        td { code { (html::line(&rule.permission)) } }
                        th scope="row" {
                            code { (html::line(&rule.pattern)) }
                            @for remark in lints.iter().filter(|remark| remark.file == own && remark.line == rule.origin.line) {
                                p.found { (html::line(&remark.text)) " " (html::line(&remark.help)) }
                            }
                        }
                        td { (html::decision(rule.decision.as_str())) }
                        td {
                            form method="post" action="/permissions/ask" {
                                (ask.word())
                                input type="hidden" name="what" value="remove"; input type="hidden" name="permission" value=(rule.permission); input type="hidden" name="pattern" value=(rule.pattern);
                                button.quiet aria-label=(format!("Remove the rule {} {}", rule.permission, rule.pattern)) { "Remove" }
                            }
                        }
                    }
                }
            }
        }
        form.search method="post" action="/permissions/ask" data-keep #append {
            (ask.word())
            input type="hidden" name="what" value="append";
            label { "Permission " input name="permission" value="bash" required; }
            label { "Pattern " input name="pattern" required placeholder="git push *"; }
            label { "Says " select name="decision" { @for decision in DECISIONS { option value=(decision.as_str()) { (decision.as_str()) } } } }
            button { "Append the rule" }
        }
    }
}

fn remarks(lints: &[Lint]) -> Markup {
    html! {
        @if !lints.is_empty() {
            h2 { "Remarks" }
            ul {
                @for remark in lints {
                    li { @if remark.severity != Severity::Note { span.chip.ask { "look" } " " } code { (html::line(&remark.file)) ":" (remark.line) } " " (html::line(&remark.text)) " " span.dim { (html::line(&remark.help)) } }
                }
            }
        }
    }
}

/// The file itself.
fn whole(ask: &Ask, text: &str) -> Markup {
    html! {
        details #text-of-the-file {
            summary { "The file as it is, to be edited by hand" }
            form method="post" action="/permissions/ask" data-keep {
                (ask.word())
                input type="hidden" name="what" value="text";
                label for="text" { "Your configuration (JSON with comments)" }
                textarea #text name="text" spellcheck="false" { (maud::PreEscaped("\n")) (text) }
                button { "Show the difference" }
            }
        }
    }
}

fn effective(policy: &PolicySet) -> Markup {
    let rules = policy.rules(AGENT);
    html! {
        details #effective {
            summary { "Every rule that holds (" (rules.len()) ")" }
            table {
                thead { tr { th scope="col" { "Permission" } th scope="col" { "Pattern" } th scope="col" { "Says" } th scope="col" { "Said by" } th scope="col" { "How" } } }
                tbody {
                    @for rule in &rules {
                        tr { td { code { (html::line(&rule.permission)) } } td { code { (html::line(&rule.pattern)) } } td { (html::decision(rule.decision.as_str())) } td { (html::line(&rule.origin.to_string())) } td { (html::line(&rule.part)) @if let Some(confined) = rule.confined { @if confined { ", inside the sandbox" } @else { ", outside" } } } }
                    }
                }
            }
        }
    }
}

fn edit_of(ask: &Ask) -> Option<Edit> {
    let decision = || {
        ask.form("decision").and_then(|word| DECISIONS.into_iter().find(|decision| decision.as_str() == word))
    };
    let permission = || ask.form("permission").map(|text| text.trim().to_owned());
    let pattern = || ask.form("pattern").map(|text| text.trim().to_owned());
    match ask.form("what")? {
        "default" => Some(Edit::Default(permission()?, decision())),
        "append" => Some(Edit::Append(permission()?, pattern()?, decision()?)),
        "remove" => Some(Edit::Remove(permission()?, pattern()?)),
        "text" => Some(Edit::Text(ask.form("text").unwrap_or_default().to_owned())),
        _ => None,
    }
}

/// The first click: the difference, and what the policy would be.
pub(crate) fn ask(ui: &Ui, ask: &Ask) -> Answer {
    let Some(edit) = edit_of(ask) else {
        return Answer::wrong("a rule needs a permission, a pattern and allow, ask or deny");
    };
    let draft = match Draft::of(ui.world(), &edit) {
        Ok(draft) => draft,
        Err(e) => return Answer::wrong(e),
    };
    let judged = draft.judge(ui.world());
    let file = draft.file.to_string_lossy().into_owned();
    let difference = difference(&draft);
    let same = draft.before == draft.after;
    let kept = if judged.is_ok() && !same { Some(ui.drafts.keep(draft)) } else { None };
    let name = match kept.transpose() {
        Ok(name) => name,
        Err(e) => return Answer::failed(e.to_string()),
    };
    let body = html! {
        p { code { (html::line(&file)) } }
        (difference)
        @if same { p { "This changes nothing." } }
        @match &judged {
            Ok((_, lints)) => (remarks(&lints.iter().filter(|remark| remark.file == file).cloned().collect::<Vec<_>>())),
            Err(e) => p.problem role="alert" { "With this there would be no policy, so it is not saved:\n" (html::block(e)) },
        }
        div.row {
            @if let Some(name) = name {
                form method="post" action="/permissions/do" { (ask.word()) input type="hidden" name="name" value=(name); button #confirm autofocus { "Save" } }
            }
            a.button href="/permissions" { "Leave it" }
        }
    };
    Answer::Page(html::page("/permissions", "Change your rules", "", &body))
}

/// What an edit changes.
pub(crate) fn difference(draft: &Draft) -> Markup {
    const AROUND: usize = 3;
    let (old, new) = (lines::lines(draft.before.as_bytes()), lines::lines(draft.after.as_bytes()));
    let put = |sign: char, class: &str, rows: Option<&[&[u8]]>| {
        html! { @for row in rows.unwrap_or_default() { span class=(class) { (sign) (html::line(String::from_utf8_lossy(row).trim_end_matches('\n'))) "\n" } } }
    };
    html! {
        pre.patch tabindex="0" {
            @for hunk in lines::diff(&old, &new) {
                (put(' ', "same", old.get(hunk.old.start.saturating_sub(AROUND)..hunk.old.start)))
                (put('-', "removed", old.get(hunk.old.clone())))
                (put('+', "added", new.get(hunk.new.clone())))
                (put(' ', "same", old.get(hunk.old.end..old.len().min(hunk.old.end + AROUND))))
            }
        }
    }
}

/// The second click.
pub(crate) fn save(ui: &Ui, ask: &Ask) -> Answer {
    let Some(draft) = ask.form("name").and_then(|name| ui.drafts.take(name)) else {
        return Answer::wrong("what was to be saved is no longer known here; begin again");
    };
    // The record comes first, as with every word of a person's that may loosen.
    let recorded = undo::for_the_record(ui.world()).and_then(|monitor| {
        let mut body = serde_json::Map::new();
        body.insert("rules".into(), draft.file.to_string_lossy().into());
        body.insert("sha256".into(), draft.digest().into());
        body.insert("principal".into(), ui.world().principal.clone().into());
        monitor.append(&Subject::local("rules"), Kind::Override, None, body).map(drop)
    });
    // Without a policy there is no monitor; a text that mends that is saved all the same.
    if let Err(e) = recorded
        .or_else(|e| if sources::policy(ui.world(), &Choice::default()).is_err() { Ok(()) } else { Err(e) })
    {
        return Answer::failed(e.to_string());
    }
    match draft.save(ui.world()) {
        Ok(()) => Answer::See("/permissions?done=saved".to_owned()),
        Err(e) => Answer::Fail(StatusCode::CONFLICT, e),
    }
}
