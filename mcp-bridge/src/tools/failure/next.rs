//! The call that comes next, ready to be made.

use goxe_protocol::{Code, Error, error::kind};
use serde_json::{Value, json};

use super::{Failed, Failure, call};
use crate::{
    manager::Reason,
    tools::{Tool, step},
};

/// The longest call that is repeated in a `Next:` line, in bytes: what a model wrote once it can
/// read once more.
pub(in crate::tools) const REPEATED_BYTES_MAX: usize = 2_000;

/// The call that comes next, and what to know before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::tools) struct Step {
    /// The call, which can be made as it stands.
    pub call: String,
    /// A sentence about it.
    pub advice: Option<String>,
}

impl Step {
    fn new(call: impl Into<String>) -> Self {
        Step { call: call.into(), advice: None }
    }

    fn with(self, advice: impl Into<String>) -> Self {
        Step { advice: Some(advice.into()), ..self }
    }

    /// A failure that this step follows.
    pub(super) fn after(self, what: String, why: String) -> Failure {
        let why = match &self.advice {
            Some(advice) => format!("{why} {advice}"),
            None => why,
        };
        Failure::new(what, why, self.call)
    }
}

impl Failed<'_> {
    /// The next call when there is no answer, for a reason that the manager knows.
    pub(super) fn without(&self, reason: &Reason) -> Step {
        match reason {
            Reason::Deadline { .. } => self.smaller(None),
            Reason::Cancelled => self.again("if it is still wanted"),
            // What would be tried again only later is tried at once when somebody asks for it.
            Reason::Exhausted { .. } | Reason::Bad | Reason::NoDaemon => self.restart(),
            Reason::Misconfigured(_)
            | Reason::StartFailed { .. }
            | Reason::NoProgress { .. }
            | Reason::LockUnusable(_)
            | Reason::LockHeld { .. }
            | Reason::KillRefused(_)
            | Reason::ServiceManagerRefused(_)
            | Reason::Refused(_)
            | Reason::KeepsFalling { .. }
            | Reason::NeverApplied
            | Reason::StillRunning
            | Reason::OutcomeRefused
            | Reason::AnswerLost
            | Reason::Left => self.check(),
        }
    }

    /// The next call when nobody knows whether an edit was done: where there is no daemon that
    /// could say it, one is needed first.
    pub(super) fn outcome(
        &self,
        key: &str,
        project: Option<&str>,
        reason: Option<&Reason>,
    ) -> Step {
        let mut arguments = json!({ "action": "outcome", "key": key });
        if let Some(project) = project {
            arguments["project"] = json!(project);
        }
        let ask = call(Tool::History, &arguments);
        match reason {
            Some(Reason::Exhausted { .. } | Reason::Bad | Reason::NoDaemon) => {
                self.restart().with(format!("Then ask: {ask}"))
            }
            _ => Step::new(ask),
        }
    }

    pub(super) fn check(&self) -> Step {
        Step::new(call(Tool::EngineHealth, &json!({ "action": "check" })))
    }

    fn restart(&self) -> Step {
        Step::new(call(Tool::EngineHealth, &json!({ "action": "restart" })))
    }

    /// The next call after an error that the daemon answered.
    pub(super) fn after(&self, error: &Error) -> Step {
        match error.code {
            Code::ParseError | Code::InvalidRequest | Code::InvalidParams => self.model(error),
            Code::MethodNotFound | Code::Unsupported => {
                self.check().with("The engine may be of another version.")
            }
            Code::InternalError | Code::EngineFault | Code::ServiceUnavailable | Code::Other(_) => {
                self.check()
            }
            Code::Busy | Code::RateLimited => match error.data.extra.get("retry_ms") {
                Some(wait) => self.again(&format!("after {wait} ms")),
                None => self.again("after a few seconds"),
            },
            Code::Timeout | Code::TooLarge | Code::LimitExceeded => self.smaller(Some(error)),
            Code::Cancelled => self.again("if it is still wanted"),
            Code::ShuttingDown => self.again("now: the next engine answers it"),
            Code::Unauthenticated | Code::Forbidden => {
                self.again("once the user has given the right to do this")
            }
            Code::NotFound => self.after_not_found(error),
            Code::Conflict => self.after_conflict(&error.data.kind),
            Code::BadFile => {
                self.look().with("The file is not what its name says; ask for another.")
            }
            Code::Io => self.check().with("It tells when the disk is usable again."),
            Code::Corrupt => match self.project {
                Some(project) => {
                    Step::new(call(Tool::History, &json!({ "action": "list", "project": project })))
                }
                None => self.check(),
            },
        }
    }

    /// What the project of the call holds, else which projects there are.
    fn look(&self) -> Step {
        Step::new(match self.project {
            Some(project) => step::info(project),
            None => call(Tool::Project, &json!({ "action": "list" })),
        })
    }

    /// A call of this kind that would pass.
    fn model(&self, error: &Error) -> Step {
        let index = error.data.extra.get("edit").and_then(Value::as_u64);
        match index.and_then(|index| usize::try_from(index).ok()) {
            Some(index) if self.tool == Tool::VoxelsEdit => {
                Step::new(self.tool.model_at(self.arguments, index))
                    .with("Next is one that fits, as a dry run.")
            }
            _ => Step::new(self.tool.model(self.arguments)),
        }
    }

    /// The call with the name that was meant, where the daemon knows one that is near; else the
    /// call that lists what there is.
    fn after_not_found(&self, error: &Error) -> Step {
        let fact = |name: &str| error.data.extra.get(name).and_then(Value::as_str);
        if let (Some(name), Some(nearest)) = (fact("name"), fact("nearest"))
            && let Some(corrected) = self.with_name(name, nearest)
        {
            return Step::new(corrected);
        }
        let of_project = |tool, action| {
            self.project.map(|project| call(tool, &json!({ "action": action, "project": project })))
        };
        let found = match &*error.data.kind {
            kind::LAYER_NOT_FOUND => of_project(Tool::LayersEdit, "list"),
            kind::CHECKPOINT_NOT_FOUND => of_project(Tool::History, "list"),
            kind::JOB_NOT_FOUND => Some(call(Tool::Job, &json!({ "action": "list" }))),
            // A file is brought in where nothing is yet.
            kind::PROJECT_NOT_FOUND if self.action() == "import" => {
                of_project(Tool::Project, "create")
            }
            kind::PROJECT_NOT_FOUND if matches!(self.action(), "restore" | "purge") => {
                Some(call(Tool::Project, &json!({ "action": "list", "trash": true })))
            }
            _ => None,
        };
        Step::new(found.unwrap_or_else(|| call(Tool::Project, &json!({ "action": "list" }))))
    }

    fn action(&self) -> &str {
        let action = (self.tool == Tool::Project).then(|| self.arguments.get("action")).flatten();
        action.and_then(Value::as_str).unwrap_or_default()
    }

    /// The same call about another thing, where an argument of the call names the thing.
    fn with_name(&self, name: &str, nearest: &str) -> Option<String> {
        let mut arguments = self.arguments.clone();
        let members = arguments.as_object_mut()?;
        let mut named = ["project", "layer", "checkpoint"].into_iter();
        let member =
            named.find(|member| members.get(*member).and_then(Value::as_str) == Some(name))?;
        members.insert(member.to_owned(), json!(nearest));
        let corrected = call(self.tool, &arguments);
        (corrected.len() <= REPEATED_BYTES_MAX).then_some(corrected)
    }

    /// The call that shows what the state is, after it was not what the call supposed.
    fn after_conflict(&self, kind: &str) -> Step {
        let Some(project) = self.project else {
            let trash = matches!(kind, kind::IN_TRASH | kind::NOT_IN_TRASH);
            let list = if trash {
                json!({ "action": "list", "trash": true })
            } else {
                json!({ "action": "list" })
            };
            return Step::new(call(Tool::Project, &list));
        };
        Step::new(match kind {
            kind::CURSOR_EXPIRED => self.without_cursor(),
            kind::TOO_MANY_COLORS => {
                let mut arguments = self.arguments.clone();
                arguments["quantize"] = json!(true);
                call(self.tool, &arguments)
            }
            kind::OTHER_AUTHOR
            | kind::NOTHING_TO_UNDO
            | kind::NOTHING_TO_REDO
            | kind::CHECKPOINT_EXISTS => {
                call(Tool::History, &json!({ "action": "list", "project": project }))
            }
            kind::LAYER_EXISTS => {
                call(Tool::LayersEdit, &json!({ "action": "list", "project": project }))
            }
            // It is there: look at it, or take another name.
            kind::PROJECT_EXISTS => step::info(project),
            _ => {
                let advice = "Look what has changed, then pass the newest `revision`.";
                return Step::new(step::info(project)).with(advice);
            }
        })
    }

    fn without_cursor(&self) -> String {
        let mut arguments = self.arguments.clone();
        if let Some(members) = arguments.as_object_mut() {
            members.remove("cursor");
        }
        call(self.tool, &arguments)
    }

    /// The same call, for less work.
    fn smaller(&self, error: Option<&Error>) -> Step {
        let mut arguments = self.arguments.clone();
        match self.tool {
            Tool::RenderView => {
                let is_turn = arguments.get("turntable").is_some_and(Value::is_string);
                // So many pictures of this side are few enough in any case.
                let side = if is_turn { 256 } else { 384 };
                arguments["width"] = json!(side);
                arguments["height"] = json!(side);
                Step::new(call(self.tool, &arguments))
            }
            Tool::VoxelsEdit => {
                let index = error.and_then(|error| error.data.extra.get("edit"));
                let index = index.and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
                Step::new(self.tool.model_at(self.arguments, index.unwrap_or(0)))
                    .with("Make fewer or smaller edits; next is one that fits, as a dry run.")
            }
            Tool::VoxelsRead | Tool::VoxelsFind => {
                let corner = json!({ "min": [0, 0, 0], "max": [15, 15, 15] });
                arguments["within"] = corner;
                Step::new(call(self.tool, &arguments)).with("Look at a smaller box.")
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
    pub(super) fn again(&self, when: &str) -> Step {
        let again = call(self.tool, self.arguments);
        if again.len() > REPEATED_BYTES_MAX {
            return self.look().with(format!("Make the same call again, {when}."));
        }
        Step::new(again).with(format!("Make the same call again, {when}."))
    }
}
