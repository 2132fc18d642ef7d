//! What the analysis makes of cases, and tables of it.

use std::collections::BTreeMap;

use wardline_shell::{Analysis, Certainty, Context, DoubtKind, Limits, Severity, analyze};

use super::{Case, Seed};

/// The directory and home that seeds are written for.
pub(crate) const CONTEXT: Context<'static> = Context::new("/p", "/home/me");

/// What became of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// Stopped at least as strictly as its seed must be.
    Caught,
    /// The seed is refused, this is asked.
    Asked,
    /// Nothing is refused or asked by a rule, but a part could not be read or its program can't be told: a question.
    Doubted,
    /// Nothing stops it.
    Missed,
}

/// Of a case: what became of it, and whether the effect has the same identity as the seed's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) answer: Answer,
    pub(crate) same: bool,
}

pub(crate) fn read(script: &str) -> Analysis {
    analyze(script, &CONTEXT, &Limits::default())
}

/// The analysis itself says that it does not know enough.
pub(crate) fn doubted(analysis: &Analysis) -> bool {
    let own = analysis.commands.iter().flat_map(|command| &command.doubts);
    let unread = |kind| matches!(kind, DoubtKind::Unparsed | DoubtKind::Limit);
    analysis.doubts.iter().chain(own).any(|doubt| unread(doubt.kind))
        || analysis.commands.iter().any(|command| command.certainty == Certainty::Opaque)
}

/// The identity that the seed's strictest refusal has when it is written plainly.
fn identities(seeds: &[Seed]) -> Vec<Option<String>> {
    let first = |seed: &Seed| read(&seed.script).refusals.first().map(|refusal| refusal.identity.clone());
    seeds.iter().map(first).collect()
}

fn judge(seed: &Seed, identity: Option<&String>, analysis: &Analysis) -> Verdict {
    let wanted = if seed.refuse { Severity::Refuse } else { Severity::Ask };
    let answer = match analysis.refusals.iter().map(|refusal| refusal.severity).max() {
        Some(severity) if severity >= wanted => Answer::Caught,
        Some(_) => Answer::Asked,
        None if doubted(analysis) => Answer::Doubted,
        None => Answer::Missed,
    };
    let same = identity.is_some_and(|own| analysis.refusals.iter().any(|refusal| refusal.identity == *own));
    Verdict { answer, same }
}

/// Seeds as they are written that are not stopped as strictly as they must be.
pub(crate) fn plain_misses(seeds: &[Seed]) -> Vec<&Seed> {
    let missed = |seed: &&Seed| judge(seed, None, &read(&seed.script)).answer != Answer::Caught;
    seeds.iter().filter(missed).collect()
}

/// A verdict for each case, in order; on as many threads as the machine has processors.
pub(crate) fn verdicts(seeds: &[Seed], cases: &[Case]) -> Vec<Verdict> {
    let identities = identities(seeds);
    let one = |case: &Case| {
        let analysis = read(&case.form.script);
        let unknown = Verdict { answer: Answer::Missed, same: false };
        seeds.get(case.seed).map_or(unknown, |seed| {
            judge(seed, identities.get(case.seed).and_then(Option::as_ref), &analysis)
        })
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let one = &one;
        let parts: Vec<_> = cases
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(one).collect::<Vec<_>>()))
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// How many cases became what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) total: usize,
    pub(crate) caught: usize,
    pub(crate) asked: usize,
    pub(crate) doubted: usize,
    pub(crate) same: usize,
}

impl Count {
    fn add(&mut self, verdict: Verdict) {
        self.total += 1;
        self.same += usize::from(verdict.same);
        match verdict.answer {
            Answer::Caught => self.caught += 1,
            Answer::Asked => self.asked += 1,
            Answer::Doubted => self.doubted += 1,
            Answer::Missed => {}
        }
    }

    /// Denied or asked, for whatever reason.
    pub(crate) const fn stopped(&self) -> usize {
        self.caught + self.asked + self.doubted
    }

    fn line(&self, name: &str) -> String {
        let missed = self.total - self.stopped();
        let share = |part: usize| thousandths(part, self.total);
        format!(
            "{name:24} {:6} {:6} {:6} {:6} {missed:6}   {} {} {}\n",
            self.total,
            self.caught,
            self.asked,
            self.doubted,
            share(self.caught),
            share(self.stopped()),
            share(self.same)
        )
    }
}

/// A share as `97.3 %`.
pub(crate) fn thousandths(part: usize, whole: usize) -> String {
    let share = (part * 1_000).checked_div(whole).unwrap_or(0);
    format!("{:3}.{} %", share / 10, share % 10)
}

/// Earlier and later cases apart.
pub(crate) fn totals(cases: &[Case], verdicts: &[Verdict]) -> [Count; 2] {
    let mut out = [Count::default(); 2];
    for (case, verdict) in cases.iter().zip(verdicts) {
        if let Some(count) = out.get_mut(usize::from(case.later)) {
            count.add(*verdict);
        }
    }
    out
}

/// The tables: all, by transform (single use of it, then in pairs), by class of seed.
pub(crate) fn tables(seeds: &[Seed], cases: &[Case], verdicts: &[Verdict]) -> String {
    let mut ways: BTreeMap<(bool, &str), Count> = BTreeMap::new();
    let mut classes: BTreeMap<&str, Count> = BTreeMap::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        for way in &case.ways {
            let later = super::later::ALL.iter().any(|transform| transform.name == *way);
            ways.entry((later, way)).or_default().add(*verdict);
        }
        if let Some(seed) = seeds.get(case.seed) {
            classes.entry(&seed.class).or_default().add(*verdict);
        }
    }
    let head = "                          cases caught  asked doubts missed    caught stopped    same\n";
    let mut out = format!("{head}\n");
    let [earlier, later] = totals(cases, verdicts);
    out.push_str(&earlier.line("all earlier"));
    out.push_str(&later.line("all later"));
    for (later, title) in [(false, "earlier transforms"), (true, "later transforms")] {
        out.push_str(&format!("\n{title}\n"));
        for ((_, name), count) in ways.iter().filter(|((when, _), _)| *when == later) {
            out.push_str(&count.line(name));
        }
    }
    out.push_str("\nclasses of effects\n");
    for (name, count) in &classes {
        out.push_str(&count.line(name));
    }
    out
}
