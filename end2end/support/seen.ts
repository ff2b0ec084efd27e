// Secrets that came up in the run, noted for the last test: none of them may stand in a log or a database in clear.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { BrowserContext } from '@playwright/test';

import { type Database, OUT } from './places.ts';

export class Seen {
  private readonly file: string;

  constructor(database: Database) {
    this.file = path.join(OUT, `${database}-seen.txt`);
  }

  note(...secrets: string[]): void {
    mkdirSync(OUT, { recursive: true });
    if (secrets.length > 0) appendFileSync(this.file, `${secrets.join('\n')}\n`);
  }

  /** The tokens in a browser's cookies. */
  async tokensOf(context: BrowserContext): Promise<void> {
    const cookies = await context.cookies();
    this.note(...cookies.filter((cookie) => cookie.name !== '__Host-lang' && cookie.value.length >= 40).map((cookie) => cookie.value));
  }

  all(): string[] {
    if (!existsSync(this.file)) return [];
    return [...new Set(readFileSync(this.file, 'utf8').split('\n').filter((line) => line !== ''))];
  }
}
