// The edges of the portal: unknown pages, changes asked for by other sites, pages for signed-in people, the demo's own pages.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { enter, meStatus } from '../support/flows.ts';
import { ask } from '../support/http.ts';
import { BINARY, OUT, ROOT } from '../support/places.ts';
import { run } from '../support/server.ts';
import { expect, test } from '../support/test.ts';
import { en } from '../support/words.ts';

test('an unknown address is a page with 404 in the reader’s language, a document for programs', async ({ page, portal, guard }) => {
  guard.expects(404);
  for (const address of ['/nothing-here', '/topics/nothing', '/me/nothing', '/sign-in/esia/nothing']) {
    const reply = await page.goto(address);
    expect(reply?.status(), address).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('errors', 'not_found'));
    await expect(page.getByRole('link', { name: en('errors', 'home') })).toBeVisible();
    await expect(page.getByText(reply?.headers()['x-request-id'] ?? 'no id')).toBeVisible();
  }
  const program = await ask(`${portal.origin}/api/v1/nothing`);
  expect(program.status).toBe(404);
  expect(program.headers['content-type']).toContain('application/problem+json');
});

test('a wrong method is refused with 405 and what is allowed', async ({ portal }) => {
  const raw = await ask(`${portal.origin}/sign-out`, { headers: { accept: 'text/html' } });
  expect(raw.status).toBe(405);
  expect(raw.headers.allow).toBe('POST');
});

test('a body that is too large is refused', async ({ portal }) => {
  const raw = await ask(`${portal.origin}/sign-in`, { form: { id_number: '1'.repeat(300 * 1024) } });
  expect(raw.status).toBe(413);
});

test('pages for signed-in people lead to the sign-in page and back, the API answers 401', async ({ portal }) => {
  for (const address of ['/me', '/me/contact', '/me/security', '/me/sessions']) {
    const raw = await ask(`${portal.origin}${address}`);
    expect(raw.status, address).toBe(303);
    const to = new URL(raw.headers.location ?? '', portal.origin);
    expect(to.pathname).toBe('/sign-in');
    expect(to.searchParams.get('next')).toBe(address);
  }
  for (const address of ['/api/v1/me', '/api/v1/me/sessions']) {
    const raw = await ask(`${portal.origin}${address}`);
    expect(raw.status, address).toBe(401);
    expect(raw.headers['content-type']).toContain('application/problem+json');
  }
});

test('every change that another site asks for is refused with 403, and nothing has changed', async ({ context, portal }) => {
  await enter(context, portal, portal.somebody());
  const session = (await context.cookies()).find((cookie) => cookie.name === '__Host-session')?.value ?? '';
  const described = JSON.parse((await ask(`${portal.origin}/api/openapi.json`)).body.toString()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const changes: [string, string][] = [
    ...['/sign-in', '/sign-in/code', '/sign-in/password', '/sign-out', '/me/contact', '/me/sessions', '/me/language'].map((one): [string, string] => ['POST', one]),
    ...['sign-in', 'sign-in-code', 'sign-in-password'].map((one): [string, string] => ['POST', `/api/page/${one}`]),
  ];
  for (const [address, methods] of Object.entries(described.paths)) {
    for (const method of Object.keys(methods)) {
      if (['post', 'put', 'patch', 'delete'].includes(method)) changes.push([method.toUpperCase(), address.replace(/\{\w+\}/g, 'others')]);
    }
  }
  expect(changes.length, 'the API is described').toBeGreaterThan(12);
  const forged: Record<string, string>[] = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'http://localhost:1' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ];
  for (const [method, address] of changes) {
    for (const headers of forged) {
      const json = address.startsWith('/api/');
      const raw = await ask(`${portal.origin}${address}`, {
        method,
        headers: { ...headers, cookie: `__Host-session=${session}`, accept: json ? 'application/json' : 'text/html' },
        ...(json ? { json: {} } : { form: { end: 'others', lang: 'ru' } }),
      });
      expect(raw.status, `${method} ${address} with ${JSON.stringify(headers)}`).toBe(403);
      expect(raw.headers['set-cookie'], `${method} ${address}`).toBeUndefined();
    }
  }
  expect(await meStatus(context.request, portal)).toBe(200);
});

test('a form of another site signs nobody out, in a real browser', async ({ page, context, portal, guard }) => {
  guard.expects(403);
  guard.allowsOrigin('http://evil.test');
  await enter(context, portal, portal.somebody());
  await page.route('http://evil.test/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<form method="post" action="${portal.origin}/sign-out"><button>Win</button></form>` }),
  );
  await page.goto('http://evil.test/');
  const [reply] = await Promise.all([
    page.waitForResponse((response) => response.url() === `${portal.origin}/sign-out`),
    page.getByRole('button').click(),
  ]);
  expect(reply.status()).toBe(403);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('errors', 'cross_site'));
  expect(await meStatus(context.request, portal)).toBe(200);
});

test('the probes and the metrics answer; a method that somebody made up is no count of its own', async ({ portal }) => {
  expect((await ask(`${portal.origin}/healthz`)).status).toBe(200);
  const ready = await ask(`${portal.origin}/readyz`);
  expect(JSON.parse(ready.body.toString())).toMatchObject({ ready: true });
  // The oddest method that a client is able to send from here.
  expect((await ask(`${portal.origin}/sign-in`, { method: 'SOURCE' })).status).toBeGreaterThanOrEqual(400);
  const metrics = await ask(`${portal.origin}/metrics`);
  expect(metrics.status).toBe(200);
  const text = metrics.body.toString();
  expect(text).toMatch(/schoolgate_http_requests_total\{[^}]*method="other"/);
  expect(text).not.toContain('SOURCE');
});

test('the demo’s pages are there in the demo', async ({ page, portal }) => {
  await page.goto('/demo/inbox');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(en('inbox', 'title'));
  const people = JSON.parse((await ask(`${portal.origin}/demo/people.json`)).body.toString()) as { key: string }[];
  expect(people.map((person) => person.key)).toContain('parent-1');
});

test('without the demo there is no inbox and no list of people, and a demo’s database is not served', async ({ portal }) => {
  test.skip(portal.database !== 'sqlite', 'the same process whatever the database');
  // Without --demo the demo's own database is refused: its passwords are published.
  expect(() => run(['serve', '--config', path.join(portal.folder, 'schoolgate.toml')], { SCHOOLGATE__SERVER__LISTEN: '127.0.0.1:3118' })).toThrow(/demo/);

  const folder = path.join(OUT, 'plain');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = path.join(folder, 'schoolgate.toml');
  writeFileSync(
    config,
    `[server]\nlisten = "127.0.0.1:3118"\npublic_url = "http://localhost:3118"\n[database]\nurl = "sqlite://${folder}/plain.sqlite"\n` +
      `[keys]\nring = "${folder}/keys.toml"\n[[sms.gateway]]\nname = "sms"\nkind = "folder"\npath = "${folder}/sms"\n` +
      `[mail]\nfrom = "portal@schoolgate.example"\n[[mail.gateway]]\nname = "mail"\nkind = "folder"\npath = "${folder}/mail"\n`,
  );
  execFileSync(BINARY, ['key', 'generate', '--config', config], { cwd: ROOT, stdio: 'pipe' });
  const log = openSync(path.join(folder, 'server.log'), 'a');
  const server = spawn(BINARY, ['serve', '--migrate', '--config', config], { cwd: ROOT, stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    await expect.poll(async () => (await ask('http://localhost:3118/readyz').catch(() => undefined))?.status, { timeout: 30_000 }).toBe(200);
    for (const address of ['/demo/inbox', '/demo/inbox.json', '/demo/people.json']) {
      expect((await ask(`http://localhost:3118${address}`)).status, address).toBe(404);
    }
    const home = (await ask('http://localhost:3118/', { headers: { 'accept-language': 'en' } })).body.toString();
    expect(home).not.toContain('/demo/');
    expect(home).not.toContain(en('common', 'demo_strip'));
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
});
