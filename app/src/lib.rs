//! What people see: pages, components, texts.
//!
//! The rule: reading pages exist on the server only and carry no script; the browser compiles what the hydrated pages
//! need (`components`, `text`, `page_context`, `app`, `api`, `pages::sign_in`, `wizard`, `editor`, `boxes`) and nothing else.

#![recursion_limit = "512"]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("`ssr` and `hydrate` exclude each other: one is the server's side, the other the browser's");

pub mod text;

pub mod api;
pub mod app;
#[cfg(feature = "hydrate")]
mod asking;
pub mod boxes;
pub mod components;
pub mod editor;
pub mod icons;
#[cfg(feature = "ssr")]
pub mod layout;
pub mod page_context;
pub mod pages;
pub mod wizard;
