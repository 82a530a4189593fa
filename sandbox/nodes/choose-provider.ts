/** Decides where the nodes run, and says why. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CapraError } from '../../src/engine/errors.ts';
import type { NodeProvider } from './node-provider.ts';

export interface ProviderChoice {
  provider: 'auto' | 'docker' | 'embedded';
  image: string | null;
  /** `--data`; containers keep nothing. */
  dataFolder: string | null;
  progress: (line: string) => void;
}

export async function chooseProvider(choice: ProviderChoice): Promise<NodeProvider> {
  if (choice.provider === 'docker' && choice.dataFolder) {
    throw new CapraError(
      'usage',
      '--data keeps the files of embedded nodes; containers keep nothing. Leave out --data, or use --provider embedded.',
    );
  }
  if (choice.provider === 'embedded' && choice.image) {
    throw new CapraError(
      'usage',
      '--image names an image for Docker. Leave it out, or use --provider docker.',
    );
  }
  if (choice.provider === 'docker') return docker(choice);
  if (choice.provider === 'embedded') return embedded(choice);
  const obstacle = choice.dataFolder ? '--data needs files of our own' : await obstacleToDocker(choice);
  choice.progress(
    obstacle
      ? `nodes: embedded PostgreSQL, because ${obstacle}`
      : `nodes: Docker, because an engine answers and has the image ${await imageOf(choice)}`,
  );
  return obstacle ? embedded(choice) : docker(choice);
}

async function embedded({ dataFolder }: ProviderChoice): Promise<NodeProvider> {
  const { EmbeddedProvider } = await import('./embedded.ts');
  return new EmbeddedProvider({ dataFolder });
}

async function docker(choice: ProviderChoice): Promise<NodeProvider> {
  const { TestcontainersProvider } = await import('./testcontainers.ts');
  return new TestcontainersProvider({ image: await imageOf(choice), progress: choice.progress });
}

async function imageOf({ image }: ProviderChoice): Promise<string> {
  return image ?? (await import('./testcontainers.ts')).DEFAULT_IMAGE;
}

/** Why Docker can't be used, or null. Looks for a sign of an engine first: loading its client takes half a second. */
async function obstacleToDocker(choice: ProviderChoice): Promise<string | null> {
  if (!signOfDocker()) return 'no Docker engine answers';
  const { dockerEngine, ensureImage } = await import('./docker-engine.ts');
  const engine = await dockerEngine(3_000);
  if (!engine) return 'no Docker engine answers';
  const image = await imageOf(choice);
  const onPull = () => choice.progress(`pulling the image ${image}`);
  const problem = await ensureImage(engine, image, onPull, 8_000);
  return problem && `the Docker image ${image} can't be pulled (${problem})`;
}

function signOfDocker(): boolean {
  if (process.platform === 'win32' || process.env.DOCKER_HOST) return true;
  const sockets = [
    '/var/run/docker.sock',
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
    join(homedir(), '.testcontainers.properties'),
    join(process.env.XDG_RUNTIME_DIR ?? '/run/user/none', 'docker.sock'),
  ];
  return sockets.some(existsSync);
}
