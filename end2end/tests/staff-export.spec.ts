// The roster as a file: downloaded from the page and written by the command line, without secrets; imported again it changes nothing.
import { readFileSync, statSync } from 'node:fs';

import type { Page } from '@playwright/test';

import { onFile } from '../support/editor.ts';
import { ALL_NEW, families, oneRoster11 } from '../support/families.ts';
import { type Counts, again, applyButton, badRows, counted, handIn, isChecked, onDisk, operator, shownCounts } from '../support/imports.ts';
import { texts } from '../support/inbox.ts';
import type { Person } from '../support/people.ts';
import { classesOf, enterRoster } from '../support/roster.ts';
import { Seen } from '../support/seen.ts';
import { readCsv, textsOf } from '../support/sheet.ts';
import { asStaff } from '../support/staff.ts';
import { type Portal, expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';
import { unzip } from '../support/zip.ts';

/** The formats: their button, their code, the file's name and kind, and all of the file as text. */
const FORMATS: [string, string, string, string, (file: Buffer) => string][] = [
  ['export_oneroster', 'oneroster', 'roster.zip', 'application/zip', (file) => Object.values(unzip(file)).join('\n')],
  ['export_csv', 'csv', 'roster.csv', 'text/csv; charset=utf-8', (file) => file.toString()],
  ['export_xlsx', 'xlsx', 'roster.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', textsOf],
];

/** What an import of it counts afterwards: a table speaks of students and their parents only. */
const UNCHANGED: Counts = again(ALL_NEW);

interface Download {
  name: string;
  content: Buffer;
  headers: Record<string, string>;
}

/** Downloads a file as people do: chooses the school, presses the format's button. */
async function download(page: Page, portal: Portal, button: string, school: string): Promise<Download> {
  await page.goto(`${portal.origin}/admin/import`);
  const form = page.locator('section[aria-labelledby="h-export"]');
  await form.getByRole('combobox', { name: en('admin', 'school'), exact: true }).selectOption({ label: school });
  const [response, file] = await Promise.all([
    page.waitForResponse((response) => response.url().includes('/admin/export')),
    page.waitForEvent('download'),
    form.getByRole('button', { name: en('admin', button), exact: true }).click(),
  ]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()), headers: response.headers() };
}

/** What of a demo's secrets stands in a text: passwords, user codes, tokens, codes that were sent, and what hashes begin with. */
function leaked(portal: Portal, text: string): string[] {
  const people = JSON.parse(readFileSync(`${portal.folder}/people.json`, 'utf8')) as Person[];
  const codes = people.flatMap(({ user_code: code }) => (code ? [code, code.replace('-', '')] : []));
  const passwords = people.flatMap(({ password }) => password || []);
  const tokens = new Seen(portal.database).all().filter((one) => /^[\w-]{40,}$/.test(one));
  const sent = new Set(texts(portal.database, portal.role).flatMap(({ text }) => /#(\d{6})\s*$/.exec(text)?.[1] ?? []));
  expect(Math.min(codes.length, passwords.length, tokens.length, sent.size), 'there is something to look for').toBeGreaterThan(0);
  const plain = [...codes, ...passwords, ...tokens, '$argon2', '$scrypt', '$2b$', 'pbkdf2'].filter((one) => text.includes(one));
  // Longer numbers may hold the same digits.
  const numbers = Array.from(text.matchAll(/(?<![\w.:+-])\d{6}(?![\w:-])/g), ([number]) => number);
  return [...plain, ...numbers.filter((number) => sent.has(number))];
}

/** Columns whose titles promise a secret, and that are not empty. */
function promising(text: string): string[] {
  const rows = readCsv(text);
  return Object.keys(rows[0] ?? {}).filter((title) => /password|secret|token|hash|парол|סיסמה|كلمة/i.test(title) && rows.some((row) => row[title]));
}

for (const [button, format, name, kind, words] of FORMATS) {
  test(`a school as ${format}: downloaded from the page it has everybody and no secret; handed in again it changes nothing`, async ({ page, context, quick }) => {
    const own = families(quick);
    await enterRoster(quick, 'system', oneRoster11(own));
    const id = (await classesOf(quick, 'system', own.school))[own.title] ?? '';
    const before = await onFile(quick, id, 'system');
    await asStaff(context, quick, 'system');

    const file = await download(page, quick, button, own.school);
    expect(file.name).toBe(name);
    expect(file.headers).toMatchObject({ 'content-type': kind, 'x-content-type-options': 'nosniff' });
    expect(file.headers['cache-control']).toContain('no-store');
    const text = words(file.content);
    // Tables write a SNILS as people do.
    const digits = text.replace(/(?<=\d)[- ](?=\d)/g, '');
    for (const { person, mother } of own.students) {
      for (const one of [person.surname, person.snils, mother?.email]) if (one !== undefined) expect(digits).toContain(one);
    }
    expect(text, 'another school').not.toContain('Бутрович');
    expect(leaked(quick, text)).toEqual([]);

    await handIn(page, quick, name, file.content);
    await isChecked(page, name);
    await expect(badRows(page)).toHaveCount(0);
    expect(await shownCounts(page)).toEqual(UNCHANGED);
    await expect(page.getByText(en('admin', 'nothing_to_change'))).toBeVisible();
    await expect(applyButton(page)).toHaveCount(0);

    // The command line writes the same of it, for its owner's eyes only, and finds it unchanged too.
    const written = onDisk(name, Buffer.alloc(0));
    const beside = JSON.parse(operator(quick, 'export', '--format', format, '--school', own.school, '--out', written, '--json')) as { people: number };
    expect(beside.people).toBe(5);
    // A workbook says when it was made.
    const timeless = (text: string): string => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '');
    expect(timeless(words(readFileSync(written)))).toBe(timeless(text));
    const repeated = JSON.parse(operator(quick, 'import', written, '--json')) as { applied: boolean; changes: number; counts: Counts };
    expect(repeated).toMatchObject({ applied: true, changes: 0, bad_total: 0, conflicts_total: 0, counts: UNCHANGED });
    expect(await onFile(quick, id, 'system')).toEqual(before);
  });

  test(`a school whose people have accounts, as ${format}: nothing of their accounts is in it`, async ({ page, context, quick }) => {
    await asStaff(context, quick, 'system');
    const { content } = await download(page, quick, button, 'Школа № 5, Ханты-Мансийск');
    const text = words(content);
    // The class teacher signs in; tables are about students and parents only.
    expect(text).toContain('Джалилов');
    if (format === 'oneroster') expect(text).toContain('Бутрович');
    expect(leaked(quick, text)).toEqual([]);
    // The search itself works.
    const { user_code: code, password } = quick.fixed('teacher-5a');
    expect(leaked(quick, `${text}\n${code},${password}`)).toEqual([code, password]);
    const tables = format === 'oneroster' ? Object.values(unzip(content)).map(String) : format === 'csv' ? [text] : [];
    for (const table of tables) expect(promising(table)).toEqual([]);
  });
}

test('all schools at once, by the command line: the file is its owner’s, and finds all unchanged', async ({ quick }) => {
  const file = onDisk('all.zip', Buffer.alloc(0));
  operator(quick, 'export', '--format', 'oneroster', '--out', file);
  expect(statSync(file).mode & 0o077).toBe(0);
  const found = JSON.parse(operator(quick, 'import', file, '--dry-run', '--json')) as { counts: Counts; bad_total: number; changes: number };
  expect(found).toMatchObject({ changes: 0, bad_total: 0 });
  expect(found.counts.students.unchanged).toBeGreaterThanOrEqual(150);
  expect(found.counts.staff).toEqual(counted({ staff: { unchanged: found.counts.staff.unchanged } }).staff);
});
