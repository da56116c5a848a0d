//! The voxel engine of goxe: what voxels are, how they are stored, changed, asked about and drawn.
//!
//! It is pure: it knows no socket, clock, thread or file. Times and authors are passed in, long work
//! asks a [`progress::Progress`] whether to go on.
//!
//! | module | holds |
//! |---|---|
//! | [`coords`] | positions of voxels and chunks, boxes of them |
//! | [`voxel`], [`chunk`], [`volume`] | one cell, a cube of 16^3 cells, a sparse world of chunks |
//! | [`shape`] | which voxels a box, an ellipsoid, a cylinder or a line covers |
//! | [`query`] | reading: regions, counts, histograms, searches, differences |
//! | [`render`] | pictures |
//! | [`progress`] | how long work is watched and cancelled |

pub mod chunk;
pub mod coords;
pub mod progress;
pub mod volume;
pub mod voxel;
