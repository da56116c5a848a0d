//! The call that comes next, ready to be made.

use goxe_protocol::{Code, Error, error::kind};
use serde_json::{Value, json};

use super::{Failed, call};
use crate::{manager::Reason, tools::Tool};

/// The longest arguments that are repeated in a `Next:` line, in bytes.
const REPEATED_BYTES_MAX: usize = 400;

impl Failed<'_> {
    /// The next call when there is no answer, for a reason that the manager knows.
    pub(super) fn without(&self, reason: &Reason) -> String {
        match reason {
            Reason::Deadline { .. } => self.smaller(),
            Reason::Cancelled => self.again("if it is still wanted"),
            // What would be tried again only later is tried at once when somebody asks for it.
            Reason::Exhausted { .. } | Reason::Bad | Reason::NoDaemon => self.restart(),
            Reason::Misconfigured(_)
            | Reason::StartFailed { .. }
            | Reason::NoProgress { .. }
            | Reason::LockUnusable(_)
            | Reason::LockHeld { .. }
            | Reason::KillRefused(_)
            | Reason::SupervisorRefused(_)
            | Reason::Refused(_)
            | Reason::KeepsFalling { .. }
            | Reason::NeverApplied
            | Reason::StillRunning
            | Reason::OutcomeRefused
            | Reason::AnswerLost => self.check(),
        }
    }

    /// The next call when nobody knows whether an edit was done: where there is no daemon that
    /// could say it, one is needed first.
    pub(super) fn outcome(
        &self,
        key: &str,
        project: Option<&str>,
        reason: Option<&Reason>,
    ) -> String {
        let mut arguments = json!({ "action": "outcome", "key": key });
        if let Some(project) = project {
            arguments["project"] = json!(project);
        }
        let ask = call(Tool::History, &arguments);
        match reason {
            Some(Reason::Exhausted { .. } | Reason::Bad | Reason::NoDaemon) => {
                format!("{}, then {ask}", self.restart())
            }
            _ => ask,
        }
    }

    pub(super) fn check(&self) -> String {
        call(Tool::EngineHealth, &json!({ "action": "check" }))
    }

    fn restart(&self) -> String {
        call(Tool::EngineHealth, &json!({ "action": "restart" }))
    }

    /// The next call after an error that the daemon answered.
    pub(super) fn after(&self, error: &Error) -> String {
        match error.code {
            Code::ParseError | Code::InvalidRequest | Code::InvalidParams => self.model(error),
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
            Code::Timeout | Code::TooLarge | Code::LimitExceeded => self.smaller(),
            Code::Cancelled => self.again("if it is still wanted"),
            Code::ShuttingDown => self.again("now: the next engine answers it"),
            Code::Unauthenticated | Code::Forbidden => {
                format!("ask the user for the right to do this, then {}", self.again("again"))
            }
            Code::NotFound => self.after_not_found(error),
            Code::Conflict => self.after_conflict(&error.data.kind),
            Code::BadFile => format!("check the file, then {}", self.again("again")),
            Code::Io => format!("{} tells when the disk is usable again", self.check()),
            Code::Corrupt => match self.project {
                Some(project) => {
                    call(Tool::History, &json!({ "action": "list", "project": project }))
                }
                None => self.check(),
            },
        }
    }

    /// A call of this kind that would pass.
    fn model(&self, error: &Error) -> String {
        let index = error.data.extra.get("edit").and_then(Value::as_u64);
        match index.and_then(|index| usize::try_from(index).ok()) {
            Some(index) if self.tool == Tool::VoxelsEdit => {
                self.tool.model_edit(self.arguments, index)
            }
            _ => self.tool.model(self.arguments),
        }
    }

    /// The call with the name that was meant, where the daemon knows one that is near; else the
    /// call that lists what there is.
    fn after_not_found(&self, error: &Error) -> String {
        let fact = |name: &str| error.data.extra.get(name).and_then(Value::as_str);
        if let (Some(name), Some(nearest)) = (fact("name"), fact("nearest"))
            && let Some(corrected) = self.with_name(name, nearest)
        {
            return corrected;
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
        found.unwrap_or_else(|| call(Tool::Project, &json!({ "action": "list" })))
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
        let text = arguments.to_string();
        Some(if text.len() <= REPEATED_BYTES_MAX {
            format!("{} {text}", self.tool.name())
        } else {
            format!(
                "{} with the same arguments and `{member}` {}",
                self.tool.name(),
                json!(nearest)
            )
        })
    }

    /// The call that shows what the state is, after it was not what the call supposed.
    fn after_conflict(&self, kind: &str) -> String {
        let Some(project) = self.project else {
            let trash = matches!(kind, kind::IN_TRASH | kind::NOT_IN_TRASH);
            let list = if trash {
                json!({ "action": "list", "trash": true })
            } else {
                json!({ "action": "list" })
            };
            return call(Tool::Project, &list);
        };
        match kind {
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
            kind::PROJECT_EXISTS => call(Tool::Project, &json!({ "action": "list" })),
            _ => format!(
                "{} for the newest `revision`, then decide",
                call(Tool::ProjectInfo, &json!({ "project": project }))
            ),
        }
    }

    fn without_cursor(&self) -> String {
        let mut arguments = self.arguments.clone();
        if let Some(members) = arguments.as_object_mut() {
            members.remove("cursor");
        }
        call(self.tool, &arguments)
    }

    /// The same call, for less work.
    fn smaller(&self) -> String {
        match self.tool {
            Tool::RenderView => {
                let mut arguments = self.arguments.clone();
                arguments["width"] = json!(384);
                arguments["height"] = json!(384);
                call(self.tool, &arguments)
            }
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
    pub(super) fn again(&self, when: &str) -> String {
        let arguments = self.arguments.to_string();
        if arguments.len() > REPEATED_BYTES_MAX {
            return format!("{} with the same arguments, {when}", self.tool.name());
        }
        format!("{} {arguments}, {when}", self.tool.name())
    }
}
