//! The list of commands while it grows: their ids, their order, and where in the script they stand.

use std::collections::HashMap;
use std::ops::Range;

use crate::answer::Command;
use crate::walk::Walker;

impl Walker {
    /// An id for a command that will be noted.
    pub(crate) fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    /// Adds a command to the list, with what the walk knows of where it stands.
    pub(crate) fn note(&mut self, mut command: Command, id: u32) {
        command.holder = self.holder.and_then(|holder| usize::try_from(holder).ok());
        command.parallel = self.parallel > 0;
        command.elsewhere = self.elsewhere;
        command.shared.clone_from(&self.shared);
        command.directory = self.scope.places.single().map(str::to_owned);
        self.commands.push(command);
        self.ids.push(id);
    }

    /// Puts the commands since `from` that the walk found first behind the others.
    pub(crate) fn put_last(&mut self, from: usize, first: usize) {
        if let Some(tail) = self.commands.get_mut(from..) {
            tail.rotate_left(first);
        }
        if let Some(tail) = self.ids.get_mut(from..) {
            tail.rotate_left(first);
        }
    }

    /// Holders and effects name commands by their ids; now that the order is final, by their places.
    pub(crate) fn settle_order(&mut self) {
        let places: HashMap<u32, usize> =
            self.ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        for command in &mut self.commands {
            let holder = command.holder.and_then(|id| u32::try_from(id).ok());
            command.holder = holder.and_then(|id| places.get(&id).copied());
        }
        for (id, effect) in &mut self.effects {
            effect.command = places.get(id).copied().unwrap_or(0);
        }
    }

    /// The line of the script that a byte of the current text stands in.
    pub(crate) fn line_of(&self, span: &Range<usize>) -> u32 {
        let at = self.frame.within.as_ref().map_or(span.start, |within| within.start);
        u32::try_from(self.lines.partition_point(|end| *end < at) + 1).unwrap_or(u32::MAX)
    }
}
