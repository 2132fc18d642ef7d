//! Checks of GitHub's workflows and composite actions: what others write must not become code.

mod expression;
mod yaml;

use std::collections::BTreeMap;

use self::{
    expression::{Part, untrusted},
    yaml::{Node, Value},
};
use super::{Report, shell};
use crate::{
    finding::{Severity, Step},
    span::Span,
};

/// Checks a workflow.
pub(super) fn check(report: &mut Report<'_>) {
    let root = match yaml::parse(report.text) {
        Ok(root) => root,
        Err((span, what)) => return report.gap(span, &what),
    };
    let privileged = is_privileged(&root);
    permissions(report, &root);
    let mut around = Variables::default();
    around.add(&root);
    switches(report, &root);
    for (_, job) in root.get("jobs").map(Node::entries).unwrap_or_default() {
        permissions(report, job);
        switches(report, job);
        let mut inner = around.clone();
        inner.add(job);
        called(report, job);
        steps(report, job, &inner, privileged);
    }
    // A composite action.
    if let Some(runs) = root.get("runs") {
        steps(report, runs, &around, false);
    }
}

/// Variables of `env:` that hold what others write.
#[derive(Debug, Clone, Default)]
struct Variables(BTreeMap<String, Step>);

impl Variables {
    fn add(&mut self, node: &Node) {
        for (name, value) in node.get("env").map(Node::entries).unwrap_or_default() {
            let foreign = value.text().and_then(|text| {
                expressions(text, 0).into_iter().find_map(|(_, inside)| untrusted(inside, &|_| false))
            });
            match foreign {
                Some(Part::Foreign(path)) => {
                    let note = format!("`{path}` is what anybody writes; it is set as `env.{name}`");
                    drop(self.0.insert(name.clone(), Step { path: String::new(), span: value.span, note }));
                }
                _ => drop(self.0.remove(name)),
            }
        }
    }
}

/// The expressions of a text: where they stand, `${{ }}` and all, and what is in them.
fn expressions(text: &str, offset: usize) -> Vec<(std::ops::Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.find("${{")).map(|start| at + start) {
        let Some(length) = text.get(start..).and_then(|rest| rest.find("}}")) else { break };
        let end = start + length + 2;
        found.push((offset + start..offset + end, text.get(start + 3..end - 2).unwrap_or_default()));
        at = end;
    }
    found
}

/// Whether what starts the workflow gives it the repository's rights in answer to what others do.
fn is_privileged(root: &Node) -> bool {
    const TRIGGERS: [&str; 2] = ["pull_request_target", "workflow_run"];
    let Some(on) = root.get("on").or_else(|| root.get("true")) else { return false };
    match &on.value {
        Value::Scalar(name) => TRIGGERS.contains(&name.as_str()),
        Value::List(names) => names.iter().filter_map(Node::text).any(|name| TRIGGERS.contains(&name)),
        Value::Map(names) => names.iter().any(|(name, _)| TRIGGERS.contains(&name.as_str())),
    }
}

fn permissions(report: &mut Report<'_>, node: &Node) {
    if let Some(all) = node.get("permissions")
        && all.text() == Some("write-all")
    {
        report.found("workflow.excessive-permissions", all.span, Vec::new(), None);
    }
}

/// Variables that switch a protection of the runner off.
fn switches(report: &mut Report<'_>, node: &Node) {
    let set = node.get("env").and_then(|env| env.get("ACTIONS_ALLOW_UNSECURE_COMMANDS"));
    if let Some(value) = set.filter(|value| value.text() == Some("true")) {
        report.found("workflow.insecure-commands", value.span, Vec::new(), None);
    }
}

fn called(report: &mut Report<'_>, node: &Node) {
    let Some(uses) = node.get("uses") else { return };
    let Some(text) = uses.text() else { return };
    let own = text.starts_with("./")
        || text.starts_with("docker://")
        || text.starts_with("actions/")
        || text.starts_with("github/");
    let pinned = text
        .rsplit_once('@')
        .is_some_and(|(_, name)| name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !own && !pinned {
        report.found("workflow.unpinned-action", uses.span, Vec::new(), None);
    }
}

fn steps(report: &mut Report<'_>, job: &Node, around: &Variables, privileged: bool) {
    let all = job.get("steps").map(Node::items).unwrap_or_default();
    for (number, step) in all.iter().enumerate() {
        called(report, step);
        switches(report, step);
        let mut inner = around.clone();
        inner.add(step);
        if let Some(run) = step.get("run") {
            code(report, run, &inner);
            commands(report, run, step, job);
        }
        let uses = step.get("uses").and_then(Node::text).unwrap_or_default();
        if uses.starts_with("actions/github-script")
            && let Some(script) = step.get("with").and_then(|with| with.get("script"))
        {
            code(report, script, &inner);
        }
        if privileged && uses.starts_with("actions/checkout") {
            checkout(report, step, all.get(number + 1..).unwrap_or_default());
        }
    }
}

/// Expressions in code: what others write in them becomes code.
fn code(report: &mut Report<'_>, script: &Node, variables: &Variables) {
    let (start, end) = (script.span.start as usize, script.span.end as usize);
    let raw = report.text.get(start..end).unwrap_or_default();
    for (range, inside) in expressions(raw, start) {
        let span = span(&range);
        let mut trace = match untrusted(inside, &|name| variables.0.contains_key(name)) {
            Some(Part::Foreign(path)) => {
                vec![Step {
                    path: report.path.to_owned(),
                    span,
                    note: format!("`{path}` is what anybody writes"),
                }]
            }
            Some(Part::Variable(name)) => match variables.0.get(&name) {
                Some(step) => vec![Step { path: report.path.to_owned(), ..step.clone() }],
                None => continue,
            },
            None => continue,
        };
        trace.push(Step {
            path: report.path.to_owned(),
            span,
            note: "put into the code of the step before it runs".to_owned(),
        });
        report.found("workflow.code-injection", span, trace, None);
    }
}

fn span(range: &std::ops::Range<usize>) -> Span {
    let number = |at| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(number(range.start), number(range.end))
}

/// The checks of shell scripts over a step, with its expressions covered.
fn commands(report: &mut Report<'_>, run: &Node, step: &Node, job: &Node) {
    let default = job.get("defaults").and_then(|all| all.get("run")).and_then(|run| run.get("shell"));
    let shell = step.get("shell").or(default).and_then(Node::text).unwrap_or("bash");
    if !(shell.starts_with("bash") || shell.starts_with("sh")) {
        return;
    }
    let mut masked = report.text.to_owned();
    let (start, end) = (run.span.start as usize, run.span.end as usize);
    let raw = report.text.get(start..end).unwrap_or_default();
    for (range, inside) in expressions(raw, start) {
        if inside.trim().starts_with("secrets.") && is_printed(raw, range.start - start) {
            report.found("workflow.secret-printed", span(&range), Vec::new(), None);
        }
        masked.replace_range(range.clone(), &"_".repeat(range.len()));
    }
    let from = start + raw.len() - raw.trim_start_matches(['|', '>', '-', '+', '"', '\'']).len();
    let to =
        if raw.ends_with(['"', '\'']) && raw.starts_with(['"', '\'']) { end.saturating_sub(1) } else { end };
    shell::check_masked(
        report,
        &masked,
        span(&(from..to.max(from))),
        shell::Place::Build,
        &["HOME".to_owned()],
    );
}

/// Whether what stands at an offset is printed into the log: by `echo`, and into no other program or file.
fn is_printed(raw: &str, at: usize) -> bool {
    let (before, after) = raw.split_at_checked(at).unwrap_or((raw, ""));
    let line = before.rsplit(['\n', ';']).next().unwrap_or_default();
    let command = line.rsplit("&&").next().unwrap_or_default().trim_start();
    let rest = after.split_once("}}").map_or(after, |(_, rest)| rest).lines().next().unwrap_or_default();
    let prints = command.starts_with("echo ") || command.starts_with("printf ");
    prints && !rest.contains(['|', '>']) && !command.contains(['|', '>']) && !command.contains("::add-mask::")
}

/// A checkout of what a pull request brings, in a workflow that has the repository's rights.
fn checkout(report: &mut Report<'_>, step: &Node, after: &[Node]) {
    let Some(with) = step.get("with") else { return };
    let picked = ["ref", "repository"].iter().filter_map(|key| with.get(key)).find(|node| {
        let text = node.text().unwrap_or_default();
        let head = [
            "github.head_ref",
            "pull_request.head.",
            "workflow_run.head_",
            "refs/pull/",
            "pull_request.merge_commit_sha",
        ];
        head.iter().any(|part| text.contains(part))
    });
    let Some(picked) = picked else { return };
    let runs = |step: &&Node| {
        let uses = step.get("uses").and_then(Node::text).unwrap_or_default();
        step.get("run").is_some() || uses.starts_with("./")
    };
    let mut trace = vec![Step {
        path: report.path.to_owned(),
        span: picked.span,
        note: "code of whoever opened the pull request".to_owned(),
    }];
    let runner = after.iter().find(runs);
    if let Some(step) = runner {
        let place = step.get("run").or_else(|| step.get("uses")).map_or(step.span, |node| node.span);
        trace.push(Step {
            path: report.path.to_owned(),
            span: place,
            note: "runs in its directory with the repository's rights".to_owned(),
        });
    }
    let severity = runner.is_none().then_some(Severity::Warning);
    report.found("workflow.untrusted-checkout", picked.span, trace, severity);
}
