//! File formats: each one turns bytes into layers and materials, and back.

pub mod vox;
