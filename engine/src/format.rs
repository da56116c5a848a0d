//! File formats: each one turns bytes into layers and materials, and back.

pub mod glb;
pub mod obj;
mod surface;
pub mod vox;

pub use surface::SurfaceError;
pub use vox::ExportLayer;
