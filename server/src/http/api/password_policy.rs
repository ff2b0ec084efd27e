//! `/api/v1/password-policy/check`: the policy's final word on a password, before it is chosen.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Assessment, BirthDate, BirthDateError, Password, PolicyContext, RequirementState, Unmet};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::extract::Body;
use super::problem::Problem;
use crate::state::AppState;

/// A password and what must not stand in it.
#[derive(Deserialize, ToSchema)]
pub struct PolicyQuestion {
    /// The password to judge. It is neither stored nor logged.
    password: String,
    /// What is known of its owner.
    #[serde(default)]
    context: Context,
}

/// Words that a password must not contain.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct Context {
    /// The person's user code.
    user_code: Option<String>,
    /// An ID number or SNILS.
    id_number: Option<String>,
    /// The person's whole name.
    name: Option<String>,
    /// Names, each whole or a part.
    names: Vec<String>,
    /// A phone number in any format.
    phone: Option<String>,
    /// `YYYY-MM-DD`
    birth_date: Option<String>,
    /// A second factor always follows (staff).
    second_factor: bool,
}

impl TryFrom<Context> for PolicyContext {
    type Error = BirthDateError;

    fn try_from(context: Context) -> Result<Self, BirthDateError> {
        Ok(Self {
            user_code: context.user_code,
            id_numbers: context.id_number.into_iter().collect(),
            names: context.names.into_iter().chain(context.name).collect(),
            mobiles: context.phone.into_iter().collect(),
            birth_date: context.birth_date.as_deref().map(BirthDate::parse).transpose()?,
            service_names: Vec::new(),
            second_factor: context.second_factor,
        })
    }
}

/// The verdict.
#[derive(Serialize, ToSchema)]
pub struct PolicyVerdict {
    /// Whether the password may be chosen.
    acceptable: bool,
    /// The policy's name: `nist` or `moe-legacy`.
    policy: String,
    /// What the policy asks for, and whether it is met, in the order it is shown.
    #[schema(value_type = Vec<Object>)]
    requirements: Vec<RequirementState>,
    /// What is still missing, with stable codes.
    #[schema(value_type = Vec<Object>)]
    unmet: Vec<Unmet>,
}

/// Judge a password
#[utoipa::path(
    post, path = "/password-policy/check", tag = "passwords", operation_id = "checkPassword",
    request_body = PolicyQuestion,
    responses(
        (status = 200, description = "The verdict", body = PolicyVerdict),
        (status = 422, description = "An invalid context", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn check(
    State(state): State<AppState>,
    Body(question): Body<PolicyQuestion>,
) -> Result<Json<PolicyVerdict>, Problem> {
    let context = PolicyContext::try_from(question.context).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request has invalid fields.")
            .field("/context/birth_date", error.code())
    })?;
    let policy = &state.portal.settings().passwords.policy;
    let assessment = match Password::new(&question.password) {
        Ok(password) => {
            let portal = state.portal.clone();
            // zxcvbn takes milliseconds: not on a thread that answers requests.
            let verdict = tokio::task::spawn_blocking(move || portal.passwords().check(&password, &context)).await;
            let verdict = verdict.map_err(|_| Problem::internal())?;
            Assessment { requirements: verdict.requirements, unmet: verdict.unmet }
        }
        Err(_) => Assessment::too_large(policy, &question.password),
    };
    Ok(Json(PolicyVerdict {
        acceptable: assessment.is_accepted(),
        policy: policy.name().code().to_owned(),
        requirements: assessment.requirements,
        unmet: assessment.unmet,
    }))
}
