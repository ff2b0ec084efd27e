// The messages of a demo server: texts from the folder that its gateway writes (a file appears whole or not at all), mails
// from the demo's inbox, which has taken them apart.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { expect } from '@playwright/test';

import { ask } from './http.ts';
import { type Database, type Role, folder } from './places.ts';
import { LOCALES, pattern, words } from './words.ts';

export interface Sms {
  to: string;
  text: string;
  at: number;
  key: string;
}

/** Messages that were read before: many look for theirs many times, and a message never changes. */
const read = new Map<string, Sms>();

function message(file: string): Sms {
  let sms = read.get(file);
  if (!sms) {
    sms = JSON.parse(readFileSync(file, 'utf8')) as Sms;
    read.set(file, sms);
  }
  return sms;
}

export function texts(database: Database, role: Role = 'main'): Sms[] {
  const sms = path.join(folder(database, role), 'sms');
  return readdirSync(sms)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .sort()
    .map((name) => message(path.join(sms, name)));
}

/** The code on a message's last line, `@host #123456`, as phones read it. */
export function codeOf(sms: Sms): string {
  const found = /^@\S+ #(\d{6})$/m.exec(sms.text.trimEnd());
  if (!found?.[1]) throw new Error('a message without a code on its last line');
  return found[1];
}

export class Phone {
  constructor(
    private readonly database: Database,
    private readonly role: Role,
    private readonly number: string,
  ) {}

  messages(): Sms[] {
    return texts(this.database, this.role).filter((sms) => sms.to === this.number);
  }

  /** The messages with a code; others are notices. */
  withCode(): Sms[] {
    return this.messages().filter((sms) => /#\d{6}\s*$/.test(sms.text));
  }

  /** The notices of a kind, by their text in any language. */
  notices(kind: 'account_created' | 'already_registered_sms' | 'mobile_changed'): Sms[] {
    const forms = LOCALES.map((locale) => pattern(locale, 'messages', kind));
    return this.messages().filter((sms) => forms.some((form) => form.test(sms.text)));
  }

  /** All codes, oldest first, once there are that many. */
  async codes(count: number): Promise<string[]> {
    await expect
      .poll(() => this.withCode().length, { message: `${count} codes arrived`, timeout: 30_000, intervals: [50, 100] })
      .toBeGreaterThanOrEqual(count);
    return this.withCode().map(codeOf);
  }

  /** The newest code, once there are that many. */
  async code(count = 1): Promise<string> {
    const codes = await this.codes(count);
    const newest = codes.at(-1);
    if (newest === undefined) throw new Error('no code');
    return newest;
  }
}

export interface Mail {
  channel: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  at: string;
}

/** What a mail is about; its subject says so in each language. */
export type MailKind = 'already_registered' | 'email_changed' | 'email_code' | 'first_password' | 'password_chosen' | 'password_reset' | 'registration_link' | 'review';

/** The secret in a mailed link: the last part of its address. */
export function tokenOf(link: string): string {
  return new URL(link).search.replace(/^\?\w+=/, '');
}

/** The mailed link to one of the two wizards: once in the text, and the same in the HTML part. */
export function linkIn(mail: Mail): string {
  const links = new Set(mail.text.match(/https?:\/\/\S*?(?:\/password\/start\?ticket=|\/register\?draft=)[\w-]{43}(?![\w-])/g));
  const [link] = links;
  if (links.size !== 1 || link === undefined) throw new Error(`${links.size} links in a mail`);
  expect(mail.html, 'the HTML part has the link too').toContain(`href="${link}"`);
  return link;
}

/** A user code as it is written out, `ABCD-2345`. */
export function userCodeIn(text: string): string {
  const codes = new Set(text.match(/(?<![\w-])[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}(?![\w-])/g));
  const [code] = codes;
  if (codes.size !== 1 || code === undefined) throw new Error(`${codes.size} user codes in a message`);
  return code;
}

export class Mailbox {
  constructor(
    private readonly origin: string,
    private readonly address: string,
  ) {}

  /** Everything, oldest first. */
  async all(): Promise<Mail[]> {
    const inbox = await ask(`${this.origin}/demo/inbox.json`);
    expect(inbox.status, 'the demo’s inbox').toBe(200);
    const all = JSON.parse(inbox.body.toString()) as Mail[];
    return all.filter((message) => message.channel === 'mail' && message.to === this.address).reverse();
  }

  async of(kind: MailKind): Promise<Mail[]> {
    const subjects = LOCALES.map((locale) => words(locale, 'messages', `${kind}_subject`));
    return (await this.all()).filter((mail) => subjects.includes(mail.subject));
  }

  /** The newest of a kind, once there are that many. */
  async newest(kind: MailKind, count = 1): Promise<Mail> {
    let found: Mail[] = [];
    await expect
      .poll(async () => (found = await this.of(kind)).length, { message: `${count} mails: ${kind}`, timeout: 30_000 })
      .toBeGreaterThanOrEqual(count);
    const newest = found.at(-1);
    if (newest === undefined) throw new Error('no mail');
    return newest;
  }
}

/** A code that is none of these. */
export function wrongCode(...right: string[]): string {
  let code = Number(right[0] ?? '0');
  let text: string;
  do {
    code = (code + 1) % 1_000_000;
    text = String(code).padStart(6, '0');
  } while (right.includes(text));
  return text;
}
