// The class editor, further: many cells at once, leaving with something unsent, what stays on the device, two browsers on one
// cell, and the keys that lead through the table and out of it.
import type { Locator, Page } from '@playwright/test';

import { CLASS, COLUMN, cell, editorPath, isSaved, onFile, openEditor, paste, row, status, value, write } from '../support/editor.ts';
import { hydrated } from '../support/guard.ts';
import { asStaff, carry, signInStaff } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { counted, en } from '../support/words.ts';

/** All of this is in one class. Of its rows, editor.spec.ts changes 3 and pages/editor-read.spec.ts 5 to 9; staff-pages.spec.ts has photos in 19 and 20. */
const NAME = '11Б';
const ROWS = { clicked: 0, left: 4, filled: 10, block: 13, leaving: 16, mine: 17, theirs: 18, keys: 21 };

/** An address that is on no file yet, also when the test is repeated on the same server. */
function address(portal: Portal, whose: string): string {
  const email = `${whose}-${test.info().repeatEachIndex}@primer.example`;
  portal.note(email);
  return email;
}

/** The addresses of three rows, as they are on file. */
async function three(portal: Portal, from: number): Promise<(string | undefined)[]> {
  return (await onFile(portal, NAME)).slice(from, from + 3).map(({ student }) => student.fields.email);
}

const chosen = (page: Page): Locator => page.locator('#grid [aria-selected="true"]');

/** Keeps what a page sends of somebody from the server, until it is let go. */
async function hold(page: Page, person: string): Promise<() => void> {
  let letGo = (): void => undefined;
  const gone = new Promise<void>((done) => {
    letGo = done;
  });
  await page.route(`**/api/v1/people/${person}`, async (route) => {
    await gone;
    await route.continue();
  });
  return letGo;
}

/** Every change is sent back: come again in an hour. So nothing is on its way, and what is changed waits on the device. */
async function busy(page: Page): Promise<void> {
  await page.route('**/api/v1/people/*', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '3600' } }));
}

/** What the device keeps of the class, as text. */
function kept(page: Page): Promise<string> {
  return page.evaluate((name) => localStorage.getItem(name) ?? '', `schoolgate.editor.${CLASS[NAME]}`);
}

test.describe('many cells at once', () => {
  test.beforeEach(async ({ context, portal }) => asStaff(context, portal, 'admin-5'));

  test('one value typed into a selection of a column is in each of its cells, and saved; one step back undoes it all', async ({ page, portal }) => {
    const at = ROWS.filled;
    const before = await three(portal, at);
    const typed = address(portal, 'filled');
    await openEditor(page, portal, NAME);
    await cell(page, at, COLUMN.email).focus();
    await expect(chosen(page)).toHaveCount(0);
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await expect(cell(page, at + 2, COLUMN.email)).toBeFocused();
    await expect(chosen(page)).toHaveCount(3);
    // The first key opens the cell that has the focus; what is typed there goes to all of them.
    await page.keyboard.type(typed);
    expect(await three(portal, at), 'not before it is done').toEqual(before);
    await page.keyboard.press('Enter');
    for (const down of [0, 1, 2]) {
      await isSaved(page, at + down, COLUMN.email);
      await expect(value(page, at + down, COLUMN.email)).toHaveText(typed);
    }
    await expect(status(page)).toContainText(counted('editor', 'pasted', 3));
    await expect(cell(page, at + 3, COLUMN.email)).toBeFocused();
    await expect(chosen(page), 'the selection is over').toHaveCount(0);
    expect(await three(portal, at)).toEqual([typed, typed, typed]);

    await page.keyboard.press('Control+z');
    await expect.poll(() => three(portal, at)).toEqual(before);
    for (const [down, email] of before.entries()) await expect(value(page, at + down, COLUMN.email)).toHaveText(email ?? '—');
  });

  test('one value pasted into a selection made with Shift and a click is in each of its cells; one step back undoes it all', async ({ page, portal }) => {
    const at = ROWS.clicked;
    const before = await three(portal, at);
    const pasted = address(portal, 'clicked');
    await openEditor(page, portal, NAME);
    await cell(page, at, COLUMN.email).click();
    await cell(page, at + 2, COLUMN.email).click({ modifiers: ['Shift'] });
    await expect(cell(page, at + 2, COLUMN.email)).toBeFocused();
    await expect(chosen(page)).toHaveCount(3);
    await paste(page, pasted);
    for (const down of [0, 1, 2]) await isSaved(page, at + down, COLUMN.email);
    expect(await three(portal, at)).toEqual([pasted, pasted, pasted]);
    await page.keyboard.press('Control+z');
    await expect.poll(() => three(portal, at)).toEqual(before);
  });

  test('a block of two columns and two rows lands where it belongs, and nowhere else', async ({ page, portal }) => {
    const at = ROWS.block;
    const before = (await onFile(portal, NAME)).slice(at, at + 3);
    const block = [0, 1].map((down) => {
      const last = String(test.info().repeatEachIndex * 2 + down).padStart(4, '0');
      portal.note(`+7900556${last}`, `900556${last}`);
      return { mobile: `+7900556${last}`, written: `8 (900) 556-${last.slice(0, 2)}-${last.slice(2)}`, email: address(portal, `block-${down}`) };
    });
    await openEditor(page, portal, NAME);
    await cell(page, at, COLUMN.mobile).focus();
    await paste(page, block.map(({ written, email }) => `${written}\t${email}`).join('\r\n'));
    for (const [down, { email }] of block.entries()) {
      for (const column of [COLUMN.mobile, COLUMN.email]) await isSaved(page, at + down, column);
      await expect(value(page, at + down, COLUMN.email)).toHaveText(email);
    }
    await expect(status(page)).toContainText(counted('editor', 'pasted', 4));
    const now = (await onFile(portal, NAME)).slice(at, at + 3);
    for (const [down, { mobile, email }] of block.entries()) {
      expect(now[down]?.student.fields).toEqual({ ...before[down]?.student.fields, mobile, email });
      expect(now[down]?.parents, 'the mother is the next to the right, and gets nothing').toEqual(before[down]?.parents);
    }
    expect(now[2]?.student, 'the row below').toEqual(before[2]?.student);
  });
});

test('leaving is asked about while something is unsent, and no longer than that', async ({ page, context, portal }) => {
  const at = ROWS.leaving;
  await asStaff(context, portal, 'admin-5');
  const typed = address(portal, 'leaving');
  const asked: string[] = [];
  // Whoever is asked stays.
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.dismiss();
  });
  await openEditor(page, portal, NAME);
  const letGo = await hold(page, (await row(portal, NAME, at)).student.id);
  await write(page, at, COLUMN.email, typed);
  await expect(cell(page, at, COLUMN.email)).toHaveClass(/\bsaving\b/);
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => asked, { message: 'the tab is closed' }).toEqual(['beforeunload']);
  const tabs = page.getByRole('navigation', { name: en('people', 'class_named', { class: NAME }) });
  await tabs.getByRole('link', { name: en('people', 'tab_list'), exact: true }).click();
  await expect.poll(() => asked, { message: 'a link is followed' }).toEqual(['beforeunload', 'beforeunload']);
  // It is the same page, and it goes on.
  await expect(page).toHaveURL(portal.origin + editorPath(NAME));
  await expect(cell(page, at, COLUMN.email)).toHaveClass(/\bsaving\b/);
  letGo();
  await isSaved(page, at, COLUMN.email);
  expect((await row(portal, NAME, at)).student.fields.email).toBe(typed);
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  expect(asked, 'nothing is asked where all is saved').toHaveLength(2);
});

test.describe('what waits on the device', () => {
  test('is gone after sign-out', async ({ page, context, quick, guard }) => {
    guard.expects(401, 503);
    const at = ROWS.left;
    // It is ended, so it is a session of its own; on the other server, where this account needs codes for nothing else.
    await carry(context, await signInStaff(quick, 'deputy-5'));
    const typed = address(quick, 'signed-out');
    await openEditor(page, quick, NAME);
    await busy(page);
    await write(page, at, COLUMN.email, typed);
    await expect(cell(page, at, COLUMN.email)).toHaveClass(/\bqueued\b/);
    await expect.poll(() => kept(page), { message: 'it would outlive the tab' }).toContain(typed);
    // Whoever signs out is asked, and leaves all the same.
    page.on('dialog', (dialog) => void dialog.accept());
    await page.locator('header details.menu:has(form[action="/sign-out"]) > summary').click();
    await page.locator('header form[action="/sign-out"] button').click();
    await page.waitForURL(`${quick.origin}/`);
    await expect.poll(() => kept(page)).toBe('');
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(typed);
    expect((await row(quick, NAME, at, 'system')).student.fields.email).not.toBe(typed);
  });

  test('of a tab left open is not sent in the name of whoever signs in next, nor kept any more', async ({ page, context, quick, guard }) => {
    guard.expects(401, 503);
    const at = ROWS.left;
    await carry(context, await signInStaff(quick, 'deputy-5'));
    const before = (await row(quick, NAME, at, 'system')).student.fields.email;
    const typed = address(quick, 'left-open');
    await openEditor(page, quick, NAME);
    await page.route('**/api/v1/people/*', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '1' } }));
    await write(page, at, COLUMN.email, typed);
    await expect.poll(() => kept(page)).toContain(typed);
    const other = await context.newPage();
    await other.goto(`${quick.origin}/me`);
    await other.locator('main form[action="/sign-out"] button').click();
    await other.waitForURL(`${quick.origin}/`);
    await expect.poll(() => kept(other)).toBe('');
    await asStaff(context, quick, 'admin-5');
    const refused = page.waitForResponse((response) => response.request().method() === 'PATCH' && response.status() === 401);
    await page.unroute('**/api/v1/people/*');
    await refused;
    await expect(page.getByText(en('editor', 'signed_out_here'))).toBeVisible();
    expect(await kept(page)).toBe('');
    expect((await row(quick, NAME, at, 'system')).student.fields.email).toBe(before);
    // Its owner comes back.
    await carry(context, await signInStaff(quick, 'deputy-5'));
    await cell(page, at, COLUMN.email).getByRole('button', { name: en('editor', 'retry') }).click();
    await isSaved(page, at, COLUMN.email);
    expect((await row(quick, NAME, at, 'system')).student.fields.email).toBe(typed);
    expect(await kept(page)).toBe('');
  });

  test('is neither shown to whoever comes next nor sent in their name, and is deleted', async ({ page, context, portal, guard }) => {
    guard.expects(503);
    const at = ROWS.left;
    await asStaff(context, portal, 'deputy-5');
    const before = (await row(portal, NAME, at)).student;
    const typed = address(portal, 'left');
    await openEditor(page, portal, NAME);
    await busy(page);
    await write(page, at, COLUMN.email, typed);
    await expect(cell(page, at, COLUMN.email)).toHaveClass(/\bqueued\b/);
    await expect.poll(() => kept(page)).toContain(typed);
    // Nobody signs out: the tab is killed, and somebody else works in the same browser.
    await page.close();
    await asStaff(context, portal, 'admin-5');
    const sent: string[] = [];
    context.on('request', (request) => {
      if (request.method() !== 'GET') sent.push(`${request.method()} ${request.url()}`);
    });
    const next = await context.newPage();
    const read = next.waitForResponse((response) => response.url().endsWith(`/classes/${CLASS[NAME]}/people`) && response.ok());
    await openEditor(next, portal, NAME);
    await expect.poll(() => kept(next), { message: 'deleted unread' }).toBe('');
    // What it has to send, the page sends when it begins; by now it has read the class once more.
    await read;
    await expect(value(next, at, COLUMN.email)).toHaveText(before.fields.email ?? '—');
    await expect(next.locator('#grid .c:is(.queued, .saving, .saved)')).toHaveCount(0);
    expect(await next.content()).not.toContain(typed);
    expect(sent).toEqual([]);
    expect((await row(portal, NAME, at)).student).toEqual(before);
  });
});

test('two browsers write into one cell at once: the later one is asked whose value shall stand, and then both show it', async ({ page, context, portal, another, guard }) => {
  guard.expects(412);
  await asStaff(context, portal, 'admin-5');
  const { context: theirs, page: other } = await another();
  await asStaff(theirs, portal, 'deputy-5');
  await openEditor(page, portal, NAME);
  await openEditor(other, portal, NAME);
  for (const [at, decision] of [[ROWS.mine, 'keep_mine'], [ROWS.theirs, 'take_theirs']] as const) {
    const [later, sooner] = [address(portal, `later-${at}`), address(portal, `sooner-${at}`)];
    const stands = decision === 'keep_mine' ? later : sooner;
    const contested = cell(page, at, COLUMN.email);
    const letGo = await hold(page, (await row(portal, NAME, at)).student.id);
    await write(page, at, COLUMN.email, later);
    await expect(contested).toHaveClass(/\bsaving\b/);
    await write(other, at, COLUMN.email, sooner);
    await isSaved(other, at, COLUMN.email);
    letGo();
    await expect(contested).toHaveClass(/\bconflict\b/);
    await expect(value(page, at, COLUMN.email), 'what was typed stays').toHaveText(later);
    await expect(contested).toContainText(sooner);
    await expect(contested).toContainText('Соколова');
    await expect(status(page)).toContainText(counted('editor', 'conflicts', 1));
    await expect(value(other, at, COLUMN.email), 'nothing is overwritten unseen').toHaveText(sooner);
    expect((await row(portal, NAME, at)).student.fields.email).toBe(sooner);

    await contested.getByRole('button', { name: en('editor', decision), exact: true }).click();
    await expect(contested).not.toHaveClass(/\b(conflict|saving|queued)\b/);
    for (const browser of [page, other]) await expect(value(browser, at, COLUMN.email)).toHaveText(stands);
    expect((await row(portal, NAME, at)).student.fields.email).toBe(stands);
    await expect(status(page)).not.toContainText(counted('editor', 'conflicts', 1));
    // Whoever was sooner is told who has written over it.
    if (decision === 'keep_mine') await expect(cell(other, at, COLUMN.email)).toContainText('Морозов');
  }
});

test.describe('the keys', () => {
  test.beforeEach(async ({ context, portal }) => asStaff(context, portal, 'admin-5'));

  /** The last cell of a row: rows are not all of one length. */
  const lastOf = (page: Page, at: number): Locator => page.locator(`#r${at} [role="gridcell"][id]`).last();

  test('lead by pages and to the ends of the row and of the table; the tab key leaves it and comes back to the same cell', async ({ page, portal }) => {
    const last = (await onFile(portal, NAME)).length - 1;
    await openEditor(page, portal, NAME);
    await cell(page, 0, COLUMN.email).focus();
    // The column stays, and the table ends where it ends.
    for (const [key, rows] of [['PageDown', [8, 16, 24, last]], ['PageUp', [16, 8, 0, 0]]] as const) {
      for (const at of rows) {
        await page.keyboard.press(key);
        await expect(cell(page, at, COLUMN.email)).toBeFocused();
      }
    }
    const at = ROWS.keys;
    const stop = cell(page, at, COLUMN.email);
    await stop.focus();
    await page.keyboard.press('Home');
    await expect(cell(page, at, 0)).toBeFocused();
    await page.keyboard.press('End');
    await expect(lastOf(page, at)).toBeFocused();
    await page.keyboard.press('Control+Home');
    await expect(cell(page, 0, 0)).toBeFocused();
    await page.keyboard.press('Control+End');
    await expect(lastOf(page, last)).toBeFocused();
    await expect(lastOf(page, last)).toBeInViewport();

    const inside = page.locator('#grid :focus');
    await stop.focus();
    await expect(page.locator('#grid [tabindex="0"]')).toHaveCount(1);
    for (const [there, back] of [['Tab', 'Shift+Tab'], ['Shift+Tab', 'Tab']] as const) {
      await page.keyboard.press(there);
      await expect(inside).toHaveCount(0);
      await page.keyboard.press(back);
      await expect(stop).toBeFocused();
    }
    // Out of an open cell, too, which is closed by that.
    await page.keyboard.press('F2');
    await expect(stop.locator('input')).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(inside).toHaveCount(0);
    await expect(page.locator('#grid input')).toHaveCount(0);
    await page.keyboard.press('Shift+Tab');
    await expect(stop).toBeFocused();
  });

  test('in Hebrew the left arrow leads on, and the right one back', async ({ page, portal }) => {
    const at = ROWS.keys;
    await page.goto(`${portal.origin}${editorPath(NAME)}?lang=he`);
    await hydrated(page);
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await cell(page, at, 0).focus();
    for (const [key, column] of [['ArrowLeft', 1], ['ArrowLeft', 2], ['ArrowRight', 1], ['ArrowRight', 0], ['ArrowRight', 0]] as const) {
      await page.keyboard.press(key);
      await expect(cell(page, at, column)).toBeFocused();
    }
    // The arrow leads where the eye goes: what comes after the student stands to the left.
    const [student, ready] = [await cell(page, at, COLUMN.surname).boundingBox(), await cell(page, at, COLUMN.email + 1).boundingBox()];
    expect(student?.x ?? NaN).toBeGreaterThan(ready?.x ?? NaN);
    await page.keyboard.press('End');
    await expect(lastOf(page, at)).toBeFocused();
    await page.keyboard.press('Home');
    await expect(cell(page, at, 0)).toBeFocused();
  });
});
