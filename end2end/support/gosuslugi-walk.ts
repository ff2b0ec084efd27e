// The road through Gosuslugi: by the pages, as people walk it, and by requests, where the answers are what a test is about.
import { type Page, expect } from '@playwright/test';

import { type Raw, ask, cookie } from './http.ts';
import { SESSION } from './staff.ts';
import { originOf } from './standin.ts';
import type { Portal } from './test.ts';
import { esiaPort } from './places.ts';

/** The words of the button, in every language. */
export const BUTTON = 'Войти через госуслуги';

/** Whom the stand-in can be signed in to as (end2end/esia/assets/demo-persons.toml). */
export const PERSONS = {
  /** 5А, under 14: the e-mail is on file. */
  byEmail: '1000300001',
  /** 11А: the SNILS is on file. */
  bySnils: '1000300002',
  contactDiffers: '1000300003',
  contactUnverified: '1000300004',
  sharesPhone: '1000300005',
  unconfirmed: '1000300007',
  cancels: '1000300008',
  otherSnils: '1000300009',
  /** 5А, under 14: the mobile is on file. */
  byMobile: '1000300010',
  /** Typed the e-mail of `byEmail`, and has not confirmed it. */
  pending: '1000300011',
  nobodyHere: '1000300012',
  /** The SNILS of somebody of 5А, born on another day. */
  otherBirthDate: '1000300013',
  /** Mother of somebody of 5А. */
  parent: '1000300020',
  /** Mother of somebody of 5А who has the same phone on file; without a SNILS on file. */
  parentByPhone: '1000300021',
} as const;

/** Presses the button; the page of Gosuslugi opens. */
export async function toGosuslugi(page: Page, portal: Portal): Promise<void> {
  await page.goto(`${portal.origin}/sign-in/esia`);
  await page.getByRole('button', { name: BUTTON }).click();
  await page.waitForURL(`${originOf(esiaPort(portal.database, portal.role))}/login?*`);
}

/** Signs in there. */
export async function chooseThere(page: Page, oid: string): Promise<void> {
  await page.locator(`[name="oid"][value="${oid}"]`).click();
}

/** A sign-in without a browser. */
export class Trip {
  private constructor(
    private readonly portal: Portal,
    /** The cookie of the browser that set out. */
    readonly browser: string,
    /** Where it was sent. */
    readonly url: URL,
  ) {}

  /** Presses the button. */
  static async begin(portal: Portal): Promise<Trip> {
    const raw = await ask(`${portal.origin}/sign-in/esia`, { method: 'POST', headers: { accept: 'text/html', origin: portal.origin } });
    expect(raw.status, raw.body.toString()).toBe(303);
    const browser = cookie(raw, '__Host-gosuslugi') ?? '';
    expect(browser.length).toBeGreaterThan(40);
    const url = new URL(raw.headers.location ?? '');
    portal.note(browser, url.searchParams.get('state') ?? 'no state');
    return new Trip(portal, browser, url);
  }

  get state(): string {
    return this.url.searchParams.get('state') ?? '';
  }

  /** Signs in there, or cancels; the address that the browser is sent back to. */
  async there(oid: string): Promise<URL> {
    const cancels = oid === 'cancel';
    const sent = await ask(this.url.href);
    expect(sent.status, sent.body.toString()).toBe(302);
    const login = new URL(sent.headers.location ?? '', this.url);
    const page = (await ask(login.href)).body.toString();
    const target = /<form[^>]*action="([^"]*)"/.exec(page)?.[1] ?? login.href;
    const hidden = [...page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
      /name="([^"]*)"/.exec(input)?.[1] ?? '',
      /value="([^"]*)"/.exec(input)?.[1] ?? '',
    ]);
    const form = { ...Object.fromEntries(hidden), ...(cancels ? { cancel: '1' } : { oid }) } as Record<string, string>;
    const back = await ask(new URL(target.replaceAll('&amp;', '&'), login).href, { form });
    expect(back.status, back.body.toString()).toBe(302);
    const address = new URL(back.headers.location ?? '');
    expect(address.origin + address.pathname).toBe(`${this.portal.origin}/sign-in/esia/callback`);
    const code = address.searchParams.get('code');
    if (code) this.portal.note(code);
    return address;
  }

  /** Comes back, by default in the browser that set out. */
  async back(address: URL, browser = this.browser): Promise<Raw> {
    const headers = { accept: 'text/html', 'accept-language': 'en', ...(browser === '' ? {} : { cookie: `__Host-gosuslugi=${browser}` }) };
    const raw = await ask(address.href, { headers });
    const session = cookie(raw, SESSION);
    if (session) this.portal.note(session);
    return raw;
  }
}

/** The whole road. */
export async function through(portal: Portal, oid: string): Promise<Raw> {
  const trip = await Trip.begin(portal);
  return trip.back(await trip.there(oid));
}
