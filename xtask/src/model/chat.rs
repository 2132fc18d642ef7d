//! The OpenAI Chat Completions API, as opencode and its relatives use it.

use serde_json::{Value, json};

use super::{Asked, Body, JSON, Reply, STREAM, call_id, held, step_of, text_of};

pub(super) fn read(body: &Value) -> Asked {
    let messages = || body["messages"].as_array().into_iter().flatten();
    let spoken = messages().map(|message| (message["role"] == "assistant", text_of(&message["content"])));
    let results = messages().filter(|message| message["role"] == "tool").filter_map(|message| {
        Some((step_of(message["tool_call_id"].as_str()?)?, text_of(&message["content"])))
    });
    let tools = body["tools"].as_array().into_iter().flatten();
    let names = tools.filter_map(|tool| Some(tool.pointer("/function/name")?.as_str()?.to_owned()));
    Asked {
        model: body["model"].as_str().unwrap_or("scripted").to_owned(),
        stream: body["stream"] == true,
        offered: names.collect(),
        results: results.chain(held(spoken)).collect(),
        schema: body.pointer("/response_format/json_schema/schema").cloned(),
    }
}

pub(super) fn write(asked: &Asked, reply: &Reply) -> Body {
    let (message, finish) = match reply {
        Reply::Call { step, tool } => {
            let function = json!({"name": tool.name, "arguments": tool.input.to_string()});
            let call = json!({"index": 0, "id": call_id(*step), "type": "function", "function": function});
            (json!({"role": "assistant", "content": null, "tool_calls": [call]}), "tool_calls")
        }
        Reply::Say(text) => (json!({"role": "assistant", "content": text}), "stop"),
    };
    let usage = json!({"prompt_tokens": 8, "completion_tokens": 8, "total_tokens": 16});
    if !asked.stream {
        let choice = json!({"index": 0, "message": message, "finish_reason": finish});
        return (JSON, envelope(asked, "chat.completion", &json!([choice]), &usage).to_string());
    }
    let chunk = |choices: &Value, usage: &Value| {
        format!("data: {}\n\n", envelope(asked, "chat.completion.chunk", choices, usage))
    };
    let delta = json!([{"index": 0, "delta": message, "finish_reason": null}]);
    let end = json!([{"index": 0, "delta": {}, "finish_reason": finish}]);
    let body = [
        chunk(&delta, &Value::Null),
        chunk(&end, &Value::Null),
        chunk(&json!([]), &usage),
        "data: [DONE]\n\n".to_owned(),
    ];
    (STREAM, body.concat())
}

fn envelope(asked: &Asked, object: &str, choices: &Value, usage: &Value) -> Value {
    json!({
        "id": "chatcmpl-scripted", "object": object, "created": 0, "model": asked.model,
        "choices": choices, "usage": usage,
    })
}
