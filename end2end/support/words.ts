// What the pages say, read from the same files as the product reads.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './places.ts';

export const LOCALES = ['he', 'ar', 'ru', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export const DIRECTION: Record<Locale, 'ltr' | 'rtl'> = { he: 'rtl', ar: 'rtl', ru: 'ltr', en: 'ltr' };

type Part =
  | 'about' | 'admin' | 'common' | 'editor' | 'errors' | 'gosuslugi' | 'home' | 'inbox' | 'legal' | 'me' | 'messages' | 'password' | 'people' | 'register' | 'sign_in' | 'topics';

const files = new Map<string, Record<string, unknown>>();

/** A text by its key, with its values filled in: `words('en', 'sign_in', 'resend_wait', { when: 'later' })`. A dot leads into a text's forms. */
export function words(locale: Locale, part: Part, key: string, values: Record<string, string> = {}): string {
  const file = path.join(ROOT, 'app/locales', locale, `${part}.json`);
  let texts = files.get(file);
  if (!texts) {
    texts = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    files.set(file, texts);
  }
  const text = key.split('.').reduce<unknown>((inside, name) => (inside as Record<string, unknown> | undefined)?.[name], texts);
  if (typeof text !== 'string') throw new Error(`no text ${part}.${key} in ${locale}`);
  return text.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => values[name] ?? '');
}

/** English, which the tests' browser asks for. */
export function en(part: Part, key: string, values: Record<string, string> = {}): string {
  return words('en', part, key, values);
}

/** An English text in the form that goes with a number: `counted('editor', 'waiting', 2)`. */
export function counted(part: Part, key: string, n: number): string {
  return en(part, `${key}.${new Intl.PluralRules('en').select(n)}`, { n: String(n) });
}

/** A text as it stands on a page or in a message: what fills a value in is caught under the value's name. */
export function pattern(locale: Locale, part: Part, key: string): RegExp {
  const marked = words(locale, part, key, new Proxy({}, { get: (_, name) => `\u0001${String(name)}\u0001` }));
  const plain = marked.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const seen = new Set<string>();
  return new RegExp(plain.replace(/\u0001(\w+)\u0001/g, (_, name: string) => {
    if (seen.has(name)) return `\\k<${name}>`;
    seen.add(name);
    return `(?<${name}>.+?)`;
  }) + (plain.endsWith('\u0001') ? '$' : ''), 'm');
}
