//! Every method of the wire, described once: name, role, cost, params, reply, documentation.
//!
//! The router, `goxe call`, the OpenRPC document and the reference pages are all made from
//! [`CATALOGUE`]; a method that is not listed here does not exist.

pub mod blob;
pub mod event;
pub mod guest;
pub mod history;
pub mod job;
pub mod layer;
pub mod project;
pub mod render;
pub mod system;
pub mod types;
pub mod voxel;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};

/// The right a peer needs to call a method. Each role includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May look, and change nothing.
    Read,
    /// May change projects.
    Edit,
    /// May do everything, backups and other principals' work included.
    Admin,
}

impl Role {
    /// The role's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Edit => "edit",
            Role::Admin => "admin",
        }
    }
}

/// Where a call runs, which follows from how long it can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// On the event loop: constant work on what the loop holds, reply at most 4 KiB.
    Inline,
    /// On a lane, against the newest snapshot.
    Read,
    /// On the strand of its project, and through the journal before it is answered.
    Edit,
    /// On a lane, with progress and cancel checks.
    Long,
}

impl Cost {
    /// The cost's name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Cost::Inline => "inline",
            Cost::Read => "read",
            Cost::Edit => "edit",
            Cost::Long => "long",
        }
    }
}

/// Whether raw bytes travel behind the JSON of a request or of its reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attachment {
    /// JSON only, both ways.
    None,
    /// The request may carry bytes.
    In,
    /// The reply may carry bytes.
    Out,
    /// Both may carry bytes.
    Both,
}

impl Attachment {
    /// Whether a request may carry an attachment.
    pub const fn allowed_in(self) -> bool {
        matches!(self, Attachment::In | Attachment::Both)
    }

    /// The name in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Attachment::None => "none",
            Attachment::In => "in",
            Attachment::Out => "out",
            Attachment::Both => "both",
        }
    }
}

/// One method: a type that ties its name to its params and reply.
pub trait Method {
    /// The name on the wire, `noun.verb`.
    const NAME: &'static str;
    /// What it does, for documents and `--help`.
    const DOC: &'static str;
    /// The right it needs.
    const ROLE: Role;
    /// Where it runs.
    const COST: Cost;
    /// Whether it changes what is stored; such a call may carry an idempotency key.
    const WRITES: bool;
    /// Whether bytes travel with it.
    const ATTACHMENT: Attachment;
    /// The params object.
    type Params: Serialize + DeserializeOwned + JsonSchema;
    /// The result.
    type Reply: Serialize + DeserializeOwned + JsonSchema;
}

/// A [`Method`] as a value.
#[derive(Clone, Copy, Debug)]
pub struct MethodInfo {
    /// The name on the wire.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// The right it needs.
    pub role: Role,
    /// Where it runs.
    pub cost: Cost,
    /// Whether it changes what is stored.
    pub writes: bool,
    /// Whether bytes travel with it.
    pub attachment: Attachment,
    /// The JSON Schema of its params.
    pub params: fn() -> Schema,
    /// The JSON Schema of its reply.
    pub reply: fn() -> Schema,
}

impl MethodInfo {
    const fn of<M: Method>() -> Self {
        MethodInfo {
            name: M::NAME,
            doc: M::DOC,
            role: M::ROLE,
            cost: M::COST,
            writes: M::WRITES,
            attachment: M::ATTACHMENT,
            params: schema::<M::Params>,
            reply: schema::<M::Reply>,
        }
    }

    /// The part of the name before the dot.
    pub fn noun(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

/// The JSON Schema (draft 2020-12) of a type, with everything inlined: clients resolve no `$ref`.
pub fn schema<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    SchemaGenerator::new(settings).into_root_schema_for::<T>()
}

/// The method of this name.
pub fn find(name: &str) -> Option<&'static MethodInfo> {
    CATALOGUE.iter().find(|method| method.name == name)
}

/// Declares a method type and implements [`Method`] for it; the doc comment is the method's DOC.
macro_rules! method {
    (
        $(#[doc = $doc:literal])+
        $type:ident = $name:literal, $role:ident, $cost:ident, $writes:literal, $attachment:ident,
        $params:ty => $reply:ty
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug)]
        pub struct $type;

        impl $crate::api::Method for $type {
            const NAME: &'static str = $name;
            const DOC: &'static str = concat!($($doc),+);
            const ROLE: $crate::api::Role = $crate::api::Role::$role;
            const COST: $crate::api::Cost = $crate::api::Cost::$cost;
            const WRITES: bool = $writes;
            const ATTACHMENT: $crate::api::Attachment = $crate::api::Attachment::$attachment;
            type Params = $params;
            type Reply = $reply;
        }
    };
}
pub(crate) use method;

macro_rules! catalogue {
    ($($module:ident::$type:ident),+ $(,)?) => {
        /// Every method, in the order of the reference.
        pub static CATALOGUE: &[MethodInfo] = &[$(MethodInfo::of::<$module::$type>()),+];
    };
}

catalogue![
    system::Hello,
    system::Echo,
    system::Status,
    system::Describe,
    system::Cancel,
    system::Backup,
    project::Create,
    project::List,
    project::Info,
    project::Rename,
    project::Delete,
    project::Restore,
    project::Purge,
    project::Import,
    project::Export,
    layer::List,
    layer::Create,
    layer::Delete,
    layer::Rename,
    layer::Show,
    layer::Hide,
    voxel::Edit,
    voxel::Write,
    voxel::Get,
    voxel::Read,
    voxel::Bounds,
    voxel::Count,
    voxel::Histogram,
    voxel::Find,
    render::Image,
    render::Turntable,
    history::List,
    history::Undo,
    history::Redo,
    history::Checkpoint,
    history::Forget,
    history::Restore,
    history::Outcome,
    job::List,
    job::Status,
    job::Cancel,
    blob::Create,
    blob::Write,
    blob::Read,
    blob::Delete,
    event::Subscribe,
    event::Unsubscribe,
];

#[cfg(test)]
mod tests;
