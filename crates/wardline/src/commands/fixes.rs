//! `wardline scan --fix`: the changes that rules propose. Each is tried in memory first: the text must still parse, the
//! finding must be gone, and none may come; then it is shown, and a person says yes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use similar::TextDiff;
use wardline_monitor::gate::{Analyse as _, Analysis, Engine, Examined, Work};
use wardline_monitor::scan::finding::{Finding, Fix};
use wardline_monitor::{World, visible};

/// Offers every proposal that holds what it promises.
pub(super) fn offer(world: &World, examined: &Examined, shown: &[usize]) -> Result<(), String> {
    let mut texts = examined.texts.clone();
    let rules = super::scan::rules(&world.project);
    let (mut offered, mut made) = (0, 0);
    // From the end of each file, so that earlier places stay right.
    let mut order: Vec<&Finding> = shown.iter().filter_map(|index| examined.findings.get(*index)).collect();
    order.sort_by_key(|finding| (finding.path.clone(), std::cmp::Reverse(finding.span)));
    let mut seen = Vec::new();
    for finding in order {
        // Two rules may find and propose the same.
        if seen.contains(&(&finding.path, &finding.fix)) {
            continue;
        }
        seen.push((&finding.path, &finding.fix));
        let (Some(fix), Some(text)) = (&finding.fix, texts.get(&finding.path)) else { continue };
        let Some(mended) = tried(&finding.path, text, fix, &rules) else { continue };
        offered += 1;
        let diff = TextDiff::from_lines(text.as_str(), mended.as_str());
        println!("{}: {} [{}]", visible(&finding.path), visible(&finding.message), finding.rule);
        println!("{}", diff.unified_diff().context_radius(3).header(&finding.path, &finding.path));
        if asked()? {
            let root = if examined.base.is_empty() { &world.cwd } else { &world.project };
            let file = root.join(&finding.path);
            // What was scanned is what is changed.
            if std::fs::read_to_string(&file).ok().as_deref() != Some(text) {
                return Err(format!(
                    "{}: it changed since it was scanned; nothing was written",
                    file.display()
                ));
            }
            std::fs::write(&file, &mended).map_err(|e| format!("{}: {e}", file.display()))?;
            texts.insert(finding.path.clone(), mended);
            made += 1;
        }
    }
    println!("{offered} proposals, {made} made");
    Ok(())
}

/// The text with a fix, if the fix holds what it promises.
pub(super) fn tried(path: &str, text: &str, fix: &Fix, rules: &[(String, String)]) -> Option<String> {
    let mut mended = text.to_owned();
    for (span, new) in fix.edits.iter().rev() {
        mended.get(span.start as usize..span.end as usize)?;
        mended.replace_range(span.start as usize..span.end as usize, new);
    }
    let (before, after) = (analysed(path, text, rules), analysed(path, &mended, rules));
    let counts = |analysis: &Analysis| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        analysis.findings.iter().for_each(|finding| *counts.entry(finding.rule.clone()).or_default() += 1);
        counts
    };
    let (old, new) = (counts(&before), counts(&after));
    let adds = new.iter().any(|(rule, count)| *count > old.get(rule).copied().unwrap_or(0));
    let parses = after.gaps.len() <= before.gaps.len();
    (parses && !adds && after.findings.len() < before.findings.len()).then_some(mended)
}

fn analysed(path: &str, text: &str, rules: &[(String, String)]) -> Analysis {
    let texts = BTreeMap::from([(path.to_owned(), text.to_owned())]);
    Engine::default().analyse(&Work { texts: &texts, rules, neighbour: &|_| None })
}

/// Waits for a person's yes; where nobody can be asked, nothing is changed.
fn asked() -> Result<bool, String> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("make this change? [y/N] ");
    std::io::stdout().flush().map_err(|e| e.to_string())?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| e.to_string())?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "YES"))
}
