// The class editor as it is read aloud: a grid of rows, columns and names, and the state of every cell in words.
import type { Locator, Page } from '@playwright/test';

import { axeFinds } from '../../support/axe.ts';
import { COLUMN, MOTHER, cell, changeBy, isSaved, onFile, openEditor, row, status, write } from '../../support/editor.ts';
import { asStaff } from '../../support/staff.ts';
import { expect, test } from '../../support/test.ts';
import { all, readAloud } from '../../support/tree.ts';
import { counted, en, pattern } from '../../support/words.ts';

const FIELDS = ['surname', 'given_name', 'patronymic', 'birth_date', 'snils', 'mobile', 'email'] as const;
type Field = (typeof FIELDS)[number];
const PARENTS_FIELDS = FIELDS.filter((field) => field !== 'birth_date');
/** Fields that are shown to the letter as they are on file. */
const PLAIN: readonly Field[] = ['surname', 'given_name', 'patronymic', 'email'];
const HEADS = ['student', 'ready', 'mother', 'father'] as const;

/** Rows of 11Б; the class that is read as a whole is another one, whose people no test changes. */
const ROWS = { named: 5, saving: 6, invalid: 7, conflict: 8, waiting: 9 };

const label = (field: Field): string => en('people', `f_${field}`);
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('the table is a grid of rows and columns; each row has a person’s name, each cell says what it holds', async ({ page, context, portal }) => {
  await asStaff(context, portal, 'system');
  await openEditor(page, portal, 'ה2');
  const students = await onFile(portal, 'ה2', 'system');
  const title = (await page.getByRole('heading', { level: 1 }).innerText()).replace(/\s+/g, ' ').trim();
  const [grid, ...others] = all(await readAloud(page), 'grid');
  expect(others).toEqual([]);
  expect([grid?.name, grid?.description]).toEqual([title, en('editor', 'keys')]);
  const [head, ...rows] = all(grid?.inside ?? [], 'row');
  expect(all(head?.inside ?? [], 'columnheader').map(({ name }) => name)).toEqual(HEADS.map((key) => en('editor', key)));
  expect(rows).toHaveLength(students.length);
  for (const [at, { number, student, parents }] of students.entries()) {
    const inside = rows[at]?.inside ?? [];
    const named = all(inside, 'rowheader').map(({ name }) => name);
    expect(named).toHaveLength(1);
    expect(named[0]).toMatch(new RegExp(`^${number}\\b`));
    for (const field of ['surname', 'given_name'] as const) expect(named[0]).toContain(`${label(field)} ${student.fields[field]}`);

    const cells = all(inside, 'gridcell').map(({ name }) => name);
    const [own, [ready], ...rest] = [cells.slice(0, FIELDS.length), cells.slice(FIELDS.length, FIELDS.length + 1), cells.slice(FIELDS.length + 1)];
    expect(ready).toBeTruthy();
    const mother = parents.find(({ relation }) => relation === 'mother');
    const father = parents.find(({ relation }) => relation === 'father');
    const further = parents.filter((parent) => parent !== mother && parent !== father);
    const people = [mother, father, ...further];
    const due: [string, Field, string | undefined][] = [
      ...FIELDS.map((field, nth): [string, Field, string | undefined] => [own[nth] ?? '', field, student.fields[field]]),
      ...people.flatMap((parent, nth) =>
        PARENTS_FIELDS.map((field, along): [string, Field, string | undefined] => [
          rest[0]?.[nth * PARENTS_FIELDS.length + along] ?? '',
          field,
          parent?.person.fields[field],
        ]),
      ),
    ];
    expect(rest[0]).toHaveLength(people.length * PARENTS_FIELDS.length);
    for (const [name, field, value] of due) {
      if (value === undefined || value === '') expect(name).toBe(`${label(field)} —`);
      else if (PLAIN.includes(field)) expect(name).toBe(`${label(field)} ${value}`);
      else expect(name).toMatch(new RegExp(`^${escaped(label(field))} [\\d+ .-]+$`));
    }
  }

  // Which column a cell is in tells whose it is.
  const columns = await page.locator('#grid').evaluate((grid) => {
    const number = (element: Element, name: string): number => Number(element.getAttribute(name) ?? 1);
    const heads = [...grid.querySelectorAll('[role=columnheader]')].map((head) => {
      const from = number(head, 'aria-colindex');
      return { name: head.textContent?.trim(), from, end: from + number(head, 'aria-colspan') };
    });
    const headOf = (cell: Element): string | undefined => {
      const at = number(cell, 'aria-colindex');
      return heads.find(({ from, end }) => from <= at && at < end)?.name;
    };
    return [...grid.querySelectorAll('#r0 [role=rowheader], #r0 [role=gridcell][id]')].map(headOf);
  });
  const [one, two, three, four] = HEADS.map((key) => en('editor', key));
  const six = (name = ''): string[] => Array.from(PARENTS_FIELDS, () => name);
  expect(columns.slice(0, 21)).toEqual([one, ...FIELDS.map(() => one), two, ...six(three), ...six(four)]);
  for (const [at, of] of ['aria-rowcount', 'aria-colcount'].entries()) {
    const most = await page.locator(at === 0 ? '#grid [aria-rowindex]' : '#grid [aria-colindex]').evaluateAll(
      (found, name) => Math.max(...found.map((element) => Number(element.getAttribute(name)))),
      at === 0 ? 'aria-rowindex' : 'aria-colindex',
    );
    await expect(page.locator('#grid')).toHaveAttribute(of, String(most));
  }
});

test('the field that is typed into is named by what it is and whose', async ({ page, context, portal }) => {
  const at = ROWS.named;
  await asStaff(context, portal, 'admin-5');
  const { fields } = (await row(portal, '11Б', at)).student;
  await openEditor(page, portal, '11Б');
  const whose = `${fields.surname} ${fields.given_name}`;
  for (const [column, field] of [[COLUMN.email, 'email'], [COLUMN.snils, 'snils'], [COLUMN.patronymic, 'patronymic']] as const) {
    await cell(page, at, column).focus();
    await page.keyboard.press('F2');
    await expect(page.getByRole('textbox', { name: `${label(field)}, ${whose}`, exact: true })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(cell(page, at, column)).toBeFocused();
  }
  // A birth date is not changed here, and says so.
  await expect(cell(page, at, COLUMN.birth_date)).toHaveAttribute('aria-readonly', 'true');
  await cell(page, at, COLUMN.birth_date).focus();
  await page.keyboard.press('F2');
  await expect(page.locator('#grid input')).toHaveCount(0);
});

test.describe('the state of a cell is said', () => {
  test.beforeEach(async ({ context, portal }) => asStaff(context, portal, 'admin-5'));

  /** What the page's own line says, and that it is read aloud without being asked for. */
  async function says(page: Page, words: string | RegExp): Promise<void> {
    await expect(status(page)).toHaveRole('status');
    await expect(status(page)).toContainText(words);
    const told = all(await readAloud(page), 'status').filter(({ properties }) => properties.live === 'polite');
    expect(JSON.stringify(told), 'a live region says it').toMatch(words instanceof RegExp ? new RegExp(words.source.replace(/\$$/, '')) : new RegExp(escaped(words)));
  }

  test('saving and saved; waiting for the connection', async ({ page, context, portal, guard }) => {
    guard.allows(/net::ERR/);
    await openEditor(page, portal, '11Б');
    const mine = cell(page, ROWS.saving, COLUMN.email);
    portal.note('aloud@primer.example', 'later@primer.example');
    let answer = (): void => undefined;
    const answered = new Promise<void>((done) => {
      answer = done;
    });
    await page.route('**/api/v1/people/*', async (route) => {
      await answered;
      await route.continue();
    });
    await write(page, ROWS.saving, COLUMN.email, 'aloud@primer.example');
    await expect(mine).toHaveAccessibleName(`${label('email')} aloud@primer.example ${en('editor', 'saving_now')}`);
    await says(page, counted('editor', 'saving', 1));
    answer();
    await expect(mine).toHaveAccessibleName(new RegExp(`^${escaped(label('email'))} aloud@primer\\.example saved at \\d\\d:\\d\\d$`));
    await says(page, pattern('en', 'editor', 'saved'));

    await context.setOffline(true);
    await write(page, ROWS.waiting, MOTHER.email, 'later@primer.example');
    await expect(cell(page, ROWS.waiting, MOTHER.email)).toHaveAccessibleName(`${label('email')} later@primer.example ${en('editor', 'waits_offline')}`);
    await says(page, counted('editor', 'waiting', 1));
    await context.setOffline(false);
    await isSaved(page, ROWS.waiting, MOTHER.email);
  });

  test('a value that is none, with its reason and what is on file', async ({ page, portal }) => {
    await openEditor(page, portal, '11Б');
    const wrong = cell(page, ROWS.invalid, COLUMN.snils);
    await write(page, ROWS.invalid, COLUMN.snils, '112-233-445 96');
    await expect(wrong).toHaveAttribute('aria-invalid', 'true');
    await expect(wrong).toHaveAccessibleDescription(new RegExp(escaped(en('editor', 'not_saved', { why: en('editor', 'fault_snils_check') }))));
    await says(page, counted('editor', 'failed', 1));
    expect(await axeFinds(page)).toEqual([]);
    // By keyboard: the line leads to the cell, Enter to its buttons.
    await status(page).getByRole('link', { name: counted('editor', 'failed', 1) }).press('Enter');
    await expect(wrong).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(wrong.getByRole('button', { name: en('editor', 'give_up') })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(wrong).toBeFocused();
    await expect(wrong).not.toHaveAttribute('aria-invalid', 'true');
  });

  test('a conflict, with both values; it is decided by keyboard', async ({ page, portal, guard }) => {
    guard.expects(412);
    const at = ROWS.conflict;
    const { student } = await row(portal, '11Б', at);
    portal.note('my-own@primer.example', 'another@primer.example');
    await openEditor(page, portal, '11Б');
    const contested = cell(page, at, COLUMN.email);
    let faster: Promise<unknown> | undefined;
    await page.route(`**/api/v1/people/${student.id}`, async (route) => {
      // Somebody else is faster, once.
      await (faster ??= changeBy(portal, 'deputy-5', student, { email: 'another@primer.example' }));
      await route.continue();
    });
    await write(page, at, COLUMN.email, 'my-own@primer.example');
    await expect(contested).toHaveAccessibleDescription(/Соколова.*another@primer\.example/);
    await expect(contested).toHaveAccessibleName(new RegExp(`^${escaped(label('email'))} my-own@primer\\.example\\b`));
    await says(page, counted('editor', 'conflicts', 1));
    expect(await axeFinds(page)).toEqual([]);
    const button = (key: 'keep_mine' | 'take_theirs'): Locator => contested.getByRole('button', { name: en('editor', key), exact: true });
    await contested.focus();
    await page.keyboard.press('Enter');
    await expect(button('keep_mine')).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(button('take_theirs')).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await expect(contested).toBeFocused();
    await isSaved(page, at, COLUMN.email);
    expect((await row(portal, '11Б', at)).student.fields.email).toBe('my-own@primer.example');
  });
});
