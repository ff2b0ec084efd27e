//! The signatures of both worlds: GOST R 34.10-2012 of 256 bits with Streebog, and RSA with SHA-256; certificates and CMS around them.
//!
//! None of it takes the same time for every key: it signs with throw-away keys and verifies public things. Not for anything else.

pub mod certificate;
pub mod cms;
pub mod curve;
pub mod gost;
pub mod hash;
pub mod keys;
pub mod oids;
pub mod rsa;
