import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedProvider } from '../../sandbox/nodes/embedded.ts';
import { type OwnTemp, ownTemp } from './traces.ts';

describe('data that is kept', () => {
  let temp: OwnTemp;
  let dataFolder: string;
  const providers: EmbeddedProvider[] = [];
  beforeEach(() => {
    temp = ownTemp();
    dataFolder = join(temp.folder, 'data');
  });
  afterEach(async () => {
    await Promise.all(providers.splice(0).map((provider) => provider.dispose()));
    temp.remove();
  });
  const startA = (folder = dataFolder) => {
    const provider = new EmbeddedProvider({ dataFolder: folder });
    providers.push(provider);
    return provider.start({ name: 'a' }).then((node) => ({ provider, node }));
  };

  test('is there at the next start, under the same connection string, flushed to the disk', async () => {
    const first = await startA();
    const session = await first.node.connectAsSpeaker();
    await session.script('create table kept (id int); insert into kept values (7)');
    expect(await session.query('show fsync')).toEqual([{ fsync: 'on' }]);
    await session.close();
    await first.provider.dispose();
    expect(temp.processes()).toEqual([]);

    const second = await startA();
    expect(second.node.connectionString).toBe(first.node.connectionString);
    const again = await second.node.connectAsSpeaker();
    expect(await again.query('select id from kept')).toEqual([{ id: '7' }]);
    await again.close();
  });

  test('that another sandbox uses is not touched', async () => {
    await startA();
    await expect(startA()).rejects.toMatchObject({
      code: 'data-in-use',
      message: expect.stringContaining(dataFolder),
    });
  });

  test('of a crashed run is used again', async () => {
    const first = await startA();
    await first.node.kill();
    // What a crash leaves: a file that names a process which is someone else by now.
    writeFileSync(
      join(dataFolder, 'a', 'postmaster.pid'),
      `${process.pid}\n${join(dataFolder, 'a')}\n1\n1\n\n\n\n`,
    );
    const { node } = await startA();
    await (await node.connect()).close();
  });

  test('of another major version is refused and left alone', async () => {
    const first = await startA();
    await first.provider.dispose();
    const file = join(dataFolder, 'a', 'PG_VERSION');
    writeFileSync(file, '14\n');
    await expect(startA()).rejects.toMatchObject({
      code: 'data-version',
      message: expect.stringContaining('PostgreSQL 14'),
    });
    expect(readFileSync(file, 'utf8')).toBe('14\n');
  });

  test('of somebody else is refused and left alone', async () => {
    mkdirSync(join(dataFolder, 'a'), { recursive: true });
    chmodSync(dataFolder, 0o755);
    writeFileSync(join(dataFolder, 'a', 'letter.txt'), 'dear');
    await expect(startA()).rejects.toMatchObject({ code: 'data-foreign' });
    expect(readFileSync(join(dataFolder, 'a', 'letter.txt'), 'utf8')).toBe('dear');
  });

  test('can not be kept where PostgreSQL can not reach it, and the sentence says why', async ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root hands PostgreSQL to another user');
    const closed = mkdtempSync(join(temp.folder, 'closed-'));
    chmodSync(closed, 0o700);
    await expect(startA(join(closed, 'data'))).rejects.toMatchObject({ code: 'data-folder-unreachable' });
    expect(readdirSync(closed)).toEqual([]);
  });

  test('can not be kept in a file', async () => {
    writeFileSync(dataFolder, '');
    await expect(startA()).rejects.toMatchObject({ code: 'data-folder' });
  });
});
