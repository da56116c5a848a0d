//! What one `.vox` file may cost.

/// Bounds on one import. They are checked before memory is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoxLimits {
    /// Models in the file.
    pub models_max: u32,
    /// Nodes in the file, and visits to them while the scene is walked: a node that several
    /// parents share is visited once for each.
    pub nodes_max: u32,
    /// Models placed in the scene; each becomes a layer.
    pub instances_max: u32,
    /// Nodes within nodes; a group in MagicaVoxel is two of them.
    pub depth_max: u32,
    /// Voxels of all layers together, shared or not; and voxel records read, which may repeat.
    pub voxels_max: u64,
    /// Memory of all layers together; shared chunks count once.
    pub bytes_max: u64,
}

impl Default for VoxLimits {
    fn default() -> Self {
        Self {
            models_max: 1 << 16,
            nodes_max: 1 << 18,
            instances_max: 1 << 12,
            depth_max: 256,
            voxels_max: 1 << 28,
            bytes_max: 1 << 31,
        }
    }
}
