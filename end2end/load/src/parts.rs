//! The measurements, one file each. Each takes the portal as strangers find it and returns its figures.

pub mod codes;
pub mod commits;
pub mod crashes;
pub mod editors;
pub mod hashes;
pub mod import;
pub mod overload;
pub mod pages;
pub mod passwords;
pub mod registrations;
pub mod timing;
