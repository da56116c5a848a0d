//! `goxe demo`
pub mod scene;
