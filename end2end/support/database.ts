// What only time can do to a server's data, done at once: a draft of an hour or a link of half an hour cannot be waited for.
// And what only the database tells: what it has after a crash, and how the portal does without it.
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

/** Runs a statement; the rows that it returns, with `|` between their columns. */
function query(portal: Portal, sql: string): string[] {
  const [program, words] =
    portal.database === 'sqlite'
      ? ['sqlite3', ['-batch', '-bail', '-cmd', '.timeout 20000', path.join(portal.folder, 'demo.sqlite'), sql]]
      : ['psql', ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--dbname', databaseUrl(databaseName(portal.role)), '--command', sql]];
  const printed = execFileSync(program, words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return printed.split('\n').filter((line) => line !== '');
}

/** A value of bytes in the database's own way. */
const bytesOf = (portal: Portal) => (hex: string): string => (portal.database === 'sqlite' ? `X'${hex}'` : `'\\x${hex}'::bytea`);

/** Changes one row; `bytes` writes a value in the database's own way. */
function change(portal: Portal, statement: (bytes: (hex: string) => string) => string): void {
  const changed = query(portal, `${statement(bytesOf(portal))} RETURNING 1`);
  expect(changed, 'one row grew old').toEqual(['1']);
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

/** The sign-in, or the password, was given too long ago to be proof. `token` is the session's. */
export function endFreshProof(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(portal, (bytes) => `UPDATE sessions SET fresh_until = ${LONG_AGO} WHERE token_hash = ${bytes(hash)}`);
}

/** The wait that holds for whoever asks for codes to the same number is over. `flow` selects a flow that asked for one. */
function endWaitOf(portal: Portal, flow: string): void {
  query(
    portal,
    `UPDATE throttles SET blocked_until = 0 WHERE scope = 'code.sends' AND substr(subject, 1, 32) IN (SELECT subject FROM code_flows WHERE ${flow})`,
  );
}

/** The wait before a code can be sent again is over, in this browser and in others. `token` is the browser's. */
export function endResendWait(portal: Portal, token: string): void {
  const hash = hashOf(token);
  change(portal, (bytes) => `UPDATE code_flows SET next_send_at = ${LONG_AGO} WHERE token_hash = ${bytes(hash)}`);
  endWaitOf(portal, `token_hash = ${bytesOf(portal)(hash)}`);
}

/** Another registration of the same person need not wait for the code of this one. */
export function endRegistrationWait(portal: Portal, token: string): void {
  endWaitOf(portal, `id = (SELECT code_flow_id FROM registrations WHERE token_hash = ${bytesOf(portal)(hashOf(token))})`);
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

/** Takes a table away while something is done: whoever needs it fails. */
export async function withoutTable<Result>(portal: Portal, table: string, act: () => Promise<Result>): Promise<Result> {
  query(portal, `ALTER TABLE ${table} RENAME TO ${table}_away`);
  try {
    return await act();
  } finally {
    query(portal, `ALTER TABLE ${table}_away RENAME TO ${table}`);
  }
}

/** What the audit log says of one person, by what happened and how it ended. */
export interface Told {
  userCode: string;
  event: string;
  outcome: string;
  detail: Record<string, unknown>;
}

/** The audit log's rows about people who have an account. */
export function auditLog(portal: Portal): Told[] {
  const sql = `SELECT user_code, event, outcome, detail FROM audit_log JOIN accounts ON accounts.person_id = audit_log.person_id`;
  return query(portal, sql).map((line) => {
    const [userCode = '', event = '', outcome = '', ...detail] = line.split('|');
    return { userCode, event, outcome, detail: JSON.parse(detail.join('|')) as Record<string, unknown> };
  });
}

/** The id of a session by its token, as the audit log names it. */
export function sessionIds(portal: Portal): (token: string) => string | undefined {
  const hex = (column: string): string => (portal.database === 'sqlite' ? `lower(hex(${column}))` : `encode(${column}, 'hex')`);
  const id = portal.database === 'sqlite' ? hex('id') : 'id';
  const known = new Map(query(portal, `SELECT ${hex('token_hash')}, ${id} FROM sessions`).map((line) => line.split('|') as [string, string]));
  return (token) => known.get(hashOf(token))?.replace(/^(\w{8})(\w{4})(\w{4})(\w{4})(\w{12})$/, '$1-$2-$3-$4-$5');
}
