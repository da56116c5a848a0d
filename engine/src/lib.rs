//! The voxel engine of goxe.

pub mod format;
