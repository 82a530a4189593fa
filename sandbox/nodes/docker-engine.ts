/** The Docker engine, as far as the nodes need it. Testcontainers finds it: socket, DOCKER_HOST, context, rootless. */
import { networkInterfaces } from 'node:os';
import type { ContainerRuntimeClient } from 'testcontainers';

/** On every container of the sandbox; its value names the run. */
export const RUN_LABEL = 'capra.run';

/**
 * The engine, or null where none answers.
 * @param msMax how long to wait for it.
 */
export async function dockerEngine(msMax = 5_000): Promise<ContainerRuntimeClient | null> {
  // Our guard removes the containers of a run that crashed; Ryuk would need a second image for the same work.
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';
  const { getContainerRuntimeClient } = await import('testcontainers');
  const engine = await withLimit(getContainerRuntimeClient(), msMax).catch(() => null);
  if (engine) preferLoopback(engine);
  return engine;
}

/**
 * Where there is a file /.dockerenv, Testcontainers takes the gateway of Docker's bridge for the engine's address. If
 * that is an address of this very machine, the engine runs here, and the nodes belong on loopback.
 */
function preferLoopback(engine: ContainerRuntimeClient): void {
  const runtime = engine.info.containerRuntime;
  const ours = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  if (runtime.host !== 'localhost' && !ours.some(({ address }) => address === runtime.host)) return;
  runtime.host = '127.0.0.1';
  runtime.hostIps = [{ address: '127.0.0.1', family: 4 }];
}

/**
 * Makes sure that the image is on the engine.
 * @param onPull called when a download starts.
 * @param msMaxToBegin how long the registry may take until the first byte; the download itself may take long.
 * @returns why it can't be had, or null.
 */
export async function ensureImage(
  engine: ContainerRuntimeClient,
  image: string,
  onPull: () => void,
  msMaxToBegin: number,
): Promise<string | null> {
  const { ImageName } = await import('testcontainers');
  const name = ImageName.fromString(image);
  if (await engine.image.exists(name)) return null;
  const { dockerode } = engine.container;
  try {
    onPull();
    // Testcontainers' own pull reports neither progress nor an error in the stream.
    const stream: NodeJS.ReadableStream = await withLimit(dockerode.pull(name.string), msMaxToBegin);
    await new Promise<void>((resolve, reject) => {
      dockerode.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
  }
}

/** Removes every container of a run with its volumes. */
export async function removeByLabel(run: string): Promise<void> {
  const engine = await dockerEngine();
  if (!engine) return;
  const { dockerode } = engine.container;
  const found = await dockerode.listContainers({ all: true, filters: { label: [`${RUN_LABEL}=${run}`] } });
  await Promise.allSettled(
    found.map((container) => dockerode.getContainer(container.Id).remove({ force: true, v: true })),
  );
}

function withLimit<T>(work: Promise<T>, msMax: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${msMax / 1000} s`)), msMax);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
