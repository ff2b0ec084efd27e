// Starts the servers of the chosen databases once for all workers, and stops them at the end. That a database's server is
// missing is an error, never a reason to leave its tests out.
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { DATABASES, type Database, OUT } from './places.ts';
import { Server, mustBeBuilt } from './server.ts';
import { StandIn } from './standin.ts';

/** The databases that `--project` asks for; both without it. */
function chosen(words: string[]): Database[] {
  const named = words.flatMap((word, at) =>
    word === '--project' || word === '-p' ? [words[at + 1]] : word.startsWith('--project=') ? [word.slice('--project='.length)] : [],
  );
  const wanted = DATABASES.filter((database) => named.includes(database));
  return wanted.length > 0 ? wanted : [...DATABASES];
}

export default async function globalSetup(): Promise<() => Promise<void>> {
  mustBeBuilt();
  mkdirSync(OUT, { recursive: true });
  const databases = chosen(process.argv);
  for (const database of databases) rmSync(path.join(OUT, `${database}-seen.txt`), { force: true });
  const servers = databases.flatMap((database) => (['main', 'quick', 'walled'] as const).map((role) => new Server(database, role)));
  rmSync(path.join(OUT, 'esia'), { recursive: true, force: true });
  const standIns = databases.map((database) => new StandIn(database, 'main'));
  const stopAll = async (): Promise<void> => {
    await Promise.all(standIns.map((standIn) => standIn.stop()));
    const codes = await Promise.all(servers.map(async (server) => [server.log, await server.stop()] as const));
    const failed = codes.filter(([, code]) => code !== 0).map(([log, code]) => `${log} (exit code ${code})`);
    if (failed.length > 0) throw new Error(`servers did not stop in order: ${failed.join(', ')}`);
  };
  try {
    // One after the other: the first makes the key that all sign with.
    for (const standIn of standIns) await standIn.start();
    for (const server of servers) await server.prepare().start();
  } catch (error) {
    await Promise.allSettled([...servers.map((server) => server.kill()), ...standIns.map((standIn) => standIn.stop())]);
    throw error;
  }
  return stopAll;
}
