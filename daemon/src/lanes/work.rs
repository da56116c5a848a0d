//! What a lane does with each kind of job.

use std::{io::Write, sync::Arc, time::Instant};

use goxe_protocol::Error;

use super::{
    Done, FreeJob, ImageJob, ImportJob, Job, LaneContext, Loan, ParseJob, ReadJob, StrandJob, guard,
};
use crate::{
    blobs::{Blob, BlobWrite},
    call::{self, Envelope, Payload, Reply},
    edit::{EditCall, EditWritten, Ran, Source, Written},
    errors,
    handlers::{FreeInput, ReadInput},
    journal::{ProjectId, Revision, record::Draft, writer::Appender},
    router::parse::parse,
    slice::Slice,
    view::View,
};

/// Places of the journal's queue that strands leave free, so that an append never has to wait:
/// several lanes append at a time.
const JOURNAL_ROOM_MIN: usize = 64;

/// Answers up to here a lane sends itself.
const DIRECT_BYTES_MAX: usize = 64 << 10;

/// Does a job on lane `lane`, and hands back what came of it.
pub fn run(lane: usize, job: Job, context: &LaneContext) {
    match job {
        Job::Read(job) => read(lane, *job, context),
        Job::Free(job) => free(lane, *job, context),
        Job::Import(job) => import(lane, *job, context),
        Job::Strand(job) => strand(lane, *job, context),
        Job::Load(project) => {
            let loaded = context.store.load(project, &mut || context.vitals.lane_beats(lane));
            context.tell(Done::Loaded { project, loaded });
        }
        Job::Recover => recover(lane, context),
        Job::Image(job) => image(*job, context),
        Job::Parse(job) => {
            let ParseJob { peer, frame, limits } = *job;
            let parsed = Box::new(parse(&frame, &limits));
            context.tell(Done::Parsed { peer, frame, parsed });
        }
        Job::Reset { project, generation, appender } => {
            if appender.reset(project, generation).is_err() {
                tracing::warn!(%project, "the journal is closed: the project takes no more edits");
            }
            context.tell(Done::Reset(project));
        }
        Job::Purge { project, appender } => {
            if appender.purge(project).is_err() {
                tracing::warn!(%project, "the journal is closed: its files are removed later");
            }
            context.tell(Done::Discarded);
        }
        Job::Discard(garbage) => {
            drop(garbage);
            context.tell(Done::Discarded);
        }
    }
}

fn read(lane: usize, job: ReadJob, context: &LaneContext) {
    let ReadJob { envelope, payload, run, view, name, read_only, long, background, direct } = job;
    let (mut pin, mut made) = (false, None);
    let result = envelope.is_wanted(Instant::now()).and_then(|()| {
        let mut progress = context.progress(lane, Some(&envelope), background);
        guard(|| {
            run(&mut ReadInput {
                params: payload.params(),
                view: &view,
                name: &name,
                read_only: read_only.as_deref(),
                progress: &mut progress,
                shelf: &context.shelf,
                reply_bytes_max: context.reply_bytes_max,
                render_pixels_max: context.render_pixels_max,
                pin: &mut pin,
                made: &mut made,
                principal: &envelope.principal,
            })
        })
    });
    let result = result.map_err(|error| reason(error, &envelope));
    if let Some(blob) = made {
        context.tell(Done::Blob(blob));
    }
    if background {
        context.tell(Done::Finished { ticket: envelope.ticket, result });
        return;
    }
    let pin = pin.then_some(view);
    match direct {
        Some(loan) => answer_directly(&envelope, result, pin, long, &loan, context),
        None => answer(&envelope, result, pin, long, context),
    }
}

/// Sends an answer itself, if it is an ordinary one and the loop has not taken the socket back: all
/// at once, or as much as the socket takes.
fn answer_directly(
    envelope: &Envelope,
    result: Result<Reply, Error>,
    pin: Option<Arc<View>>,
    long: bool,
    loan: &Loan,
    context: &LaneContext,
) {
    let ticket = envelope.ticket;
    let encoded = call::encode(&envelope.id, envelope.form, result, context.reply_bytes_max);
    let ordinary =
        pin.is_none() && encoded.attachment.is_none() && encoded.head.len() <= DIRECT_BYTES_MAX;
    let Some(mut stream) = ordinary.then(|| loan.take()).flatten() else {
        context.tell(Done::Answered { ticket, encoded, pin, long, lent: true });
        return;
    };
    let mut head = encoded.head;
    match stream.write(&head) {
        Ok(sent) if sent == head.len() => context.tell_sent(ticket, long),
        // What went wrong with the socket, the loop finds out when it sends the rest.
        Ok(sent) => {
            let rest = Some(head.split_off(sent));
            context.tell(Done::Sent { ticket, rest, long });
        }
        Err(_) => context.tell(Done::Sent { ticket, rest: Some(head), long }),
    }
}

fn free(lane: usize, job: FreeJob, context: &LaneContext) {
    let FreeJob { envelope, payload, run, blob, backup, long } = job;
    let (mut made, mut written) = (None, None);
    let result = envelope.is_wanted(Instant::now()).and_then(|()| {
        let mut progress = context.progress(lane, Some(&envelope), false);
        guard(|| {
            run(&mut FreeInput {
                params: payload.params(),
                attachment: payload.attachment(),
                payload_bytes: payload.bytes(),
                blob: blob.as_ref(),
                written: &mut written,
                backup: backup.as_deref(),
                principal: &envelope.principal,
                progress: &mut progress,
                shelf: &context.shelf,
                store: &context.store,
                made: &mut made,
                reply_bytes_max: context.reply_bytes_max,
            })
        })
    });
    if let Some(blob) = made {
        // Before the answer, so that the id in it is known when the peer uses it.
        context.tell(Done::Blob(blob));
    }
    if let (Some(blob), Some(written)) = (blob, written) {
        tell_written(blob, written, payload, context);
    }
    answer(&envelope, result.map_err(|error| reason(error, &envelope)), None, long, context);
}

/// What was written counts before its answer goes out. The file has it already, unless there is room
/// for the memory it came in.
fn tell_written(blob: Arc<Blob>, written: BlobWrite, payload: Payload, context: &LaneContext) {
    let content = match payload {
        Payload::Frame(frame, _) if written.room.is_some() => Some(Slice::attachment(frame)),
        Payload::Frame(..) | Payload::Text(_) => None,
    };
    if content.is_some() || blob.holds(written.offset, written.length) {
        context.tell(Done::BlobWritten { blob, written, content });
    }
}

/// Work that was cancelled because its deadline passed says so.
fn reason(error: Error, envelope: &Envelope) -> Error {
    match error.code {
        goxe_protocol::Code::Cancelled => envelope.is_wanted(Instant::now()).err().unwrap_or(error),
        _ => error,
    }
}

fn answer(
    envelope: &Envelope,
    result: Result<Reply, Error>,
    pin: Option<Arc<View>>,
    long: bool,
    context: &LaneContext,
) {
    let encoded = call::encode(&envelope.id, envelope.form, result, context.reply_bytes_max);
    let ticket = envelope.ticket;
    context.tell(Done::Answered { ticket, encoded, pin, long, lent: false });
}

fn import(lane: usize, job: ImportJob, context: &LaneContext) {
    let ImportJob { mut edit, run, blob } = job;
    let planned = edit.envelope.is_wanted(Instant::now()).and_then(|()| {
        let mut progress = context.progress(lane, Some(&edit.envelope), false);
        guard(|| run(&edit.payload, blob.as_deref(), &mut progress))
    });
    match planned {
        Ok(plan) => {
            edit.source = Source::Ready(Box::new(plan));
            context.tell(Done::Imported(Box::new(edit)));
        }
        Err(error) => {
            let result = Err(reason(error, &edit.envelope));
            let (edit, seen) = (Box::new(edit), Revision::START);
            context.tell(Done::Unwritten { edit, result, seen, long: true });
        }
    }
}

fn strand(lane: usize, job: StrandJob, context: &LaneContext) {
    let StrandJob { project, generation, mut head, mut edits, appender } = job;
    let mut appended = 0;
    while appender.has_room(JOURNAL_ROOM_MIN) {
        let Some(mut edit) = edits.pop_front() else { break };
        if let Err(error) = edit.envelope.is_wanted(Instant::now()) {
            unwritten(edit, Err(error), Revision::START, context);
            continue;
        }
        // The progress borrows the envelope while the edit runs.
        let envelope = edit.envelope.clone();
        let mut progress = context.progress(lane, Some(&envelope), false);
        match edit.run(&head, &context.engine, &mut progress) {
            Ok(Ran::Changed { view, draft, reply }) => {
                match append(&edit, generation, &view, &draft, reply, &appender, context) {
                    Ok(()) => {
                        head = view;
                        appended += 1;
                    }
                    Err(error) => unwritten(edit, Err(error), Revision::START, context),
                }
            }
            Ok(Ran::Unwritten(reply)) => unwritten(edit, Ok(reply), head.revision, context),
            Err(error) => {
                let error = reason(error, &edit.envelope);
                unwritten(edit, Err(error), head.revision, context);
            }
        }
    }
    context.tell(Done::Strand { project, head, rest: edits, appended });
}

fn unwritten(edit: EditCall, result: Result<Reply, Error>, seen: Revision, context: &LaneContext) {
    context.tell(Done::Unwritten { edit: Box::new(edit), result, seen, long: false });
}

/// Hands an edit's record to the journal, with what it gives back once it is written.
fn append(
    edit: &EditCall,
    generation: u32,
    view: &Arc<View>,
    draft: &Draft,
    reply: Reply,
    appender: &Appender<Written>,
    context: &LaneContext,
) -> Result<(), Error> {
    let record = appender.encode(draft).map_err(|error| errors::encode(&error))?;
    let envelope = &edit.envelope;
    let answer = Ok(reply.clone());
    let encoded = call::encode(&envelope.id, envelope.form, answer, context.reply_bytes_max);
    let written = EditWritten {
        project: view.id,
        view: Arc::clone(view),
        ticket: envelope.ticket,
        author: Arc::clone(&envelope.principal.name),
        reply,
        encoded,
        key: edit.key,
        time_ms: draft.time_ms,
    };
    let appended = appender.append(record, generation, Written::Edit(Box::new(written)));
    appended.map_err(|rejected| errors::rejected(rejected.reason))
}

fn recover(lane: usize, context: &LaneContext) {
    let recovered = context.store.recover(&mut |done, total| {
        context.vitals.lane_beats(lane);
        // The newest figure is enough: one that finds no room is left out.
        if context.done.try_send(Done::Recovering { done, total }).is_ok() {
            context.wake.wake();
        }
    });
    if let Some(appender) = context.store.appender().cloned() {
        context.vitals.watch_journal(move || appender.pulse().current_call_started());
    }
    let recovered = recovered.map_err(|error| error.to_string());
    context.tell(Done::Recovered(Box::new(recovered)));
}

fn image(job: ImageJob, context: &LaneContext) {
    let (project, result) = match job {
        ImageJob::Project { view, keys } => {
            let saved = context.store.save(view.id, view.revision, &view.project, &keys);
            (view.id, saved)
        }
        ImageJob::Catalogue { state, keys } => {
            (ProjectId::CATALOGUE, context.store.save_catalogue(&state, &keys))
        }
    };
    context.tell(Done::Imaged { project, result: result.map_err(|error| error.to_string()) });
}
