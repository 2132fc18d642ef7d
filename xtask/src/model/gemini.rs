//! The Gemini API, as Gemini CLI uses it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asked, Body, JSON, Reply, STREAM, held, text_of};

pub(super) fn read(path: &str, body: &Value) -> Asked {
    let contents = || body["contents"].as_array().into_iter().flatten();
    let held = held(contents().map(|content| (content["role"] == "model", text_of(&content["parts"]))));
    let parts = contents().flat_map(|content| content["parts"].as_array().into_iter().flatten());
    // Calls carry no id that every version sends back, but the script plays one at a time: order is enough.
    let answers =
        parts.filter_map(|part| part.get("functionResponse")).map(|answer| result(&answer["response"]));
    let results: BTreeMap<usize, String> =
        (0..).filter(|step| !held.contains_key(step)).zip(answers).collect();
    let tools = body["tools"].as_array().into_iter().flatten();
    let tools = tools.flat_map(|tool| tool["functionDeclarations"].as_array().into_iter().flatten());
    let config = &body["generationConfig"];
    let wants_json = config["responseMimeType"] == JSON;
    let schema = ["responseSchema", "responseJsonSchema"].iter().find_map(|key| config.get(*key));
    Asked {
        model: path
            .rsplit('/')
            .next()
            .and_then(|name| name.split(':').next())
            .unwrap_or("scripted")
            .to_owned(),
        stream: path.ends_with(":streamGenerateContent"),
        offered: tools.filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect(),
        results: results.into_iter().chain(held).collect(),
        schema: wants_json.then(|| schema.cloned().unwrap_or_else(|| json!({"type": "object"}))),
    }
}

fn result(response: &Value) -> String {
    let plain = ["output", "error"].iter().find_map(|key| response.get(*key).and_then(Value::as_str));
    plain.map_or_else(|| response.to_string(), str::to_owned)
}

pub(super) fn write(asked: &Asked, reply: &Reply) -> Body {
    let part = match reply {
        Reply::Call { tool, .. } => json!({"functionCall": {"name": tool.name, "args": tool.input}}),
        Reply::Say(text) => json!({"text": text}),
    };
    let answer = json!({
        "candidates": [{
            "content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0,
        }],
        "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 8, "totalTokenCount": 16},
        "modelVersion": asked.model,
    });
    if asked.stream { (STREAM, format!("data: {answer}\n\n")) } else { (JSON, answer.to_string()) }
}
