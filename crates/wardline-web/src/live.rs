//! Events: tells an open page what has changed, so that it loads itself again.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use tokio::sync::mpsc;
use wardline_monitor::World;
use wardline_monitor::approvals::Board;
use wardline_monitor::checkpoint::Store;

/// How often it is looked whether something changed.
const LOOK: Duration = Duration::from_millis(300);
/// Looks between two signs of life, by which a browser that is gone is noticed.
const SIGN: u32 = 50;

/// What an event is about, and the files that tell of it.
fn topics(world: &World) -> Vec<(&'static str, Vec<PathBuf>)> {
    let checkpoints = Store::place_of(&world.state.join("checkpoints"), &world.project);
    vec![
        ("journal", vec![world.journal()]),
        ("approvals", ["", "modes", "paused"].map(|part| world.state.join("approvals").join(part)).into()),
        ("changes", vec![checkpoints.join("log"), world.state.join("quarantine")]),
        (
            "policy",
            vec![
                world.config.join("config.jsonc"),
                world.project.join("wardline.jsonc"),
                world.state.join("trust.json"),
            ],
        ),
    ]
}

/// What tells two states of a file apart.
fn stamp(path: &Path) -> Option<(u64, u64, i64, i64)> {
    let found = path.metadata().ok()?;
    Some((found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
}

/// The stream of events of one page.
pub(crate) fn events(world: &World) -> Response {
    let (out, events) = mpsc::channel::<Bytes>(16);
    let topics = topics(world);
    // An open page is a place where a person can answer, for as long as its stream is.
    let board = Board::at(&world.state);
    let attending = Board::open(&world.state).and_then(|board| board.attend("web")).ok();
    tokio::spawn(async move {
        let _attending = attending;
        let state = |paths: &[PathBuf]| paths.iter().map(|path| stamp(path)).collect::<Vec<_>>();
        let mut known: Vec<_> = topics.iter().map(|(_, paths)| state(paths)).collect();
        let mut quiet = 0;
        let mut waiting = 0;
        if out.send(Bytes::from_static(b"retry: 1000\nevent: ready\ndata: 1\n\n")).await.is_err() {
            return;
        }
        loop {
            tokio::time::sleep(LOOK).await;
            quiet += 1;
            let mut text = String::new();
            for ((topic, paths), known) in topics.iter().zip(&mut known) {
                let now = state(paths);
                if now != *known {
                    *known = now;
                    text.push_str(&format!("event: {topic}\ndata: 1\n\n"));
                }
            }
            // Now and then also without an event: a question's time may be over.
            let look = quiet % 10 == 1 || text.contains("event: approvals");
            let now_waiting = if look { board.pending().map_or(0, |all| all.len()) } else { waiting };
            if now_waiting != waiting {
                waiting = now_waiting;
                text.push_str(&format!("event: waiting\ndata: {waiting}\n\n"));
            }
            if quiet >= SIGN && text.is_empty() {
                text.push_str(": here\n\n");
            }
            if out.is_closed() || !text.is_empty() && out.send(Bytes::from(text)).await.is_err() {
                return;
            }
            quiet %= SIGN;
        }
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(Events(events))).into_response()
}

/// Events as they come.
struct Events(mpsc::Receiver<Bytes>);

impl futures_core::Stream for Events {
    type Item = Result<Bytes, std::convert::Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(Ok))
    }
}
