//! `goxe restore FILE`

use std::path::Path;

use goxe_config::{dirs, dirs::Folder as DataFolder};
use goxe_daemon::journal::StoreId;
use goxe_daemon::journal::disk::Folder;
use goxe_daemon::life::lock::DataLock;
use goxe_daemon::store::backup::{self, RestoreError};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::{files, output};
