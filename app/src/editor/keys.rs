//! What a key does in the table: the W3C's data grid pattern. One tab stop; the arrows follow the direction of the
//! text.

/// A step through the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// To the next cell of the row, in reading order.
    Next,
    /// To the one before.
    Previous,
    /// To the same field of the row above.
    Up,
    /// To the same field of the row below.
    Down,
    /// To the row's first cell.
    RowStart,
    /// To the row's last cell.
    RowEnd,
    /// To the first cell of all.
    Start,
    /// To the last cell of all.
    End,
    /// Some rows up.
    PageUp,
    /// Some rows down.
    PageDown,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Goes to another cell.
    Go(Move),
    /// Goes up or down, and takes the cells on the way into the selection.
    Extend(Move),
    /// Opens the cell with what stands in it, or goes to its buttons.
    Open,
    /// Opens the cell with what stands in it, buttons or not.
    Edit,
    /// Opens the cell empty, and lets the key write into it.
    Write,
    /// Empties the selected cells.
    Empty,
    /// What was typed is done; goes on from there.
    Done(Option<Move>),
    /// Takes back what was typed.
    TakeBack,
    /// The table is left.
    Leave,
    /// Back from a cell's buttons to the cell.
    Back,
    /// To the next of a cell's buttons.
    NextButton,
    /// To the one before.
    PreviousButton,
    /// Takes back the last change.
    Undo,
    /// Does it again.
    Redo,
}

/// What has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// A cell.
    Cell,
    /// The input of an open cell.
    Input,
    /// A button inside a cell.
    Button,
}

/// A key that was pressed.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Press<'event> {
    /// `KeyboardEvent.key`
    pub key: &'event str,
    /// `KeyboardEvent.code`: shortcuts go by the key's place, since Cyrillic, Hebrew and Arabic layouts have no Z.
    pub code: &'event str,
    /// Ctrl, or ⌘ on a Mac.
    pub ctrl: bool,
    /// Shift.
    pub shift: bool,
    /// Alt.
    pub alt: bool,
    /// An input method is composing.
    pub composing: bool,
}

/// What the key asks for; `None` leaves it to the browser.
pub fn action(press: &Press<'_>, focus: Focus, rtl: bool) -> Option<Action> {
    if press.composing {
        return None;
    }
    match focus {
        Focus::Cell => in_cell(press, rtl),
        Focus::Input => in_input(press),
        Focus::Button => on_button(press, rtl),
    }
}

fn in_cell(press: &Press<'_>, rtl: bool) -> Option<Action> {
    // On some layouts AltGr, which is Ctrl and Alt, writes a letter.
    if press.ctrl && !press.alt {
        return match (press.key, press.code) {
            ("Home", _) => Some(Action::Go(Move::Start)),
            ("End", _) => Some(Action::Go(Move::End)),
            (_, "KeyZ") if press.shift => Some(Action::Redo),
            (_, "KeyZ") => Some(Action::Undo),
            (_, "KeyY") if !press.shift => Some(Action::Redo),
            _ => None,
        };
    }
    if press.alt && !press.ctrl {
        return None;
    }
    Some(match press.key {
        "ArrowUp" if press.shift => Action::Extend(Move::Up),
        "ArrowDown" if press.shift => Action::Extend(Move::Down),
        "ArrowUp" => Action::Go(Move::Up),
        "ArrowDown" => Action::Go(Move::Down),
        "ArrowLeft" => Action::Go(if rtl { Move::Next } else { Move::Previous }),
        "ArrowRight" => Action::Go(if rtl { Move::Previous } else { Move::Next }),
        "Home" => Action::Go(Move::RowStart),
        "End" => Action::Go(Move::RowEnd),
        "PageUp" => Action::Go(Move::PageUp),
        "PageDown" => Action::Go(Move::PageDown),
        "Enter" => Action::Open,
        "F2" => Action::Edit,
        "Delete" | "Backspace" => Action::Empty,
        "Tab" => Action::Leave,
        // An input method begins: what it writes goes into the cell.
        "Process" => Action::Write,
        key if key != " " && key.chars().count() == 1 => Action::Write,
        _ => return None,
    })
}

fn in_input(press: &Press<'_>) -> Option<Action> {
    if press.ctrl || press.alt {
        return None;
    }
    Some(match press.key {
        "Enter" if press.shift => Action::Done(Some(Move::Up)),
        "Enter" => Action::Done(Some(Move::Down)),
        // In a line of text these two lead nowhere else.
        "ArrowUp" if !press.shift => Action::Done(Some(Move::Up)),
        "ArrowDown" if !press.shift => Action::Done(Some(Move::Down)),
        "F2" => Action::Done(None),
        "Escape" => Action::TakeBack,
        "Tab" => Action::Leave,
        _ => return None,
    })
}

fn on_button(press: &Press<'_>, rtl: bool) -> Option<Action> {
    Some(match press.key {
        "Escape" | "F2" => Action::Back,
        "ArrowLeft" if rtl => Action::NextButton,
        "ArrowLeft" => Action::PreviousButton,
        "ArrowRight" if rtl => Action::PreviousButton,
        "ArrowRight" => Action::NextButton,
        "ArrowUp" => Action::Go(Move::Up),
        "ArrowDown" => Action::Go(Move::Down),
        "Tab" => Action::Leave,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: &str) -> Press<'_> {
        Press { key, ..Press::default() }
    }

    fn ctrl<'event>(key: &'event str, code: &'event str) -> Press<'event> {
        Press { key, code, ctrl: true, ..Press::default() }
    }

    #[test]
    fn left_and_right_follow_the_direction_of_the_text() {
        let go = |key, rtl| action(&press(key), Focus::Cell, rtl);
        assert_eq!(go("ArrowRight", false), Some(Action::Go(Move::Next)));
        assert_eq!(go("ArrowRight", true), Some(Action::Go(Move::Previous)));
        assert_eq!(go("ArrowLeft", false), Some(Action::Go(Move::Previous)));
        assert_eq!(go("ArrowLeft", true), Some(Action::Go(Move::Next)));
        assert_eq!(action(&press("ArrowLeft"), Focus::Input, true), None, "the caret moves");
        assert_eq!(action(&press("ArrowLeft"), Focus::Button, true), Some(Action::NextButton));
    }

    #[test]
    fn letters_of_every_script_open_the_cell() {
        for key in ["7", "я", "ש", "ش", "+", "Process"] {
            assert_eq!(action(&press(key), Focus::Cell, false), Some(Action::Write), "{key}");
        }
        for key in [" ", "Shift", "CapsLock", "F5", "Escape", "Dead"] {
            assert_eq!(action(&press(key), Focus::Cell, false), None, "{key}");
        }
        let alt_gr = Press { alt: true, ..ctrl("@", "KeyQ") };
        assert_eq!(action(&alt_gr, Focus::Cell, false), Some(Action::Write));
    }

    #[test]
    fn shortcuts_go_by_the_place_of_the_key() {
        assert_eq!(action(&ctrl("я", "KeyZ"), Focus::Cell, false), Some(Action::Undo));
        assert_eq!(action(&ctrl("ز", "KeyZ"), Focus::Input, true), None, "the input takes its own letters back");
        let again = Press { shift: true, ..ctrl("Z", "KeyZ") };
        assert_eq!(action(&again, Focus::Cell, false), Some(Action::Redo));
        assert_eq!(action(&ctrl("н", "KeyY"), Focus::Cell, false), Some(Action::Redo));
        assert_eq!(action(&ctrl("c", "KeyC"), Focus::Cell, false), None, "the browser copies");
    }

    #[test]
    fn what_was_typed_is_done_taken_back_or_left() {
        assert_eq!(action(&press("Enter"), Focus::Input, false), Some(Action::Done(Some(Move::Down))));
        assert_eq!(action(&press("F2"), Focus::Input, false), Some(Action::Done(None)));
        assert_eq!(action(&press("Escape"), Focus::Input, false), Some(Action::TakeBack));
        assert_eq!(action(&press("Tab"), Focus::Input, false), Some(Action::Leave));
        let composing = Press { composing: true, ..press("Enter") };
        assert_eq!(action(&composing, Focus::Input, false), None, "an input method takes its own Enter");
    }

    #[test]
    fn shift_and_an_arrow_select() {
        let down = Press { shift: true, ..press("ArrowDown") };
        assert_eq!(action(&down, Focus::Cell, false), Some(Action::Extend(Move::Down)));
        assert_eq!(action(&down, Focus::Input, false), None);
    }
}
