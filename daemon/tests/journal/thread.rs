//! The writer's thread, on a real folder.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::{Duration, Instant};

use goxe_daemon::journal::disk::Folder;
use goxe_daemon::journal::image::{self, ImageHeader};
use goxe_daemon::journal::keys::Keys;
use goxe_daemon::journal::recovery::recover;
use goxe_daemon::journal::replay::replay;
use goxe_daemon::journal::writer::{
    Appender, Completion, Durability, Journal, RejectReason, Settings,
};
use goxe_daemon::journal::{ProjectId, Revision};

use crate::mem_disk::MemDisk;
use crate::world::{Changes, LIMITS, START_MS, STORE, draft, settings};

type Ends = Receiver<Completion<u64>>;

fn spawn(
    disk: Arc<dyn goxe_daemon::journal::disk::Disk>,
    settings: Settings,
) -> (Journal<u64>, Ends) {
    let found = recover(&*disk, STORE, &mut |_, _| {}).unwrap();
    let (sender, ends): (Sender<_>, _) = channel();
    let completions = move |batch: Vec<_>| {
        for completion in batch {
            sender.send(completion).unwrap();
        }
    };
    (Journal::spawn(disk, found, settings, Box::new(completions)).unwrap(), ends)
}

/// One project's strand in a thread: edits on top of each other, without waiting.
fn strand(appender: &Appender<u64>, project: u32, count: u64) -> Revision {
    let project = ProjectId(project);
    let mut head = Revision::START;
    for serial in 0..count {
        let change = format!("{project} {serial} {}", "x".repeat((serial as usize % 50) * 60));
        let draft = draft(project, head, change.into_bytes(), serial);
        head = draft.after;
        loop {
            let record = appender.encode(&draft).unwrap();
            match appender.append(record, 0, serial) {
                Ok(()) => break,
                Err(rejected) => {
                    assert_eq!(rejected.reason, RejectReason::Busy);
                    std::thread::yield_now();
                }
            }
        }
    }
    head
}

#[test]
fn many_strands_write_one_journal() {
    for durability in [Durability::Sync, Durability::Interval(Duration::from_millis(5))] {
        let folder = tempfile::tempdir().unwrap();
        let disk = Arc::new(Folder::new(folder.path()));
        let settings = Settings { segment_bytes: 100_000, ..settings(durability) };
        let (journal, ends) = spawn(disk.clone(), settings);
        let strands: Vec<_> = (1..=4)
            .map(|project| {
                let appender = journal.handle();
                std::thread::spawn(move || strand(&appender, project, 100))
            })
            .collect();
        let heads: Vec<Revision> =
            strands.into_iter().map(|strand| strand.join().unwrap()).collect();
        let appender = journal.handle();
        appender.flush().unwrap();
        let counters = appender.status().counters();
        assert_eq!((counters.records, counters.queued_bytes), (400, 0));
        assert_eq!(counters.written, counters.durable);

        let located = appender.locate(ProjectId(1)).unwrap();
        assert_eq!(located.head, heads[0]);
        let back =
            replay::<Changes>(&*disk, ProjectId(1), &located.index, &LIMITS, START_MS, &mut || {});
        assert_eq!(back.unwrap().revision, heads[0], "loaded while the journal runs");

        journal.close().unwrap();
        let mut last = None;
        for completion in ends {
            let lsn = completion.outcome.unwrap();
            assert!(last < Some(lsn), "in journal order");
            last = Some(lsn);
        }
        assert!(appender.locate(ProjectId(1)).is_err(), "closed");
        let found = recover(&*disk, STORE, &mut |_, _| {}).unwrap();
        assert!(found.notes.is_empty(), "{:?}", found.notes);
        for (project, head) in (1..).zip(&heads) {
            let index = &found.projects[&ProjectId(project)];
            assert_eq!(index.head(), (*head, None));
        }
    }
}

#[test]
fn a_slow_sync_shows_in_the_pulse_and_a_full_queue_is_busy() {
    let (entered, enters) = channel();
    let (go, gate) = sync_channel::<()>(1000);
    let gate = std::sync::Mutex::new(gate);
    let mut disk = MemDisk::new(0);
    // The folder is made before syncs are slow.
    recover(&disk, STORE, &mut |_, _| {}).unwrap();
    disk.on_sync = Some(Arc::new(move || {
        entered.send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
    }));
    let settings = Settings { queue_max: 4, ..settings(Durability::Sync) };
    let (journal, ends) = spawn(Arc::new(disk), settings);
    let appender = journal.handle();
    assert_eq!(appender.pulse().current_call_started(), None, "idle");
    assert_eq!(appender.room(), 4);
    let before = Instant::now();
    let mut head = Revision::START;
    let mut append = |serial| {
        let draft = draft(ProjectId(1), head, vec![1], serial);
        let taken = appender.append(appender.encode(&draft).unwrap(), 0, serial);
        if taken.is_ok() {
            head = draft.after;
        }
        taken.map_err(|rejected| rejected.reason)
    };
    append(0).unwrap();
    enters.recv().unwrap();
    let started = appender.pulse().current_call_started().unwrap();
    assert!(started + Duration::from_millis(1) >= before, "in a call to the disk");
    for serial in 1..=4 {
        append(serial).unwrap();
    }
    assert_eq!(append(5), Err(RejectReason::Busy));
    assert_eq!(appender.room(), 0);
    for _ in 0..20 {
        go.send(()).unwrap();
    }
    for serial in 0..=4 {
        let end = ends.recv().unwrap();
        assert_eq!(end.ticket, serial);
        end.outcome.unwrap();
    }
    journal.close().unwrap();
    assert_eq!(append(6), Err(RejectReason::Closed));
}

#[test]
fn images_are_taken_while_the_journal_runs() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(Folder::new(folder.path()));
    let settings =
        Settings { segment_bytes: 10_000, ..settings(Durability::Interval(Duration::ZERO)) };
    let (journal, _ends) = spawn(disk.clone(), settings);
    let appender = journal.handle();
    let head = strand(&appender, 1, 300);
    appender.flush().unwrap();
    let many = appender.status().counters().segments;
    assert!(many > 3, "{many} segments");
    let located = appender.locate(ProjectId(1)).unwrap();
    let back: Changes =
        replay(&*disk, ProjectId(1), &located.index, &LIMITS, START_MS, &mut || {}).unwrap().state;
    let header =
        ImageHeader { store: STORE, project: ProjectId(1), revision: head, time_ms: START_MS };
    image::write(&*disk, &header, &back.body(), &Keys::default()).unwrap();
    appender.image_done(header).unwrap();
    appender.flush().unwrap();
    assert_eq!(appender.status().counters().segments, 1);
    journal.close().unwrap();
    let found = recover(&*disk, STORE, &mut |_, _| {}).unwrap();
    let index = &found.projects[&ProjectId(1)];
    assert_eq!(index.head(), (head, None));
}
