//! Images: one project saved whole, in a file that is there completely or not at all.
//!
//! `images/PROJECT/NUMBER.img`: a header under its own checksum, then the body, which is opaque
//! here, then the live idempotency keys. The newest two are kept: where the newest is unsound, the
//! one before and the records after it still lead as far as they reach.

use std::io;

use thiserror::Error;

use super::bytes::{Put, Reader};
use super::disk::{self, Disk};
use super::keys::Keys;
use super::{FORMAT, Malformed, ProjectId, Revision, StoreId, segment};

/// The folder of images, below the data folder.
pub const IMAGES_FOLDER: &str = "images";

/// Images kept of each project.
pub const IMAGES_KEPT: usize = 2;

/// Largest image that is read back.
pub const IMAGE_BYTES_MAX: u64 = 16 << 30;

const ENDING: &str = ".img";
const MAGIC: [u8; 8] = *b"goxe.img";
const HEADER_BYTES: usize = 70;

/// What an image says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageHeader {
    /// The lineage it belongs to.
    pub store: StoreId,
    /// The project, or the catalogue.
    pub project: ProjectId,
    /// The revision it holds.
    pub revision: Revision,
    /// When it was made, in milliseconds since 1970.
    pub time_ms: i64,
}

/// An image that was read back.
#[derive(Debug)]
pub struct Image {
    /// What it says of itself.
    pub header: ImageHeader,
    /// The project's bytes.
    pub body: Vec<u8>,
    /// The keys that were live.
    pub keys: Keys,
}

/// Why an image cannot be had.
#[derive(Debug, Error)]
pub enum ImageError {
    /// It is not what was written.
    #[error("image {0}")]
    Malformed(#[from] Malformed),
    /// A newer goxe wrote it.
    #[error("image of format {found}, this goxe reads up to {FORMAT}")]
    Newer {
        /// The format it names.
        found: u16,
    },
    /// The disk does not give it.
    #[error("image: {0}")]
    Io(#[from] io::Error),
}

struct Layout {
    header: ImageHeader,
    body_bytes: u64,
    keys_bytes: u64,
    body_crc: u32,
    keys_crc: u32,
}

/// An image's bytes.
pub fn encode(header: &ImageHeader, body: &[u8], keys: &Keys) -> Vec<u8> {
    let keys = keys.encode();
    let mut bytes = encode_header(header, body, &keys);
    bytes.reserve_exact(body.len() + keys.len());
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(&keys);
    bytes
}

fn encode_header(header: &ImageHeader, body: &[u8], keys: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.put(&MAGIC);
    bytes.put_u16(FORMAT);
    bytes.put_u64(header.store.0);
    bytes.put_u32(header.project.0);
    bytes.put_u64(header.revision.number);
    bytes.put_u32(header.revision.chain);
    bytes.put_i64(header.time_ms);
    bytes.put_u64(body.len() as u64);
    bytes.put_u64(keys.len() as u64);
    bytes.put_u32(crc32fast::hash(body));
    bytes.put_u32(crc32fast::hash(keys));
    bytes.put_u32(crc32fast::hash(&bytes));
    bytes
}

fn decode_header(bytes: &[u8]) -> Result<Layout, ImageError> {
    let mut reader = Reader::new(bytes);
    let whole: [u8; HEADER_BYTES] = reader.array("image header")?;
    let damaged = Malformed { offset: 0, what: "an image header that fits its crc" };
    let (covered, crc) = whole.split_last_chunk::<4>().ok_or(damaged)?;
    if *crc != crc32fast::hash(covered).to_le_bytes() {
        return Err(damaged.into());
    }
    let mut reader = Reader::new(covered);
    if reader.array("magic")? != MAGIC {
        return Err(damaged.into());
    }
    match reader.u16("format")? {
        FORMAT => {}
        found => return Err(ImageError::Newer { found }),
    }
    let store = StoreId(reader.u64("store")?);
    let project = ProjectId(reader.u32("project")?);
    let revision = Revision { number: reader.u64("number")?, chain: reader.u32("chain")? };
    let time_ms = reader.i64("time")?;
    let header = ImageHeader { store, project, revision, time_ms };
    let (body_bytes, keys_bytes) = (reader.u64("body length")?, reader.u64("keys length")?);
    let (body_crc, keys_crc) = (reader.u32("body crc")?, reader.u32("keys crc")?);
    reader.end()?;
    Ok(Layout { header, body_bytes, keys_bytes, body_crc, keys_crc })
}

/// Decodes a whole image.
pub fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    let layout = decode_header(bytes)?;
    let rest = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let total = layout.body_bytes.checked_add(layout.keys_bytes);
    if total != Some(rest.len() as u64) {
        let what = "an image as long as its header says";
        return Err(Malformed { offset: bytes.len() as u64, what }.into());
    }
    let body_bytes = usize::try_from(layout.body_bytes).unwrap_or(usize::MAX);
    let (body, keys) = rest.split_at_checked(body_bytes).unwrap_or_default();
    let keys_at = (HEADER_BYTES + body.len()) as u64;
    if crc32fast::hash(body) != layout.body_crc {
        let what = "a body that fits its crc";
        return Err(Malformed { offset: HEADER_BYTES as u64, what }.into());
    }
    if crc32fast::hash(keys) != layout.keys_crc {
        return Err(Malformed { offset: keys_at, what: "keys that fit their crc" }.into());
    }
    let keys = Keys::decode(keys)
        .map_err(|error| Malformed { offset: keys_at.saturating_add(error.offset), ..error })?;
    Ok(Image { header: layout.header, body: body.to_vec(), keys })
}

/// Writes an image; file, name and folders are synced when it returns. One that is there already
/// and sound is left alone. The journal is to be synced first.
pub fn write(disk: &dyn Disk, header: &ImageHeader, body: &[u8], keys: &Keys) -> io::Result<()> {
    let folder = folder(header.project);
    if !disk.list(IMAGES_FOLDER)?.contains(&header.project.to_string()) {
        disk::create_folder_synced(disk, IMAGES_FOLDER, &header.project.to_string())?;
    }
    if read(disk, header.project, header.revision.number)
        .is_ok_and(|image| image.header.revision == header.revision)
    {
        return disk.sync_folder(&folder);
    }
    let keys = keys.encode();
    let head = encode_header(header, body, &keys);
    let name = name(header.revision.number);
    disk::create_whole(disk, &folder, &name, &[&head, body, &keys]).map(drop)
}

/// Reads a whole image.
pub fn read(disk: &dyn Disk, project: ProjectId, number: u64) -> Result<Image, ImageError> {
    let path = path(project, number);
    let image = decode(&disk::read_whole(disk, &path, IMAGE_BYTES_MAX)?)?;
    check_name(&image.header, project, number)?;
    Ok(image)
}

/// Reads an image's header alone, and compares the file's length with it.
pub fn read_header(
    disk: &dyn Disk,
    project: ProjectId,
    number: u64,
) -> Result<ImageHeader, ImageError> {
    let path = path(project, number);
    let length = disk.length(&path)?;
    let mut bytes = [0; HEADER_BYTES];
    let read = disk.read(&path, 0, &mut bytes)?;
    let layout = decode_header(bytes.get(..read).unwrap_or_default())?;
    let total = layout
        .body_bytes
        .checked_add(layout.keys_bytes)
        .and_then(|total| total.checked_add(HEADER_BYTES as u64));
    if total != Some(length) {
        return Err(Malformed { offset: length, what: "an image as long as it says" }.into());
    }
    check_name(&layout.header, project, number)?;
    Ok(layout.header)
}

fn check_name(header: &ImageHeader, project: ProjectId, number: u64) -> Result<(), Malformed> {
    if header.project == project && header.revision.number == number {
        Ok(())
    } else {
        Err(Malformed { offset: 0, what: "the image that the file's name says" })
    }
}

/// Projects that have a folder of images.
pub fn projects(disk: &dyn Disk) -> io::Result<Vec<ProjectId>> {
    Ok(disk.list(IMAGES_FOLDER)?.iter().filter_map(|name| parse_project(name)).collect())
}

/// Revision numbers of a project's images, newest first, unsound ones too.
pub fn list(disk: &dyn Disk, project: ProjectId) -> io::Result<Vec<u64>> {
    let names = disk.list(&folder(project))?;
    let mut numbers: Vec<u64> =
        names.iter().filter_map(|name| segment::parse_number(name.strip_suffix(ENDING)?)).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers)
}

/// Removes all but the newest images of a project.
pub fn remove_older(disk: &dyn Disk, project: ProjectId, keep: usize) -> io::Result<()> {
    for number in list(disk, project)?.into_iter().skip(keep) {
        disk.remove(&path(project, number))?;
    }
    Ok(())
}

/// Removes all images of a project that is gone for good.
pub fn remove_all(disk: &dyn Disk, project: ProjectId) -> io::Result<()> {
    for name in disk.list(&folder(project))? {
        disk.remove(&disk::join(&folder(project), &name))?;
    }
    match disk.remove_folder(&folder(project)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The folder of a project's images.
pub fn folder(project: ProjectId) -> String {
    disk::join(IMAGES_FOLDER, &project.to_string())
}

/// An image's path below the data folder.
pub fn path(project: ProjectId, number: u64) -> String {
    disk::join(&folder(project), &name(number))
}

fn name(number: u64) -> String {
    format!("{number:016x}{ENDING}")
}

fn parse_project(name: &str) -> Option<ProjectId> {
    let plain =
        name.len() == 8 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if plain { u32::from_str_radix(name, 16).ok().map(ProjectId) } else { None }
}
