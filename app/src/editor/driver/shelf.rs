//! What must survive a killed tab, on this device: the journals of the tabs that have the class open, under the class's
//! name.
//!
//! A journal is its owner's alone: what somebody else left is deleted unread, and signing out clears it
//! (`Clear-Site-Data`), together with the name of whoever is here. A tab that is still open then finds that name missing, or another's,
//! and keeps nothing any more: what waits in it lives as long as it does, unless its owner signs in again. A tab takes over what other tabs left. Where such a tab is still open both send the same
//! changes, under the same keys: the server does them once.

use std::collections::BTreeMap;

use domain::editor::Journal;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use super::dom;

/// Where the storage names whose journals it keeps.
const HERE: &str = "schoolgate.here";

/// What stands in the storage for a class.
#[derive(Serialize, Deserialize)]
struct Kept {
    owner: String,
    tabs: BTreeMap<String, Journal>,
}

/// The storage of a class.
pub struct Shelf {
    storage: Option<Storage>,
    name: String,
    owner: String,
    tab: String,
    /// What this tab keeps there.
    last: Option<Journal>,
    /// Whether it was cleared away.
    cleared: bool,
}

impl Shelf {
    pub fn new(class: &str, owner: &str) -> Self {
        let shelf = Self {
            // Where a browser keeps nothing, what waits lives as long as the page does.
            storage: window().local_storage().ok().flatten(),
            name: format!("schoolgate.editor.{class}"),
            owner: owner.to_owned(),
            tab: dom::random(),
            last: None,
            cleared: false,
        };
        shelf.is_here();
        shelf
    }

    /// The owner is signed in in this browser.
    pub fn is_here(&self) {
        if let Some(storage) = &self.storage {
            let _ = storage.set_item(HERE, &self.owner);
        }
    }

    /// Whether the owner has left, so that nothing is kept.
    pub fn is_cleared(&self) -> bool {
        self.cleared
    }

    fn read(&self) -> Option<Kept> {
        let text = self.storage.as_ref()?.get_item(&self.name).ok().flatten()?;
        serde_json::from_str::<Kept>(&text).ok().filter(|kept| kept.owner == self.owner)
    }

    /// What was left on the shelf. It stays there until this tab keeps it under its own name.
    pub fn take(&mut self) -> Vec<Journal> {
        self.read().map(|kept| kept.tabs.into_values().collect()).unwrap_or_default()
    }

    /// Keeps this tab's journal; one with nothing in it is taken away.
    pub fn keep(&mut self, journal: &Journal) {
        let Some(storage) = &self.storage else { return };
        let here = storage.get_item(HERE).ok().flatten();
        let was_cleared = std::mem::replace(&mut self.cleared, here.as_ref() != Some(&self.owner));
        let first = self.last.is_none();
        if self.cleared || (!first && !was_cleared && self.last.as_ref() == Some(journal)) {
            return;
        }
        self.last = Some(journal.clone());
        // The first time, everything that was there has been taken over, or was not to be.
        let mut tabs = if first { None } else { self.read() }.map(|kept| kept.tabs).unwrap_or_default();
        if journal.is_empty() {
            tabs.remove(&self.tab);
        } else {
            tabs.insert(self.tab.clone(), journal.clone());
        }
        // A storage that is full or closed loses nothing while the page is open, and leaving the page warns.
        if tabs.is_empty() {
            let _ = storage.remove_item(&self.name);
        } else if let Ok(text) = serde_json::to_string(&Kept { owner: self.owner.clone(), tabs }) {
            let _ = storage.set_item(&self.name, &text);
        }
    }
}
