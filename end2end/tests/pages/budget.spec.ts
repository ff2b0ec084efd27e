// What the sign-in page costs a phone that comes for the first time, in bytes on the wire (1 KB = 1000 bytes).
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

import { hydrated } from '../../support/guard.ts';
import { ask } from '../../support/http.ts';
import { SITE } from '../../support/places.ts';
import { expect, test } from '../../support/test.ts';

const USABLE = 25_000;
const EVERYTHING = 230_000;

/** The size of a built file as it is sent; it must have been compressed when the site was built. */
function built(address: string): number {
  const file = path.join(SITE, `${address}.br`);
  if (!existsSync(file)) throw new Error(`${file} is missing: build the site with scripts/build`);
  return statSync(file).size;
}

test('the sign-in page is usable within 25 KB and complete within 230 KB', async ({ portal }) => {
  let largest = 0;
  for (const language of ['he', 'ar', 'ru', 'en']) {
    const raw = await ask(`${portal.origin}/sign-in`, { headers: { 'accept-encoding': 'br', 'accept-language': language } });
    expect(raw.headers['content-encoding']).toBe('br');
    largest = Math.max(largest, raw.body.length);
  }
  const page = (await ask(`${portal.origin}/sign-in`)).body.toString();
  const linked = (kind: string): string[] => [...page.matchAll(new RegExp(`href="(/pkg/[^"]+\\.${kind})"`, 'g'))].map((found) => found[1] ?? '');
  const [css, js, wasm] = [linked('css'), linked('js'), linked('wasm')];
  expect([css.length, js.length, wasm.length], 'one sheet, one script, one WASM').toEqual([1, 1, 1]);
  const size = (list: string[]): number => list.reduce((all, one) => all + built(one), 0);
  const usable = largest + size(css);
  const everything = usable + size(js) + size(wasm);
  const kb = (bytes: number): string => (bytes / 1000).toFixed(1);
  console.log(`sign-in page, cold, brotli: HTML ${kb(largest)} + CSS ${kb(size(css))} = ${kb(usable)} KB usable; + JS ${kb(size(js))} + WASM ${kb(size(wasm))} = ${kb(everything)} KB`);
  expect(usable).toBeLessThanOrEqual(USABLE);
  expect(everything).toBeLessThanOrEqual(EVERYTHING);
});

test('the browser fetches no more than that', async ({ page, context }) => {
  const browser = await context.newCDPSession(page);
  await browser.send('Network.enable');
  const fetched = new Map<string, number>();
  const addresses = new Map<string, string>();
  browser.on('Network.requestWillBeSent', (event) => addresses.set(event.requestId, event.request.url));
  browser.on('Network.loadingFinished', (event) => {
    const address = addresses.get(event.requestId);
    if (address?.startsWith('http')) fetched.set(event.requestId, event.encodedDataLength);
  });
  await page.goto('/sign-in');
  await hydrated(page);
  const sum = [...fetched.values()].reduce((all, one) => all + one, 0);
  console.log(`sign-in page, as the browser counts it with headers: ${(sum / 1000).toFixed(1)} KB in ${fetched.size} requests`);
  expect(sum).toBeLessThanOrEqual(EVERYTHING);
  const kinds = [...addresses.values()].map((address) => new URL(address).pathname.split('.').pop());
  expect(kinds.filter((kind) => kind === 'wasm'), 'the WASM is fetched once').toHaveLength(1);
});

test('pages that are read carry no script', async ({ page, portal }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.resourceType()));
  for (const address of ['/', '/topics/exams', '/about/registration', '/accessibility', '/privacy', '/demo/inbox']) {
    const body = (await ask(`${portal.origin}${address}`)).body.toString();
    expect(body, address).not.toMatch(/<script|modulepreload|\.wasm|\.js"/);
    await page.goto(address);
  }
  expect(asked.filter((kind) => kind === 'script' || kind === 'fetch')).toEqual([]);
});

test('links of every page lead somewhere', async ({ page, portal }) => {
  const seen = new Set<string>();
  const waiting = ['/', '/sign-in', '/sign-in/password', '/about/registration', '/api/docs'];
  for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
    if (seen.has(address)) continue;
    seen.add(address);
    const raw = await ask(`${portal.origin}${address}`, { headers: { accept: 'text/html' } });
    expect(raw.status, address).toBeLessThan(400);
    if (!String(raw.headers['content-type']).includes('html')) continue;
    for (const found of raw.body.toString().matchAll(/(?:href|src)="(\/[^"#?]*)/g)) waiting.push(found[1] ?? '/');
  }
  expect(seen.size).toBeGreaterThan(20);
  await page.goto('/');
});
