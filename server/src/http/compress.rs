//! Compression of pages, only of those marked as free of secrets: a compressed answer that mixes secrets with what an
//! attacker can put into it tells the secret by its length (BREACH, CVE-2013-3587).

use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// Marks an answer that may be compressed.
#[derive(Clone, Copy)]
pub struct Compressible;

/// Says of an answer whether it is compressed.
type Choice = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses marked answers: brotli where the browser takes it, at a level that costs a fraction of a millisecond.
pub fn layer() -> CompressionLayer<Choice> {
    let marked: Choice = |_, _, _, extensions| extensions.get::<Compressible>().is_some();
    CompressionLayer::new().quality(CompressionLevel::Precise(2)).compress_when(marked)
}
