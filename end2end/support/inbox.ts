// The text messages of a demo server, read from the folder that its gateway writes (a file appears whole or not at all).
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { expect } from '@playwright/test';

import { type Database, type Role, folder } from './places.ts';

export interface Sms {
  to: string;
  text: string;
  at: number;
  key: string;
}

export function texts(database: Database, role: Role = 'main'): Sms[] {
  const sms = path.join(folder(database, role), 'sms');
  return readdirSync(sms)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .sort()
    .map((name) => JSON.parse(readFileSync(path.join(sms, name), 'utf8')) as Sms);
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

  /** All codes, oldest first, once there are that many. */
  async codes(count: number): Promise<string[]> {
    await expect.poll(() => this.withCode().length, { message: `${count} codes arrived`, timeout: 30_000 }).toBeGreaterThanOrEqual(count);
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
