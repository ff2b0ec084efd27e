// The class editor in a browser: it saves by itself, says only what is true, and loses nothing.
import type { BrowserContext } from '@playwright/test';

import { CLASS, COLUMN, type ClassName, cell, changeBy, editorPath, isSaved, onFile, openEditor, paste, row, status, value, write } from '../support/editor.ts';
import { enter } from '../support/flows.ts';
import { asStaff } from '../support/staff.ts';
import { expect, test } from '../support/test.ts';
import { counted, en, pattern } from '../support/words.ts';

/** Each test has rows of its own, so that they can run at the same time. */
const ROWS = { keyboard: 2, refused: 3, undo: 4, paste: 5, killed: 10, form: 11, card: 12 };
/** In 11А: rows that are edited without a connection, in this order, which is not the table's; one of a change that is undone; one of somebody else's. */
const OFFLINE = { edited: [9, 4, 7, 1, 5], undone: 3, others: 10 };

test.describe('the class editor', () => {
  test.beforeEach(async ({ context, portal }) => asStaff(context, portal, 'admin-5'));

  test('by keyboard: what is typed is saved, and said to be saved', async ({ page, portal }) => {
    const at = ROWS.keyboard;
    const before = await row(portal, '5А', at);
    await openEditor(page, portal, '5А');
    await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', '26');
    // One tab stop, then arrows.
    await page.locator('#grid [tabindex="0"]').focus();
    await expect(cell(page, 0, 0)).toBeFocused();
    for (let down = 0; down < at; down += 1) await page.keyboard.press('ArrowDown');
    for (let along = 0; along < COLUMN.mobile; along += 1) await page.keyboard.press('ArrowRight');
    await expect(cell(page, at, COLUMN.mobile)).toBeFocused();
    portal.note('+79005550201', '9005550201');
    await page.keyboard.type('8 (900) 555-02-01');
    await page.keyboard.press('Enter');
    await isSaved(page, at, COLUMN.mobile);
    await expect(status(page)).toContainText(/saved at \d/i);
    await expect(value(page, at, COLUMN.mobile)).toHaveText('+7 900 555-02-01');
    const now = await row(portal, '5А', at);
    expect(now.student.fields.mobile).toBe('+79005550201');
    expect(now.student.version).toBeGreaterThan(before.student.version);
    // Esc takes back.
    await cell(page, at, COLUMN.email).focus();
    await page.keyboard.type('nobody@exa');
    await page.keyboard.press('Escape');
    await expect(cell(page, at, COLUMN.email)).not.toHaveClass(/edit|failed|saving/);
    await page.reload();
    await expect(value(page, at, COLUMN.mobile)).toHaveText('+7 900 555-02-01');
  });

  test('a value that is none stays, marked; the stored one is kept', async ({ page, portal }) => {
    const at = ROWS.refused;
    await openEditor(page, portal, '5А');
    const before = (await row(portal, '5А', at)).student;
    await write(page, at, COLUMN.snils, '112-233-445 96');
    await expect(cell(page, at, COLUMN.snils)).toHaveAttribute('aria-invalid', 'true');
    await expect(cell(page, at, COLUMN.snils)).toContainText('wrong check number');
    await expect(value(page, at, COLUMN.snils)).toContainText('96');
    await expect(status(page)).toContainText('1 not saved');
    expect((await row(portal, '5А', at)).student).toEqual(before);
    await cell(page, at, COLUMN.snils).getByRole('button', { name: 'Put back' }).click();
    await expect(cell(page, at, COLUMN.snils)).not.toHaveAttribute('aria-invalid', 'true');
  });

  test('undo and redo are saved like any edit', async ({ page, portal }) => {
    const at = ROWS.undo;
    const before = (await row(portal, '5А', at)).student.fields.patronymic ?? '';
    await openEditor(page, portal, '5А');
    await write(page, at, COLUMN.patronymic, 'Пробовна');
    await isSaved(page, at, COLUMN.patronymic);
    await page.keyboard.press('Control+z');
    await expect.poll(async () => (await row(portal, '5А', at)).student.fields.patronymic ?? '').toBe(before);
    await page.keyboard.press('Control+y');
    await expect.poll(async () => (await row(portal, '5А', at)).student.fields.patronymic).toBe('Пробовна');
  });

  test('a pasted block fills cells; a value that does not fit leaves its cell as it was; one step back undoes it all', async ({ page, portal }) => {
    const at = ROWS.paste;
    const before = await onFile(portal, '5А');
    await openEditor(page, portal, '5А');
    await cell(page, at, COLUMN.email).focus();
    await paste(page, ['first.pasted@primer.example', 'not an address', 'third.pasted@primer.example'].join('\n'));
    await isSaved(page, at, COLUMN.email);
    await isSaved(page, at + 2, COLUMN.email);
    await expect(status(page)).toContainText('left as it was: 1');
    portal.note('first.pasted@primer.example', 'third.pasted@primer.example');
    const now = await onFile(portal, '5А');
    expect(now[at]?.student.fields.email).toBe('first.pasted@primer.example');
    expect(now[at + 1]?.student.fields.email).toBe(before[at + 1]?.student.fields.email);
    expect(now[at + 2]?.student.fields.email).toBe('third.pasted@primer.example');
    await page.keyboard.press('Control+z');
    await expect
      .poll(async () => (await onFile(portal, '5А')).slice(at, at + 3).map((one) => one.student.fields.email))
      .toEqual(before.slice(at, at + 3).map((one) => one.student.fields.email));
  });

  test('ten seconds without a connection: changes wait, are said to wait, and are then saved in their order', async ({ page, context, portal, guard }) => {
    guard.allows(/ERR_INTERNET_DISCONNECTED|net::ERR/);
    const { edited, undone, others } = OFFLINE;
    const [twice = 0] = edited.slice(-1);
    const [merged = 0] = edited.slice(2);
    const typed = (at: number): string => `offline-${at}@primer.example`;
    portal.note(...edited.map(typed), 'undone@primer.example', 'first@primer.example', 'meanwhile@primer.example');
    await openEditor(page, portal, '11А');
    const before = await onFile(portal, '11А');
    const emails = async (rows: number[]): Promise<(string | undefined)[]> => {
      const now = await onFile(portal, '11А');
      return rows.map((at) => now[at]?.student.fields.email);
    };
    const stored = await emails([...edited, undone]);
    const waits = (count: number): Promise<void> => expect(status(page)).toContainText(counted('editor', 'waiting', count));

    await context.setOffline(true);
    const cut = Date.now();
    for (const [nth, at] of edited.entries()) {
      await write(page, at, COLUMN.email, at === twice ? 'first@primer.example' : typed(at));
      await expect(cell(page, at, COLUMN.email)).toHaveClass(/\bqueued\b/);
      await expect(cell(page, at, COLUMN.email)).toContainText(en('editor', 'waits_offline'));
      await waits(nth + 1);
    }
    // What is typed over what waits takes its place; what is undone need not be sent.
    await write(page, twice, COLUMN.email, typed(twice));
    await write(page, undone, COLUMN.email, 'undone@primer.example');
    await waits(edited.length + 1);
    await page.keyboard.press('Control+z');
    await waits(edited.length);
    await expect(value(page, undone, COLUMN.email)).toHaveText(before[undone]?.student.fields.email ?? '—');
    // Meanwhile somebody else works: in another row, and in another field of one of these.
    for (const [at, fields] of [[others, { email: 'meanwhile@primer.example' }], [merged, { patronymic: 'Иная' }]] as const) {
      const person = before[at]?.student;
      if (person) await changeBy(portal, 'deputy-5', person, fields);
    }
    await expect.poll(() => Date.now() - cut, { message: 'ten seconds', timeout: 20_000 }).toBeGreaterThanOrEqual(10_000);
    await waits(edited.length);
    await expect(status(page)).not.toContainText(pattern('en', 'editor', 'saved'));
    await expect(page.locator('#grid .c.saved')).toHaveCount(0);
    expect(await emails([...edited, undone]), 'the server has nothing of it').toEqual(stored);

    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PATCH') sent.push(new URL(request.url()).pathname.split('/').at(-1) ?? '');
    });
    await context.setOffline(false);
    for (const at of edited) await isSaved(page, at, COLUMN.email);
    await expect(status(page)).toContainText(pattern('en', 'editor', 'saved'));
    expect(sent, 'in the order of the changes, each once').toEqual(edited.map((at) => before[at]?.student.id));
    expect(await emails([...edited, undone])).toEqual([...edited.map(typed), before[undone]?.student.fields.email]);
    // And what the others did is here.
    await expect(value(page, others, COLUMN.email)).toHaveText('meanwhile@primer.example');
    await expect(value(page, merged, COLUMN.patronymic)).toHaveText('Иная');
    expect((await row(portal, '11А', merged)).student.fields).toMatchObject({ email: typed(merged), patronymic: 'Иная' });
  });

  test('a tab that is killed while offline loses nothing', async ({ page, context, portal, guard }) => {
    guard.allows(/ERR_INTERNET_DISCONNECTED|net::ERR/);
    const at = ROWS.killed;
    // Another one each time that the test is repeated on the same server.
    const typed = `killed-${test.info().repeatEachIndex}@primer.example`;
    await openEditor(page, portal, '5А');
    await context.setOffline(true);
    await write(page, at, COLUMN.email, typed);
    portal.note(typed);
    await expect(status(page)).toContainText('1 change waits for the connection');
    expect((await row(portal, '5А', at)).student.fields.email).not.toBe(typed);
    // With its tab goes what keeps it offline, too: its last breath may be heard, and the change must be there once all the same.
    await page.close({ runBeforeUnload: false });
    await context.setOffline(false);
    const again = await context.newPage();
    await openEditor(again, portal, '5А');
    await isSaved(again, at, COLUMN.email);
    expect((await row(portal, '5А', at)).student.fields.email).toBe(typed);
  });

  test('two people at once: different fields merge, the same field is a conflict that is decided both ways', async ({ page, portal, guard }) => {
    guard.expects(412);
    // The other member of staff works by the API here; what both see live is another test's matter.
    await openEditor(page, portal, '5Б');
    const [mine, theirs] = [20, 21];
    const [one, two] = [(await row(portal, '5Б', mine)).student, (await row(portal, '5Б', theirs)).student];
    portal.note('mine@primer.example', 'theirs@primer.example');
    // Both write at the same time: theirs arrives while mine is on its way.
    const decided = new Set<string>();
    await page.route('**/api/v1/people/*', async (route) => {
      if (route.request().method() === 'PATCH' && !decided.has(route.request().url())) {
        decided.add(route.request().url());
        const person = route.request().url().includes(one.id) ? one : two;
        await changeBy(portal, 'deputy-5', person, { email: 'theirs@primer.example', patronymic: 'Иная' });
      }
      await route.continue();
    });
    for (const at of [mine, theirs]) {
      await write(page, at, COLUMN.email, 'mine@primer.example');
      await expect(cell(page, at, COLUMN.email)).toHaveClass(/conflict/);
      await expect(cell(page, at, COLUMN.email)).toContainText('theirs@primer.example');
      await expect(cell(page, at, COLUMN.email)).toContainText('Соколова');
    }
    await cell(page, mine, COLUMN.email).getByRole('button', { name: 'Keep mine' }).click();
    await isSaved(page, mine, COLUMN.email);
    await cell(page, theirs, COLUMN.email).getByRole('button', { name: 'Take this one' }).click();
    await expect(cell(page, theirs, COLUMN.email)).not.toHaveClass(/conflict/);
    const now = await onFile(portal, '5Б');
    expect([now[mine]?.student.fields.email, now[mine]?.student.fields.patronymic]).toEqual(['mine@primer.example', 'Иная']);
    expect([now[theirs]?.student.fields.email, now[theirs]?.student.fields.patronymic]).toEqual(['theirs@primer.example', 'Иная']);
    await expect(value(page, theirs, COLUMN.patronymic)).toHaveText('Иная');
  });

  test('others’ saved changes appear by themselves, with who is here', async ({ page, portal, another }) => {
    await openEditor(page, portal, '11Б');
    const { context: theirs, page: other } = await another();
    await asStaff(theirs, portal, 'deputy-5');
    await openEditor(other, portal, '11Б');
    await expect(page.locator('#presence')).toContainText('Соколова');
    await write(other, 3, COLUMN.email, 'live@primer.example');
    portal.note('live@primer.example');
    await isSaved(other, 3, COLUMN.email);
    await expect(value(page, 3, COLUMN.email)).toHaveText('live@primer.example');
    await expect(cell(page, 3, COLUMN.email)).toContainText('Соколова');
  });
});

test('without script each student has a form', async ({ browser, portal }) => {
  const context: BrowserContext = await browser.newContext({ javaScriptEnabled: false, baseURL: portal.origin, locale: 'en-US' });
  await asStaff(context, portal, 'admin-5');
  const page = await context.newPage();
  const at = ROWS.form;
  await page.goto(`${editorPath('5А')}?lang=en`);
  await page.locator(`#e${at}`).click();
  const email = page.locator('input[name="p0.email"]');
  await email.fill('not an address');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('.summary')).toBeVisible();
  await expect(email).toHaveValue('not an address');
  portal.note('form@primer.example');
  await email.fill('form@primer.example');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page).toHaveURL(new RegExp(`${CLASS['5А']}/esia\\?saved=`));
  expect((await row(portal, '5А', at)).student.fields.email).toBe('form@primer.example');
  await context.close();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('a row opens as a form and saves by itself', async ({ page, context, portal }) => {
    await asStaff(context, portal, 'admin-5');
    const at = ROWS.card;
    await openEditor(page, portal, '5А');
    await cell(page, at, COLUMN.email).tap();
    const field = page.locator(`#r${at} .ed-f input[type="email"], #r${at} .ed-f input[inputmode="email"]`).first();
    await field.fill('card@primer.example');
    portal.note('card@primer.example');
    await field.blur();
    await expect.poll(async () => (await row(portal, '5А', at)).student.fields.email).toBe('card@primer.example');
  });
});

/** Who works in which row of 5А, and into which other classes they may look. */
const STAFF = [
  { key: 'teacher-5a', at: 14, reach: [] },
  { key: 'deputy-5', at: 15, reach: ['5Б', '11А'] },
  { key: 'admin-5', at: 16, reach: ['5Б', '11А'] },
  { key: 'system', at: 17, reach: ['5Б', '11А', 'ה1'] },
] as const;

for (const { key, at, reach } of STAFF) {
  test(`${key} edits where the rights reach, and sees nothing where they do not`, async ({ page, context, portal, guard }) => {
    guard.expects(403);
    await asStaff(context, portal, key);
    await openEditor(page, portal, '5А');
    const email = `by-${key}@primer.example`;
    portal.note(email);
    await write(page, at, COLUMN.email, email);
    await isSaved(page, at, COLUMN.email);
    expect((await row(portal, '5А', at)).student.fields.email).toBe(email);
    for (const name of ['5Б', '11А', 'ה1'] as const) {
      const allowed = (reach as readonly ClassName[]).includes(name);
      const answer = await page.goto(portal.origin + editorPath(name));
      expect(answer?.status(), name).toBe(allowed ? 200 : 403);
      await expect(page.locator('#grid'), name).toHaveCount(allowed ? 1 : 0);
      if (allowed) continue;
      const surnames = (await onFile(portal, name, 'system')).map(({ student }) => student.fields.surname ?? '');
      const text = await page.content();
      expect(surnames.filter((surname) => text.includes(surname)), name).toEqual([]);
    }
  });
}

test('a parent and a passer-by see no editor, not even of the own child’s class', async ({ page, context, portal, guard }) => {
  guard.expects(403);
  for (const name of ['ה1', '5А'] as const) {
    await page.goto(portal.origin + editorPath(name));
    await expect(page).toHaveURL(/\/sign-in\?next=/);
  }
  await enter(context, portal, portal.fixed('parent-1'));
  for (const name of ['ה1', '5А'] as const) {
    const answer = await page.goto(portal.origin + editorPath(name));
    expect(answer?.status(), name).toBe(403);
    await expect(page.locator('#grid'), name).toHaveCount(0);
  }
});
