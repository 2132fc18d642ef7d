//! What an expression is known to give: constants, names of what other modules offer, things that stand for files and
//! connections, and where the bytes in it come from.

use crate::answer::Certainty;
use crate::effect::Source;

/// Longest text that is made.
pub(crate) const LONGEST_TEXT: usize = 64 * 1024;
/// Most values that one expression may have.
pub(crate) const MOST_CHOICES: usize = 24;
/// Most places that the bytes of one value are said to come from.
const MOST_SOURCES: usize = 8;

/// A text as far as it is known: what is not stands as `$` and a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) complete: bool,
    /// It stands for all the names that match it.
    pub(crate) glob: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Shape {
    #[default]
    Unknown,
    Nothing,
    Text(Text),
    Number(i64),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
    /// Something by its name: `os.system`.
    Name(String),
    OneOf(Vec<Value>),
    /// A path as an object.
    Path(Text),
    /// An open file.
    Handle {
        path: Text,
        written: bool,
    },
    /// An open pipe to a program or connection to a host.
    Connection {
        host: String,
    },
    /// What a request gave.
    Answer,
}

/// What an expression gives.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Value {
    pub(crate) shape: Shape,
    /// Where its bytes come from, besides the code itself. Sorted.
    pub(crate) from: Vec<Source>,
}

impl From<Shape> for Value {
    fn from(shape: Shape) -> Self {
        Self { shape, from: Vec::new() }
    }
}

impl Text {
    pub(crate) fn known(text: &str) -> Self {
        Self { text: text.to_owned(), complete: true, glob: false }
    }

    pub(crate) fn sure(&self) -> Certainty {
        match (self.complete, self.glob) {
            (false, _) => Certainty::Opaque,
            (true, true) => Certainty::Assumed,
            (true, false) => Certainty::Proven,
        }
    }

    pub(crate) fn push(&mut self, other: &Self) {
        if self.text.len().saturating_add(other.text.len()) > LONGEST_TEXT {
            self.complete = false;
            return;
        }
        self.text.push_str(&other.text);
        self.complete &= other.complete;
        self.glob |= other.glob;
    }

    /// A path below this one; an absolute one stays.
    pub(crate) fn below(&self, other: &Self) -> Self {
        if other.text.starts_with('/') || self.text.is_empty() {
            return other.clone();
        }
        let mut joined = self.clone();
        if !joined.text.ends_with('/') {
            joined.text.push('/');
        }
        joined.push(other);
        joined
    }
}

impl Value {
    pub(crate) fn unknown() -> Self {
        Self::default()
    }

    pub(crate) fn text(text: &str) -> Self {
        Shape::Text(Text::known(text)).into()
    }

    pub(crate) fn name(name: &str) -> Self {
        Shape::Name(name.to_owned()).into()
    }

    pub(crate) fn source(source: Source) -> Self {
        Self { shape: Shape::Unknown, from: vec![source] }
    }

    pub(crate) fn with(mut self, from: &[Source]) -> Self {
        for source in from {
            if self.from.len() < MOST_SOURCES && !self.from.contains(source) {
                self.from.push(source.clone());
            }
        }
        self.from.sort();
        self
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.shape, Shape::Unknown)
    }

    /// The values it may have.
    pub(crate) fn choices(&self) -> Vec<&Self> {
        match &self.shape {
            Shape::OneOf(values) => values.iter().flat_map(Self::choices).take(MOST_CHOICES).collect(),
            _ => vec![self],
        }
    }

    /// One of two values.
    pub(crate) fn either(self, other: Self) -> Self {
        if self == other || matches!(other.shape, Shape::Nothing) {
            return self;
        }
        if matches!(self.shape, Shape::Nothing) {
            return other;
        }
        let mut values: Vec<Self> = Vec::new();
        for value in self.choices().into_iter().chain(other.choices()) {
            if values.len() < MOST_CHOICES && !values.contains(value) {
                values.push(value.clone());
            }
        }
        let from = [self.from.as_slice(), other.from.as_slice()].concat();
        Self::from(Shape::OneOf(values)).with(&from)
    }

    /// What a loop over it gives, an element at a time.
    pub(crate) fn element(&self) -> Self {
        let mut values: Vec<Self> = Vec::new();
        for value in self.choices() {
            match &value.shape {
                Shape::List(items) => {
                    for item in items.iter().flat_map(Self::choices) {
                        if values.len() < MOST_CHOICES && !values.contains(item) {
                            values.push(item.clone());
                        }
                    }
                }
                Shape::Text(text) if text.glob => values.push(value.clone()),
                Shape::Path(text) if text.glob => values.push(value.clone()),
                _ => values.push(Self::unknown().with(&value.from)),
            }
        }
        let from = self.from.clone();
        match values.len() {
            0 => Self::unknown().with(&from),
            1 => values.pop().unwrap_or_default().with(&from),
            _ => Self::from(Shape::OneOf(values)).with(&from),
        }
    }

    /// It as a text, if it is one; numbers and paths too.
    pub(crate) fn as_text(&self) -> Option<Text> {
        match &self.shape {
            Shape::Text(text) | Shape::Path(text) | Shape::Handle { path: text, .. } => Some(text.clone()),
            Shape::Number(number) => Some(Text::known(&number.to_string())),
            Shape::List(items) if items.len() == 1 => items.first()?.as_text(),
            Shape::OneOf(_) => self.choices().into_iter().find_map(|value| match value.shape {
                Shape::OneOf(_) => None,
                _ => value.as_text(),
            }),
            _ => None,
        }
    }

    /// It as a text to put into another; what is not known stands as `$` and a name.
    pub(crate) fn filled(&self) -> Text {
        self.as_text().unwrap_or_else(|| Text { text: "$unknown".to_owned(), complete: false, glob: false })
    }

    /// The texts that it may be; `None` among them for what is not known.
    pub(crate) fn texts(&self) -> Vec<Option<Text>> {
        self.choices().into_iter().map(Self::as_text).collect()
    }

    /// It as one complete text.
    pub(crate) fn constant(&self) -> Option<String> {
        match &self.shape {
            Shape::Text(text) | Shape::Path(text) if text.complete => Some(text.text.clone()),
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<i64> {
        match &self.shape {
            Shape::Number(number) => Some(*number),
            Shape::Text(text) => text.text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The items of a list, or of anything else the thing itself.
    pub(crate) fn items(&self) -> Vec<Self> {
        match &self.shape {
            Shape::List(items) => items.clone(),
            Shape::OneOf(values) => values
                .iter()
                .find(|value| matches!(value.shape, Shape::List(_)))
                .map_or_else(|| vec![self.clone()], Self::items),
            _ => vec![self.clone()],
        }
    }

    /// Puts two texts together; each choice of one with the first choices of the other.
    pub(crate) fn joined(&self, other: &Self) -> Self {
        let from = [self.from.as_slice(), other.from.as_slice()].concat();
        if self.is_unknown() && other.is_unknown() {
            return Self::unknown().with(&from);
        }
        let mut out = Vec::new();
        for left in self.choices() {
            for right in other.choices() {
                if out.len() < MOST_CHOICES {
                    let mut text = left.filled();
                    text.push(&right.filled());
                    let path = matches!(left.shape, Shape::Path(_));
                    out.push(Self::from(if path { Shape::Path(text) } else { Shape::Text(text) }));
                }
            }
        }
        match out.len() {
            1 => out.pop().unwrap_or_default().with(&from),
            _ => Self::from(Shape::OneOf(out)).with(&from),
        }
    }

    /// Like [`Self::joined`], without a copy of what may be long.
    pub(crate) fn followed_by(mut self, other: &Self) -> Self {
        let single = matches!(self.shape, Shape::Text(_) | Shape::Path(_));
        if !single || matches!(other.shape, Shape::OneOf(_)) {
            return self.joined(other);
        }
        if let Shape::Text(text) | Shape::Path(text) = &mut self.shape {
            text.push(&other.filled());
        }
        let from = [self.from.as_slice(), other.from.as_slice()].concat();
        Self::from(self.shape).with(&from)
    }

    /// A function over the texts that it may be.
    pub(crate) fn map_text(&self, change: impl Fn(&Text) -> Option<Text>) -> Self {
        let mut out = Self::from(Shape::Nothing);
        for choice in self.choices() {
            let changed = choice.as_text().and_then(|text| change(&text)).map(Shape::Text);
            out = out.either(changed.map_or_else(Self::unknown, Self::from));
        }
        out.with(&self.from)
    }
}
