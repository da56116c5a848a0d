//! What a tool says when it could not do its work: what, why, and the exact next call.

mod next;
mod words;

use goxe_protocol::{Code, api::types::Revision};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

use super::{Answer, Tool};
use crate::manager::CallError;

pub(super) use next::{REPEATED_BYTES_MAX, Step};
pub(super) use words::{reason, said};

/// The longest of the three lines, in characters: what was sent may be repeated in it.
const LINE_CHARS_MAX: usize = 1_000;

/// A longer row of digits, which no number of ours has, is cut.
const DIGITS_MAX: usize = 33;

/// Why a tool did not do its work, in the three lines that a model gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What went wrong.
    pub what: String,
    /// Why, and whether anything was done.
    pub why: String,
    /// The next call, which can be made as it stands.
    pub next: String,
    /// A question for the user whose "yes" would let the same call pass.
    pub question: Option<String>,
    /// Whether it named a file outside of the folders that are known to be allowed: the client may
    /// have allowed more.
    pub is_outside: bool,
    /// What to answer instead: the work was done, and only the answer to it was lost.
    pub instead: Option<Box<Answer>>,
}

impl Failure {
    /// A failure without a question.
    pub fn new(what: impl Into<String>, why: impl Into<String>, next: impl Into<String>) -> Self {
        Failure {
            what: what.into(),
            why: why.into(),
            next: next.into(),
            question: None,
            is_outside: false,
            instead: None,
        }
    }

    /// The failure that a mistake in this very program is.
    pub fn of_bridge(tool: &str, text: &str) -> Self {
        Failure::new(
            format!("{tool} failed: goxe itself made a mistake"),
            format!(
                "It said: {text}. Whether anything was done is not known; look before repeating it."
            ),
            r#"engine_health {"action":"check"}"#,
        )
    }

    /// The three lines.
    pub fn text(&self) -> String {
        // Blanks inside a call are part of names; a line break would be written as an escape.
        format!("{}\n{}\nNext: {}", line(&self.what), line(&self.why), self.next)
    }

    /// The result that goes to the client: text only, as some clients check `structuredContent`
    /// against the schema of a success.
    pub fn into_result(self) -> CallToolResult {
        if let Some(answer) = self.instead {
            return answer.into_result();
        }
        CallToolResult::error(vec![ContentBlock::text(self.text())])
    }
}

/// The call that failed, as far as its failure needs to tell of it.
#[derive(Clone, Debug)]
pub struct Failed<'a> {
    /// The tool that was called.
    pub tool: Tool,
    /// With which arguments.
    pub arguments: &'a Value,
    /// The project it was about.
    pub project: Option<&'a str>,
    /// The idempotency key, if it would have changed something, and the project that
    /// `history.outcome` wants with it.
    pub key: Option<(String, Option<&'a str>)>,
}

/// Whether an edit that failed was done after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// Nothing was changed.
    None,
    /// Nobody knows here; the daemon's journal does.
    Unknown,
}

impl Failed<'_> {
    /// The failure that an error of the call is.
    pub fn because(&self, error: &CallError) -> Failure {
        let tool = self.tool.name();
        let not_done = format!("{tool} failed: the call was not done");
        match error {
            CallError::Answer(error) => {
                let what = format!("{tool} failed: {}", said(error));
                let effect = effect(error.code);
                self.failure(what, &reason(error), effect, self.after(error))
            }
            CallError::NotDone(reason) => {
                let next = self.without(reason);
                self.failure(not_done, &reason.to_string(), Effect::None, next)
            }
            // No built-in tool makes calls that nobody keeps a record of.
            CallError::Lost(reason) | CallError::Unknown { reason, .. } => {
                let what = format!("{tool} failed: the answer was lost");
                let why = reason.to_string();
                match &self.key {
                    None => self.check().after(what, why),
                    Some((key, project)) => {
                        let told = "Unknown whether it was done: ask before calling again.";
                        let step = self.outcome(key, *project, Some(reason));
                        step.after(what, format!("{why} {told}"))
                    }
                }
            }
            CallError::Params(text) => {
                let why = format!("the call cannot be carried: {text}.");
                self.failure(not_done, &why, Effect::None, self.check())
            }
            CallError::Busy(calls) => {
                let why = format!("{calls} calls wait for the engine already.");
                self.failure(not_done, &why, Effect::None, self.again("after a few seconds"))
            }
            CallError::Closed => {
                let why = "the connection to the engine is being closed.";
                self.failure(not_done, why, Effect::None, self.again("if it is still wanted"))
            }
        }
    }

    /// The failure of a reply that has another shape than ours.
    pub fn not_understood(&self, error: &serde_json::Error) -> Failure {
        let what = format!("{} failed: the engine answered in another way", self.tool.name());
        let why = format!("it may be of another version: {error}.");
        self.failure(what, &why, Effect::Unknown, self.check())
    }

    /// The call was done, and its answer is lost for good.
    pub fn although_done(&self, revision: Option<Revision>) -> Failure {
        let next = match self.project {
            Some(project) => call(Tool::ProjectInfo, &json!({ "project": project })),
            None => call(Tool::Project, &json!({ "action": "list" })),
        };
        let mut map = Map::new();
        map.insert("done".to_owned(), json!(true));
        if let Some(revision) = revision {
            map.insert("revision".to_owned(), json!(revision));
        }
        map.insert(
            "note".to_owned(),
            json!(format!("the answer was lost; {next} shows the state")),
        );
        let what = format!("{} was done, and its answer was lost", self.tool.name());
        let mut failure = Failure::new(what, "the engine fell after the work was saved.", next);
        failure.instead = Some(Box::new(Answer::Data(map)));
        failure
    }

    /// The three lines, with what they have to say about an edit.
    fn failure(&self, what: String, why: &str, effect: Effect, step: Step) -> Failure {
        match (&self.key, effect) {
            (None, _) => step.after(what, why.to_owned()),
            (Some(_), Effect::None) => {
                step.after(what, format!("{why} Not done: nothing was changed."))
            }
            (Some((key, project)), Effect::Unknown) => {
                let why = format!("{why} Unknown whether it was done: ask before calling again.");
                self.outcome(key, *project, None).after(what, why)
            }
        }
    }
}

/// Whether an edit that was answered with this error was done.
fn effect(code: Code) -> Effect {
    match code {
        Code::Timeout | Code::InternalError | Code::Other(_) => Effect::Unknown,
        Code::ParseError
        | Code::InvalidRequest
        | Code::MethodNotFound
        | Code::InvalidParams
        | Code::Busy
        | Code::Cancelled
        | Code::ShuttingDown
        | Code::Unauthenticated
        | Code::Forbidden
        | Code::RateLimited
        | Code::Unsupported
        | Code::TooLarge
        | Code::NotFound
        | Code::Conflict
        | Code::LimitExceeded
        | Code::BadFile
        | Code::Io
        | Code::Corrupt
        | Code::EngineFault
        | Code::ServiceUnavailable => Effect::None,
    }
}

/// A text as one line of bearable length.
fn line(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(shorter).collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(LINE_CHARS_MAX) {
        line.truncate(end);
        line.push_str(" ...");
    }
    line
}

/// A word without the most of its digits, where it is a number that nobody reads.
fn shorter(word: &str) -> String {
    let mut short = String::new();
    let mut digits = 0;
    for letter in word.chars() {
        digits = if letter.is_ascii_digit() { digits + 1 } else { 0 };
        match digits {
            0..DIGITS_MAX => short.push(letter),
            DIGITS_MAX => short.push_str("..."),
            _ => {}
        }
    }
    short
}

/// A call, as a model can copy it.
pub fn call(tool: Tool, arguments: &Value) -> String {
    format!("{} {arguments}", tool.name())
}
