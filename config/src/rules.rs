//! Rules between values: what each key allows on its own is the schema's.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{ConfigError, Site};

/// A value and where it stands.
pub(crate) struct Setting {
    pub value: Value,
    pub site: Site,
}

/// Pairs of keys of which the first must not be larger than the second. Two bounds of which the
/// smaller one simply acts first, such as those of a reply and of a frame, are no such pair: whoever
/// lowers one of them need not know the other.
const AT_MOST: &[(&str, &str)] = &[
    ("log.size_bytes_max", "log.total_bytes_max"),
    ("limits.frame_bytes_max", "limits.memory_bytes_max"),
    ("manager.probe_timeout_ms", "manager.startup_ms"),
    ("manager.backoff_ms_min", "manager.backoff_ms_max"),
];

/// A rule that does not hold, and the keys it is about.
pub(crate) struct Broken {
    pub keys: Vec<&'static str>,
    pub error: ConfigError,
}

/// Every rule that the settings break.
pub(crate) fn broken(settings: &BTreeMap<String, Setting>) -> Vec<Broken> {
    let ordered = AT_MOST.iter().filter_map(|(small, large)| in_order(settings, small, large));
    ordered.chain(token_missing(settings)).chain(one_lane(settings)).collect()
}

fn in_order(
    settings: &BTreeMap<String, Setting>,
    small: &'static str,
    large: &'static str,
) -> Option<Broken> {
    let (first, second) = (settings.get(small)?, settings.get(large)?);
    let (lesser, greater) = (first.value.as_u64()?, second.value.as_u64()?);
    // The stronger layer is the one that was changed last, so the mistake is most likely there.
    let (key, site) = match first.site.origin < second.site.origin {
        true => (large, &second.site),
        false => (small, &first.site),
    };
    (lesser > greater).then(|| Broken {
        keys: vec![small, large],
        error: error(site, key, format!("{small} ({lesser}) is larger than {large} ({greater})"))
            .hint(format!("lower {small} or raise {large}")),
    })
}

fn token_missing(settings: &BTreeMap<String, Setting>) -> Option<Broken> {
    let enabled = settings.get("tcp.enabled").filter(|setting| setting.value == true)?;
    let missing = settings.get("tcp.token_file").is_some_and(|setting| setting.value == "");
    missing.then(|| Broken {
        keys: vec!["tcp.enabled", "tcp.token_file"],
        error: error(&enabled.site, "tcp.enabled", "TCP needs a token".to_owned())
            .hint("set tcp.token_file: every user of this host can reach a loopback port"),
    })
}

fn one_lane(settings: &BTreeMap<String, Setting>) -> Option<Broken> {
    let count = settings.get("lanes.count").filter(|setting| setting.value == 1)?;
    Some(Broken {
        keys: vec!["lanes.count"],
        error: error(&count.site, "lanes.count", "one thread is not enough".to_owned())
            .hint("allowed: 0, or at least 2: a long call must leave one thread free"),
    })
}

fn error(site: &Site, key: &str, message: String) -> ConfigError {
    ConfigError::new(site.clone(), message).about(key)
}
