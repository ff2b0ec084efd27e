//! The hydrated root: which interactive page this is, and what it needs to be drawn again in the browser.
//!
//! The server writes a [`Boot`] into the page as JSON; the browser reads it and hydrates the inside of `<main>`. The rest
//! of the page (header, footer, icons) stays as it came, so it costs no script.

use domain::Locale;
#[cfg(feature = "hydrate")]
use leptos::lazy;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::boxes::{BoxesBoot, boxes_view};
use crate::editor::{EditorBoot, editor_view};
use crate::pages::sign_in::{CodePage, SignInPage, code_view, password_view, sign_in_view};
use crate::wizard::{WizardPage, wizard_view};

/// `id` of the element that carries the data.
#[cfg(any(feature = "ssr", feature = "hydrate"))]
const DATA_ID: &str = "boot";
/// `id` of `<main>`.
#[cfg(feature = "hydrate")]
const MAIN_ID: &str = "main";
/// Marks the data of a wizard's page; the server writes it.
#[cfg(feature = "hydrate")]
const WIZARD: &str = "data-wizard";
/// Marks the data of the class editor's page.
#[cfg(feature = "hydrate")]
const EDITOR: &str = "data-editor";
/// Marks the data of the page with the groups' boxes.
#[cfg(feature = "hydrate")]
const BOXES: &str = "data-boxes";

/// An interactive page and its language.
#[derive(Clone, Serialize, Deserialize)]
pub struct Boot {
    /// The page's language.
    pub locale: Locale,
    /// The page.
    pub page: Interactive,
}

/// The pages that are hydrated.
#[allow(clippy::large_enum_variant, reason = "there is one of them a request")]
#[derive(Clone, Serialize, Deserialize)]
pub enum Interactive {
    /// Both ways to sign in.
    SignIn(SignInPage),
    /// User code and password alone.
    Password(SignInPage),
    /// The one-time code.
    Code(CodePage),
    /// A step of registration or of the password wizard. The browser reads it in a part of the bundle of its own.
    #[cfg(feature = "ssr")]
    Wizard(WizardPage),
    /// The class editor. The browser reads it in a part of the bundle of its own, too.
    #[cfg(feature = "ssr")]
    Editor(Box<EditorBoot>),
    /// The groups' boxes, in one more part.
    #[cfg(feature = "ssr")]
    Boxes(Box<BoxesBoot>),
}

impl Boot {
    /// The inside of `<main>`, the same on both sides.
    pub fn view(&self) -> AnyView {
        let locale = self.locale;
        match self.page.clone() {
            Interactive::SignIn(page) => sign_in_view(locale, page).into_any(),
            Interactive::Password(page) => password_view(locale, page).into_any(),
            Interactive::Code(page) => code_view(locale, page).into_any(),
            #[cfg(feature = "ssr")]
            Interactive::Wizard(page) => wizard_view(locale, page).into_any(),
            #[cfg(feature = "ssr")]
            Interactive::Editor(boot) => editor_view(locale, *boot),
            #[cfg(feature = "ssr")]
            Interactive::Boxes(boot) => boxes_view(locale, *boot),
        }
    }
}

#[cfg(feature = "ssr")]
mod on_the_server {
    use leptos::prelude::*;

    use super::{Boot, DATA_ID, Interactive};
    use crate::icons::IconName;
    use crate::layout::PageMeta;
    use crate::tr;

    /// What a script may show later.
    const LATER: &[IconName] = &[IconName::Stop, IconName::Eye, IconName::Clock];
    /// The same for a wizard: its script also draws the page anew, in another state.
    const LATER_IN_WIZARDS: &[IconName] = &[
        IconName::Alert,
        IconName::Back,
        IconName::Check,
        IconName::Clock,
        IconName::Cross,
        IconName::Device,
        IconName::Dot,
        IconName::Down,
        IconName::Eye,
        IconName::Forward,
        IconName::Info,
        IconName::Key,
        IconName::Lock,
        IconName::Mail,
        IconName::Phone,
        IconName::Shield,
        IconName::Sms,
        IconName::Spin,
        IconName::Stop,
    ];
    /// The same for the class editor.
    const LATER_IN_EDITOR: &[IconName] = &[
        IconName::Alert,
        IconName::Check,
        IconName::Clock,
        IconName::Info,
        IconName::Key,
        IconName::Off,
        IconName::People,
        IconName::Spin,
        IconName::Stop,
    ];

    /// The same for the groups' boxes.
    const LATER_IN_BOXES: &[IconName] =
        &[IconName::Alert, IconName::Check, IconName::Off, IconName::Spin, IconName::Stop];

    impl Boot {
        /// What the frame needs: title, errors, and the scripts that hydrate once the browser is idle. Forms work before.
        pub fn meta(&self, nonce: Option<&str>, script: &str, wasm: &str) -> PageMeta {
            let (title, refusal) = match &self.page {
                Interactive::SignIn(page) => (tr!(self.locale, sign_in.title), &page.refusal),
                Interactive::Password(page) => (tr!(self.locale, sign_in.password_title), &page.refusal),
                Interactive::Code(page) if page.second_factor => {
                    (tr!(self.locale, sign_in.second_title), &page.refusal)
                }
                Interactive::Code(page) => (tr!(self.locale, sign_in.code_title), &page.refusal),
                Interactive::Wizard(page) => {
                    return PageMeta {
                        has_errors: !page.problems.is_empty(),
                        private: true,
                        head: Some(self.head(nonce, script, wasm)),
                        later_icons: LATER_IN_WIZARDS,
                        ..PageMeta::titled(page.title.clone())
                    };
                }
                Interactive::Editor(boot) => {
                    return PageMeta {
                        private: true,
                        head: Some(self.head(nonce, script, wasm)),
                        later_icons: LATER_IN_EDITOR,
                        ..PageMeta::titled(boot.words.head.title.clone())
                    };
                }
                Interactive::Boxes(boot) => {
                    return PageMeta {
                        private: true,
                        head: Some(self.head(nonce, script, wasm)),
                        later_icons: LATER_IN_BOXES,
                        ..PageMeta::titled(boot.words.title.clone())
                    };
                }
            };
            PageMeta {
                has_errors: !refusal.problems.is_empty(),
                private: matches!(self.page, Interactive::Code(_)),
                head: Some(self.head(nonce, script, wasm)),
                later_icons: LATER,
                ..PageMeta::titled(title)
            }
        }

        fn head(&self, nonce: Option<&str>, script: &str, wasm: &str) -> AnyView {
            // `<` can't end the element early when it is written as an escape of JSON.
            let data = serde_json::to_string(self).unwrap_or_default().replace('<', "\\u003c");
            let start = format!(
                "const start=()=>import({script:?}).then(app=>app.default({{module_or_path:{wasm:?}}})\
                 .then(()=>app.hydrate()));\
                 \"requestIdleCallback\"in window?requestIdleCallback(start,{{timeout:2000}}):start();"
            );
            let nonce = nonce.map(ToOwned::to_owned);
            let is_wizard = matches!(self.page, Interactive::Wizard(_));
            let is_editor = matches!(self.page, Interactive::Editor(_));
            let is_boxes = matches!(self.page, Interactive::Boxes(_));
            view! {
                {self.refresh()}
                <link rel="modulepreload" href=script.to_owned() fetchpriority="low" />
                <link
                    rel="preload"
                    href=wasm.to_owned()
                    r#as="fetch"
                    r#type="application/wasm"
                    crossorigin=""
                    fetchpriority="low"
                />
                <script
                    type="application/json"
                    id=DATA_ID
                    data-wizard=is_wizard.then_some("")
                    data-editor=is_editor.then_some("")
                    data-boxes=is_boxes.then_some("")
                    inner_html=data
                ></script>
                <script type="module" nonce=nonce inner_html=start></script>
            }
            .into_any()
        }

        /// Without script, a page that waits for something is asked for again by the browser itself.
        fn refresh(&self) -> Option<AnyView> {
            let Interactive::Wizard(page) = &self.page else { return None };
            let seconds = page.refresh_ms?.div_ceil(1000).max(2);
            let meta = format!(r#"<meta http-equiv="refresh" content="{seconds}">"#);
            Some(view! { <noscript inner_html=meta></noscript> }.into_any())
        }
    }
}

/// A wizard's page as it stands in the document: what [`Boot`] writes for it.
#[cfg(feature = "hydrate")]
#[derive(Deserialize)]
struct WizardBoot {
    locale: Locale,
    page: Wrapped,
}

#[cfg(feature = "hydrate")]
#[derive(Deserialize)]
struct Wrapped {
    #[serde(rename = "Wizard")]
    wizard: WizardPage,
}

/// The class editor's page as it stands in the document.
#[cfg(feature = "hydrate")]
#[derive(Deserialize)]
struct EditorPage {
    locale: Locale,
    page: WrappedEditor,
}

#[cfg(feature = "hydrate")]
#[derive(Deserialize)]
struct WrappedEditor {
    #[serde(rename = "Editor")]
    editor: EditorBoot,
}

/// The page with the groups' boxes as it stands in the document.
#[cfg(feature = "hydrate")]
#[derive(Deserialize)]
struct BoxesPage {
    locale: Locale,
    page: WrappedBoxes,
}

#[cfg(feature = "hydrate")]
#[derive(Deserialize)]
struct WrappedBoxes {
    #[serde(rename = "Boxes")]
    boxes: BoxesBoot,
}

/// Hydrates the page that the server sent. A page without data, or of another version, stays as it is: it works.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    let Some(element) = document().get_element_by_id(DATA_ID) else { return };
    let text = element.text_content().unwrap_or_default();
    if element.has_attribute(WIZARD) {
        wasm_bindgen_futures::spawn_local(async move { start_wizard(text).await });
    } else if element.has_attribute(EDITOR) {
        wasm_bindgen_futures::spawn_local(async move { start_editor(text).await });
    } else if element.has_attribute(BOXES) {
        wasm_bindgen_futures::spawn_local(async move { start_boxes(text).await });
    } else if let Ok(boot) = serde_json::from_str::<Boot>(&text) {
        take_over(MAIN_ID, move || boot.view());
    }
}

/// The wizards' part of the bundle: fetched where a wizard is, so that it costs the sign-in page nothing.
#[cfg(feature = "hydrate")]
#[lazy]
fn start_wizard(text: String) {
    if let Ok(boot) = serde_json::from_str::<WizardBoot>(&text) {
        take_over(MAIN_ID, move || wizard_view(boot.locale, boot.page.wizard.clone()).into_any());
    }
}

/// The class editor's part of the bundle. What stands around the editor on its page is not hydrated.
#[cfg(feature = "hydrate")]
#[lazy]
fn start_editor(text: String) {
    if let Ok(boot) = serde_json::from_str::<EditorPage>(&text) {
        take_over(crate::editor::EDITOR_ID, move || editor_view(boot.locale, boot.page.editor));
    }
}

/// The part of the bundle for the groups' boxes. What stands around them is not hydrated.
#[cfg(feature = "hydrate")]
#[lazy]
fn start_boxes(text: String) {
    if let Ok(boot) = serde_json::from_str::<BoxesPage>(&text) {
        take_over(crate::boxes::BOXES_ID, move || boxes_view(boot.locale, boot.page.boxes));
    }
}

/// Hydrates the inside of an element: of `<main>`, or of a part of it.
#[cfg(feature = "hydrate")]
fn take_over(id: &str, view: impl FnOnce() -> AnyView + 'static) {
    use wasm_bindgen::JsCast as _;

    let page = document();
    let element = page.get_element_by_id(id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        hydrate_from(element, view).forget();
        // For whoever must know that the comforts are there, such as the style sheet and the browser tests.
        if let Some(main) = page.get_element_by_id(MAIN_ID) {
            let _ = main.set_attribute("data-hydrated", "");
        }
    }
}
