//! Replay: one project brought back from an image and the records after it.
//!
//! What the project is, [`State`] knows; here it is only that images and changes make one. Every
//! record is checked again: its bytes may have gone bad since recovery read them.

use std::borrow::Cow;
use std::io;

use thiserror::Error;

use super::blob::{self, BlobError};
use super::disk::Disk;
use super::image::{self, Image, ImageError};
use super::index::{Location, Plan, ProjectIndex};
use super::keys::{KeyLimits, Keys};
use super::record::{self, Record, RecordError, StoredChange};
use super::segment::{self, Window};
use super::{Corrupt, FORMAT, Lsn, ProjectId, Revision, chain};

/// Something that images and changes make.
pub trait State: Sized {
    /// Before the first change.
    fn start() -> Self;
    /// From an image's body.
    fn from_image(body: &[u8]) -> Result<Self, String>;
    /// After one more change.
    fn with_change(self, record: &Record<'_>, change: &[u8]) -> Result<Self, String>;
    /// How many changes made it.
    fn number(&self) -> u64;
}

/// A project that came back.
#[derive(Debug)]
pub struct Replayed<S> {
    /// The project.
    pub state: S,
    /// Its live keys.
    pub keys: Keys,
    /// Its last sound revision.
    pub revision: Revision,
    /// Where its journal stopped being sound, if it did: it is read-only.
    pub corrupt: Option<Corrupt>,
}

/// Why a project does not come back.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The disk does not give it.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A newer goxe wrote it.
    #[error("written by a newer goxe (format {found}, this one reads up to {FORMAT})")]
    Newer {
        /// The format it names.
        found: u16,
    },
    /// Sound bytes that make no project.
    #[error("revision {revision}: {reason}")]
    Refused {
        /// The revision that could not be made.
        revision: Revision,
        /// Why.
        reason: String,
    },
}

/// Brings a project back. `beat` is called often.
pub fn replay<S: State>(
    disk: &dyn Disk,
    project: ProjectId,
    index: &ProjectIndex,
    limits: &KeyLimits,
    now_ms: i64,
    beat: &mut dyn FnMut(),
) -> Result<Replayed<S>, ReplayError> {
    let mut replayed = base(disk, project, index)?;
    let plan = index.plan(replayed.revision);
    replayed.corrupt = plan.corrupt;
    apply(disk, project, &plan, &mut replayed, limits, beat)?;
    let Base { state, mut keys, revision, corrupt } = replayed;
    let state = state.ok_or_else(|| refused(revision, "the state was lost".to_owned()))?;
    keys.forget(now_ms, limits);
    Ok(Replayed { state, keys, revision, corrupt })
}

struct Base<S> {
    /// Taken while a change is applied.
    state: Option<S>,
    keys: Keys,
    revision: Revision,
    corrupt: Option<Corrupt>,
}

/// The newest image that is sound, or the start.
fn base<S: State>(
    disk: &dyn Disk,
    project: ProjectId,
    index: &ProjectIndex,
) -> Result<Base<S>, ReplayError> {
    for header in &index.images {
        let revision = header.revision;
        let Image { header, body, keys } = match image::read(disk, project, revision.number) {
            Ok(image) => image,
            Err(ImageError::Newer { found }) => return Err(ReplayError::Newer { found }),
            Err(error @ (ImageError::Malformed(_) | ImageError::Io(_))) => {
                tracing::error!(%project, %revision, %error, "an image is unsound");
                continue;
            }
        };
        let state = S::from_image(&body).map_err(|reason| refused(revision, reason))?;
        if state.number() != revision.number || header.revision != revision {
            return Err(refused(revision, "the image holds another revision".to_owned()));
        }
        return Ok(Base { state: Some(state), keys, revision, corrupt: None });
    }
    let (state, revision) = (Some(S::start()), Revision::START);
    Ok(Base { state, keys: Keys::default(), revision, corrupt: None })
}

fn apply<S: State>(
    disk: &dyn Disk,
    project: ProjectId,
    plan: &Plan,
    base: &mut Base<S>,
    limits: &KeyLimits,
    beat: &mut dyn FnMut(),
) -> Result<(), ReplayError> {
    let mut records = Records { disk, open: None };
    for location in &plan.records {
        beat();
        let Some(bytes) = records.read(location)? else {
            base.corrupt = Some(location.place());
            return Ok(());
        };
        let Some((record, change)) = check(disk, project, location, bytes)? else {
            base.corrupt = Some(location.place());
            return Ok(());
        };
        let state = base.state.take();
        let state = state.ok_or_else(|| refused(location.after, "no state".to_owned()))?;
        let state = state
            .with_change(&record, &change)
            .map_err(|reason| refused(location.after, reason))?;
        if state.number() != location.after.number {
            return Err(refused(location.after, "it makes another revision".to_owned()));
        }
        base.state = Some(state);
        base.revision = location.after;
        if let Some(key) = record.key {
            let (author, after) = (record.author, record.after);
            base.keys.insert(author, key, record.params, after, record.time_ms, record.answer);
            // Bounded while it grows; by the record's clock nothing is forgotten too early.
            base.keys.forget(record.time_ms, limits);
        }
    }
    Ok(())
}

fn refused(revision: Revision, reason: String) -> ReplayError {
    ReplayError::Refused { revision, reason }
}

/// A record and its change.
type Checked<'r> = (Record<'r>, Cow<'r, [u8]>);

/// A record and its change, if they are what recovery saw and the chain holds.
fn check<'r>(
    disk: &dyn Disk,
    project: ProjectId,
    location: &Location,
    bytes: &'r [u8],
) -> Result<Option<Checked<'r>>, ReplayError> {
    let record = match record::decode(bytes) {
        Ok(record) => record,
        Err(RecordError::Malformed(_)) => return Ok(None),
        Err(RecordError::Newer { found }) => return Err(ReplayError::Newer { found }),
    };
    let known = record.project == project
        && record.lsn == location.lsn
        && record.after == location.after
        && record.before.chain == location.chain_before;
    if !known {
        return Ok(None);
    }
    let change = match record.change {
        StoredChange::Inline(change) => Cow::Borrowed(change),
        StoredChange::Blob(stored) => match blob::read(disk, stored) {
            Ok(change) => Cow::Owned(change),
            Err(BlobError::Damaged(_)) => return Ok(None),
            Err(BlobError::Io(_, error)) => return Err(error.into()),
        },
    };
    let digest = chain::change_digest(&change);
    let after = record.before.next(project, record.author, record.time_ms, &digest);
    Ok((after == record.after).then_some((record, change)))
}

/// Reads records, mostly one after the other.
struct Records<'d> {
    disk: &'d dyn Disk,
    open: Option<(Lsn, Window<'d>)>,
}

impl Records<'_> {
    /// A record's bytes; none if its segment has become shorter, or is gone.
    fn read(&mut self, location: &Location) -> io::Result<Option<&[u8]>> {
        let first = location.segment;
        if self.open.as_ref().is_none_or(|(open, _)| *open != first) {
            let path = segment::path(first);
            let length = match self.disk.length(&path) {
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            self.open = Some((first, Window::new(self.disk, &path, length)));
        }
        let Some((_, window)) = &mut self.open else { return Ok(None) };
        let bytes = window.slice(location.offset, location.bytes)?;
        Ok((bytes.len() == location.bytes).then_some(bytes))
    }
}
