//! The new password: the input, and below it the list of what is still missing.
//!
//! The rule: the list changes with every letter, by what the browser knows; the server's word follows when somebody
//! pauses, and only the word on what stands in the field is shown. What is said aloud waits until nothing changes any
//! more.

use domain::password::check;
use domain::{Assessment, Password, Policy, PolicyContext, Requirement};
use leptos::html;
use leptos::prelude::*;

use super::fields::{More, field_view, typed};
use super::policy::{heading, policy_lines};
use super::state::Scope;
use super::{NewPassword, PolicyLine, PolicyTexts};
use crate::components::Icon;
use crate::icons::IconName;

/// The list and what it is made by.
#[derive(Clone, Copy)]
struct Live {
    node: NodeRef<html::Input>,
    rules: StoredValue<(Policy, PolicyContext)>,
    texts: StoredValue<PolicyTexts>,
    lines: RwSignal<Vec<PolicyLine>>,
    /// Said aloud.
    said: RwSignal<String>,
    /// Counts what was typed: an answer for an older text is dropped.
    version: StoredValue<u32>,
}

/// The input with its list, and the policy in full.
pub fn new_password(scope: Scope, block: NewPassword) -> AnyView {
    let NewPassword { field, policy, second_factor, user_code, names, service_names, texts, lines, about, about_text } =
        block;
    let context =
        PolicyContext { user_code: user_code.clone(), names, service_names, second_factor, ..PolicyContext::default() };
    let live = Live {
        node: NodeRef::new(),
        rules: StoredValue::new((policy, context)),
        texts: StoredValue::new(texts),
        lines: RwSignal::new(lines),
        said: RwSignal::new(String::new()),
        version: StoredValue::new(0),
    };
    // What was typed before the script came.
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if !typed(live.node).is_empty() {
            live.look();
        }
    });
    let list_id = format!("{}-policy", field.name);
    let more = More {
        node: live.node,
        typing: Some(Callback::new(move |()| live.look())),
        described: Some(list_id.clone()),
        below: Some(list(live, list_id, about, about_text)),
    };
    view! {
        // A password manager keeps the password together with the name that it belongs to. It is not posted.
        {user_code
            .map(|code| view! { <input type="text" autocomplete="username" value=code readonly=true hidden=true /> })}
        {field_view(scope, field, more)}
    }
    .into_any()
}

fn list(live: Live, id: String, about: String, about_text: String) -> AnyView {
    let title = move || live.lines.with(|lines| live.texts.with_value(|texts| heading(texts, lines)));
    let met = live.texts.with_value(|texts| format!(" ({})", texts.met));
    let line = move |line: PolicyLine| {
        let (class, icon) = match (line.met, line.failed) {
            (true, _) => ("ok", IconName::Check),
            (false, true) => ("no", IconName::Cross),
            (false, false) => ("no", IconName::Dot),
        };
        let met = line.met.then(|| view! { <span class="vh">{met.clone()}</span> });
        view! {
            <li class=class>
                <Icon name=icon />
                <span>{line.text} {met}</span>
            </li>
        }
        .into_any()
    };
    view! {
        <div class="policy-list" id=id>
            <p class="small">
                <strong>{title}</strong>
            </p>
            <ul class="policy">{move || live.lines.get().into_iter().map(&line).collect_view()}</ul>
        </div>
        <p class="vh" role="status" aria-live="polite">
            {move || live.said.get()}
        </p>
        <details class="more small">
            <summary>{about}</summary>
            <p>{about_text}</p>
        </details>
    }
    .into_any()
}

impl Live {
    /// Something was typed.
    fn look(self) {
        let text = typed(self.node);
        self.version.update_value(|version| *version = version.wrapping_add(1));
        let assessment = self.rules.with_value(|(policy, context)| first_look(policy, context, &text));
        self.lines.set(self.texts.with_value(|texts| policy_lines(texts, &assessment)));
        #[cfg(feature = "hydrate")]
        self.ask_the_server(text);
    }
}

/// What the browser can say by itself. That nothing personal is in it only the server can say, who knows more of the
/// person.
fn first_look(policy: &Policy, context: &PolicyContext, text: &str) -> Assessment {
    let mut assessment = match Password::new(text) {
        Ok(password) => check(policy, &password, context, None),
        Err(_) => Assessment::too_large(policy, text),
    };
    assessment.requirements.retain(|state| !(state.met && state.requirement == Requirement::NothingPersonal));
    assessment
}

#[cfg(feature = "hydrate")]
mod in_the_browser {
    use std::time::Duration;

    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::Live;
    use crate::api::wizard::judge;
    use crate::wizard::policy::{aloud, policy_lines};

    /// A pause in typing.
    const PAUSE: Duration = Duration::from_millis(400);
    /// A longer one: nothing is said aloud between two letters.
    const SILENCE: Duration = Duration::from_millis(800);

    impl Live {
        pub(super) fn ask_the_server(self, text: String) {
            let Some(version) = self.version.try_get_value() else { return };
            if text.is_empty() {
                self.said.set(String::new());
                return;
            }
            let ask = move || {
                if !self.is_still(version) {
                    return;
                }
                spawn_local(async move {
                    // Without an answer the list stays as it is; the form says the rest.
                    let assessment = judge(text).await.ok().flatten();
                    if !self.is_still(version) {
                        return;
                    }
                    if let Some(assessment) = assessment
                        && let Some(lines) = self.texts.try_with_value(|texts| policy_lines(texts, &assessment))
                    {
                        self.lines.set(lines);
                    }
                    set_timeout(move || self.say(version), SILENCE);
                });
            };
            set_timeout(ask, PAUSE);
        }

        fn say(self, version: u32) {
            if self.is_still(version)
                && let Some(words) =
                    self.texts.try_with_value(|texts| self.lines.with_untracked(|lines| aloud(texts, lines)))
            {
                self.said.set(words);
            }
        }

        /// Nothing else was typed since, and the page is still the same: else its signals are gone.
        fn is_still(self, version: u32) -> bool {
            self.version.try_get_value() == Some(version)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_says_what_it_knows_and_leaves_the_rest_to_the_server() {
        let context = PolicyContext {
            names: vec!["Zvorykin".to_owned()],
            service_names: vec!["Schoolgate".to_owned()],
            ..PolicyContext::default()
        };
        let looked_at = |text: &str| {
            let assessment = first_look(&Policy::default(), &context, text);
            let met = |wanted| assessment.requirements.iter().find(|one| one.requirement == wanted).map(|one| one.met);
            (met(Requirement::NothingPersonal), met(Requirement::NotTheService))
        };
        assert_eq!(looked_at("walnut ladder seven rivers"), (None, Some(true)));
        assert_eq!(looked_at("zvorykin at schoolgate"), (Some(false), Some(false)));
        assert!(!first_look(&Policy::default(), &context, &"a".repeat(3000)).is_accepted());
    }
}
