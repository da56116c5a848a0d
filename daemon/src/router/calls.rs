//! From a call to the job that answers it.

use std::{borrow::Cow, sync::Arc, time::Instant};

use goxe_protocol::{Error, api::types::Revision, error::kind, frame::OwnedFrame};
use serde::Deserialize;

use super::{
    Later, Router, jobs,
    projects::{Residence, Waiting},
};
use crate::{
    blobs::Blob,
    call::{Cancel, Envelope, Payload, Ticket},
    edit::{EditCall, KeyUse, Source, unplanned},
    handlers::{FreeFn, Handler, ReadFn, Route},
    journal::ProjectId,
    lanes::{BackupInput, FreeJob, Job, ParseJob, ReadJob},
    out::Outbox,
    session::{Held, Session},
    view::View,
};

/// The params that decide where a call runs; the rest is read where it runs.
#[derive(Debug, Default, Deserialize)]
struct Named<'a> {
    #[serde(default, borrow)]
    project: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    cursor: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    blob: Option<Cow<'a, str>>,
    #[serde(default)]
    job: Option<serde_json::Value>,
}

/// What the params of a call name.
struct Target {
    project: Option<ProjectId>,
    blob: Option<Arc<Blob>>,
    cursor: Option<Revision>,
    background: bool,
}

/// A read on its way to a lane.
pub struct PendingRead {
    /// Params and attachment.
    pub payload: Payload,
    /// On whose behalf, and where the answer goes.
    pub envelope: Envelope,
    /// The method.
    pub route: &'static Route,
    /// The project.
    pub project: ProjectId,
    /// The revision that its cursor names.
    pub cursor: Option<Revision>,
    /// Whether it is a background job.
    pub background: bool,
}

impl std::fmt::Debug for PendingRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingRead").field("method", &self.route.info.name).finish_non_exhaustive()
    }
}

impl Router {
    /// Parses a long message on a lane; its peer is not read meanwhile.
    pub(super) fn parse_later(&mut self, session: &mut Session, frame: OwnedFrame) {
        session.parsing = Some(self.memory.hold(frame.bytes()));
        let limits = self.limits.rpc;
        self.submit(Job::Parse(Box::new(ParseJob { peer: session.peer, frame, limits })));
    }

    /// Finds the way of a call that the loop does not answer on the spot.
    pub(super) fn dispatch(
        &mut self,
        session: &mut Session,
        later: &Later,
        payload: Payload,
        out: &mut Outbox,
        now: Instant,
    ) {
        if let Handler::Echo = later.route.handler {
            return self.echo_large(later, payload, out);
        }
        let (id, form) = (later.id.clone(), later.form);
        if let Err(error) = self.start(session, later, payload, now) {
            self.send(session, id.as_ref(), form, Err(error), out);
        }
    }

    fn start(
        &mut self,
        session: &mut Session,
        later: &Later,
        payload: Payload,
        now: Instant,
    ) -> Result<(), Error> {
        let charge = self.room(&payload)?;
        // Params that are no object are refused by whoever reads them whole.
        let named: Named<'_> = serde_json::from_str(payload.params()).unwrap_or_default();
        let target = self.target(session, later.route, &named, now)?;
        let key = self.key_use(later.route, later.meta.as_deref(), &payload)?;
        if let Some(key) = key
            && self.answer_by_key(session, later, target.project, key, now)?
        {
            return Ok(());
        }
        if target.background {
            return self.begin_job(session, later, payload, &target, now);
        }
        let edit = matches!(later.route.handler, Handler::Edit(_) | Handler::Import(_));
        let envelope = Envelope::open(session, later, target.project, edit, charge, now);
        self.expect(session, envelope.ticket.call, envelope.deadline);
        self.hand_on(session, later.route, envelope, payload, target, key, now)
    }

    /// What the params name, found.
    fn target(
        &mut self,
        session: &Session,
        route: &'static Route,
        named: &Named<'_>,
        now: Instant,
    ) -> Result<Target, Error> {
        let project = match route.handler {
            Handler::Read(_) | Handler::Long(_) | Handler::Edit(_) | Handler::Import(_) => {
                Some(self.project_named(named.project.as_deref())?)
            }
            Handler::Echo
            | Handler::Wait
            | Handler::Inline(_)
            | Handler::Free(_)
            | Handler::LongFree(_)
            | Handler::Catalogue(_) => None,
        };
        let principal = &session.principal.name;
        let blob = named.blob.as_deref().map(|id| self.blobs.find(principal, id, now));
        let asked = matches!(named.job, Some(serde_json::Value::Bool(true)));
        Ok(Target {
            project,
            blob: blob.transpose()?,
            cursor: named.cursor.as_deref().map(super::pins::revision_of).transpose()?,
            background: asked && matches!(route.handler, Handler::Long(_)),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one call, used in one place")]
    fn hand_on(
        &mut self,
        session: &mut Session,
        route: &'static Route,
        envelope: Envelope,
        payload: Payload,
        target: Target,
        key: Option<KeyUse>,
        now: Instant,
    ) -> Result<(), Error> {
        let Target { project, blob, cursor, .. } = target;
        let project = project.unwrap_or(ProjectId::CATALOGUE);
        match route.handler {
            Handler::Read(_) | Handler::Long(_) => {
                let background = false;
                let read = PendingRead { payload, envelope, route, project, cursor, background };
                self.read_in_order(session, read);
            }
            Handler::Edit(run) => {
                self.enter_key(&envelope.principal.name, Some(project), key);
                let (source, method) = (Source::Params(run), route.info.name);
                self.edit_in_order(EditCall { envelope, payload, method, project, source, key });
            }
            Handler::Import(run) => {
                self.enter_key(&envelope.principal.name, Some(project), key);
                let (source, method) = (Source::Params(unplanned), route.info.name);
                let edit = EditCall { envelope, payload, method, project, source, key };
                self.import(edit, run, blob);
            }
            Handler::Free(run) => self.free(envelope, payload, run, blob, route, false),
            Handler::LongFree(run) => self.free(envelope, payload, run, blob, route, true),
            Handler::Catalogue(run) => {
                self.catalogue_call(&envelope, &payload, route, run, key, now);
            }
            Handler::Wait => self.wait_for_job(session, &envelope, payload.params(), now),
            Handler::Echo | Handler::Inline(_) => {
                debug_assert!(false, "answered before it comes here");
                let error = Error::internal("the call took a wrong turn");
                self.answer_in(session, envelope.ticket.call, Err(error));
            }
        }
        Ok(())
    }

    fn project_named(&self, name: Option<&str>) -> Result<ProjectId, Error> {
        let name = name.ok_or_else(|| Error::invalid_params("missing field `project`"))?;
        self.projects.find(name)
    }

    /// Reads see the own edits of their peer that were sent before them.
    fn read_in_order(&mut self, session: &mut Session, read: PendingRead) {
        match session.newest_edit(read.project) {
            None => self.read(read),
            Some(behind) => {
                let call = read.envelope.ticket.call;
                session.hold(Held { call, project: read.project, behind, read });
            }
        }
    }

    /// Hands a read to a lane, once its project is in memory.
    pub(super) fn read(&mut self, read: PendingRead) {
        let project = read.project;
        match self.view_for(&read) {
            Ok(Some((view, name, read_only))) => self.submit_read(read, view, name, read_only),
            Ok(None) => {
                self.projects.wait(project, Waiting::Read(Box::new(read)));
                self.load(project);
            }
            Err(error) => self.refuse_read(&read, error),
        }
    }

    pub(super) fn refuse_read(&mut self, read: &PendingRead, error: Error) {
        if read.background {
            self.job_ended(read.envelope.ticket, Err(error), Instant::now());
        } else {
            self.answer(read.envelope.ticket, Err(error));
        }
    }

    /// The state a read looks at; absent while its project is not in memory.
    #[expect(clippy::type_complexity, reason = "three parts of one answer, used in one place")]
    fn view_for(
        &mut self,
        read: &PendingRead,
    ) -> Result<Option<(Arc<View>, Arc<str>, Option<Arc<str>>)>, Error> {
        let entry = self.projects.entry(read.project)?;
        let (view, name, read_only) = match &entry.residence {
            Residence::Unloaded | Residence::Loading => return Ok(None),
            Residence::Broken(reason) => return Err(super::projects::broken(&entry.name, reason)),
            Residence::Loaded { view, read_only } => {
                (Arc::clone(view), Arc::clone(&entry.name), read_only.clone())
            }
        };
        let Some(cursor) = read.cursor else { return Ok(Some((view, name, read_only))) };
        if crate::errors::revision(view.revision) == cursor {
            return Ok(Some((view, name, read_only)));
        }
        match self.pins.find(read.project, cursor) {
            Some(pinned) => Ok(Some((pinned, name, read_only))),
            None => Err(Error::conflict(
                kind::CURSOR_EXPIRED,
                format!("revision {cursor} is no longer kept for its cursor"),
            )
            .hint("read again without a cursor")),
        }
    }

    fn submit_read(
        &mut self,
        read: PendingRead,
        view: Arc<View>,
        name: Arc<str>,
        read_only: Option<Arc<str>>,
    ) {
        let PendingRead { payload, envelope, route, background, .. } = read;
        let (run, long): (ReadFn, bool) = match route.handler {
            Handler::Read(run) => (run, false),
            Handler::Long(run) => (run, true),
            _ => return,
        };
        let job = ReadJob {
            envelope,
            payload,
            run,
            view,
            name,
            read_only,
            long,
            background,
            direct: None,
        };
        let job = Job::Read(Box::new(job));
        if long { self.submit_long(job) } else { self.submit(job) }
    }

    fn free(
        &mut self,
        envelope: Envelope,
        payload: Payload,
        run: FreeFn,
        blob: Option<Arc<Blob>>,
        route: &'static Route,
        long: bool,
    ) {
        if route.info.name == "blob.create" && self.blobs.len() >= self.limits.blobs_max {
            let error = Error::limit_exceeded(
                "limits.blobs_max",
                u64::try_from(self.blobs.len()).unwrap_or(u64::MAX),
                u64::try_from(self.limits.blobs_max).unwrap_or(u64::MAX),
            );
            return self.answer(envelope.ticket, Err(error));
        }
        let backup = long.then(|| Box::new(self.backup_input()));
        let job = Job::Free(Box::new(FreeJob { envelope, payload, run, blob, backup, long }));
        if long { self.submit_long(job) } else { self.submit(job) }
    }

    fn backup_input(&self) -> BackupInput {
        BackupInput {
            catalogue: self.projects.catalogue(),
            keys: self.projects.keys().clone(),
            projects: self.projects.views(),
        }
    }

    /// Answers at once with a job that goes on.
    fn begin_job(
        &mut self,
        session: &mut Session,
        later: &Later,
        payload: Payload,
        target: &Target,
        now: Instant,
    ) -> Result<(), Error> {
        let route = later.route;
        let project = target.project.unwrap_or(ProjectId::CATALOGUE);
        let cancel = Arc::new(Cancel::default());
        let principal = session.principal.clone();
        let (number, id, gone) =
            self.jobs.begin(route.info.name, &principal, Arc::clone(&cancel))?;
        self.effects.garbage.extend(gone);
        let (ticket, _) = session.open(later, None, false);
        let answer = jobs::started(route.info.name, &id);
        self.answer_in(session, ticket.call, answer);
        let envelope = Envelope {
            ticket: jobs::ticket(number),
            id: goxe_protocol::rpc::Id::NULL,
            form: later.form,
            principal,
            cancel,
            deadline: Envelope::deadline_of(later.meta.as_deref(), now),
            progress: None,
            charge: None,
        };
        let (cursor, background) = (None, true);
        let read = PendingRead { payload, envelope, route, project, cursor, background };
        self.read_in_order(session, read);
        Ok(())
    }
}

impl Envelope {
    /// Enters a call into its session.
    fn open(
        session: &mut Session,
        later: &Later,
        project: Option<ProjectId>,
        edit: bool,
        charge: crate::memory::Charge,
        now: Instant,
    ) -> Self {
        let (ticket, cancel): (Ticket, Arc<Cancel>) = session.open(later, project, edit);
        Envelope {
            ticket,
            id: later.id.clone().unwrap_or(goxe_protocol::rpc::Id::NULL),
            form: later.form,
            principal: session.principal.clone(),
            cancel,
            deadline: Envelope::deadline_of(later.meta.as_deref(), now),
            progress: later.meta.as_deref().and_then(|meta| meta.progress.clone()),
            charge: Some(Arc::new(charge)),
        }
    }
}
