// The rosters of the repository, as files to be handed in.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './places.ts';

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
