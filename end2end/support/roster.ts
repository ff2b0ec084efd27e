// Rosters as files to be handed in: those of the repository, and schools that a test makes for itself.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { expect } from '@playwright/test';

import type { Ask } from './http.ts';
import { ROOT } from './places.ts';
import { type StaffKey, staffAsks } from './staff.ts';
import type { Portal } from './test.ts';
import { zip } from './zip.ts';

/** Texts by the names of their files. */
export type Files = Record<string, string>;

/** The demo's roster, or the one of bad rows. Its school year is always the present one, as in the demo. */
export function roster(which: 'demo' | 'bad'): Files {
  const from = path.join(ROOT, 'end2end/roster', which === 'bad' ? 'bad' : '');
  const names = readdirSync(from).filter((name) => name.endsWith('.csv'));
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(path.join(from, name), 'utf8')]));
  const now = new Date();
  const starts = now.getUTCMonth() + 1 >= 8 ? now.getUTCFullYear() : now.getUTCFullYear() - 1;
  const [head = ''] = (files['academicSessions.csv'] ?? '').split('\n');
  const year = `year-2026,,,${starts}/${String(starts + 1).slice(2)},schoolYear,${starts}-09-01,${starts + 1}-06-30,,${starts + 1}`;
  return { ...files, 'academicSessions.csv': `${head.trim()}\n${year}\n` };
}

/** A name for a roster of a test's own: nothing of it may be taken for what another one calls the same. */
export function ownId(): string {
  return `s${Date.now().toString(36)}${Math.floor(Math.random() * 1_000)}`;
}

/** Columns that hold ids; those of the school year are the same in all. */
const IDS = /^(sourcedId|(school|user|class|org)SourcedId|agentSourcedIds)$/;

/** The roster of bad rows as that of another school: with ids, a name and a SNILS of its own. */
export function badRoster(id: string, school: string, snils: string): Files {
  const renamed = (file: string, text: string): string => {
    const [head = '', ...lines] = text.trimEnd().split('\n');
    const ids = head.split(',').map((column) => file !== 'academicSessions.csv' && IDS.test(column));
    const line = (text: string): string => text.split(',').map((cell, at) => (ids[at] && cell !== '' ? `${id}-${cell}` : cell)).join(',');
    return `${[head, ...lines.map(line)].join('\n')}\n`
      .replace('"Школа № 9, Ханты-Мансийск"', `"${school}"`)
      .replace('087-654-303 00', snils)
      .replace('08765430300', snils.replace(/\D/g, ''));
  };
  return Object.fromEntries(Object.entries(roster('bad')).map(([file, text]) => [file, renamed(file, text)]));
}

const LETTERS = 'абвгдежзик';

/** A student of a `classRoster`, by the place in the register. */
export interface Listed {
  surname: string;
  email: string;
}

/** A school of its own with one class. Each student has a mother; every other one has an e-mail address, the others no contact. */
export function classRoster(id: string, school: string, title: string, size: number): { files: Files; students: Listed[] } {
  const like = roster('bad');
  const table = (file: string, rows: string[][]): [string, string] => [file, [like[file]?.split('\n')[0] ?? '', ...rows.map((row) => row.join(','))].join('\n') + '\n'];
  const students = Array.from({ length: size }, (_, at) => ({
    surname: `Со${LETTERS[Math.floor(at / 10)]}${LETTERS[at % 10]}нов`,
    email: at % 2 === 0 ? `${id}-${at}@primer.example` : '',
  }));
  const each = (rows: (student: Listed, at: number) => string[][]): string[][] => students.flatMap(rows);
  const files = Object.fromEntries([
    ['academicSessions.csv', like['academicSessions.csv'] ?? ''] as const,
    table('orgs.csv', [[id, '', '', `"${school}"`, 'school', '', '', 'ru', 'ru']]),
    table('classes.csv', [[`${id}-c`, '', '', title, title.replace(/\D/g, '').padStart(2, '0'), '', '', 'homeroom', '', id, 'year-2026', '', '', '']]),
    table('users.csv', each(({ surname, email }, at) => [
      [`${id}-${at}`, '', '', 'true', '', '', 'Иван', surname, 'Тестович', '', email, '', '', `${id}-m${at}`, '', '', '', ''],
      [`${id}-m${at}`, '', '', 'true', '', '', 'Инна', `${surname}а`, '', '', '', '', '', '', '', '', '', ''],
    ])),
    table('demographics.csv', each((_, at) => [[`${id}-m${at}`, '', '', '', 'female']])),
    table('roles.csv', each((_, at) => [
      [`${id}-r${at}`, '', '', `${id}-${at}`, 'primary', 'student', '', '', id, ''],
      [`${id}-rm${at}`, '', '', `${id}-m${at}`, 'primary', 'parent', '', '', id, ''],
    ])),
    table('enrollments.csv', each((_, at) => [[`${id}-e${at}`, '', '', `${id}-c`, id, `${id}-${at}`, 'student', '', '', '']])),
  ]);
  return { files, students };
}

/** Two rosters in one file: the rows of the second below those of the first. */
export function both(first: Files, second: Files): Files {
  const rows = (text = ''): string => text.slice(text.indexOf('\n') + 1);
  const shared = new Set(['academicSessions.csv']);
  return Object.fromEntries(Object.entries(first).map(([file, text]) => [file, shared.has(file) ? text : text + rows(second[file])]));
}

/** What the dry run of an import found, as the API says. */
export interface ImportReport {
  counts: Record<'schools' | 'classes' | 'students' | 'parents' | 'staff' | 'enrolments' | 'groups', Record<'new' | 'changed' | 'unchanged' | 'leaving' | 'bad', number>>;
  bad_rows: { file: string; line: number; column: string; code: string }[];
}

/** Enters a roster by the API, as a program would: has it checked and applied, and waits until a worker has done it. */
export async function enterRoster(portal: Portal, key: StaffKey, files: Files): Promise<ImportReport> {
  const asks = async (at: string, status: number, more: Ask = {}): Promise<{ id: string; state: string; report: ImportReport }> => {
    const raw = await staffAsks(portal, key, `/api/v1/imports${at}`, more);
    expect(raw.status, raw.body.toString()).toBe(status);
    return JSON.parse(raw.body.toString()) as { id: string; state: string; report: ImportReport };
  };
  const { id, report } = await asks('', 201, { parts: { file: { name: 'roster.zip', content: zip(files) } } });
  await asks(`/${id}/apply`, 202, { method: 'POST' });
  await expect.poll(async () => (await asks(`/${id}`, 200)).state, { message: 'the roster is entered', timeout: 60_000 }).toBe('applied');
  return report;
}

/** The classes of the school of a name, by their titles; none when there is no such school. */
export async function classesOf(portal: Portal, key: StaffKey, school: string): Promise<Record<string, string>> {
  const list = async (at: string): Promise<{ id: string; name: string; title: string }[]> => {
    const raw = await staffAsks(portal, key, `/api/v1/schools${at}`);
    expect(raw.status).toBe(200);
    return (JSON.parse(raw.body.toString()) as { items: { id: string; name: string; title: string }[] }).items;
  };
  const found = (await list('')).find((one) => one.name === school);
  return found ? Object.fromEntries((await list(`/${found.id}/classes`)).map((one) => [one.title, one.id])) : {};
}
