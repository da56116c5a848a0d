//! What a running call says and hears, and how messages are written.

use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use goxe_protocol::api::guest::{Log, LogLevel, LogWish};
use goxe_protocol::error::Error;
use goxe_protocol::frame;
use goxe_protocol::rpc::{self, Id};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Host, locked};

/// What a running call can say and hear.
pub struct Talk {
    pub(super) stream: UnixStream,
    pub(super) id: u64,
    pub(super) progress: bool,
    pub(super) log: Option<LogWish>,
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) host: Host,
}

impl Talk {
    /// Tells how far the call is, if that is wanted.
    pub fn progress(&self, done: u64, total: u64) {
        if self.progress {
            let note = json!({ "id": self.id, "done": done, "total": total, "message": "works" });
            say(&self.stream, "progress", &note);
        }
    }

    /// Writes a line of its log, if that is wanted.
    pub fn log(&self, level: LogLevel, text: &str) {
        if let Some(wish) = self.log.as_ref().filter(|wish| level >= wish.level) {
            let (call, logger) = (wish.call.clone(), Some("suite".to_owned()));
            say(&self.stream, "log", &Log { call, level, logger, data: json!(text) });
        }
    }

    /// Works for a while. False once the call is cancelled.
    pub fn works(&self, duration: Duration) -> bool {
        let step = Duration::from_millis(5);
        let mut left = duration;
        while !left.is_zero() && !self.cancelled.load(Ordering::Relaxed) {
            // sleep: it stands for work, which is looked up from now and then.
            thread::sleep(step.min(left));
            left = left.saturating_sub(step);
        }
        !self.cancelled.load(Ordering::Relaxed)
    }

    /// Tells everybody who watches that the list is another one now.
    pub fn changed(&self) {
        self.host.changed();
    }

    /// Loses the connection.
    pub fn hang_up(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Answers a call.
pub(super) fn answer(stream: &UnixStream, id: u64, outcome: &Result<Value, Error>) {
    write(stream, |out| match outcome {
        Ok(reply) => rpc::encode_reply(out, &Id::number(id), reply),
        Err(error) => rpc::encode_error(out, &Id::number(id), error),
    });
}

/// Says something by itself.
pub(super) fn say(stream: &UnixStream, method: &str, params: &impl Serialize) {
    write(stream, |out| rpc::encode_notification(out, method, params).expect("JSON"));
}

/// One frame is one write: threads that write at once do not mix.
fn write(mut stream: &UnixStream, message: impl FnOnce(&mut Vec<u8>)) {
    static WRITING: Mutex<()> = Mutex::new(());
    let mut out = Vec::new();
    frame::append_message(&mut out, message).expect("a message that fits a frame");
    let _whole = locked(&WRITING);
    // A client that has gone is not our concern.
    let _ = stream.write_all(&out);
}
