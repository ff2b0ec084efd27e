//! `/api/v1/registrations…`: the registration wizard for programs. An address below it holds a secret, the
//! registration's id; the log and the metrics name the route's pattern only.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use std::future::{Ready, ready};

use app::api::cookies;
use app::api::wizard::work::register::{may_be_a_parent, parse_child, today};
use app::pages::consent::VERSION;
use app::pages::register::usual_country;
use axum::Json;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header::SET_COOKIE};
use domain::{
    BirthDate, BirthDateError, Country, Email, EmailError, IdKind, IdentifierError, Locale, Mobile, MobileError, Otp,
};
use serde::{Deserialize, Serialize};
use services::registrations::{
    CodeTarget, ContactChoice, Progress, RegistrationError, RegistrationStep, RegistrationView, Registrations, Who,
};
use services::{Timestamp, Token, Visit};
use utoipa::ToSchema;
use uuid::Uuid;

use super::extract::{Body, From};
use super::fields::Refused;
use super::idempotent::{Done, IdempotencyKey, fingerprint, idempotent};
use super::problem::Problem;
use crate::http::time_text::rfc3339;
use crate::state::AppState;

/// The shortest idempotency key of somebody who is not signed in: 128 random bits in base64.
const STRANGERS_KEY_MIN: usize = 22;
/// Where the consent document is read.
const CONSENT_URL: &str = "/register/consent";

/// Who registers.
#[derive(Deserialize, ToSchema)]
pub struct RegistrationRequest {
    /// Kind of the number: `il_id` (teudat zehut) or `ru_snils`. The portal's first kind when it is missing.
    #[serde(default)]
    #[schema(example = "il_id")]
    id_type: Option<String>,
    /// The person's own number; spaces and hyphens do not matter.
    #[schema(example = "123456782")]
    id_number: String,
    /// The person's birth date: `1985-04-12` or `12.4.1985`.
    #[schema(example = "1985-04-12")]
    birth_date: String,
    /// The number of one of the person's children, of any kind that the portal takes (`child_id_number` is read as well).
    #[serde(alias = "child_id_number")]
    #[schema(example = "000000018")]
    child_id: String,
    /// The child's number is a temporary one, without check digit.
    #[serde(default)]
    child_temporary: bool,
}

impl RegistrationRequest {
    fn who(&self, kinds: &[IdKind], now: Timestamp) -> Result<Who, Problem> {
        let mut refused = Refused::default();
        let kind = refused.kind(kinds, self.id_type.as_deref());
        let identifier = kind.and_then(|kind| refused.number("/id_number", kind, &self.id_number));
        let birth_date = refused.take("/birth_date", parent_birth_date(&self.birth_date, now));
        let child = kind.and_then(|kind| {
            let child = match parse_child(kinds, kind, &self.child_id, self.child_temporary) {
                Ok(child) if identifier.as_ref() == Some(&child) => Err("own_number"),
                read => read.map_err(IdentifierError::code),
            };
            refused.take("/child_id", child)
        });
        match (identifier, birth_date, child) {
            (Some(identifier), Some(birth_date), Some(child)) => Ok(Who { identifier, birth_date, child }),
            _ => Err(refused.problem()),
        }
    }

    /// What is asked for, in short.
    fn fingerprint(&self) -> [u8; 32] {
        fingerprint(&[
            b"beginRegistration",
            self.id_type.as_deref().unwrap_or_default().as_bytes(),
            self.id_number.as_bytes(),
            self.birth_date.as_bytes(),
            self.child_id.as_bytes(),
            &[u8::from(self.child_temporary)],
        ])
    }
}

/// Reads the person's own birth date. A child's, or one in the future, was sent by mistake.
fn parent_birth_date(text: &str, now: Timestamp) -> Result<BirthDate, &'static str> {
    let date = BirthDate::parse(text).map_err(BirthDateError::code)?;
    if may_be_a_parent(date, today(now)) { Ok(date) } else { Err("too_young") }
}

/// What to change. In step `verify` only `phone` or `resend`; from step `contact` on the contact details, of which
/// those that are missing stay as they are.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct RegistrationChange {
    /// A mobile number (`mobile` is read as well). In step `verify`: the code goes to this number instead of the one on
    /// file, and the registration then waits for the school's approval. Later: the mobile to have on file, confirmed by
    /// a code of its own; without it the number that was verified stays.
    #[serde(alias = "mobile")]
    #[schema(example = "050-1234567")]
    phone: Option<String>,
    /// The e-mail address; the link to choose a password goes there.
    email: Option<String>,
    /// The language of messages: `he`, `ar`, `ru` or `en`, as far as the portal offers it (`locale` is read as well). The
    /// request's language when it was never given.
    #[serde(alias = "locale")]
    #[schema(example = "he")]
    language: Option<String>,
    /// The version of the consent document that the person agreed to, as in `GET /registrations/consent`.
    consent: Option<String>,
    /// `true`, and nothing else: send the awaited code again.
    resend: bool,
}

impl RegistrationChange {
    fn has_contact(&self) -> bool {
        self.email.is_some() || self.language.is_some() || self.consent.is_some()
    }

    /// The number to prove in step `verify`.
    fn mobile(&self, country: Country) -> Result<Mobile, Problem> {
        let mut refused = Refused::default();
        let mobile = refused.take("/phone", mobile(self.phone.as_deref().unwrap_or_default(), country));
        mobile.ok_or_else(|| refused.problem())
    }

    /// The contact details as they are to be: what is given, else what was given before.
    fn contact(&self, view: &RegistrationView, desk: &Desk) -> Result<ContactChoice, Problem> {
        let mut refused = Refused::default();
        let email = match (&self.email, &view.email) {
            (None, Some(before)) => Some(before.clone()),
            (given, _) => {
                refused.take("/email", Email::parse(given.as_deref().unwrap_or_default()).map_err(EmailError::code))
            }
        };
        let mobile = self.phone.as_deref().and_then(|phone| refused.take("/phone", mobile(phone, desk.country())));
        let locale = match self.language.as_deref() {
            None => Some(view.locale.unwrap_or(desk.visit.locale)),
            Some(code) => {
                let locale = Locale::from_code(code).filter(|locale| desk.state.info.locales.contains(locale));
                refused.take("/language", locale.ok_or("unknown"))
            }
        };
        let consent = match self.consent.as_deref().or(view.consent.as_deref()) {
            None | Some("") => Err("empty"),
            Some(version) if version == VERSION => Ok(version.to_owned()),
            Some(_) => Err("other_version"),
        };
        let consent = refused.take("/consent", consent);
        let phone_taken = mobile.is_some() || self.phone.is_none();
        match (email, locale, consent) {
            (Some(email), Some(locale), Some(consent)) if phone_taken => {
                Ok(ContactChoice { email, mobile, locale, consent })
            }
            _ => Err(refused.problem()),
        }
    }
}

fn mobile(text: &str, country: Country) -> Result<Mobile, &'static str> {
    Mobile::parse_any(text, country).map_err(MobileError::code)
}

/// The code that was received.
#[derive(Deserialize, ToSchema)]
pub struct RegistrationCode {
    /// Six digits; spaces and dashes do not matter.
    #[schema(example = "482 715")]
    code: String,
}

/// How far a registration is. Nothing in it tells whether the person is known before a code has proved who asks.
#[derive(Serialize, ToSchema)]
pub struct RegistrationStatus {
    /// Opaque and secret: whoever has it can go on with the registration. Keep it out of logs.
    id: String,
    /// What is to be done next: `verify`, `contact`, `new_mobile` (answer the code of a changed number) or `finish`;
    /// `submitted` when nothing is left to do.
    #[schema(example = "verify")]
    step: String,
    /// Until when the registration can be gone on with, or read once it is submitted (RFC 3339, UTC).
    expires_at: String,
    /// Where the awaited code went: to the number `on_file`, the one `given` instead, or the `new` one of the contact
    /// details.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "on_file")]
    code_to: Option<String>,
    /// Until when the awaited code is accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    code_expires_at: Option<String>,
    /// From when on a new code can be asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_send_at: Option<String>,
    /// The mobile that was verified, masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_masked: Option<String>,
    /// The e-mail address that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The language that was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// The version of the consent document that was agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<String>,
    /// Once it is submitted: `creating` (the account is being made), `messages` (it is there, the messages are on their
    /// way), `done`, or `review` (the school decides).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "creating")]
    status: Option<String>,
    /// With `review`: until when the school answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_by: Option<String>,
}

impl RegistrationStatus {
    fn new(token: &Token, view: RegistrationView) -> Self {
        let code = view.code.as_ref();
        let code_to = match view.code_target {
            CodeTarget::OnFile => "on_file",
            CodeTarget::Given => "given",
            CodeTarget::New => "new",
        };
        let (status, answer_by) = match view.progress {
            None => (None, None),
            Some(Progress::Creating { .. }) => (Some("creating"), None),
            Some(Progress::Messages) => (Some("messages"), None),
            Some(Progress::Done) => (Some("done"), None),
            Some(Progress::Review { answer_by }) => (Some("review"), Some(answer_by)),
        };
        Self {
            id: token.to_base64url(),
            step: view.step.code().to_owned(),
            expires_at: rfc3339(view.expires_at),
            code_to: code.map(|_| code_to.to_owned()),
            code_expires_at: code.map(|code| rfc3339(code.code_expires_at)),
            next_send_at: code.map(|code| rfc3339(code.next_send_at)),
            mobile_masked: view.mobile_masked,
            email: view.email.map(|email| email.as_str().to_owned()),
            language: view.locale.map(|locale| locale.code().to_owned()),
            consent: view.consent,
            status: status.map(str::to_owned),
            answer_by: answer_by.map(rfc3339),
        }
    }
}

/// The consent document.
#[derive(Serialize, ToSchema)]
pub struct ConsentDocument {
    /// To be sent as `consent` when the person has read the document and agreed to it.
    version: String,
    /// The path of the portal where it is read, in the reader's language.
    #[schema(example = "/register/consent")]
    url: String,
}

/// One request to the registrations; 404 for every one while registration is closed.
pub struct Desk {
    state: AppState,
    visit: Visit,
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        if !state.info.registration_open {
            return Err(Problem::not_found());
        }
        let From(visit) = From::from_request_parts(parts, state).await?;
        Ok(Self { state: state.clone(), visit })
    }
}

impl Desk {
    fn registrations(&self) -> Registrations<'_> {
        self.state.portal.registrations()
    }

    /// The country whose mobile numbers are the usual ones here.
    fn country(&self) -> Country {
        usual_country(&self.state.info.id_kinds)
    }

    /// Whose idempotency keys are used: nobody is signed in, so they are the address's.
    fn stranger(&self) -> Uuid {
        let address = self.visit.address.map(|address| address.to_string()).unwrap_or_default();
        let mut id = [0; 16];
        id.iter_mut().zip(fingerprint(&[b"address", address.as_bytes()])).for_each(|(to, from)| *to = from);
        Uuid::from_bytes(id)
    }

    /// The registration that the address names; what is no token names none.
    fn token(&self, id: &str) -> Result<Token, Problem> {
        Token::parse(id).map_err(|_| self.refuse(&RegistrationError::Gone))
    }

    async fn view(&self, token: &Token) -> Result<RegistrationView, Problem> {
        self.registrations().view(token).await.map_err(|error| self.refuse(&error))
    }

    async fn status(&self, token: &Token) -> Result<Json<RegistrationStatus>, Problem> {
        Ok(Json(RegistrationStatus::new(token, self.view(token).await?)))
    }

    fn refuse(&self, error: &RegistrationError) -> Problem {
        Problem::registration(error, self.state.portal.now(), &self.visit.request_id)
    }
}

/// Begin a registration
///
/// Sends a code to the mobile on file. Answers 202 whether or not the person is known; only what cannot be a number or
/// a date is refused. The registration lives for an hour. The cookie is set as well, so that a browser can go on in the
/// portal's pages. A client that sends it back stays in its registration while it is about the same person, under another
/// `id` for as long as nothing is proved; every other client begins a new one.
///
/// With an `Idempotency-Key` the same request from the same address is done once and answered alike for a day. Nobody is
/// signed in here, so the key is what the answer is kept under: draw it at random, of 22 characters at least.
#[utoipa::path(
    post, path = "/registrations", tag = "registration", operation_id = "beginRegistration",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is done once")),
    request_body = RegistrationRequest,
    responses(
        (status = 202, description = "If the person is known, a code was sent", body = RegistrationStatus),
        (status = 400, description = "The Idempotency-Key is too short", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Registration is closed", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The Idempotency-Key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Not a number or a date", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests from this address", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn begin(
    desk: Desk,
    headers: HeaderMap,
    key: IdempotencyKey,
    Body(request): Body<RegistrationRequest>,
) -> Result<(HeaderMap, Done), Problem> {
    if key.0.as_ref().is_some_and(|key| key.len() < STRANGERS_KEY_MIN) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency-key", "The Idempotency-Key is too short.")
            .detail("Draw at least 22 characters at random."));
    }
    let who = request.who(&desk.state.info.id_kinds, desk.state.portal.now())?;
    let current = cookies::read_token(&headers, cookies::REGISTRATION);
    let fingerprint = request.fingerprint();
    let (state, request_id, owner) = (desk.state.clone(), desk.visit.request_id.clone(), desk.stranger());
    let work = async move {
        let begun = desk.registrations().begin(&desk.visit, current.as_ref(), &who).await;
        let token = begun.map_err(|error| desk.refuse(&error))?;
        Done::new(StatusCode::ACCEPTED, &desk.status(&token).await?.0)
    };
    let done = idempotent(&state, &request_id, owner, key, fingerprint, Box::pin(work)).await?;
    let token = done.text("id").and_then(|id| Token::parse(&id).ok()).ok_or_else(Problem::internal)?;
    let mut cookie = HeaderMap::new();
    cookie.append(SET_COOKIE, cookies::registration(&token));
    Ok((cookie, done))
}

/// How far a registration is
///
/// Changes nothing. Once it is submitted it can be read for an hour.
#[utoipa::path(
    get, path = "/registrations/{id}", tag = "registration", operation_id = "getRegistration",
    params(("id" = String, Path, description = "From the answer that began it; a secret")),
    responses(
        (status = 200, description = "The registration", body = RegistrationStatus),
        (status = 404, description = "No such registration, or it is over", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn show(desk: Desk, Path(id): Path<String>) -> Result<Json<RegistrationStatus>, Problem> {
    desk.status(&desk.token(&id)?).await
}

/// Give another number, give the contact details, or ask for the code again
///
/// What is due depends on the step, which every answer names: a number to send the code to in step `verify`, the
/// contact details from step `contact` on until it is submitted. E-mail address and consent have to be given once. A
/// changed mobile leads to step `new_mobile`: answer its code with `POST …/verify`.
#[utoipa::path(
    patch, path = "/registrations/{id}", tag = "registration", operation_id = "changeRegistration",
    params(("id" = String, Path, description = "From the answer that began it; a secret")),
    request_body = RegistrationChange,
    responses(
        (status = 200, description = "Changed", body = RegistrationStatus),
        (status = 404, description = "No such registration, or it is over", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not due in this step; `step` names the step", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "No further code can be sent yet", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn change(
    desk: Desk,
    Path(id): Path<String>,
    Body(change): Body<RegistrationChange>,
) -> Result<Json<RegistrationStatus>, Problem> {
    let token = desk.token(&id)?;
    let registrations = desk.registrations();
    let changed = if change.resend {
        if change.has_contact() || change.phone.is_some() {
            let mut refused = Refused::default();
            refused.take::<()>("/resend", Err("not_alone"));
            return Err(refused.problem());
        }
        registrations.send_again(&desk.visit, &token).await
    } else {
        let view = desk.view(&token).await?;
        match view.step {
            RegistrationStep::Verify if !change.has_contact() => {
                registrations.use_mobile(&desk.visit, &token, &change.mobile(desk.country())?).await
            }
            RegistrationStep::Contact | RegistrationStep::NewMobile | RegistrationStep::Finish => {
                let choice = change.contact(&view, &desk)?;
                registrations.set_contact(&desk.visit, &token, &choice).await.map(|_| ())
            }
            step @ (RegistrationStep::Verify | RegistrationStep::Submitted) => Err(RegistrationError::NotNow(step)),
        }
    };
    changed.map_err(|error| desk.refuse(&error))?;
    desk.status(&token).await
}

/// Answer with the code
///
/// In step `verify` the code of the registration, in step `new_mobile` the code of the changed number.
#[utoipa::path(
    post, path = "/registrations/{id}/verify", tag = "registration", operation_id = "verifyRegistration",
    params(("id" = String, Path, description = "From the answer that began it; a secret")),
    request_body = RegistrationCode,
    responses(
        (status = 200, description = "The right code", body = RegistrationStatus),
        (status = 404, description = "No such registration, or it is over", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "No code is awaited; `step` names the step", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Wrong or expired code", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong codes: wait", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn verify(
    desk: Desk,
    Path(id): Path<String>,
    Body(answer): Body<RegistrationCode>,
) -> Result<Json<RegistrationStatus>, Problem> {
    let token = desk.token(&id)?;
    let mut refused = Refused::default();
    let code = refused.take("/code", Otp::parse(&answer.code).map_err(|_| "not_six_digits"));
    let code = code.ok_or_else(|| refused.problem())?;
    desk.registrations().verify(&desk.visit, &token, &code).await.map_err(|error| desk.refuse(&error))?;
    desk.status(&token).await
}

/// Submit the registration
///
/// The account is made in the background: `GET /registrations/{id}` tells how far it is. A second call changes nothing
/// and is answered like the first.
#[utoipa::path(
    post, path = "/registrations/{id}/finish", tag = "registration", operation_id = "finishRegistration",
    params(("id" = String, Path, description = "From the answer that began it; a secret")),
    responses(
        (status = 202, description = "Submitted", body = RegistrationStatus),
        (status = 404, description = "No such registration, or it is over", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something is still to be done; `step` names it", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn finish(desk: Desk, Path(id): Path<String>) -> Result<(StatusCode, Json<RegistrationStatus>), Problem> {
    let token = desk.token(&id)?;
    desk.registrations().finish(&desk.visit, &token).await.map_err(|error| desk.refuse(&error))?;
    Ok((StatusCode::ACCEPTED, desk.status(&token).await?))
}

/// The consent document
///
/// Names the version that `consent` has to be. It is agreed to by a person who could read it, never by a program on its
/// own.
#[utoipa::path(
    get, path = "/registrations/consent", tag = "registration", operation_id = "getConsentDocument",
    responses(
        (status = 200, description = "The document's version and where it is read", body = ConsentDocument),
        (status = 404, description = "Registration is closed", body = Problem, content_type = "application/problem+json")
    )
)]
pub fn consent(_: Desk) -> Ready<Json<ConsentDocument>> {
    ready(Json(ConsentDocument { version: VERSION.to_owned(), url: CONSENT_URL.to_owned() }))
}
