//! Lists the secrets of the files below some directories: `cargo run -p wardline-secrets --example secrets -- DIR…`.
//! With `--labels FILE` (lines `path,risk,informative`, as leaky-repo has them) it says how many labelled files with a
//! risk have a finding.

use std::{collections::BTreeMap, env, fs, io::Write, path::Path};

fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = env::args().skip(1).collect();
    let labels = arguments.iter().position(|argument| argument == "--labels").map(|at| {
        arguments.remove(at);
        arguments.remove(at)
    });
    let mut out = std::io::stdout().lock();
    let mut found = BTreeMap::new();
    for root in &arguments {
        walk(Path::new(root), &mut |path| {
            let Ok(text) = fs::read_to_string(path) else { return Ok(()) };
            let name = path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
            for secret in wardline_secrets::find(&name, &text) {
                let line = text.get(..secret.range.start).unwrap_or_default().lines().count().max(1);
                let shown = wardline_secrets::preview(text.get(secret.range.clone()).unwrap_or_default());
                writeln!(out, "{name}:{line}: {} {:?} {shown}", secret.kind, secret.certainty)?;
                *found.entry(name.clone()).or_insert(0) += 1;
            }
            Ok(())
        })?;
    }
    writeln!(out, "{} findings in {} files", found.values().sum::<u32>(), found.len())?;
    if let Some(labels) = labels {
        let text = fs::read_to_string(labels)?;
        let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let risky: Vec<&str> = rows
            .filter(|row| row.split(',').nth(1).is_some_and(|risk| risk != "0"))
            .filter_map(|row| row.split(',').next())
            .collect();
        let (hit, missed): (Vec<&str>, Vec<&str>) =
            risky.iter().copied().partition(|path| found.contains_key(*path));
        writeln!(out, "{} of {} files with a risk; missed: {missed:?}", hit.len(), risky.len())?;
    }
    Ok(())
}

fn walk(path: &Path, visit: &mut dyn FnMut(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
    if path.is_file() {
        return visit(path);
    }
    let mut entries: Vec<_> = fs::read_dir(path)?.filter_map(Result::ok).map(|entry| entry.path()).collect();
    entries.sort();
    entries
        .iter()
        .filter(|path| !path.ends_with(".git") && !path.is_symlink())
        .try_for_each(|path| walk(path, visit))
}
