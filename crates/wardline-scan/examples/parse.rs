//! Lowers every file under a directory and says what could not be read, and how fast it went:
//! `cargo run --release -p wardline-scan --example parse -- DIR`.

use std::{fs, path::Path, time::Instant};

use wardline_scan::{front, language::Language, span::Lines};

#[expect(clippy::print_stdout, reason = "what the program is for")]
fn main() {
    let directory = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let (mut files, mut bytes, mut expressions) = (0_u32, 0, 0_u64);
    let mut spent = std::time::Duration::ZERO;
    each(Path::new(&directory), &mut |path, text| {
        let name = path.to_string_lossy();
        let Some(language) = Language::of(&name, text) else { return };
        let start = Instant::now();
        let Some(module) = front::lower(language, text) else { return };
        spent += start.elapsed();
        files += 1;
        bytes += text.len();
        expressions += u64::from(module.expressions);
        let lines = Lines::new(text);
        for problem in &module.problems {
            println!("{name}:{}: {}", lines.position(text, problem.span.start).line, problem.what);
        }
    });
    println!("{files} files, {bytes} bytes, {expressions} expressions, {} ms", spent.as_millis());
}

fn each(path: &Path, run: &mut impl FnMut(&Path, &str)) {
    if path.is_dir() {
        let mut entries: Vec<_> = fs::read_dir(path).into_iter().flatten().flatten().collect();
        entries.sort_by_key(fs::DirEntry::path);
        for entry in entries {
            each(&entry.path(), run);
        }
    } else if let Ok(text) = fs::read_to_string(path) {
        run(path, &text);
    }
}
