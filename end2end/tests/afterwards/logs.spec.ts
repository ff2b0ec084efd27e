// After everything: no personal data and no secret that came up in the run stands in a log, and none in clear in a database.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ask } from '../../support/http.ts';
import { texts, codeOf } from '../../support/inbox.ts';
import { type Parent, type Person } from '../../support/people.ts';
import { ROLES, type Role, folder, origin } from '../../support/places.ts';
import { Seen } from '../../support/seen.ts';
import { databaseName, databaseUrl } from '../../support/server.ts';
import { expect, test } from '../../support/test.ts';

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

/** What of the secrets stands in a text. */
function found(text: string, secrets: Secrets): string[] {
  const all = secrets.plain.filter((secret) => text.includes(secret));
  for (const word of text.matchAll(/(?<![\w.:+-])\d{6}(?![\w:-])/g)) if (secrets.codes.has(word[0])) all.push(`a code: ${word[0]}`);
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

    const log = readFileSync(path.join(dir, 'server.log'), 'utf8');
    expect(log.length, 'the server has logged').toBeGreaterThan(100);
    expect(log, 'at the finest level').toMatch(/DEBUG|INFO/);
    const names = people.map((person) => person.name);
    const userCodes = people.flatMap((person) => (person.user_code ? [person.user_code, person.user_code.replace('-', '')] : []));
    const readable = { plain: [...secrets.plain, ...names, ...userCodes], codes: secrets.codes };
    expect(found(log, readable), 'in the log').toEqual([]);
    const metrics = await ask(`${origin(portal.database, role)}/metrics`).catch(() => undefined);
    // Counts may have six digits like a code.
    if (metrics) expect(found(metrics.body.toString(), { ...readable, codes: new Set() }), 'in the metrics').toEqual([]);
    else expect(role, 'only a server that was killed or stopped does not answer').not.toBe('main');

    const stored = portal.database === 'sqlite' ? sqlite(dir) : postgres(role);
    expect(stored.length, 'the database was read').toBeGreaterThan(50_000);
    expect(found(stored, secrets), 'in the database').toEqual([]);
    if (portal.database === 'postgres') {
      // Bytes are shown in hex: a value in clear would hide there.
      const hex = secrets.plain.filter((secret) => stored.includes(Buffer.from(secret).toString('hex')));
      expect(hex, 'in the bytes of the database').toEqual([]);
    }
    // The search itself works: what is meant to be readable is found.
    expect(stored, 'user codes are found').toContain(people[0]?.user_code.replace('-', ''));
  });
}

function sqlite(dir: string): string {
  return ['demo.sqlite', 'demo.sqlite-wal']
    .map((name) => path.join(dir, name))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

function postgres(role: Role): string {
  return execFileSync('psql', [
    '--no-psqlrc', '--tuples-only', '--no-align', '--dbname', databaseUrl(databaseName(role)), '--command', 'SET xmlbinary TO hex', '--command',
    // Every row of every table as text.
    `SELECT query_to_xml(format('SELECT * FROM %I', table_name), true, false, '') FROM information_schema.tables WHERE table_schema = 'public'`,
  ], { encoding: 'utf8', maxBuffer: 512 * 1024 * 1024 });
}
