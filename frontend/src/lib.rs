//! The browser's entry: hydrates the interactive page that the server sent.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's loader once script and WASM are there.
#[wasm_bindgen]
pub fn hydrate() {
    app::app::hydrate();
}
