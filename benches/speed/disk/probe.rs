//! What the disk allows: records appended and synced, one by one and by groups.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a small edit takes in a journal.
const RECORD: [u8; 200] = [7; 200];

/// Appends a record and syncs it, again and again: the time that a tenth of the turns stay below.
pub fn append_and_sync(folder: &Path, duration: Duration) -> io::Result<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let mut times = Vec::new();
    let began = Instant::now();
    while began.elapsed() < duration {
        let turn = Instant::now();
        file.write_all(&RECORD)?;
        file.sync_data()?;
        times.push(turn.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 10])
}

/// What writers and the one that syncs for them share.
#[derive(Default)]
struct Group {
    state: Mutex<State>,
    /// There is something to write.
    filled: Condvar,
    /// Something became durable.
    synced: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    taken: u64,
    durable: u64,
    over: bool,
}

/// Records a second when so many writers each wait for their record to be durable.
pub fn group_commit(folder: &Path, writers: usize, duration: Duration) -> io::Result<f64> {
    let file = tempfile::tempfile_in(folder)?;
    let group = Group::default();
    thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| group.write_until_over());
        }
        group.sync_for(file, duration)
    })
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_until_over(&self) {
        let mut state = self.lock();
        while !state.over {
            state.waiting.extend_from_slice(&RECORD);
            state.taken += 1;
            let own = state.taken;
            self.filled.notify_one();
            while state.durable < own && !state.over {
                state = self.synced.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn sync_for(&self, mut file: File, duration: Duration) -> io::Result<f64> {
        let began = Instant::now();
        let mut batch = Vec::new();
        loop {
            let mut state = self.lock();
            while state.waiting.is_empty() {
                state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut state.waiting, &mut batch);
            let taken = state.taken;
            drop(state);
            let written = file.write_all(&batch).and_then(|()| file.sync_data());
            batch.clear();
            let mut state = self.lock();
            state.durable = taken;
            state.over = began.elapsed() >= duration || written.is_err();
            self.synced.notify_all();
            if state.over {
                return written.map(|()| taken as f64 / began.elapsed().as_secs_f64());
            }
        }
    }
}
