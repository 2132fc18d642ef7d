//! The checks of shell scripts, Dockerfiles and workflows on labelled text: `# ruleid: CHECK` above a line that is called out,
//! `# ok: CHECK` above one that is not. A blocking finding on any other line is wrong too.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wardline_scan::{checks, finding::Severity, language::Language, scan::Scanner, span::Lines};

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// Line and check that a label asks for.
fn labels(text: &str, word: &str) -> BTreeSet<(u32, String)> {
    let mut rows = BTreeSet::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        if let Some(ids) = line.trim().strip_prefix(&format!("# {word}: ")) {
            rows.extend(ids.split(',').map(|id| (number + 1, id.trim().to_owned())));
        }
    }
    rows
}

#[test]
fn labelled_text_is_judged_as_labelled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::<Language, (usize, usize)>::new());
    let mut seen = BTreeSet::new();
    for path in paths {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let language = Language::of(&name, &text).unwrap();
        let scan = Scanner::new().scan(&BTreeMap::from([(name.clone(), text.clone())]), &|_| None);
        wrong.extend(scan.gaps.iter().map(|gap| format!("{name}: {}", gap.reason)));
        let lines = Lines::new(&text);
        let all = scan.findings.iter().filter(|finding| !finding.rule.starts_with("secret."));
        let found: BTreeMap<(u32, String), Severity> = all
            .map(|finding| {
                ((lines.position(&text, finding.span.start).line, finding.rule.clone()), finding.severity)
            })
            .collect();
        let (wanted, spared) = (labels(&text, "ruleid"), labels(&text, "ok"));
        wrong.extend(
            wanted.iter().filter(|row| !found.contains_key(row)).map(|row| format!("{name}: missed {row:?}")),
        );
        wrong.extend(
            spared.iter().filter(|row| found.contains_key(row)).map(|row| format!("{name}: false {row:?}")),
        );
        for (row, severity) in &found {
            let labelled = wanted.contains(row);
            if !labelled && *severity == Severity::Blocking {
                wrong.push(format!("{name}: not labelled {row:?}"));
            }
        }
        let count = counts.entry(language).or_default();
        *count = (count.0 + wanted.len(), count.1 + spared.len());
        seen.extend(wanted.into_iter().map(|(_, id)| id));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    for (language, (bad, good)) in counts {
        assert!(bad >= 10 && good >= 10, "{language:?}: {bad} wrong, {good} safe");
    }
    for check in checks::all() {
        assert!(seen.contains(check.id), "{} has no case", check.id);
    }
}

#[test]
fn what_is_no_shell_and_no_yaml_is_said() {
    let rows = [
        ("a.sh", "echo 'x\n"),
        ("a.sh", "echo $(date\n"),
        ("a.sh", "x=${a\n"),
        (".github/workflows/a.yml", "jobs: [\n"),
        ("Dockerfile", "RUN echo 'x\n"),
    ];
    for (path, text) in rows {
        let scan = Scanner::new().scan(&BTreeMap::from([(path.to_owned(), text.to_owned())]), &|_| None);
        assert_eq!(scan.gaps.len(), 1, "{path} {text:?}");
    }
}

#[test]
fn work_grows_with_the_text_and_not_faster() {
    let rows = [
        ("a.sh", "x=$(echo ".repeat(20) + &"a ".repeat(1000) + &")".repeat(20)),
        ("a.sh", "((".repeat(100_000)),
        ("a.sh", "case x in ".repeat(20_000)),
        ("a.sh", "`".repeat(100_001)),
        ("a.sh", "echo \"$a\" | cat <<E\n".repeat(5_000)),
        (".github/workflows/a.yml", "a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f]\n".to_owned()),
        ("Dockerfile", "RUN a \\\n".repeat(50_000)),
    ];
    for (path, text) in rows {
        let texts = BTreeMap::from([(path.to_owned(), text)]);
        let begun = std::time::Instant::now();
        drop(Scanner::new().scan(&texts, &|_| None));
        assert!(begun.elapsed().as_secs() < 20, "{path}: {:?}", begun.elapsed());
    }
}
