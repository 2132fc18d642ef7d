//! What a template engine puts into markup: `{{ x }}`, `{% for … %}`, `<%- x %>`, Svelte's and Astro's `{x}`.
//!
//! They are found before the markup is read, as the engines do it, and are masked there: an expression by `_`, what gives
//! nothing by spaces, byte for byte, so that every place stays true.

use std::ops::Range;

/// Which engine's marks are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavour {
    /// Plain HTML, and the engines that put marks in it: Jinja and its like, Handlebars, EJS.
    Template,
    /// A component of Vue: a template, a script and a style side by side.
    Vue,
    /// A component of Svelte.
    Svelte,
    /// A component of Astro: its code stands between two lines of dashes.
    Astro,
}

/// What a mark means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value that the engine escapes.
    Value,
    /// A value that is put in as it is, by the engine function that is named here.
    Raw(&'static str),
    /// `{% … %}`, `{#if …}`, `{{#each …}}`.
    Control,
    /// `<% … %>`: a piece of program.
    Code,
    /// A comment.
    Comment,
}

/// A mark.
#[derive(Debug, Clone)]
pub(super) struct Hole {
    /// All of it.
    pub(super) range: Range<usize>,
    /// What stands between its signs.
    pub(super) inner: Range<usize>,
    pub(super) kind: Kind,
}

impl Flavour {
    /// Tells by its content what a text is.
    pub(super) fn of(text: &str) -> Self {
        if let Some((front, _)) = front_matter(text)
            && ["import ", "const ", "let ", "Astro."]
                .iter()
                .any(|word| text.get(front.clone()).unwrap_or_default().contains(word))
        {
            return Self::Astro;
        }
        let begins = |tag: &str| text.starts_with(tag) || text.contains(&format!("\n{tag}"));
        if begins("<template") && (begins("<script") || !text.contains("<html")) {
            return Self::Vue;
        }
        let marks = ["{#if ", "{#each ", "{#await ", "{#key ", "{@html ", "{@render ", "{@const "];
        let svelte = |mark: &&str| {
            text.match_indices(*mark).any(|(at, _)| !text.get(..at).unwrap_or_default().ends_with('{'))
        };
        let binds = ["={", " on:", " bind:", " use:", "<svelte:", "$props(", "$state("];
        if marks.iter().any(svelte)
            || (text.contains("<script")
                && !text.contains("<html")
                && binds.iter().any(|mark| markup(text).contains(mark)))
        {
            return Self::Svelte;
        }
        Self::Template
    }

    /// The marks of `text` in order; none lies in another.
    pub(super) fn holes(self, text: &str) -> Vec<Hole> {
        match self {
            Self::Template => template_holes(text),
            Self::Vue => outside_of_code(text, double_braces),
            Self::Svelte | Self::Astro => outside_of_code(text, braces),
        }
    }
}

/// The text after the last script: where a component that starts with its script has its markup.
fn markup(text: &str) -> &str {
    text.rfind("</script>").and_then(|at| text.get(at..)).unwrap_or(text)
}

/// The range between two lines of dashes at the beginning, and where the rest begins.
pub(super) fn front_matter(text: &str) -> Option<(Range<usize>, usize)> {
    let start = text.strip_prefix("---\n").map(|_| 4)?;
    let length = text.get(start..)?.find("\n---")?;
    Some((start..start + length, start + length + 4))
}

/// The text with its holes masked.
pub(super) fn masked(text: &str, holes: &[Hole]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for hole in holes {
        out.push_str(text.get(from..hole.range.start).unwrap_or_default());
        let fill = if matches!(hole.kind, Kind::Value | Kind::Raw(_)) { "_" } else { " " };
        out.push_str(&fill.repeat(hole.range.len()));
        from = hole.range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn template_holes(text: &str) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['{', '<'])) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        let hole = if rest.starts_with("{{") {
            double_braces(rest, start)
        } else if rest.starts_with("{%") {
            closed(rest, start, 2, "%}", Kind::Control)
        } else if rest.starts_with("{#") {
            closed(rest, start, 2, "#}", Kind::Comment)
        } else if rest.starts_with("<%") {
            scriptlet(rest, start)
        } else {
            None
        };
        at = hole.as_ref().map_or(start + 1, |hole| verbatim_end(text, hole).unwrap_or(hole.range.end));
        holes.extend(hole);
    }
    holes
}

/// Where the text ends that `{% raw %}` and its like begin, in which no mark counts.
fn verbatim_end(text: &str, hole: &Hole) -> Option<usize> {
    let word = control_word(text.get(hole.inner.clone())?);
    if hole.kind != Kind::Control || !matches!(word, "raw" | "verbatim" | "comment") {
        return None;
    }
    let after = text.get(hole.range.end..)?;
    after.match_indices("{%").map(|(at, _)| hole.range.end + at).find(|at| {
        let inner = text.get(at + 2..).unwrap_or_default();
        control_word(inner).strip_prefix("end").is_some_and(|ended| ended.starts_with(word))
    })
}

/// A hole at `start` that begins with `skip` bytes of signs and ends with `end`.
fn closed(rest: &str, start: usize, skip: usize, end: &str, kind: Kind) -> Option<Hole> {
    let length = rest.get(skip..)?.find(end)?;
    let inner = start + skip..start + skip + length;
    Some(Hole { range: start..inner.end + end.len(), inner, kind })
}

fn double_braces(rest: &str, start: usize) -> Option<Hole> {
    if !rest.starts_with("{{") {
        return None;
    }
    if rest.starts_with("{{{") {
        return closed(rest, start, 3, "}}}", Kind::Raw("handlebars_raw"));
    }
    if rest.starts_with("{{!--") {
        return closed(rest, start, 5, "--}}", Kind::Comment);
    }
    let (skip, kind) = match rest.get(2..)?.trim_start_matches(['~', '-']).chars().next()? {
        '&' => (3, Kind::Raw("handlebars_raw")),
        '!' => (3, Kind::Comment),
        '#' | '/' | '^' | '>' => (3, Kind::Control),
        _ => (2, Kind::Value),
    };
    closed(rest, start, skip, "}}", kind)
}

/// The first word of a `{% … %}`.
pub(super) fn control_word(inner: &str) -> &str {
    inner
        .trim_start_matches(['-', '+', '~'])
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_end_matches('-')
}

fn scriptlet(rest: &str, start: usize) -> Option<Hole> {
    let (skip, kind) = match rest.as_bytes().get(2)? {
        b'-' => (3, Kind::Raw("ejs_raw")),
        b'=' => (3, Kind::Value),
        b'#' => (3, Kind::Comment),
        b'_' => (3, Kind::Code),
        b'%' => return None,
        _ => (2, Kind::Code),
    };
    let mut hole = closed(rest, start, skip, "%>", kind)?;
    let inner = rest.get(skip..hole.inner.end - start)?;
    hole.inner.end -= inner.len() - inner.trim_end_matches(['-', '_']).len();
    Some(hole)
}

/// Goes through `text` but for scripts, styles, comments and front matter.
fn outside_of_code(text: &str, hole_at: impl Fn(&str, usize) -> Option<Hole>) -> Vec<Hole> {
    let mut holes = Vec::new();
    let mut at = front_matter(text).filter(|_| text.starts_with("---\n")).map_or(0, |(_, end)| end);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(['{', '<'])) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        at = start + 1;
        for (open, close) in [("<script", "</script"), ("<style", "</style"), ("<!--", "-->")] {
            if rest.get(..open.len()).is_some_and(|word| word.eq_ignore_ascii_case(open)) {
                at = rest.find(close).map_or(text.len(), |end| start + end + close.len());
            }
        }
        if rest.starts_with('{')
            && let Some(hole) = hole_at(rest, start)
        {
            at = hole.range.end;
            holes.push(hole);
        }
    }
    holes
}

/// `{ … }` of Svelte and Astro, up to the brace that belongs to it.
fn braces(rest: &str, start: usize) -> Option<Hole> {
    let length = closing_brace(rest)?;
    let inner = rest.get(1..length)?;
    let (skip, kind) = match inner.trim_start().as_bytes().first() {
        Some(b'#' | b':' | b'/') if !inner.trim_start().starts_with("/*") => (0, Kind::Control),
        Some(b'@') => match control_word(inner.trim_start().trim_start_matches('@')) {
            "html" => (inner.find("html").map_or(0, |at| at + 4), Kind::Raw("svelte_html")),
            "render" => (inner.find("render").map_or(0, |at| at + 6), Kind::Value),
            _ => (0, Kind::Control),
        },
        _ => (0, Kind::Value),
    };
    Some(Hole { range: start..start + length + 1, inner: start + 1 + skip..start + length, kind })
}

/// Where the brace at the beginning of `text` is closed; strings and comments in it are passed over.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => drop(bytes.next()),
            (Some(open), _) if byte == open => quote = None,
            (Some(b'`') | None, b'{') => depth += 1,
            (Some(b'`') | None, b'}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            _ => {}
        }
    }
    None
}
