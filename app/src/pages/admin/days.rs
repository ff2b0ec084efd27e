//! Days and moments as lists show them: short, in the school's time zone.

use domain::Locale;
use jiff::{Timestamp, ToSpan, Zoned, civil::Date, tz::TimeZone};

use crate::page_context::PageContext;

/// How soon something is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// It is over.
    Over,
    /// Until the end of today.
    Today,
    /// Until the end of tomorrow.
    Tomorrow,
    /// Later: the day.
    On(String),
}

fn zone(ctx: &PageContext) -> TimeZone {
    // The start of the server refuses a zone that does not exist.
    TimeZone::get(&ctx.portal.time_zone).unwrap_or(TimeZone::UTC)
}

fn local(ctx: &PageContext, at: i64) -> Zoned {
    Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone(ctx))
}

fn day_of(locale: Locale, local: &Zoned) -> String {
    local.strftime(if locale == Locale::En { "%-d %b" } else { "%d.%m" }).to_string()
}

/// `24.11`.
#[must_use]
pub fn day(ctx: &PageContext, at: i64) -> String {
    day_of(ctx.locale, &local(ctx, at))
}

/// `20.11, 18:20`, and with the year when it is not this one.
#[must_use]
pub fn short(ctx: &PageContext, at: i64) -> String {
    let (moment, now) = (local(ctx, at), local(ctx, ctx.now));
    if moment.date().year() == now.date().year() {
        format!("{}, {}", day_of(ctx.locale, &moment), moment.strftime("%H:%M"))
    } else {
        let pattern = if ctx.locale == Locale::En { "%-d %b %Y, %H:%M" } else { "%d.%m.%Y, %H:%M" };
        moment.strftime(pattern).to_string()
    }
}

/// How soon a moment is.
#[must_use]
pub fn due(ctx: &PageContext, at: i64) -> Due {
    let (day, today) = (local(ctx, at), local(ctx, ctx.now).date());
    if at <= ctx.now {
        Due::Over
    } else if day.date() == today {
        Due::Today
    } else if today.checked_add(1.day()).is_ok_and(|tomorrow| tomorrow == day.date()) {
        Due::Tomorrow
    } else {
        Due::On(day_of(ctx.locale, &day))
    }
}

/// The moment at which a day begins, Unix milliseconds. Days are typed as browsers send them: `2026-11-22`.
#[must_use]
pub fn begins(ctx: &PageContext, day: &str) -> Option<i64> {
    start(ctx, parse(day)?)
}

/// The moment at which a day is over, Unix milliseconds.
#[must_use]
pub fn ends(ctx: &PageContext, day: &str) -> Option<i64> {
    start(ctx, parse(day)?.checked_add(1.day()).ok()?)
}

/// Today, as browsers send it.
#[must_use]
pub fn today(ctx: &PageContext) -> String {
    local(ctx, ctx.now).date().to_string()
}

fn parse(day: &str) -> Option<Date> {
    (day.len() == 10).then(|| day.parse().ok()).flatten()
}

fn start(ctx: &PageContext, day: Date) -> Option<i64> {
    Some(day.to_zoned(zone(ctx)).ok()?.timestamp().as_millisecond())
}
