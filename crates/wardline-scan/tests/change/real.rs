//! Changes to whole sources, each state looked at by the scanner: what a person is told of a change, from end to end.
//!
//! A seed is a source of one language with its head, blocks that can stand in any order (functions, methods, elements) and
//! its foot. `#! bad` says where a rule finds something; `mended` is the block without its harm. Operators change a seed in ways
//! whose outcome is known. What operators cannot say stands in `real/*.diff`, written by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wardline_scan::change::{Snapshot, State, compare};
use wardline_scan::finding::Severity;
use wardline_scan::scan::{Scan, Scanner};
use wardline_scan::span::Lines;

use super::case::{self, Case, File, Label, Side};

type Tree = Vec<(String, Vec<String>)>;

/// A part of a source that can stand anywhere in it.
#[derive(Debug, Clone)]
struct Block {
    name: String,
    variable: String,
    lines: Vec<String>,
    mended: Vec<String>,
}

/// A source in parts: two blocks with a finding each, and a third with none.
#[derive(Debug)]
struct Seed {
    path: String,
    head: Vec<String>,
    first: Block,
    second: Block,
    third: Block,
    foot: Vec<String>,
}

impl Seed {
    fn read(text: &str) -> Self {
        let (mut path, mut head, mut foot) = (String::new(), Vec::new(), Vec::new());
        let mut blocks: Vec<Block> = Vec::new();
        let mut part = "head";
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("@ ") {
                path = name.to_owned();
                continue;
            }
            if let Some(title) = line.strip_prefix("%% ") {
                let words: Vec<&str> = title.split(' ').collect();
                part = words[0];
                if part == "block" {
                    let (name, variable) = (words[1].to_owned(), words[2].to_owned());
                    blocks.push(Block { name, variable, lines: Vec::new(), mended: Vec::new() });
                }
                continue;
            }
            let lines = match part {
                "head" => &mut head,
                "foot" => &mut foot,
                "mended" => &mut blocks.last_mut().unwrap().mended,
                _ => &mut blocks.last_mut().unwrap().lines,
            };
            lines.push(line.to_owned());
        }
        let [first, second, third] = <[Block; 3]>::try_from(blocks).unwrap();
        Self { path, head, first, second, third, foot }
    }

    /// A file with these blocks.
    fn file(&self, path: &str, blocks: &[Vec<String>]) -> (String, Vec<String>) {
        (path.to_owned(), [self.head.clone(), blocks.concat(), self.foot.clone()].concat())
    }

    fn one(&self, blocks: &[Vec<String>]) -> Tree {
        vec![self.file(&self.path, blocks)]
    }

    /// Its file with some blocks, and a new one with others.
    fn two(&self, blocks: &[Vec<String>], others: &[Vec<String>]) -> Tree {
        vec![self.file(&self.path, blocks), self.file(&self.other_path(), others)]
    }

    fn other_path(&self) -> String {
        let (folder, name) = self.path.rsplit_once('/').unwrap();
        format!("{folder}/other/{name}")
    }
}

impl Block {
    fn labelled(&self, label: &str) -> Vec<String> {
        self.lines.iter().map(|line| line.replace("#! bad", &format!("#! {label}"))).collect()
    }

    fn old(&self) -> Vec<String> {
        self.labelled("old")
    }

    fn fresh(&self) -> Vec<String> {
        self.labelled("new")
    }

    fn gone(&self) -> Vec<String> {
        self.labelled("fixed")
    }
}

/// Lines with another word for each `word`.
fn renamed(lines: Vec<String>, word: &str) -> Vec<String> {
    let whole = |c: char| c.is_alphanumeric() || c == '_';
    let rename = |line: String| {
        let mut out = String::new();
        let mut rest = line.as_str();
        while let Some(at) = rest.find(word) {
            let (before, after) = (rest[..at].chars().next_back(), rest[at + word.len()..].chars().next());
            out.push_str(&rest[..at + word.len()]);
            if !before.is_some_and(whole) && !after.is_some_and(whole) {
                out.push('2');
            }
            rest = &rest[at + word.len()..];
        }
        out + rest
    };
    lines.into_iter().map(rename).collect()
}

fn in_tree(tree: Tree, change: impl Fn(Vec<String>) -> Vec<String>) -> Tree {
    tree.into_iter().map(|(path, lines)| (path, change(lines))).collect()
}

/// Twice the space before each line.
fn deeper(lines: Vec<String>) -> Vec<String> {
    let wider = |line: String| {
        let space = line.len() - line.trim_start().len();
        format!("{}{line}", &line[..space])
    };
    lines.into_iter().map(wider).collect()
}

fn with_returns(lines: Vec<String>) -> Vec<String> {
    let ended = |line: String| match line.split_once("  #! ") {
        Some((line, label)) => format!("{line}\r  #! {label}"),
        None => format!("{line}\r"),
    };
    lines.into_iter().map(ended).collect()
}

fn spaced(lines: Vec<String>) -> Vec<String> {
    [vec![String::new(); 3], lines].concat()
}

type Operator = fn(&Seed) -> (Tree, Tree);

/// The tree before and after, with what became of each finding.
const OPERATORS: [(&str, Operator); 28] = [
    ("nothing", |s| both(s, |s| s.one(&all(s)))),
    ("empty lines", |s| both(s, |s| s.one(&all(s).map(spaced)))),
    ("the other order", |s| both(s, |s| s.one(&[s.third.old(), s.second.old(), s.first.old()]))),
    ("the first goes last", |s| both(s, |s| s.one(&[s.second.old(), s.third.old(), s.first.old()]))),
    ("deeper", |s| both(s, |s| in_tree(s.one(&all(s)), deeper))),
    ("other line ends", |s| both(s, |s| in_tree(s.one(&all(s)), with_returns))),
    ("a function has another name", |s| {
        both(s, |s| in_tree(s.one(&all(s)), |lines| renamed(lines, &s.first.name)))
    }),
    ("a variable has another name", |s| {
        both(s, |s| in_tree(s.one(&all(s)), |lines| renamed(lines, &s.first.variable)))
    }),
    ("two names and the order", |s| {
        let order = |s: &Seed| s.one(&[s.second.old(), s.first.old(), s.third.old()]);
        both(s, |s| in_tree(order(s), |lines| renamed(renamed(lines, &s.second.name), &s.first.variable)))
    }),
    ("the file has another name", |s| both(s, |s| vec![s.file(&s.other_path(), &all(s))])),
    ("another file, order and depth", |s| {
        let moved = |s: &Seed| vec![s.file(&s.other_path(), &[s.second.old(), s.first.old(), s.third.old()])];
        both(s, |s| in_tree(moved(s), deeper))
    }),
    ("one moved to a new file", |s| both(s, |s| s.two(&[s.second.old(), s.third.old()], &[s.first.old()]))),
    ("one moved and deeper there", |s| {
        both(s, |s| s.two(&[s.second.old(), s.third.old()], &[deeper(s.first.old())]))
    }),
    ("both moved to a new file", |s| both(s, |s| s.two(&[s.third.old()], &[s.second.old(), s.first.old()]))),
    ("copied to a new file", |s| both(s, |s| s.two(&all(s), &[s.first.fresh()]))),
    ("copied behind under another name", |s| {
        both(s, |s| s.one(&[all(s).concat(), renamed(s.first.fresh(), &s.first.name)]))
    }),
    ("copied before under another name", |s| {
        both(s, |s| s.one(&[renamed(s.first.fresh(), &s.first.name), all(s).concat()]))
    }),
    ("removed", |s| {
        (s.one(&[s.first.gone(), s.second.old(), s.third.old()]), s.one(&[s.second.old(), s.third.old()]))
    }),
    ("mended", |s| from_first_gone(s, s.one(&[s.first.mended.clone(), s.second.old(), s.third.old()]))),
    ("mended and moved", |s| {
        from_first_gone(s, s.one(&[s.third.old(), s.second.old(), s.first.mended.clone()]))
    }),
    ("mended, deeper, in another file", |s| {
        let blocks = [s.first.mended.clone(), s.second.old(), s.third.old()];
        from_first_gone(s, in_tree(vec![s.file(&s.other_path(), &blocks)], deeper))
    }),
    ("one mended and the other copied", |s| {
        let blocks = [s.first.mended.clone(), s.second.old(), s.third.old()];
        from_first_gone(s, s.two(&blocks, &[s.second.fresh()]))
    }),
    ("written", |s| {
        (s.one(&[s.second.old(), s.third.old()]), s.one(&[s.second.old(), s.third.old(), s.first.fresh()]))
    }),
    ("written above, the rest deeper", |s| {
        let after = s.one(&[s.first.fresh(), s.third.old(), s.second.old()]);
        (s.one(&[s.second.old(), s.third.old()]), in_tree(after, deeper))
    }),
    ("written to a new file", |s| {
        (s.one(&[s.second.old(), s.third.old()]), s.two(&[s.second.old(), s.third.old()], &[s.first.fresh()]))
    }),
    ("the mending undone", |s| {
        (
            s.one(&[s.first.mended.clone(), s.second.old(), s.third.old()]),
            s.one(&[s.first.fresh(), s.second.old(), s.third.old()]),
        )
    }),
    ("one mended and the mending of the other undone", |s| {
        (
            s.one(&[s.first.mended.clone(), s.second.gone(), s.third.old()]),
            s.one(&[s.first.fresh(), s.second.mended.clone(), s.third.old()]),
        )
    }),
    ("both written", |s| {
        (s.one(&[s.third.old()]), s.one(&[s.first.fresh(), s.second.fresh(), s.third.old()]))
    }),
];

fn all(seed: &Seed) -> [Vec<String>; 3] {
    [seed.first.old(), seed.second.old(), seed.third.old()]
}

/// All is as it was, and then what `change` makes of it.
fn both(seed: &Seed, change: impl Fn(&Seed) -> Tree) -> (Tree, Tree) {
    (seed.one(&all(seed)), change(seed))
}

fn from_first_gone(seed: &Seed, after: Tree) -> (Tree, Tree) {
    (seed.one(&[seed.first.gone(), seed.second.old(), seed.third.old()]), after)
}

fn case_of(name: String, (before, after): &(Tree, Tree)) -> Case {
    let side = |sign: char, tree: &Tree| -> Vec<File> {
        let file = |(path, lines): &(String, Vec<String>)| File {
            before: path.clone(),
            after: path.clone(),
            lines: lines.iter().map(|line| (sign, line.clone())).collect(),
        };
        tree.iter().map(file).collect()
    };
    Case { name, files: [side('-', before), side('+', after)].concat() }
}

fn texts_in(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/change").join(folder);
    let mut texts: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
        })
        .collect();
    texts.sort();
    texts
}

fn made_by_operators() -> Vec<Case> {
    let seeds = texts_in("seeds").into_iter().map(|(name, text)| (name, Seed::read(&text)));
    seeds
        .flat_map(|(name, seed)| {
            OPERATORS.iter().map(move |(what, operator)| case_of(format!("{name}: {what}"), &operator(&seed)))
        })
        .collect()
}

/// How many findings the change introduced, how many of them were told so, and what is wrong.
#[derive(Default)]
struct Score {
    introduced: usize,
    told: usize,
    wrong: Vec<String>,
}

/// A finding by its file, line and number on the line.
fn places(side: &Side, scan: &Scan) -> Vec<(String, u32)> {
    let place = |finding: &wardline_scan::finding::Finding| {
        let text = &side.texts[&finding.path];
        (finding.path.clone(), Lines::new(text).position(text, finding.span.start).line)
    };
    scan.findings.iter().map(place).collect()
}

/// The labelled lines of a side.
fn labels(side: &Side) -> BTreeMap<(String, u32), Label> {
    let line = |(finding, label): (&wardline_scan::finding::Finding, &Label)| {
        let text = &side.texts[&finding.path];
        ((finding.path.clone(), Lines::new(text).position(text, finding.span.start).line), *label)
    };
    side.findings.iter().zip(&side.labels).map(line).collect()
}

fn scanned(scanner: &Scanner, side: &Side) -> Scan {
    let mut scan = scanner.scan(&side.texts, &|_| None);
    scan.findings.retain(|finding| finding.severity >= Severity::Warning);
    scan
}

fn judge(scanner: &Scanner, case: &Case, score: &mut Score) {
    let (before, after) = (case.side(false), case.side(true));
    let (old, new) = (scanned(scanner, &before), scanned(scanner, &after));
    let result = compare(
        Snapshot { texts: &before.texts, findings: &old.findings },
        Snapshot { texts: &after.texts, findings: &new.findings },
    );
    let mut wrong = Vec::new();
    for (side, scan, when) in [(&before, &old, "before"), (&after, &new, "after")] {
        wrong.extend(scan.gaps.iter().map(|gap| format!("{when}: {}: {:?}", gap.path, gap.reason)));
        let found: BTreeSet<_> = places(side, scan).into_iter().collect();
        let wanted: BTreeSet<_> = labels(side).into_keys().collect();
        wrong.extend(
            wanted.difference(&found).map(|(path, line)| format!("{when}: nothing at {path}:{line}")),
        );
        wrong.extend(
            found.difference(&wanted).map(|(path, line)| format!("{when}: {path}:{line} has no label")),
        );
    }
    let wanted = labels(&after);
    for ((place, state), finding) in places(&after, &new).iter().zip(&result.states).zip(&new.findings) {
        let Some(label) = wanted.get(place) else { continue };
        let right = match label {
            Label::New => *state == State::Introduced,
            Label::Worse => matches!(state, State::Worsened { .. }),
            _ => matches!(state, State::PreExisting { .. }),
        };
        score.introduced += usize::from(*label == Label::New);
        score.told += usize::from(*label == Label::New && right);
        if !right {
            wrong.push(format!("{} of {}:{} is {state:?}", finding.rule, place.0, place.1));
        }
    }
    let wanted = labels(&before);
    for (index, place) in places(&before, &old).iter().enumerate() {
        let gone = result.fixed.contains(&index);
        if wanted.get(place).is_some_and(|label| (*label == Label::Fixed) != gone) {
            wrong.push(format!(
                "before: {}:{} is {}",
                place.0,
                place.1,
                if gone { "gone" } else { "still there" }
            ));
        }
    }
    score.wrong.extend(wrong.into_iter().map(|what| format!("{}: {what}", case.name)));
}

fn assert_right(cases: &[Case], least: usize) {
    let scanner = Scanner::new();
    let mut score = Score::default();
    for case in cases {
        judge(&scanner, case, &mut score);
    }
    let Score { introduced, told, wrong } = score;
    assert!(wrong.is_empty(), "{} wrong of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(
        cases.len() >= least && introduced > 0 && told == introduced,
        "{} {introduced} {told}",
        cases.len()
    );
}

#[test]
fn what_operators_do_to_sources_is_told_right() {
    assert_right(&made_by_operators(), 500);
}

#[test]
fn what_is_done_by_hand_to_sources_is_told_right() {
    let cases: Vec<Case> = texts_in("real").iter().flat_map(|(_, text)| case::read(text)).collect();
    assert_right(&cases, 40);
}
