//! What the sandbox promises, by outcome; for each outcome the mechanisms that give it, and what is lost without it.
//!
//! A policy asks for outcomes. How they come about is the host's matter: where one mechanism is missing and another
//! gives the same outcome, the outcome holds. Where none does, nothing is started, unless a human agreed to do without.

use std::cell::LazyCell;

use serde_json::{Value, json};

use crate::confinement::Confinement;
use crate::host::HostKind;
use crate::mechanism::{
    LANDLOCK, LIMITS, MECHANISMS, Mechanism, NETWORK, NO_NEW_PRIVS, PROC, SECCOMP, USER_NAMESPACE,
};

/// One promise, and whether this host keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarantee {
    /// Its name, such as `reads-confined`: the word of policies and of `--accept-missing`.
    pub id: String,
    /// Whether nothing starts without it; `false` when a human agreed to do without.
    pub required: bool,
    /// Whether it is enforced.
    pub held: bool,
    /// What enforces it: each entry alone would. Empty when nothing does.
    pub mechanisms: Vec<String>,
    /// What was tried, and what came of it.
    pub proof: String,
    /// What to do when it is not enforced, or by fewer mechanisms than could; else empty.
    pub fix: String,
}

impl std::fmt::Display for Guarantee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.held {
            write!(f, "{}: held by {} ({})", self.id, self.mechanisms.join(", and again by "), self.proof)
        } else {
            write!(f, "{}: missing: {} ({})\n    fix: {}", self.id, lost(&self.id), self.proof, self.fix)
        }
    }
}

/// Nothing can be read but the project and what was given besides; masked files neither.
pub(crate) const READS: &str = "reads-confined";
/// Nothing can be written but the project and what was given besides; pinned files neither.
pub(crate) const WRITES: &str = "writes-confined";
/// Nothing leaves but through the egress door.
pub(crate) const EGRESS: &str = "network-confined";
/// Processes of the host cannot be seen.
pub(crate) const PROCESSES: &str = "processes-hidden";
/// When the program ends, so does everything that it started.
pub(crate) const SURVIVORS: &str = "no-survivors";
/// Processes, memory and file sizes are bounded.
pub(crate) const BOUNDED: &str = "limits";

/// A way to an outcome: the mechanisms that it takes.
struct Way {
    name: &'static str,
    takes: &'static [&'static str],
    /// What the confinement may not ask for, because this way cannot give it.
    except: Except,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Except {
    Nothing,
    Masks,
    Pins,
    /// Not a request but the host: with a network of the program's own, sockets are not shut.
    OwnNetwork,
}

impl Except {
    /// What a way with this exception is not a layer for.
    fn but(self) -> &'static str {
        match self {
            Self::Masks => ", for all but masked files",
            Self::Pins => ", for all but pinned files",
            Self::Nothing | Self::OwnNetwork => "",
        }
    }
}

/// How a failure speaks of a call that the kernel does not have.
const NO_SUCH_CALL: &str = "(errno 38)";

struct Outcome {
    id: &'static str,
    /// What is promised, in words for a person.
    promise: &'static str,
    /// What is lost without it.
    lost: &'static str,
    /// What every way needs besides.
    always: &'static [&'static str],
    ways: &'static [Way],
}

const fn way(name: &'static str, takes: &'static [&'static str], except: Except) -> Way {
    Way { name, takes, except }
}

/// Landlock adds up what is allowed, so it cannot hide or hold a file inside an allowed directory: that takes mounts.
const OUTCOMES: &[Outcome] = &[
    Outcome {
        id: READS,
        promise: "nothing is read but the project and what was given; masked files are not",
        lost: "the program can read masked files of the project, or files that it was not given",
        always: &[SECCOMP, NO_NEW_PRIVS],
        ways: &[
            way("mount namespace", &[USER_NAMESPACE], Except::Nothing),
            way("Landlock", &[LANDLOCK], Except::Masks),
        ],
    },
    Outcome {
        id: WRITES,
        promise: "nothing is written but the project and what was given; pinned files are not",
        lost: "the program can write pinned files of the project, or files that it was not given",
        always: &[SECCOMP, NO_NEW_PRIVS],
        ways: &[
            way("mount namespace", &[USER_NAMESPACE], Except::Nothing),
            way("Landlock", &[LANDLOCK], Except::Pins),
        ],
    },
    Outcome {
        id: EGRESS,
        promise: "nothing leaves but through the egress door",
        lost: "the program has the network of the host",
        always: &[SECCOMP],
        ways: &[
            way("network namespace", &[USER_NAMESPACE, NETWORK], Except::Nothing),
            // The filter then refuses to make sockets at all.
            way("no sockets at all", &[SECCOMP], Except::OwnNetwork),
        ],
    },
    Outcome {
        id: PROCESSES,
        promise: "processes of the host cannot be seen",
        lost: "the program can see the processes of the host, or has no /proc to work with",
        always: &[],
        ways: &[way("pid namespace", &[USER_NAMESPACE, PROC], Except::Nothing)],
    },
    Outcome {
        id: SURVIVORS,
        promise: "when the program ends, so does everything that it started",
        lost: "what the program started in the background can go on after a killed session",
        always: &[],
        ways: &[way("pid namespace", &[USER_NAMESPACE], Except::Nothing)],
    },
    Outcome {
        id: BOUNDED,
        promise: "processes, memory and file sizes are bounded",
        lost: "the program can use up the machine",
        always: &[],
        ways: &[way("cgroup, rlimits", &[LIMITS], Except::Nothing)],
    },
];

fn lost(id: &str) -> &'static str {
    OUTCOMES.iter().find(|outcome| outcome.id == id).map_or("", |outcome| outcome.lost)
}

/// The names of the outcomes, each with what it promises.
#[must_use]
pub fn outcomes() -> Vec<(&'static str, &'static str)> {
    OUTCOMES.iter().map(|outcome| (outcome.id, outcome.promise)).collect()
}

/// Whether `word` names an outcome or a mechanism: what `--accept-missing` takes.
#[must_use]
pub fn is_known(word: &str) -> bool {
    OUTCOMES.iter().any(|outcome| outcome.id == word) || MECHANISMS.iter().any(|(known, _)| *known == word)
}

/// What outcomes are judged by, besides the mechanisms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    masks: bool,
    pins: bool,
    accepted: Vec<String>,
}

impl Asked {
    /// What an ordinary session asks for: a probe knows no confinement.
    pub(crate) fn ordinarily() -> Self {
        Self { masks: true, pins: true, accepted: Vec::new() }
    }

    pub(crate) fn by(confinement: &Confinement) -> Self {
        Self {
            masks: !confinement.masked.is_empty(),
            pins: !confinement.pinned.is_empty(),
            accepted: confinement.accept_missing.clone(),
        }
    }

    fn accepts(&self, word: &str) -> bool {
        self.accepted.iter().any(|accepted| accepted == word)
    }

    fn allows(&self, way: &Way) -> bool {
        match way.except {
            Except::Nothing | Except::OwnNetwork => true,
            Except::Masks => !self.masks,
            Except::Pins => !self.pins,
        }
    }

    /// Whether the human's word opens the network, should the host have no network namespace to hold it.
    pub(crate) fn opens_network(&self) -> bool {
        self.accepts(EGRESS) || self.accepts(NETWORK)
    }
}

impl Outcome {
    /// The ways that are open when `has` says which mechanisms there are.
    fn open<'a>(&'a self, asked: &'a Asked, has: &'a dyn Fn(&str) -> bool) -> impl Iterator<Item = &'a Way> {
        let always = self.always.iter().all(|id| has(id));
        let own_network = has(USER_NAMESPACE) && has(NETWORK);
        // Sockets are shut only where there is no own network, and where nobody opened the host's instead.
        let shut = !own_network && !asked.opens_network();
        self.ways.iter().filter(move |way| {
            let shut = shut || way.except != Except::OwnNetwork;
            always && shut && asked.allows(way) && way.takes.iter().all(|id| has(id))
        })
    }

    /// Whether a human agreed to do without: by the outcome's name, or by naming every mechanism whose lack costs it.
    fn accepted(&self, asked: &Asked, has: &dyn Fn(&str) -> bool) -> bool {
        // Without own namespaces there is no own /proc either: the one word contains the other.
        let contained = |id: &str| id == PROC && asked.accepts(USER_NAMESPACE);
        let with_accepted = |id: &str| has(id) || asked.accepts(id) || contained(id);
        let mechanisms_only = Asked { accepted: Vec::new(), ..asked.clone() };
        asked.accepts(self.id) || self.open(&mechanisms_only, &with_accepted).next().is_some()
    }
}

/// Judges every outcome by the mechanisms of a host.
pub(crate) fn judge(mechanisms: &[Mechanism], asked: &Asked, host: impl Fn() -> HostKind) -> Vec<Guarantee> {
    // It takes a look at several files, and only what is missing needs a cure.
    let host = LazyCell::new(host);
    let has = |id: &str| mechanisms.iter().any(|mechanism| mechanism.id == id && mechanism.held);
    let proof_of = |id: &&str| {
        let found = mechanisms.iter().find(|mechanism| mechanism.id == **id);
        format!("{id}: {}", found.map_or("was not tried", |mechanism| &mechanism.proof))
    };
    let judged = |outcome: &Outcome| {
        let open: Vec<&Way> = outcome.open(asked, &has).collect();
        // Of the mechanisms in use, or of those that would be wanted.
        let wanted = outcome.ways.iter().filter(|way| asked.allows(way)).flat_map(|way| way.takes);
        let mut lacking: Vec<&str> =
            outcome.always.iter().chain(wanted).copied().filter(|id| !has(id)).collect();
        let mut used: Vec<&str> =
            open.iter().flat_map(|way| way.takes).chain(outcome.always).copied().collect();
        let held = !open.is_empty();
        lacking.dedup();
        used.sort_unstable();
        used.dedup();
        let about = if held { &used } else { &lacking };
        let mut proof: Vec<String> = about.iter().map(proof_of).collect();
        // A way that does not give the whole is a second layer for the rest of it.
        for way in outcome.ways.iter().filter(|way| held && !asked.allows(way)) {
            proof.extend(way.takes.iter().filter(|id| has(id)).map(|id| proof_of(id) + way.except.but()));
        }
        let fix_of = |id: &&str| {
            let proof = proof_of(id);
            if proof.contains(NO_SUCH_CALL) { host.fix_for_old_kernel(id) } else { host.fix(id) }
        };
        let mut fixes: Vec<String> = lacking.iter().map(fix_of).collect();
        fixes.dedup();
        Guarantee {
            id: outcome.id.to_owned(),
            required: if held { !asked.accepts(outcome.id) } else { !outcome.accepted(asked, &has) },
            held,
            mechanisms: open.iter().map(|way| way.name.to_owned()).collect(),
            proof: proof.join("; "),
            fix: fixes.join("; "),
        }
    };
    OUTCOMES.iter().map(judged).collect()
}

/// What could not be given without the mechanisms in `without`, and nobody agreed to do without.
pub(crate) fn refused(without: &[Mechanism], asked: &Asked, host: HostKind) -> Vec<Guarantee> {
    let mut all: Vec<Mechanism> = MECHANISMS.iter().map(|(id, _)| Mechanism::held(id, "")).collect();
    all.retain(|mechanism| without.iter().all(|missing| missing.id != mechanism.id));
    all.extend_from_slice(without);
    let mut judged = judge(&all, asked, || host);
    judged.retain(|guarantee| guarantee.required && !guarantee.held);
    judged
}

impl Guarantee {
    /// The guarantee as JSON, for a journal or a report.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "id": self.id,
            "requested": if self.required { "required" } else { "optional" },
            "enforced": self.held,
            "mechanisms": self.mechanisms,
            "proof": self.proof,
            "fix": self.fix,
        })
    }

    /// What is promised, in words.
    #[must_use]
    pub fn promise(&self) -> &'static str {
        OUTCOMES.iter().find(|outcome| outcome.id == self.id).map_or("", |outcome| outcome.promise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(masks: bool, pins: bool, accepted: &[&str]) -> Asked {
        Asked { masks, pins, accepted: accepted.iter().map(|word| (*word).to_owned()).collect() }
    }

    fn refusals(without: &[&str], asked: &Asked) -> Vec<String> {
        let without: Vec<Mechanism> = without.iter().map(|id| Mechanism::missing(id, "gone")).collect();
        refused(&without, asked, HostKind::Plain).into_iter().map(|one| one.id).collect()
    }

    #[test]
    fn a_missing_mechanism_costs_the_outcomes_that_nothing_else_gives() {
        const BARE: [&str; 3] = [USER_NAMESPACE, NETWORK, PROC];
        let full = asked(true, true, &[]);
        let plain = asked(false, false, &[]);
        let table: [(&[&str], &Asked, &[&str]); 10] = [
            (&[], &full, &[]),
            (&[LANDLOCK], &full, &[]),
            (&[NETWORK], &full, &[]),
            (&[PROC], &full, &[PROCESSES]),
            (&[SECCOMP], &full, &[READS, WRITES, EGRESS]),
            (&[NO_NEW_PRIVS], &full, &[READS, WRITES]),
            (&[LIMITS], &full, &[BOUNDED]),
            (&BARE, &full, &[READS, WRITES, PROCESSES, SURVIVORS]),
            // Without anything to hide or hold inside the project, Landlock gives the file outcomes alone.
            (&BARE, &plain, &[PROCESSES, SURVIVORS]),
            (&[USER_NAMESPACE, NETWORK, PROC, LANDLOCK], &plain, &[READS, WRITES, PROCESSES, SURVIVORS]),
        ];
        for (without, asked, expected) in table {
            assert_eq!(refusals(without, asked), expected, "without {without:?}");
        }
    }

    #[test]
    fn a_humans_word_covers_what_it_names_and_no_more() {
        const BARE: [&str; 3] = [USER_NAMESPACE, NETWORK, PROC];
        let table: [(&[&str], &[&str], &[&str]); 9] = [
            (&[PROC], &[PROCESSES], &[]),
            (&[PROC], &[PROC], &[]),
            (&[PROC], &[LIMITS, LANDLOCK, READS], &[PROCESSES]),
            // A mechanism's name covers everything that its lack costs, as long as nothing else is lacking.
            (&BARE, &[USER_NAMESPACE], &[]),
            (&BARE, &[PROC], &[READS, WRITES, PROCESSES, SURVIVORS]),
            (&BARE, &[READS, WRITES], &[PROCESSES, SURVIVORS]),
            (&[SECCOMP], &[SECCOMP], &[]),
            (&[SECCOMP, LIMITS], &[SECCOMP], &[BOUNDED]),
            (&[SECCOMP, NO_NEW_PRIVS], &[SECCOMP], &[READS, WRITES]),
        ];
        for (without, words, expected) in table {
            assert_eq!(refusals(without, &asked(true, true, words)), expected, "{without:?} with {words:?}");
        }
    }

    #[test]
    fn taking_a_mechanism_away_never_gives_an_outcome() {
        let ids: Vec<&str> = MECHANISMS.iter().map(|(id, _)| *id).collect();
        for asked in [asked(true, true, &[]), asked(false, false, &[]), asked(true, false, &[])] {
            for set in 0..1_usize << ids.len() {
                let without = |set: usize| -> Vec<&str> {
                    let member = |(bit, id): (usize, &&'static str)| (set & 1 << bit != 0).then_some(*id);
                    MECHANISMS.iter().map(|(id, _)| id).enumerate().filter_map(member).collect()
                };
                let fewer = refusals(&without(set), &asked);
                for bit in 0..ids.len() {
                    let more = refusals(&without(set | 1 << bit), &asked);
                    assert!(fewer.iter().all(|id| more.contains(id)), "{set:b} and bit {bit}");
                }
            }
        }
    }

    #[test]
    fn every_refusal_says_what_is_lost_and_what_to_do() {
        for (id, _) in MECHANISMS {
            for one in refused(&[Mechanism::missing(id, "gone")], &Asked::ordinarily(), HostKind::Plain) {
                assert!(!lost(&one.id).is_empty() && !one.fix.is_empty(), "{one}");
                assert!(one.proof.contains("gone") && one.mechanisms.is_empty(), "{one}");
            }
        }
    }

    #[test]
    fn what_two_mechanisms_give_is_said_to_be_given_twice() {
        let all: Vec<Mechanism> = MECHANISMS.iter().map(|(id, _)| Mechanism::held(id, "seen")).collect();
        let judged = judge(&all, &asked(false, false, &[]), || HostKind::Plain);
        let of = |id: &str| judged.iter().find(|one| one.id == id).map(|one| one.mechanisms.len());
        assert_eq!(of(READS), Some(2));
        assert_eq!(of(WRITES), Some(2));
        assert!(judged.iter().all(|one| one.required && one.held));
    }

    #[test]
    fn what_gives_a_part_is_named_for_that_part_only() {
        let mechanisms = |landlock: bool| -> Vec<Mechanism> {
            let state = |id: &str| match id {
                LANDLOCK if !landlock => Mechanism::missing(id, "gone"),
                _ => Mechanism::held(id, "seen"),
            };
            MECHANISMS.iter().map(|(id, _)| state(id)).collect()
        };
        for landlock in [true, false] {
            let judged = judge(&mechanisms(landlock), &Asked::ordinarily(), || HostKind::Plain);
            for (id, words) in [(READS, "masked files"), (WRITES, "pinned files")] {
                let one = judged.iter().find(|one| one.id == id).unwrap();
                assert_eq!(one.mechanisms, ["mount namespace"]);
                assert_eq!(
                    one.proof.contains(&format!("landlock: seen, for all but {words}")),
                    landlock,
                    "{one}"
                );
            }
        }
    }

    #[test]
    fn a_call_that_the_kernel_lacks_is_cured_by_no_setting() {
        for (proof, cured) in [("cannot make (errno 38)", true), ("cannot make (errno 1)", false)] {
            let refused =
                refused(&[Mechanism::missing(USER_NAMESPACE, proof)], &Asked::ordinarily(), HostKind::Plain);
            assert!(refused.iter().all(|one| one.fix.contains("kernel of 5.12") == cured), "{refused:?}");
        }
    }
}
