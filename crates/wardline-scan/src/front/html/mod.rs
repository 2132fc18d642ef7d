//! The front-end of HTML, of templates in it, and of components (Vue, Svelte, Astro).
//!
//! The tree is flat: scripts first, each with its statements in one scope, then elements and values in the order of the
//! text. Nesting of elements is not kept, so templates with half an element in each branch are read like any other.
//!
//! - Code in the markup is JavaScript or TypeScript: `<script>`, front matter, `on…=` handlers, `javascript:` addresses,
//!   bound attributes (`:href`, `v-if`, `@click`, `[innerHTML]`, `on:click`), and EJS's `<% … %>`, which is put
//!   together to one program.
//! - What puts a value into the page without escaping is a call of a function that no source defines:
//!   `jinja_safe(x)` (`x|safe`, Twig's `raw`, any value under `{% autoescape false %}`), `ejs_raw(x)`,
//!   `handlebars_raw(x)`, `svelte_html(x)`, `vue_html(x)` (`v-html`), `angular_html(x)` (`[innerHTML]`),
//!   `alpine_html(x)` (`x-html`), `astro_html(x)` (`set:html`).
//! - A filter is a call of it: `x|upper` is `upper(x)`.
//! - A loop of the template (`v-for`, `{#each}`, `{% for %}`) binds its names for the rest of the file.

mod attributes;
mod holes;
mod tokens;
mod values;

use std::ops::Range;

use self::{
    holes::{Flavour, Hole, Kind},
    tokens::Tag,
};
use super::{Builder, javascript};
use crate::{
    ir::{Expr, ExprKind, Module, Stmt, StmtKind},
    language::Language,
    span::Span,
};

/// Names of functions that stand in the tree and not in the text.
pub const MADE_UP: &[&str] = &[
    "jinja_safe",
    "ejs_raw",
    "handlebars_raw",
    "svelte_html",
    "vue_html",
    "angular_html",
    "alpine_html",
    "astro_html",
];

/// Lowers a whole file.
pub fn lower(text: &str) -> Module {
    let flavour = Flavour::of(text);
    let holes = flavour.holes(text);
    let masked = holes::masked(text, &holes);
    let mut markup = Markup {
        text,
        masked: &masked,
        flavour,
        holes: &holes,
        build: Builder::new(),
        language: Language::JavaScript,
        escaping: true,
        program: false,
        body: Vec::new(),
    };
    markup.file();
    let Markup { build, body, .. } = markup;
    build.module(Language::Html, body)
}

/// The work on one file.
struct Markup<'t> {
    text: &'t str,
    /// The text with its holes masked: what is read as markup and code.
    masked: &'t str,
    flavour: Flavour,
    holes: &'t [Hole],
    build: Builder,
    /// What code in the markup is read as: the language of the last script.
    language: Language,
    /// Whether the engine escapes values here.
    escaping: bool,
    /// Whether the pieces of program were read as one: their holes are done.
    program: bool,
    body: Vec<Stmt>,
}

impl<'t> Markup<'t> {
    fn file(&mut self) {
        let everything = 0..self.masked.len();
        let tags = tokens::tags(self.masked, everything.clone());
        if self.flavour == Flavour::Astro
            && let Some((front, _)) = holes::front_matter(self.text)
        {
            self.language = Language::Tsx;
            self.code(front);
        }
        for tag in &tags {
            self.script(tag);
        }
        self.program();
        self.markup(&tags, everything);
    }

    fn span(range: &Range<usize>) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Span::new(at(range.start), at(range.end))
    }

    fn masked(&self, range: &Range<usize>) -> &'t str {
        self.masked.get(range.clone()).unwrap_or_default()
    }

    /// The holes that begin in a range.
    fn holes_in(&self, range: &Range<usize>) -> &'t [Hole] {
        let first = self.holes.partition_point(|hole| hole.range.start < range.start);
        let end = self.holes.partition_point(|hole| hole.range.start < range.end);
        self.holes.get(first..end).unwrap_or_default()
    }

    fn push(&mut self, range: &Range<usize>, kind: StmtKind) {
        self.body.push(Stmt { span: Self::span(range), kind });
    }

    /// Adds the statements of a script.
    fn script(&mut self, tag: &Tag) {
        let Some(raw) = tag.raw.clone().filter(|_| self.masked(&tag.name).eq_ignore_ascii_case("script"))
        else {
            return;
        };
        match self.script_language(tag) {
            Script::Code(language) => {
                let around = std::mem::replace(&mut self.language, language);
                self.code(raw);
                if self.flavour == Flavour::Astro {
                    self.language = around;
                }
            }
            Script::Markup => {
                let tags = tokens::tags(self.masked, raw.clone());
                self.markup(&tags, raw);
            }
            Script::Data => {}
        }
    }

    fn script_language(&self, tag: &Tag) -> Script {
        let value = |wanted: &str| {
            let attribute =
                tag.attributes.iter().find(|one| self.masked(&one.name).eq_ignore_ascii_case(wanted));
            attribute
                .map(|one| one.value.as_ref().map_or("", |value| self.masked(value)).to_ascii_lowercase())
        };
        match value("lang").as_deref() {
            Some("ts" | "typescript") => return Script::Code(Language::TypeScript),
            Some("tsx") => return Script::Code(Language::Tsx),
            _ => {}
        }
        match value("type").as_deref().map(str::trim) {
            Some("application/json" | "application/ld+json" | "importmap" | "speculationrules") => {
                Script::Data
            }
            Some(kind) if kind.contains("template") || kind.contains("handlebars") || kind == "text/html" => {
                Script::Markup
            }
            Some("text/typescript" | "application/typescript") => Script::Code(Language::TypeScript),
            Some(kind) if kind.starts_with("text/x-") || kind.starts_with("x-shader") => Script::Data,
            _ if self.flavour == Flavour::Astro => Script::Code(Language::TypeScript),
            _ => Script::Code(Language::JavaScript),
        }
    }

    fn code(&mut self, range: Range<usize>) {
        let text = self.masked(&range);
        self.build.shift(u32::try_from(range.start).unwrap_or(u32::MAX));
        let statements = javascript::statements(&mut self.build, self.language, text);
        self.build.shift(0);
        self.body.extend(statements);
    }

    /// The pieces of EJS's program as one: what is not program is blank, a value is in brackets, a raw one is a call.
    fn program(&mut self) {
        let pieces: Vec<_> = self.holes.iter().filter(|hole| is_program(hole, self.text)).collect();
        if self.flavour != Flavour::Template || !pieces.iter().any(|hole| hole.kind == Kind::Code) {
            return;
        }
        let mut program = String::with_capacity(self.text.len());
        for hole in pieces {
            program.push_str(&" ".repeat(hole.range.start.saturating_sub(program.len())));
            program.push_str(match hole.kind {
                Kind::Raw(_) => "$$(",
                Kind::Value => " ;(",
                _ => "   ".get(..hole.inner.start - hole.range.start).unwrap_or_default(),
            });
            program.push_str(self.text.get(hole.inner.clone()).unwrap_or_default());
            program.push_str(if hole.kind == Kind::Code { "\n" } else { ")\n" });
        }
        if let Some(mut statements) = javascript::whole_program(&mut self.build, &program, ("$$", "ejs_raw"))
        {
            self.body.append(&mut statements);
            self.program = true;
        }
    }

    /// Elements and values of a range in their order.
    fn markup(&mut self, tags: &[Tag], range: Range<usize>) {
        let mut at = range.start;
        for tag in tags {
            self.values(&(at..tag.range.start));
            if !tag.closed && !tag.attributes.is_empty() {
                self.build.problem(Self::span(&tag.range), "a tag is not closed");
            }
            self.element(tag);
            at = tag.range.end;
            if let Some(raw) = &tag.raw {
                let is_script = self.masked(&tag.name).eq_ignore_ascii_case("script");
                if !is_script || !matches!(self.script_language(tag), Script::Markup) {
                    self.values(raw);
                }
                at = raw.end;
            }
        }
        self.values(&(at..range.end));
    }

    /// The values that the engine puts into a range.
    fn values(&mut self, range: &Range<usize>) {
        for hole in self.holes_in(range) {
            if let Some(kind) = self.hole(hole) {
                self.push(&hole.range, kind);
            }
        }
    }

    fn expr(&mut self, range: &Range<usize>, kind: ExprKind) -> Expr {
        self.build.expr(Self::span(range), kind)
    }

    /// The code of a range as an expression, if it is one.
    fn expression(&mut self, range: &Range<usize>, text: &str) -> Option<Expr> {
        self.build.shift(u32::try_from(range.start).unwrap_or(u32::MAX));
        let expression = javascript::expression(&mut self.build, self.language, text);
        self.build.shift(0);
        expression
    }
}

/// What a `<script>` holds.
enum Script {
    Code(Language),
    Markup,
    Data,
}

/// Whether a hole is of the engine that has pieces of program.
fn is_program(hole: &Hole, text: &str) -> bool {
    text.get(hole.range.clone()).is_some_and(|all| all.starts_with("<%")) && hole.kind != Kind::Comment
}
