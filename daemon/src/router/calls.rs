//! From a call to the job that answers it.

use std::{borrow::Cow, sync::Arc};

use goxe_protocol::{Error, api::types::Revision, error::kind, frame::OwnedFrame, rpc::Id};
use serde::Deserialize;

use super::{
    Router, jobs,
    projects::{Residence, Waiting},
    receive::{Later, Turn},
    room::CALL_BYTES,
    route::{Handler, Route},
};
use crate::{
    blobs::Blob,
    call::{Cancel, Envelope, Payload},
    edit::{EditCall, KeyUse, Source},
    errors,
    journal::ProjectId,
    memory::Charge,
    session::{Held, Opening, Session},
    view::View,
    work::{
        BackupInput, FreeFn, FreeJob, Job, ParseJob, PendingRead, ReadJob, Size, Weighing, Weight,
        Work,
    },
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

/// What a read looks at.
struct Seen {
    view: Arc<View>,
    name: Arc<str>,
    read_only: Option<Arc<str>>,
}

impl Router {
    /// Parses a long message on a lane; its peer is not read meanwhile.
    pub(super) fn parse_later(&mut self, session: &mut Session, frame: OwnedFrame) {
        session.parsing = Some(session.aside.hold(frame.bytes()));
        let (peer, principal) = (session.peer, Arc::clone(&session.principal.name));
        let limits = self.limits.rpc;
        let work = Work::Parse(Box::new(ParseJob { peer, principal, frame, limits }));
        self.submit(work, Size::Medium);
    }

    /// Finds the way of a call that the loop does not answer on the spot.
    pub(super) fn dispatch(&mut self, turn: &mut Turn<'_>, later: &Later, payload: Payload) {
        if let Handler::Echo = later.route.handler {
            return self.echo_large(later, payload, turn.out);
        }
        if let Err(error) = self.start(turn.session, later, payload) {
            self.send(turn, later.id.as_ref(), later.form, Err(error));
        }
    }

    fn start(
        &mut self,
        session: &mut Session,
        later: &Later,
        payload: Payload,
    ) -> Result<(), Error> {
        let charge = session.account.hold(payload.bytes() + CALL_BYTES);
        // Params that are no object are refused by whoever reads them whole.
        let named: Named<'_> = serde_json::from_str(payload.params()).unwrap_or_default();
        let target = self.target(session, later.route, &named)?;
        if later.route.handler.is_long() {
            self.admit_long(session)?;
        }
        let key = self.key_use(later.route, later.meta.as_deref(), &payload)?;
        if let Some(key) = key
            && self.answer_by_key(session, later, target.project, key)?
        {
            return Ok(());
        }
        if target.background {
            return self.begin_job(session, later, payload, &target, charge);
        }
        let envelope = self.open(session, later, target.project, charge);
        self.expect(session, envelope.ticket.call, envelope.deadline);
        self.hand_on(session, later.route, envelope, payload, target, key)
    }

    /// Enters a call into its session.
    fn open(
        &mut self,
        session: &mut Session,
        later: &Later,
        project: Option<ProjectId>,
        charge: Charge,
    ) -> Envelope {
        let (ticket, cancel) = self.sessions.open_call(session, later.opening(project));
        Envelope {
            ticket,
            asker: session.peer,
            id: later.id.clone().unwrap_or(Id::NULL),
            form: later.form,
            principal: session.principal.clone(),
            cancel,
            deadline: Envelope::deadline_of(later.meta.as_deref(), self.now.instant),
            progress: later.meta.as_deref().and_then(|meta| meta.progress.clone()),
            charge: Some(Arc::new(charge)),
        }
    }

    /// What the params name, found.
    fn target(
        &mut self,
        session: &Session,
        route: &'static Route,
        named: &Named<'_>,
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
        let (blobs, now) = (&mut self.blobs, self.now.instant);
        let blob = named.blob.as_deref().map(|id| blobs.find(principal, id, now));
        let asked = matches!(named.job, Some(serde_json::Value::Bool(true)));
        Ok(Target {
            project,
            blob: blob.transpose()?,
            cursor: named.cursor.as_deref().map(super::pins::revision_of).transpose()?,
            background: asked && matches!(route.handler, Handler::Long(_)),
        })
    }

    fn hand_on(
        &mut self,
        session: &mut Session,
        route: &'static Route,
        envelope: Envelope,
        payload: Payload,
        target: Target,
        key: Option<KeyUse>,
    ) -> Result<(), Error> {
        let Target { project, blob, cursor, .. } = target;
        let project = project.unwrap_or(ProjectId::CATALOGUE);
        match route.handler {
            Handler::Read(run) | Handler::Long(run) => {
                let (method, weigh, background) = (route.info.name, route.weigh, false);
                self.read_in_order(
                    session,
                    PendingRead {
                        payload,
                        envelope,
                        method,
                        run,
                        weigh,
                        project,
                        cursor,
                        background,
                    },
                );
            }
            Handler::Edit(run) => {
                self.enter_key(&envelope.principal.name, Some(project), key);
                let (source, method) = (Source::Params(run), route.info.name);
                self.edit_in_order(EditCall { envelope, payload, method, project, source, key });
            }
            Handler::Import(run) => {
                self.enter_key(&envelope.principal.name, Some(project), key);
                let (source, method) = (Source::Ready(None), route.info.name);
                let edit = EditCall { envelope, payload, method, project, source, key };
                self.import(edit, run, blob);
            }
            Handler::Free(run) => self.free(envelope, payload, run, blob, route),
            Handler::LongFree(run) => self.free(envelope, payload, run, blob, route),
            Handler::Catalogue(run) => {
                self.catalogue_call(&envelope, &payload, route, run, key);
            }
            Handler::Wait => self.wait_for_job(session, &envelope, payload.params()),
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
        match self.seen_by(&read) {
            Ok(Some(seen)) => self.submit_read(read, seen),
            Ok(None) => {
                self.projects.wait(project, Waiting::Read(Box::new(read)));
                self.load(project);
            }
            Err(error) => self.refuse_read(&read, error),
        }
    }

    pub(super) fn refuse_read(&mut self, read: &PendingRead, error: Error) {
        if read.background {
            self.job_ended(read.envelope.ticket, Err(error), None);
        } else {
            self.answer(read.envelope.ticket, Err(error));
        }
    }

    /// The state a read looks at; absent while its project is not in memory.
    fn seen_by(&mut self, read: &PendingRead) -> Result<Option<Seen>, Error> {
        let entry = self.projects.entry(read.project)?;
        let (newest, read_only) = match &entry.residence {
            Residence::Unloaded | Residence::Loading => return Ok(None),
            Residence::Broken(reason) => return Err(super::projects::broken(&entry.name, reason)),
            Residence::Loaded { view, read_only } => (view, read_only.clone()),
        };
        let view = match read.cursor {
            Some(cursor) if errors::revision(newest.revision) != cursor => {
                self.pins.find(read.project, cursor).ok_or_else(|| {
                    let message = format!("revision {cursor} is no longer kept for its cursor");
                    Error::conflict(kind::CURSOR_EXPIRED, message)
                        .hint("read again without a cursor")
                })?
            }
            Some(_) | None => Arc::clone(newest),
        };
        Ok(Some(Seen { view, name: Arc::clone(&entry.name), read_only }))
    }

    fn submit_read(&mut self, read: PendingRead, seen: Seen) {
        let weighing = Weighing {
            params: read.payload.params(),
            view: Some(&seen.view),
            limits: &self.limits,
        };
        let Weight { size, bytes } = (read.weigh)(&weighing);
        let bytes = bytes.saturating_add(read.payload.bytes() + CALL_BYTES);
        if let Err(error) = self.check_bytes(bytes) {
            return self.refuse_read(&read, error);
        }
        let PendingRead { payload, envelope, run, background, .. } = read;
        let Seen { view, name, read_only } = seen;
        let job = ReadJob { envelope, payload, run, view, name, read_only, background };
        self.submit_job(Job { work: Work::Read(Box::new(job)), size, bytes });
    }

    fn free(
        &mut self,
        envelope: Envelope,
        payload: Payload,
        run: FreeFn,
        blob: Option<Arc<Blob>>,
        route: &'static Route,
    ) {
        let weighing = Weighing { params: payload.params(), view: None, limits: &self.limits };
        let Weight { size, bytes } = (route.weigh)(&weighing);
        let bytes = bytes.saturating_add(payload.bytes() + CALL_BYTES);
        let many = route.info.name == "blob.create" && self.blobs.len() >= self.limits.blobs_max;
        let checked = match many {
            true => Err(Error::limit_exceeded(
                "limits.blobs_max",
                u64::try_from(self.blobs.len()).unwrap_or(u64::MAX),
                u64::try_from(self.limits.blobs_max).unwrap_or(u64::MAX),
            )),
            false => self.check_bytes(bytes),
        };
        if let Err(error) = checked {
            return self.answer(envelope.ticket, Err(error));
        }
        let is_backup = matches!(route.handler, Handler::LongFree(_));
        let backup = is_backup.then(|| Box::new(self.backup_input()));
        let work = Work::Free(Box::new(FreeJob { envelope, payload, run, blob, backup }));
        self.submit_job(Job { work, size, bytes });
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
        charge: Charge,
    ) -> Result<(), Error> {
        let Route { info, handler, weigh } = later.route;
        let (Handler::Long(run), Some(project)) = (*handler, target.project) else {
            return Err(Error::internal("the call cannot run in the background"));
        };
        let cancel = Arc::new(Cancel::default());
        let principal = session.principal.clone();
        let (number, id, gone) =
            self.jobs.begin(info.name, session.peer, &principal, Arc::clone(&cancel))?;
        self.effects.garbage.extend(gone);
        let (ticket, _) = self.sessions.open_call(session, later.opening(None));
        let answer = jobs::started(info.name, &id);
        self.answer_in(session, ticket.call, answer);
        let envelope = Envelope {
            ticket: jobs::ticket(number),
            asker: session.peer,
            id: Id::NULL,
            form: later.form,
            principal,
            cancel,
            deadline: Envelope::deadline_of(later.meta.as_deref(), self.now.instant),
            progress: None,
            charge: Some(Arc::new(charge)),
        };
        let (method, weigh, cursor, background) = (info.name, *weigh, None, true);
        self.read_in_order(
            session,
            PendingRead { payload, envelope, method, run, weigh, project, cursor, background },
        );
        Ok(())
    }
}

impl Later {
    /// What is to be known of the call.
    pub(super) fn opening(&self, project: Option<ProjectId>) -> Opening {
        Opening {
            id: self.id.clone(),
            form: self.form,
            project,
            kind: self.route.handler.kind(),
            long: self.route.handler.is_long(),
            token: self.meta.as_deref().and_then(|meta| meta.progress.clone()),
        }
    }
}
