//! Pages, in Russian as the real ones are. They say on top that this is not Gosuslugi.

use std::future::{Ready, ready};

use axum::response::Response;
use http::StatusCode;

use super::replies;
use crate::app::App;
use crate::codes::Refusal;
use crate::oauth::answer::fits;
use crate::person::{ContactState, Person};
use crate::store::Ask;

const STYLE: &str = include_str!("../../assets/standin.css");

/// Text that is safe inside of an element or a quoted attribute.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn page(title: &str, main: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"ru\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{title} – учебный стенд ЕСИА</title>\n<link rel=\"stylesheet\" href=\"/standin.css\">\n</head>\n<body>\n\
         <header class=\"strip\">Учебный стенд. Это не Госуслуги: настоящие учётные записи здесь не работают, пароль не нужен.</header>\n\
         <main>\n<h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n"
    )
}

/// The sheet of styles.
pub fn style() -> Ready<Response> {
    ready(replies::css(STYLE))
}

/// What this is.
pub fn home(app: &App) -> Response {
    let clients: String = app
        .settings
        .clients
        .iter()
        .map(|client| format!("<li><code>{}</code></li>\n", safe(&client.mnemonic)))
        .collect();
    let main = format!(
        "<p>Этот сервер отвечает так, как отвечает вход через Госуслуги, и нужен для проверки информационных систем.</p>\n\
         <h2>Зарегистрированные системы</h2>\n<ul>\n{clients}</ul>\n\
         <p>Тестовых людей: {}. Журнал проверок: <a href=\"/_control/log\">/_control/log</a> (только с этого компьютера).</p>\n",
        app.settings.persons.len()
    );
    replies::html(StatusCode::OK, page("Стенд работает", &main))
}

/// The login page: a button for each person, and one to cancel. A plain form, without script.
pub fn login(app: &App, request: &str, ask: &Ask) -> Response {
    let chosen: Vec<&Person> = app.settings.persons.iter().filter(|person| fits(person, ask.filter)).collect();
    let mut groups: Vec<&str> = Vec::new();
    for person in &chosen {
        let group = person.group.as_deref().unwrap_or(NO_GROUP);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut main = format!(
        "<p class=\"lead\">Система <strong>{}</strong> просит подтвердить вход. Выберите, кто входит.</p>\n\
         <form method=\"post\" action=\"/login\">\n<input type=\"hidden\" name=\"request\" value=\"{}\">\n",
        safe(&ask.client),
        safe(request)
    );
    for group in groups {
        main.push_str("<h2>");
        main.push_str(&safe(group));
        main.push_str("</h2>\n<ul class=\"people\">\n");
        for person in chosen.iter().filter(|person| person.group.as_deref().unwrap_or(NO_GROUP) == group) {
            main.push_str(&entry(person));
        }
        main.push_str("</ul>\n");
    }
    main.push_str(CANCEL);
    replies::html(StatusCode::OK, page("Вход", &main))
}

const CANCEL: &str =
    "<p class=\"end\"><button class=\"cancel\" name=\"cancel\" value=\"1\">Отменить вход</button></p>\n</form>\n";
const NO_GROUP: &str = "Тестовые люди";

fn entry(person: &Person) -> String {
    let mut facts: Vec<String> = vec![person.level.words().to_owned()];
    facts.extend(person.birth_date.as_ref().map(|date| format!("родился(ась) {date}")));
    facts.extend(person.snils.as_ref().map(|snils| format!("СНИЛС {snils}")));
    facts.extend(person.contacts.iter().map(|contact| {
        let confirmed = match contact.state {
            ContactState::Verified => "подтверждён",
            ContactState::NotVerified => "не подтверждён",
        };
        match &contact.pending {
            Some(pending) => format!("{} ({confirmed}; меняется на {pending})", contact.value),
            None => format!("{} ({confirmed})", contact.value),
        }
    }));
    facts.push(format!("номер {}", person.oid));
    let note = person.note.as_ref().map(|note| format!("<span class=\"note\">{}</span>", safe(note)));
    format!(
        "<li><button name=\"oid\" value=\"{}\"><span class=\"name\">{}</span>\n\
         <span class=\"facts\">{}</span>{}</button></li>\n",
        person.oid,
        safe(&person.full_name()),
        safe(&facts.join(" · ")),
        note.unwrap_or_default()
    )
}

/// The request was answered, or is unknown.
pub fn over() -> Response {
    let main = "<p>Этот запрос на вход уже завершён или устарел.</p>\n\
                <p>Вернитесь на сайт, с которого вы пришли, и начните вход заново.</p>\n";
    replies::html(StatusCode::BAD_REQUEST, page("Запрос устарел", main))
}

/// An error that is not sent back: where to is not known.
pub fn refused(refusal: &Refusal) -> Response {
    let main = format!(
        "<p>Информационная система прислала неверный запрос, поэтому вернуться на её сайт нельзя.</p>\n\
         <p><code>{}</code></p>\n<p class=\"note\" lang=\"en\">{}</p>\n",
        safe(&refusal.description()),
        safe(refusal.reason)
    );
    replies::html(StatusCode::BAD_REQUEST, page("Ошибка", &main))
}

/// After signing out, when there is nowhere to go.
pub fn signed_out() -> Response {
    replies::html(StatusCode::OK, page("Вы вышли", "<p>Вы вышли из учётной записи. Окно можно закрыть.</p>\n"))
}

/// What the service shows while it is being worked on, in place of whatever was asked for.
pub fn maintenance() -> Response {
    let main = "<p>На портале ведутся технические работы. Повторите попытку позже.</p>\n";
    replies::html(StatusCode::OK, page("Технические работы", main))
}

/// No such address.
pub fn not_found() -> Response {
    replies::html(StatusCode::NOT_FOUND, page("Страница не найдена", "<p>Такого адреса на стенде нет.</p>\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_safe() {
        assert_eq!(safe("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
        let person = Person { oid: 7, surname: Some("<b>".to_owned()), ..Person::default() };
        let entry = entry(&person);
        assert!(entry.contains("value=\"7\"") && entry.contains("&lt;b&gt;") && !entry.contains("<b>"));
    }
}
