//! Lists, page by page.

#![allow(clippy::result_large_err, reason = "a problem is made once for a refused request, and goes straight out")]

use serde::Deserialize;
use utoipa::IntoParams;

use super::fields::Refused;
use super::problem::Problem;

/// The most entries of a page.
pub const MOST: u32 = 200;

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Entries on a page, 1 to 200; 50 when it is left out.
    limit: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    /// How many entries.
    pub fn limit(&self) -> Result<u32, Problem> {
        let mut refused = Refused::default();
        refused.limit(self.limit.as_deref(), MOST).ok_or_else(|| refused.problem())
    }

    /// The entry behind which the page begins.
    pub fn cursor<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let mut refused = Refused::default();
        let cursor = refused.name("/cursor", self.cursor.as_deref());
        refused.check()?;
        Ok(cursor)
    }

    /// A page of a list that is short enough to be read whole, and the cursor of the next one. A cursor names an entry by
    /// its id; of an entry that is gone the client begins again.
    pub fn of<T>(&self, items: Vec<T>, id: impl Fn(&T) -> String) -> Result<(Vec<T>, Option<String>), Problem> {
        let limit = self.limit()? as usize;
        let skip = match self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) {
            None => 0,
            Some(cursor) => match items.iter().position(|item| id(item) == cursor) {
                Some(at) => at + 1,
                None => return Err(Problem::invalid().field("/cursor", "unknown")),
            },
        };
        let left = items.len().saturating_sub(skip);
        let page: Vec<T> = items.into_iter().skip(skip).take(limit).collect();
        let next = page.last().filter(|_| left > limit).map(&id);
        Ok((page, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: &str, cursor: &str) -> Option<(Vec<u8>, Option<String>)> {
        let query = PageQuery { limit: Some(limit.to_owned()), cursor: Some(cursor.to_owned()) };
        query.of(vec![1, 2, 3, 4, 5], u8::to_string).ok()
    }

    #[test]
    fn pages_follow_each_other_and_the_last_has_no_next() {
        let next = |id: &str| Some(id.to_owned());
        assert_eq!(page("2", ""), Some((vec![1, 2], next("2"))));
        assert_eq!(page("2", "2"), Some((vec![3, 4], next("4"))));
        assert_eq!(page("2", "4"), Some((vec![5], None)));
        assert_eq!(page("5", ""), Some((vec![1, 2, 3, 4, 5], None)));
        assert_eq!(page("2", "5"), Some((vec![], None)));
    }

    #[test]
    fn what_names_no_page_is_refused() {
        for (limit, cursor) in [("0", ""), ("201", ""), ("two", ""), ("2", "6"), ("2", "nonsense")] {
            assert_eq!(page(limit, cursor), None, "{limit} {cursor}");
        }
    }
}
