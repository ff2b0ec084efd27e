//! Server-sent events, as far as class events need them: a name and one line of data.

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub data: String,
}

/// Puts events together from the pieces in which they arrive.
#[derive(Default)]
pub struct Parser(Vec<u8>);

impl Parser {
    /// Takes a piece; the events that are whole by now. Comments are none.
    pub fn take(&mut self, piece: &[u8]) -> Vec<Event> {
        self.0.extend_from_slice(piece);
        let mut events = Vec::new();
        while let Some(end) = self.0.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.0.drain(..end + 2).collect();
            events.extend(event(&String::from_utf8_lossy(&block)));
        }
        events
    }
}

fn event(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let text = |value: &str| value.strip_prefix(' ').unwrap_or(value).to_owned();
    Some(Event { name: field("event").map(text).unwrap_or_default(), data: text(field("data")?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_arrive_in_pieces_and_several_at_once() {
        let mut parser = Parser::default();
        assert!(parser.take(b": still here\n\nevent: person\ndata: {\"name\":\"\xd0").is_empty());
        let event = |name: &str, data: &str| Event { name: name.to_owned(), data: data.to_owned() };
        assert_eq!(
            parser.take(b"\x90\"}\n\nevent:reload\ndata:{}\n\nevent: per"),
            [event("person", "{\"name\":\"\u{410}\"}"), event("reload", "{}")]
        );
        assert_eq!(parser.take(b"son\ndata: 1\n\n"), [event("person", "1")]);
    }
}
