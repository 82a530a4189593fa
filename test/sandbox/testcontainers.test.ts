import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { dockerEngine, RUN_LABEL } from '../../sandbox/nodes/docker-engine.ts';
import { TestcontainersProvider } from '../../sandbox/nodes/testcontainers.ts';
import { obstacleToDockerTests, skipsWithout, testImage } from './docker.ts';
import { describeNodes } from './node-contract.ts';
import { until } from './traces.ts';

const obstacle = await obstacleToDockerTests();
const holder = fileURLToPath(new URL('./fixtures/hold-containers.ts', import.meta.url));

/** Ids of the containers that a sandbox has started on this engine. */
async function containers(): Promise<string[]> {
  const engine = await dockerEngine();
  const found = await engine?.container.dockerode.listContainers({
    all: true,
    filters: { label: [RUN_LABEL] },
  });
  return (found ?? []).map(({ Id }) => Id);
}

describe.skipIf(skipsWithout(obstacle))(
  `nodes in Docker containers${obstacle ? `: ${obstacle}` : ''}`,
  () => {
    describeNodes(async () => new TestcontainersProvider({ image: testImage }));

    describe('leave no container behind', () => {
      let before: string[];
      beforeEach(async () => {
        before = await containers();
      });
      const added = async () => (await containers()).filter((id) => !before.includes(id));

      test('when they are disposed of, whatever state they are in', async () => {
        const provider = new TestcontainersProvider({ image: testImage });
        const [stopped] = await Promise.all(['a', 'b'].map((name) => provider.start({ name })));
        await stopped?.stop();
        expect(await added()).toHaveLength(2);
        await provider.dispose();
        expect(await added()).toEqual([]);
      });

      test.each([0, 300, 1_000])('when they are disposed of %i ms after the start began', async (ms) => {
        const provider = new TestcontainersProvider({ image: testImage });
        const starts = Promise.allSettled(['a', 'b'].map((name) => provider.start({ name })));
        await new Promise((resolve) => setTimeout(resolve, ms));
        await provider.dispose();
        await starts;
        expect(await added()).toEqual([]);
      });

      test('when our own process is killed: the guard removes them', async () => {
        const child = spawn(process.execPath, [holder, testImage], { stdio: ['ignore', 'pipe', 'inherit'] });
        await new Promise((resolve) => child.stdout.once('data', resolve));
        expect(await added()).toHaveLength(1);
        child.kill('SIGKILL');
        expect(await until(added, (left) => left.length === 0, 30_000)).toEqual([]);
      });
    });

    test('listen on this machine only', async () => {
      const provider = new TestcontainersProvider({ image: testImage });
      try {
        const before = await containers();
        await provider.start({ name: 'a' });
        const [id] = (await containers()).filter((candidate) => !before.includes(candidate));
        const engine = await dockerEngine();
        const inspected = await engine?.container.getById(id ?? '').inspect();
        const bindings = inspected?.NetworkSettings.Ports['5432/tcp'] ?? [];
        expect(bindings.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1']);
      } finally {
        await provider.dispose();
      }
    });

    test('need an image, and say so in one sentence', async () => {
      const provider = new TestcontainersProvider({ image: 'localhost:9/nowhere:1' });
      await expect(provider.start({ name: 'a' })).rejects.toMatchObject({
        code: 'no-image',
        message: expect.stringContaining('--provider embedded'),
      });
      await provider.dispose();
    });
  },
);
