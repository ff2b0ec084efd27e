//! The texts in four languages, generated from `app/locales` by the build script: the module `i18n`.
//!
//! A crate of its own, because four megabytes of generated code would otherwise be compiled with every change of a page.
//! `app::text` is the door to it.

#![recursion_limit = "512"]

#[doc(hidden)]
pub use leptos_i18n;

include!(concat!(env!("OUT_DIR"), "/i18n/mod.rs"));
