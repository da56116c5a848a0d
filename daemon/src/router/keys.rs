//! Idempotency keys: a call that was done is answered again, one that is being done is joined.

use std::sync::Arc;

use goxe_protocol::{
    Error,
    error::kind,
    rpc::{Id, Meta},
};
use uuid::Uuid;

use super::{Router, projects::Residence, receive::Later, route::Route};
use crate::{
    call::{Envelope, Payload, Reply, Ticket},
    edit::{EditCall, KeyUse, Source, digest},
    journal::{
        ProjectId,
        keys::{Key, Lookup},
    },
    session::{Kind, Opening, Session},
};

/// A keyed call that is being done, and who else waits for its answer.
pub(super) struct Running {
    principal: Arc<str>,
    project: Option<ProjectId>,
    key: Key,
    digest: crate::journal::chain::ParamsDigest,
    waiters: Vec<Ticket>,
}

impl Router {
    /// The key of a call, where it has one and its method writes.
    pub(super) fn key_use(
        &self,
        route: &'static Route,
        meta: Option<&Meta<'_>>,
        payload: &Payload,
    ) -> Result<Option<KeyUse>, Error> {
        let text = meta.and_then(|meta| meta.idempotency_key.as_deref());
        let Some(text) = text.filter(|_| route.info.writes) else {
            return Ok(None);
        };
        let key = parse_key(text)?;
        Ok(Some(KeyUse { key, digest: digest(route.info.name, payload) }))
    }

    /// Answers a keyed call from the first one of that key, or lets it wait for that one.
    /// `Ok(false)`: it is the first.
    pub(super) fn answer_by_key(
        &mut self,
        session: &mut Session,
        later: &Later,
        project: Option<ProjectId>,
        used: KeyUse,
    ) -> Result<bool, Error> {
        let principal = Arc::clone(&session.principal.name);
        if let Some(running) = self.running_mut(&principal, project, used.key) {
            if running.digest != used.digest {
                return Err(other_params());
            }
            // As good as the edit itself: later reads of the same peer wait for it too.
            let opening = Opening { kind: Kind::Edit, ..later.opening(project) };
            let (ticket, _) = self.sessions.open_call(session, opening);
            if let Some(running) = self.running_mut(&principal, project, used.key) {
                running.waiters.push(ticket);
            }
            self.expect(
                session,
                ticket.call,
                Envelope::deadline_of(later.meta.as_deref(), self.now.instant),
            );
            return Ok(true);
        }
        if let Some(id) = project
            && !matches!(self.projects.entry(id)?.residence, Residence::Loaded { .. })
        {
            // Its keys come with it; the strand looks again.
            return Ok(false);
        }
        match self.committed(&principal, project, used)? {
            None => Ok(false),
            Some(reply) => {
                let (ticket, _) = self.sessions.open_call(session, later.opening(None));
                self.answer_in(session, ticket.call, Ok(reply));
                Ok(true)
            }
        }
    }

    /// The answer that a committed call of this key got.
    pub(super) fn committed(
        &self,
        principal: &str,
        project: Option<ProjectId>,
        used: KeyUse,
    ) -> Result<Option<Reply>, Error> {
        let keys = match project {
            Some(id) => &self.projects.entry(id)?.keys,
            None => &self.projects.keys,
        };
        let now_ms = self.now.unix_ms;
        match keys.lookup(principal, used.key, &used.digest, now_ms, &self.key_limits) {
            Lookup::Unknown => Ok(None),
            Lookup::Committed(committed) => {
                Ok(Some(Reply { json: committed.answer.to_vec(), attachment: None }))
            }
            Lookup::Conflict(_) => Err(other_params()),
            Lookup::NotV7 => Err(Error::invalid_params("an idempotency key is a UUIDv7")
                .hint("make a new UUIDv7 for each call, and keep it when you send it again")),
            Lookup::Ahead => Err(Error::invalid_params("the key's time lies in the future")
                .hint("correct the clock of this machine, and make a new key")),
            Lookup::Expired => Err(Error::conflict(
                kind::KEY_EXPIRED,
                "the key is older than what is remembered; its call is not run",
            )
            .hint("look whether it was done, then send it with a new key if it is still wanted")),
        }
    }

    fn running_mut(
        &mut self,
        principal: &str,
        project: Option<ProjectId>,
        key: Key,
    ) -> Option<&mut Running> {
        self.running.iter_mut().find(|running| {
            running.key == key && running.project == project && &*running.principal == principal
        })
    }

    /// Whether a keyed call is being done.
    pub fn is_running(&mut self, principal: &str, project: Option<ProjectId>, key: Key) -> bool {
        self.running_mut(principal, project, key).is_some()
    }

    /// Remembers that a keyed call is being done.
    pub(super) fn enter_key(
        &mut self,
        principal: &Arc<str>,
        project: Option<ProjectId>,
        key: Option<KeyUse>,
    ) {
        if let Some(KeyUse { key, digest }) = key {
            let principal = Arc::clone(principal);
            self.running.push(Running { principal, project, key, digest, waiters: Vec::new() });
        }
    }

    /// Takes out who waits for another call of its key.
    pub(super) fn unjoin(&mut self, ticket: Ticket) -> bool {
        self.running.iter_mut().any(|running| {
            let index = running.waiters.iter().position(|waiter| *waiter == ticket);
            index.map(|index| running.waiters.remove(index)).is_some()
        })
    }

    /// Whoever waits for a keyed edit that was cancelled wants it still: the edit is theirs from now on.
    pub(super) fn heir_of(&mut self, edit: &EditCall) -> Option<Envelope> {
        // Content that became no edit is gone.
        let Source::Params(_) = edit.source else { return None };
        let principal = Arc::clone(&edit.envelope.principal.name);
        loop {
            let running = self.running_mut(&principal, Some(edit.project), edit.key?.key)?;
            let ticket = running.waiters.pop()?;
            let Some(session) = self.session(ticket.peer) else { continue };
            let Some(call) = session.call(ticket.call).filter(|call| !call.cancel.asked()) else {
                continue;
            };
            return Some(Envelope {
                ticket,
                asker: ticket.peer,
                id: call.id.clone().unwrap_or(Id::NULL),
                form: call.form,
                principal: session.principal.clone(),
                cancel: Arc::clone(&call.cancel),
                deadline: call.deadline,
                progress: call.token.clone(),
                charge: edit.envelope.charge.clone(),
            });
        }
    }

    /// A keyed call ended: whoever waited for it gets the same answer.
    pub(super) fn leave_key(
        &mut self,
        principal: &str,
        project: Option<ProjectId>,
        key: Option<KeyUse>,
        result: &Result<Reply, Error>,
    ) {
        let Some(used) = key else { return };
        let Some(index) = self.running.iter().position(|running| {
            running.key == used.key
                && running.project == project
                && &*running.principal == principal
        }) else {
            return;
        };
        for ticket in self.running.swap_remove(index).waiters {
            self.answer(ticket, result.clone());
        }
    }
}

/// Reads an idempotency key.
pub fn parse_key(text: &str) -> Result<Key, Error> {
    let uuid = Uuid::try_parse(text).map_err(|_| {
        Error::invalid_params("an idempotency key is a UUIDv7")
            .hint("make a new UUIDv7 for each call, and keep it when you send it again")
    })?;
    Ok(Key(uuid.into_bytes()))
}

fn other_params() -> Error {
    Error::conflict(kind::KEY_REUSED, "this idempotency key belongs to a call with other params")
        .hint("make a new key for every call that is not a repetition")
}
