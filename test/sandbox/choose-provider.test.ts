import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseProvider } from '../../sandbox/nodes/choose-provider.ts';
import { obstacleToDockerTests, skipsWithout, testImage } from './docker.ts';

const auto = { provider: 'auto', image: null, dataFolder: null } as const;
const obstacle = await obstacleToDockerTests();

describe('auto', () => {
  test('takes embedded nodes where no engine answers, and says so', () => {
    // In a process of its own: Testcontainers remembers the engine that it has found.
    const home = mkdtempSync(join(tmpdir(), 'capra-home-'));
    const code = `import { chooseProvider } from '${new URL('../../sandbox/nodes/choose-provider.ts', import.meta.url).href}';
      const p = await chooseProvider({ provider: 'auto', image: 'localhost:9/nowhere:1', dataFolder: null, progress: console.log });
      console.log(p.kind);`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: home,
        DOCKER_HOST: 'tcp://127.0.0.1:9',
        TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: '/nowhere',
      },
    });
    rmSync(home, { recursive: true, force: true });
    const lines = run.stdout.trim().split('\n');
    // An engine at the usual socket still answers: then its image decides.
    expect(lines.at(-1)).toBe('embedded');
    expect(lines.at(-2)).toMatch(
      /^nodes: embedded PostgreSQL, because (no Docker engine answers|the Docker image localhost:9\/nowhere:1 )/,
    );
  });

  test('takes embedded nodes for data that is kept', async () => {
    const said: string[] = [];
    const provider = await chooseProvider({
      ...auto,
      dataFolder: '/tmp/x',
      progress: (line) => said.push(line),
    });
    expect(provider.kind).toBe('embedded');
    expect(said).toEqual(['nodes: embedded PostgreSQL, because --data needs files of our own']);
  });

  describe.skipIf(skipsWithout(obstacle))(`with a Docker engine${obstacle ? `: ${obstacle}` : ''}`, () => {
    test('takes it where the image is there', async () => {
      const said: string[] = [];
      const provider = await chooseProvider({
        ...auto,
        image: testImage,
        progress: (line) => said.push(line),
      });
      expect(provider).toMatchObject({ kind: 'docker', label: `Docker, image ${testImage}` });
      expect(said).toEqual([`nodes: Docker, because an engine answers and has the image ${testImage}`]);
    });

    test('takes embedded nodes where the image can not be pulled, and says why', async () => {
      const said: string[] = [];
      const image = 'localhost:9/nowhere:1';
      const provider = await chooseProvider({ ...auto, image, progress: (line) => said.push(line) });
      expect(provider.kind).toBe('embedded');
      expect(said[0]).toBe(`pulling the image ${image}`);
      expect(said[1]).toContain(`because the Docker image ${image} can't be pulled`);
    });
  });
});
