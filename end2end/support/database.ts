// What only time can do to a server's data, done at once: a draft of an hour or a link of half an hour cannot be waited for.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';

import { expect } from '@playwright/test';

import { databaseName, databaseUrl } from './server.ts';
import type { Portal } from './test.ts';

const LONG_AGO = 1_000;

/** The database keeps the hash of a token only. */
function hashOf(token: string): string {
  return createHash('sha256').update(Buffer.from(token, 'base64url')).digest('hex');
}

/** Changes one row; `bytes` writes a value in the database's own way. */
function change(portal: Portal, statement: (bytes: (hex: string) => string) => string): void {
  const sqlite = portal.database === 'sqlite';
  const sql = `${statement((hex) => (sqlite ? `X'${hex}'` : `'\\x${hex}'::bytea`))} RETURNING 1`;
  const changed = sqlite
    ? execFileSync('sqlite3', ['-batch', '-bail', '-cmd', '.timeout 20000', path.join(portal.folder, 'demo.sqlite'), sql], { encoding: 'utf8' })
    : execFileSync('psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--dbname', databaseUrl(databaseName(portal.role)), '--command', sql], {
        encoding: 'utf8',
      });
  expect(changed.trim().split('\n'), 'one row grew old').toEqual(['1']);
}

/** The hour of a registration is over. `token` is the browser's, or that of the mailed link. */
export function expireRegistration(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(portal, (bytes) => `UPDATE registrations SET expires_at = ${LONG_AGO} WHERE token_hash = ${bytes(hash)} OR link_hash = ${bytes(hash)}`);
}

/** The code that a sign-in waits for is too old. `token` is the browser's, or what the API calls the flow. */
export function expireSignInCode(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(portal, (bytes) => `UPDATE code_flows SET code_expires_at = ${LONG_AGO}, previous_expires_at = ${LONG_AGO} WHERE token_hash = ${bytes(hash)}`);
}

/** The code that a registration waits for is too old. */
export function expireCode(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(
    portal,
    (bytes) =>
      `UPDATE code_flows SET code_expires_at = ${LONG_AGO}, previous_expires_at = ${LONG_AGO} ` +
      `WHERE id = (SELECT code_flow_id FROM registrations WHERE token_hash = ${bytes(hash)})`,
  );
}

/** The mailed link to choose a password is too old. */
export function expireTicket(portal: Portal, ticket: string): void {
  const hash = hashOf(ticket);
  change(portal, (bytes) => `UPDATE password_tickets SET expires_at = ${LONG_AGO} WHERE token_hash = ${bytes(hash)}`);
}

/** The three days of an initial password are over. */
export function expireInitialPassword(portal: Portal, userCode: string): void {
  change(portal, () => `UPDATE accounts SET initial_expires_at = ${LONG_AGO} WHERE user_code = '${userCode.replace('-', '')}' AND initial_expires_at > 0`);
}

/** A browser has been at Gosuslugi for too long. `token` is the one in its cookie. */
export function expireGosuslugi(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(portal, (bytes) => `UPDATE gosuslugi_flows SET expires_at = ${LONG_AGO} WHERE browser_hash = ${bytes(hash)}`);
}

/** The proof that a sign-in or a password is, is too old. `token` is that of the session. */
export function expireProof(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(portal, (bytes) => `UPDATE sessions SET fresh_until = ${LONG_AGO} WHERE token_hash = ${bytes(hash)}`);
}
