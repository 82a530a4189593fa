/** The Docker engine of the tests. In CI its absence is a failure, elsewhere the tests are skipped by name. */
import { dockerEngine, ensureImage } from '../../sandbox/nodes/docker-engine.ts';

export const testImage = process.env.CAPRA_TEST_IMAGE ?? 'postgres:18';

/** Why the tests with containers can't run here, or null. */
export async function obstacleToDockerTests(): Promise<string | null> {
  const engine = await dockerEngine();
  if (!engine) return 'no Docker engine answers';
  const problem = await ensureImage(engine, testImage, () => {}, 10_000);
  return problem && `the image ${testImage} can't be pulled: ${problem}`;
}

/** Whether to skip, given the obstacle. @throws in CI, where nothing may be skipped. */
export function skipsWithout(obstacle: string | null): boolean {
  if (obstacle && process.env.CI)
    throw new Error(`tests with containers can't run, and this is CI: ${obstacle}`);
  return obstacle !== null;
}
