//! The forms that narrow a log: plain `get`, since what they hold is no secret.

use domain::Locale;
use leptos::prelude::*;

use crate::{components::Icon, icons::IconName, tr};

/// A choice with "all" first; a value and its words each.
pub(super) fn select(
    id: &'static str,
    label: &'static str,
    all: &'static str,
    chosen: &str,
    options: Vec<(String, String)>,
) -> AnyView {
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <span class="pick">
                <select class="select" id=id name=id>
                    <option value="">{all}</option>
                    {options}
                </select>
                <Icon name=IconName::Down />
            </span>
        </div>
    }
    .into_any()
}

/// A day.
pub(super) fn day(id: &'static str, label: &'static str, value: &str) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input class="input num" id=id name=id type="date" value=value.to_owned() />
        </div>
    }
    .into_any()
}

/// The form's button, and the way back to everything where something is narrowed.
pub(super) fn buttons(locale: Locale, path: &'static str, narrowed: bool) -> AnyView {
    view! {
        <div class="btns">
            <button class="btn second s">
                <Icon name=IconName::Filter />
                {tr!(locale, admin.filter)}
            </button>
            {narrowed
                .then(|| {
                    view! {
                        <a class="btn quiet s" href=path>
                            {tr!(locale, admin.show_all)}
                        </a>
                    }
                })}
        </div>
    }
    .into_any()
}

/// The way to the next page of a log; `address` is without the cursor.
pub(super) fn older(locale: Locale, address: Option<String>) -> Option<AnyView> {
    address.map(|href| {
        view! {
            <p class="apart">
                <a class="btn second s" href=href rel="next">
                    {tr!(locale, admin.older)}
                </a>
            </p>
        }
        .into_any()
    })
}
