//! A stand-in for ESIA, the sign-in of «Госуслуги», for demos and tests: it checks what the real service checks, refuses with the codes
//! that the real service refuses with, and fails when it is told to. See README.md.

pub mod app;
pub mod archive;
pub mod calendar;
pub mod client;
pub mod clock;
pub mod codes;
pub mod crypto;
pub mod der;
pub mod dice;
pub mod encoding;
pub mod http;
pub mod journal;
pub mod jwt;
pub mod oauth;
pub mod params;
pub mod person;
pub mod redirects;
pub mod ring;
pub mod scopes;
pub mod settings;
pub mod store;
pub mod trouble;
