//! The client against servers on loopback that answer as Gosuslugi does, and as it must never be believed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests stop at what they did not expect"
)]

mod answers;
mod broker;
mod direct;
pub(super) mod files;
mod server;
mod tokens;

/// 2026-12-01T12:00:00Z: the certificates of the tests are valid.
const NOW: i64 = 1_796_126_400_000;
