//! The store: projects and their catalogue as values, brought back from journal and images.
