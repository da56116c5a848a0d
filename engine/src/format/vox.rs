//! The MagicaVoxel `.vox` format, versions 150 and 200.
//!
//! Reading has two steps. [`parse`] checks the bytes and gives a [`VoxFile`] that borrows the voxel
//! records; [`import`] walks its scene graph and bakes every transform into volumes. Writing is one
//! step, [`export`]. Nothing here trusts a count, an id or a reference of a file, and every refusal
//! carries the byte offset at which it was found.

mod bake;
mod colours;
mod cursor;
mod dict;
mod error;
mod export;
mod import;
mod limits;
mod node;
mod outline;
mod palette;
mod parse;
mod placement;
mod plan;
mod quantize;
mod scene;
mod surface;
mod write;

pub use dict::Dict;
pub use error::{ChunkName, Limit, VoxError, VoxErrorKind};
pub use export::{ExportError, ExportLayer, ExportOptions, Exported, export};
pub use import::{ImportError, Imported, import, import_file};
pub use limits::VoxLimits;
pub use node::{Frame, Node, NodeKind, ShapeModel, Transform};
pub use palette::{Palette, default_palette};
pub use parse::{LayerEntry, MaterialEntry, Model, VoxFile, parse};
pub use placement::{Placement, Rotation};

/// The longest side of one model in a `.vox` file.
pub const MODEL_SIDE_MAX: u32 = 256;

/// Own key in a transform's dictionary: the group below it is one layer, cut into tiles.
///
/// Other programs skip keys they do not know.
const KEY_LAYER: &str = "goxe_layer";

/// Own key in a material's dictionary: the material's name. Where it is present every property
/// counts; without it only those do that belong to the material's type, because MagicaVoxel leaves
/// the values of former types behind.
const KEY_MATERIAL: &str = "goxe_material";

/// Own key in a material's dictionary: `1` for glass, which MagicaVoxel has only as a type.
const KEY_GLASS: &str = "goxe_glass";
