//! The macro that declares a section: its struct and its part of the schema, from one line a key.

/// `section! { /// doc  Name "title" { /// doc  key: Type = Kind, .. } }`
macro_rules! section {
    ($(#[$meta:meta])* $name:ident $title:literal {
        $($(#[$key_meta:meta])* $key:ident: $type:ty = $kind:expr,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$key_meta])* pub $key: $type,)*
        }

        impl $name {
            pub(crate) const SECTION: crate::schema::Section = crate::schema::Section {
                name: $title,
                keys: &[$(crate::schema::Key {
                    section: $title,
                    name: stringify!($key),
                    kind: $kind,
                },)*],
            };
        }
    };
}
pub(crate) use section;
