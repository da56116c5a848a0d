//! What a client can read: the state of the daemon, its projects, jobs, pictures, and a guide.
//!
//! ```text
//! resources/list -> the fixed ones, then one for each project of a daemon that runs
//! resources/read -> Address -> a method of the daemon, or what this process holds -> contents
//! ```

mod read;
pub mod recent;
pub mod renders;
pub mod uri;

use std::sync::Arc;

use rmcp::{
    ErrorData,
    model::{Annotations, ReadResourceResult, Resource, ResourceTemplate, Role},
};
use tokio_util::sync::CancellationToken;

use crate::{
    daemon::Daemon,
    names,
    source::{Listed, page::rest},
};
use recent::Recent;
use renders::Renders;
pub use uri::Address;

/// What text is.
const JSON: &str = "application/json";
/// What the guide is.
const MARKDOWN: &str = "text/markdown";
/// What a picture is.
const PNG: &str = "image/png";

/// The resources of one server.
#[derive(Clone)]
pub struct Resources {
    /// Where most of them are.
    pub daemon: Arc<dyn Daemon>,
    /// The pictures of this session.
    pub renders: Arc<Renders>,
    /// What happened last.
    pub recent: Arc<Recent>,
}

impl Resources {
    /// At most `count_max` resources in the order of their keys: those that are always there, then
    /// the projects by name.
    pub async fn list(&self, after: Option<&str>, count_max: usize) -> Vec<Listed<Resource>> {
        // The first letter of a key keeps the two kinds apart.
        let fixed = FIXED.iter().map(|fixed| Listed {
            key: format!("0{}", fixed.address.uri()),
            item: fixed.resource(),
        });
        let mut listed = rest(fixed.collect(), after, count_max);
        let left = count_max - listed.len();
        if left > 0 {
            let after = after.and_then(|after| after.strip_prefix('1'));
            let names = names::projects(&*self.daemon, after, left).await;
            listed.extend(names.into_iter().map(|name| {
                Listed {
                    key: format!("1{name}"),
                    item: Resource::new(Address::Project(name.clone()).uri(), name)
                        .with_description("A project: revision, bounds, layers, checkpoints")
                        .with_mime_type(JSON),
                }
            }));
        }
        listed
    }

    /// Reads a resource. None if it is not there, or is none of these.
    pub async fn read(
        &self,
        uri: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<ReadResourceResult>, ErrorData> {
        match Address::parse(uri) {
            Some(address) => read::read(self, uri, &address, cancel).await,
            None => Ok(None),
        }
    }
}

/// The templates of resources.
pub fn templates() -> Vec<ResourceTemplate> {
    let template = |uri: &str, name: &str, description: &str, kind: &str| {
        ResourceTemplate::new(uri, name).with_description(description).with_mime_type(kind)
    };
    vec![
        template("goxe://jobs/{id}", "job", "Work in the background: how far it is", JSON),
        template(
            "goxe://projects/{project}",
            "project",
            "A project: revision, bounds, voxel count, layers, checkpoints",
            JSON,
        ),
        template(
            "goxe://projects/{project}/layers/{layer}",
            "layer",
            "A layer: its group, whether it is shown, its voxels, its bounds",
            JSON,
        ),
        template(
            "goxe://renders/{id}.png",
            "render",
            "A picture: one of the newest of this session, or what a render job made",
            PNG,
        ),
    ]
}

/// A resource that is always there.
struct Fixed {
    address: Address,
    name: &'static str,
    title: &'static str,
    description: &'static str,
    kind: &'static str,
    /// For whom it is, and how much it matters from 0 to 1.
    audience: &'static [Role],
    priority: f32,
}

const FIXED: [Fixed; 5] = [
    Fixed {
        address: Address::Config,
        name: "config",
        title: "Configuration",
        description: "The effective configuration, with the origin of every value",
        kind: JSON,
        audience: &[Role::User],
        priority: 0.2,
    },
    Fixed {
        address: Address::Events,
        name: "events",
        title: "Recent events",
        description: "What was edited and what happened to the daemon, newest last",
        kind: JSON,
        audience: &[Role::User, Role::Assistant],
        priority: 0.4,
    },
    Fixed {
        address: Address::Guide,
        name: "guide",
        title: "Building well",
        description: "How to build good voxel models with these tools",
        kind: MARKDOWN,
        audience: &[Role::Assistant],
        priority: 0.9,
    },
    Fixed {
        address: Address::Projects,
        name: "projects",
        title: "Projects",
        description: "The projects by name, with their revisions",
        kind: JSON,
        audience: &[Role::User, Role::Assistant],
        priority: 0.6,
    },
    Fixed {
        address: Address::Status,
        name: "status",
        title: "Status",
        description: "How the engine and this bridge are; works when everything is down",
        kind: JSON,
        audience: &[Role::User, Role::Assistant],
        priority: 0.5,
    },
];

impl Fixed {
    fn resource(&self) -> Resource {
        let annotations = Annotations::default()
            .with_audience(self.audience.to_vec())
            .with_priority(self.priority);
        Resource::new(self.address.uri(), self.name)
            .with_title(self.title)
            .with_description(self.description)
            .with_mime_type(self.kind)
            .with_annotations(annotations)
    }
}
