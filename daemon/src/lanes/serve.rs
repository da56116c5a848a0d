//! What a lane does with each kind of work.

use std::{
    io::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use goxe_protocol::{Code, Error};

use super::{LaneContext, Loan, progress::LaneProgress};
use crate::{
    blobs::{Blob, BlobWrite},
    call::{self, Encoded, Envelope, Payload, Reply},
    clock::Now,
    edit::{EditCall, EditWritten, Ran, Source, Written},
    errors,
    garbage::Garbage,
    guard::guard,
    journal::{ProjectId, Revision, record::Draft, writer::Appender},
    parse::parse,
    slice::Slice,
    view::View,
    work::{
        Done, FreeInput, FreeJob, ImageJob, ImportJob, Job, ParseJob, ReadInput, ReadJob, Size,
        StrandJob, Told, Work,
    },
};

/// Places of the journal's queue that strands leave free, so that an append never has to wait:
/// several lanes append at a time.
const JOURNAL_ROOM_MIN: usize = 64;

/// Answers up to here a lane sends itself.
const DIRECT_BYTES_MAX: usize = 64 << 10;

/// A strand that ran for so long makes room for others before its next edit.
const STRAND_TIME: Duration = Duration::from_millis(5);

/// Where so much is freed at once, it may have to be given back to the system.
const GIVE_BACK_BYTES_MIN: usize = 1 << 20;

/// Does a job on lane `lane`, and hands back what came of it. Of a short read a peer's socket may be
/// lent for the answer.
pub fn run(lane: usize, job: Job, loan: Option<&Loan>, context: &LaneContext) {
    let Job { work, size, bytes } = job;
    let done = match work {
        Work::Read(job) => {
            read(lane, job, size, loan, context);
            return give_back(bytes, context);
        }
        Work::Free(job) => free(lane, job, context),
        Work::Import(job) => import(lane, *job, context),
        Work::Strand(job) => strand(lane, *job, size, context),
        Work::Load(project) => {
            let loaded = context.store.load(project, &mut || context.vitals.lane_beats(lane));
            Done::Loaded { project, loaded }
        }
        Work::Recover => recover(lane, context),
        Work::Image(job) => image(*job, context),
        Work::Parse(job) => {
            let ParseJob { peer, frame, limits, .. } = *job;
            let parsed = Box::new(parse(&frame, &limits));
            Done::Parsed { peer, frame, parsed }
        }
        Work::Reset { project, generation, appender } => {
            if appender.reset(project, generation).is_err() {
                tracing::warn!(%project, "the journal is closed: the project takes no more edits");
            }
            Done::Reset(project)
        }
        Work::Purge { project, appender } => {
            if appender.purge(project).is_err() {
                tracing::warn!(%project, "the journal is closed: its files are removed later");
            }
            Done::Discarded
        }
        Work::Discard(garbage) => {
            let freed = garbage.iter().map(Garbage::bytes).sum();
            drop(garbage);
            give_back(freed, context);
            Done::Discarded
        }
        Work::GiveBack => {
            context.memory.give_all_back();
            Done::Discarded
        }
    };
    context.end(size, done);
    give_back(bytes, context);
}

/// Looks whether the allocator keeps too much, after so much was used or freed.
fn give_back(bytes: usize, context: &LaneContext) {
    if bytes >= GIVE_BACK_BYTES_MIN {
        context.memory.give_back();
    }
}

fn read(lane: usize, job: Box<ReadJob>, size: Size, loan: Option<&Loan>, context: &LaneContext) {
    let (mut pin, mut made) = (false, None);
    let ReadJob { envelope, payload, run, view, name, read_only, background } = &*job;
    let mut progress = LaneProgress::new(context, lane, Some(envelope), *background, size);
    let result = envelope.is_wanted(Instant::now()).and_then(|()| {
        guard(|| {
            run(&mut ReadInput {
                params: payload.params(),
                view,
                name,
                read_only: read_only.as_deref(),
                progress: &mut progress,
                shelf: &context.shelf,
                reply_bytes_max: context.reply_bytes_max,
                render_pixels_max: context.render_pixels_max,
                export_bytes_max: context.export_bytes_max,
                pin: &mut pin,
                made: &mut made,
                principal: &envelope.principal,
            })
        })
    });
    if result.is_err() && progress.is_outgrown() {
        return context.end(size, Done::Outgrown(Box::new(Work::Read(job))));
    }
    let ReadJob { envelope, payload, view, background, .. } = *job;
    let result = result.map_err(|error| reason(error, &envelope));
    drop(payload);
    if let Some(blob) = made {
        context.tell(Done::Blob(blob));
    }
    let ticket = envelope.ticket;
    if background {
        let charge = envelope.charge;
        return context.end(size, Done::Finished { ticket, result, charge });
    }
    let pin = pin.then_some(view);
    let encoded = encoded(&envelope, result, context);
    let ordinary =
        pin.is_none() && encoded.attachment.is_none() && encoded.head.len() <= DIRECT_BYTES_MAX;
    match loan.filter(|_| ordinary).and_then(Loan::take) {
        Some(stream) => send(stream, encoded.head, ticket, size, context),
        None => {
            let (charge, lent) = (envelope.charge, loan.is_some());
            context.end(size, Done::Answered { ticket, encoded, charge, pin, lent });
        }
    }
}

/// Sends an answer itself: all at once, or as much as the socket takes.
fn send(
    mut stream: &crate::stream::Stream,
    mut head: Vec<u8>,
    ticket: call::Ticket,
    size: Size,
    context: &LaneContext,
) {
    match stream.write(&head) {
        Ok(sent) if sent == head.len() => context.end_sent(size, ticket),
        // What went wrong with the socket, the loop finds out when it sends the rest.
        Ok(sent) => {
            let rest = Some(head.split_off(sent));
            context.end(size, Done::Sent { ticket, rest });
        }
        Err(_) => context.end(size, Done::Sent { ticket, rest: Some(head) }),
    }
}

/// The answer to a call as it is sent; from now on the call takes as much memory as that.
fn encoded(envelope: &Envelope, result: Result<Reply, Error>, context: &LaneContext) -> Encoded {
    let encoded = call::encode(&envelope.id, envelope.form, result, context.reply_bytes_max);
    if let Some(charge) = &envelope.charge {
        charge.set(encoded.bytes());
    }
    encoded
}

fn free(lane: usize, job: Box<FreeJob>, context: &LaneContext) -> Done {
    let FreeJob { envelope, payload, run, blob, backup } = *job;
    let (mut made, mut written) = (None, None);
    // It cannot be begun again: it may have written.
    let mut progress = LaneProgress::new(context, lane, Some(&envelope), false, Size::Long);
    let result = envelope.is_wanted(Instant::now()).and_then(|()| {
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
    match (blob, written) {
        (Some(blob), Some(written)) => tell_written(blob, written, payload, context),
        (None, _) | (_, None) => drop(payload),
    }
    let encoded = encoded(&envelope, result.map_err(|error| reason(error, &envelope)), context);
    let (ticket, charge) = (envelope.ticket, envelope.charge);
    Done::Answered { ticket, encoded, charge, pin: None, lent: false }
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
        Code::Cancelled => envelope.is_wanted(Instant::now()).err().unwrap_or(error),
        _ => error,
    }
}

fn import(lane: usize, job: ImportJob, context: &LaneContext) -> Done {
    let ImportJob { mut edit, run, blob } = job;
    let planned = edit.envelope.is_wanted(Instant::now()).and_then(|()| {
        let envelope = Some(&edit.envelope);
        let mut progress = LaneProgress::new(context, lane, envelope, false, Size::Long);
        guard(|| run(&edit.payload, blob.as_deref(), &mut progress))
    });
    match planned {
        Ok(plan) => {
            edit.source = Source::Ready(Some(Box::new(plan)));
            Done::Imported(Box::new(edit))
        }
        Err(error) => {
            let error = reason(error, &edit.envelope);
            Done::NotImported(Box::new(edit), error)
        }
    }
}

fn strand(lane: usize, job: StrandJob, size: Size, context: &LaneContext) -> Done {
    let StrandJob { project, generation, mut head, mut edits, appender } = job;
    let (began, mut appended, mut outgrown) = (Instant::now(), 0, false);
    while appender.has_room(JOURNAL_ROOM_MIN) && began.elapsed() < STRAND_TIME {
        let Some(mut edit) = edits.pop_front() else { break };
        if let Err(error) = edit.envelope.is_wanted(Instant::now()) {
            unwritten(edit, Err(error), Revision::START, context);
            continue;
        }
        // The progress borrows the envelope while the edit runs.
        let envelope = edit.envelope.clone();
        let mut progress = LaneProgress::new(context, lane, Some(&envelope), false, size);
        match edit.run(&head, &context.engine, &mut progress, Now::read().unix_ms) {
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
            Err(_) if progress.is_outgrown() => {
                outgrown = true;
                edits.push_front(edit);
                break;
            }
            Err(error) => {
                let error = reason(error, &edit.envelope);
                unwritten(edit, Err(error), head.revision, context);
            }
        }
    }
    Done::Strand { project, head, rest: edits, outgrown, appended }
}

fn unwritten(edit: EditCall, result: Result<Reply, Error>, seen: Revision, context: &LaneContext) {
    context.tell(Done::Unwritten { edit: Box::new(edit), result, seen });
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

fn recover(lane: usize, context: &LaneContext) -> Done {
    let recovered = context.store.recover(&mut |done, total| {
        context.vitals.lane_beats(lane);
        // The newest figure is enough: one that finds no room is left out.
        let told = Told { done: Done::Recovering { done, total }, frees: None };
        if context.done.try_send(told).is_ok() {
            context.wake.wake();
        }
    });
    if let Some(appender) = context.store.appender().cloned() {
        context.vitals.watch_journal(move || appender.pulse().current_call_started());
    }
    Done::Recovered(Box::new(recovered.map_err(|error| error.to_string())))
}

fn image(job: ImageJob, context: &LaneContext) -> Done {
    let (project, result) = match job {
        ImageJob::Project { view, keys } => {
            let saved = context.store.save(view.id, view.revision, &view.project, &keys);
            (view.id, saved)
        }
        ImageJob::Catalogue { state, keys } => {
            (ProjectId::CATALOGUE, context.store.save_catalogue(&state, &keys))
        }
    };
    Done::Imaged { project, result: result.map_err(|error| error.to_string()) }
}
