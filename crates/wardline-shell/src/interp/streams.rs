//! The streams of bytes inside a script, and their text where it is constant.
//!
//! A pipe and the output of a substitution are streams. The walk opens one before it follows the commands that print to it;
//! each of them adds what it is sure to print, or makes the stream unknown.

use std::collections::HashMap;

use crate::answer::{Certainty, Channel, Word};
use crate::expand::known;

/// Longest text of a stream that is kept, in bytes.
const LONGEST: usize = 64 * 1024;
/// Most bytes that are kept in all streams together.
const MOST: usize = 1024 * 1024;

/// What is known of one stream.
#[derive(Debug)]
struct Stream {
    /// `None` when it can't be told.
    text: Option<String>,
    certainty: Certainty,
    /// The text holds patterns that stand for names.
    glob: bool,
    /// How many branches the walk was inside of when it opened.
    branches: u32,
}

/// All streams of one analysis.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    all: Vec<Stream>,
    kept: usize,
    /// The stream of each substitution, by the text it stands in and where. The last visit counts.
    pieces: HashMap<(u32, usize), Channel>,
}

impl Streams {
    /// Opens a stream.
    pub(crate) fn open(&mut self, branches: u32) -> Channel {
        let channel = Channel(u32::try_from(self.all.len()).unwrap_or(u32::MAX));
        let (text, certainty) = (Some(String::new()), Certainty::Assumed);
        self.all.push(Stream { text, certainty, glob: false, branches });
        channel
    }

    fn get(&self, channel: Channel) -> Option<&Stream> {
        self.all.get(usize::try_from(channel.0).ok()?)
    }

    /// A command prints this to the stream; `None` when that can't be told.
    pub(crate) fn print(&mut self, channel: Channel, text: Option<&Word>, branches: u32) {
        let kept = self.kept;
        let at = usize::try_from(channel.0).ok();
        let Some(stream) = at.and_then(|at| self.all.get_mut(at)) else { return };
        let Some(own) = &mut stream.text else { return };
        let same = branches == stream.branches;
        let text = text.filter(|text| text.value.is_empty() || same);
        match text {
            Some(text) if own.len() + text.value.len() <= LONGEST && kept + text.value.len() <= MOST => {
                own.push_str(&text.value);
                stream.certainty = stream.certainty.max(text.certainty);
                stream.glob |= text.glob;
                self.kept += text.value.len();
            }
            _ => stream.text = None,
        }
    }

    /// All that is printed to the stream, where that is constant.
    pub(crate) fn text(&self, channel: Channel) -> Option<Word> {
        let stream = self.get(channel)?;
        let text = stream.text.as_deref()?;
        Some(Word { certainty: stream.certainty, glob: stream.glob, fed_by: vec![channel], ..known(text) })
    }

    /// How long the text of the stream is.
    pub(crate) fn length(&self, channel: Channel) -> usize {
        self.get(channel).and_then(|stream| stream.text.as_ref()).map_or(0, String::len)
    }

    /// Notes that the substitution at `start` of the text `serial` prints to `channel`.
    pub(crate) fn tie(&mut self, serial: u32, start: usize, channel: Channel) {
        self.pieces.insert((serial, start), channel);
    }

    /// The stream of the substitution at `start`.
    pub(crate) fn of_piece(&self, serial: u32, start: usize) -> Option<Channel> {
        self.pieces.get(&(serial, start)).copied()
    }
}
