//! The form of one row, and the dialog that asks for the password.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, SubmitEvent};

use super::super::board::ProofLook;
use super::super::proof::{PASSWORD_ID, PROOF_ID};
use super::super::slots::Place;
use super::net::Proof;
use super::{Driver, dom, now};

impl Driver {
    /// Opens the form of a row, at one of its fields or at its beginning.
    pub(super) fn open_form(&mut self, row: usize, at: Option<Place>) {
        if !self.board.boot.editable {
            return;
        }
        self.board.form.set(Some(row));
        // The form is drawn by then.
        request_animation_frame(move || {
            let first = || {
                let first =
                    document().query_selector(&format!("#r{row} .ed-f input:not([readonly])")).ok().flatten()?;
                first.dyn_into::<HtmlElement>().ok()
            };
            if let Some(field) = at.and_then(field_at).or_else(first) {
                dom::focus(&field);
            }
        });
    }

    pub(super) fn close_form(&mut self) {
        let Some(row) = self.board.form.get_untracked() else { return };
        self.board.form.set(None);
        request_animation_frame(move || {
            if let Some(link) = dom::element(&format!("e{row}")) {
                dom::focus(&link);
            }
        });
    }

    /// Fields of the open form that are not being typed into follow their cells.
    pub(super) fn show_form(&self) {
        if self.board.form.get_untracked().is_none() {
            return;
        }
        let focused = document().active_element();
        let Ok(inputs) = self.root.query_selector_all(".ed-f input") else { return };
        for at in 0..inputs.length() {
            let input = inputs.get(at).and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
            let Some(input) = input.filter(|input| !is_same(focused.as_ref(), input)) else { continue };
            let cell = dom::place_of(&input).and_then(|place| self.board.table.cell(place));
            if let Some(text) = cell.map(|cell| self.editor.shown(cell).text).filter(|text| *text != input.value()) {
                input.set_value(&text);
            }
        }
    }

    /// Asks for the password.
    pub(super) fn open_proof(&mut self) {
        let Some(dialog) = dialog().filter(|dialog| !dialog.open()) else { return };
        self.board.proof.set(ProofLook::Asking);
        // A browser that can't show it has the status line still.
        let _ = dialog.show_modal();
    }

    pub(super) fn close_proof() {
        if let Some(field) = password() {
            field.set_value("");
        }
        if let Some(dialog) = dialog() {
            dialog.close();
        }
    }

    /// Asks what is due to be asked, unless a cell is open.
    pub(super) fn ask_due_proof(&mut self) {
        if self.proof_due && self.open.is_none() {
            self.proof_due = false;
            if self.editor.summary().proof > 0 {
                self.open_proof();
            }
        }
    }

    pub(super) fn submit(&mut self, event: SubmitEvent) {
        event.prevent_default();
        if self.board.proof.get_untracked() == ProofLook::Checking {
            return;
        }
        let typed = password().map(|field| field.value()).unwrap_or_default();
        if typed.is_empty() {
            self.board.proof.set(ProofLook::Empty);
            return;
        }
        self.board.proof.set(ProofLook::Checking);
        self.wait_for(self.asker().prove(typed), |driver, proof| match proof {
            Proof::Given => {
                Self::close_proof();
                driver.board.proof.set(ProofLook::Asking);
                driver.editor.proof_given(now());
                driver.settle(None);
            }
            Proof::Wrong => driver.board.proof.set(ProofLook::Wrong),
            Proof::Wait => driver.board.proof.set(ProofLook::Wait),
            Proof::None => driver.board.proof.set(ProofLook::None),
            Proof::SignedOut => {
                Self::close_proof();
                driver.signed_out = true;
                driver.tell();
            }
            Proof::NoAnswer => driver.board.proof.set(ProofLook::Offline),
        });
    }
}

/// A field of the open form.
pub fn field_at(place: Place) -> Option<HtmlElement> {
    dom::element(&format!("f-{}", place.id()))
}

fn dialog() -> Option<HtmlDialogElement> {
    dom::element(PROOF_ID)?.dyn_into().ok()
}

fn password() -> Option<HtmlInputElement> {
    dom::element(PASSWORD_ID)?.dyn_into().ok()
}

fn is_same(focused: Option<&Element>, input: &HtmlInputElement) -> bool {
    focused.is_some_and(|focused| focused.is_same_node(Some(input.as_ref())))
}
