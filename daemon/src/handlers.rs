//! What each method does: one file for each noun, as in the catalogue of the protocol.

pub mod blob;
pub mod convert;
pub mod event;
pub mod history;
pub mod job;
pub mod layer;
pub mod project;
pub mod render;
pub mod system;
pub mod voxel;

use std::sync::{Arc, OnceLock};

use goxe_engine::progress::Progress;
use goxe_protocol::{
    Error,
    api::{self, MethodInfo},
};
use rustc_hash::FxHashMap;
use serde::de::DeserializeOwned;

use crate::{
    blobs::{Blob, BlobWrite, Shelf},
    call::{Payload, Principal, Reply},
    edit::{EditPlan, Written},
    errors,
    lanes::BackupInput,
    router::{Asked, Router},
    session::Session,
    store::Store,
    view::View,
};

/// What a read has at hand.
pub struct ReadInput<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The project at one revision.
    pub view: &'a Arc<View>,
    /// The project's name.
    pub name: &'a str,
    /// Why the project cannot be edited, if it cannot.
    pub read_only: Option<&'a str>,
    /// Cancel checks and progress.
    pub progress: &'a mut dyn Progress,
    /// Where answers larger than a frame go.
    pub shelf: &'a Shelf,
    /// Largest answer.
    pub reply_bytes_max: usize,
    /// Largest picture.
    pub render_pixels_max: u64,
    /// Set when the answer carries a cursor, so that the view is kept for the next page.
    pub pin: &'a mut bool,
    /// Set to a blob that was filled because the answer is larger than a frame.
    pub made: &'a mut Option<Arc<Blob>>,
    /// On whose behalf.
    pub principal: &'a Principal,
}

/// What an edit has at hand.
pub struct EditInput<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The attachment.
    pub attachment: Option<&'a [u8]>,
    /// The state it is prepared against.
    pub view: &'a View,
    /// Who makes it.
    pub author: &'a str,
}

/// What a call has at hand that concerns no project.
pub struct FreeInput<'a> {
    /// The params as JSON.
    pub params: &'a str,
    /// The attachment.
    pub attachment: Option<&'a [u8]>,
    /// What params and attachment take in memory.
    pub payload_bytes: usize,
    /// The blob that the params name.
    pub blob: Option<&'a Arc<Blob>>,
    /// Set to what was written to it; with room, the attachment is held.
    pub written: &'a mut Option<BlobWrite>,
    /// Every project, for a backup.
    pub backup: Option<&'a BackupInput>,
    /// On whose behalf.
    pub principal: &'a Principal,
    /// Cancel checks and progress.
    pub progress: &'a mut dyn Progress,
    /// Where blobs are made.
    pub shelf: &'a Shelf,
    /// Projects that are not in memory.
    pub store: &'a Store<Written>,
    /// Set to a blob that was made.
    pub made: &'a mut Option<Arc<Blob>>,
    /// Largest answer.
    pub reply_bytes_max: usize,
}

/// Answers on the loop.
pub type InlineFn = fn(&mut Router, &mut Session, &Asked<'_>) -> Result<Reply, Error>;
/// Answers from a snapshot.
pub type ReadFn = fn(&mut ReadInput<'_>) -> Result<Reply, Error>;
/// Answers without a project.
pub type FreeFn = fn(&mut FreeInput<'_>) -> Result<Reply, Error>;
/// Says what an edit is to do.
pub type EditFn = fn(&EditInput<'_>) -> Result<EditPlan, Error>;
/// Says what an import is to do; reading the content takes long.
pub type ImportFn = fn(&Payload, Option<&Blob>, &mut dyn Progress) -> Result<EditPlan, Error>;
/// Changes the catalogue.
pub type CatalogueFn = fn(&mut Router, &Asked<'_>) -> Result<crate::router::CataloguePlan, Error>;

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
    /// The same for work that takes long.
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

/// A method and how it is run.
pub struct Route {
    /// What the catalogue says of it.
    pub info: &'static MethodInfo,
    /// How it is run.
    pub handler: Handler,
}

/// Which handler a method has; a method of the catalogue without one fails a test.
fn handler(name: &str) -> Option<Handler> {
    Some(match name {
        "system.echo" => Handler::Echo,
        "system.hello" => Handler::Inline(system::hello),
        "system.status" => Handler::Inline(system::status),
        "system.describe" => Handler::Free(system::describe),
        "system.cancel" => Handler::Inline(system::cancel),
        "system.backup" => Handler::LongFree(system::backup),
        "project.create" => Handler::Catalogue(project::create),
        "project.list" => Handler::Inline(project::list),
        "project.info" => Handler::Read(project::info),
        "project.rename" => Handler::Catalogue(project::rename),
        "project.delete" => Handler::Catalogue(project::delete),
        "project.restore" => Handler::Catalogue(project::restore),
        "project.purge" => Handler::Catalogue(project::purge),
        "project.import" => Handler::Import(project::import),
        "project.export" => Handler::Long(project::export),
        "layer.list" => Handler::Read(layer::list),
        "layer.create" => Handler::Edit(layer::create),
        "layer.delete" => Handler::Edit(layer::delete),
        "layer.rename" => Handler::Edit(layer::rename),
        "layer.show" => Handler::Edit(layer::show),
        "layer.hide" => Handler::Edit(layer::hide),
        "voxel.edit" => Handler::Edit(voxel::edit),
        "voxel.write" => Handler::Edit(voxel::write),
        "voxel.get" => Handler::Read(voxel::get),
        "voxel.read" => Handler::Read(voxel::read),
        "voxel.bounds" => Handler::Read(voxel::bounds),
        "voxel.count" => Handler::Read(voxel::count),
        "voxel.histogram" => Handler::Read(voxel::histogram),
        "voxel.find" => Handler::Read(voxel::find),
        "render.image" => Handler::Long(render::image),
        "render.turntable" => Handler::Long(render::turntable),
        "history.list" => Handler::Read(history::list),
        "history.undo" => Handler::Edit(history::undo),
        "history.redo" => Handler::Edit(history::redo),
        "history.checkpoint" => Handler::Edit(history::checkpoint),
        "history.forget" => Handler::Edit(history::forget),
        "history.restore" => Handler::Edit(history::restore),
        "history.outcome" => Handler::Inline(history::outcome),
        "job.list" => Handler::Inline(job::list),
        "job.status" => Handler::Wait,
        "job.cancel" => Handler::Inline(job::cancel),
        "blob.create" => Handler::Free(blob::create),
        "blob.write" => Handler::Free(blob::write),
        "blob.read" => Handler::Free(blob::read),
        "blob.delete" => Handler::Inline(blob::delete),
        "event.subscribe" => Handler::Inline(event::subscribe),
        "event.unsubscribe" => Handler::Inline(event::unsubscribe),
        _ => return None,
    })
}

/// The method of this name and how it is run.
#[inline]
pub fn route(name: &str) -> Option<&'static Route> {
    static ROUTES: OnceLock<FxHashMap<&'static str, Route>> = OnceLock::new();
    let routes = ROUTES.get_or_init(|| {
        let methods = api::CATALOGUE.iter();
        let routes = methods.filter_map(|info| Some((info.name, handler(info.name)?, info)));
        routes.map(|(name, handler, info)| (name, Route { info, handler })).collect()
    });
    routes.get(name)
}

/// Reads a method's params.
pub fn parse<T: DeserializeOwned>(params: &str) -> Result<T, Error> {
    serde_json::from_str(params).map_err(|error| errors::params(&error))
}

#[cfg(test)]
mod tests {
    use goxe_protocol::api::Cost;

    use super::*;

    #[test]
    fn every_method_has_a_handler_that_fits_its_cost() {
        for info in api::CATALOGUE {
            let handler = handler(info.name).unwrap_or_else(|| panic!("{} has none", info.name));
            let fits = match handler {
                Handler::Echo | Handler::Inline(_) | Handler::Wait => info.cost == Cost::Inline,
                Handler::Read(_) | Handler::Free(_) => info.cost == Cost::Read,
                Handler::Long(_) | Handler::LongFree(_) => info.cost == Cost::Long,
                Handler::Import(_) => info.cost == Cost::Long && info.writes,
                Handler::Edit(_) | Handler::Catalogue(_) => info.cost == Cost::Edit,
            };
            assert!(fits, "{} does not run where the catalogue says", info.name);
        }
    }
}
