// What the sign-in page costs a phone that comes for the first time, and the class editor a desk, in bytes on the wire
// (1 KB = 1000 bytes).
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

import type { Page } from '@playwright/test';

import { editorPath } from '../../support/editor.ts';
import { hydrated } from '../../support/guard.ts';
import { ask } from '../../support/http.ts';
import { SITE } from '../../support/places.ts';
import { asStaff, staffAsks } from '../../support/staff.ts';
import { expect, test } from '../../support/test.ts';

const USABLE = 25_000;
const EVERYTHING = 230_000;
/** Everything that the editor takes, as brotli makes it. */
const EDITOR = 420_000;
/** The same as it is sent: a page with people's data is not compressed (BREACH). */
const EDITOR_SENT = 570_000;

/** The size of a built file as it is sent; it must have been compressed when the site was built. */
function built(address: string): number {
  const file = path.join(SITE, `${address}.br`);
  if (!existsSync(file)) throw new Error(`${file} is missing: build the site with scripts/build`);
  return statSync(file).size;
}

const kb = (bytes: number): string => (bytes / 1000).toFixed(1);

/** The built files that a page fetches until its script is there. */
async function fetches(page: Page, at: string): Promise<string[]> {
  const found = new Set<string>();
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/pkg/')) found.add(pathname);
  });
  await page.goto(at);
  await hydrated(page);
  // Whatever the script begins with has begun. A page that the browser thinks nobody looks at may never be called idle.
  await page.evaluate(() => new Promise((idle) => requestIdleCallback(idle, { timeout: 5_000 })));
  return [...found];
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

test('the class editor is complete within 420 KB', async ({ page, context, portal }) => {
  await asStaff(context, portal, 'admin-5');
  const raw = await staffAsks(portal, 'admin-5', editorPath('5А'), { headers: { accept: 'text/html', 'accept-encoding': 'br' } });
  expect(raw.status).toBe(200);
  // As compact as the server makes its other pages.
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } };
  const html = raw.headers['content-encoding'] === 'br' ? raw.body.length : brotliCompressSync(raw.body, quality).length;
  const files = await fetches(page, editorPath('5А'));
  const size = (kind: string): number => files.filter((file) => file.endsWith(`.${kind}`)).reduce((all, file) => all + built(file), 0);
  const [css, js, wasm] = [size('css'), size('js'), size('wasm')];
  expect(Math.min(css, js, wasm), 'there is something of each').toBeGreaterThan(0);
  const assets = css + js + wasm;
  console.log(
    `class editor, cold, 25 students, brotli: HTML ${kb(html)} + CSS ${kb(css)} + JS ${kb(js)} + WASM ${kb(wasm)} = ${kb(html + assets)} KB; ` +
      `sent: HTML ${kb(raw.body.length)}, in all ${kb(raw.body.length + assets)} KB in ${files.length + 1} answers`,
  );
  expect(html + assets).toBeLessThanOrEqual(EDITOR);
  expect(raw.body.length + assets).toBeLessThanOrEqual(EDITOR_SENT);
});

test('the editor’s part of the script is fetched by its page alone', async ({ page, another, context, portal }) => {
  await asStaff(context, portal, 'admin-5');
  const editor = await fetches(page, editorPath('5А'));
  const wasm = (files: string[]): string[] => files.filter((file) => file.endsWith('.wasm'));
  for (const at of ['/sign-in', '/sign-in/password', '/register']) {
    const { page: fresh } = await another();
    const files = await fetches(fresh, at);
    await fresh.close();
    const own = wasm(editor).filter((file) => !files.includes(file));
    expect(own.reduce((all, file) => all + built(file), 0), `the editor’s own part beside that of ${at}`).toBeGreaterThan(100_000);
    if (at === '/register') continue;
    expect(wasm(files), at).toHaveLength(1);
    // The first part is the same for all pages, and is within the sign-in page's budget.
    expect(wasm(editor), at).toEqual(expect.arrayContaining(wasm(files)));
  }
});

test('pages that are read carry no script', async ({ page, portal }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.resourceType()));
  for (const address of ['/', '/topics/exams', '/about/registration', '/accessibility', '/privacy', '/sign-in/esia', '/sign-in/esia/guide', '/demo/inbox']) {
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
