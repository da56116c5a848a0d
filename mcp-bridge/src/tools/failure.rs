//! What a tool says when it could not do its work: what, why, and the exact next call.

use goxe_protocol::{Code, Error, api::types::Revision};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

use super::{Answer, Tool};
use crate::manager::{CallError, Reason};

/// The longest arguments that are repeated in a `Next:` line, in bytes.
const REPEATED_BYTES_MAX: usize = 400;

/// Why a tool did not do its work, in the three lines that a model gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What went wrong.
    pub what: String,
    /// Why, and whether anything was done.
    pub why: String,
    /// The next call.
    pub next: String,
    /// A question for the user whose "yes" would let the same call pass.
    pub question: Option<String>,
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
            instead: None,
        }
    }

    /// The three lines.
    pub fn text(&self) -> String {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}\n{}\nNext: {}", line(&self.what), line(&self.why), line(&self.next))
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
                let what = format!("{tool} failed: {error}");
                self.failure(what, &reason(error), effect(error.code), self.next_after(error))
            }
            CallError::NotDone(reason) => {
                let next = self.next_without(reason);
                self.failure(not_done, &reason.to_string(), Effect::None, next)
            }
            CallError::Unknown { reason, .. } => {
                let what = format!("{tool} failed: the answer was lost");
                self.failure(what, &reason.to_string(), Effect::Unknown, self.check())
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
    fn failure(&self, what: String, why: &str, effect: Effect, next: String) -> Failure {
        match (&self.key, effect) {
            (None, _) => Failure::new(what, why, next),
            (Some(_), Effect::None) => {
                Failure::new(what, format!("{why} Not done: nothing was changed."), next)
            }
            (Some((key, project)), Effect::Unknown) => {
                let mut arguments = json!({ "action": "outcome", "key": key });
                if let Some(project) = project {
                    arguments["project"] = json!(project);
                }
                let why = format!("{why} Unknown whether it was done: ask before calling again.");
                Failure::new(what, why, call(Tool::History, &arguments))
            }
        }
    }

    /// The next call when there is no answer, for a reason that the manager knows.
    fn next_without(&self, reason: &Reason) -> String {
        match reason {
            Reason::Deadline { .. } => self.smaller(),
            Reason::Cancelled => self.again("if it is still wanted"),
            Reason::NoDaemon
            | Reason::StartFailed { .. }
            | Reason::Exhausted { .. }
            | Reason::NoProgress { .. }
            | Reason::LockUnusable(_)
            | Reason::LockHeld { .. }
            | Reason::KillRefused(_)
            | Reason::SupervisorRefused(_)
            | Reason::Refused(_)
            | Reason::Bad
            | Reason::KeepsFalling { .. }
            | Reason::NeverApplied
            | Reason::StillRunning
            | Reason::OutcomeRefused => self.check(),
        }
    }

    fn check(&self) -> String {
        call(Tool::EngineHealth, &json!({ "action": "check" }))
    }

    /// The next call after an error that the daemon answered.
    fn next_after(&self, error: &Error) -> String {
        match error.code {
            Code::ParseError | Code::InvalidRequest | Code::InvalidParams => {
                format!("{} with what is wrong put right, for example {}", self.tool.name(), {
                    self.tool.example()
                })
            }
            Code::MethodNotFound | Code::Unsupported => {
                format!("{} (the engine may be of another version)", self.check())
            }
            Code::InternalError | Code::EngineFault | Code::ServiceUnavailable | Code::Other(_) => {
                self.check()
            }
            Code::Busy | Code::RateLimited => match error.data.extra.get("retry_ms") {
                Some(wait) => self.again(&format!("after {wait} ms")),
                None => self.again("after a few seconds"),
            },
            Code::Timeout => self.smaller(),
            Code::Cancelled => self.again("if it is still wanted"),
            Code::ShuttingDown => self.again("now: the next engine answers it"),
            Code::Unauthenticated | Code::Forbidden => {
                format!("ask the user for the right to do this, then {}", self.again("again"))
            }
            Code::TooLarge | Code::LimitExceeded => self.smaller(),
            Code::NotFound => self.list_of(&error.data.kind),
            Code::Conflict => self.after_conflict(&error.data.kind),
            Code::BadFile => format!(
                "check the file, then {}",
                call(
                    Tool::Project,
                    &json!({ "action": "import", "project": "NAME", "path": "FILE.vox" })
                )
            ),
            Code::Io => format!("{} tells when the disk is usable again", self.check()),
            Code::Corrupt => match self.project {
                Some(project) => {
                    call(Tool::History, &json!({ "action": "list", "project": project }))
                }
                None => self.check(),
            },
        }
    }

    /// The call that lists what there is of a thing that was not found.
    fn list_of(&self, kind: &str) -> String {
        let noun = kind.strip_suffix("_not_found").unwrap_or(kind);
        match (noun, self.project) {
            ("layer", Some(project)) => {
                call(Tool::LayersEdit, &json!({ "action": "list", "project": project }))
            }
            ("checkpoint" | "group", Some(project)) => {
                call(Tool::History, &json!({ "action": "list", "project": project }))
            }
            ("job", _) => call(Tool::Job, &json!({ "action": "list" })),
            ("trash", _) => call(Tool::Project, &json!({ "action": "list", "trash": true })),
            _ if self.tool == Tool::Job => call(Tool::Job, &json!({ "action": "list" })),
            _ => call(Tool::Project, &json!({ "action": "list" })),
        }
    }

    /// The call that shows what the state is, after it was not what the call supposed.
    fn after_conflict(&self, kind: &str) -> String {
        match (kind, self.project) {
            ("cursor_expired", _) => {
                format!("{} with the same arguments, without `cursor`", self.tool.name())
            }
            ("quantize" | "too_many_colors", Some(project)) => call(
                Tool::Project,
                &json!({ "action": "export", "project": project, "path": "FILE.vox", "quantize": true }),
            ),
            (kind, Some(project)) if kind.contains("author") => {
                call(Tool::History, &json!({ "action": "list", "project": project }))
            }
            (kind, Some(_)) if kind.contains("exist") => {
                call(Tool::Project, &json!({ "action": "list" }))
            }
            (_, Some(project)) => format!(
                "{} for the newest `revision`, then decide",
                call(Tool::ProjectInfo, &json!({ "project": project }))
            ),
            (_, None) => call(Tool::Project, &json!({ "action": "list" })),
        }
    }

    /// The same call, for less work.
    fn smaller(&self) -> String {
        match self.tool {
            Tool::RenderView => format!(
                "{} with a smaller `width` and `height`, or with `job` true to wait elsewhere",
                self.again("once more")
            ),
            Tool::VoxelsEdit => {
                "voxels_edit with fewer or smaller edits; `dry_run` true tells the count first"
                    .to_owned()
            }
            Tool::VoxelsRead | Tool::VoxelsFind => {
                format!("{} with a smaller `within` or `limit`", self.tool.name())
            }
            Tool::EngineHealth
            | Tool::History
            | Tool::Job
            | Tool::LayersEdit
            | Tool::Project
            | Tool::ProjectInfo => self.check(),
        }
    }

    /// The same call again.
    fn again(&self, when: &str) -> String {
        let arguments = self.arguments.to_string();
        if arguments.len() > REPEATED_BYTES_MAX {
            return format!("{} with the same arguments, {when}", self.tool.name());
        }
        format!("{} {arguments}, {when}", self.tool.name())
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

/// Kind, facts and hint of an error as one sentence.
fn reason(error: &Error) -> String {
    let facts: Vec<String> = error
        .data
        .extra
        .iter()
        .filter(|(name, _)| name.as_str() != "detail")
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    let mut text = error.data.kind.replace('_', " ");
    if !facts.is_empty() {
        text = format!("{text} ({})", facts.join(", "));
    }
    if !error.data.hint.is_empty() {
        text = format!("{text}: {}", error.data.hint);
    }
    format!("{}.", text.trim_end_matches('.'))
}

/// A call, as a model can copy it.
pub fn call(tool: Tool, arguments: &Value) -> String {
    format!("{} {arguments}", tool.name())
}
