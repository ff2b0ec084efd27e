//! What forms ask of the server: server functions for the hydrated page, and the same work for plain form posts.
//!
//! One function does the work (`sign_in::work`, `wizard::work`, server only); the server function and the form handler
//! of the `server` crate both call it, so a form answers the same with and without script. Nothing here says whether a
//! person is known.

#[cfg(feature = "ssr")]
pub mod cookies;
pub mod forms;
pub mod sign_in;
pub mod wizard;
