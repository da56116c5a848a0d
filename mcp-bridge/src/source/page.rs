//! Lists in pages: cursors that name the last item shown, so that a list may grow in between.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use rmcp::ErrorData;

use super::Listed;

/// Items of a page. The whole list of tools fits one: not every client asks for a second.
pub const ITEMS_MAX: usize = 100;

/// Where a page begins: behind an item of a source, or at its first one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageStart {
    /// The source, counted from 0.
    pub source: usize,
    /// The key of the last item shown.
    pub after: Option<String>,
}

impl PageStart {
    /// Reads the cursor that a client sent; none is the start of the list.
    pub fn read(cursor: Option<&str>) -> Result<Self, ErrorData> {
        let Some(cursor) = cursor else { return Ok(PageStart::default()) };
        let place = BASE64.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let place = place.as_deref().and_then(|place| place.split_once(' '));
        let source = place.and_then(|(source, _)| source.parse().ok());
        match (source, place) {
            (Some(source), Some((_, after))) => {
                Ok(PageStart { source, after: Some(after.to_owned()) })
            }
            _ => Err(ErrorData::invalid_params(
                "Invalid cursor: pass nextCursor of the page before, or none to start again",
                None,
            )),
        }
    }

    /// The cursor of the page that begins here.
    fn write(source: usize, after: &str) -> String {
        BASE64.encode(format!("{source} {after}"))
    }
}

/// A page that fills up, source by source.
#[derive(Debug)]
pub struct Page<T> {
    items: Vec<T>,
    /// The last item that is in: its source and key.
    last: Option<(usize, String)>,
    more: bool,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Page { items: Vec::new(), last: None, more: false }
    }
}

impl<T> Page<T> {
    /// How many items the page can still make use of: one more than fit, to know that there are
    /// more. None once that is known.
    pub fn wants(&self) -> Option<usize> {
        (!self.more).then(|| ITEMS_MAX - self.items.len() + 1)
    }

    /// Takes what fits of a source's items.
    pub fn take(&mut self, source: usize, items: Vec<Listed<T>>) {
        for Listed { key, item } in items {
            if self.items.len() == ITEMS_MAX {
                self.more = true;
                return;
            }
            self.items.push(item);
            self.last = Some((source, key));
        }
    }

    /// The items, and the cursor of the next page if there is one.
    pub fn finish(self) -> (Vec<T>, Option<String>) {
        let next = self.last.filter(|_| self.more);
        (self.items, next.map(|(source, key)| PageStart::write(source, &key)))
    }
}

/// What of a whole list lies behind a key, in the order of the keys.
pub fn rest<T>(mut items: Vec<Listed<T>>, after: Option<&str>, count_max: usize) -> Vec<Listed<T>> {
    items.sort_by(|one, other| one.key.cmp(&other.key));
    let behind = |item: &Listed<T>| after.is_none_or(|after| item.key.as_str() > after);
    items.into_iter().filter(behind).take(count_max).collect()
}

#[cfg(test)]
mod tests;
