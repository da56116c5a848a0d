//! Why a `.vox` file was refused, and at which byte.

use std::fmt;

use thiserror::Error;

/// A refusal of a `.vox` file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}, at byte {offset}")]
pub struct VoxError {
    /// Where in the file it was found; never beyond the file's end.
    pub offset: usize,
    /// What was found and what was expected.
    pub kind: VoxErrorKind,
}

impl VoxError {
    /// A refusal at `offset`.
    pub(super) fn new(offset: usize, kind: VoxErrorKind) -> Self {
        Self { offset, kind }
    }
}

/// What is wrong with a `.vox` file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VoxErrorKind {
    /// The first four bytes are not `VOX `.
    #[error("not a .vox file: it does not begin with \"VOX \"")]
    Magic,
    /// A version that nobody described.
    #[error("version {found} is not supported, expected 150 or 200")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// The first chunk is not MAIN.
    #[error("the first chunk is {found}, expected MAIN")]
    MainMissing {
        /// The chunk that stands there.
        found: ChunkName,
    },
    /// The bytes end inside a value.
    #[error("cut off: {what} needs {needed} bytes and {left} are left")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Its size in bytes.
        needed: usize,
        /// The bytes that are left.
        left: usize,
    },
    /// A chunk says it is longer than the chunk around it.
    #[error("chunk {chunk} of {size} bytes does not fit into the {left} bytes left")]
    PastParent {
        /// The chunk.
        chunk: ChunkName,
        /// Content and children together.
        size: u64,
        /// The bytes left in its parent.
        left: usize,
    },
    /// A count that the bytes after it cannot hold.
    #[error("{count} {what} do not fit into the {left} bytes left")]
    Count {
        /// What is counted.
        what: &'static str,
        /// The count in the file.
        count: u32,
        /// The bytes left.
        left: usize,
    },
    /// A side of a model is 0 or above 256.
    #[error("a model of {} x {} x {} voxels, expected sides of 1 to 256", .size[0], .size[1], .size[2])]
    Size {
        /// The size in the file.
        size: [u32; 3],
    },
    /// Voxels without a size before them.
    #[error("an XYZI chunk without a SIZE chunk before it")]
    SizeMissing,
    /// A size without voxels after it.
    #[error("a SIZE chunk without an XYZI chunk after it")]
    VoxelsMissing,
    /// A voxel outside its model.
    #[error("voxel {}, {}, {} is outside of its model of {} x {} x {}",
        .voxel[0], .voxel[1], .voxel[2], .size[0], .size[1], .size[2])]
    VoxelOutside {
        /// Its position.
        voxel: [u8; 3],
        /// The model's size.
        size: [u32; 3],
    },
    /// A voxel of colour 0, which means empty.
    #[error("a voxel of colour 0, expected 1 to 255")]
    ColourZero,
    /// Two nodes with one id.
    #[error("node {id} appears twice")]
    NodeDuplicate {
        /// The id.
        id: u32,
    },
    /// A node is its own descendant.
    #[error("node {id} contains itself")]
    NodeCycle {
        /// The id.
        id: u32,
    },
    /// A reference to a node that is not in the file.
    #[error("node {id} is referred to and missing")]
    NodeMissing {
        /// The id.
        id: u32,
    },
    /// A shape refers to a model that is not in the file.
    #[error("model {model} is referred to, and the file has {models}")]
    ModelMissing {
        /// The model's number, from 0.
        model: u32,
        /// How many there are.
        models: usize,
    },
    /// A rotation that is no signed permutation.
    #[error("\"{text}\" is not a rotation")]
    Rotation {
        /// The value, shortened.
        text: String,
    },
    /// A translation that is not three whole numbers.
    #[error("\"{text}\" is not a translation, expected three whole numbers")]
    Translation {
        /// The value, shortened.
        text: String,
    },
    /// A voxel would land outside of the coordinates of a project.
    #[error("layer \"{layer}\" reaches to {}, {}, {}, outside of the coordinates of a project",
        .position[0], .position[1], .position[2])]
    OutOfRange {
        /// The layer.
        layer: String,
        /// A corner of the 16^3 cube that lies outside.
        position: [i64; 3],
    },
    /// More of something than the caller allows.
    #[error("more than {max} {limit}")]
    TooMany {
        /// Of what.
        limit: Limit,
        /// The limit.
        max: u64,
    },
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Models in the file.
    Models,
    /// Nodes in the file, or visits to them when nodes are shared.
    Nodes,
    /// Shapes placed in the scene, each of which becomes a layer.
    Instances,
    /// Nodes within nodes.
    Depth,
    /// Voxels of all layers together.
    Voxels,
    /// Bytes of memory of all layers together.
    Bytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Models => "models",
            Self::Nodes => "scene nodes",
            Self::Instances => "placed models",
            Self::Depth => "nodes within nodes",
            Self::Voxels => "voxels",
            Self::Bytes => "bytes of memory",
        })
    }
}

/// The four bytes that name a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChunkName(pub [u8; 4]);

impl fmt::Display for ChunkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for ChunkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The beginning of a foreign text, short enough for a message.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let mut short: String = text.chars().take(CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push_str("..");
    }
    short
}
