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
//! | [`mesh`] | surfaces as rectangles |
//! | [`material`], [`layer`], [`content`] | named volumes, what voxels are made of, both together |
//! | [`project`] | a document: content, history and revision |
//! | [`edit`], [`change`], [`history`] | edits as data, what they change, undo and checkpoints |
//! | [`image`] | a whole project as bytes |
//! | [`limits`], [`error`] | every bound, and what can go wrong |
//! | [`mod@format`] | files of other programs, read and written |
//! | [`progress`] | how long work is watched and cancelled |

pub mod change;
pub mod chunk;
pub mod content;
pub mod coords;
pub mod edit;
pub mod error;
pub mod format;
pub mod history;
pub mod image;
pub mod layer;
pub mod limits;
pub mod material;
pub mod mesh;
pub mod progress;
pub mod project;
pub mod query;
pub mod render;
pub mod shape;
pub mod volume;
pub mod voxel;
