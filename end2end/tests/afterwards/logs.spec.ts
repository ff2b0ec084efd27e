// After everything: no personal data and no secret that came up in the run stands in a log, and none in clear in a database.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { ask } from '../../support/http.ts';
import { texts, codeOf } from '../../support/inbox.ts';
import { type Parent, type Person } from '../../support/people.ts';
import { ROLES, type Role, folder, origin } from '../../support/places.ts';
import { Seen } from '../../support/seen.ts';
import { databaseName, databaseUrl } from '../../support/server.ts';
import { expect, test } from '../../support/test.ts';

/** What is read of a database at most, bytes. */
const LARGEST = 512 * 1024 * 1024;

interface Secrets {
  /** Long enough to be searched for as they are. */
  plain: string[];
  /** Six digits: searched for as words of their own. */
  codes: Set<string>;
}

function secretsOf(people: (Person & Parent)[], codes: string[], tokens: string[]): Secrets {
  const plain = new Set<string>();
  for (const person of people) {
    const national = person.phone?.replace(/^\+(972|7)/, '');
    for (const one of [person.id_number, person.phone, national, person.password, person.birth_date]) if (one) plain.add(one);
    // Invented children have small numbers, and zeros stand in many ids.
    if (person.child_id && !person.child_id.startsWith('0000')) plain.add(person.child_id);
  }
  // Addresses are not in the list of people; masked ones (`d•••@shkola5.example`) may stand in the delivery log.
  plain.add('dana@dugma.example');
  for (const { key } of people) plain.add(`${key}@shkola5.example`);
  for (const token of tokens) plain.add(token);
  return { plain: [...plain], codes: new Set(codes) };
}

/** Which of the words stand in a text. By grep, which looks for thousands at once. */
function standing(text: Buffer, words: string[]): string[] {
  const list = test.info().outputPath('words.txt');
  writeFileSync(list, `${words.join('\n')}\n`);
  const { status, stdout, stderr } = spawnSync('grep', ['--text', '--only-matching', '--fixed-strings', '--file', list], {
    input: text, env: { PATH: process.env.PATH, LC_ALL: 'C' }, maxBuffer: LARGEST,
  });
  rmSync(list);
  // 0: some, 1: none.
  if (status !== 0 && status !== 1) throw new Error(`grep: ${String(status)} ${stderr.toString()}`);
  return [...new Set(stdout.toString().split('\n').filter((word) => word !== ''))];
}

/** What of the secrets stands in a text. */
function found(text: Buffer, secrets: Secrets): string[] {
  const all = standing(text, secrets.plain);
  for (const word of text.toString('latin1').matchAll(/(?<![\w.:+-])\d{6}(?![\w:-])/g)) if (secrets.codes.has(word[0])) all.push(`a code: ${word[0]}`);
  return all;
}

for (const role of ROLES) {
  test(`no personal data in what the ${role} server has written`, async ({ portal }) => {
    const dir = folder(portal.database, role);
    test.skip(!existsSync(path.join(dir, 'people.json')), 'this server did not run');
    const people = JSON.parse(readFileSync(path.join(dir, 'people.json'), 'utf8')) as (Person & Parent)[];
    const codes = texts(portal.database, role).filter((sms) => /#\d{6}\s*$/.test(sms.text)).map(codeOf);
    const secrets = secretsOf(people, codes, new Seen(portal.database).all());
    expect(secrets.plain.length).toBeGreaterThan(people.length);

    const log = readFileSync(path.join(dir, 'server.log'));
    expect(log.length, 'the server has logged').toBeGreaterThan(100);
    expect(log.toString(), 'at the finest level').toMatch(/DEBUG|INFO/);
    const names = people.map((person) => person.name);
    const userCodes = people.flatMap((person) => (person.user_code ? [person.user_code, person.user_code.replace('-', '')] : []));
    const readable = { plain: [...secrets.plain, ...names, ...userCodes], codes: secrets.codes };
    expect(found(log, readable), 'in the log').toEqual([]);
    const metrics = await ask(`${origin(portal.database, role)}/metrics`).catch(() => undefined);
    // Counts may have six digits like a code.
    if (metrics) expect(found(metrics.body, { ...readable, codes: new Set() }), 'in the metrics').toEqual([]);
    else expect(role, 'only a server that was killed or stopped does not answer').not.toBe('main');

    const stored = portal.database === 'sqlite' ? sqlite(dir) : postgres(role);
    expect(stored.length, 'the database was read').toBeGreaterThan(50_000);
    expect(found(stored, secrets), 'in the database').toEqual([]);
    if (portal.database === 'postgres') {
      // Bytes are shown in hex, in capitals: a value in clear would hide there.
      const hex = standing(stored, secrets.plain.map((secret) => Buffer.from(secret).toString('hex').toUpperCase()));
      expect(hex, 'in the bytes of the database').toEqual([]);
    }
    // The search itself works: what is meant to be readable is found.
    const meant = people[0]?.user_code.replace('-', '') ?? 'nobody has a user code';
    expect(standing(stored, [meant]), 'user codes are found').toEqual([meant]);
  });
}

function sqlite(dir: string): Buffer {
  const files = ['demo.sqlite', 'demo.sqlite-wal'].map((name) => path.join(dir, name)).filter((file) => existsSync(file));
  return Buffer.concat(files.map((file) => readFileSync(file)));
}

function postgres(role: Role): Buffer {
  return execFileSync('psql', [
    '--no-psqlrc', '--tuples-only', '--no-align', '--dbname', databaseUrl(databaseName(role)), '--command', 'SET xmlbinary TO hex', '--command',
    // Every row of every table as text.
    `SELECT query_to_xml(format('SELECT * FROM %I', table_name), true, false, '') FROM information_schema.tables WHERE table_schema = 'public'`,
  ], { maxBuffer: LARGEST });
}
