// Headers that every answer carries, and the cookies' attributes.
import { enter } from '../support/flows.ts';
import { ask } from '../support/http.ts';
import { esiaPort } from '../support/places.ts';
import { originOf } from '../support/standin.ts';
import { expect, test } from '../support/test.ts';

const ADDRESSES = [
  '/', '/topics/exams', '/about/registration', '/accessibility', '/privacy', '/sign-in', '/sign-in/password', '/sign-in/code', '/me',
  '/demo/inbox', '/demo/people.json', '/nothing-here', '/api/v1/me', '/api/v1/nothing', '/api/openapi.json', '/api/docs', '/healthz', '/favicon.svg',
  '/robots.txt', '/site.webmanifest', '/pkg/nothing.js',
];

test('every answer carries the security headers', async ({ portal }) => {
  for (const address of ADDRESSES) {
    const { headers } = await ask(`${portal.origin}${address}`, { headers: { accept: 'text/html' } });
    const policy = headers['content-security-policy'];
    expect(policy, address).toContain("default-src 'none'");
    expect(policy, address).toContain("frame-ancestors 'none'");
    expect(policy, address).toContain("form-action 'self'");
    expect(policy, address).toContain("base-uri 'none'");
    // WASM needs its own word; nothing else is allowed to be unsafe, and no other host is named.
    expect(String(policy).replace("'wasm-unsafe-eval'", ''), address).not.toMatch(/unsafe|https?:|\*/);
    expect(headers['x-content-type-options'], address).toBe('nosniff');
    expect(headers['referrer-policy'], address).toMatch(/^(same-origin|no-referrer|strict-origin)$/);
    expect(headers['permissions-policy'], address).toMatch(/camera=\(\)/);
    expect(headers['cross-origin-opener-policy'], address).toBe('same-origin');
    expect(headers['x-request-id'], address).toMatch(/^[\w-]{8,}$/);
    expect(headers['x-powered-by'] ?? headers.server, address).toBeUndefined();
    // Over plain http to localhost HSTS would lock people out of their own machine.
    expect(headers['strict-transport-security'], address).toBeUndefined();
  }
});

test('only the page with the button to Gosuslugi lets a form lead there', async ({ portal }) => {
  const policy = (await ask(`${portal.origin}/sign-in/esia`)).headers['content-security-policy'] as string;
  const away = originOf(esiaPort(portal.database, portal.role));
  expect(policy).toContain(`form-action 'self' ${away};`);
  expect(policy.replaceAll(away, '').replace("'wasm-unsafe-eval'", '')).not.toMatch(/unsafe|https?:|\*/);
});

test('scripts run by nonce only; each answer has its own', async ({ portal }) => {
  const nonces = new Set<string>();
  for (let times = 0; times < 3; times += 1) {
    const raw = await ask(`${portal.origin}/sign-in`);
    const nonce = /script-src[^;]*'nonce-([\w+/=]{22,})'/.exec(raw.headers['content-security-policy'] as string)?.[1] ?? '';
    expect(nonce).not.toBe('');
    nonces.add(nonce);
    const body = raw.body.toString();
    const scripts = [...body.matchAll(/<script\b([^>]*)>/g)].map((found) => found[1] ?? '');
    expect(scripts.length).toBeGreaterThan(0);
    for (const attributes of scripts.filter((found) => !found.includes('application/json'))) expect(attributes).toContain(`nonce="${nonce}"`);
    expect(body).not.toMatch(/<[^>]+\s(style|on\w+)=/);
  }
  expect(nonces.size).toBe(3);
});

test('pages are never kept by a cache; files with a hash are kept for good', async ({ portal }) => {
  for (const address of ['/sign-in', '/me', '/api/v1/me', '/demo/inbox']) {
    expect((await ask(`${portal.origin}${address}`)).headers['cache-control'], address).toBe('no-store');
  }
  const page = (await ask(`${portal.origin}/sign-in`)).body.toString();
  const sheet = /href="(\/pkg\/[^"]+\.css)"/.exec(page)?.[1] ?? '';
  const wasm = /href="(\/pkg\/[^"]+\.wasm)"/.exec(page)?.[1] ?? '';
  for (const address of [sheet, wasm]) {
    const { status, headers } = await ask(`${portal.origin}${address}`, { headers: { 'accept-encoding': 'br' } });
    expect(status, address).toBe(200);
    expect(headers['cache-control'], address).toBe('public, max-age=31536000, immutable');
    expect(headers['content-encoding'], address).toBe('br');
  }
  expect((await ask(`${portal.origin}/pkg/nothing.wasm`)).headers['cache-control']).toBe('no-store');
});

test('every cookie is locked to this host, to https, and kept from scripts', async ({ portal, context }) => {
  const person = portal.somebody();
  const lines = [
    ...((await ask(`${portal.origin}/?lang=ru`)).headers['set-cookie'] ?? []),
    ...((await ask(`${portal.origin}/sign-in`, { form: { id_number: person.id_number } })).headers['set-cookie'] ?? []),
    ...((await ask(`${portal.origin}/sign-in/password`, { form: { user_code: person.user_code, password: person.password } })).headers['set-cookie'] ?? []),
  ];
  const names = lines.map((line) => line.split('=')[0]);
  for (const name of ['__Host-lang', '__Host-flow', '__Host-session', '__Host-device']) expect(names).toContain(name);
  for (const line of lines) {
    for (const attribute of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) expect(line.split(/;\s*/)).toContain(attribute);
    expect(line).not.toMatch(/domain=/i);
  }
  // The session's cookie ends with the browser; the server ends it earlier.
  expect(lines.find((line) => line.startsWith('__Host-session='))).not.toMatch(/max-age|expires/i);
  await enter(context, portal, person);
  const cookies = await context.cookies();
  expect(cookies.every((cookie) => cookie.httpOnly && cookie.secure && cookie.sameSite === 'Lax')).toBe(true);
});

test('pages of signed-in people are not compressed: their length would tell what is in them', async ({ portal, context }) => {
  await enter(context, portal, portal.somebody());
  const session = (await context.cookies()).find((cookie) => cookie.name === '__Host-session')?.value ?? '';
  const inside = await ask(`${portal.origin}/me`, { headers: { cookie: `__Host-session=${session}`, 'accept-encoding': 'br, gzip' } });
  expect(inside.status).toBe(200);
  expect(inside.headers['content-encoding']).toBeUndefined();
  const outside = await ask(`${portal.origin}/`, { headers: { 'accept-encoding': 'br, gzip' } });
  expect(outside.headers['content-encoding']).toBe('br');
});
