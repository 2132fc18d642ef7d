//! Pages, and the one way in which what an agent wrote gets into them.
//!
//! maud escapes every text. That keeps a text from acting; [`line`] and [`block`] keep it from hiding: a character that shows as
//! nothing, moves what follows or turns its direction stands there in a box, as what it is. The box is an element, so a text that
//! merely spells an escape looks different from the character.

use maud::{DOCTYPE, Markup, html};
use wardline_monitor::visible;

/// The panes: address, name.
pub(crate) const PANES: [(&str, &str); 4] =
    [("/changes", "Changes"), ("/sessions", "Sessions"), ("/trace", "Trace"), ("/doctor", "Doctor")];

/// A piece of a text.
enum Piece<'t> {
    Plain(&'t str),
    Hidden(char),
}

/// Cuts a text at the characters that would not show as themselves, but for those in `kept`.
fn pieces<'t>(text: &'t str, kept: &'static [char]) -> impl Iterator<Item = Piece<'t>> {
    let is_hidden = move |c: char| {
        !kept.contains(&c)
            && (c == '\n' || !matches!(c, ' '..='~') && visible(c.encode_utf8(&mut [0; 4])).starts_with('\\'))
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        if is_hidden(first) {
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            return Some(Piece::Hidden(first));
        }
        let end = rest.find(is_hidden).unwrap_or(rest.len());
        let (plain, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(Piece::Plain(plain))
    })
}

fn written(text: &str, kept: &'static [char]) -> Markup {
    html! {
        @for piece in pieces(text, kept) {
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
    written(text, &[])
}

/// A text of several lines, whole.
pub(crate) fn block(text: &str) -> Markup {
    written(text, &['\n'])
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
                            (name) " " kbd aria-hidden="true" { (number) }
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
