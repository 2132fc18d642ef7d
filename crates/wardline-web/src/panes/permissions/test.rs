//! “Test a command”: what the policy says to one action, with the rule, each command, the effects, and what would change it.

use maud::{Markup, html};
use wardline_monitor::policy::{PolicySet, Reason};
use wardline_monitor::sources::Choice;
use wardline_monitor::{CheckRequest, Checked, check};

use crate::Ui;
use crate::answer::Ask;
use crate::html;

/// Effects listed.
const MOST: usize = 60;

/// The form, and the answer to what was put into it.
pub(super) fn form(ui: &Ui, ask: &Ask, policy: &PolicySet) -> Markup {
    let permission = ask.query("permission").unwrap_or("bash");
    let target = ask.query("target").unwrap_or_default();
    let confined = ask.query("confined").is_some() || target.is_empty();
    html! {
        h2 { "Test a command" }
        form.search #test method="get" action="/permissions" {
            label { "Permission " input name="permission" value=(permission) required; }
            label { "Command, path or address " input #target name="target" value=(target) size="60" required data-search; }
            label { input type="checkbox" name="confined" value="yes" checked[confined]; " inside the sandbox" }
            button { "Test" }
        }
        @if !target.is_empty() {
            @let request = CheckRequest { permission: permission.to_owned(), target: target.to_owned(), agent: None, cwd: None, confined };
            @let checked = check::check(ui.world(), policy, request);
            @let proposals = check::proposals(ui.world(), &Choice::default(), &checked).unwrap_or_default();
            (answer(ask, &checked, &proposals))
        }
    }
}

fn answer(ask: &Ask, checked: &Checked, proposals: &[String]) -> Markup {
    let verdict = &checked.verdict;
    html! {
        section #tested aria-label="Answer" {
            p { (html::decision(verdict.decision.as_str())) " " code.target { (html::block(&checked.request.target)) } }
            @if verdict.commands.len() > 1 {
                ul { @for command in &verdict.commands { li { (html::decision(command.decision.as_str())) " " code { (html::block(&command.literal)) } } } }
            }
            @for reason in &verdict.reasons { (because(reason)) }
            @for doubt in &checked.facts.doubts { p { span.chip.ask { "doubt" } " " (html::line(&doubt.text)) } }
            @for loser in &verdict.losers { p.dim { "overruled: " code { (html::line(&loser.rule)) } " (" (html::line(&loser.origin.to_string())) ")" } }
            @if let Some(analysis) = checked.analysis.as_ref().filter(|analysis| !analysis.effects.is_empty()) {
                h3 { "What it would do" }
                ul { @for effect in analysis.effects.iter().take(MOST) { li { (html::line(&effect.line())) } } @if analysis.effects.len() > MOST { li { "and " (analysis.effects.len() - MOST) " more" } } }
            }
            @if !proposals.is_empty() {
                h3 { "Rules that would allow it for good" }
                @for rule in proposals {
                    form.row method="post" action="/permissions/ask" {
                        (ask.word())
                        input type="hidden" name="what" value="append"; input type="hidden" name="permission" value=(checked.request.permission);
                        input type="hidden" name="pattern" value=(rule); input type="hidden" name="decision" value="allow";
                        code { (html::line(rule)) } button.quiet { "Append this rule" }
                    }
                }
            }
        }
    }
}

fn because(reason: &Reason) -> Markup {
    html! {
        p.rule {
            (html::decision(reason.decision.as_str())) " " (html::line(&reason.text)) " (" (html::line(&reason.origin.to_string())) ")"
            @if let Some(help) = &reason.help { br; "to change it: " (html::line(help)) }
        }
    }
}
