//! The OpenAI Responses API, as Codex uses it.

use serde_json::{Value, json};

use super::{Asked, Body, JSON, Reply, STREAM, call_id, event, held, step_of, text_of};

pub(super) fn read(body: &Value) -> Asked {
    let items = || body["input"].as_array().into_iter().flatten();
    let own = |item: &Value| {
        item["role"] == "assistant" || item["type"].as_str().is_some_and(|kind| kind.ends_with("_call"))
    };
    let spoken = items().map(|item| (own(item), text_of(&item["content"])));
    let results = items()
        .filter(|item| {
            matches!(item["type"].as_str(), Some("function_call_output" | "custom_tool_call_output"))
        })
        .filter_map(|item| Some((step_of(item["call_id"].as_str()?)?, text_of(&item["output"]))));
    let tools = body["tools"].as_array().into_iter().flatten();
    Asked {
        model: body["model"].as_str().unwrap_or("scripted").to_owned(),
        stream: body["stream"] == true,
        offered: tools.filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect(),
        results: results.chain(held(spoken)).collect(),
        schema: body.pointer("/text/format/schema").cloned(),
    }
}

pub(super) fn write(asked: &Asked, reply: &Reply) -> Body {
    let item = match reply {
        // A plain string is how a free-form ("custom") tool takes its input.
        Reply::Call { step, tool } => match &tool.input {
            Value::String(text) => json!({
                "type": "custom_tool_call", "id": format!("ctc_{step}"), "call_id": call_id(*step),
                "name": tool.name, "input": text, "status": "completed",
            }),
            arguments => json!({
                "type": "function_call", "id": format!("fc_{step}"), "call_id": call_id(*step),
                "name": tool.name, "arguments": arguments.to_string(), "status": "completed",
            }),
        },
        Reply::Say(text) => json!({
            "type": "message", "id": "msg_scripted", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}],
        }),
    };
    let usage = json!({
        "input_tokens": 8, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 8, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 16,
    });
    let response = |status: &str, output: &Value, usage: &Value| {
        json!({
            "id": "resp_scripted", "object": "response", "created_at": 0, "status": status,
            "model": asked.model, "output": output, "usage": usage,
        })
    };
    let done = response("completed", &json!([item]), &usage);
    if !asked.stream {
        return (JSON, done.to_string());
    }
    let open = response("in_progress", &json!([]), &Value::Null);
    let added = json!({"type": "response.output_item.added", "output_index": 0, "item": item});
    let finished = json!({"type": "response.output_item.done", "output_index": 0, "item": item});
    let body = [
        event("response.created", &json!({"type": "response.created", "response": open})),
        event("response.output_item.added", &added),
        event("response.output_item.done", &finished),
        event("response.completed", &json!({"type": "response.completed", "response": done})),
    ];
    (STREAM, body.concat())
}
