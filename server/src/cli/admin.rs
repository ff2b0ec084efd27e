//! `admin create`, `admin reset`, `admin unlock`: what an operator must be able to do when nobody can sign in.

use clap::{Args, Subcommand};
use domain::{Country, Locale, Mobile, Password, PersonName, PolicyContext, Unmet, UserCode};
use serde_json::json;
use services::{OsRng, Portal, Visit, accounts::AccountError, passwords::ChoiceError, rng};

use super::{Exit, Failure, failure::mend_store, prompt, say, say_json};
use crate::{
    config::Config,
    open::{Opening, open},
};

/// The subcommands of `admin`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a system administrator and print the user code; asks for what is not given
    Create(CreateArguments),
    /// Set a new password and sign the account out everywhere; the password is asked for, or read from standard input
    Reset {
        /// The user code, with or without its dash
        user_code: String,
    },
    /// End the waits of an account after wrong passwords and codes
    Unlock {
        /// The user code, with or without its dash
        user_code: String,
    },
}

/// The arguments of `admin create`.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// Surname
    #[arg(long)]
    surname: Option<String>,
    /// Given name
    #[arg(long)]
    given_name: Option<String>,
    /// Patronymic, if there is one
    #[arg(long)]
    patronymic: Option<String>,
    /// Mobile for the second factor, such as +972501234567
    #[arg(long)]
    mobile: Option<String>,
    /// Language: he, ar, ru or en; without it the portal's own
    #[arg(long)]
    locale: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// Runs one of them. Each leaves a row in the audit log.
pub async fn run(command: Command, config: &Config) -> Result<(), Failure> {
    let opened = open(config, Opening::default()).await?;
    let outcome = async {
        let portal = opened.portal(config)?;
        match command {
            Command::Create(arguments) => create(&portal, config, arguments).await,
            Command::Reset { user_code } => {
                let user_code = parse_user_code(&user_code)?;
                let password = read_password()?;
                portal.admin().reset(&visit(config), &user_code, &password).await.map_err(refusal)?;
                say("the password is set; all sessions have ended");
                Ok(())
            }
            Command::Unlock { user_code } => {
                portal.admin().unlock(&visit(config), &parse_user_code(&user_code)?).await.map_err(refusal)?;
                say("all waits have ended");
                Ok(())
            }
        }
    }
    .await;
    opened.db.close().await;
    outcome
}

async fn create(portal: &Portal, config: &Config, given: CreateArguments) -> Result<(), Failure> {
    let surname = prompt::value(given.surname, "Surname", "--surname")?;
    let given_name = prompt::value(given.given_name, "Given name", "--given-name")?;
    let patronymic = prompt::optional(given.patronymic, "Patronymic")?;
    let name = PersonName::new(&surname, &given_name, patronymic.as_deref())
        .map_err(|error| refused(error.to_string(), "write the name as it stands in documents"))?;
    let mobile = prompt::value(given.mobile, "Mobile", "--mobile")?;
    let mobile = Mobile::parse_any(&mobile, Country::Il)
        .map_err(|error| refused(error.to_string(), "write it with its country code, such as +972501234567"))?;
    let locale = match given.locale {
        None => config.portal.default_locale,
        Some(code) => Locale::from_code(&code)
            .ok_or_else(|| refused(format!("{code} is no language of the portal"), "take he, ar, ru or en"))?,
    };
    let password = read_password()?;
    // Before anything is stored: an account must not be left over from a refused password.
    let context = PolicyContext {
        names: [Some(surname), Some(given_name), patronymic].into_iter().flatten().collect(),
        mobiles: vec![mobile.e164().to_owned()],
        second_factor: true,
        ..PolicyContext::default()
    };
    let verdict = portal.passwords().check(&password, &context);
    if !verdict.unmet.is_empty() {
        return Err(refusal(ChoiceError::Policy(verdict.unmet)));
    }
    let visit = visit(config);
    let created = portal.admin().create(&visit, name, mobile, locale).await.map_err(not_created)?;
    portal.admin().set_password(&visit, &created.user_code, &password).await.map_err(refusal)?;
    let user_code = created.user_code.to_string();
    if given.json {
        say_json(&json!({ "user_code": user_code, "account_id": created.id.to_string() }));
    } else {
        say(format!("user code: {user_code}"));
        say("sign in with it, the password, and the code that comes by SMS");
    }
    Ok(())
}

/// The audit rows of one run share an id; nobody visits, so there is no address.
fn visit(config: &Config) -> Visit {
    let run = u64::from_be_bytes(rng::bytes(&OsRng));
    Visit {
        address: None,
        user_agent: None,
        request_id: format!("cli-{run:016x}"),
        locale: config.portal.default_locale,
        device: None,
    }
}

fn parse_user_code(text: &str) -> Result<UserCode, Failure> {
    UserCode::parse(text)
        .map_err(|error| refused(error.to_string(), "look for a slip: the last character checks the others"))
}

fn read_password() -> Result<Password, Failure> {
    Password::new(&prompt::new_password()?).map_err(|error| refused(error.to_string(), "take a shorter one"))
}

fn refused(what: String, mend: &str) -> Failure {
    Failure::new(Exit::Refused, what, mend)
}

fn not_created(error: AccountError) -> Failure {
    match error {
        AccountError::Store(error) => error.into(),
        AccountError::CodeTaken => refused(error.to_string(), "run the command again"),
    }
}

fn refusal(error: ChoiceError) -> Failure {
    match error {
        ChoiceError::Store(error) => {
            Failure::new(Exit::Database, format!("{error} ({})", error.code()), mend_store(&error))
        }
        ChoiceError::Policy(unmet) => {
            let reasons: Vec<_> = unmet.iter().map(reason).collect();
            refused(
                format!("the password is refused: {}", reasons.join("; ")),
                "take another; several words make a good one",
            )
        }
        ChoiceError::NoAccount => {
            refused("there is no account with this user code".to_owned(), "look for a slip in the code")
        }
        ChoiceError::Hash(error) => Failure::new(Exit::Server, error.to_string(), "try again"),
        ChoiceError::Crypto(error) => {
            Failure::new(Exit::Keys, error.to_string(), "set keys.ring to the right key ring")
        }
    }
}

/// What the operator reads; the pages have these reasons in four languages.
fn reason(unmet: &Unmet) -> String {
    match unmet {
        Unmet::TooShort { min, length } => format!("it has {length} characters, at least {min} are needed"),
        Unmet::TooLong { max, length } => format!("it has {length} characters, at most {max} are taken"),
        Unmet::OtherCharacters => "only Latin letters and digits are taken".to_owned(),
        Unmet::NoLetter => "it has no letter".to_owned(),
        Unmet::NoDigit => "it has no digit".to_owned(),
        Unmet::ContainsUserCode => "it contains the user code".to_owned(),
        Unmet::ContainsIdNumber => "it contains the ID number".to_owned(),
        Unmet::ContainsName => "it contains the name".to_owned(),
        Unmet::ContainsMobile => "it contains the phone number".to_owned(),
        Unmet::ContainsBirthDate => "it contains the birth date".to_owned(),
        Unmet::ContainsServiceName => "it contains the portal's name".to_owned(),
        Unmet::Common => "it is a common password".to_owned(),
        Unmet::Guessable { .. } => "it is easy to guess".to_owned(),
    }
}
