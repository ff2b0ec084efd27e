//! Where a step through the table leads. Rows that are not shown are passed over; rows are not all of one length.

use super::keys::Move;
use super::slots::{Place, Table};

/// How many rows a page is.
const PAGE: usize = 8;

/// The place that a step from `from` leads to; the same place where the table ends.
pub fn step(table: &Table, shows: &dyn Fn(usize) -> bool, from: Place, way: Move) -> Place {
    let rows = || (0..table.rows()).filter(|row| shows(*row) && table.columns(*row) > 0);
    let last_column = |row: usize| table.columns(row).saturating_sub(1);
    let at = |row: Option<usize>| row.map_or(from, |row| Place { row, column: from.column.min(last_column(row)) });
    match way {
        Move::Next if from.column < last_column(from.row) => Place { column: from.column + 1, ..from },
        Move::Previous if from.column > 0 => Place { column: from.column - 1, ..from },
        Move::Next | Move::Previous => from,
        Move::Up => at(rows().filter(|row| *row < from.row).last()),
        Move::Down => at(rows().find(|row| *row > from.row)),
        Move::PageUp => {
            let above: Vec<_> = rows().filter(|row| *row < from.row).collect();
            at(above.get(above.len().saturating_sub(PAGE)).copied())
        }
        Move::PageDown => at(rows().filter(|row| *row > from.row).take(PAGE).last()),
        Move::RowStart => Place { column: 0, ..from },
        Move::RowEnd => Place { column: last_column(from.row), ..from },
        Move::Start => rows().next().map_or(from, |row| Place { row, column: 0 }),
        Move::End => rows().last().map_or(from, |row| Place { row, column: last_column(row) }),
    }
}

/// The places of a selection: one column, from one row to another, in the order of the rows.
pub fn column(table: &Table, shows: &dyn Fn(usize) -> bool, from: Place, to: Place) -> Vec<Place> {
    let (first, last) = (from.row.min(to.row), from.row.max(to.row));
    (first..=last)
        .filter(|row| shows(*row) && table.columns(*row) > from.column)
        .map(|row| Place { row, column: from.column })
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::Relation;

    use super::super::slots::tests::class;
    use super::*;

    /// Three rows; the middle one is longer.
    fn table() -> Table {
        Table::new(&class(&[&[], &[Relation::Guardian], &[]]))
    }

    fn place(row: usize, column: usize) -> Place {
        Place { row, column }
    }

    fn go(from: Place, way: Move) -> Place {
        step(&table(), &|_| true, from, way)
    }

    #[test]
    fn a_row_ends_where_it_ends() {
        assert_eq!(go(place(0, 0), Move::Previous), place(0, 0));
        assert_eq!(go(place(0, 6), Move::Next), place(0, 7), "the readiness is a place too");
        assert_eq!(go(place(0, 19), Move::Next), place(0, 19));
        assert_eq!(go(place(1, 3), Move::RowEnd), place(1, 25));
        assert_eq!(go(place(1, 25), Move::RowStart), place(1, 0));
    }

    #[test]
    fn up_and_down_keep_to_the_field() {
        assert_eq!(go(place(0, 5), Move::Down), place(1, 5));
        assert_eq!(go(place(1, 24), Move::Down), place(2, 19), "a shorter row ends earlier");
        assert_eq!(go(place(2, 5), Move::Down), place(2, 5));
        assert_eq!(go(place(0, 5), Move::Up), place(0, 5));
    }

    #[test]
    fn the_ends_of_the_table() {
        assert_eq!(go(place(1, 5), Move::Start), place(0, 0));
        assert_eq!(go(place(1, 5), Move::End), place(2, 19));
        assert_eq!(go(place(2, 5), Move::PageUp), place(0, 5));
        assert_eq!(go(place(0, 5), Move::PageDown), place(2, 5));
        assert_eq!(go(place(2, 5), Move::PageDown), place(2, 5));
    }

    #[test]
    fn rows_that_are_not_shown_are_passed_over() {
        let shows = |row: usize| row != 1;
        assert_eq!(step(&table(), &shows, place(0, 5), Move::Down), place(2, 5));
        assert_eq!(step(&table(), &shows, place(2, 5), Move::Up), place(0, 5));
        assert_eq!(column(&table(), &shows, place(2, 5), place(0, 5)), [place(0, 5), place(2, 5)]);
    }

    #[test]
    fn a_page_is_some_rows() {
        let nobody: [&[Relation]; 20] = [&[]; 20];
        let table = Table::new(&class(&nobody));
        let go = |row, way| step(&table, &|_| true, place(row, 2), way).row;
        assert_eq!(go(0, Move::PageDown), 8);
        assert_eq!(go(16, Move::PageDown), 19);
        assert_eq!(go(19, Move::PageUp), 11);
        assert_eq!(go(3, Move::PageUp), 0);
    }

    #[test]
    fn an_empty_class_leads_nowhere() {
        let table = Table::default();
        for way in [Move::Next, Move::Down, Move::End, Move::PageUp, Move::RowEnd] {
            assert_eq!(step(&table, &|_| true, Place::default(), way), Place::default());
        }
    }
}
