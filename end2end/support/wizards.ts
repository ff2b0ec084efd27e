// The two wizards, registration and password: walked in a browser as a person walks them, or by plain forms without one where a
// test is about what comes after.
import { type BrowserContext, type Locator, type Page, expect } from '@playwright/test';

import { endRegistrationWait } from './database.ts';
import { type Ask, type Raw, ask } from './http.ts';
import { linkIn, type Mail, tokenOf, userCodeIn } from './inbox.ts';
import { type Parent, type Person } from './people.ts';
import type { Portal } from './test.ts';
import { DIRECTION, LOCALES, type Locale, words } from './words.ts';

/** Good passwords: nothing personal, nothing common. */
export const PASSWORD = 'walnut ladder under seven rivers';
export const NEXT_PASSWORD = 'copper lantern beside quiet orchards';
export const ANSWER = 'Mrs Quillfeather of Harbour Lane';

export const REGISTRATION = '__Host-registration';
export const PASSWORD_FLOW = '__Host-password';

/** The first step of a registration: who somebody is. */
export type Who = Pick<Parent, 'id_number' | 'birth_date' | 'child_id'>;

/** The third step: how to reach somebody. */
export interface Contact {
  email: string;
  /** As typed; without it the number that was confirmed stays. */
  mobile?: string;
  locale?: Locale;
}

/** An address that no other test uses. */
export function addressOf(portal: Portal, who: { key: string }): string {
  const address = `${who.key}.of.${portal.role}@dugma.example`;
  portal.note(address);
  return address;
}

/** `2015-06-03` as people write it: `3.6.2015`. */
export function written(date: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return `${Number(day)}.${Number(month)}.${year}`;
}

// In a browser.

/** The forms of a wizard's page: `main`, `resend`, `mobile`. */
export const form = (page: Page, name = 'main'): Locator => page.locator(`form[name="${name}"]`);
export const field = (page: Page, name: string): Locator => page.locator(`#${name}`);
/** What is wrong with a field, beside it. */
export const told = (page: Page, name: string): Locator => page.locator(`#${name}-e`);
export const consent = (page: Page): Locator => page.locator('input[name="consent"]');
export const language = (page: Page, locale: Locale): Locator => page.locator(`input[name="locale"][value="${locale}"]`);
/** What sends a form; the buttons that show a password do not. */
export const button = (page: Page, name = 'main'): Locator => form(page, name).locator('button:not([type="button"])');
/** Leads to the step before. */
export const back = (page: Page): Locator => page.locator('main a.back');

export async function send(page: Page, name = 'main'): Promise<void> {
  await button(page, name).click();
}

/** The page of that path is there, whatever its query says; its script may still be on the way. */
export async function reaches(page: Page, path: string): Promise<void> {
  await page.waitForURL((url) => url.pathname === path, { waitUntil: 'domcontentloaded' });
}

/** A step of a wizard: its address, its language, one heading, its place on the rail, and nothing that scrolls sideways. */
export async function isStep(page: Page, path: string, locale: Locale, number: number): Promise<void> {
  await reaches(page, path);
  const root = page.locator('html');
  await expect(root).toHaveAttribute('lang', locale);
  await expect(root).toHaveAttribute('dir', DIRECTION[locale]);
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByRole('heading', { level: 1 })).not.toBeEmpty();
  await expect(page.locator('ol.rail > li')).toHaveCount(4);
  await expect(page.locator('ol.rail > li[aria-current="step"]')).toHaveAttribute('data-n', String(number));
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${path} scrolls sideways`).toBeLessThanOrEqual(0);
}

export async function typeWho(page: Page, who: Who): Promise<void> {
  await field(page, 'id_number').fill(who.id_number);
  await field(page, 'birth_date').fill(written(who.birth_date));
  await field(page, 'child_id').fill(who.child_id);
}

export async function typeCode(page: Page, code: string): Promise<void> {
  await field(page, 'code').fill(code);
  await send(page);
}

export async function typeContact(page: Page, contact: Contact): Promise<void> {
  await field(page, 'email').fill(contact.email);
  if (contact.mobile !== undefined) await field(page, 'mobile').fill(contact.mobile);
  if (contact.locale !== undefined) await language(page, contact.locale).check();
  await consent(page).check();
}

/** What belongs to a new password, without sending it. */
export async function typeChoice(page: Page, password: string, again = password): Promise<void> {
  await field(page, 'password').fill(password);
  await field(page, 'password_again').fill(again);
  await field(page, 'question').selectOption('first_teacher');
  await field(page, 'answer').fill(ANSWER);
}

/** The page says that the account is there. */
export async function isDone(page: Page, locale: Locale): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words(locale, 'register', 'done_title'), { timeout: 30_000 });
}

/** The page says that the school will answer. */
export async function isInReview(page: Page, locale: Locale): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(words(locale, 'register', 'review_title'), { timeout: 30_000 });
}

// Without a browser.

/** Where an answer leads; empty when it leads nowhere. */
export function leadsTo(raw: Raw): string {
  const location = raw.headers.location;
  return location === undefined ? '' : new URL(location, 'http://localhost').pathname;
}

/** What a page shows: the data for its script holds every sentence that the browser might need. */
export function shown(raw: Raw): string {
  return raw.body.toString().replace(/<script\b[\s\S]*?<\/script>/g, '');
}

/** Whether a page says that something is wrong with a field. */
export function tells(raw: Raw, name: string): boolean {
  return shown(raw).includes(`id="${name}-e"`);
}

/** Whether a page asks for something. */
export function asksFor(raw: Raw, name: string): boolean {
  return new RegExp(`<(?:input|select)\\b[^>]*\\bname="${name}"`).test(shown(raw));
}

/** One browser's cookies, and the wizards' plain forms. */
export class Walk {
  private readonly cookies = new Map<string, string>();

  /** `headers` go with every request, such as the address that a proxy saw. */
  constructor(
    readonly portal: Portal,
    private readonly headers: Record<string, string> = {},
  ) {}

  private async ask(path: string, more: Ask): Promise<Raw> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', 'accept-language': 'en', ...(cookie === '' ? {} : { cookie }), ...this.headers };
    const raw = await ask(`${this.portal.origin}${path}`, { ...more, headers });
    for (const line of raw.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
      if (value.length >= 40) this.portal.note(value);
    }
    return raw;
  }

  get(path: string): Promise<Raw> {
    return this.ask(path, {});
  }

  head(path: string): Promise<Raw> {
    return this.ask(path, { method: 'HEAD' });
  }

  post(path: string, form: Record<string, string> = {}): Promise<Raw> {
    return this.ask(path, { form });
  }

  token(name: string): string {
    const token = this.cookies.get(name);
    if (token === undefined) throw new Error(`no cookie ${name}`);
    return token;
  }

  has(name: string): boolean {
    return this.cookies.has(name);
  }

  /** Goes on in a real browser. */
  async into(context: BrowserContext): Promise<void> {
    const attributes = { domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const;
    await context.addCookies([...this.cookies].map(([name, value]) => ({ name, value, ...attributes })));
  }

  /** Posts a form that has to be taken. */
  async takes(path: string, form: Record<string, string>, next: string): Promise<Raw> {
    const raw = await this.post(path, form);
    expect([raw.status, leadsTo(raw)], `POST ${path}`).toEqual([303, next]);
    return raw;
  }

  async who(who: Who): Promise<void> {
    await this.takes('/register', formOf(who), '/register/verify');
  }

  /** Another number than the one on file: the code goes there. */
  async otherMobile(mobile: string): Promise<void> {
    await this.takes('/register/verify', { mobile }, '/register/verify');
  }

  async code(code: string, next = '/register/contact'): Promise<void> {
    await this.takes('/register/verify', { code }, next);
  }

  async contact(contact: Contact, next = '/register/finish'): Promise<void> {
    await this.takes('/register/contact', await this.contactForm(contact), next);
  }

  async contactForm(contact: Contact): Promise<Record<string, string>> {
    const { email, mobile = '', locale = 'en' } = contact;
    return { email, mobile, locale, consent: await this.consentVersion() };
  }

  /** The version of the consent document, as the tick box has it. */
  private async consentVersion(): Promise<string> {
    const box = /<input\b[^>]*\bname="consent"[^>]*>/.exec(shown(await this.get('/register/contact')))?.[0] ?? '';
    const version = /\bvalue="([^"]+)"/.exec(box)?.[1];
    if (version === undefined) throw new Error('the page asks for no consent');
    return version;
  }

  async finish(): Promise<void> {
    await this.takes('/register/finish', {}, '/register/finish');
  }

  /** As far as the contact details, with the code that came to the phone on file. */
  async untilContact(who: Parent): Promise<this> {
    const before = this.portal.phone(who).withCode().length;
    await this.who(who);
    await this.code(await this.portal.phone(who).code(before + 1));
    return this;
  }

  /** As far as the last look at all answers. */
  async untilFinish(who: Parent, contact: Contact): Promise<this> {
    await this.untilContact(who);
    await this.contact(contact);
    return this;
  }

  /** To the end, for somebody whom nobody knows: the code goes to the number that was given. */
  async untilReview(who: Parent, contact: Contact): Promise<this> {
    const before = this.portal.phone(who).withCode().length;
    await this.who(who);
    // The code to the number on file is not answered here; who registers after this one must not wait for it.
    endRegistrationWait(this.portal, this.token(REGISTRATION));
    await this.otherMobile(who.phone);
    await this.code(await this.portal.phone(who).code(before + 1));
    await this.contact(contact);
    await this.finish();
    return this;
  }

  /** From a mailed link to the choice of a password. */
  async untilChoice(link: string, who: { id_number: string; phone: string }): Promise<this> {
    await this.untilPasswordCode(link, who);
    const phone = this.portal.phone(who);
    await this.takes('/password/verify', { code: await phone.code(phone.withCode().length) }, '/password/choose');
    return this;
  }

  /** From a mailed link to the page that asks for the code; the code has come. */
  async untilPasswordCode(link: string, who: { id_number: string; phone: string }): Promise<this> {
    const before = this.portal.phone(who).withCode().length;
    await this.takes('/password/start', { ticket: tokenOf(link), id_type: 'il_id', id_number: who.id_number }, '/password/verify');
    await this.portal.phone(who).codes(before + 1);
    return this;
  }

  async choose(password: string, more: Record<string, string> = {}): Promise<void> {
    await this.takes('/password/choose', await this.choiceForm(password, more), '/password/done');
  }

  /** All fields of the page, with the address on file unless another is given. */
  async choiceForm(password: string, more: Record<string, string> = {}): Promise<Record<string, string>> {
    this.portal.note(password, ANSWER);
    const email = more.email ?? valueOf(await this.get('/password/choose'), 'email');
    return { password, password_again: password, question: 'first_teacher', answer: ANSWER, ...more, email };
  }
}

/** The first step as a plain form posts it. */
export function formOf(who: Who): Record<string, string> {
  return { id_type: 'il_id', id_number: who.id_number, birth_date: who.birth_date, child_id: who.child_id };
}

/** What stands in a field of a page. */
export function valueOf(raw: Raw, name: string): string {
  const input = new RegExp(`<input\\b[^>]*\\bname="${name}"[^>]*>`).exec(shown(raw))?.[0];
  if (input === undefined) throw new Error(`the page has no field ${name}`);
  return /\bvalue="([^"]*)"/.exec(input)?.[1] ?? '';
}

/** What the first mail to a new account says. */
export interface Invitation {
  user_code: string;
  /** Signs in once, and only to choose another. */
  password: string;
  link: string;
}

export function invitationIn(mail: Mail, portal: Portal): Invitation {
  const labels = LOCALES.map((locale) => words(locale, 'messages', 'first_password_label'));
  const label = labels.find((one) => mail.text.includes(one));
  const after = mail.text.slice(mail.text.indexOf(label ?? '\n') + (label ?? '').length);
  const password = /[^\s\u2066-\u2069]+/.exec(after)?.[0];
  if (label === undefined || password === undefined) throw new Error('a first mail without an initial password');
  const link = linkIn(mail);
  portal.note(password, tokenOf(link));
  return { user_code: userCodeIn(mail.text), password, link };
}

/** Somebody who has just registered and has not chosen a password yet. */
export interface Registered extends Parent, Invitation {
  email: string;
}

export async function register(portal: Portal, locale: Locale = 'en'): Promise<Registered> {
  const who = portal.newcomer();
  const email = addressOf(portal, who);
  const walk = await new Walk(portal).untilFinish(who, { email, locale });
  await walk.finish();
  return { ...who, email, ...invitationIn(await portal.mailbox(email).newest('first_password'), portal) };
}

/** Somebody who has registered and chosen `PASSWORD`. */
export type Member = Parent & Person & { email: string };

export async function join(portal: Portal, locale: Locale = 'en'): Promise<Member> {
  const registered = await register(portal, locale);
  const walk = await new Walk(portal).untilChoice(registered.link, registered);
  await walk.choose(PASSWORD);
  return { ...registered, password: PASSWORD };
}

/** Asks for a link to choose a new password, and gets it. */
export async function forgot(portal: Portal, member: { id_number: string; email: string }): Promise<string> {
  const mailbox = portal.mailbox(member.email);
  const before = (await mailbox.of('password_reset')).length;
  const raw = await new Walk(portal).post('/password/forgot', { id_type: 'il_id', id_number: member.id_number });
  expect([raw.status, raw.headers.location], 'asked for a link').toEqual([303, '/password/forgot?sent=1']);
  const link = linkIn(await mailbox.newest('password_reset', before + 1));
  portal.note(tokenOf(link));
  return link;
}

/** A sign-in by password without a browser: its answer, and whether somebody is inside afterwards. */
export async function signIn(portal: Portal, userCode: string, password: string): Promise<{ walk: Walk; raw: Raw; inside: boolean }> {
  const walk = new Walk(portal);
  const raw = await walk.post('/sign-in/password', { user_code: userCode, password });
  return { walk, raw, inside: (await walk.get('/api/v1/me')).status === 200 };
}

/** The number to which the sign-in sends its code now: that of exactly one of these phones. */
export async function codeGoesTo(portal: Portal, idNumber: string, phones: string[]): Promise<string> {
  const count = (phone: string): number => portal.phone({ phone }).withCode().length;
  const before = phones.map(count);
  const raw = await ask(`${portal.origin}/sign-in`, { headers: { accept: 'text/html' }, form: { id_type: 'il_id', id_number: idNumber } });
  expect(raw.status).toBe(303);
  const grown = (): string[] => phones.filter((phone, at) => count(phone) > (before[at] ?? 0));
  await expect.poll(() => grown().length, { message: 'a code came to one of the phones', timeout: 30_000 }).toBeGreaterThan(0);
  const [phone = '', ...others] = grown();
  expect(others, 'to one phone only').toEqual([]);
  return phone;
}
