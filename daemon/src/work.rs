//! What is done on lanes: the jobs that the router asks for, what each kind of call has at hand, and
//! what comes back. Router and lanes share these words, and neither owns them.

mod call;
mod done;
mod job;

pub use self::{
    call::{
        FreeFn, FreeInput, ImportFn, PendingRead, ReadFn, ReadInput, WeighFn, Weighing, Weight,
    },
    done::{Done, Note, Told},
    job::{
        BackupInput, FreeJob, ImageJob, ImportJob, Job, Kept, ParseJob, ReadJob, Size, StrandJob,
        Work,
    },
};
