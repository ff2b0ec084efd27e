//! Every service, on SQLite and on PostgreSQL. One program, since each would be compiled with the whole harness.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a failed test may panic")]

mod common;
#[path = "common/gosuslugi.rs"]
mod gate;
#[path = "common/portal.rs"]
mod portal;
#[path = "common/staff.rs"]
mod staff;

mod admin;
mod api_clients;
mod audit;
mod class_editor;
mod codes;
mod crypto;
mod fresh_proof;
mod gosuslugi;
mod gosuslugi_limits;
mod gosuslugi_staff;
mod groups_photos;
mod help_desk;
mod id_numbers;
mod imports;
mod imports_audit;
mod outbox;
mod own_contacts;
mod password_wizard;
mod passwords;
mod people;
mod registrations;
mod review_queue;
mod roster;
mod roster_manage;
mod sessions;
mod snils;
mod staff_invitations;
mod store;
mod throttles;
