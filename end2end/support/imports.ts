// Imports by each of their roads: the page, the API, the command line. And exports.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { type Locator, type Page, expect, test } from '@playwright/test';

import type { Ask } from './http.ts';
import type { ImportReport } from './roster.ts';
import { run } from './server.ts';
import { staffAsks } from './staff.ts';
import type { Portal } from './test.ts';
import { en } from './words.ts';

export const KINDS = ['schools', 'classes', 'students', 'parents', 'staff', 'enrolments', 'groups'] as const;
export type Kind = (typeof KINDS)[number];
export type Counts = ImportReport['counts'];
export type Count = Counts[Kind];

/** Counts of which only some are told; the others are nothing. */
export function counted(some: Partial<Record<Kind, Partial<Count>>>): Counts {
  const whole = (kind: Kind): Count => ({ new: 0, changed: 0, unchanged: 0, leaving: 0, bad: 0, ...some[kind] });
  return Object.fromEntries(KINDS.map((kind) => [kind, whole(kind)])) as Counts;
}

/** What is new the first time is unchanged the next. */
export function again(first: Counts): Counts {
  return counted(Object.fromEntries(KINDS.map((kind) => [kind, { unchanged: first[kind].new, bad: first[kind].bad }])));
}

// --- the page ---

/** Hands a file in, as people do. */
export async function handIn(page: Page, portal: Portal, name: string, buffer: Buffer): Promise<void> {
  await page.goto(`${portal.origin}/admin/import`);
  await page.locator('#file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
  await page.getByRole('button', { name: en('admin', 'check_file'), exact: true }).click();
}

/** The file is checked, and its page is open. */
export async function isChecked(page: Page, name: string): Promise<void> {
  await page.waitForURL(/\/admin\/import\/[\w-]{36}$/);
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByText(en('admin', 'checked_why'))).toBeVisible();
}

/** The table of what would change. */
export async function shownCounts(page: Page): Promise<Counts> {
  const read = async (kind: Kind): Promise<[Kind, Count]> => {
    const row = page.locator('table.counts tbody tr').filter({ has: page.getByRole('rowheader', { name: en('admin', `kind_${kind}`), exact: true }) });
    const [one = 0, changed = 0, unchanged = 0, leaving = 0, bad = 0] = (await row.locator('td').allInnerTexts()).map(Number);
    return [kind, { new: one, changed, unchanged, leaving, bad }];
  };
  return Object.fromEntries(await Promise.all(KINDS.map(read))) as Counts;
}

export const applyButton = (page: Page): Locator => page.getByRole('button', { name: en('admin', 'apply'), exact: true });
export const badRows = (page: Page): Locator => page.locator('section[aria-labelledby="bad"] tbody tr');

/** Has what was checked applied, and waits until a worker has done it. */
export async function apply(page: Page): Promise<void> {
  const at = page.url();
  const [ordered] = await Promise.all([page.waitForResponse((response) => response.request().method() === 'POST'), applyButton(page).click()]);
  expect(ordered.status()).toBe(303);
  // The page looks again by itself; without waiting for that, we do.
  await expect(async () => {
    await page.goto(at);
    await expect(page.getByText(en('admin', 'applied_why'))).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 60_000, intervals: [50] });
  await expect(applyButton(page)).toHaveCount(0);
}

// --- the roads ---

/** What a dry run told. */
export interface Found {
  format: string;
  counts: Counts;
}

/** A road that a file can come by: a dry run, and the import of what it checked. */
export interface Road {
  check: (name: string, content: Buffer) => Promise<Found>;
  apply: () => Promise<void>;
}

export type RoadName = 'the page' | 'the API' | 'the command line';

const FORMATS: Record<string, string> = { 'OneRoster 1.2': 'one_roster12', 'OneRoster 1.1': 'one_roster11', 'CSV table': 'csv', 'Excel table': 'xlsx' };

function byPage(page: Page, portal: Portal): Road {
  return {
    check: async (name, content) => {
      await handIn(page, portal, name, content);
      await isChecked(page, name);
      const told = await page.locator('.toolbar p').innerText();
      return { format: FORMATS[told.split('·')[0]?.trim() ?? ''] ?? told, counts: await shownCounts(page) };
    },
    apply: async () => {
      // What changes nothing can't be applied there.
      if ((await page.getByText(en('admin', 'nothing_to_change')).count()) > 0) await expect(applyButton(page)).toHaveCount(0);
      else await apply(page);
    },
  };
}

function byApi(portal: Portal): Road {
  let checked = '';
  const asks = async (at: string, status: number, more: Ask = {}): Promise<Found & { id: string; state: string; report: ImportReport }> => {
    const raw = await staffAsks(portal, 'system', `/api/v1/imports${at}`, more);
    expect(raw.status, raw.body.toString()).toBe(status);
    return JSON.parse(raw.body.toString()) as Found & { id: string; state: string; report: ImportReport };
  };
  return {
    check: async (name, content) => {
      const { id, state, format, report } = await asks('', 201, { parts: { file: { name, content } } });
      expect(state).toBe('checked');
      checked = id;
      return { format, counts: report.counts };
    },
    apply: async () => {
      await asks(`/${checked}/apply`, 202, { method: 'POST' });
      await expect.poll(async () => (await asks(`/${checked}`, 200)).state, { message: 'it is applied', timeout: 60_000 }).toBe('applied');
    },
  };
}

/** What `import --json` prints. */
interface Printed extends Found {
  applied: boolean;
  changes: number;
  bad_total: number;
}

/** Runs a command on the database of a server that goes on serving. */
export function operator(portal: Portal, ...words: string[]): string {
  return run([...words, '--config', path.join(portal.folder, 'schoolgate.toml')]);
}

/** A file of this test's own. */
export function onDisk(name: string, content: Buffer): string {
  const file = test.info().outputPath(name);
  writeFileSync(file, content);
  return file;
}

function byCommand(portal: Portal): Road {
  let [file, counts]: [string, Counts] = ['', counted({})];
  return {
    check: async (name, content) => {
      file = onDisk(name, content);
      const printed = JSON.parse(operator(portal, 'import', file, '--dry-run', '--json')) as Printed;
      expect([printed.applied, printed.bad_total]).toEqual([false, 0]);
      counts = printed.counts;
      return printed;
    },
    apply: async () => {
      const printed = JSON.parse(operator(portal, 'import', file, '--json')) as Printed;
      expect(printed.applied).toBe(true);
      expect(printed.counts, 'what the dry run said is done').toEqual(counts);
    },
  };
}

/** A road by its name. */
export function road(name: RoadName, page: Page, portal: Portal): Road {
  if (name === 'the page') return byPage(page, portal);
  return name === 'the API' ? byApi(portal) : byCommand(portal);
}

/** The file of one school, or of all, as the page gives it to a browser. */
export async function exported(portal: Portal, format: string, school = ''): Promise<Buffer> {
  const raw = await staffAsks(portal, 'system', `/admin/export?format=${format}&school=${school}`);
  expect(raw.status).toBe(200);
  return raw.body;
}
