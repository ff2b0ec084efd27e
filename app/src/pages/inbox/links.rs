//! Turns the web addresses of a plain text into links. Everything else stays text, so nothing in a message can become markup.

use leptos::prelude::*;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
}

/// The text with its `http:` and `https:` addresses as links.
pub(super) fn with_links(text: &str) -> AnyView {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned().into_any(),
            Piece::Link(url) => view! {
                <a href=url.to_owned() class="ltr">
                    {url.to_owned()}
                </a>
            }
            .into_any(),
        })
        .collect_view()
        .into_any()
}

/// An address runs up to white space or a quote; the full stop or bracket of its sentence is not part of it.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'')).unwrap_or(from.len());
        let url = from.get(..end).unwrap_or(from).trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '»', '،']);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Link(url));
        rest = from.get(url.len()..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{
        Piece::{Link, Text},
        pieces,
    };

    #[test]
    fn addresses_become_links_and_the_rest_stays_text() {
        assert_eq!(
            pieces("לחצו (http://localhost:3000/a?b=c). <b>"),
            [Text("לחצו ("), Link("http://localhost:3000/a?b=c"), Text("). <b>")]
        );
        assert_eq!(
            pieces("https://a.example\nhttp://b.example"),
            [Link("https://a.example"), Text("\n"), Link("http://b.example")]
        );
        assert_eq!(pieces("javascript:alert(1)"), [Text("javascript:alert(1)")]);
        assert_eq!(pieces(""), []);
    }
}
