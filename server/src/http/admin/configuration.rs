//! `/admin/configuration`: what the portal runs with. It is set in a file or by the environment, where the process runs.

use app::pages::admin::AdminSection;
use app::pages::admin::configuration::{ConfigurationPage, Setting, SettingSection, configuration_view, meta};
use axum::http::StatusCode;
use axum::response::Response;
use domain::{Permission, Target};

use super::Asking;
use crate::config::ShownKey;
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;

/// `GET /admin/configuration`
pub(super) async fn page(SignedInVisit { state, page, visit, session }: SignedInVisit) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let access = state.portal.access();
    let allowed = access.require(&visit, &session, Permission::ManageConfiguration, &Target::Everything).await;
    allowed.map_err(|error| asking.refused(&error))?;
    let setting =
        |key: &ShownKey| Setting { name: key.name.clone(), value: key.value.clone(), is_default: key.is_default };
    let sections = state.configuration.iter();
    let sections = sections
        .map(|section| SettingSection { name: section.name, keys: section.keys.iter().map(setting).collect() })
        .collect();
    let data = ConfigurationPage { frame: asking.frame(AdminSection::Configuration), sections };
    Ok(document(StatusCode::OK, &page, meta(&page), |page| configuration_view(page, data)))
}
