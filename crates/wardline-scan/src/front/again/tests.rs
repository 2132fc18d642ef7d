//! Whatever is edited, what is read from an earlier state is what is read from the beginning, to the last number.

#![expect(clippy::string_slice, reason = "places are moved to where characters begin")]

use std::{fs, path::Path};

use super::Before;
use crate::{front, ir::Module, language::Language};

/// A sequence of numbers that looks random and is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }

    fn one<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.below(all.len())]
    }
}

const PIECES: &[&str] = &[
    "x",
    "ß",
    " ",
    "\n",
    "\n    ",
    "\t",
    "\\\n",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ":",
    ";",
    ",",
    "=",
    "'",
    "\"",
    "\"\"\"",
    "`",
    "${",
    "#",
    "//",
    "/*",
    "*/",
    "/",
    "await ",
    "yield 1\n",
    "async ",
    "static ",
    "return",
    "else",
    "elif x:",
    "if (x) ",
    "@x\n",
    "export ",
    "lambda: ",
    " => ",
    "x = 1\n",
    "let x = 1, y = 2;\n",
    "f'{x}'",
    "def f(): yield\n",
    "class C { m() { a(); } }\n",
    "function f() { b() }\n",
    "exports.a = b;\n",
    "+",
    "in",
    "?",
    "<",
    ">",
    "print 1\n",
];

/// Puts something in, takes a range out, or moves one.
fn edit(text: &str, dice: &mut Dice) -> String {
    if text.is_empty() {
        return "x = 1\n".to_owned();
    }
    let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
    let from = boundary(dice.below(text.len() + 1));
    let to = boundary(from + dice.below(60)).max(from);
    let (head, tail) = (&text[..from], &text[to..]);
    match dice.below(8) {
        0 => format!("{head}{tail}"),
        1 => format!("{head}{}{}{tail}", &text[from..to], &text[from..to]),
        2 => {
            let there = boundary(to + dice.below(tail.len() + 1)).max(to) - to;
            format!("{head}{}{}{}", &tail[..there], &text[from..to], &tail[there..])
        }
        // Whole lines, which leave the text without errors more often.
        3 | 4 => {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let at = dice.below(lines.len());
            let other = lines[dice.below(lines.len())];
            if dice.below(2) == 0 {
                lines[at] = other
            } else {
                lines.insert(at, other)
            }
            lines.concat()
        }
        5 => {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let at = dice.below(lines.len());
            let indent: String = lines[at].chars().take_while(|c| *c == ' ').collect();
            let (head, tail) = (lines[..at].concat(), lines[at..].concat());
            format!("{head}{indent}edited(name)\n{tail}")
        }
        _ => format!("{head}{}{}", dice.one(PIECES), &text[from..]),
    }
}

fn texts() -> Vec<(Language, String)> {
    let mut found = vec![
        (Language::TypeScript, "export class A {\n  @x() private a = 1;\n  get b(): number { const y = () => { f(1); g(2); }; return y; }\n  constructor(private c: string) { super(c); }\n}\nexport function f(a: string) { let x = 1, y = 2; return a; }\nenum E { A, B = 2 }\nnamespace N { export const z = 1; }\n".to_owned()),
        (Language::Python, "@decorated\ndef f(a, *b, c=1, **d):\n    if a:\n        yield b\n    elif c:\n        x = [y for y in b]\n    else:\n        try:\n            g(1)\n        except E as e:\n            raise F from e\n        finally:\n            h()\n\n\nclass C(B, metaclass=M):\n    x: int = 3\n\n    async def m(self):\n        async with a as b, c:\n            await d\n        match x:\n            case [1, *_]:\n                pass\n\n    z = lambda: (yield)\n".to_owned()),
    ];
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        found.extend(Language::of(&path.to_string_lossy(), &text).map(|language| (language, text)));
    }
    found.retain(|(language, _)| {
        front::lower_again(*language, "", None).is_some_and(|(_, source)| source.is_some())
    });
    found.sort();
    found
}

#[test]
fn what_is_read_from_an_earlier_state_is_what_is_read_from_the_beginning() {
    let edits = std::env::var("WARDLINE_EDITS").ok().and_then(|word| word.parse().ok()).unwrap_or(30);
    let (mut known, mut all) = (0, 0);
    for (number, (language, start)) in (1_u64..).zip(texts()) {
        let mut dice = Dice(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut text = start.clone();
        let mut last: Option<(String, Module, super::Source)> = None;
        for round in 0..edits {
            let before = last.as_ref().map(|(text, module, source)| Before { text, module, source });
            let whole = before.is_some_and(|before| super::is_whole(&before));
            let (again, source) = front::lower_again(language, &text, before).unwrap();
            let fresh = front::lower(language, &text).unwrap();
            assert_eq!(format!("{again:?}"), format!("{fresh:?}"), "text {number}, round {round}: {text}");
            all += 1;
            known += usize::from(whole && again.problems.is_empty());
            last = source.map(|source| (text.clone(), again, source));
            text = match dice.below(3) {
                0 => start.clone(),
                _ => edit(&text, &mut dice),
            };
        }
    }
    assert!(known * 4 > all, "only {known} of {all} were read from an earlier state");
}
