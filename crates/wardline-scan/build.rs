//! Packs the built-in rules: their YAML is read here, so that no start of the program reads it again.

#[expect(dead_code, reason = "rules are read with all of it; here they are only packed")]
#[path = "src/rules/packed.rs"]
mod packed;
#[expect(dead_code, reason = "rules are read with all of it; here they are only packed")]
#[path = "src/rules/yaml.rs"]
mod yaml;

use std::{env, error::Error, fs, path::Path};

/// Why a file cannot be read. The same that `rules` has, as far as it is needed here.
#[derive(Debug)]
struct Refusal {
    file: String,
    line: u32,
    rule: Option<String>,
    reason: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    let rules = Path::new("rules");
    emit("cargo::rerun-if-changed=build.rs");
    emit("cargo::rerun-if-changed=rules");
    let mut folders: Vec<_> = fs::read_dir(rules)?.collect::<Result<_, _>>()?;
    folders.sort_by_key(fs::DirEntry::path);
    for folder in folders {
        for file in fs::read_dir(folder.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                pack(&path, Path::new(&out))?;
            }
        }
    }
    Ok(())
}

/// Packs one file into one of a flat directory: `python/sql.yaml` is `python-sql.rules` there.
fn pack(path: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let name =
        path.strip_prefix("rules")?.with_extension("rules").to_string_lossy().replace(['/', '\\'], "-");
    let text = fs::read_to_string(path)?;
    let root = yaml::parse(&path.to_string_lossy(), &text).map_err(|refusal| {
        let Refusal { file, line, rule, reason } = refusal;
        format!("{file}:{line}: {}{reason}", rule.unwrap_or_default())
    })?;
    fs::write(out.join(name), packed(&root))?;
    Ok(())
}

/// The compact form of a tree that `packed.rs` reads.
fn packed(node: &yaml::Node) -> Vec<u8> {
    let mut out = Vec::new();
    put(node, &mut out);
    out
}

fn put(node: &yaml::Node, out: &mut Vec<u8>) {
    let head = |kind: u8, count: usize, out: &mut Vec<u8>| {
        out.push(kind);
        number(u64::from(node.line), out);
        number(count as u64, out);
    };
    match &node.value {
        yaml::Value::Plain(text) | yaml::Value::Quoted(text) => {
            let kind =
                if matches!(node.value, yaml::Value::Plain(_)) { packed::PLAIN } else { packed::QUOTED };
            head(kind, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        yaml::Value::List(items) => {
            head(packed::LIST, items.len(), out);
            items.iter().for_each(|item| put(item, out));
        }
        yaml::Value::Map(entries) => {
            head(packed::MAP, entries.len(), out);
            for (key, value) in entries {
                number(key.len() as u64, out);
                out.extend_from_slice(key.as_bytes());
                put(value, out);
            }
        }
    }
}

fn number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Says something to cargo.
fn emit(line: &str) {
    println!("{line}");
}
