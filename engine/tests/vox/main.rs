//! The `.vox` format against dot_vox, another project's reader and writer, and against bad files.

mod chunks;
mod corpus;
mod limits;
mod mutation;
mod oracle;
mod refusals;
mod round_trip;
mod samples;
mod scenes;
mod speed;
