//! What the analysis is willing to spend, counted and never timed, so that the same text gets the same answer on any machine.

use crate::answer::{Doubt, DoubtKind};

/// Bounds on one analysis. Whatever exceeds one is reported as [`DoubtKind::Limit`], too many commands as [`DoubtKind::Flood`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest script that is read, in bytes.
    pub bytes: usize,
    /// Deepest nesting: groups, substitutions, strings that are scripts themselves, function calls.
    pub depth: u32,
    /// Commands, words made by expansion and nested texts that are looked at.
    pub steps: u32,
    /// Commands that may stand in the script itself and in the strings it runs. No person and no rule looks through more of
    /// them, so a text that holds more is not followed at all. Files that the script runs may hold as many as there are steps.
    pub commands: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 256 * 1024, depth: 64, steps: 20_000, commands: 1_000 }
    }
}

/// Deeper than this no caller may ask to go: the readers recurse, and stacks are finite.
const DEEPEST: u32 = 64;

/// A limit was reached; the string says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exceeded(pub(crate) &'static str);

/// What is left to spend.
#[derive(Clone, Debug)]
pub(crate) struct Fuel {
    steps: u32,
    bytes: usize,
    depth: u32,
    deepest: u32,
    commands: u32,
    exceeded: Option<Exceeded>,
}

/// A script holds more commands than are followed.
pub(crate) const FLOOD: Exceeded = Exceeded("the script holds more commands than are looked through at once");

impl Fuel {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            steps: limits.steps,
            // Nested texts and second attempts read some bytes again, so reading has a budget of its own.
            bytes: limits.bytes.saturating_mul(4),
            depth: 0,
            deepest: limits.depth.min(DEEPEST),
            commands: limits.commands,
            exceeded: None,
        }
    }

    /// Pays for a command that was read.
    pub(crate) fn command(&mut self) -> Result<(), Exceeded> {
        match self.commands.checked_sub(1) {
            Some(left) => {
                self.commands = left;
                Ok(())
            }
            None => Err(self.fail(FLOOD)),
        }
    }

    /// Sets how many commands may still be read, and says how many those were before.
    pub(crate) fn allow_commands(&mut self, commands: u32) -> u32 {
        std::mem::replace(&mut self.commands, commands)
    }

    pub(crate) fn step(&mut self) -> Result<(), Exceeded> {
        match self.steps.checked_sub(1) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(self.fail(Exceeded("too many commands and expansions"))),
        }
    }

    pub(crate) fn read(&mut self, bytes: usize) -> Result<(), Exceeded> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => Err(self.fail(Exceeded("too much nested text"))),
        }
    }

    pub(crate) fn enter(&mut self) -> Result<(), Exceeded> {
        if self.depth >= self.deepest {
            return Err(self.fail(Exceeded("nested too deeply")));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn level(&self) -> u32 {
        self.depth
    }

    /// Goes back to an earlier level, after an attempt that stopped halfway.
    pub(crate) fn return_to(&mut self, level: u32) {
        self.depth = level;
    }

    /// The first limit that was reached. Once set it stays.
    pub(crate) fn exceeded(&self) -> Option<Exceeded> {
        self.exceeded
    }

    fn fail(&mut self, exceeded: Exceeded) -> Exceeded {
        *self.exceeded.get_or_insert(exceeded)
    }
}

/// Characters that have no place in a command: they make what runs differ from what a person or a parser sees.
pub(crate) fn suspicious(script: &str) -> Option<Doubt> {
    if script.bytes().all(|b| matches!(b, b'\t' | b'\n' | 0x20..=0x7e)) {
        return None;
    }
    let found = script.char_indices().find(|(_, c)| {
        let control = c.is_control() && !matches!(c, '\t' | '\n');
        let invisible = matches!(*c,
            '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        control || invisible
    });
    found.map(|(at, c)| Doubt {
        kind: DoubtKind::Unparsed,
        text: format!("character U+{:04X} at byte {at} has no place in a command", u32::from(c)),
    })
}
