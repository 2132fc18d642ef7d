//! Pages, and the one way in which what an agent wrote gets into them.
//!
//! maud escapes every text. That keeps a text from acting; [`line`] and [`block`] keep it from hiding: a character that shows as
//! nothing, moves what follows or turns its direction stands there in a box, as what it is. The box is an element, so a text that
//! merely spells an escape looks different from the character.

use maud::{DOCTYPE, Markup, html};
use wardline_monitor::visible;

/// The panes: address, name.
pub(crate) const PANES: [(&str, &str); 6] = [
    ("/approvals", "Approvals"),
    ("/changes", "Changes"),
    ("/trace", "Trace"),
    ("/permissions", "Permissions"),
    ("/sessions", "Sessions"),
    ("/doctor", "Doctor"),
];

/// A piece of a text.
enum Piece<'t> {
    Plain(&'t str),
    Hidden(char),
}

/// Cuts a text at the characters that would not show as themselves, blanks at the end of a line among them.
fn pieces(text: &str, lines_stay: bool) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, None), |body| (body, Some("\n")));
        let solid = body.trim_end_matches(' ');
        cut(solid, &mut all);
        all.extend((solid.len()..body.len()).map(|_| Piece::Hidden(' ')));
        all.extend(end.map(|end| if lines_stay { Piece::Plain(end) } else { Piece::Hidden('\n') }));
    }
    all
}

fn cut<'t>(mut rest: &'t str, all: &mut Vec<Piece<'t>>) {
    let hides = |c: char| !matches!(c, ' '..='~') && visible(c.encode_utf8(&mut [0; 4])).starts_with('\\');
    while let Some(first) = rest.chars().next() {
        let (piece, length) = if hides(first) {
            (Piece::Hidden(first), first.len_utf8())
        } else {
            let length = rest.find(hides).unwrap_or(rest.len());
            (Piece::Plain(rest.get(..length).unwrap_or_default()), length)
        };
        all.push(piece);
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn written(text: &str, lines_stay: bool) -> Markup {
    html! {
        @for piece in pieces(text, lines_stay) {
            @match piece {
                Piece::Plain(text) => (text),
                Piece::Hidden('\n') => span.hidden-char title="U+000A" { "↵" },
                Piece::Hidden(c) => span.hidden-char title=(format!("U+{:04X}", u32::from(c))) { (format!("\\u{{{:x}}}", u32::from(c))) },
            }
        }
    }
}

/// A text on one line, whole; line ends are shown too.
pub(crate) fn line(text: &str) -> Markup {
    written(text, false)
}

/// A text of several lines, whole.
pub(crate) fn block(text: &str) -> Markup {
    written(text, true)
}

/// A decision as a coloured word; any other word as it is.
pub(crate) fn decision(word: &str) -> Markup {
    let class = match word {
        "allow" => "chip allow",
        "ask" => "chip ask",
        "deny" => "chip deny",
        _ => "chip",
    };
    html! { span class=(class) { (line(word)) } }
}

/// The hidden field without which no form is taken.
pub(crate) fn word(word: &str) -> Markup {
    html! { input type="hidden" name="word" value=(word); }
}

/// A page of the pane at `here`. `topics` are the events after which it is loaded again.
pub(crate) fn page(here: &str, title: &str, topics: &str, body: &Markup) -> Markup {
    html! {
        (head(title))
        body {
            a.skip href="#main" { "Skip to the content" }
            header {
                span.brand { "Wardline" }
                nav aria-label="Panes" {
                    @for ((address, name), number) in PANES.iter().zip(1..) {
                        a href=(address) data-key=(number) aria-current=[(*address == here).then_some("page")] {
                            (name) " " @if *address == "/approvals" { span #waiting { } " " } kbd aria-hidden="true" { (number) }
                        }
                    }
                }
                span #live role="status" { }
            }
            main #main tabindex="-1" data-live=(topics) {
                h1 { (title) }
                (body)
            }
            footer {
                kbd { "1" } "–" kbd { (PANES.len()) } " panes · " kbd { "j" } " " kbd { "k" } " next, previous · " kbd { "Enter" } " open · " kbd { "/" } " search"
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en";
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Wardline" }
            link rel="icon" href="/icon.svg";
            link rel="stylesheet" href="/style.css";
            script src="/page.js" defer { }
        }
    }
}

/// What is shown to a browser that is not let in: the script sends what the link carries, or it is put in by hand.
pub(crate) fn login(problem: Option<&str>) -> Markup {
    html! {
        (head("Log in"))
        body {
            main #main {
                h1 { "Wardline" }
                @if let Some(problem) = problem { p.problem role="alert" { (problem) } }
                form #login method="post" action="/login" {
                    p { "Open the link that " code { "wardline ui" } " printed, or put in what stands after its " code { "#" } "." }
                    label for="secret" { "Secret of the link" }
                    input #secret name="secret" type="password" autocomplete="off" required;
                    button { "Log in" }
                }
            }
        }
    }
}

/// A page that says what went wrong.
pub(crate) fn problem(title: &str, text: &str) -> Markup {
    page(
        "",
        title,
        "",
        &html! { p.problem role="alert" { (block(text)) } p { a href="/" { "Back to the start" } } },
    )
}

#[cfg(test)]
mod tests;
