// The roads that many tests walk, as a person walks them.
import { type APIRequestContext, type BrowserContext, type Page, type Response, expect } from '@playwright/test';

import { type Person } from './people.ts';
import { Seen } from './seen.ts';
import type { Portal } from './test.ts';
import { en } from './words.ts';

export const idField = (page: Page) => page.locator('#id_number');
export const codeField = (page: Page) => page.locator('#code');
export const userCodeField = (page: Page) => page.locator('#user_code');
export const passwordField = (page: Page) => page.locator('#password');
export const summary = (page: Page) => page.locator('.summary');
/** The form that an input belongs to. */
const send = (page: Page, field: string) => page.locator(`form:has(#${field}) .btns button`);
export const sendId = (page: Page) => send(page, 'id_number');
export const sendCode = (page: Page) => send(page, 'code');
export const sendPassword = (page: Page) => send(page, 'password');
export const resend = (page: Page) => page.locator('form:has(input[name="resend"]) button');

/** Opens a page and does not wait for its script, as no form has to. */
export async function open(page: Page, at: string): Promise<void> {
  await page.goto(at, { waitUntil: 'domcontentloaded' });
}

export async function isAt(page: Page, at: string): Promise<void> {
  await page.waitForURL(at, { waitUntil: 'domcontentloaded' });
}

/** The WASM never arrives: the line is too slow. Pages that wait for it are never "loaded". */
export async function withoutWasm(page: Page): Promise<void> {
  await page.route('**/*.wasm', () => {
    // Neither answered nor refused.
  });
}

/** Posts a form from the page that is open, as if it stood there: the answer is the next page, whatever its status. */
export async function posts(page: Page, action: string, fields: Record<string, string> = {}): Promise<Response> {
  const [reply] = await Promise.all([
    page.waitForResponse((response) => response.request().isNavigationRequest() && response.request().method() === 'POST'),
    // An answer has come before its page is there.
    page.waitForEvent('framenavigated', (frame) => frame === page.mainFrame()),
    page.evaluate(
      ([action, fields]) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action });
        for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name, value, type: 'hidden' }));
        document.body.append(form);
        form.submit();
      },
      [action, fields] as const,
    ),
  ]);
  await page.waitForLoadState();
  return reply;
}

/** From the sign-in page to the code page. */
export async function askForCode(page: Page, number: string, at = '/sign-in'): Promise<void> {
  await open(page, at);
  await idField(page).fill(number);
  await sendId(page).click();
  await isAt(page, '**/sign-in/code');
}

/** Types the code and sends it. */
export async function answer(page: Page, code: string): Promise<void> {
  await codeField(page).fill(code);
  await sendCode(page).click();
}

export async function signInByCode(page: Page, portal: Portal, person: Person, at?: string): Promise<void> {
  const before = portal.phone(person).withCode().length;
  await askForCode(page, person.id_number, at ?? `${portal.origin}/sign-in`);
  await answer(page, await portal.phone(person).code(before + 1));
}

/** Types user code and password and sends them. */
export async function typePassword(page: Page, userCode: string, password: string): Promise<void> {
  await userCodeField(page).fill(userCode);
  await passwordField(page).fill(password);
  await sendPassword(page).click();
}

/** Signs a browser in without walking the pages: for tests of what comes after. */
export async function enter(context: BrowserContext, portal: Portal, person: Person): Promise<void> {
  const reply = await context.request.post(`${portal.origin}/sign-in/password`, {
    form: { user_code: person.user_code, password: person.password },
    maxRedirects: 0,
  });
  expect(reply.status(), 'signed in by password').toBe(303);
}

/** The browser forgets who was signed in and what had been begun, like a fresh one that has the portal's files already. */
export async function forget(context: BrowserContext, portal: Portal): Promise<void> {
  await new Seen(portal.database).tokensOf(context);
  await context.clearCookies({ name: /^__Host-(?!lang$)/ });
}

/** Whether somebody is signed in, as the API says: 200 or 401. */
export async function meStatus(request: APIRequestContext, portal: Portal): Promise<number> {
  return (await request.get(`${portal.origin}/api/v1/me`)).status();
}

/** The personal area is open. */
export async function isInside(page: Page): Promise<void> {
  await page.waitForURL('**/me');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('heading', { name: en('me', 'details') })).toBeVisible();
}
