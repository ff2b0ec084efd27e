//! The hash chain. Each row's hash covers every column of the row and the hash before it, so a change, a gap or a swap
//! anywhere breaks every check from there on; the last hash is kept in `audit_head`, so cutting off the end shows too.
//!
//! The hash is keyed (HMAC, key outside the database): whoever can write to the database still cannot write a chain that
//! checks out. What the database alone cannot show is a return to an older copy of itself; note the head that
//! `audit verify` prints somewhere else to see that.

use crate::crypto::Sealer;
use crate::store::audit::AuditRow;

/// The hash before the first row.
pub const START: [u8; 32] = [0; 32];

const PURPOSE: &str = "audit-chain";

/// The hash of a row whose `previous_hash` is set; its own `hash` is not read.
///
/// Encoding: every column is one part of a length-prefixed keyed hash, numbers are eight bytes big endian, and what may be
/// absent starts with 0 (absent) or 1 (present). So no two different rows encode alike.
pub fn hash(sealer: &Sealer, row: &AuditRow) -> [u8; 32] {
    let optional = |bytes: Option<&[u8]>| match bytes {
        Some(bytes) => [&[1], bytes].concat(),
        None => vec![0],
    };
    sealer.mac(
        PURPOSE,
        &[
            &row.previous_hash,
            &row.seq.to_be_bytes(),
            &row.at.to_be_bytes(),
            row.event.as_bytes(),
            row.outcome.as_bytes(),
            &optional(row.actor_id.as_ref().map(|id| id.as_bytes().as_slice())),
            &optional(row.person_id.as_ref().map(|id| id.as_bytes().as_slice())),
            row.request_id.as_bytes(),
            &optional(row.address_sealed.as_deref()),
            row.detail.as_bytes(),
            &optional(row.before_sealed.as_deref()),
            &optional(row.after_sealed.as_deref()),
        ],
    )
}
