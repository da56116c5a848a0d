//! What goes out: every action of the core, carried out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use goxe_protocol::api::history::OutcomeParams;
use goxe_protocol::rpc::{Meta, Progress as Wish};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use super::connection::{Command, Order, Tag};
use super::look::DaemonInfo;
use super::process::Ending;
use super::service_manager::{ServiceManager, Verb};
use super::{AnswerTo, Finding, Shell, Work, lock, process, record, watch};
use crate::manager::call::{CallError, Settled};
use crate::manager::core::{
    Action, CallId, Event, Exit, Health, Identity, LinkId, Outcome, Reason, ServiceRequest, Token,
};

/// Within this a daemon that takes the data folder says in its lock who it is.
const SHOW: Duration = Duration::from_millis(600);

impl Shell {
    pub(super) fn carry_out(&mut self, action: Action) {
        match action {
            Action::Look(token) => self.look(token),
            Action::TakeStartLock(token) => self.take_start_lock(token),
            Action::DropStartLock => self.start_lock = None,
            Action::Survey(token) => self.survey(token),
            Action::WriteStarts(starts) => {
                // A disk that is full must not keep a start from happening, nor make it forgotten.
                let written = record::write(&self.scene.looker.paths.starts, &starts);
                self.unwritten = written.err().map(|_| starts);
            }
            Action::AwaitDataLock(token) => self.await_data_lock(token),
            Action::Start(token) => self.start(token),
            Action::EndStart(token) => self.end_start(token),
            Action::AskServiceManager(token, request) => self.ask_service_manager(token, request),
            Action::Kill(token, id) => self.kill(token, &id),
            Action::Check(token, link) => self.check(token, link),
            Action::Send(call, link) => self.send(call, link),
            Action::Cancel(call, link) => self.command(link, Lane::Calls, Command::Cancel(call)),
            Action::AskOutcome(call, link) => self.ask_outcome(call, link),
            // Dropping the commands ends both connections.
            Action::Close(link) => drop(self.links.remove(&link)),
            Action::Finish(call, outcome) => self.finish(call, outcome),
            Action::Tell(notice) => {
                // Nobody listening is no error.
                let _ = self.broadcasts.notices.send(notice);
            }
        }
    }

    fn look(&self, token: Token) {
        let (scene, findings) = (Arc::clone(&self.scene), self.findings.clone());
        tokio::spawn(async move {
            let seen = scene.looker.look().await;
            // The task is gone only when nobody wants to know.
            let _ = findings.send(Finding::Seen(token, seen)).await;
        });
    }

    fn take_start_lock(&mut self, token: Token) {
        let findings = self.findings.clone();
        let path = self.scene.looker.paths.start_lock.clone();
        let threaded = lock::take_start_lock(path, move |taken| {
            let _ = findings.blocking_send(Finding::StartLock(token, taken));
        });
        if let Err(text) = threaded {
            self.find(Finding::StartLock(token, Err(text)));
        }
        self.watch();
    }

    /// From the first wait on, changes of the endpoint file are told.
    fn watch(&mut self) {
        if std::mem::replace(&mut self.watching, true) {
            return;
        }
        let findings = self.findings.clone();
        let data = self.scene.looker.paths.data.clone();
        // Without a thread for it, the core looks by itself from time to time.
        let _ = lock::in_thread("goxe-watch", move || {
            if lock::folder_of(&data.join("endpoint.json")).is_err() {
                return;
            }
            watch::watch(&data, || {
                findings.blocking_send(Finding::Plain(Event::EndpointChanged)).is_ok()
            });
        });
    }

    fn survey(&self, token: Token) {
        let (scene, findings) = (Arc::clone(&self.scene), self.findings.clone());
        let unwritten = self.unwritten.clone();
        let threaded = lock::in_thread("goxe-survey", move || {
            let looker = &scene.looker;
            let read = || record::read(&looker.paths.starts, &looker.boot_id);
            let starts = unwritten.unwrap_or_else(read);
            let service_manager =
                scene.supervised.then(|| ServiceManager::find(&looker.paths)).flatten();
            let _ = findings.blocking_send(Finding::Survey(token, starts, service_manager));
        });
        if threaded.is_err() {
            let starts = record::read(&self.scene.looker.paths.starts, &self.scene.looker.boot_id);
            self.find(Finding::Survey(token, starts, None));
        }
    }

    fn await_data_lock(&mut self, token: Token) {
        self.data_lock_wanted = Some(token);
        let (scene, findings) = (Arc::clone(&self.scene), self.findings.clone());
        tokio::spawn(async move {
            tokio::time::sleep(SHOW).await;
            if let Some(by) = lock::foreign_holder(&scene.looker.paths.lock) {
                let _ = findings.send(Finding::Plain(Event::DataLockForeign(token, by))).await;
            }
        });
        if std::mem::replace(&mut self.data_lock_thread, true) {
            return;
        }
        let findings = self.findings.clone();
        let threaded = lock::await_data_lock(self.scene.looker.paths.lock.clone(), move |free| {
            let _ = findings.blocking_send(Finding::DataLock(free));
        });
        if let Err(text) = threaded {
            self.find(Finding::DataLock(Err(text)));
        }
    }

    fn start(&self, token: Token) {
        let (scene, findings) = (Arc::clone(&self.scene), self.findings.clone());
        let threaded = lock::in_thread("goxe-start", move || {
            let exit = scene.starter.run(|pid, started| {
                let _ = findings.blocking_send(Finding::Spawned { token, pid, started });
            });
            let _ = findings.blocking_send(Finding::Plain(Event::StartExited(token, exit)));
        });
        if let Err(text) = threaded {
            self.find(Finding::Plain(Event::StartExited(token, Exit { code: None, text })));
        }
    }

    /// The start is ended; that it has, its own thread reports.
    fn end_start(&self, token: Token) {
        let Some((_, pid, started)) = self.started.filter(|(of, ..)| *of == token) else { return };
        let ending = Ending::Kill(self.scene.kill_after);
        // What cannot be ended is given up by the core after a while.
        let _ = lock::in_thread("goxe-end", move || drop(process::end(pid, started, ending)));
    }

    fn ask_service_manager(&self, token: Token, request: ServiceRequest) {
        let Some(service_manager) = self.service_manager.clone() else { return };
        let findings = self.findings.clone();
        let threaded = lock::in_thread("goxe-service", move || {
            let answer = service_manager.ask(Verb::from(request));
            let event = Event::ServiceManagerAnswered(token, answer);
            let _ = findings.blocking_send(Finding::Plain(event));
        });
        if let Err(text) = threaded {
            self.find(Finding::Plain(Event::ServiceManagerAnswered(token, Err(text))));
        }
    }

    fn kill(&self, token: Token, id: &Identity) {
        let (pid, started) = (id.pid, id.started);
        let (findings, ending) = (self.findings.clone(), Ending::Kill(self.scene.kill_after));
        let threaded = lock::in_thread("goxe-kill", move || {
            let event = Event::Killed(token, process::end(pid, started, ending));
            let _ = findings.blocking_send(Finding::Plain(event));
        });
        if let Err(text) = threaded {
            self.find(Finding::Plain(Event::Killed(token, Err(text))));
        }
    }

    fn check(&mut self, token: Token, link: LinkId) {
        self.checks.clear();
        self.checks.insert(token, Instant::now());
        let order = order(Tag::Check(token), "system.status", empty(), Meta::default());
        self.command(link, Lane::Control, Command::Order(order));
        let pid = self.links.get(&link).map(|link| link.info.hello.pid);
        let looker = &self.scene.looker;
        let patience = pid.map_or(looker.patience, |pid| looker.patience_with(pid));
        let findings = self.findings.clone();
        tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            // If the answer came first, the core ignores this one.
            let event = Event::Checked(token, Health::Silent);
            let _ = findings.send(Finding::Plain(event)).await;
        });
    }

    fn send(&mut self, call: CallId, link: LinkId) {
        let Some(pending) = self.pending.get_mut(&call) else { return };
        pending.got = None;
        let work = &pending.work;
        let meta = Meta {
            deadline_ms: Some(pending.deadline_ms.saturating_sub(process::now_ms())),
            idempotency_key: work.key.clone().map(Into::into),
            progress: work.progress.as_ref().map(|_| Wish::ById),
            trace: None,
        };
        let order = Order {
            tag: Tag::Call(call),
            method: work.method.clone(),
            params: Arc::clone(&work.params),
            meta,
            attachment: work.attachment.clone(),
        };
        self.command(link, Lane::Calls, Command::Order(order));
    }

    fn ask_outcome(&mut self, call: CallId, link: LinkId) {
        let Some(pending) = self.pending.get(&call) else { return };
        let params = OutcomeParams {
            key: pending.work.key.clone().unwrap_or_default(),
            project: project_of(&pending.work),
        };
        let params = to_raw_value(&params).map_or_else(|_| empty(), Arc::from);
        let order = order(Tag::Outcome(call), "history.outcome", params, Meta::default());
        self.command(link, Lane::Control, Command::Order(order));
    }

    /// A link that takes no command is lost; its connections report that themselves.
    fn command(&self, link: LinkId, lane: Lane, command: Command) {
        let Some(link) = self.links.get(&link) else { return };
        let commands = match lane {
            Lane::Calls => &link.calls,
            Lane::Control => &link.control,
        };
        let _ = commands.try_send(command);
    }

    fn finish(&mut self, call: CallId, outcome: Outcome) {
        let Some(pending) = self.pending.remove(&call) else { return };
        let info = self.core.linked().and_then(|(link, _)| self.links.get(&link));
        let info = info.map(|link| link.info.clone());
        let result = match outcome {
            Outcome::Done => match (pending.got, &pending.to) {
                (Some(got), _) => got.map(Some),
                (None, AnswerTo::Ensure(_)) => Ok(None),
                (None, AnswerTo::Call(_)) => Err(unknown(Reason::AnswerLost, pending.work.key)),
            },
            Outcome::NotDone(reason) => Err(CallError::NotDone(reason)),
            Outcome::Unknown(reason) => Err(unknown(reason, pending.work.key)),
        };
        answer(pending.to, result, info);
    }

    /// Reports something to the task itself, which is never inside `recv` here.
    fn find(&self, finding: Finding) {
        let findings = self.findings.clone();
        tokio::spawn(async move {
            let _ = findings.send(finding).await;
        });
    }
}

/// Which connection of a link.
#[derive(Clone, Copy)]
enum Lane {
    Calls,
    Control,
}

fn unknown(reason: Reason, key: Option<String>) -> CallError {
    match key {
        Some(key) => CallError::Unknown { reason, key },
        None => CallError::Lost(reason),
    }
}

/// Hands an outcome over. Who no longer waits for it gets none.
pub(super) fn answer(
    to: AnswerTo,
    result: Result<Option<Settled>, CallError>,
    info: Option<DaemonInfo>,
) {
    match to {
        AnswerTo::Call(sender) => {
            let _ = sender.send(result.and_then(|reply| reply.ok_or(CallError::Closed)));
        }
        AnswerTo::Ensure(sender) => {
            let gone = || CallError::NotDone(Reason::NoDaemon);
            let _ = sender.send(result.and_then(|_| info.ok_or_else(gone)));
        }
    }
}

fn order(tag: Tag, method: &str, params: Arc<RawValue>, meta: Meta<'static>) -> Order {
    Order { tag, method: method.to_owned(), params, meta, attachment: None }
}

fn empty() -> Arc<RawValue> {
    RawValue::from_string("{}".to_owned()).expect("an empty object is JSON").into()
}

/// The project whose history knows the call. Those that make, rename or delete projects are in the
/// catalogue's.
fn project_of(work: &Work) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        project: Option<String>,
    }
    match work.method.as_str() {
        "project.create" | "project.rename" | "project.delete" | "project.restore"
        | "project.purge" => None,
        _ => serde_json::from_str::<Named>(work.params.get()).ok()?.project,
    }
}
