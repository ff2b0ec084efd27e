//! What the driver asks of the browser itself.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Weak;

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::convert::FromWasmAbi;
use web_sys::{Element, Event, EventTarget, HtmlElement};

use super::super::slots::Place;
use super::Driver;

/// The element with this `id`.
pub fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// The element at a place of the table.
pub fn element_at(place: Place) -> Option<HtmlElement> {
    element(&place.id())
}

/// The element that an event is about.
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// The nearest element around, or the element itself, that matches.
pub fn around(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

/// The place of the cell, or of the form's field, around an element.
pub fn place_of(element: &Element) -> Option<Place> {
    let around = around(element, "[role=gridcell][id],[data-at]")?;
    Place::from_id(&around.get_attribute("data-at").unwrap_or_else(|| around.id()))
}

/// Whether an element is a cell of the table itself.
pub fn is_cell(element: &Element) -> bool {
    Place::from_id(&element.id()).is_some()
}

/// Gives the focus. A refused focus loses nothing but comfort.
pub fn focus(element: &HtmlElement) {
    let _ = element.focus();
}

/// Sets an attribute. The names are ours, so they are never refused.
pub fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// Does something with the driver, unless it is busy: then it is the driver itself that made the event.
pub fn with(driver: &Weak<RefCell<Driver>>, what: impl FnOnce(&mut Driver)) {
    if let Some(driver) = driver.upgrade()
        && let Ok(mut driver) = driver.try_borrow_mut()
    {
        what(&mut driver);
    }
}

/// Hands the events of a kind to the driver, for as long as the page is open.
pub fn listen<E: FromWasmAbi + 'static>(
    driver: &Weak<RefCell<Driver>>,
    target: &EventTarget,
    kind: &str,
    handle: fn(&mut Driver, E),
) {
    let driver = driver.clone();
    let closure = Closure::<dyn FnMut(E)>::new(move |event: E| with(&driver, |driver| handle(driver, event)));
    if target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref()).is_ok() {
        closure.forget();
    }
}

/// 128 random bits in hexadecimal: the key of a request, or the name of a tab.
pub fn random() -> String {
    let mut bytes = [0_u8; 16];
    // Every browser that runs this has it; without it keys would repeat, and the server would refuse the second
    // request.
    if let Ok(crypto) = window().crypto() {
        let _ = crypto.get_random_values_with_u8_array(&mut bytes);
    }
    bytes.iter().fold(String::with_capacity(32), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
