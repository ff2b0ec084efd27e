// Members of staff, signed in. Codes to one account are limited, so everybody signs in once a run, and every test of every
// worker goes on in that session. A test that ends sessions, or needs one of its own, signs in by itself.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { type BrowserContext, expect } from '@playwright/test';

import { type Ask, type Raw, ask, cookie } from './http.ts';
import type { Portal } from './test.ts';

export const SESSION = '__Host-session';
export type StaffKey = 'teacher-5a' | 'teacher-11a' | 'deputy-5' | 'admin-5' | 'system';

/** Signs in by user code, password and the code that comes by SMS, and returns the session's token. */
export async function signInStaff(portal: Portal, key: StaffKey): Promise<string> {
  const person = portal.fixed(key);
  const phone = portal.phone(person);
  const before = phone.withCode().length;
  const headers = { accept: 'text/html' };
  const first = await ask(`${portal.origin}/sign-in/password`, { headers, form: { user_code: person.user_code, password: person.password } });
  expect(first.status, `${key}: the password is right`).toBe(303);
  const jar = (first.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ');
  const code = await phone.code(before + 1);
  const second = await ask(`${portal.origin}/sign-in/code`, { headers: { ...headers, cookie: jar }, form: { code } });
  expect(second.status, `${key}: the code is right`).toBe(303);
  const token = cookie(second, SESSION);
  if (!token) throw new Error(`${key} got no session`);
  portal.note(token);
  return token;
}

/** The session that all tests share. */
export async function sessionOf(portal: Portal, key: StaffKey): Promise<string> {
  const folder = path.join(portal.folder, 'staff');
  const file = path.join(folder, key);
  mkdirSync(folder, { recursive: true });
  const known = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  for (;;) {
    const token = known();
    if (token) return token;
    try {
      mkdirSync(`${file}.lock`);
    } catch {
      // Another worker is signing in.
      await expect.poll(known, { message: `${key} is signed in by another worker`, timeout: 60_000 }).toBeTruthy();
      continue;
    }
    try {
      writeFileSync(file, await signInStaff(portal, key));
    } finally {
      rmdirSync(`${file}.lock`);
    }
  }
}

/** Puts a session into a browser. */
export async function carry(context: BrowserContext, token: string): Promise<void> {
  await context.addCookies([{ name: SESSION, value: token, domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' }]);
}

/** A browser in which a member of staff is signed in. */
export async function asStaff(context: BrowserContext, portal: Portal, key: StaffKey): Promise<void> {
  await carry(context, await sessionOf(portal, key));
}

/** A request of a member of staff, as a program would send it from the portal's own origin. */
export async function staffAsks(portal: Portal, key: StaffKey, at: string, more: Ask = {}): Promise<Raw> {
  const token = await sessionOf(portal, key);
  return ask(`${portal.origin}${at}`, { ...more, headers: { cookie: `${SESSION}=${token}`, origin: portal.origin, ...more.headers } });
}
