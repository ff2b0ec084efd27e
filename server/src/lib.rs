//! The Schoolgate process: command line, configuration, HTTP, workers, message texts.

#![recursion_limit = "512"]

pub mod cli;
pub mod config;
mod connections;
pub mod demo;
pub mod doctor;
pub mod http;
pub mod messages;
pub mod open;
pub mod run;
pub mod state;
pub mod telemetry;
pub mod workers;
