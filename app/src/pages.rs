//! The pages. The rule: a reading page is a component that takes its context and data and renders the inside of `<main>`;
//! it asks nobody for anything. `sign_in` is hydrated, the others exist on the server only. The wizards' pages (`register`,
//! `password`) are data that the server composes; `crate::wizard` draws them on both sides.

#[cfg(feature = "ssr")]
pub mod about;
#[cfg(feature = "ssr")]
pub mod accessibility;
#[cfg(feature = "ssr")]
pub mod admin;
#[cfg(feature = "ssr")]
pub mod consent;
#[cfg(feature = "ssr")]
pub mod error;
#[cfg(feature = "ssr")]
pub mod gosuslugi;
#[cfg(feature = "ssr")]
pub mod home;
#[cfg(feature = "ssr")]
pub mod inbox;
#[cfg(feature = "ssr")]
pub mod me;
#[cfg(feature = "ssr")]
pub mod password;
#[cfg(feature = "ssr")]
pub mod people;
#[cfg(feature = "ssr")]
pub mod privacy;
#[cfg(feature = "ssr")]
pub mod register;
#[cfg(feature = "ssr")]
pub mod sessions;
pub mod sign_in;
#[cfg(feature = "ssr")]
pub mod topics;
#[cfg(feature = "ssr")]
pub mod wizard_kit;
