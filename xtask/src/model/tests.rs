//! One request fixture per API and position in a script, checked for the shape of what comes back.

use std::io::{Read, Write};

use super::*;

fn translate(call: &Call, offered: &[String]) -> Option<Tool> {
    let name = offered.iter().find(|name| *name == "shell")?.clone();
    match call {
        Call::Shell(command) => Some(Tool { name, input: json!({"command": command}) }),
        Call::Read(_) | Call::Write { .. } | Call::Edit { .. } | Call::End => None,
    }
}

fn server() -> Server {
    let script =
        Script { calls: vec![Call::Shell("make it so".into())], farewell: "all done".into(), trap: None };
    Server::start(script, translate).unwrap()
}

/// Sends one request over a real connection; returns status line and body.
fn post(server: &Server, method: &str, path: &str, body: &str, chunked: bool) -> (String, String) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
    let framed = if chunked {
        let (left, right) = body.split_at(body.len() / 2);
        format!(
            "transfer-encoding: chunked\r\n\r\n{:x}\r\n{left}\r\n{:x}\r\n{right}\r\n0\r\n\r\n",
            left.len(),
            right.len()
        )
    } else {
        format!("content-length: {}\r\n\r\n{body}", body.len())
    };
    stream.write_all(format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{framed}").as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

struct Fixture {
    path: &'static str,
    request: Value,
    /// Must appear in the answer, in this order.
    shape: &'static [&'static str],
}

fn fixtures() -> Vec<Fixture> {
    let shell = json!({"name": "shell"});
    let gemini_tools = json!([{"functionDeclarations": [shell]}]);
    vec![
        Fixture {
            path: "/v1/messages?beta=true",
            request: json!({"model": "m", "stream": true, "tools": [shell], "messages": []}),
            shape: &[
                "event: message_start",
                "tool_use",
                "input_json_delta",
                "make it so",
                "event: message_stop",
            ],
        },
        Fixture {
            path: "/v1/messages",
            request: json!({"model": "m", "stream": true, "tools": [shell], "messages": [{"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "call_wardline_0000", "content": [{"type": "text", "text": "ok"}]}]}]}),
            shape: &["text_delta", "all done", "end_turn"],
        },
        Fixture {
            path: "/v1/messages",
            request: json!({"model": "m", "messages": []}),
            shape: &["Scripted session", "end_turn"],
        },
        Fixture {
            path: "/v1/chat/completions",
            request: json!({"model": "m", "stream": true, "tools": [{"type": "function", "function": shell}], "messages": []}),
            shape: &["chat.completion.chunk", "tool_calls", "make it so", "\"usage\":{", "data: [DONE]"],
        },
        Fixture {
            path: "/v1/chat/completions",
            request: json!({"model": "m", "tools": [{"type": "function", "function": shell}], "messages": [
                {"role": "tool", "tool_call_id": "call_wardline_0000", "content": "ok"}]}),
            shape: &["chat.completion\"", "all done", "stop"],
        },
        Fixture {
            path: "/v1/responses",
            request: json!({"model": "m", "stream": true, "tools": [shell], "input": []}),
            shape: &["response.created", "function_call", "make it so", "event: response.completed"],
        },
        Fixture {
            path: "/v1/responses",
            request: json!({"model": "m", "stream": true, "tools": [shell], "input": [
                {"type": "function_call_output", "call_id": "call_wardline_0000", "output": "ok"}]}),
            shape: &["output_text", "all done", "event: response.completed"],
        },
        Fixture {
            path: "/v1beta/models/m:streamGenerateContent?alt=sse",
            request: json!({"tools": gemini_tools, "contents": []}),
            shape: &["data: ", "functionCall", "make it so", "finishReason"],
        },
        Fixture {
            path: "/v1beta/models/m:generateContent",
            request: json!({"contents": [], "generationConfig": {"responseMimeType": "application/json",
                "responseSchema": {"type": "OBJECT", "properties": {"speaker": {"type": "STRING", "enum": ["user"]}}}}}),
            shape: &["{\\\"speaker\\\":\\\"user\\\"}"],
        },
        Fixture {
            path: "/v1beta/models/m:generateContent",
            request: json!({"tools": gemini_tools, "contents": [{"role": "user", "parts": [
                {"functionResponse": {"name": "shell", "response": {"output": "ok"}}}]}]}),
            shape: &["all done"],
        },
    ]
}

#[test]
fn every_api_answers_in_its_own_shape() {
    for Fixture { path, request, shape } in fixtures() {
        for chunked in [false, true] {
            let server = server();
            let (status, body) = post(&server, "POST", path, &request.to_string(), chunked);
            assert_eq!(status, "HTTP/1.1 200 OK", "{path}");
            let mut rest = body.as_str();
            for part in shape {
                let (_, behind) =
                    rest.split_once(part).unwrap_or_else(|| panic!("{path}: no {part:?} in order in {body}"));
                rest = behind;
            }
        }
    }
}

#[test]
fn results_are_kept_and_steps_follow_the_conversation() {
    let server = server();
    let first = json!({"tools": [{"name": "shell"}], "input": []}).to_string();
    let second = json!({"tools": [{"name": "shell"}], "input": [
        {"type": "function_call_output", "call_id": "call_wardline_0000", "output": "came back"}]});
    // The first request twice, as a retry would: the script must not move.
    for body in [&first, &first, &second.to_string()] {
        post(&server, "POST", "/v1/responses", body, false);
    }
    let seen = server.seen();
    let expected = Outcome { tool: "shell".into(), result: Some("came back".into()) };
    assert_eq!(seen.outcomes, BTreeMap::from([(0, expected)]));
    assert!(seen.finished);
    assert_eq!(seen.oddities, Vec::<String>::new());
}

#[test]
fn a_turn_that_was_not_let_end_goes_on_with_what_the_model_was_told() {
    let mut spoken: Vec<(&str, &str)> = vec![
        ("user", "turn_wardline_0000 is no word of the model"),
        ("model", "turn_wardline_0001 is over."),
    ];
    let roles = |words: &[(&str, &str)], of: fn(&str, &str) -> Value| -> Vec<Value> {
        words.iter().map(|(role, text)| of(role, text)).collect()
    };
    let shell = json!({"name": "shell"});
    let server = || {
        let calls = vec![Call::Shell("first".into()), Call::End, Call::Shell("last".into())];
        Server::start(Script { calls, farewell: "all done".into(), trap: None }, translate).unwrap()
    };
    for told in [false, true] {
        if told {
            spoken.push(("user", "not yet"));
        }
        let plain = roles(
            &spoken,
            |role, text| json!({"type": "message", "role": role.replace("model", "assistant"), "content": [{"type": "text", "text": text}]}),
        );
        let parts = roles(&spoken, |role, text| json!({"role": role, "parts": [{"text": text}]}));
        let with = |first: Value, rest: &[Value]| [&[first][..], rest].concat();
        let requests = [
            (
                "/v1/messages",
                json!({"tools": [shell], "messages": with(json!({"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "call_wardline_0000", "content": "ok"}]}), &plain)}),
            ),
            (
                "/v1/chat/completions",
                json!({"tools": [{"function": shell}], "messages": with(
                    json!({"role": "tool", "tool_call_id": "call_wardline_0000", "content": "ok"}), &plain)}),
            ),
            (
                "/v1/responses",
                json!({"tools": [shell], "input": with(
                    json!({"type": "function_call_output", "call_id": "call_wardline_0000", "output": "ok"}), &plain)}),
            ),
            (
                "/v1beta/models/m:generateContent",
                json!({"tools": [{"functionDeclarations": [shell]}], "contents": with(json!({"role": "user", "parts": [
                    {"functionResponse": {"response": {"output": "ok"}}}]}), &parts)}),
            ),
        ];
        for (path, request) in requests {
            let server = server();
            let (_, body) = post(&server, "POST", path, &request.to_string(), false);
            let wanted = if told { "last" } else { "turn_wardline_0001 is over." };
            assert!(body.contains(wanted), "{path}: {body}");
            let result = server.seen().outcomes.get(&1).and_then(|outcome| outcome.result.clone());
            assert_eq!(result, told.then(|| "not yet\n".to_owned()), "{path}");
        }
    }
}

#[test]
fn oddities_are_recorded_and_answered() {
    let table = [
        ("GET", "/nowhere", "", "HTTP/1.1 404 Not Found", "unknown path"),
        ("POST", "/v1/messages", "{", "HTTP/1.1 400 Bad Request", "unreadable body"),
        ("HEAD", "/", "", "HTTP/1.1 200 OK", ""),
        ("CONNECT", "home.example:443", "", "HTTP/1.1 403 Forbidden", ""),
        ("GET", "http://home.example/", "", "HTTP/1.1 403 Forbidden", ""),
        ("POST", "/v1/messages/count_tokens", "{}", "HTTP/1.1 200 OK", ""),
        ("GET", "/v1/models", "", "HTTP/1.1 200 OK", ""),
    ];
    for (method, path, body, status, oddity) in table {
        let server = server();
        assert_eq!(post(&server, method, path, body, false).0, status, "{method} {path}");
        let oddities = server.seen().oddities.join("\n");
        assert!(
            oddities.contains(oddity) && (oddity.is_empty() == oddities.is_empty()),
            "{path}: {oddities}"
        );
    }
}
