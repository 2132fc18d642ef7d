//! Texts that are cut off or damaged anywhere: every front-end reads them to the end, and says what it could not read.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use wardline_scan::{front, language::Language, scan::Scanner};

/// How many cuts, and how many damages, of each file.
const ROUNDS: usize = 24;

fn files(directory: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// The labelled files: language, path, text.
fn cases() -> Vec<(Language, String, String)> {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"), &mut paths);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        let path = path.to_string_lossy().into_owned();
        Some((Language::of(&path, &text)?, path, text))
    };
    paths.into_iter().filter_map(read).collect()
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit.max(1)
    }
}

/// What takes the place of a character: what opens, closes, separates or ends something.
const DAMAGE: [&str; 16] =
    ["", "(", ")", "{", "}", "\"", "'", "`", "\n", "end", "<%", "#{", "=", ";", "\u{0}", "ä€😀"];

fn damaged(text: &str, numbers: &mut Numbers) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..1 + numbers.below(4) {
        let place = numbers.below(text.len());
        let with = DAMAGE.get(numbers.below(DAMAGE.len())).copied().unwrap_or_default();
        let upto = (place + numbers.below(3)).min(text.len());
        text.splice(place..upto, with.chars());
    }
    text.into_iter().collect()
}

fn cut(text: &str, numbers: &mut Numbers) -> String {
    let length = text.chars().count();
    text.chars().take(numbers.below(length)).collect()
}

#[test]
fn damaged_texts_are_read_to_the_end() {
    let mut numbers = Numbers(7);
    assert!(cases().len() > 30);
    for (language, path, text) in cases() {
        for round in 0..ROUNDS {
            for broken in [cut(&text, &mut numbers), damaged(&text, &mut numbers)] {
                let module = front::lower(language, &broken).unwrap();
                let length = u32::try_from(broken.len()).unwrap();
                for problem in &module.problems {
                    assert!(problem.span.end <= length, "{path}, round {round}: {:?}", problem.span);
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_read_is_a_gap_in_every_language() {
    let scanner = Scanner::new();
    let mut numbers = Numbers(11);
    for (language, path, text) in cases() {
        // Half a file, and an opening bracket that nothing closes.
        let broken = format!("{}\n((( {{", cut(&text, &mut numbers));
        let module = front::lower(language, &broken).unwrap();
        let scan = scanner.scan(&BTreeMap::from([(path.clone(), broken)]), &|_| None);
        assert_eq!(scan.gaps.is_empty(), module.problems.is_empty(), "{path}");
    }
}
