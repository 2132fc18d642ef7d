//! Reads an agent file: Markdown whose YAML head says what the agent may do.

use crate::config::{AgentSettings, Reader};
use crate::decision::Layer;
use crate::document::{Spot, Value};
use crate::problem::Problem;
use crate::yaml::parse_yaml;

/// Reads the head of an agent file. Without a head the agent states no rules of its own.
pub(crate) fn read_agent(
    layer: Layer,
    file: &str,
    name: &str,
    text: &str,
) -> Result<AgentSettings, Vec<Problem>> {
    let start = Spot { line: 1, column: 1 };
    let mut reader = Reader::new(layer, file, true);
    let head = head(file, text).map_err(|problem| vec![problem])?;
    let root = match head {
        Some(head) => Some(parse_yaml(file, &head, 1).map_err(|problem| vec![problem])?),
        None => None,
    };
    let entries = match root.map(|node| (node.at, node.value)) {
        None | Some((_, Value::Null)) => Vec::new(),
        Some((_, Value::Map(entries))) => entries,
        Some((at, other)) => {
            reader.refuse(at, format!("the head is {}", other.kind()), "write `name: value` lines");
            Vec::new()
        }
    };
    let agent = reader.agent(name.to_owned(), start, entries);
    reader.finish(agent)
}

/// The lines between the two `---` fences, if the file begins with one.
fn head(file: &str, text: &str) -> Result<Option<String>, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.lines();
    if lines.next().map(str::trim_end) != Some("---") {
        return Ok(None);
    }
    let mut head = String::new();
    for line in lines {
        if line.trim_end() == "---" {
            return Ok(Some(head));
        }
        head.push_str(line);
        head.push('\n');
    }
    Err(Spot { line: 1, column: 1 }.problem(file, "the head has no end", "close it with a line `---`"))
}
