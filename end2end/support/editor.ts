// The class editor as a test uses it: cells by their place, what is on file by the API.
import { type Locator, type Page, expect } from '@playwright/test';

import { hydrated } from './guard.ts';
import { type StaffKey, staffAsks } from './staff.ts';
import type { Portal } from './test.ts';

/** The demo's classes. */
export const CLASS = {
  '5А': '01900000-0000-7000-8000-00000000005a',
  '5Б': '01900000-0000-7000-8000-00000000005b',
  '11А': '01900000-0000-7000-8000-00000000011a',
  '11Б': '01900000-0000-7000-8000-00000000011b',
  ה1: '01900000-0000-7000-8000-0000000000c1',
  ה2: '01900000-0000-7000-8000-0000000000c2',
} as const;
export type ClassName = keyof typeof CLASS;

/** The columns of a row, as the table numbers them. */
export const COLUMN = { surname: 0, given_name: 1, patronymic: 2, birth_date: 3, snils: 4, mobile: 5, email: 6 } as const;
export const MOTHER = { surname: 8, given_name: 9, patronymic: 10, snils: 11, mobile: 12, email: 13 } as const;
export const FATHER = { surname: 14, given_name: 15, patronymic: 16, snils: 17, mobile: 18, email: 19 } as const;

export interface PersonRecord {
  id: string;
  version: number;
  signs_in: boolean;
  fields: Partial<Record<'surname' | 'given_name' | 'patronymic' | 'birth_date' | 'snils' | 'mobile' | 'email', string>>;
}
export interface Row {
  number: number;
  student: PersonRecord;
  parents: { relation: string; person: PersonRecord }[];
  readiness: { can: boolean };
}

/** A class is called by its name in the demo, or by its id. */
const idOf = (name: string): string => (name in CLASS ? CLASS[name as ClassName] : name);
export const editorPath = (name: string): string => `/people/pupils/${idOf(name)}/esia`;

/** What is on file, as the API says. */
export async function onFile(portal: Portal, name: string, key: StaffKey = 'admin-5'): Promise<Row[]> {
  const raw = await staffAsks(portal, key, `/api/v1/classes/${idOf(name)}/people`);
  expect(raw.status).toBe(200);
  return (JSON.parse(raw.body.toString()) as { students: Row[] }).students;
}

/** The row of a student, from 0. */
export async function row(portal: Portal, name: string, at: number, key: StaffKey = 'admin-5'): Promise<Row> {
  const found = (await onFile(portal, name, key))[at];
  if (!found) throw new Error(`${name} has no row ${at}`);
  return found;
}

/** Changes fields of a person as another member of staff would, by the API. */
export async function changeBy(portal: Portal, key: StaffKey, person: PersonRecord, fields: Record<string, string | null>): Promise<PersonRecord> {
  const headers = { 'if-match': `"${person.version}"` };
  const raw = await staffAsks(portal, key, `/api/v1/people/${person.id}`, { method: 'PATCH', json: fields, headers });
  expect(raw.status, raw.body.toString()).toBe(200);
  return (JSON.parse(raw.body.toString()) as { person: PersonRecord }).person;
}

export async function openEditor(page: Page, portal: Portal, name: string): Promise<void> {
  await page.goto(portal.origin + editorPath(name));
  await hydrated(page);
}

export const cell = (page: Page, at: number, column: number): Locator => page.locator(`#c${at}-${column}`);
export const value = (page: Page, at: number, column: number): Locator => cell(page, at, column).locator('.v');
export const status = (page: Page): Locator => page.locator('#save');

/** Goes to a cell and writes into it as people do: by keyboard, Enter at the end. */
export async function write(page: Page, at: number, column: number, text: string): Promise<void> {
  await cell(page, at, column).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+A');
  if (text === '') await page.keyboard.press('Delete');
  else await page.keyboard.insertText(text);
  await page.keyboard.press('Enter');
}

/** The server has stored a cell's value. */
export async function isSaved(page: Page, at: number, column: number): Promise<void> {
  await expect(cell(page, at, column)).toHaveClass(/\bsaved\b/);
}

/** The moment in which a cell gets into a state. The page itself looks: a test that asks again and again comes late. */
export function becomes(page: Page, at: number, column: number, state: string): Promise<void> {
  return cell(page, at, column).evaluate(
    (cell, state) =>
      new Promise<void>((done) => {
        const look = (): void => {
          if (cell.classList.contains(state)) done();
        };
        new MutationObserver(look).observe(cell, { attributes: true });
        look();
      }),
    state,
  );
}

/** Pastes what a spreadsheet puts on the clipboard, handed to the page as the browser would. */
export async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    const data = new DataTransfer();
    data.setData('text/plain', text);
    document.activeElement?.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }, text);
}
