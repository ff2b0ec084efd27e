// The editor with a class of forty: one answer paints it, the keyboard walks through it, a block of a spreadsheet fills a column.
// Each test enters a school of its own.
import { COLUMN, FATHER, cell, editorPath, isSaved, onFile, openEditor, paste, status, value } from '../support/editor.ts';
import { type Listed, classRoster, classesOf, enterRoster, ownId } from '../support/roster.ts';
import { asStaff, staffAsks } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { counted, en, pattern } from '../support/words.ts';

const SIZE = 40;
const LAST = SIZE - 1;
/** The row that gets no value of its field. */
const BAD = 17;

async function forty(portal: Portal): Promise<{ id: string; students: Listed[] }> {
  const own = ownId();
  const school = `Школа № 40-${own}, Сургут`;
  const { files, students } = classRoster(own, school, '8А', SIZE);
  portal.note(...students.flatMap(({ email }) => email || []));
  const { counts } = await enterRoster(portal, 'system', files);
  expect([counts.students.new, counts.parents.new]).toEqual([SIZE, SIZE]);
  const id = (await classesOf(portal, 'system', school))['8А'];
  if (id === undefined) throw new Error('the class was not entered');
  return { id, students };
}

test.beforeEach(async ({ context, portal }) => asStaff(context, portal, 'system'));

test('one answer paints forty rows; the keyboard walks through them; the last is edited; the filter counts', async ({ page, portal }) => {
  test.setTimeout(180_000);
  const { id, students } = await forty(portal);
  const html = (await staffAsks(portal, 'system', editorPath(id), { headers: { accept: 'text/html' } })).body.toString();
  expect(html.match(/role="row"/g), 'the head and every row').toHaveLength(SIZE + 1);
  for (const { surname } of students) expect(html).toContain(surname);

  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (request.resourceType() === 'document' || pathname.startsWith('/api/')) asked.push(`${request.method()} ${pathname}`);
  });
  const read = page.waitForResponse((response) => response.url().endsWith(`/classes/${id}/people`));
  await openEditor(page, portal, id);
  await read;
  await expect(page.getByRole('grid')).toHaveAttribute('aria-rowcount', String(SIZE + 1));

  await page.locator('#grid [tabindex="0"]').focus();
  await expect(cell(page, 0, 0)).toBeFocused();
  for (let at = 1; at < SIZE; at += 1) {
    await page.keyboard.press('ArrowDown');
    await expect(cell(page, at, 0)).toBeFocused();
  }
  await expect(cell(page, LAST, 0)).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('ArrowDown');
  await expect(cell(page, LAST, 0), 'the table ends there').toBeFocused();
  await page.keyboard.press('Control+Home');
  await expect(cell(page, 0, 0)).toBeFocused();
  await expect(cell(page, 0, 0)).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('Control+End');
  await expect(cell(page, LAST, FATHER.email)).toBeFocused();
  await page.keyboard.press('Home');
  for (let along = 0; along < COLUMN.email; along += 1) await page.keyboard.press('ArrowRight');
  await expect(cell(page, LAST, COLUMN.email)).toBeFocused();
  // The page itself, the stream of events, and the class once more in case something was missed before the stream began.
  expect(asked.toSorted(), 'no row asks for anything').toEqual([`GET /api/v1/classes/${id}/events`, `GET /api/v1/classes/${id}/people`, `GET ${editorPath(id)}`]);

  const email = `last-${ownId()}@primer.example`;
  portal.note(email);
  await page.keyboard.press('F2');
  await page.keyboard.insertText(email);
  await page.keyboard.press('Enter');
  await isSaved(page, LAST, COLUMN.email);
  const rows = await onFile(portal, id, 'system');
  expect(rows[LAST]?.student.fields.email).toBe(email);

  // Every other student came with an address; the last has one now.
  const able = rows.filter(({ readiness }) => readiness.can).length;
  expect(able).toBe(SIZE / 2 + 1);
  await expect(page.getByText(en('editor', 'of', { a: String(able), b: String(SIZE) }), { exact: true })).toBeVisible();
  await page.getByRole('link', { name: en('editor', 'not_ready', { n: String(SIZE - able) }), exact: true }).click();
  const shown = page.locator('#grid .ed-r:visible');
  await expect(shown).toHaveCount(SIZE - able);
  await expect(page.getByText(en('editor', 'shown', { a: String(SIZE - able), b: String(SIZE) }))).toBeVisible();
  expect(await shown.evaluateAll((found) => found.map((row) => row.id))).toEqual(rows.flatMap(({ readiness }, at) => (readiness.can ? [] : `r${at}`)));
  // Rows that are not shown are passed over.
  await page.locator('#grid [tabindex="0"]').focus();
  await expect(cell(page, 1, 0)).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(cell(page, 3, 0)).toBeFocused();
  await page.getByRole('link', { name: en('editor', 'show_all'), exact: true }).click();
  await expect(shown).toHaveCount(SIZE);
});

test('a column of forty values is pasted at once: one that does not fit leaves its cell as it was, one step back undoes all', async ({ page, portal }) => {
  test.setTimeout(180_000);
  const { id } = await forty(portal);
  const own = ownId();
  const values = Array.from({ length: SIZE }, (_, at) => (at === BAD ? 'not an address' : `pasted-${own}-${at}@primer.example`));
  portal.note(...values.filter((_, at) => at !== BAD));
  const emails = async (): Promise<(string | undefined)[]> => (await onFile(portal, id, 'system')).map(({ student }) => student.fields.email);
  const before = await emails();
  await openEditor(page, portal, id);
  const changed: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') changed.push(request.url());
  });
  await cell(page, 0, COLUMN.email).focus();
  await paste(page, values.join('\r\n'));
  await expect(page.locator('#grid .c.saved')).toHaveCount(SIZE - 1, { timeout: 60_000 });
  await expect(status(page)).toContainText(counted('editor', 'pasted', SIZE - 1));
  await expect(status(page)).toContainText(counted('editor', 'unfit', 1));
  await expect(status(page)).toContainText(pattern('en', 'editor', 'saved'));
  await expect(cell(page, BAD, COLUMN.email)).not.toHaveClass(/saved|failed|queued|saving/);
  await expect(value(page, BAD, COLUMN.email)).toHaveText(before[BAD] ?? '—');
  expect(await emails()).toEqual(values.map((value, at) => (at === BAD ? before[at] : value)));
  expect([changed.length, new Set(changed).size], 'one request for each row').toEqual([SIZE - 1, SIZE - 1]);

  await page.keyboard.press('Control+z');
  await expect.poll(emails, { message: 'all is as it was', timeout: 60_000 }).toEqual(before);
});
