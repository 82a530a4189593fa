import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddedProvider } from '../../sandbox/nodes/embedded.ts';
import type { DatabaseNode } from '../../sandbox/nodes/node-provider.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine } from '../../src/engine/types.ts';

let folder: string;
let provider: EmbeddedProvider;
let engine: Engine | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capra-crash-'));
  // Reachable for the unprivileged user that runs PostgreSQL where the tests run as root.
  await chmod(folder, 0o755);
  // Kept data is written with fsync, so that a crash loses what a real one would.
  provider = new EmbeddedProvider({ dataFolder: folder });
});
afterEach(async () => {
  await engine?.stop();
  await provider.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function names(node: DatabaseNode): Promise<(string | null)[]> {
  const connection = await node.connect();
  try {
    return (await connection.query<{ name: string }>('select name from goat order by id')).map(
      (row) => row.name,
    );
  } finally {
    await connection.close();
  }
}

test('a source whose server dies between the two commits does not use the counter a second time', async () => {
  const [a, b] = await Promise.all(['a', 'b'].map((name) => provider.start({ name })));
  for (const node of [a!, b!]) {
    const connection = await node.connect();
    await connection.script('create table goat (id int primary key, name text)');
    await connection.close();
  }
  let armed = false;
  const connectA = async () => {
    const connection = await a!.connect();
    const commit = connection.commit.bind(connection);
    return {
      ...connection,
      async commit() {
        if (armed) {
          armed = false;
          await a!.kill();
        }
        return commit();
      },
    };
  };
  engine = createEngine({
    name: 'crash',
    nodes: [
      { id: 1, name: 'a', connect: connectA },
      { id: 2, name: 'b', connect: b!.connect },
    ],
    relations: [{ schema: 'public', table: 'goat' }],
  });
  await engine.start();
  await engine.quiet();
  armed = true;
  const writer = await a!.connect();
  await writer.script(`insert into goat values (1, 'before the crash')`);
  await writer.close();
  await expect.poll(() => names(b!), { timeout: 10_000 }).toEqual(['before the crash']);
  await expect.poll(() => engine!.status().nodes[0]!.reachable, { timeout: 10_000 }).toBe(false);

  await a!.start();
  const again = await a!.connect();
  await again.script(
    `update goat set name = 'after the crash' where id = 1; insert into goat values (2, 'new')`,
  );
  await again.close();
  await expect.poll(() => names(b!), { timeout: 20_000 }).toEqual(['after the crash', 'new']);
  await engine.quiet();
  expect(await names(a!)).toEqual(['after the crash', 'new']);
});
