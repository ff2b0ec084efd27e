//! The password wizard's requests: by path to the step, through the services, and back with a page or a way on.

mod choice;

use domain::{Assessment, Password, UserCode};
use services::Token;
use services::password_wizard::{TicketState, WizardError, WizardStep, WizardView};
use services::portal::SignInError;

use super::{Asking, Fields, Outcome, Refused};
use crate::api::cookies;
use crate::pages::password::{self as pages, Chosen, PASSWORD, TICKET, USER_CODE, unmet_sentence};
use crate::pages::wizard_kit::{CODE, EMAIL, ID_NUMBER, ID_TYPE, mend, parameter, parse_code, parse_id, refuse};
use crate::tr;
use crate::wizard::WizardPage;

const FORGOT: &str = "/password/forgot";
const START: &str = "/password/start";
const VERIFY: &str = "/password/verify";
const CHOOSE: &str = "/password/choose";
const DONE: &str = "/password/done";

/// Shows a page. `query` is the address's query, without `?`.
pub async fn show(asking: &Asking, path: &str, query: &str) -> Outcome {
    match path {
        FORGOT if asking.info.password_reset => show_forgot(asking, query),
        START => show_start(asking, query).await,
        VERIFY | CHOOSE | DONE => show_step(asking, path, query).await,
        _ => Outcome::Missing,
    }
}

/// Takes a posted form.
pub async fn post(asking: &Asking, path: &str, fields: &Fields) -> Outcome {
    match path {
        FORGOT if asking.info.password_reset => post_forgot(asking, fields).await,
        START => post_start(asking, fields).await,
        VERIFY => post_verify(asking, fields).await,
        CHOOSE => post_choose(asking, fields).await,
        _ => Outcome::Missing,
    }
}

/// The policy's word on a password that is being typed. `None` when this browser is not choosing one, or nothing can be said now:
/// the form's own answer will say it.
pub async fn judge(asking: &Asking, password: &str) -> Option<Assessment> {
    let flow = asking.password_flow()?;
    if let Ok(password) = Password::new(password) {
        return assess(asking, &flow, &password).await;
    }
    let view = asking.portal.password_wizard().view(&flow).await.ok()?;
    Some(Assessment::too_large(&view.policy, password))
}

fn show_forgot(asking: &Asking, query: &str) -> Outcome {
    let page = if parameter(query, "sent").is_some() {
        pages::sent(asking.locale, &asking.info)
    } else {
        let ended = parameter(query, "ended").is_some();
        pages::forgot(asking.locale, &asking.info, "", String::new(), ended)
    };
    Outcome::Page(Box::new(page))
}

/// Sends a link, if the number is known and an address is on file. The answer does not tell.
async fn post_forgot(asking: &Asking, fields: &Fields) -> Outcome {
    let kind = fields.get(ID_TYPE);
    let page = || pages::forgot(asking.locale, &asking.info, kind, fields.echo(ID_NUMBER), false);
    let identifier = match parse_id(asking.locale, &asking.info.id_kinds, kind, fields.get(ID_NUMBER)) {
        Ok(identifier) => identifier,
        Err(sentence) => return mended(page(), ID_NUMBER, sentence),
    };
    match asking.portal.password_wizard().forgot(&asking.visit, &identifier).await {
        Ok(()) => Outcome::next("/password/forgot?sent=1"),
        Err(error) => refuse(asking, page(), ID_NUMBER, &error),
    }
}

/// The mailed link. Looking at it changes nothing, so neither a preview nor a reload uses it up.
async fn show_start(asking: &Asking, query: &str) -> Outcome {
    let written = parameter(query, TICKET).unwrap_or_default();
    let Ok(ticket) = Token::parse(written) else { return closed(asking, TicketState::Unknown, false) };
    match asking.portal.password_wizard().ticket(&ticket).await {
        Ok(view) if matches!(view.state, TicketState::Open) => {
            let page = pages::identify(asking.locale, &asking.info, &view, written, "", String::new());
            Outcome::Page(Box::new(page))
        }
        Ok(view) => closed(asking, view.state, view.first),
        Err(error) => unavailable(asking, START, &error),
    }
}

/// Whose link it is: from here on the browser is in the wizard.
async fn post_start(asking: &Asking, fields: &Fields) -> Outcome {
    let written = fields.get(TICKET);
    let Ok(ticket) = Token::parse(written) else { return closed(asking, TicketState::Unknown, false) };
    let view = match asking.portal.password_wizard().ticket(&ticket).await {
        Ok(view) if matches!(view.state, TicketState::Open) => view,
        Ok(view) => return closed(asking, view.state, view.first),
        Err(error) => return unavailable(asking, START, &error),
    };
    let locale = asking.locale;
    let (field, kind) = (if view.by_user_code { USER_CODE } else { ID_NUMBER }, fields.get(ID_TYPE));
    let typed = fields.get(field);
    let page = || pages::identify(locale, &asking.info, &view, written, kind, fields.echo(field));
    // A slip of the keyboard is told as one, and is no try.
    let slip = if view.by_user_code {
        user_code_slip(asking, typed)
    } else {
        parse_id(locale, &asking.info.id_kinds, kind, typed).err()
    };
    if let Some(sentence) = slip {
        return mended(page(), field, sentence);
    }
    match asking.portal.password_wizard().identify(&asking.visit, &ticket, typed).await {
        Ok(flow) => Outcome::Next { to: VERIFY.to_owned(), cookies: vec![cookies::password_flow(&flow)] },
        Err(WizardError::OtherPerson) if view.by_user_code => mended(page(), field, tr!(locale, password.other_code)),
        Err(WizardError::OtherPerson) => mended(page(), field, tr!(locale, password.other_number)),
        Err(WizardError::Ticket(state)) => closed(asking, state, view.first),
        Err(error) => refused_step(asking, page(), field, error),
    }
}

fn user_code_slip(asking: &Asking, typed: &str) -> Option<String> {
    let error = UserCode::parse(typed).err()?;
    let sentence = match error.code() {
        "empty" => tr!(asking.locale, sign_in.user_code_empty),
        "check_character" => tr!(asking.locale, password.user_code_check),
        _ => tr!(asking.locale, password.user_code_form),
    };
    Some(sentence.to_owned())
}

/// The step that this browser is at; any other step's page leads to it.
async fn show_step(asking: &Asking, path: &str, query: &str) -> Outcome {
    let view = match current(asking, path).await {
        Ok((_, view)) => view,
        Err(outcome) => return outcome,
    };
    let due = path_of(view.step);
    if path != due {
        return Outcome::next(due);
    }
    let (locale, info) = (asking.locale, &asking.info);
    let page = match view.step {
        WizardStep::Verify => pages::verify(locale, info, &view, asking.now(), parameter(query, "sent").is_some()),
        WizardStep::Choose => pages::choose(locale, info, &view, Chosen::of(&view), None),
        WizardStep::Done => pages::done(locale, info, &view),
    };
    Outcome::Page(Box::new(page))
}

/// The code, or the wish for a new one.
async fn post_verify(asking: &Asking, fields: &Fields) -> Outcome {
    let (flow, view) = match current(asking, VERIFY).await {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    if view.step != WizardStep::Verify {
        return Outcome::next(path_of(view.step));
    }
    let wizard = asking.portal.password_wizard();
    let page = || pages::verify(asking.locale, &asking.info, &view, asking.now(), false);
    if fields.has("resend") {
        return match wizard.send_again(&asking.visit, &flow).await {
            Ok(()) => Outcome::next("/password/verify?sent=1"),
            Err(error) => refused_step(asking, page(), CODE, error),
        };
    }
    let code = match parse_code(asking.locale, pages::code_by(&view), fields.get(CODE)) {
        Ok(code) => code,
        Err(sentence) => return mended(page(), CODE, sentence),
    };
    match wizard.verify(&asking.visit, &flow, &code).await {
        Ok(()) => Outcome::next(CHOOSE),
        Err(error) => refused_step(asking, page(), CODE, error),
    }
}

/// The new password with all that is saved along with it.
async fn post_choose(asking: &Asking, fields: &Fields) -> Outcome {
    let (flow, view) = match current(asking, CHOOSE).await {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    if view.step != WizardStep::Choose {
        return Outcome::next(path_of(view.step));
    }
    let read = choice::read(asking.locale, &view.policy, view.asks_question, fields);
    let choice = match read.choice {
        Ok(choice) => choice,
        Err(problems) => {
            // All that is to be mended is told at once, the policy's word on the password too.
            let verdict = match &read.password {
                Some(password) => assess(asking, &flow, password).await,
                None => None,
            };
            return refused_choice(asking, &view, fields, verdict, problems);
        }
    };
    match asking.portal.password_wizard().choose(&asking.visit, &flow, &choice).await {
        Ok(()) => Outcome::next(DONE),
        Err(WizardError::Policy(unmet)) => {
            // Asked again for the whole list; should that fail, the reasons are known all the same.
            let verdict = assess(asking, &flow, &choice.password).await.filter(|verdict| !verdict.is_accepted());
            let reasons = || Assessment { unmet, ..Assessment::default() };
            refused_choice(asking, &view, fields, Some(verdict.unwrap_or_else(reasons)), Vec::new())
        }
        Err(error) => {
            let mut page = pages::choose(asking.locale, &asking.info, &view, typed(fields), None);
            page.before.push(pages::emptied(asking.locale));
            refused_step(asking, page, PASSWORD, error)
        }
    }
}

/// The page again, with the policy's word and everything else that is to be mended.
fn refused_choice(
    asking: &Asking,
    view: &WizardView,
    fields: &Fields,
    verdict: Option<Assessment>,
    problems: Vec<choice::Problem>,
) -> Outcome {
    let locale = asking.locale;
    let verdict = verdict.filter(|verdict| !verdict.is_accepted());
    let mut page = pages::choose(locale, &asking.info, view, typed(fields), verdict.as_ref());
    if let Some(first) = verdict.iter().flat_map(|verdict| &verdict.unmet).next() {
        mend(&mut page, PASSWORD, unmet_sentence(locale, first));
    }
    for (field, sentence) in problems {
        mend(&mut page, field, sentence);
    }
    page.before.push(pages::emptied(locale));
    Outcome::refused(page)
}

/// What goes back into the page: everything but passwords and the answer.
fn typed(fields: &Fields) -> Chosen {
    Chosen {
        question: fields.echo(pages::QUESTION),
        own_question: fields.echo(pages::OWN_QUESTION),
        email: fields.echo(EMAIL),
    }
}

/// The services' final word on a password.
async fn assess(asking: &Asking, flow: &Token, password: &Password) -> Option<Assessment> {
    let verdict = asking.portal.password_wizard().judge(flow, password).await.ok()?;
    Some(Assessment { requirements: verdict.requirements, unmet: verdict.unmet })
}

/// The wizard that this browser is in, or what to answer when it is in none.
async fn current(asking: &Asking, path: &str) -> Result<(Token, WizardView), Outcome> {
    let Some(flow) = asking.password_flow() else { return Err(over(asking)) };
    match asking.portal.password_wizard().view(&flow).await {
        Ok(view) => Ok((flow, view)),
        Err(error) => Err(refused_step(asking, pages::unavailable(asking.locale, &asking.info, path), "", error)),
    }
}

const fn path_of(step: WizardStep) -> &'static str {
    match step {
        WizardStep::Verify => VERIFY,
        WizardStep::Choose => CHOOSE,
        WizardStep::Done => DONE,
    }
}

/// What the services refused, whatever the step.
fn refused_step(asking: &Asking, page: WizardPage, field: &str, error: WizardError) -> Outcome {
    match error {
        WizardError::NotNow(step) => Outcome::next(path_of(step)),
        WizardError::Ticket(state) => closed(asking, state, false),
        WizardError::SignIn(error) => refuse(asking, page, field, &error),
        // The last two belong to steps that answer them by themselves.
        WizardError::Gone | WizardError::OtherPerson | WizardError::Policy(_) => over(asking),
    }
}

/// The wizard is over: where a new link can be asked for, the way leads there.
fn over(asking: &Asking) -> Outcome {
    if asking.info.password_reset {
        return Outcome::next("/password/forgot?ended=1");
    }
    for_good(pages::gone(asking.locale, &asking.info))
}

/// A link that does not lead on.
fn closed(asking: &Asking, state: TicketState, first: bool) -> Outcome {
    for_good(pages::closed(asking.locale, &asking.info, state, first))
}

fn for_good(page: WizardPage) -> Outcome {
    Outcome::Refused(Refused { page: Box::new(page), status: 410, retry_after_s: None })
}

/// The services could not be asked.
fn unavailable(asking: &Asking, path: &str, error: &SignInError) -> Outcome {
    refuse(asking, pages::unavailable(asking.locale, &asking.info, path), "", error)
}

fn mended(mut page: WizardPage, field: &str, sentence: impl Into<String>) -> Outcome {
    mend(&mut page, field, sentence);
    Outcome::refused(page)
}
