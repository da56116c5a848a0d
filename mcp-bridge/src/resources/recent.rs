//! What happened last, in the daemon and to it, as far as this process was told.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use goxe_protocol::api::event::EventNote;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};
use tokio::{sync::watch, time::timeout};

use crate::manager::{Happening, Notice};

/// How long a reader waits for the past.
const MOMENT: Duration = Duration::from_millis(250);
/// Happenings that are kept.
const COUNT_MAX: usize = 100;

/// The newest happenings.
#[derive(Debug, Default)]
pub struct Recent {
    // Written by one task, read by requests. Held for a few instructions, never over an await.
    kept: Mutex<VecDeque<Value>>,
    /// Whether the past of the daemon was told.
    settled: watch::Sender<bool>,
}

impl Recent {
    /// Takes down what happened, and when that was heard of.
    pub fn add(&self, happening: &Happening, heard: Timestamp) {
        let Some(mut line) = line(happening) else { return };
        if !matches!(happening, Happening::Before(_)) {
            line["at"] = json!(heard.round(Unit::Millisecond).unwrap_or(heard).to_string());
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(line);
        if kept.len() > COUNT_MAX {
            kept.pop_front();
        }
        drop(kept);
        if matches!(happening, Happening::Anew) {
            self.settled.send_replace(true);
        }
    }

    /// Waits a moment for the past of the daemon, if it was not told yet.
    pub async fn settle(&self) {
        let mut settled = self.settled.subscribe();
        // Where no daemon runs there is none.
        let _ = timeout(MOMENT, settled.wait_for(|settled| *settled)).await;
    }

    /// The happenings, oldest first.
    pub fn all(&self) -> Vec<Value> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }
}

/// A happening as a reader sees it. Health checks that went well are nothing to tell.
fn line(happening: &Happening) -> Option<Value> {
    Some(match happening {
        Happening::Anew => json!({ "topic": "daemon", "what": "followed" }),
        Happening::Before(note) | Happening::Event(note) => event(note),
        Happening::Gap => json!({ "topic": "gap", "what": "events were lost here" }),
        Happening::Lost => json!({ "topic": "daemon", "what": "gone" }),
        Happening::Notice(notice) => return self::notice(notice),
    })
}

fn event(note: &EventNote) -> Value {
    let mut line = json!({ "seq": note.seq, "topic": note.topic });
    if let (Value::Object(line), Value::Object(data)) = (&mut line, &note.data) {
        line.extend(data.clone());
    }
    line
}

fn notice(notice: &Notice) -> Option<Value> {
    let daemon = |what: &str, pid: u32| json!({ "topic": "daemon", "what": what, "pid": pid });
    Some(match notice {
        Notice::Started { pid, .. } => daemon("started", *pid),
        Notice::Restarted { pid, .. } => daemon("restarted", *pid),
        Notice::Attached { pid, .. } => daemon("attached", *pid),
        Notice::Stopped { pid, reason, .. } => {
            let mut line = daemon("stopped", *pid);
            line["reason"] = json!(reason);
            line
        }
        Notice::Failed { reason, .. } => {
            json!({ "topic": "daemon", "what": "failed", "reason": reason })
        }
        // Steps on the way to something that is told.
        Notice::Starting { .. } | Notice::Recovering { .. } | Notice::HealthCheck { .. } => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests;
