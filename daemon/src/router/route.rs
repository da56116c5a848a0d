//! How each method is run. The table of names is the handlers'; the router is handed it.

use goxe_protocol::{Error, api::MethodInfo};

use super::{Asked, CataloguePlan, Router};
use crate::{
    call::Reply,
    edit::EditFn,
    session::{Kind, Session},
    work::{FreeFn, ImportFn, ReadFn, WeighFn},
};

/// Answers on the loop.
pub type InlineFn = fn(&mut Router, &mut Session, &Asked<'_>) -> Result<Reply, Error>;
/// Changes the catalogue.
pub type CatalogueFn = fn(&mut Router, &Asked<'_>) -> Result<CataloguePlan, Error>;

/// How a method is run.
#[derive(Clone, Copy)]
pub enum Handler {
    /// `system.echo`: as fast as bytes go.
    Echo,
    /// On the loop.
    Inline(InlineFn),
    /// `job.status`: on the loop, perhaps later.
    Wait,
    /// On a lane, from a snapshot of its project.
    Read(ReadFn),
    /// The same for work that takes long, and can be asked for in the background.
    Long(ReadFn),
    /// On a lane, without a project.
    Free(FreeFn),
    /// The same for work that takes long.
    LongFree(FreeFn),
    /// On its project's strand.
    Edit(EditFn),
    /// On a lane first, then on its project's strand.
    Import(ImportFn),
    /// On the loop, then through the journal.
    Catalogue(CatalogueFn),
}

impl Handler {
    /// What later calls of the same peer may have to wait for.
    pub(super) fn kind(self) -> Kind {
        match self {
            Handler::Edit(_) | Handler::Import(_) => Kind::Edit,
            Handler::Catalogue(_) => Kind::Naming,
            Handler::Echo
            | Handler::Inline(_)
            | Handler::Wait
            | Handler::Read(_)
            | Handler::Long(_)
            | Handler::Free(_)
            | Handler::LongFree(_) => Kind::Read,
        }
    }

    /// Whether it takes long.
    pub(super) fn is_long(self) -> bool {
        match self {
            Handler::Long(_) | Handler::LongFree(_) | Handler::Import(_) => true,
            Handler::Echo
            | Handler::Inline(_)
            | Handler::Wait
            | Handler::Read(_)
            | Handler::Free(_)
            | Handler::Edit(_)
            | Handler::Catalogue(_) => false,
        }
    }
}

/// A method and how it is run.
pub struct Route {
    /// What the catalogue says of it.
    pub info: &'static MethodInfo,
    /// How it is run.
    pub handler: Handler,
    /// What it may take.
    pub weigh: WeighFn,
}
