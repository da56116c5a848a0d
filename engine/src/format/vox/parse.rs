//! Bytes to a [`VoxFile`]: every chunk that is known, checked but not yet baked.

use super::MODEL_SIDE_MAX;
use super::cursor::{Chunk, Cursor};
use super::dict::Dict;
use super::error::{ChunkName, Limit, VoxError, VoxErrorKind};
use super::limits::VoxLimits;
use super::node::Node;
use super::palette::{Palette, default_palette};

/// A `.vox` file as it stands, voxels still in its bytes.
#[derive(Clone, Debug)]
pub struct VoxFile<'a> {
    /// 150 or 200.
    pub version: u32,
    /// The models, in file order.
    pub models: Vec<Model<'a>>,
    /// The colours; the default ones where the file has none.
    pub palette: Palette,
    /// The scene graph, in file order. Empty in files of old versions.
    pub nodes: Vec<Node>,
    /// The file's own layers, which only name and hide.
    pub layers: Vec<LayerEntry>,
    /// The materials of colour indices.
    pub materials: Vec<MaterialEntry<'a>>,
    /// The order in which MagicaVoxel shows the colours. It does not change which colour a voxel has.
    pub index_map: Option<Box<[u8; 256]>>,
    /// The names of the palette's rows.
    pub notes: Vec<String>,
    /// The model count of a PACK chunk: an old animation.
    pub packed: Option<u32>,
    /// Chunks of kinds that are not known; they were skipped.
    pub unknown_chunks: u32,
}

/// One model: its size and its voxels.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    /// Its sides, 1 to 256 each.
    pub size: [u32; 3],
    /// x, y, z and colour index of each voxel, not yet checked against the size.
    pub voxels: &'a [[u8; 4]],
    /// Where in the file the first voxel stands.
    pub offset: usize,
}

/// One of the file's own layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerEntry {
    /// Its id; transforms refer to it.
    pub id: u32,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Whether all that is on it is hidden.
    pub hidden: bool,
}

/// The material of one colour index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaterialEntry<'a> {
    /// The colour index; 256 means 0, which no voxel has.
    pub id: u32,
    /// Its properties.
    pub properties: Dict<'a>,
}

/// Reads a `.vox` file.
///
/// # Errors
///
/// A [`VoxError`] with the offset of what is wrong.
pub fn parse<'a>(bytes: &'a [u8], limits: &VoxLimits) -> Result<VoxFile<'a>, VoxError> {
    let mut cursor = Cursor::new(bytes);
    if !bytes.starts_with(b"VOX ") {
        return Err(cursor.error(VoxErrorKind::Magic));
    }
    cursor.bytes(4, "the magic number")?;
    let version_at = cursor.offset();
    let version = cursor.u32("the version")?;
    if !matches!(version, 150 | 200) {
        return Err(VoxError::new(version_at, VoxErrorKind::Version { found: version }));
    }
    let main = cursor.chunk()?;
    if main.name != ChunkName(*b"MAIN") {
        return Err(VoxError::new(main.offset, VoxErrorKind::MainMissing { found: main.name }));
    }
    let mut reader = Reader { file: VoxFile::empty(version), size: None, limits };
    let mut children = main.children;
    while !children.is_empty() {
        reader.read(children.chunk()?)?;
    }
    if let Some((_, offset)) = reader.size {
        return Err(VoxError::new(offset, VoxErrorKind::VoxelsMissing));
    }
    Ok(reader.file)
}

impl VoxFile<'_> {
    fn empty(version: u32) -> Self {
        Self {
            version,
            models: Vec::new(),
            palette: default_palette(),
            nodes: Vec::new(),
            layers: Vec::new(),
            materials: Vec::new(),
            index_map: None,
            notes: Vec::new(),
            packed: None,
            unknown_chunks: 0,
        }
    }
}

/// The file so far, and the size that waits for its voxels.
struct Reader<'a, 'l> {
    file: VoxFile<'a>,
    size: Option<([u32; 3], usize)>,
    limits: &'l VoxLimits,
}

impl<'a> Reader<'a, '_> {
    fn read(&mut self, chunk: Chunk<'a>) -> Result<(), VoxError> {
        let mut content = chunk.content;
        match &chunk.name.0 {
            b"PACK" => self.file.packed = Some(content.u32("the model count")?),
            b"SIZE" => self.read_size(&mut content, chunk.offset)?,
            b"XYZI" => self.read_voxels(&mut content, chunk.offset)?,
            b"RGBA" => {
                let entries = content.array::<1024>("the palette")?;
                for (entry, bytes) in self.file.palette.iter_mut().zip(entries.as_chunks().0) {
                    *entry = *bytes;
                }
            }
            b"nTRN" => self.push_node(Node::read_transform(&mut content)?)?,
            b"nGRP" => self.push_node(Node::read_group(&mut content)?)?,
            b"nSHP" => self.push_node(Node::read_shape(&mut content)?)?,
            b"LAYR" => {
                let id = content.u32("a layer's id")?;
                let dict = Dict::read(&mut content)?;
                let (name, hidden) = (dict.name("_name"), dict.flag("_hidden"));
                self.file.layers.push(LayerEntry { id, name, hidden });
            }
            b"MATL" => {
                let id = content.u32("a material's id")?;
                let properties = Dict::read(&mut content)?;
                self.file.materials.push(MaterialEntry { id, properties });
            }
            b"IMAP" => {
                self.file.index_map = Some(Box::new(*content.array("the index map")?));
            }
            b"NOTE" => {
                let count = content.count(4, "notes")?;
                self.file.notes.reserve(count);
                for _ in 0..count {
                    self.file.notes.push(content.text("bytes of a note")?.into_owned());
                }
            }
            _ => self.file.unknown_chunks = self.file.unknown_chunks.saturating_add(1),
        }
        Ok(())
    }

    fn read_size(&mut self, content: &mut Cursor<'a>, offset: usize) -> Result<(), VoxError> {
        if let Some((_, waiting)) = self.size {
            return Err(VoxError::new(waiting, VoxErrorKind::VoxelsMissing));
        }
        let at = content.offset();
        let mut size = [0; 3];
        for side in &mut size {
            *side = content.u32("a model's size")?;
        }
        if size.iter().any(|side| !(1..=MODEL_SIDE_MAX).contains(side)) {
            return Err(VoxError::new(at, VoxErrorKind::Size { size }));
        }
        self.size = Some((size, offset));
        Ok(())
    }

    fn read_voxels(&mut self, content: &mut Cursor<'a>, offset: usize) -> Result<(), VoxError> {
        let Some((size, _)) = self.size.take() else {
            return Err(VoxError::new(offset, VoxErrorKind::SizeMissing));
        };
        let count = content.count(4, "voxels")?;
        let at = content.offset();
        let voxels = content.bytes(count * 4, "voxels")?.as_chunks().0;
        let max = u64::from(self.limits.models_max);
        if self.file.models.len() as u64 >= max {
            let limit = Limit::Models;
            return Err(VoxError::new(offset, VoxErrorKind::TooMany { limit, max }));
        }
        self.file.models.push(Model { size, voxels, offset: at });
        Ok(())
    }

    fn push_node(&mut self, node: Node) -> Result<(), VoxError> {
        let max = u64::from(self.limits.nodes_max);
        if self.file.nodes.len() as u64 >= max {
            let limit = Limit::Nodes;
            return Err(VoxError::new(node.offset, VoxErrorKind::TooMany { limit, max }));
        }
        self.file.nodes.push(node);
        Ok(())
    }
}
