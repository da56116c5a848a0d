//! What a lane does with each kind of job.

use std::{sync::Arc, time::Instant};

use goxe_protocol::Error;

use super::{
    Done, FreeJob, ImageJob, ImportJob, Job, LaneContext, ReadJob, StrandJob, guard,
};
use crate::{
    call::{self, Envelope, Reply},
    edit::{EditCall, Ran, Source, Written},
    handlers::{FreeInput, ReadInput},
    journal::record::{self, Draft},
    view::View,
};

/// Places of the journal's queue that strands leave free, so that an append never has to wait:
/// several lanes append at a time.
const JOURNAL_ROOM_MIN: usize = 64;

pub(super) fn run(lane: usize, job: Job, context: &LaneContext) {
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
        Job::Discard(garbage) => {
            drop(garbage);
            context.tell(Done::Discarded);
        }
    }
}

fn read(lane: usize, job: ReadJob, context: &LaneContext) {
    let ReadJob { envelope, payload, run, view, name, read_only, long, background } = job;
    let mut pin = false;
    let result = envelope.is_wanted(Instant::now()).and_then(|()| {
        let mut progress = context.progress(lane, Some(&envelope), background);
        guard(|| {
            run(&mut ReadInput {
                params: payload.params(),
                view: &view,
                name: &name,
                read_only: read_only.as_deref(),
                progress: &mut progress,
                store: &context.store,
                reply_bytes_max: context.reply_bytes_max,
                render_pixels_max: context.render_pixels_max,
                pin: &mut pin,
            })
        })
    });
    let result = result.map_err(|error| reason(error, &envelope));
    if background {
        context.tell(Done::Finished { ticket: envelope.ticket, result });
        return;
    }
    let pin = pin.then_some(view);
    answer(&envelope, result, pin, long, context);
}

fn free(lane: usize, job: FreeJob, context: &LaneContext) {
    let FreeJob { envelope, payload, run, blob, backup, long } = job;
    let mut made = None;
    let result = envelope.is_wanted(Instant::now()).and_then(|()| {
        let mut progress = context.progress(lane, Some(&envelope), false);
        guard(|| {
            run(&mut FreeInput {
                params: payload.params(),
                attachment: payload.attachment(),
                blob: blob.as_ref(),
                backup: backup.as_deref(),
                principal: &envelope.principal,
                progress: &mut progress,
                store: &context.store,
                made: &mut made,
            })
        })
    });
    if let Some(blob) = made {
        // Before the answer, so that the id in it is known when the peer uses it.
        context.tell(Done::Blob(blob));
    }
    answer(&envelope, result.map_err(|error| reason(error, &envelope)), None, long, context);
}

/// Work that was cancelled because its deadline passed says so.
fn reason(error: Error, envelope: &Envelope) -> Error {
    match error.code {
        goxe_protocol::Code::Cancelled => {
            envelope.is_wanted(Instant::now()).err().unwrap_or(error)
        }
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
    context.tell(Done::Answered { ticket: envelope.ticket, encoded, pin, long });
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
            context.tell(Done::Unwritten { edit: Box::new(edit), result, long: true });
        }
    }
}

fn strand(lane: usize, job: StrandJob, context: &LaneContext) {
    let StrandJob { project, generation, mut head, mut edits, appender } = job;
    let mut appended = 0;
    while appender.room() >= JOURNAL_ROOM_MIN {
        let Some(mut edit) = edits.pop_front() else { break };
        let ran = edit.envelope.is_wanted(Instant::now()).and_then(|()| {
            // The progress borrows the envelope while the edit runs.
            let envelope = edit.envelope.clone();
            let mut progress = context.progress(lane, Some(&envelope), false);
            edit.run(&head, &context.engine, &mut progress)
        });
        match ran {
            Ok(Ran::Changed { view, draft, reply }) => {
                match written(&edit, generation, &view, &draft, reply, context) {
                    Ok((record, written)) => {
                        head = view;
                        appended += 1;
                        appender.append(record, generation, written);
                    }
                    Err(error) => unwritten(edit, Err(error), context),
                }
            }
            Ok(Ran::Unwritten(reply)) => unwritten(edit, Ok(reply), context),
            Err(error) => {
                let error = reason(error, &edit.envelope);
                unwritten(edit, Err(error), context);
            }
        }
    }
    context.tell(Done::Strand { project, generation, head, rest: edits, appended });
}

fn unwritten(edit: EditCall, result: Result<Reply, Error>, context: &LaneContext) {
    context.tell(Done::Unwritten { edit: Box::new(edit), result, long: false });
}

/// The record of an edit, and what the journal gives back with it.
fn written(
    edit: &EditCall,
    generation: u32,
    view: &Arc<View>,
    draft: &Draft,
    reply: Reply,
    context: &LaneContext,
) -> Result<(record::Encoded, Written), Error> {
    let record = context.store.encode(draft).map_err(|error| Error::internal(error.to_string()))?;
    let envelope = &edit.envelope;
    let reply_bytes_max = context.reply_bytes_max;
    let answer = Reply { json: reply.json.clone(), attachment: None };
    let encoded = call::encode(&envelope.id, envelope.form, Ok(reply), reply_bytes_max);
    let written = Written {
        project: view.id,
        generation,
        view: Arc::clone(view),
        ticket: envelope.ticket,
        id: envelope.id.clone(),
        form: envelope.form,
        author: Arc::clone(&envelope.principal.name),
        reply: answer,
        encoded,
        key: edit.key,
        time_ms: draft.time_ms,
    };
    Ok((record, written))
}

fn recover(lane: usize, context: &LaneContext) {
    let recovered = context.store.recover(&mut |done, total| {
        context.vitals.lane_beats(lane);
        // The newest figure is enough: one that finds no room is left out.
        if context.done.try_send(Done::Recovering { done, total }).is_ok() {
            context.wake.wake();
        }
    });
    context.tell(Done::Recovered(Box::new(recovered)));
}

fn image(job: ImageJob, context: &LaneContext) {
    let ImageJob { view, keys } = job;
    let result = context.store.save(&view, &keys).map_err(|error| error.to_string());
    let number = view.revision.number;
    context.tell(Done::Imaged { project: view.id, result: result.map(|()| number) });
}
