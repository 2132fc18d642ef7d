//! Readers of labelled corpora: the texts to scan, and what stands in the labels about them.

use std::{collections::BTreeMap, fs, io, path::Path};

use wardline_scan::{
    finding::{Category, Finding, Severity},
    language::Language,
};

/// A labelled case: where it stands, the corpus's word for its kind, and whether something is wrong with it.
pub(crate) struct Case {
    /// A file, or a folder all files of which belong to the case.
    pub(crate) place: String,
    /// The corpus's word: `sqli`, `g701`.
    pub(crate) kind: String,
    /// Whether something is to be found.
    pub(crate) bad: bool,
    /// Its number in the corpus; even and odd ones are the halves.
    pub(crate) number: u32,
}

/// What is scanned, and what is known about it.
pub(crate) struct Corpus {
    /// Texts by path.
    pub(crate) texts: BTreeMap<String, String>,
    /// The labels; none for a corpus that is only listed.
    pub(crate) cases: Vec<Case>,
    /// The language of the cases, when they are all in one.
    pub(crate) language: Option<Language>,
}

impl Case {
    /// Whether a finding answers to this case: its place, its kind, and as grave as its kind gets.
    pub(crate) fn answered_by(&self, finding: &Finding) -> bool {
        let below = finding.path.strip_prefix(&self.place);
        let here = below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        here && category(&self.kind) == Some(finding.category)
            && finding.severity >= gravest(finding.category)
    }
}

/// What a kind of the corpora is called here; the kinds that have no name here are not judged.
pub(crate) fn category(kind: &str) -> Option<Category> {
    Some(match kind {
        "sqli" | "g701" => Category::Sql,
        "xss" | "g705" | "g708" => Category::Xss,
        "pathtraver" | "g703" => Category::Path,
        "redirect" | "g710" => Category::Redirect,
        "cmdi" | "codeinj" | "g702" => Category::Execution,
        "g704" => Category::Ssrf,
        "g709" => Category::Deserialization,
        "g706" | "g707" => Category::Other,
        "secret" => Category::Secret,
        _ => return None,
    })
}

/// Proved flows of most categories block; of some they warn by design, and the ones that are not proved are notes.
fn gravest(category: Category) -> Severity {
    match category {
        Category::Ssrf | Category::Deserialization | Category::Other => Severity::Warning,
        _ => Severity::Blocking,
    }
}

/// Reads a corpus by its name.
///
/// # Errors
///
/// An unknown name, or a directory that is not that corpus.
pub(crate) fn read(name: &str, directory: &Path) -> io::Result<Corpus> {
    match name {
        "benchmark-python" => {
            benchmark(directory, "expectedresults-0.1.csv", "testcode", "py", Language::Python)
        }
        "benchmark-java" => {
            let sources = "src/main/java/org/owasp/benchmark/testcode";
            benchmark(directory, "expectedresults-1.2.csv", sources, "java", Language::Java)
        }
        "gosec" => gosec(directory),
        "leaky-repo" => leaky(directory),
        "noise" => Ok(Corpus { texts: texts(directory)?, cases: Vec::new(), language: None }),
        _ => Err(io::Error::other(format!("no corpus `{name}` is known"))),
    }
}

/// The OWASP benchmarks: `name,category,whether it is one,CWE`.
fn benchmark(
    directory: &Path,
    labels: &str,
    sources: &str,
    extension: &str,
    language: Language,
) -> io::Result<Corpus> {
    let labels = fs::read_to_string(directory.join(labels))?;
    let mut cases = Vec::new();
    for line in labels.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split(',').collect();
        let [name, kind, bad, ..] = columns.as_slice() else { continue };
        let number = name.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
        let place = format!("{sources}/{name}.{extension}");
        cases.push(Case { place, kind: (*kind).to_owned(), bad: *bad == "true", number });
    }
    let mut texts = texts(directory)?;
    texts.retain(|path, text| Language::of(path, text).is_some());
    Ok(Corpus { texts, cases, language: Some(language) })
}

/// The samples of gosec's taint rules: Go sources in strings, each with how many findings are expected.
fn gosec(directory: &Path) -> io::Result<Corpus> {
    let mut corpus = Corpus { texts: BTreeMap::new(), cases: Vec::new(), language: Some(Language::Go) };
    for rule in 701..=710 {
        let kind = format!("g{rule}");
        let text = fs::read_to_string(directory.join(format!("testutils/{kind}_samples.go")))?;
        let (mut number, mut files) = (0_u32, Vec::new());
        for (before, literal) in literals(&text) {
            let before = before.trim();
            let place = format!("{kind}/{number:03}");
            if let Some(expected) = expected(before).filter(|_| !files.is_empty()) {
                for (at, file) in files.drain(..).enumerate() {
                    corpus.texts.insert(format!("{place}/{at}.go"), file);
                }
                corpus.cases.push(Case { place, kind: kind.clone(), bad: expected > 0, number });
                number += 1;
            }
            match files.last_mut() {
                Some(file) if before == "+" => file.push_str(&literal),
                _ if before.ends_with(['{', ',']) => files.push(literal),
                _ => {}
            }
        }
    }
    Ok(corpus)
}

/// The string literals of a Go source, each with the code before it; after the last one an empty one.
fn literals(text: &str) -> Vec<(String, String)> {
    let (mut found, mut code, mut rest) = (Vec::new(), String::new(), text);
    while let Some(next) = rest.chars().next() {
        let after = rest.get(next.len_utf8()..).unwrap_or_default();
        if rest.starts_with("//") {
            rest = rest.split_once('\n').map_or("", |(_, next)| next);
        } else if next == '`' {
            let (literal, next) = after.split_once('`').unwrap_or((after, ""));
            found.push((std::mem::take(&mut code), literal.to_owned()));
            rest = next;
        } else if next == '"' {
            let end = after.char_indices().scan(false, |escaped, (at, c)| {
                let ends = c == '"' && !*escaped;
                *escaped = c == '\\' && !*escaped;
                Some((at, ends))
            });
            let end = end.filter(|(_, ends)| *ends).map(|(at, _)| at).next().unwrap_or(after.len());
            let literal = after.get(..end).unwrap_or_default();
            found.push((std::mem::take(&mut code), literal.replace("\\\"", "\"").replace("\\n", "\n")));
            rest = after.get(end + 1..).unwrap_or_default();
        } else {
            code.push(next);
            rest = after;
        }
    }
    found.push((code, String::new()));
    found
}

/// The number of findings in what follows a sample: `}, 1, gosec.NewConfig()}` or `Errors: 1`.
fn expected(code: &str) -> Option<u32> {
    let named = code.split_once("Errors:").map(|(_, rest)| rest);
    let placed = || code.strip_prefix('}')?.trim_start().strip_prefix(',');
    let rest = named.or_else(placed)?.trim_start();
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// leaky-repo: `path,lines with a risk,lines worth knowing`. The files that are not labelled have nothing in them.
fn leaky(directory: &Path) -> io::Result<Corpus> {
    const META: &str = ".leaky-meta/";
    let labels = fs::read_to_string(directory.join(META).join("secrets.csv"))?;
    let mut risks = BTreeMap::new();
    for row in labels.lines().filter(|row| !row.starts_with('#')) {
        let columns: Vec<_> = row.split(',').collect();
        let [path, risk, ..] = columns.as_slice() else { continue };
        risks.insert((*path).to_owned(), *risk != "0");
    }
    let mut texts = texts(directory)?;
    texts.retain(|path, _| !path.starts_with(META));
    for path in texts.keys() {
        risks.entry(path.clone()).or_insert(false);
    }
    let case = |(number, (place, bad))| Case { place, kind: "secret".to_owned(), bad, number };
    Ok(Corpus { texts, cases: (0..).zip(risks).map(case).collect(), language: None })
}

/// Every text below a directory, but for what git and builds keep for themselves.
fn texts(directory: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    walk(directory, directory, &mut found)?;
    Ok(found)
}

fn walk(directory: &Path, base: &Path, into: &mut BTreeMap<String, String>) -> io::Result<()> {
    if directory.join("CACHEDIR.TAG").exists() {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && entry.file_name() != ".git" {
            walk(&path, base, into)?;
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            let name = path.strip_prefix(base).unwrap_or(&path).to_string_lossy().into_owned();
            into.insert(name, text);
        }
    }
    Ok(())
}
