//! The Anthropic Messages API, as Claude Code uses it.

use serde_json::{Value, json};

use super::{Asked, Body, JSON, Reply, STREAM, call_id, event, held, step_of, text_of};

pub(super) fn read(body: &Value) -> Asked {
    let messages = || body["messages"].as_array().into_iter().flatten();
    let spoken = messages().map(|message| (message["role"] == "assistant", text_of(&message["content"])));
    let blocks = messages().flat_map(|message| message["content"].as_array().into_iter().flatten());
    let results = blocks
        .filter(|block| block["type"] == "tool_result")
        .filter_map(|block| Some((step_of(block["tool_use_id"].as_str()?)?, text_of(&block["content"]))));
    let tools = body["tools"].as_array().into_iter().flatten();
    let schemas = ["/output_config/format/schema", "/output_format/schema"];
    Asked {
        model: body["model"].as_str().unwrap_or("scripted").to_owned(),
        stream: body["stream"] == true,
        offered: tools.filter_map(|tool| Some(tool["name"].as_str()?.to_owned())).collect(),
        results: results.chain(held(spoken)).collect(),
        schema: schemas.iter().find_map(|place| body.pointer(place)).cloned(),
    }
}

pub(super) fn write(asked: &Asked, reply: &Reply) -> Body {
    if asked.stream {
        return (STREAM, stream(asked, reply));
    }
    let (block, stop) = match reply {
        Reply::Call { step, tool } => (tool_use(*step, &tool.name, &tool.input), "tool_use"),
        Reply::Say(text) => (json!({"type": "text", "text": text}), "end_turn"),
    };
    (JSON, message(asked, &json!([block]), &json!(stop)).to_string())
}

fn tool_use(step: usize, name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": call_id(step), "name": name, "input": input})
}

fn message(asked: &Asked, content: &Value, stop: &Value) -> Value {
    json!({
        "id": "msg_scripted", "type": "message", "role": "assistant", "model": asked.model,
        "content": content, "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": 8, "output_tokens": 8},
    })
}

fn stream(asked: &Asked, reply: &Reply) -> String {
    let (empty, delta, stop) = match reply {
        Reply::Call { step, tool } => (
            tool_use(*step, &tool.name, &json!({})),
            json!({"type": "input_json_delta", "partial_json": tool.input.to_string()}),
            "tool_use",
        ),
        Reply::Say(text) => {
            (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": text}), "end_turn")
        }
    };
    let head = message(asked, &json!([]), &Value::Null);
    let end = json!({
        "type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": {"output_tokens": 8},
    });
    [
        event("message_start", &json!({"type": "message_start", "message": head})),
        event(
            "content_block_start",
            &json!({"type": "content_block_start", "index": 0, "content_block": empty}),
        ),
        event("content_block_delta", &json!({"type": "content_block_delta", "index": 0, "delta": delta})),
        event("content_block_stop", &json!({"type": "content_block_stop", "index": 0})),
        event("message_delta", &end),
        event("message_stop", &json!({"type": "message_stop"})),
    ]
    .concat()
}
