//! `system.*`

use std::{collections::BTreeMap, sync::Arc};

use goxe_engine::progress::Progress;
use goxe_protocol::{
    Code, Error,
    api::{
        system::{
            BackupReply, CancelParams, CancelReply, HelloParams, HelloReply, State as WireState,
            StatusReply,
        },
        types::NoParams,
    },
    openrpc,
    rpc::Id,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    blobs::Filling,
    call::{Reply, parse},
    edit::Written,
    journal::{ProjectId, image::ImageHeader, writer::Appender},
    router::{Asked, Router, State},
    session::{Gate, Session},
    store::{Loaded, Store, backup::BackupWriter},
    view::View,
    work::{BackupInput, FreeInput},
};

pub(super) fn hello(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let params: HelloParams = parse(asked.params)?;
    if session.gate == Gate::Token {
        check_token(router, params.token.as_deref())?;
        session.gate = Gate::Open;
    }
    if let Some(client) = &params.client {
        let client: String = client.chars().filter(|c| !c.is_control()).take(80).collect();
        tracing::debug!(session = session.number, client, "hello");
    }
    if let Some(actor) = &params.actor {
        session.principal.act_as(actor);
    }
    let identity = &router.identity;
    Reply::json(&HelloReply {
        protocol: goxe_protocol::frame::VERSION,
        server: identity.server.clone(),
        build: identity.build.clone(),
        epoch: identity.epoch.clone(),
        store: identity.store.clone(),
        pid: identity.pid,
        session: session.number,
        role: session.principal.role.name().into(),
        limits: limits(router),
        guests: false,
    })
}

/// Both digests have one length, and are compared without a hint of where they differ.
fn check_token(router: &Router, token: Option<&str>) -> Result<(), Error> {
    let given = token.map(|token| <[u8; 32]>::from(Sha256::digest(token.as_bytes())));
    match (given, &router.identity.token) {
        (Some(given), Some(expected)) if bool::from(given.ct_eq(expected)) => Ok(()),
        _ => Err(Error::new(Code::Unauthenticated, "the token is not the one this daemon expects")
            .hint("pass the content of the file that tcp.token_file names")),
    }
}

fn limits(router: &Router) -> BTreeMap<String, u64> {
    let limits = &router.limits;
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    [
        ("frame_bytes_max", u64::from(limits.inbound.payload_bytes_max)),
        ("json_depth_max", number(limits.rpc.depth_max)),
        ("batch_items_max", number(limits.rpc.batch_items_max)),
        ("in_flight_max", number(limits.in_flight_max)),
        ("reply_bytes_max", number(limits.reply_bytes_max)),
        ("blob_bytes_max", limits.blob_bytes_max),
        ("render_pixels_max", limits.render_pixels_max),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

pub(super) fn status(
    router: &mut Router,
    _: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let NoParams {} = parse(asked.params)?;
    Reply::json(&status_of(router, asked.now.instant))
}

/// The daemon's state, as `system.status` and the state dump tell it.
pub fn status_of(router: &Router, now: std::time::Instant) -> StatusReply {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (state, done, total) = match router.state {
        State::Recovering { done, total } => (WireState::Recovering, done, total),
        State::Ready => (WireState::Ready, 0, 0),
        State::Draining => (WireState::Draining, 0, 0),
    };
    let degraded = router.degraded();
    let (lanes, busy) = router.lane_load();
    let (projects, projects_loaded) = router.projects.counts();
    let identity = &router.identity;
    let uptime = now.saturating_duration_since(identity.started);
    StatusReply {
        state,
        done,
        total,
        healthy: degraded.is_empty(),
        degraded,
        server: identity.server.clone(),
        epoch: identity.epoch.clone(),
        store: identity.store.clone(),
        pid: identity.pid,
        uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
        peers: number(router.peers()),
        requests: router.requests,
        calls_in_flight: number(router.sessions().map(Session::in_flight).sum()),
        lanes: number(lanes),
        lanes_busy: number(busy.min(lanes)),
        projects: number(projects),
        projects_loaded: number(projects_loaded),
        memory_bytes: number(router.memory.held()),
        memory_reserved_bytes: number(router.memory.reserved()),
        resident_bytes: number(router.memory.resident()),
        journal_queued: number(router.journal_queued()),
    }
}

pub(super) fn describe(input: &mut FreeInput<'_>) -> Result<Reply, Error> {
    let NoParams {} = parse(input.params)?;
    Reply::json(&openrpc::document())
}

pub(super) fn cancel(
    router: &mut Router,
    session: &mut Session,
    asked: &Asked<'_>,
) -> Result<Reply, Error> {
    let params: CancelParams = parse(asked.params)?;
    let text = params.id.to_string();
    let id = Id::from_json(&text).map_err(Error::invalid_params)?;
    let found = router.cancel_call(session, params.session, &id);
    Reply::json(&CancelReply { found })
}

pub(super) fn backup(input: &mut FreeInput<'_>) -> Result<Reply, Error> {
    let NoParams {} = parse(input.params)?;
    let backup = input.backup.ok_or_else(|| Error::internal("a backup without projects"))?;
    let mut archive = input.shelf.fill(Arc::clone(&input.principal.name))?;
    write_backup(input.store, backup, &mut archive, input.progress)?;
    let blob = archive.finish()?;
    let projects = u64::try_from(backup.projects.len()).unwrap_or(u64::MAX);
    let reply = BackupReply { blob: blob.id.to_string(), bytes: blob.bytes, projects };
    *input.made = Some(blob);
    Reply::json(&reply)
}

/// Writes the catalogue and every project, each at one revision. The catalogue is as old as the
/// call; a project that is not in memory is read from disk.
fn write_backup(
    store: &Store<Written>,
    backup: &BackupInput,
    archive: &mut Filling,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::new(Code::Io, format!("the backup: {error}"));
    let lineage = store.appender().map(Appender::store);
    let lineage = lineage.ok_or_else(|| Error::new(Code::ShuttingDown, "the journal is closed"))?;
    let time_ms = Timestamp::now().as_millisecond();
    let mut writer = BackupWriter::new(archive, lineage, time_ms).map_err(failed)?;
    let header = |project, revision| ImageHeader { store: lineage, project, revision, time_ms };
    let catalogue = &backup.catalogue;
    let head = header(ProjectId::CATALOGUE, catalogue.revision());
    writer.add(&head, &catalogue.encode(), &backup.keys).map_err(failed)?;
    let total = u64::try_from(backup.projects.len()).unwrap_or(u64::MAX);
    for (done, (id, loaded)) in (0..).zip(&backup.projects) {
        progress.step(done, total).map_err(|_| Error::new(Code::Cancelled, "cancelled"))?;
        let (view, keys) = match loaded {
            Some((view, keys)) => (Arc::clone(view), keys.clone()),
            None => match store.load(*id, &mut || {}) {
                Loaded::Sound { project, revision, keys, .. } => {
                    (Arc::new(View { id: *id, revision, project: *project }), keys)
                }
                Loaded::Broken(reason) => {
                    return Err(Error::new(
                        Code::Corrupt,
                        format!("project {id} cannot be backed up: {reason}"),
                    ));
                }
            },
        };
        let body = goxe_engine::image::encode(&view.project);
        writer.add(&header(*id, view.revision), &body, &keys).map_err(failed)?;
    }
    writer.finish().map_err(failed)?;
    Ok(())
}
