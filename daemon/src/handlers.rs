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
mod weight;

use std::sync::OnceLock;

use goxe_protocol::api;
use rustc_hash::FxHashMap;

use crate::router::route::{Handler, Route};

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
        routes
            .map(|(name, handler, info)| (name, Route { info, handler, weigh: weight::of(name) }))
            .collect()
    });
    routes.get(name)
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
