//! What each mail says, piece by piece.
//!
//! No mail ever carries a password that a person chose.

use app::text::Moment;
use app::tr;
use domain::Locale;
use serde_json::Value;
use services::Timestamp;

use super::letter::{Letter, isolated};
use super::payload::{
    Code, Failures, FirstPassword, NewMobile, OwnUserCode, PasswordReset, RegistrationLink, Review, read,
};
use super::{ComposeError, Composed, MessageTexts};

impl MessageTexts {
    /// The mail of an event.
    pub(super) fn mail(&self, event: &str, locale: Locale, content: &Value) -> Result<Composed, ComposeError> {
        let letter = match event {
            "password_failures" => self.failures(locale, &read(event, content)?),
            "password_code" => self.password_code(locale, read(event, content)?),
            "email_code" => self.email_code(locale, read(event, content)?),
            "registration_link" => self.registration_link(locale, &read(event, content)?),
            "first_password" => self.first_password(locale, read(event, content)?),
            "already_registered" => self.already_registered(locale, &read(event, content)?),
            "review_received" => self.review_received(locale, &read(event, content)?),
            "review_refused" => self.review_refused(locale),
            "password_reset" => self.password_reset(locale, &read(event, content)?),
            "password_chosen" => self.password_chosen(locale, &read(event, content)?),
            "email_changed" => self.email_changed(locale),
            "id_number_changed" => self.id_number_changed(locale),
            "mobile_replaced" => self.mobile_replaced(locale, &read(event, content)?),
            other => return Err(ComposeError::UnknownEvent(other.to_owned())),
        };
        Ok(letter.done())
    }

    /// Who helps, as the end of a mail's sentence.
    pub(super) fn help_in_mail(&self, locale: Locale) -> String {
        self.help(locale, &isolated(locale, &self.help_line))
    }

    /// Always with the date: "today" would be wrong for whoever reads it tomorrow.
    fn when(&self, locale: Locale, at: Timestamp) -> String {
        Moment::dated(locale, &self.zone, at)
    }

    fn failures(&self, locale: Locale, failures: &Failures) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.failures_subject))
            .paragraph(tr!(locale, messages.failures_what, when = self.when(locale, failures.at)))
            .paragraph(tr!(locale, messages.failures_you))
            .paragraph(tr!(locale, messages.failures_not_you, help = self.help_in_mail(locale)))
            .paragraph(tr!(locale, messages.mail_never))
    }

    fn password_code(&self, locale: Locale, Code { code }: Code) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.password_code_subject))
            .lead(tr!(locale, messages.password_code_lead))
            .value(tr!(locale, messages.password_code_label), code)
            .paragraph(tr!(locale, messages.password_code_how))
            .paragraph(tr!(locale, messages.password_code_ignore))
    }

    fn email_code(&self, locale: Locale, Code { code }: Code) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.email_code_subject))
            .lead(tr!(locale, messages.email_code_lead))
            .value(tr!(locale, messages.password_code_label), code)
            .paragraph(tr!(locale, messages.password_code_how))
            .paragraph(tr!(locale, messages.email_code_ignore))
    }

    fn registration_link(&self, locale: Locale, link: &RegistrationLink) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.registration_link_subject))
            .lead(tr!(locale, messages.registration_link_lead))
            .paragraph(tr!(locale, messages.registration_link_how))
            .link(tr!(locale, messages.registration_link_words), format!("/register?draft={}", link.draft))
            .paragraph(tr!(locale, messages.registration_link_ignore))
    }

    fn first_password(&self, locale: Locale, first: FirstPassword) -> Letter<'_> {
        let when = self.when(locale, first.expires_at);
        Letter::new(self, locale, tr!(locale, messages.first_password_subject))
            .lead(tr!(locale, messages.first_password_lead))
            .value(tr!(locale, messages.user_code), first.user_code.to_string())
            .value(tr!(locale, messages.first_password_label), first.password)
            .paragraph(tr!(locale, messages.first_password_once, when = when))
            .link(tr!(locale, messages.password_words), password_path(&first.ticket))
            .paragraph(tr!(locale, messages.password_how))
            .paragraph(tr!(locale, messages.first_password_sign_in))
            .paragraph(tr!(locale, messages.user_code_fixed))
            .paragraph(tr!(locale, messages.mail_never))
    }

    fn already_registered(&self, locale: Locale, own: &OwnUserCode) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.already_registered_subject))
            .lead(tr!(locale, messages.already_registered_lead))
            .paragraph(tr!(locale, messages.already_registered_what))
            .value(tr!(locale, messages.user_code), own.user_code.to_string())
            .link(tr!(locale, messages.sign_in_words), "/sign-in")
            .link(tr!(locale, messages.forgot_words), "/password/forgot")
            .paragraph(tr!(locale, messages.already_registered_ignore, help = self.help_in_mail(locale)))
    }

    fn review_received(&self, locale: Locale, review: &Review) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.review_subject))
            .lead(tr!(locale, messages.review_lead))
            .paragraph(tr!(locale, messages.review_when, when = Moment::day(locale, &self.zone, review.answer_by)))
            .paragraph(tr!(locale, messages.review_not_you, help = self.help_in_mail(locale)))
    }

    /// Never why: the address was typed, and may be a stranger's.
    fn review_refused(&self, locale: Locale) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.review_refused_subject))
            .lead(tr!(locale, messages.review_refused_lead))
            .paragraph(tr!(locale, messages.review_refused_what, help = self.help_in_mail(locale)))
            .paragraph(tr!(locale, messages.review_refused_not_you))
    }

    fn password_reset(&self, locale: Locale, reset: &PasswordReset) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.password_reset_subject))
            .lead(tr!(locale, messages.password_reset_lead))
            .link(tr!(locale, messages.password_words), password_path(&reset.ticket))
            .paragraph(tr!(locale, messages.password_how))
            .paragraph(tr!(locale, messages.password_reset_until, when = self.when(locale, reset.expires_at)))
            .paragraph(tr!(locale, messages.password_reset_ignore))
            .paragraph(tr!(locale, messages.mail_never))
    }

    fn password_chosen(&self, locale: Locale, own: &OwnUserCode) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.password_chosen_subject))
            .lead(tr!(locale, messages.password_chosen_lead))
            .paragraph(tr!(locale, messages.password_chosen_how))
            .value(tr!(locale, messages.user_code), own.user_code.to_string())
            .paragraph(tr!(locale, messages.user_code_fixed))
            .link(tr!(locale, messages.sign_in_words), "/sign-in")
            .paragraph(tr!(locale, messages.mail_not_you, help = self.help_in_mail(locale)))
    }

    fn email_changed(&self, locale: Locale) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.email_changed_subject))
            .lead(tr!(locale, messages.email_changed_lead))
            .paragraph(tr!(locale, messages.email_changed_where))
            .paragraph(tr!(locale, messages.mail_not_you, help = self.help_in_mail(locale)))
    }

    fn id_number_changed(&self, locale: Locale) -> Letter<'_> {
        Letter::new(self, locale, tr!(locale, messages.id_number_changed_subject))
            .lead(tr!(locale, messages.id_number_changed_lead))
            .paragraph(tr!(locale, messages.id_number_changed_how))
            .paragraph(tr!(locale, messages.id_number_changed_wrong, help = self.help_in_mail(locale)))
    }

    fn mobile_replaced(&self, locale: Locale, new: &NewMobile) -> Letter<'_> {
        let mobile = isolated(locale, &new.mobile);
        Letter::new(self, locale, tr!(locale, messages.mobile_replaced_subject))
            .lead(tr!(locale, messages.mobile_replaced_lead))
            .paragraph(tr!(locale, messages.mobile_replaced_where, mobile = mobile))
            .paragraph(tr!(locale, messages.mail_not_you, help = self.help_in_mail(locale)))
            .paragraph(tr!(locale, messages.mail_never))
    }
}

/// Where a password is chosen; opening it consumes nothing.
fn password_path(ticket: &str) -> String {
    format!("/password/start?ticket={ticket}")
}
