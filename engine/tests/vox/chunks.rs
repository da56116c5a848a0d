//! Files put together chunk by chunk, for what no writer would write.

/// The bytes of one chunk without children.
pub fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap();
    [&name[..], &size.to_le_bytes(), &[0; 4], content].concat()
}

/// A file of these chunks.
pub fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    let children = chunks.concat();
    let size = u32::try_from(children.len()).unwrap();
    let head = [&b"VOX "[..], &150u32.to_le_bytes(), b"MAIN", &[0; 4], &size.to_le_bytes()];
    [head.concat(), children].concat()
}

/// Little-endian numbers.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub fn text(text: &str) -> Vec<u8> {
    [&words(&[u32::try_from(text.len()).unwrap()]), text.as_bytes()].concat()
}

pub fn dict(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = words(&[u32::try_from(entries.len()).unwrap()]);
    for (key, value) in entries {
        bytes.extend([text(key), text(value)].concat());
    }
    bytes
}

/// SIZE and XYZI.
pub fn model(size: [u32; 3], voxels: &[[u8; 4]]) -> Vec<u8> {
    let count = words(&[u32::try_from(voxels.len()).unwrap()]);
    let records = [&count, voxels.as_flattened()].concat();
    [chunk(b"SIZE", &words(&size)), chunk(b"XYZI", &records)].concat()
}

pub fn transform(
    id: u32,
    child: u32,
    attributes: &[(&str, &str)],
    frame: &[(&str, &str)],
) -> Vec<u8> {
    let content = [words(&[id]), dict(attributes), words(&[child, u32::MAX, 0, 1]), dict(frame)];
    chunk(b"nTRN", &content.concat())
}

pub fn group(id: u32, children: &[u32]) -> Vec<u8> {
    let count = u32::try_from(children.len()).unwrap();
    chunk(b"nGRP", &[words(&[id, 0, count]), words(children)].concat())
}

pub fn shape(id: u32, model: u32) -> Vec<u8> {
    chunk(b"nSHP", &words(&[id, 0, 1, model, 0]))
}
