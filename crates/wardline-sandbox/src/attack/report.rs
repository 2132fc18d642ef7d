//! What came of the suite: per door, per class, in words and as JSON.

use serde_json::{Value, json};

use super::{Class, Probe};

/// What came of one door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Result {
    /// Nothing reached the host.
    Stopped,
    /// It is open; what the host saw.
    Open(String),
    /// It could not be tried here; why.
    Untried(String),
}

/// One door and what came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The door.
    pub probe: &'static Probe,
    /// What came of it.
    pub result: Result,
    /// What the actor said, for the curious.
    pub said: String,
}

/// What came of every door that was tried.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// In the order of the table.
    pub outcomes: Vec<Outcome>,
}

impl Report {
    fn of(&self, class: Class) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| outcome.probe.class == class)
    }

    /// How many doors were stopped, and how many were tried.
    #[must_use]
    pub fn score(&self) -> (usize, usize) {
        count(self.outcomes.iter())
    }

    /// The doors that are open.
    pub fn open(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| matches!(outcome.result, Result::Open(_)))
    }

    /// The doors that could not be tried.
    pub fn untried(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| matches!(outcome.result, Result::Untried(_)))
    }

    /// Whether no critical door is open and enough was tried to say so.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let (_, tried) = self.score();
        tried > 0 && !self.open().any(|outcome| outcome.probe.critical)
    }

    /// A line for each class, then the open doors and those that were not tried.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{:12} {:>9}  open\n", "class", "stopped");
        for class in Class::ALL {
            let (stopped, tried) = count(self.of(class));
            if tried == 0 {
                continue;
            }
            let open = self.of(class).filter(|outcome| matches!(outcome.result, Result::Open(_)));
            let open: Vec<&str> = open.map(|outcome| outcome.probe.id).collect();
            let open = if open.is_empty() { "-".to_owned() } else { open.join(", ") };
            text.push_str(&format!("{:12} {:>9}  {open}\n", class.name(), format!("{stopped}/{tried}")));
        }
        let (stopped, tried) = self.score();
        text.push_str(&format!("\n{stopped} stopped of {tried}\n"));
        for Outcome { probe, result, .. } in &self.outcomes {
            match result {
                Result::Open(why) => {
                    let weight = if probe.critical { "OPEN, critical" } else { "open" };
                    text.push_str(&format!("{weight}: {} ({}): {why}\n", probe.id, probe.tries));
                }
                Result::Untried(why) => {
                    text.push_str(&format!("not tried: {} ({}): {why}\n", probe.id, probe.tries));
                }
                Result::Stopped => {}
            }
        }
        text
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let (stopped, tried) = self.score();
        json!({
            "stopped": stopped,
            "tried": tried,
            "critical_open": self.open().filter(|outcome| outcome.probe.critical).map(|outcome| outcome.probe.id).collect::<Vec<_>>(),
            "open": self.open().map(|outcome| outcome.probe.id).collect::<Vec<_>>(),
            "untried": self.untried().map(|outcome| outcome.probe.id).collect::<Vec<_>>(),
            "probes": self.outcomes.iter().map(Outcome::to_value).collect::<Vec<_>>(),
        })
    }
}

fn count<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> (usize, usize) {
    outcomes.fold((0, 0), |(stopped, tried), outcome| match outcome.result {
        Result::Stopped => (stopped + 1, tried + 1),
        Result::Open(_) => (stopped, tried + 1),
        Result::Untried(_) => (stopped, tried),
    })
}

impl Outcome {
    fn to_value(&self) -> Value {
        let (result, why) = match &self.result {
            Result::Stopped => ("stopped", ""),
            Result::Open(why) => ("open", why.as_str()),
            Result::Untried(why) => ("untried", why.as_str()),
        };
        json!({
            "id": self.probe.id,
            "vector": self.probe.vector,
            "class": self.probe.class.name(),
            "critical": self.probe.critical,
            "tries": self.probe.tries,
            "result": result,
            "why": why,
            "said": self.said,
        })
    }
}
